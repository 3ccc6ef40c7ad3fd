"""The alarm of a locked handoff: it stands until a member of staff acknowledges it."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from desk.conversations.models import Message
from desk.handoffs.models import Handoff, HandoffEvent
from desk.handoffs.trail import event_add
from desk.notifications.models import Occasion
from desk.notifications.services import notifications_add
from desk.staff.models import User


def alarm_sound(handoff: Handoff, message: Message | None, occasion: Occasion, *, reason: str) -> None:
    """Sound whoever holds the handoff, once for each message that gives cause."""
    heard = handoff.events.filter(kind=HandoffEvent.Kind.ALARM, message=message)
    if message is not None and heard.exists():
        return
    handoff.alarm_at = timezone.now()
    handoff.save(update_fields=["alarm_at"])
    event_add(handoff, HandoffEvent.Kind.ALARM, message=message, details={"reason": reason})
    notifications_add(handoff=handoff, occasion=occasion)


def alarm_silence(handoff: Handoff, staff: User, now: datetime) -> None:
    if handoff.alarm_at is None:
        return
    seconds = int((now - handoff.alarm_at).total_seconds())
    handoff.alarm_at = None
    handoff.save(update_fields=["alarm_at"])
    event_add(handoff, HandoffEvent.Kind.ALARM_SEEN, actor=staff, details={"seconds": seconds})
