"""What patients are offered to choose from, and how they choose: buttons, rows, a number they type."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desk.fake_assistant import FakeAssistant
from tests.whatsapp.conftest import Line
from tests.whatsapp.payloads import body
from tests.whatsapp.payloads import message as message_value
from tests.whatsapp.stored import incoming

pytestmark = pytest.mark.django_db(transaction=True)


def offer(*titles: str) -> dict[str, Any]:
    """A reply of the assistant that offers choices."""
    buttons = [{"title": title, "choice": f"choice_{number}"} for number, title in enumerate(titles, start=1)]
    said = {"answer": "utter_clarify", "language": "ar", "text": "أي موضوع؟", "buttons": buttons}
    return {"messages": [said]}


async def test_a_button_is_a_choice(line: Line, fake: FakeAssistant) -> None:
    phone = line.phone()
    await line.say(phone, "what?")
    assert [button["title"] for button in phone.bubbles[-1].buttons] == ["Does it hurt?", "Price"]
    line.cloud.patients.choose(phone, "ask_price")
    await line.settle()
    assert fake.calls[-1]["choice"] == "ask_price"
    assert phone.bubbles[-1].text == "The price depends on the plan."


async def test_a_list_row_is_a_choice(line: Line, fake: FakeAssistant) -> None:
    phone = line.phone()
    fake.reply = offer("الأول", "الثاني", "الثالث", "الرابع")
    await line.say(phone, "ماذا؟")
    assert len(phone.bubbles[-1].rows) == 4
    line.cloud.patients.choose(phone, "choice_4")
    await line.settle()
    assert fake.calls[-1]["choice"] == "choice_4"


@pytest.mark.parametrize("number", ["11", "١١"])
async def test_a_number_in_either_digits_is_a_choice(line: Line, fake: FakeAssistant, number: str) -> None:
    phone = line.phone()
    fake.reply = offer(*(f"موضوع {n}" for n in range(1, 13)))
    assert "11. موضوع 11" in await line.say(phone, "ماذا؟")
    await line.say(phone, number)
    assert fake.calls[-1]["choice"] == "choice_11"
    answered = (await incoming())[-1]
    assert (answered.kind, answered.text, answered.raw) == ("choice", "موضوع 11", {"typed": number})


async def test_a_number_is_just_text_when_nothing_was_offered(line: Line, fake: FakeAssistant) -> None:
    phone = line.phone()
    await line.say(phone, "price")
    await line.say(phone, "1")
    assert fake.calls[-1].get("text") == "1"


async def test_an_unknown_button_is_its_title(line: Line, post: Any, fake: FakeAssistant) -> None:
    reply = {"type": "button_reply", "button_reply": {"id": "long_gone", "title": "Does it hurt?"}}
    message = {"type": "interactive", "interactive": reply}
    assert await post(body(message_value(message))) == 200
    await line.worker.drain()
    assert fake.calls[-1].get("text") == "Does it hurt?"
