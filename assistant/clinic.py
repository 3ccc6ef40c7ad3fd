"""The clinic's own facts: what `clinic.yml` holds, read and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

WEEK = ("saturday", "sunday", "monday", "tuesday", "wednesday", "thursday", "friday")
"""Days in the order that patients read them."""
MINUTES_A_DAY = 24 * 60
_SPELL = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*[-\u2013]\s*([01]?\d|2[0-4]):([0-5]\d)")
_EXAMPLE_KEYS = {"value", "example"}


@dataclass(frozen=True)
class Words:
    """What patients read, in both languages."""

    ar: str
    en: str

    def in_language(self, language: str) -> str:
        return self.en if language == "en" else self.ar


@dataclass(frozen=True, order=True)
class Spell:
    """A stretch of one day, in minutes from midnight; 1440 is the midnight at its end."""

    opens: int
    closes: int


Spells = tuple[Spell, ...]


@dataclass(frozen=True)
class Holiday:
    """Dated days, both ends included, with hours of their own; no hours means closed."""

    first: date
    last: date
    name: Words
    hours: Spells


@dataclass(frozen=True)
class Schedule:
    """When a branch opens: its week, and the holidays, of which the first that holds a day counts."""

    timezone: ZoneInfo
    week: Mapping[str, Spells]
    holidays: tuple[Holiday, ...] = ()


@dataclass(frozen=True)
class Branch:
    id: str
    city: Words
    address: Words
    map: str
    phone: str
    schedule: Schedule


@dataclass(frozen=True)
class Emergency:
    ambulance: str
    unified: str


@dataclass(frozen=True)
class Privacy:
    contact: str
    retention: Words
    retention_days: int


@dataclass(frozen=True)
class Clinic:
    timezone: ZoneInfo
    name: Words
    branches: tuple[Branch, ...]
    holidays: tuple[Holiday, ...]
    phone: str
    whatsapp: str
    email: str
    booking_link: str
    emergency: Emergency
    price_policy: Words
    practitioner_policy: Words
    privacy: Privacy


def load_clinic(path: Path) -> Clinic:
    """Read `clinic.yml`; raises ValueError with one line that names the key at fault."""
    try:
        return _clinic(_Entry(_unwrapped(_read(path)), ""))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def examples_left(path: Path) -> list[str]:
    """Dotted keys whose value is still marked `example: true`."""
    return list(_examples(_read(path), ""))


def check_ready_for_production(path: Path) -> None:
    """Raise ValueError, in one line that says what to replace, unless the file holds real facts only."""
    load_clinic(path)
    if left := examples_left(path):
        raise ValueError(
            f"{path} still holds example values: put the clinic's own under {', '.join(left)}"
            " and delete each `example: true`"
        )


def isolated(text: str, language: str) -> str:
    """Keep a phone number, a range of hours or the like in its own order inside Arabic."""
    return text if language == "en" else f"\u2066{text}\u2069"


def isolated_link(link: str, language: str) -> str:
    """The same for a link. The space ends it: else some apps take the invisible mark for its last letter."""
    return link if language == "en" else f"\u2066{link} \u2069"


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None


def _unwrapped(value: Any) -> Any:
    """The content without the `{value: ..., example: true}` around placeholders."""
    if isinstance(value, dict):
        if "value" in value and set(value) <= _EXAMPLE_KEYS:
            return _unwrapped(value["value"])
        return {key: _unwrapped(item) for key, item in value.items()}
    return [_unwrapped(item) for item in value] if isinstance(value, list) else value


def _examples(value: Any, key: str) -> Iterator[str]:
    """Where a mark stands; anything but a plain `example: false` is one."""
    if isinstance(value, dict):
        if value.get("example", False) is not False:
            yield key
        for name, item in value.items():
            yield from _examples(item, key if name == "value" else _joined(key, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _examples(item, _joined(key, _name_of(item, index)))


def _joined(key: str, name: object) -> str:
    return f"{key}.{name}" if key else str(name)


def _name_of(item: Any, index: int) -> object:
    """A list's item is named by its id where it has one, else counted from 1."""
    return item.get("id", index + 1) if isinstance(item, dict) else index + 1


@dataclass(frozen=True)
class _Entry:
    """A value that knows its dotted key, so that an error can name it."""

    value: Any
    key: str

    def error(self, problem: str) -> ValueError:
        return ValueError(f"{self.key or 'the file'} {problem}")

    def __contains__(self, name: str) -> bool:
        return isinstance(self.value, dict) and self.value.get(name) is not None

    def __getitem__(self, name: str) -> _Entry:
        if not isinstance(self.value, dict):
            raise self.error("must be a mapping of keys to values")
        if name not in self:
            raise _Entry(None, _joined(self.key, name)).error("is missing")
        return _Entry(self.value[name], _joined(self.key, name))

    def items(self) -> list[_Entry]:
        if not isinstance(self.value, list):
            raise self.error("must be a list")
        return [_Entry(item, _joined(self.key, _name_of(item, i))) for i, item in enumerate(self.value)]

    def text(self) -> str:
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.error("must be a text; put a number in quotes")
        return self.value.strip()

    def words(self) -> Words:
        return Words(ar=self["ar"].text(), en=self["en"].text())

    def day(self) -> date:
        if not isinstance(self.value, date) or isinstance(self.value, datetime):
            raise self.error("must be a date like 2026-09-23, without quotes")
        return self.value

    def spells(self) -> Spells:
        spells = tuple(item.spell() for item in self.items())
        for before, after in pairwise(spells):
            if after.opens < before.closes:
                raise self.error("must be in order and may not overlap")
        return spells

    def spell(self) -> Spell:
        match = _SPELL.fullmatch(self.value.strip()) if isinstance(self.value, str) else None
        if not match:
            raise self.error('must be hours like "10:00-22:00"')
        hour, minute, end_hour, end_minute = map(int, match.groups())
        spell = Spell(hour * 60 + minute, end_hour * 60 + end_minute)
        if not spell.opens < spell.closes <= MINUTES_A_DAY:
            raise self.error("must close after it opens, at 24:00 at the latest")
        return spell


def _clinic(entry: _Entry) -> Clinic:
    timezone = _timezone(entry["timezone"])
    holidays = tuple(_holiday(item) for item in entry["holidays"].items())
    branches = tuple(_branch(item, timezone, holidays) for item in entry["branches"].items())
    if not branches:
        raise entry["branches"].error("must hold at least one branch")
    if len({branch.id for branch in branches}) < len(branches):
        raise entry["branches"].error("holds an id twice")
    return Clinic(
        timezone=timezone,
        name=entry["name"].words(),
        branches=branches,
        holidays=holidays,
        phone=entry["phone"].text(),
        whatsapp=entry["whatsapp"].text(),
        email=entry["email"].text(),
        booking_link=entry["booking_link"].text(),
        emergency=Emergency(
            ambulance=entry["emergency"]["ambulance"].text(), unified=entry["emergency"]["unified"].text()
        ),
        price_policy=entry["price_policy"].words(),
        practitioner_policy=entry["practitioner_policy"].words(),
        privacy=_privacy(entry["privacy"]),
    )


def _timezone(entry: _Entry) -> ZoneInfo:
    try:
        return ZoneInfo(entry.text())
    except (OSError, ValueError, KeyError):
        raise entry.error("must be a time zone like Asia/Riyadh") from None


def _branch(entry: _Entry, timezone: ZoneInfo, holidays: tuple[Holiday, ...]) -> Branch:
    hours = entry["hours"]
    week = {day: hours[day].spells() for day in WEEK}
    if unknown := set(hours.value) - set(WEEK):
        raise hours.error(f"holds an unknown day: {sorted(map(str, unknown))[0]}")
    return Branch(
        id=entry["id"].text(),
        city=entry["city"].words(),
        address=entry["address"].words(),
        map=entry["map"].text(),
        phone=entry["phone"].text(),
        schedule=Schedule(timezone, week, holidays),
    )


def _holiday(entry: _Entry) -> Holiday:
    first, last = entry["from"].day(), entry["to"].day()
    if last < first:
        raise entry["to"].error("lies before `from`")
    closed = "closed" in entry and entry["closed"].value is True
    if closed == ("hours" in entry):
        raise entry.error("needs either `closed: true` or its own `hours`")
    return Holiday(first, last, entry["name"].words(), () if closed else entry["hours"].spells())


def _privacy(entry: _Entry) -> Privacy:
    days = entry["retention_days"]
    if type(days.value) is not int or days.value < 1:
        raise days.error("must be a whole number of days")
    return Privacy(entry["contact"].text(), entry["retention"].words(), days.value)
