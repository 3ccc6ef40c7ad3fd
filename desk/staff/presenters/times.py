"""Times as staff read them: the clinic's clock, the date only where it is not today's."""

from __future__ import annotations

import math
from datetime import datetime

from django.utils import timezone

from desk.staff.words import Words


def minutes_between(earlier: datetime, later: datetime) -> int:
    return math.floor((later - earlier).total_seconds() / 60)


def clock(at: datetime, now: datetime, words: Words) -> str:
    """The time of day; with the day where it is another, with the year where that is."""
    local, today = timezone.localtime(at), timezone.localtime(now)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    day = f"{local.day} {words.of('months', str(local.month))}"
    return f"{day} {local:%H:%M}" if local.year == today.year else f"{day} {local.year}"


def promised(at: datetime, now: datetime, words: Words) -> str:
    """Until when an answer was promised, and whether that is past."""
    word = "promise_late" if at < now else "promise"
    return words[word].format(time=clock(at, now, words))
