"""How long a handoff may wait: what is promised to the patient, and when the desk calls for more staff."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from assistant.clinic import Branch
from desk.handoffs.clinic_hours import the_clinic, working_time_after
from desk.handoffs.models import Urgency

LIMITS = {
    Urgency.EMERGENCY: timedelta(minutes=5),
    Urgency.URGENT: timedelta(minutes=30),
    Urgency.ROUTINE: timedelta(hours=4),
}
"""Emergency and urgent run day and night; routine counts the clinic's open hours only."""
MOST_DOUBLINGS = 6
QUARTER = timedelta(minutes=15)


def escalation_time(urgency: Urgency, now: datetime, *, times_before: int = 0) -> datetime:
    """When to escalate what nobody has claimed by then; each time the wait doubles, so that it stays heard."""
    limit: timedelta = LIMITS[urgency] * 2 ** min(times_before, MOST_DOUBLINGS)
    clinic = the_clinic()
    if urgency == Urgency.ROUTINE and clinic is not None:
        return working_time_after(now, limit, clinic.branches) or now + limit
    return now + limit


def promised_time(urgency: Urgency, now: datetime, branches: Sequence[Branch]) -> datetime | None:
    """By when a reply can be promised, to the quarter of an hour: the limit, counted in open hours."""
    by = working_time_after(now, LIMITS[urgency], branches)
    return _next_quarter(by) if by else None


def _next_quarter(moment: datetime) -> datetime:
    full = moment.replace(minute=0, second=0, microsecond=0)
    return full + -(-(moment - full) // QUARTER) * QUARTER
