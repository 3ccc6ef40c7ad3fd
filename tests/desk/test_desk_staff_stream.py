"""The staff's stream: rings when something changes, and ends with its login."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import AsyncClient, Client
from django.utils import timezone

from desk.conversations.wake import STAFF, switchboard
from desk.conversations.worker import Worker
from desk.database import in_database
from desk.handoffs.models import Handoff
from desk.staff.models import User
from desk.staff.sessions import ACTIVE
from desk.staff.views.stream import staff_events
from tests.desk.staff_pages import handoff_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session_key(staff_client: Client) -> str:
    return str(staff_client.session.session_key)


async def next_event(events: AsyncIterator[str]) -> tuple[str, dict[str, Any]]:
    while True:
        chunk = await asyncio.wait_for(events.__anext__(), 10)
        if chunk.startswith("event: "):
            name, data = chunk.strip().split("\n")
            return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def test_it_tells_how_many_wait(session_key: str, worker: Worker, staff: User) -> None:
    events = staff_events(session_key)
    first = (await next_event(events))[1]
    assert (first["waiting"], first["mine"], first["alarms"]) == (0, 0, 0)
    handoff = await asyncio.to_thread(ring_with, worker)  # the worker asks the database thread itself
    second = (await next_event(events))[1]
    assert (second["waiting"], second["alarms"]) == (1, 1)
    assert second["newest"] != first["newest"]
    await in_database(Handoff.objects.filter(pk=handoff.pk).update, status="claimed", claimed_by=staff)
    switchboard.ring(STAFF)
    third = (await next_event(events))[1]
    assert (third["waiting"], third["mine"]) == (0, 1)
    await events.aclose()  # type: ignore[attr-defined]


def ring_with(worker: Worker) -> Handoff:
    return handoff_for("I can't breathe", worker)


@pytest.mark.parametrize("how", ["logged out", "expired", "deactivated", "password changed", "role taken"])
async def test_it_ends_with_its_login(how: str, session_key: str, staff: User) -> None:
    events = staff_events(session_key)
    assert (await next_event(events))[0] == "desk"
    await in_database(end_login, how, session_key, staff)
    switchboard.ring(STAFF)
    assert (await next_event(events))[0] == "ended"
    with pytest.raises(StopAsyncIteration):
        await events.__anext__()


def end_login(how: str, session_key: str, staff: User) -> None:
    session = SessionStore(session_key)
    if how == "logged out":
        session.flush()
    elif how == "expired":
        session[ACTIVE] = (timezone.now() - timedelta(hours=2)).timestamp()
        session.save()
    elif how == "deactivated":
        User.objects.filter(pk=staff.pk).update(is_active=False)
    elif how == "password changed":
        staff.set_password("something else altogether")
        staff.save()
    else:
        staff.groups.clear()


async def test_a_quiet_stream_is_kept_open_and_still_checked(
    session_key: str, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.staff.views.stream.HEARTBEAT_SECONDS", 0.05)
    events = staff_events(session_key)
    await next_event(events)
    assert await events.__anext__() == ": still here\n\n"
    await in_database(end_login, "logged out", session_key, staff)
    assert (await next_event(events))[0] == "ended"


async def test_over_http(session_key: str, staff_client: Client) -> None:
    client = AsyncClient()
    assert (await client.get("/staff/stream")).status_code == 401
    client.cookies = staff_client.cookies
    response = await client.get("/staff/stream")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/event-stream"
    body: Any = getattr(response, "streaming_content")  # noqa: B009
    content = b""
    async for part in body:
        content += part
        if b"event: desk" in content:
            break
    await body.aclose()
    assert (await client.post("/staff/stream")).status_code == 405


async def test_a_made_up_session_gets_nothing(transactional_db: None) -> None:
    client = AsyncClient()
    client.cookies["desk_session"] = "x" * 32
    assert (await client.get("/staff/stream")).status_code == 401
    assert SESSION_KEY not in await in_database(lambda: dict(SessionStore("x" * 32).items()))


async def test_closing_the_server_ends_it(session_key: str) -> None:
    async def read() -> list[str]:
        return [chunk async for chunk in staff_events(session_key)]

    reading = asyncio.create_task(read())
    await asyncio.sleep(0.3)
    switchboard.close()
    try:
        assert len(await asyncio.wait_for(reading, 5)) == 2
    finally:
        switchboard.closing = False
