"""WhatsApp's customer service window: free-form messages within 24 hours of the patient's last one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.conversations.models import Channel, Conversation

WINDOW = timedelta(hours=24)
MARGIN = timedelta(minutes=1)
"""Closed a little early here: a send that arrives too late at Meta is an error there."""


@dataclass(frozen=True)
class Window:
    is_open: bool
    closes_at: datetime | None


def window_of(conversation: Conversation, now: datetime) -> Window:
    """Whether staff and bot may write freely now; the website always may."""
    if conversation.channel != Channel.WHATSAPP:
        return Window(True, None)
    if conversation.patient_last_at is None:
        return Window(False, None)
    closes_at = conversation.patient_last_at + WINDOW - MARGIN
    return Window(now < closes_at, closes_at)
