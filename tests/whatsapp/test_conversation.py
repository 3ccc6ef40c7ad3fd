"""What patients do on their phones, and what comes back: through webhook, worker, outbox and simulator."""

from __future__ import annotations

from typing import Any

import pytest

from desk.conversations import services, turns
from desk.conversations.models import Channel, Conversation, Direction, Message
from desk.database import in_database
from desk.handoffs.models import Handoff
from desk.whatsapp.masking import MaskingFormatter
from tests.desk.fake_assistant import FakeAssistant
from tests.whatsapp.conftest import Line
from tests.whatsapp.payloads import body, text
from tests.whatsapp.payloads import message as message_value

pytestmark = pytest.mark.django_db(transaction=True)


async def incoming() -> list[Message]:
    found = Message.objects.filter(direction=Direction.IN).order_by("sequence")
    return await in_database(lambda: list(found))


async def outgoing() -> list[Message]:
    found = Message.objects.filter(direction=Direction.OUT).order_by("sequence")
    return await in_database(lambda: list(found))


async def handoff() -> Handoff | None:
    return await in_database(Handoff.objects.first)


def offer(*titles: str) -> dict[str, Any]:
    """A reply of the assistant that offers choices."""
    buttons = [{"title": title, "choice": f"choice_{number}"} for number, title in enumerate(titles, start=1)]
    said = {"answer": "utter_clarify", "language": "ar", "text": "أي موضوع؟", "buttons": buttons}
    return {"messages": [said]}


async def test_a_question_is_read_typed_and_answered_in_one_bubble(line: Line) -> None:
    phone = line.phone()
    answer = await line.say(phone, "كم جلسة أحتاج؟")
    assert answer.startswith("غالباً من 4 إلى 8 جلسات.")
    assert [bubble.mine for bubble in phone.bubbles] == [True, False]
    assert phone.bubbles[0].ticks == "read"
    kinds = ["read" if "status" in request else request["type"] for request in line.cloud.requests]
    assert kinds == ["read", "text"]
    assert line.cloud.requests[0]["typing_indicator"] == {"type": "text"}
    assert line.cloud.requests[1]["text"]["preview_url"] is False


async def test_the_first_reply_says_who_answers_and_how_to_reach_a_human(line: Line) -> None:
    phone = line.phone()
    first, second = await line.say(phone, "كم جلسة أحتاج؟"), await line.say(phone, "كم السعر؟")
    assert "مساعد آلي" in first
    assert "موظف" in first
    assert "احذف بياناتي" in first
    assert "مساعد آلي" not in second
    assert "automatic assistant" in await line.say(line.phone("Sarah"), "price?")


async def test_statuses_come_back(line: Line) -> None:
    line.cloud.reads = True
    await line.say(line.phone(), "price")
    (sent,) = await outgoing()
    assert sent.delivery == "read"
    assert sent.delivered_at
    assert sent.read_at


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


async def test_a_reaction_is_noted_and_a_thumb_counts(line: Line) -> None:
    phone = line.phone()
    await line.say(phone, "price")
    for emoji, feedback in (("👍🏽", 1), ("👎", -1), ("❤️", None), ("👍", 1), ("", None)):
        line.cloud.patients.react(phone, phone.bubbles[1].wamid, emoji)
        await line.settle()
        assert (await outgoing())[0].feedback == feedback
    assert {found.state for found in (await incoming())[1:]} == {"noted"}
    assert len(await outgoing()) == 1


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


async def test_what_cannot_be_read_is_thanked_for_once(line: Line) -> None:
    phone = line.phone()
    await line.say(phone, "price")
    for kind in ("location", "contacts", "hologram"):
        line.cloud.patients.send_other(phone, kind)
    await line.settle()
    thanks = [bubble.text for bubble in phone.bubbles if not bubble.mine][1:]
    assert len(thanks) == 1
    assert "only read written messages" in thanks[0]


async def test_a_photo_goes_to_staff_and_its_caption_is_answered(line: Line, fake: FakeAssistant) -> None:
    phone = line.phone()
    line.cloud.patients.send_media(phone, "image", caption="كم السعر؟")
    await line.settle()
    assert [call["text"] for call in fake.calls] == ["كم السعر؟"]
    assert "السعر حسب الخطة." in phone.bubbles[-1].text
    assert "فريق العيادة" in phone.bubbles[-1].text
    opened = await handoff()
    assert opened is not None
    assert opened.reason == turns.FILE_REASON


async def test_a_voice_message_goes_to_staff_with_kind_words(line: Line, fake: FakeAssistant) -> None:
    phone = line.phone()
    line.cloud.patients.send_media(phone, "audio")
    await line.settle()
    assert fake.calls == []
    assert "الرسائل الصوتية" in phone.bubbles[-1].text
    assert await handoff() is not None


async def test_the_risk_in_a_caption_is_heard(line: Line) -> None:
    phone = line.phone()
    line.cloud.patients.send_media(phone, "image", caption="انا حامل وهذا مكان الجلسة")
    await line.settle()
    opened = await handoff()
    assert opened is not None
    assert opened.categories == ["pregnancy_breastfeeding"]


async def test_a_patient_with_a_username_is_answered_by_user_id(line: Line) -> None:
    phone = line.phone("Layan", shares_number=False)
    assert "price" in await line.say(phone, "price")
    assert line.cloud.requests[-1]["recipient"] == phone.user_id
    assert "to" not in line.cloud.requests[-1]


async def test_a_new_number_leads_to_the_same_conversation(line: Line) -> None:
    phone = line.phone()
    await line.say(phone, "price")
    old = phone.wa_id
    line.cloud.patients.change_number(phone)
    await line.cloud.postman.settle()
    assert "hurt" not in old
    assert "mild" in await line.say(phone, "does it hurt")
    conversation = await in_database(Conversation.objects.get)
    assert conversation.last_sequence == 5
    assert (await incoming())[1].kind == "system"
    assert line.cloud.requests[-1]["to"] == phone.wa_id != old


async def test_the_old_number_may_have_a_new_owner(line: Line) -> None:
    phone = line.phone()
    await line.say(phone, "price")
    old = phone.wa_id
    line.cloud.patients.change_number(phone)
    await line.cloud.postman.settle()
    stranger = line.phone("Reem")
    stranger.wa_id = old
    await line.say(stranger, "price")
    assert await in_database(Conversation.objects.count) == 2


async def test_one_person_under_two_names_becomes_one(line: Line, post: Any) -> None:
    await post(body(text("one", wamid="wamid.1", user_id="")))
    await post(body(text("two", wamid="wamid.2", wa_id="")))
    assert await in_database(Conversation.objects.values("person_id").distinct().count) == 2
    await post(body(text("three", wamid="wamid.3")))
    await post(body(text("four", wamid="wamid.4", user_id="")))
    await post(body(text("five", wamid="wamid.5", wa_id="")))
    assert await in_database(Conversation.objects.values("person_id").distinct().count) == 1
    last = (await in_database(lambda: list(Message.objects.order_by("created_at", "sequence"))))[-3:]
    assert len({message.conversation_id for message in last}) == 1


async def test_outside_the_window_nothing_free_is_sent_and_staff_read_why(line: Line, staff: Any) -> None:
    phone = line.phone()
    await line.say(phone, "price")

    def later() -> None:
        conversation = Conversation.objects.get()
        assert conversation.patient_last_at
        conversation.patient_last_at -= turns.timedelta(hours=25)
        conversation.save()
        with turns.transaction.atomic():
            services.message_add(
                services.conversation_lock(conversation.pk), author="staff", text="hello", language="en"
            )

    await in_database(later)
    before = len(line.cloud.requests)
    await line.settle()
    sent = (await outgoing())[-1]
    assert sent.delivery == "failed"
    assert sent.delivery_error.startswith("131047: More than 24 hours")
    assert len(line.cloud.requests) == before


async def test_the_window_that_only_whatsapp_finds_closed(line: Line) -> None:
    phone = line.phone()
    line.cloud.faults.skew_hours = 25
    await line.say(phone, "price")
    (sent,) = await outgoing()
    assert sent.delivery == "failed"
    assert sent.delivery_error.startswith("131047: ")


async def test_channels_do_not_mix(line: Line) -> None:
    web = await in_database(services.conversation_open, channel=Channel.WEB)
    await in_database(services.message_receive, conversation_id=web.pk, channel_message_id=f"{web.pk}:1", text="price")
    await line.settle()
    assert line.cloud.requests == []
    assert (await outgoing())[0].delivery == "sent"


CARD_NUMBER = "+966500000099"
"""On the card that the simulator's phones send."""


async def test_a_contact_card_gives_the_number_to_call_while_staff_are_needed(
    line: Line, fake: FakeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    phone = line.phone()
    await line.say(phone, "I am pregnant")
    asked = len(fake.calls)
    with caplog.at_level("DEBUG"):
        line.cloud.patients.send_other(phone, "contacts")
        await line.settle()
    opened = await handoff()
    assert opened is not None
    assert opened.contact_phone == CARD_NUMBER
    assert "We have noted your number: 050 000 0099." in phone.bubbles[-1].text
    assert (await incoming())[-1].state == "answered"
    assert len(fake.calls) == asked
    formatted = [MaskingFormatter().format(record) for record in caplog.records]
    assert not [text for text in formatted if "500000099" in text or "050 000 0099" in text]


async def test_a_contact_card_is_no_number_to_call_where_nobody_will_call(line: Line) -> None:
    phone = line.phone()
    await line.say(phone, "price")
    line.cloud.patients.send_other(phone, "contacts")
    await line.settle()
    assert "only read written messages" in phone.bubbles[-1].text
    assert await handoff() is None


async def test_a_card_without_a_number_that_can_be_called_is_thanked_for(line: Line, post: Any) -> None:
    card = {"type": "contacts", "contacts": [{"name": {"formatted_name": "Reem"}, "phones": [{"phone": "911"}, {}]}]}
    await post(body(text("I am pregnant")))
    await line.worker.drain()
    await post(body(message_value(card, wamid="wamid.CARD")))
    await line.worker.drain()
    opened = await handoff()
    assert opened is not None
    assert opened.contact_phone == ""
    assert (await outgoing())[-1].answer_name == "desk_cannot_read"
