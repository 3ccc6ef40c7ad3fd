"""Who is waiting for what inside this process: streams for their conversation, the worker for the inbox.

Any thread may ring; nothing is carried, the database tells what is new. With several processes,
PostgreSQL's LISTEN/NOTIFY rings here too.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

INBOX = "inbox"
OUTBOX = "outbox"
STAFF = "staff"
"""Topics that are no conversation: the worker's, the outbox's, and what the staff pages show."""

OWN_TOPICS = frozenset({INBOX, OUTBOX, STAFF})


class Bell:
    """Wakes one coroutine; ringing twice before it looks is ringing once."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def ring(self) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, timeout: float) -> bool:
        """Wait for a ring; tells whether one came."""
        # Not asyncio.wait_for: in Python 3.10 it swallows a cancellation that meets a ring.
        rang = True

        def expire() -> None:
            nonlocal rang
            rang = False
            self._event.set()

        timer = self._loop.call_later(timeout, expire)
        try:
            await self._event.wait()
        finally:
            timer.cancel()
        self._event.clear()
        return rang


class Switchboard:
    def __init__(self) -> None:
        self._bells: defaultdict[str, set[Bell]] = defaultdict(set)
        self._lock = threading.Lock()
        self._typing: set[str] = set()
        self.closing = False

    @contextmanager
    def listen(self, topic: str) -> Iterator[Bell]:
        bell = Bell()
        with self._lock:
            self._bells[topic].add(bell)
        try:
            yield bell
        finally:
            with self._lock:
                self._bells[topic].discard(bell)
                if not self._bells[topic]:
                    del self._bells[topic]

    def ring(self, topic: str) -> None:
        with self._lock:
            bells = list(self._bells.get(topic, ()))
        for bell in bells:
            bell.ring()

    def topics(self) -> list[str]:
        with self._lock:
            return [topic for topic in self._bells if topic not in OWN_TOPICS]

    def is_typing(self, conversation_id: str) -> bool:
        return conversation_id in self._typing

    def set_typing(self, conversation_id: str, on: bool) -> None:
        (self._typing.add if on else self._typing.discard)(conversation_id)
        self.ring(conversation_id)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self.closing = True
        for topic in (*self.topics(), STAFF):
            self.ring(topic)


switchboard = Switchboard()
