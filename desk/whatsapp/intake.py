"""Group commit: posts that arrive while one transaction runs are stored together by the next.

One transaction at a time, however many posts wait: at a hundred posts a second each would otherwise pay for a
commit of its own, and with SQLite queue for the one lock.
"""

from __future__ import annotations

import asyncio
import logging

from desk.database import in_webhook_database
from desk.whatsapp.events import Events
from desk.whatsapp.store import events_store

log = logging.getLogger(__name__)

MOST_AT_ONCE = 50


class Intake:
    def __init__(self) -> None:
        self._waiting: list[tuple[Events, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def store(self, events: Events) -> None:
        """Return once everything is committed; raises what the database raised."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._waiting, self._task = loop, [], None
        stored: asyncio.Future[None] = loop.create_future()
        self._waiting.append((events, stored))
        if self._task is None:
            self._task = loop.create_task(self._work())
        await stored

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
                await self._store_together(batch)
        finally:
            self._task = None

    async def _store_together(self, batch: list[tuple[Events, asyncio.Future[None]]]) -> None:
        together = Events()
        for events, _ in batch:
            together.extend(events)
        try:
            await in_webhook_database(events_store, together)
        except Exception:
            if len(batch) > 1:
                log.warning("storing %d posts together failed: now one by one", len(batch), exc_info=True)
            for events, stored in batch:
                await self._store_alone(events, stored)
        else:
            for _, stored in batch:
                if not stored.done():
                    stored.set_result(None)

    async def _store_alone(self, events: Events, stored: asyncio.Future[None]) -> None:
        try:
            await in_webhook_database(events_store, events)
        except Exception as error:
            if not stored.done():
                stored.set_exception(error)
        else:
            if not stored.done():
                stored.set_result(None)


intake = Intake()
