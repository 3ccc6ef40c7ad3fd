"""Who writes: known by number, by user id or by both, also after a number has changed."""

from __future__ import annotations

from typing import Any

import pytest

from desk.conversations.models import Conversation, Message
from desk.database import in_database
from simulator.phones import Phone
from tests.whatsapp.conftest import Line
from tests.whatsapp.payloads import body, text
from tests.whatsapp.stored import incoming

pytestmark = pytest.mark.django_db(transaction=True)


async def with_a_new_number(line: Line) -> tuple[Phone, str]:
    """Somebody who wrote and then changed numbers, and the number before."""
    phone = line.phone()
    await line.say(phone, "price")
    old = phone.wa_id
    line.cloud.patients.change_number(phone)
    await line.cloud.postman.settle()
    return phone, old


async def test_a_patient_with_a_username_is_answered_by_user_id(line: Line) -> None:
    phone = line.phone("Layan", shares_number=False)
    assert "price" in await line.say(phone, "price")
    assert line.cloud.requests[-1]["recipient"] == phone.user_id
    assert "to" not in line.cloud.requests[-1]


async def test_a_new_number_leads_to_the_same_conversation(line: Line) -> None:
    phone, old = await with_a_new_number(line)
    assert "mild" in await line.say(phone, "does it hurt")
    conversation = await in_database(Conversation.objects.get)
    assert conversation.last_sequence == 5
    assert (await incoming())[1].kind == "system"
    assert line.cloud.requests[-1]["to"] == phone.wa_id != old


async def test_the_old_number_may_have_a_new_owner(line: Line) -> None:
    _, old = await with_a_new_number(line)
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
