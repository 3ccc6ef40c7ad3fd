"""What patients send besides text: photos, voice messages, contact cards, and what cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from desk.conversations import turns
from desk.whatsapp.masking import MaskingFormatter
from tests.desk.fake_assistant import FakeAssistant
from tests.whatsapp.conftest import Line
from tests.whatsapp.payloads import body, text
from tests.whatsapp.payloads import message as message_value
from tests.whatsapp.stored import handoff, incoming, outgoing

pytestmark = pytest.mark.django_db(transaction=True)

CARD_NUMBER = "+966500000099"
"""On the card that the simulator's phones send."""


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
