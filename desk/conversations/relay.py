"""Carries rings between the desk's processes, through PostgreSQL's LISTEN and NOTIFY.

Only topics travel, never content: each process looks into the database for itself. While PostgreSQL is away
nothing travels; the processes find what is new with their look each second, and all look once it is back.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from django.db import connection

from desk.conversations.wake import OWN_TOPICS, TYPING_OFF, TYPING_ON, Switchboard
from desk.identifiers import new_id

log = logging.getLogger(__name__)

CHANNEL = "desk_wake"
WORDS_PER_NOTIFY = 100
"""A payload holds 8,000 bytes; a word is at most 41."""
RECONNECT_SECONDS = 1.0
GATHER_SECONDS = 0.01
"""What rings while a commit is followed up goes out together, and not before this process has done its own part."""


class Relay:
    def __init__(self, switchboard: Switchboard, *, changed: Callable[[str], None] | None = None) -> None:
        """`changed` is called with each conversation in which another process changed something."""
        self._switchboard = switchboard
        self._changed = changed
        self._name = new_id("d")
        self._lock = threading.Lock()
        self._words: dict[str, None] = {}
        self._loop = asyncio.get_running_loop()
        self._has_words = asyncio.Event()

    async def run(self) -> None:
        """Listen and send until cancelled."""
        self._switchboard.forward = self._forward
        tasks = [asyncio.create_task(_keep(work)) for work in (self._listen, self._send)]
        try:
            await asyncio.gather(*tasks)
        finally:
            self._switchboard.forward = None
            for task in tasks:
                task.cancel()

    def _forward(self, word: str) -> None:
        """Have a word sent; any thread may call. What was not sent yet is sent once."""
        with self._lock:
            if word[:1] in (TYPING_ON, TYPING_OFF):
                self._words.pop((TYPING_OFF if word[0] == TYPING_ON else TYPING_ON) + word[1:], None)
            self._words[word] = None
        self._loop.call_soon_threadsafe(self._has_words.set)

    async def _listen(self) -> None:
        async with await _connect() as listening:
            await listening.execute(f"LISTEN {CHANNEL}")
            self._switchboard.ring_everyone()
            async for notification in listening.notifies():
                sender, *words = notification.payload.split(" ")
                if sender != self._name:
                    for word in words:
                        self._hear(word)

    def _hear(self, word: str) -> None:
        if self._changed is not None and word not in OWN_TOPICS:
            self._changed(word.lstrip(TYPING_ON + TYPING_OFF))
        self._switchboard.hear(word)

    async def _send(self) -> None:
        async with await _connect() as sending:
            while True:
                await self._has_words.wait()
                await asyncio.sleep(GATHER_SECONDS)
                self._has_words.clear()
                while words := self._take():
                    await sending.execute("SELECT pg_notify(%s, %s)", (CHANNEL, " ".join([self._name, *words])))

    def _take(self) -> list[str]:
        with self._lock:
            words = list(self._words)[:WORDS_PER_NOTIFY]
            for word in words:
                del self._words[word]
        return words


async def _keep(work: Callable[[], Awaitable[None]]) -> None:
    """Do the work again whenever its connection ends."""
    while True:
        try:
            await work()
        except (psycopg.Error, OSError) as error:
            log.warning("the relay between the desk's processes lost PostgreSQL (%s); it tries again", error)
        await asyncio.sleep(RECONNECT_SECONDS)


async def _connect() -> psycopg.AsyncConnection[Any]:
    parameters = connection.get_connection_params()
    for django_only in ("cursor_factory", "context"):
        parameters.pop(django_only, None)
    return await psycopg.AsyncConnection.connect(**parameters, autocommit=True)
