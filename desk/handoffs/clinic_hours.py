"""When somebody of the clinic is there, over all branches, holidays included."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from django.conf import settings

from assistant.clinic import Branch, Clinic, Holiday, load_clinic
from assistant.opening_hours import opening_at

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClinicNow:
    """How the clinic stands at a moment: open as long as one branch is."""

    is_open: bool
    until: datetime | None
    """When it closes, or opens next; None where that lies beyond the horizon of the calendar."""
    holiday: Holiday | None = None


def clinic_at(now: datetime, branches: Sequence[Branch]) -> ClinicNow:
    openings = [opening_at(now, branch) for branch in branches]
    ends = [opening.until for opening in openings if opening.is_open]
    if ends:
        return ClinicNow(True, None if None in ends else max(end for end in ends if end))
    opens = [opening.until for opening in openings if opening.until]
    return ClinicNow(False, min(opens) if opens else None, openings[0].holiday)


def working_time_after(start: datetime, needed: timedelta, branches: Sequence[Branch]) -> datetime | None:
    """When the clinic will have been open for `needed` since `start`; None if never."""
    moment = start
    while True:
        now = clinic_at(moment, branches)
        if now.is_open:
            spell = now.until - moment if now.until else needed
            if spell >= needed:
                return moment + needed
            needed -= spell
        if now.until is None:
            return None
        moment = now.until


def the_clinic() -> Clinic | None:
    """The clinic's facts; None (and a word in the log) when they cannot be read: nothing may fail for that."""
    return _load(Path(settings.CLINIC_FILE))


@cache
def _load(path: Path) -> Clinic | None:
    try:
        return load_clinic(path)
    except (OSError, ValueError):
        log.exception("the clinic's hours cannot be read: until a restart no time is promised to patients")
        return None
