"""The stream loses nothing and doubles nothing, wherever it is taken up again."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.db import transaction
from django.test import AsyncClient
from django.utils import timezone

from desk.conversations import services
from desk.conversations import worker as desk_worker
from desk.conversations.erasure import person_erase
from desk.conversations.models import Author, Conversation
from desk.conversations.wake import switchboard
from desk.conversations.worker import Worker
from desk.database import in_database
from desk.handoffs.models import Handoff
from desk.handoffs.services import Need, contact_record, handoff_claim, handoff_close, handoff_need
from desk.staff.models import User
from desk.web import stream
from desk.web.models import Visitor
from desk.web.requests import Refused
from desk.web.tokens import Purpose, issue
from tests.desk.conftest import receive
from tests.desk.fake_assistant import FakeAssistant

pytestmark = pytest.mark.django_db(transaction=True)

WITH_THE_ASSISTANT = {"status": "bot", "language": None, "handoff": None}


def add(conversation: Conversation, text: str) -> None:
    with transaction.atomic():
        locked = services.conversation_lock(conversation.pk)
        services.message_add(locked, author=Author.BOT, text=text, language="en")


def parsed(chunk: str) -> dict[str, Any]:
    fields = dict(line.split(": ", 1) for line in chunk.strip().split("\n"))
    return {**fields, "data": json.loads(fields["data"])} if "data" in fields else fields


async def take(events: AsyncIterator[str], count: int) -> list[dict[str, Any]]:
    """The next messages of a stream, leaving the rest."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        event = parsed(await asyncio.wait_for(events.__anext__(), 5))
        if event.get("event") == "message":
            found.append(event)
    return found


async def test_reconnecting_loses_and_doubles_nothing(conversation: Conversation) -> None:
    seen: list[int] = []
    written = 0
    for round_ in range(6):
        after = seen[-1] if seen else 0
        events = stream.conversation_events(conversation.pk, after)
        for _ in range(3):
            written += 1
            await in_database(add, conversation, f"text {written}")
        seen += [int(event["id"]) for event in await take(events, 2 if round_ % 2 else 3)]
        await events.aclose()  # type: ignore[attr-defined]
    events = stream.conversation_events(conversation.pk, seen[-1])
    seen += [int(event["id"]) for event in await take(events, written - len(seen))]
    await events.aclose()  # type: ignore[attr-defined]
    assert seen == list(range(1, written + 1))


async def test_a_new_message_arrives_without_polling(conversation: Conversation) -> None:
    events = stream.conversation_events(conversation.pk, 0)
    await events.__anext__()
    waiting = asyncio.create_task(take(events, 1))
    await asyncio.sleep(0.05)
    await in_database(add, conversation, "hello")
    event = (await asyncio.wait_for(waiting, 1))[0]
    assert event["id"] == "1"
    assert event["data"]["text"] == "hello"
    assert event["data"]["seq"] == 1
    await events.aclose()  # type: ignore[attr-defined]
    assert not switchboard.topics()


async def test_what_another_process_wrote_is_found(conversation: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "WATCH_SECONDS", 0.05)
    watch = asyncio.create_task(stream.watch_database())
    events = stream.conversation_events(conversation.pk, 0)
    await events.__anext__()
    waiting = asyncio.create_task(take(events, 1))
    await asyncio.sleep(0.1)
    monkeypatch.setattr(switchboard, "ring", lambda topic, news=None: None)
    await in_database(add, conversation, "from elsewhere")
    monkeypatch.undo()
    assert (await waiting)[0]["data"]["text"] == "from elsewhere"
    watch.cancel()
    await events.aclose()  # type: ignore[attr-defined]


async def test_typing_and_heartbeat(
    conversation: Conversation, worker: Worker, fake: FakeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(desk_worker, "TYPING_AFTER", 0.0)
    fake.delay = 0.2
    await in_database(receive, conversation, "price?")
    working = asyncio.create_task(worker.drain())
    chunks: list[str] = []
    async for chunk in stream.conversation_events(conversation.pk, 0):
        chunks.append(chunk)
        if '{"on": false}' in chunk:
            break
    await working
    kinds = [parsed(chunk).get("event") for chunk in chunks if "event:" in chunk]
    assert kinds[:3] == ["message", "conversation", "typing"]
    assert kinds[3:] in (["message", "typing"], ["typing"])
    assert ": still here\n\n" in chunks


async def test_an_answer_that_is_soon_there_shows_no_typing(
    conversation: Conversation, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    signs: list[bool] = []
    monkeypatch.setattr(switchboard, "set_typing", lambda conversation_id, on: signs.append(on))
    monkeypatch.setattr(desk_worker, "TYPING_AFTER", 60.0)
    await in_database(receive, conversation, "price?")
    await worker.drain()
    assert signs == []


async def test_the_whole_way_over_http(conversation: Conversation, api: AsyncClient) -> None:
    for number in range(3):
        await in_database(add, conversation, f"text {number}")
    await Visitor.objects.acreate(conversation=conversation)
    headers = {"Authorization": f"Bearer {issue(Purpose.ACCESS, conversation.pk, 1)}", "Last-Event-ID": "1"}
    response = await api.get("/api/chat/stream", headers=headers)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/event-stream"
    content = b""
    body: Any = getattr(response, "streaming_content")  # noqa: B009
    async for part in body:
        content += part
        if content.count(b"event: message") == 2:
            break
    await body.aclose()
    assert b"id: 1\n" not in content
    assert b"id: 2\n" in content
    assert b"id: 3\n" in content
    bad = await api.get("/api/chat/stream", headers={**headers, "Last-Event-ID": "x"})
    assert bad.status_code == 400


async def test_a_stream_ends_with_its_token(conversation: Conversation) -> None:
    async def read() -> list[str]:
        return [chunk async for chunk in stream.conversation_events(conversation.pk, 0, ends_at=time.time() + 0.2)]

    chunks = await asyncio.wait_for(read(), 5)
    assert any("event: conversation" in chunk for chunk in chunks)
    assert await in_database(stream.conversation_state, conversation.pk) == WITH_THE_ASSISTANT


async def test_the_state_is_told_when_it_changes(conversation: Conversation, staff: User) -> None:
    staff.first_name, staff.last_name = "Huda", "Test"
    await in_database(staff.save)
    await in_database(receive, conversation, "price?")
    events = stream.conversation_events(conversation.pk, 0)
    told = [await state_told(events)]
    handoff = await in_database(hand_off, conversation)
    told.append(await state_told(events))
    await in_database(contact_record, handoff=handoff, phone="٠٥٠ ١٢٣ ٤٥٦٧")
    told.append(await state_told(events))
    await in_database(handoff_claim, handoff_id=handoff.pk, staff=staff, now=timezone.now())
    told.append(await state_told(events))
    await in_database(handoff_close, handoff_id=handoff.pk, staff=staff)
    told.append(await state_told(events))
    await events.aclose()  # type: ignore[attr-defined]
    open_ = {"id": handoff.pk, "staff": None, "promised_at": None, "contact": "asked", "phone_ends": None}
    given = {**open_, "contact": "given", "phone_ends": "567"}
    assert told == [
        WITH_THE_ASSISTANT,
        {**WITH_THE_ASSISTANT, "status": "waiting", "handoff": open_},
        {**WITH_THE_ASSISTANT, "status": "waiting", "handoff": given},
        {**WITH_THE_ASSISTANT, "status": "staff", "handoff": {**given, "staff": "Huda Test"}},
        WITH_THE_ASSISTANT,
    ]


def hand_off(conversation: Conversation) -> Handoff:
    with transaction.atomic():
        return handoff_need(services.conversation_lock(conversation.pk), Need("ask_human"))[0]


async def state_told(events: AsyncIterator[str]) -> Any:
    """What the stream says of the conversation next."""
    while True:
        event = parsed(await asyncio.wait_for(events.__anext__(), 5))
        if event.get("event") == "conversation":
            return event["data"]


async def test_an_erased_conversation_ends_its_streams(conversation: Conversation) -> None:
    await in_database(receive, conversation, "price?")
    events = stream.conversation_events(conversation.pk, 0)
    await take(events, 1)
    await in_database(person_erase, person_id=conversation.person_id)
    rest = [parsed(chunk).get("event") async for chunk in events]
    assert rest[-1] == "erased"


async def test_one_visitor_has_so_many_streams_and_no_more(conversation: Conversation) -> None:
    streams = [stream.conversation_events(conversation.pk, 0) for _ in range(stream.STREAMS_PER_VISITOR)]
    for events in streams:
        stream.refuse_too_many_streams(conversation.pk)
        await events.__anext__()
    with pytest.raises(Refused) as refused:
        stream.refuse_too_many_streams(conversation.pk)
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "30"})
    await streams.pop().aclose()  # type: ignore[attr-defined]
    stream.refuse_too_many_streams(conversation.pk)
    for events in streams:
        await events.aclose()  # type: ignore[attr-defined]


async def test_a_cancelled_wait_stays_cancelled_when_it_meets_a_ring() -> None:
    with switchboard.listen("anything") as bell:
        waiting = asyncio.create_task(bell.wait(5))
        await asyncio.sleep(0.01)
        bell.ring()
        await asyncio.sleep(0)  # the ring is on its way, the waiter has not run yet
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_closing_ends_the_streams(conversation: Conversation) -> None:
    async def read() -> int:
        return len([chunk async for chunk in stream.conversation_events(conversation.pk, 0)])

    reading = asyncio.create_task(read())
    await asyncio.sleep(0.1)
    switchboard.close()
    try:
        assert await asyncio.wait_for(reading, 1) == 2  # the greeting and the conversation's state
    finally:
        switchboard.closing = False
