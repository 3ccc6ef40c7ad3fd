"""What this process has just committed goes out on its streams as it is, and nothing else does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from desk.conversations import selectors, services
from desk.conversations.fresh import fresh_of
from desk.conversations.models import Author, Conversation, Language, Message
from desk.conversations.services import conversation_fix_language
from desk.conversations.wake import NEWS_KEPT, switchboard
from desk.database import in_database
from desk.staff.models import User
from desk.web import stream
from tests.desk.test_desk_stream import parsed

pytestmark = pytest.mark.django_db(transaction=True)


def add(conversation: Conversation, text: str) -> Message:
    with transaction.atomic():
        locked = services.conversation_lock(conversation.pk)
        return services.message_add(locked, author=Author.BOT, text=text, language="en")


async def following(events: AsyncIterator[str], count: int) -> list[dict[str, Any]]:
    """The next events of a stream, of whatever kind."""
    return [parsed(await asyncio.wait_for(events.__anext__(), 5)) for _ in range(count)]


def watched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """From behind which message the streams look into the database from now on."""
    looked: list[int] = []
    find = selectors.messages_after

    def look(*, conversation_id: str, sequence: int) -> list[Message]:
        looked.append(sequence)
        return find(conversation_id=conversation_id, sequence=sequence)

    monkeypatch.setattr(selectors, "messages_after", look)
    return looked


async def test_a_message_of_this_process_is_told_without_looking(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    await in_database(add, conversation, "first")
    events = stream.conversation_events(conversation.pk, 0)
    assert [event.get("event") for event in await following(events, 3)] == [None, "message", "conversation"]
    looked = watched(monkeypatch)
    for number, text in enumerate(("second", "third"), start=2):
        waiting = asyncio.create_task(following(events, 1))
        await asyncio.sleep(0.05)
        await in_database(add, conversation, text)
        told = (await asyncio.wait_for(waiting, 1))[0]
        assert (told["id"], told["data"]["text"]) == (str(number), text)
        stored = await in_database(Message.objects.select_related("staff").get, sequence=number)
        assert told["data"] == selectors.message_as_json(stored)
    assert not looked
    await events.aclose()  # type: ignore[attr-defined]


async def test_where_a_message_is_missing_or_more_has_changed_the_database_tells(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = stream.conversation_events(conversation.pk, 0)
    await following(events, 2)  # how long to wait before coming back, and how the conversation stands
    looked = watched(monkeypatch)
    waiting = asyncio.create_task(following(events, 2))
    await asyncio.sleep(0.05)
    with monkeypatch.context() as unheard:
        unheard.setattr(switchboard, "ring", lambda topic, news=None: None)
        await in_database(add, conversation, "unheard")
    await in_database(add, conversation, "heard")
    assert [event["data"]["text"] for event in await asyncio.wait_for(waiting, 1)] == ["unheard", "heard"]
    assert looked == [0]

    waiting = asyncio.create_task(following(events, 2))
    await asyncio.sleep(0.05)
    await in_database(conversation_fix_language, conversation_id=conversation.pk, language=Language.ENGLISH)
    await in_database(add, await in_database(selectors.conversation_get, conversation.pk), "in English now")
    told = await asyncio.wait_for(waiting, 1)
    assert [event["event"] for event in told] == ["message", "conversation"]
    assert told[1]["data"]["language"] == "en"
    assert looked == [0, 2]
    await events.aclose()  # type: ignore[attr-defined]


async def test_a_message_that_was_told_is_not_told_again(conversation: Conversation) -> None:
    events = stream.conversation_events(conversation.pk, 0)
    await following(events, 2)  # how long to wait before coming back, and how the conversation stands
    waiting = asyncio.create_task(following(events, 2))
    await asyncio.sleep(0.05)
    message = await in_database(add, conversation, "once")
    switchboard.ring(conversation.pk, news=lambda: fresh_of(conversation, message))
    switchboard.ring(conversation.pk)
    await asyncio.sleep(0.05)
    await in_database(add, conversation, "twice")
    assert [event["data"]["text"] for event in await asyncio.wait_for(waiting, 1)] == ["once", "twice"]
    await events.aclose()  # type: ignore[attr-defined]


def test_news_are_made_only_where_somebody_listens() -> None:
    def fail() -> None:
        raise AssertionError

    switchboard.ring("nobody listens", news=fail)


async def test_whoever_does_not_come_to_the_news_looks(conversation: Conversation) -> None:
    with switchboard.listen("anything") as bell:
        for number in range(NEWS_KEPT + 1):
            switchboard.ring("anything", news=partial(int, number))
        await asyncio.sleep(0)
        assert bell.take_stored()
        assert bell.take_news() == list(range(NEWS_KEPT))
        assert not bell.take_news()


def test_staff_and_what_they_said_is_never_handed_over(conversation: Conversation, staff: User) -> None:
    message = add(conversation, "hello")
    assert fresh_of(conversation, message) is not None
    message.staff_id = staff.pk
    assert fresh_of(conversation, message) is None
    message.staff_id = None
    conversation.status = Conversation.Status.STAFF
    assert fresh_of(conversation, message) is None
