"""What the outbox needs of a channel that delivers by calling somebody else's API.

The website needs none of this: its stream reads the message table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from desk.conversations.models import Message


@dataclass(frozen=True)
class Sent:
    """The channel took the message; `external_id` is its own id, by which later statuses name it."""

    external_id: str


class SendLater(Exception):
    """The channel cannot take it now and certainly did not; `retry_after` in seconds where it says so."""

    def __init__(self, error: str, *, retry_after: float | None = None) -> None:
        super().__init__(error)
        self.retry_after = retry_after


class SendRefused(Exception):
    """The channel will never take it; the text says why, in words for staff."""


class SendUncertain(Exception):
    """The channel's answer was lost: the patient may or may not have it. Never resent by itself."""


class Sender(Protocol):
    async def send(self, message: Message) -> Sent:
        """Deliver one message; raises SendLater, SendRefused or SendUncertain."""

    async def show_typing(self, message: Message) -> None:
        """Show that an answer to this inbound message is coming; best effort, never raises."""
