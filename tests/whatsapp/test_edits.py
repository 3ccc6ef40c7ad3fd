"""Messages that patients edit or delete: before, while and after they are answered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desk.fake_assistant import FakeAssistant
from tests.whatsapp.conftest import Line
from tests.whatsapp.payloads import body, text
from tests.whatsapp.payloads import message as message_value
from tests.whatsapp.stored import handoff, incoming, outgoing

pytestmark = pytest.mark.django_db(transaction=True)


async def test_an_edit_before_the_answer_is_what_is_answered(line: Line, fake: FakeAssistant) -> None:
    phone = line.phone()
    bubble = line.cloud.patients.write(phone, "price")
    await line.cloud.postman.settle()
    line.cloud.patients.edit(phone, bubble.wamid, "does it hurt")
    await line.settle()
    assert [call["text"] for call in fake.calls] == ["does it hurt"]
    (found,) = await incoming()
    assert found.text == "does it hurt"
    assert [old["text"] for old in found.edits] == ["price"]


async def test_an_edit_while_the_assistant_thinks_is_what_is_answered(
    line: Line, fake: FakeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = line.phone()
    bubble = line.cloud.patients.write(phone, "price")
    await line.cloud.postman.settle()
    ask = line.worker._client.ask

    async def edit_meanwhile(question: Any) -> Any:
        reply = await ask(question)
        if len(fake.calls) == 1:
            line.cloud.patients.edit(phone, bubble.wamid, "does it hurt")
            await line.cloud.postman.settle()
        return reply

    monkeypatch.setattr(line.worker._client, "ask", edit_meanwhile)
    await line.settle()
    assert [call["text"] for call in fake.calls] == ["price", "does it hurt"]
    assert [bubble.text.split("\n")[0] for bubble in phone.bubbles if not bubble.mine] == [
        "A mild feeling that most people tolerate."
    ]


async def test_an_edit_after_the_answer_is_screened_and_not_answered_again(line: Line) -> None:
    phone = line.phone()
    await line.say(phone, "price")
    line.cloud.patients.edit(phone, phone.bubbles[0].wamid, "price, I am pregnant")
    await line.settle()
    opened = await handoff()
    assert opened is not None
    assert opened.categories == ["pregnancy_breastfeeding"]
    assert len(await outgoing()) == 1


async def test_edits_that_come_in_the_wrong_order_end_with_the_last(line: Line, post: Any) -> None:
    def edit(words: str, wamid: str, at: int) -> dict[str, Any]:
        edited = {"original_message_id": "wamid.A1", "message": {"type": "text", "text": {"body": words}}}
        return message_value({"type": "edit", "edit": edited}, wamid=wamid, at=at)

    second, first = edit("third text", "wamid.E2", 1_790_000_020), edit("second text", "wamid.E1", 1_790_000_010)
    for each in (body(second), body(text("first text")), body(first), body(second)):
        assert await post(each) == 200
    (found,) = await incoming()
    assert found.text == "third text"
    assert sorted(old["text"] for old in found.edits) == ["first text", "second text"]


async def test_nobody_edits_the_message_of_another(line: Line, post: Any) -> None:
    await post(body(text("mine")))
    edited = {"original_message_id": "wamid.A1", "message": {"type": "text", "text": {"body": "changed"}}}
    other = message_value({"type": "edit", "edit": edited}, wamid="wamid.E", wa_id="966500000777", user_id="SA.777")
    await post(body(other))
    assert [found.text for found in await incoming()] == ["mine"]


async def test_a_deleted_message_is_not_answered_but_its_risk_is_heard(line: Line, fake: FakeAssistant) -> None:
    phone = line.phone()
    bubble = line.cloud.patients.write(phone, "I am pregnant, may I?")
    await line.cloud.postman.settle()
    line.cloud.patients.delete(phone, bubble.wamid)
    await line.settle()
    (found,) = await incoming()
    assert found.withdrawn_at
    assert found.state == "noted"
    assert fake.calls == []
    assert await handoff() is not None


async def test_a_deletion_that_comes_before_its_message(line: Line, post: Any, fake: FakeAssistant) -> None:
    await post(body(message_value({"type": "revoke", "revoke": {"original_message_id": "wamid.A1"}}, wamid="wamid.R")))
    await post(body(text("price")))
    await line.worker.drain()
    assert (await incoming())[0].state == "noted"
    assert fake.calls == []
