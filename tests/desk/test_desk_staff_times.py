"""Times as staff read them: the clinic's clock, and the day where it is another."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from desk.staff.presenters.times import clock
from desk.staff.words import Words


def test_times_name_the_day_where_it_is_another() -> None:
    now = timezone.now().replace(month=11, day=20, hour=9, minute=0)
    english = Words("en")
    assert clock(now, now, english) == "12:00"  # the clinic's clock, not UTC
    assert clock(now - timedelta(days=1), now, english) == "19 Nov 12:00"
    assert clock(now - timedelta(days=1), now, Words("ar")) == "19 نوفمبر 12:00"
    assert clock(now - timedelta(days=400), now, english) == f"16 Oct {now.year - 1}"
