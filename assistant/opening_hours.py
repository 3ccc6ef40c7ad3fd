"""When a branch is open, until when, and when it opens next; and its hours as patients read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby

from assistant.clinic import WEEK, Branch, Clinic, Holiday, Schedule, Spell, Spells, isolated

HORIZON_DAYS = 400
"""How far ahead to look; beyond it a branch counts as never opening (or never closing)."""
NOTICE_DAYS = 7
"""How long before its first day a holiday is told with the hours."""

_DAYS = {
    "ar": dict(zip(WEEK, ["السبت", "الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة"], strict=True)),
    "en": {day: day.capitalize() for day in WEEK},
}
_MONTHS = {
    "ar": [
        "يناير",
        "فبراير",
        "مارس",
        "أبريل",
        "مايو",
        "يونيو",
        "يوليو",
        "أغسطس",
        "سبتمبر",
        "أكتوبر",
        "نوفمبر",
        "ديسمبر",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
_CLOSED = {"ar": "مغلق", "en": "closed"}
_DAILY = {"ar": "يومياً", "en": "Daily"}
_TODAY = {"ar": "اليوم", "en": "today"}
_TOMORROW = {"ar": "غداً", "en": "tomorrow"}
_COMMA = {"ar": "، ", "en": ", "}

Stretch = tuple[datetime, datetime]
"""From opening to closing."""


@dataclass(frozen=True)
class Opening:
    """How a branch stands at a moment."""

    is_open: bool
    until: datetime | None
    """When this ends: it closes, or opens next. None where that is beyond the horizon."""
    holiday: Holiday | None = None
    """What it is closed for, if a holiday closes the whole day."""


def opening_at(now: datetime, branch: Branch) -> Opening:
    """Whether `branch` is open at `now` (which knows its time zone), and until when that holds."""
    if now.tzinfo is None:
        raise ValueError("the time needs a time zone")
    schedule = branch.schedule
    here = now.astimezone(schedule.timezone)
    opens, closes = next((each for each in _stretches(schedule, here.date()) if each[1] > here), (None, None))
    if opens and closes and opens <= here:
        horizon = _moment(schedule, here.date() + timedelta(days=HORIZON_DAYS), 0)
        return Opening(is_open=True, until=closes if closes < horizon else None)
    today = holiday_on(here.date(), schedule)
    return Opening(is_open=False, until=opens, holiday=today if today and not today.hours else None)


def holiday_on(day: date, schedule: Schedule) -> Holiday | None:
    return next((holiday for holiday in schedule.holidays if holiday.first <= day <= holiday.last), None)


def spells_on(day: date, schedule: Schedule) -> Spells:
    """The hours of one dated day."""
    holiday = holiday_on(day, schedule)
    return schedule.week[_weekday(day)] if holiday is None else holiday.hours


def _weekday(day: date) -> str:
    return WEEK[(day.weekday() + 2) % len(WEEK)]


def _stretches(schedule: Schedule, first: date) -> Iterator[Stretch]:
    """Open times from `first` to the horizon, in order; those that touch (at midnight, say) are one."""
    last: Stretch | None = None
    for day in (first + timedelta(days=offset) for offset in range(HORIZON_DAYS)):
        for spell in spells_on(day, schedule):
            opens, closes = _moment(schedule, day, spell.opens), _moment(schedule, day, spell.closes)
            if last and last[1] >= opens:
                last = (last[0], closes)
                continue
            if last:
                yield last
            last = (opens, closes)
    if last:
        yield last


def _moment(schedule: Schedule, day: date, minutes: int) -> datetime:
    return datetime.combine(day, time(), schedule.timezone) + timedelta(minutes=minutes)


def hours_text(clinic: Clinic, language: str, today: date) -> str:
    """The week of each branch, those with the same hours together, and the holidays of today and soon."""
    blocks: list[str] = []
    for week, branches in _by_week(clinic.branches):
        lines = list(_week_lines(week, language))
        heading = _cities(branches, language) + ":" if len(clinic.branches) > 1 else None
        blocks.append("\n".join([heading, *lines] if heading else lines))
    soon = today + timedelta(days=NOTICE_DAYS)
    notices = [holiday for holiday in clinic.holidays if holiday.first <= soon and holiday.last >= today]
    if notices:
        blocks.append("\n".join(_holiday_line(holiday, language) for holiday in notices))
    return "\n\n".join(blocks)


def time_text(moment: datetime) -> str:
    return moment.strftime("%H:%M")


def moment_text(moment: datetime, language: str, now: datetime) -> str:
    """A coming moment: "today at 16:00", "on Sunday at 10:00", "on Tuesday 24 March at 10:00"."""
    days = (moment.date() - now.astimezone(moment.tzinfo).date()).days
    at = f"الساعة {time_text(moment)}" if language == "ar" else f"at {time_text(moment)}"
    if days <= 1:
        return f"{(_TODAY, _TOMORROW)[max(days, 0)][language]} {at}"
    day = _DAYS[language][_weekday(moment.date())]
    if days >= len(WEEK):
        day = f"{day} {_date(moment.date(), language)}"
    return f"{day} {at}" if language == "ar" else f"on {day} {at}"


def _by_week(branches: Sequence[Branch]) -> list[tuple[Mapping[str, Spells], list[Branch]]]:
    groups: list[tuple[Mapping[str, Spells], list[Branch]]] = []
    for branch in branches:
        same = next((members for week, members in groups if week == branch.schedule.week), None)
        if same is None:
            groups.append((branch.schedule.week, [branch]))
        else:
            same.append(branch)
    return groups


def _cities(branches: Iterable[Branch], language: str) -> str:
    cities = [branch.city.in_language(language) for branch in branches]
    if language == "ar":
        return " و".join(cities)
    return " and ".join([", ".join(cities[:-1]), cities[-1]] if len(cities) > 1 else cities)


def _week_lines(week: Mapping[str, Spells], language: str) -> Iterator[str]:
    """Neighbouring days with the same hours on one line."""
    for spells, group in groupby(WEEK, key=lambda day: week[day]):
        days = list(group)
        first, last = _DAYS[language][days[0]], _DAYS[language][days[-1]]
        named = first if len(days) == 1 else f"{first}\u2013{last}"
        yield f"{_DAILY[language] if len(days) == len(WEEK) else named} {_spells(spells, language)}"


def _holiday_line(holiday: Holiday, language: str) -> str:
    name = holiday.name.in_language(language)
    return f"{name} ({_dates(holiday, language)}): {_spells(holiday.hours, language)}"


def _spells(spells: Spells, language: str) -> str:
    return _COMMA[language].join(isolated(_range(s), language) for s in spells) or _CLOSED[language]


def _range(spell: Spell) -> str:
    opens, closes = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (spell.opens, spell.closes))
    return f"{opens}\u2013{closes}"


def _dates(holiday: Holiday, language: str) -> str:
    first, last = holiday.first, holiday.last
    if first == last:
        return _date(first, language)
    if (first.year, first.month) == (last.year, last.month):
        month = _MONTHS[language][last.month - 1]
        return f"{isolated(f'{first.day}–{last.day}', language)} {month}"
    return f"{_date(first, language)} \u2013 {_date(last, language)}"


def _date(day: date, language: str) -> str:
    return f"{day.day} {_MONTHS[language][day.month - 1]}"
