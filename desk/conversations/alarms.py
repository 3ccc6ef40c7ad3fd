"""What staff must notice because the desk could not do its part: it opens a handoff and sounds the alarm."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.utils import timezone

from desk.conversations.models import Conversation, Message
from desk.conversations.wake import STAFF, switchboard
from desk.handoffs.models import Handoff, HandoffEvent
from desk.handoffs.services import Need, handoff_need


def alarm_raise(conversation: Conversation, need: Need, *, message: Message) -> Handoff:
    """Call staff to a locked conversation; the alarm stands until somebody acknowledges it."""
    handoff, _ = handoff_need(conversation, need, message=message)
    handoff.alarm_at = timezone.now()
    handoff.save(update_fields=["alarm_at"])
    HandoffEvent.objects.create(
        handoff=handoff, kind=HandoffEvent.Kind.ALARM, message=message, details={"reason": need.reason}
    )
    transaction.on_commit(partial(switchboard.ring, STAFF))
    return handoff
