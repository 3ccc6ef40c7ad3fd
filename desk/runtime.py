"""What lives as long as the process: the assistant's client, the worker, the watch over the database."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from functools import cache, partial
from types import FrameType

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from desk.assistant_client.client import AssistantClient
from desk.conversations.head_starts import head_starts
from desk.conversations.outbox import Outbox
from desk.conversations.relay import Relay
from desk.conversations.wake import STAFF, switchboard
from desk.conversations.worker import Worker, run_forever
from desk.database import in_database
from desk.handoffs.watch import watch_handoffs
from desk.notifications.delivery import deliver_notifications
from desk.review.upkeep import keep_review_up
from desk.screening import screen_works
from desk.web.stream import watch_database

log = logging.getLogger(__name__)


class NotMigrated(Exception):
    """The database is not in the form that this code expects."""


@cache
def assistant() -> AssistantClient:
    return AssistantClient(urls=settings.ASSISTANT_URLS, token=settings.ASSISTANT_TOKEN)


def assistant_state() -> str:
    """How the assistant was when last asked: ok; degraded (a replica or its action server is away); down."""
    return assistant().state


class Runtime:
    """Start and stop what runs beside the web requests."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start; raises NotMigrated with one line that says what to do."""
        if await in_database(_migrations_missing):
            raise NotMigrated("the database needs its migrations: run python manage.py migrate")
        await asyncio.to_thread(screen_works)  # load it before the first patient waits for it
        switchboard.closing = False
        work = [
            run_forever(Worker(client=assistant())),
            Outbox().run(),
            watch_database(),
            watch_handoffs(),
            deliver_notifications(),
            keep_review_up(),
            assistant().watch(partial(switchboard.ring, STAFF)),
        ]
        if connection.vendor == "postgresql":
            work.append(Relay(switchboard, changed=head_starts.known.forget).run())
        self._tasks = [asyncio.create_task(each) for each in work]
        _end_streams_on_signals()
        gc.collect()
        gc.freeze()  # code and libraries stay: going through them again and again would make patients wait
        log.info("the desk's worker has started")

    async def stop(self) -> None:
        switchboard.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await assistant().close()
        assistant.cache_clear()


def _migrations_missing() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _end_streams_on_signals() -> None:
    """A server that is told to stop waits for its open responses: end the streams first."""
    for number in (signal.SIGINT, signal.SIGTERM):
        previous = signal.getsignal(number)
        if not callable(previous):
            continue

        def handle(signum: int, frame: FrameType | None, then: object = previous) -> None:
            switchboard.close()
            if callable(then):
                then(signum, frame)

        try:
            signal.signal(number, handle)
        except ValueError:
            return  # not the main thread: a test server
