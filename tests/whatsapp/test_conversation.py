"""What patients write on their phones, and what comes back: through webhook, worker, outbox and simulator."""

from __future__ import annotations

from typing import Any

import pytest

from desk.conversations import services, turns
from desk.conversations.models import Channel, Conversation
from desk.database import in_database
from tests.whatsapp.conftest import Line
from tests.whatsapp.stored import incoming, outgoing

pytestmark = pytest.mark.django_db(transaction=True)


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


async def test_a_reaction_is_noted_and_a_thumb_counts(line: Line) -> None:
    phone = line.phone()
    await line.say(phone, "price")
    for emoji, feedback in (("👍🏽", 1), ("👎", -1), ("❤️", None), ("👍", 1), ("", None)):
        line.cloud.patients.react(phone, phone.bubbles[1].wamid, emoji)
        await line.settle()
        assert (await outgoing())[0].feedback == feedback
    assert {found.state for found in (await incoming())[1:]} == {"noted"}
    assert len(await outgoing()) == 1


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
    await in_database(
        services.message_receive,
        lambda: services.conversation_lock(web.pk),
        channel_message_id=f"{web.pk}:1",
        text="price",
    )
    await line.settle()
    assert line.cloud.requests == []
    assert (await outgoing())[0].delivery == "sent"
