"""Whether a member of staff is still there. A claim whose holder went home goes back to the queue."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from desk.conversations.models import Author, Conversation, Message
from desk.handoffs.clinic_hours import clinic_at, the_clinic
from desk.handoffs.models import Handoff, Presence, Urgency
from desk.handoffs.services import handoffs_return_of
from desk.staff.models import User

WRITE_SECONDS = 30
"""Presence is written at most so often; the times below are that much less exact."""
IDLE = {
    Urgency.EMERGENCY: timedelta(minutes=10),
    Urgency.URGENT: timedelta(minutes=30),
    Urgency.ROUTINE: timedelta(minutes=30),
}
"""So long a patient may wait for somebody who holds the conversation and does nothing."""
IDLE_AFTER_HOURS = timedelta(minutes=15)
"""After closing time whoever did nothing for so long has gone home."""

LEFT, IDLED, END_OF_DAY, LOGGED_OUT = "left", "idle", "end_of_day", "logged_out"


def staff_seen(*, staff: User, now: datetime) -> None:
    """Note that somebody did something on the staff pages (not that a page of theirs refreshed itself)."""
    recent = now - timedelta(seconds=WRITE_SECONDS)
    if not Presence.objects.filter(staff=staff, seen_at__gt=recent).exists():
        Presence.objects.update_or_create(staff=staff, defaults={"seen_at": now})


def absence(handoff: Handoff, now: datetime) -> str | None:
    """Why the holder of a claimed handoff counts as gone; None while they do not."""
    holder = handoff.claimed_by
    if holder is None or not (holder.is_active and holder.is_staff):
        return LEFT
    seen = _last_seen(handoff, holder)
    if now - seen > IDLE_AFTER_HOURS and _clinic_is_closed(now):
        return END_OF_DAY
    waiting_since = _patient_waits_since(handoff.conversation)
    if waiting_since and now - max(seen, waiting_since) > IDLE[Urgency(handoff.urgency)]:
        return IDLED
    return None


def _last_seen(handoff: Handoff, holder: User) -> datetime:
    presence = Presence.objects.filter(staff=holder).first()
    times = [presence.seen_at if presence else None, handoff.claimed_at]
    return max((moment for moment in times if moment), default=handoff.opened_at)


def _patient_waits_since(conversation: Conversation) -> datetime | None:
    """When the patient last wrote, if no member of staff has written since."""
    written = Message.objects.filter(conversation=conversation, author__in=(Author.PATIENT, Author.STAFF))
    last = written.exclude(state=Message.State.NOTED).order_by("-sequence").first()
    return last.created_at if last is not None and last.author == Author.PATIENT else None


def _clinic_is_closed(now: datetime) -> bool:
    clinic = the_clinic()
    return clinic is not None and not clinic_at(now, clinic.branches).is_open


@receiver(user_logged_out)
def return_on_logout(sender: object, request: HttpRequest, user: User | None, **kwargs: object) -> None:
    """Logging out is going home: nobody may keep waiting for them."""
    if user is not None:
        handoffs_return_of(staff=user, reason=LOGGED_OUT, now=timezone.now())
