"""Rings between processes on PostgreSQL, and what carries on without them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from django.db import connection

from desk.conversations import wake
from desk.conversations.relay import CHANNEL, WORDS_PER_NOTIFY, Relay
from desk.conversations.wake import INBOX, Bell, Switchboard
from desk.database import in_database

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def only_on_postgresql(transactional_db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("LISTEN and NOTIFY are PostgreSQL's")


@asynccontextmanager
async def two_processes(
    changed: Callable[[str], None] | None = None,
) -> AsyncIterator[tuple[Switchboard, Switchboard]]:
    """Two switchboards that hear of each other through the database alone; `changed` is the second one's."""
    boards = (Switchboard(), Switchboard())
    tasks = [asyncio.create_task(Relay(board, changed=each).run()) for board, each in zip(boards, (None, changed))]
    for board in boards:
        await both_hear(boards, board)
    try:
        yield boards
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def both_hear(boards: tuple[Switchboard, Switchboard], speaker: Switchboard) -> None:
    (listener,) = (board for board in boards if board is not speaker)
    with listener.listen("hello") as bell:
        while not await bell.wait(0.05):
            speaker.ring("hello")


async def heard(bell: Bell) -> bool:
    return await bell.wait(5)


async def test_a_ring_is_heard_in_the_other_process() -> None:
    async with two_processes() as (here, there):
        with there.listen("c_1") as conversation, there.listen(INBOX) as inbox, there.listen("c_2") as other:
            here.ring("c_1")
            here.ring(INBOX)
            assert await heard(conversation)
            assert await heard(inbox)
            assert not await other.wait(0.1)


async def test_it_is_told_which_conversations_changed_in_the_other_process() -> None:
    changed: list[str] = []
    async with two_processes(changed.append) as (here, there):
        changed.clear()
        with there.listen("c_2") as bell:
            for topic in ("c_1", INBOX, "c_2"):
                here.ring(topic)
            there.ring("c_3")
            assert await heard(bell)
    assert changed == ["c_1", "c_2"]


async def test_a_thousand_topics_at_once() -> None:
    async with two_processes() as (here, there):
        names = [f"c_{number:026}" for number in range(10 * WORDS_PER_NOTIFY)]
        with there.listen(names[0]) as first, there.listen(names[-1]) as last:
            await asyncio.gather(*(asyncio.to_thread(here.ring, name) for name in names))
            assert await heard(first)
            assert await heard(last)


async def test_typing_is_seen_and_ends_even_if_its_process_does(monkeypatch: pytest.MonkeyPatch) -> None:
    async with two_processes() as (here, there):
        with there.listen("c_1") as bell:
            here.set_typing("c_1", True)
            assert await heard(bell)
            assert there.is_typing("c_1")
            here.set_typing("c_1", False)
            assert await heard(bell)
            assert not there.is_typing("c_1")
            monkeypatch.setattr(wake, "TYPING_SECONDS", 0.0)
            here.set_typing("c_1", True)
            assert await heard(bell)
            assert not there.is_typing("c_1")


async def test_after_a_broken_connection_everybody_looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.conversations.relay.RECONNECT_SECONDS", 0.01)
    async with two_processes() as boards:
        here, there = boards
        with there.listen("c_1") as bell:
            await in_database(end_relays)
            assert await heard(bell)  # a ring may have been missed
            await both_hear(boards, here)


def end_relays() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database() AND query = %s",
            [f"LISTEN {CHANNEL}"],
        )
        assert cursor.rowcount == 2
