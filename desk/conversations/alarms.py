"""What staff must notice because the desk could not do its part: it opens a handoff and sounds the alarm."""

from __future__ import annotations

from desk.conversations.models import Conversation, Message
from desk.handoffs.alarms import alarm_sound
from desk.handoffs.models import Handoff
from desk.handoffs.needs import Need
from desk.handoffs.services import handoff_need
from desk.notifications.models import Occasion


def alarm_raise(conversation: Conversation, need: Need, *, message: Message) -> Handoff:
    """Call staff to a locked conversation; the alarm stands until somebody acknowledges it."""
    handoff, _ = handoff_need(conversation, need, message=message)
    alarm_sound(handoff, message, Occasion.FAULT, reason=need.reason)
    return handoff
