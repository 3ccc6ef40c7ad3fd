"""Who is waiting for what inside this process: streams for their conversation, the worker for the inbox.

Any thread may ring; the database tells what is new. What was stored may be handed over with the ring, so that whoever
stands just before it need not look (`fresh.py`); it is no more than that, and may be lost. With several processes on
PostgreSQL, `relay.py` carries each ring to the others; a ring that is lost on the way costs at most the second until
the next look into the database.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

INBOX = "inbox"
OUTBOX = "outbox"
STAFF = "staff"
"""Topics that are no conversation: the worker's, the outbox's, and what the staff pages show."""

OWN_TOPICS = frozenset({INBOX, OUTBOX, STAFF})
TYPING_ON, TYPING_OFF = "+", "-"
TYPING_SECONDS = 10.0
"""So long somebody counts as typing who never said otherwise: the process may have died."""
NEWS_KEPT = 8
"""Of somebody who does not come to it; then looking into the database is less work."""


class Bell:
    """Wakes one coroutine; ringing twice before it looks is ringing once."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._is_stored = False
        self._news: list[Any] = []

    def ring(self, *, stored: bool = True, news: Any = None) -> None:
        """Wake; `stored` tells whether the database holds something new, and `news` what, if that is all."""
        with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
            self._loop.call_soon_threadsafe(self._rang, stored, news)

    def take_stored(self) -> bool:
        """Whether something was stored, since this was last asked, that only the database tells."""
        is_stored, self._is_stored = self._is_stored, False
        return is_stored

    def take_news(self) -> list[Any]:
        """What was handed over since this was last asked."""
        news, self._news = self._news, []
        return news

    def _rang(self, stored: bool, news: Any) -> None:
        if news is not None and len(self._news) < NEWS_KEPT:
            self._news.append(news)
        else:
            self._is_stored = self._is_stored or stored
        self._event.set()

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
        self._typing: dict[str, float] = {}
        self.forward: Callable[[str], None] | None = None
        """Carries a word to the desk's other processes; see `hear`."""
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

    def ring(self, topic: str, news: Callable[[], Any] | None = None) -> None:
        """Wake whoever listens to the topic, here and in the other processes; `news` is made for those here alone."""
        self.wake(topic, news=news)
        self._tell_others(topic)

    def hear(self, word: str) -> None:
        """Take a word of another process: a topic that rang, or a conversation with typing on or off before it."""
        if word[:1] in (TYPING_ON, TYPING_OFF):
            self._mark_typing(word[1:], word[0] == TYPING_ON)
        else:
            self.wake(word)

    def ring_everyone(self) -> None:
        """Have everybody here look again: rings of other processes may have been missed."""
        with self._lock:
            topics = list(self._bells)
        for topic in topics:
            self.wake(topic)

    def topics(self) -> list[str]:
        with self._lock:
            return [topic for topic in self._bells if topic not in OWN_TOPICS]

    def is_typing(self, conversation_id: str) -> bool:
        return self._typing.get(conversation_id, 0.0) > time.monotonic()

    def set_typing(self, conversation_id: str, on: bool) -> None:
        self._mark_typing(conversation_id, on)
        self._tell_others((TYPING_ON if on else TYPING_OFF) + conversation_id)

    def _mark_typing(self, conversation_id: str, on: bool) -> None:
        if on:
            self._typing[conversation_id] = time.monotonic() + TYPING_SECONDS
        else:
            self._typing.pop(conversation_id, None)
        self.wake(conversation_id, stored=False)

    def wake(self, topic: str, *, stored: bool = True, news: Callable[[], Any] | None = None) -> None:
        """Wake whoever listens to the topic in this process."""
        with self._lock:
            bells = list(self._bells.get(topic, ()))
        made = news() if news and bells else None
        for bell in bells:
            bell.ring(stored=stored, news=made)

    def _tell_others(self, word: str) -> None:
        if self.forward is not None:
            self.forward(word)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self.closing = True
        for topic in (*self.topics(), STAFF):
            self.wake(topic)


switchboard = Switchboard()
