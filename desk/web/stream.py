"""Server-Sent Events straight from the message table: what is stored is streamed, from any point on."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

from desk.conversations import selectors
from desk.conversations.wake import switchboard
from desk.database import in_database

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 15.0
WATCH_SECONDS = 1.0
WATCH_CHUNK = 500


async def conversation_events(conversation_id: str, after: int) -> AsyncIterator[str]:
    """Yield the conversation's events from behind message number `after`."""
    typing = False
    with switchboard.listen(conversation_id) as bell:
        yield "retry: 1000\n\n"
        while not switchboard.closing:
            page = selectors.PAGE
            while page == selectors.PAGE:
                messages = await in_database(selectors.messages_after, conversation_id=conversation_id, sequence=after)
                page = len(messages)
                for message in messages:
                    after = message.sequence
                    yield _event("message", selectors.message_as_json(message), after)
            if typing != switchboard.is_typing(conversation_id):
                typing = not typing
                yield _event("typing", {"on": typing})
            if not await bell.wait(HEARTBEAT_SECONDS):
                yield ": still here\n\n"


async def watch_database() -> None:
    """Each second, wake the streams whose conversation has grown, be it by another process."""
    known: dict[str, int] = {}
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        try:
            open_streams = switchboard.topics()
            current: dict[str, int] = {}
            for start in range(0, len(open_streams), WATCH_CHUNK):
                current |= await in_database(selectors.last_sequences, open_streams[start : start + WATCH_CHUNK])
            for conversation_id, sequence in current.items():
                if known.get(conversation_id) != sequence:
                    switchboard.ring(conversation_id)
            known = current
        except Exception:
            log.exception("the watch over the database failed; it tries again")


def _event(name: str, data: dict[str, Any], number: int | None = None) -> str:
    lines = [f"event: {name}", f"data: {json.dumps(data, ensure_ascii=False)}"]
    if number is not None:
        lines.insert(0, f"id: {number}")
    return "\n".join(lines) + "\n\n"
