"""What the desk does by itself when time has passed. Every service looks again under the lock, so that of several
processes that find the same thing one acts."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from desk.conversations.models import Channel, Conversation
from desk.conversations.services import conversation_lock
from desk.handoffs.clinic_hours import the_clinic
from desk.handoffs.limits import escalation_time
from desk.handoffs.models import Handoff, HandoffEvent, Urgency
from desk.handoffs.presence import absence
from desk.handoffs.promises import late_say
from desk.handoffs.services import handoff_return
from desk.handoffs.trail import event_add
from desk.notifications.models import Occasion
from desk.notifications.services import notifications_add

WHATSAPP_WINDOW = timedelta(hours=24)
"""Later than so long after the patient wrote, WhatsApp takes templates only."""


@transaction.atomic
def handoff_escalate(*, handoff_id: str, now: datetime) -> bool:
    """Call for more staff when nobody has claimed it in time; tells whether that was so."""
    handoff = _locked(handoff_id)
    if handoff.status != Handoff.Status.OPEN or handoff.escalates_at is None or handoff.escalates_at > now:
        return False
    times = handoff.events.filter(kind=HandoffEvent.Kind.ESCALATED).count() + 1
    handoff.escalated_at = now
    handoff.escalates_at = escalation_time(Urgency(handoff.urgency), now, times_before=times)
    handoff.save(update_fields=["escalated_at", "escalates_at"])
    event_add(handoff, HandoffEvent.Kind.ESCALATED, details={"times": times})
    notifications_add(handoff=handoff, occasion=Occasion.ESCALATED)
    return True


@transaction.atomic
def handoff_return_if_left(*, handoff_id: str, now: datetime) -> bool:
    """Put it back into the queue when its holder is gone; tells whether that was so."""
    handoff = _locked(handoff_id)
    reason = absence(handoff, now) if handoff.status == Handoff.Status.CLAIMED else None
    if reason is None:
        return False
    handoff_return(handoff_id=handoff_id, staff=None, reason=reason, now=now)
    return True


@transaction.atomic
def promise_apologise(*, handoff_id: str, now: datetime) -> bool:
    """Tell the patient, once, that the promised reply is late; tells whether it was."""
    handoff, clinic = _locked(handoff_id), the_clinic()
    if clinic is None or not handoff.is_open or handoff.promised_at is None or handoff.promised_at > now:
        return False
    if handoff.events.filter(kind__in=(HandoffEvent.Kind.REPLIED, HandoffEvent.Kind.LATE)).exists():
        return False
    can_write = _can_write(handoff.conversation, now)
    if can_write:
        late_say(handoff, clinic)
    event_add(handoff, HandoffEvent.Kind.LATE, details={"told": can_write})
    return True


def _locked(handoff_id: str) -> Handoff:
    conversation_id = Handoff.objects.values_list("conversation_id", flat=True).get(pk=handoff_id)
    conversation = conversation_lock(conversation_id)
    handoff = Handoff.objects.select_related("claimed_by").get(pk=handoff_id)
    handoff.conversation = conversation
    return handoff


def _can_write(conversation: Conversation, now: datetime) -> bool:
    if conversation.channel != Channel.WHATSAPP:
        return True
    wrote = conversation.patient_last_at
    return wrote is not None and now - wrote < WHATSAPP_WINDOW
