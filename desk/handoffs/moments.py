"""A coming moment as people say it: "غداً قبل الساعة 10 صباحاً", "10 am on Sunday"."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

CALENDAR_FILE = Path(__file__).with_name("calendar.yml")
WEEK_DAYS = 7
NOON = 12


def at_text(moment: datetime, language: str, now: datetime) -> str:
    """When something happens; both times in the clinic's time zone."""
    return _text("at", moment, language, now)


def by_text(moment: datetime, language: str, now: datetime) -> str:
    """Until when something will have happened."""
    if (moment.hour, moment.minute) == (0, 0):
        moment -= timedelta(minutes=1)  # people take midnight for the end of the day before
    return _text("by", moment, language, now)


def _text(form: str, moment: datetime, language: str, now: datetime) -> str:
    words = _words()
    day, time = _day(moment, language, now), _time(moment, language)
    return str(words[form][language]).format(day=day, time=time)


def _day(moment: datetime, language: str, now: datetime) -> str:
    words = _words()
    away = (moment.date() - now.date()).days
    if away <= 1:
        return str(words["tomorrow" if away == 1 else "today"][language])
    return str(words["this_week" if away < WEEK_DAYS else "later"][language]).format(
        day=words["days"][language][moment.weekday()],
        date=moment.day,
        month=words["months"][language][moment.month - 1],
    )


def _time(moment: datetime, language: str) -> str:
    part = "morning" if moment.hour < NOON else "noon" if moment.hour == NOON else "evening"
    minutes = f":{moment.minute:02}" if moment.minute else ""
    return f"{moment.hour % NOON or NOON}{minutes} {_words()[part][language]}"


@cache
def _words() -> dict[str, Any]:
    words: dict[str, Any] = yaml.safe_load(CALENDAR_FILE.read_text(encoding="utf-8"))
    return words
