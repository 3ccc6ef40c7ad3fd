"""Server-Sent Events straight from the message table: what is stored is streamed, from any point on.

A message that this process has just committed is handed over (`conversations.fresh`) and not read back.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from typing import Any

from django.utils import timezone

from desk.conversations import selectors
from desk.conversations.wake import switchboard
from desk.database import in_database
from desk.precedence import acknowledgements
from desk.web.presenters import conversation_state
from desk.web.requests import Refused

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 15.0
LOOK_SECONDS = 60.0
"""Nothing rang for so long: look for oneself. A ring from another process may have been lost."""
WATCH_SECONDS = 1.0
WATCH_BACK = timedelta(seconds=20)
"""A commit may come so long after the time that its row holds, or stand in another process's clock."""
STREAMS_PER_VISITOR = 12


@dataclass(eq=False)
class Reader:
    """How far one open stream has come."""

    __slots__ = ("after",)
    after: int


_readers: defaultdict[str, set[Reader]] = defaultdict(set)


async def conversation_events(conversation_id: str, after: int, *, ends_at: float = inf) -> AsyncIterator[str]:
    """Yield the conversation's events from behind message number `after`, until `ends_at` (seconds since 1970)."""
    typing = False
    state: dict[str, Any] | None = None
    looks_at = 0.0
    reader = Reader(after)
    with switchboard.listen(conversation_id) as bell, _registered(conversation_id, reader):
        yield "retry: 1000\n\n"
        while not switchboard.closing and time.time() < ends_at:
            page = selectors.PAGE if time.monotonic() >= looks_at else 0
            if page:
                await acknowledgements.give_way()
                bell.take_stored()  # what rang until now is read below
                bell.take_news()
            while page == selectors.PAGE:
                messages = await in_database(
                    selectors.messages_after, conversation_id=conversation_id, sequence=reader.after
                )
                page = len(messages)
                for message in messages:
                    reader.after = message.sequence
                    yield _event("message", selectors.message_as_json(message), reader.after)
                del messages  # an idle stream keeps nothing
                now = await in_database(conversation_state, conversation_id)
                if now is None:
                    yield _event("erased", {})
                    return
                if state != now:
                    state = now
                    yield _event("conversation", state)
                looks_at = time.monotonic() + _spread(LOOK_SECONDS)
            if typing != switchboard.is_typing(conversation_id):
                typing = not typing
                yield _event("typing", {"on": typing})
            if not await bell.wait(min(_spread(HEARTBEAT_SECONDS), max(0.0, ends_at - time.time()))):
                yield ": still here\n\n"
            elif bell.take_stored():
                looks_at = 0.0
            for fresh in bell.take_news() if looks_at else ():
                if fresh.follows(reader.after, state):
                    reader.after = fresh.number
                    yield _event("message", fresh.message, fresh.number)
                elif fresh.number > reader.after:
                    looks_at = 0.0  # something lies between, or the conversation stands otherwise


def _spread(seconds: float) -> float:
    """Up to a quarter less: streams that were opened together (after a restart, say) must not look together."""
    return seconds * random.uniform(0.75, 1.0)


def refuse_too_many_streams(conversation_id: str) -> None:
    """Raise Refused when one visitor holds more streams than a browser's tabs can."""
    if len(_readers.get(conversation_id, ())) >= STREAMS_PER_VISITOR:
        error = "too many streams are open for this visitor: please close some tabs"
        raise Refused(429, "too_many", error, {"Retry-After": "30"})


@contextmanager
def _registered(conversation_id: str, reader: Reader) -> Iterator[None]:
    _readers[conversation_id].add(reader)
    try:
        yield
    finally:
        _readers[conversation_id].discard(reader)
        if not _readers[conversation_id]:
            del _readers[conversation_id]


async def watch_database() -> None:
    """Each second, wake the streams whose conversation has grown beyond them, be it by another process.

    It asks what is new, not how each open stream stands: a thousand idle chats cost what one does.
    """
    looked_at = timezone.now()
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        try:
            now = timezone.now()
            grown = await in_database(selectors.sequences_since, looked_at - WATCH_BACK) if _readers else {}
            for conversation_id, sequence in grown.items():
                if any(reader.after < sequence for reader in _readers.get(conversation_id, ())):
                    switchboard.wake(conversation_id)
            looked_at = now
        except Exception:
            log.exception("the watch over the database failed; it tries again")


def _event(name: str, data: dict[str, Any], number: int | None = None) -> str:
    lines = [f"event: {name}", f"data: {json.dumps(data, ensure_ascii=False)}"]
    if number is not None:
        lines.insert(0, f"id: {number}")
    return "\n".join(lines) + "\n\n"
