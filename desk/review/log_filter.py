"""The log's filter: read from a query string, and written back to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.utils import timezone

ON = "1"


@dataclass(frozen=True)
class LogFilter:
    """An empty value filters nothing. Those from `q` on ask about single messages: the log then lists messages."""

    since: str = ""
    until: str = ""
    channel: str = ""
    language: str = ""
    tag: str = ""
    flagged: str = ""
    handed_off: str = ""
    unreviewed: str = ""
    q: str = ""
    author: str = ""
    topic: str = ""
    risk: str = ""
    fallback: str = ""
    low_margin: str = ""
    thumbs_down: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> LogFilter:
        given = {field.name: str(query.get(field.name, "")).strip()[:200] for field in fields(cls)}
        for name in ("since", "until"):
            if _day(given[name]) is None:
                given[name] = ""
        return cls(**given)

    @property
    def lists_messages(self) -> bool:
        return any((self.q, self.author, self.topic, self.risk, self.fallback, self.low_margin, self.thumbs_down))

    @property
    def starts_at(self) -> datetime | None:
        day = _day(self.since)
        return timezone.make_aware(datetime.combine(day, time.min)) if day else None

    @property
    def ends_before(self) -> datetime | None:
        day = _day(self.until)
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min)) if day else None

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, field.name) for field in fields(self))

    def query(self) -> str:
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return urlencode({name: value for name, value in given.items() if value})


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
