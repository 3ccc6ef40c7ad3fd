"""Database work from asynchronous code: which thread does it, and what becomes of work that nobody waits for."""

from __future__ import annotations

import asyncio
import threading

import pytest
from django.db import connection

from desk import database
from desk.conversations.models import Person
from desk.database import DatabaseHangs, in_database, in_webhook_database, wait_until_idle

pytestmark = pytest.mark.django_db(transaction=True)


def thread() -> str:
    return threading.current_thread().name


async def test_on_sqlite_one_thread_does_all_but_the_webhooks() -> None:
    used = await asyncio.gather(*(in_database(thread) for _ in range(20)))
    at_the_door = await asyncio.gather(*(in_webhook_database(thread) for _ in range(20)))
    if connection.vendor == "sqlite":
        assert len(set(used)) == 1
    assert len(set(at_the_door)) == 1
    assert not set(used) & set(at_the_door)


async def test_a_webhook_does_not_wait_behind_other_work() -> None:
    released = threading.Event()
    slow = [asyncio.create_task(in_database(released.wait, 10)) for _ in range(database.THREADS)]
    await asyncio.sleep(0)
    await in_webhook_database(Person.objects.create, display_name="at the door")
    assert not any(task.done() for task in slow)
    released.set()
    assert all(await asyncio.gather(*slow))


async def test_work_that_nobody_waits_for_is_waited_for_in_the_end() -> None:
    begun, released = threading.Event(), threading.Event()

    def write() -> None:
        begun.set()
        released.wait(10)
        Person.objects.create(display_name="late")

    asking = asyncio.create_task(in_database(write))
    await asyncio.to_thread(begun.wait, 10)
    asking.cancel()
    with pytest.raises(DatabaseHangs, match="1 database threads are still busy"):
        wait_until_idle(0.01)
    released.set()
    await asyncio.to_thread(wait_until_idle)
    assert await in_database(Person.objects.filter(display_name="late").exists)


async def test_work_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.01)
    released = threading.Event()
    with pytest.raises(DatabaseHangs, match="no answer"):
        await in_database(released.wait, 10)
    released.set()


async def test_on_sqlite_a_webhook_goes_before_what_is_queued() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL lets several write at once")
    begun, released, order = threading.Event(), threading.Event(), []

    def at_hand() -> None:
        begun.set()
        released.wait(database.TURN_SECONDS / 2)

    working = asyncio.create_task(in_database(at_hand))
    await asyncio.to_thread(begun.wait, 10)
    queued = asyncio.create_task(in_database(order.append, "queued"))
    await asyncio.sleep(0)
    webhook = asyncio.create_task(in_webhook_database(order.append, "webhook"))
    await asyncio.gather(working, queued, webhook)
    assert order == ["webhook", "queued"]
