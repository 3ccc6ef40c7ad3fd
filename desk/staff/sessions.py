"""How long a login lasts: so long after the last act, and never longer than a working day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils import timezone

STARTED = "started_at"
ACTIVE = "active_at"
TOUCH_SECONDS = 30
"""The session is written at most so often; the idle time is that much less exact."""


def session_start(request: HttpRequest) -> None:
    """Stamp a session that a login has just rotated."""
    now = timezone.now().timestamp()
    request.session[STARTED] = request.session[ACTIVE] = now


def session_expired(session: SessionBase, now: datetime) -> bool:
    started, active = _stamp(session.get(STARTED)), _stamp(session.get(ACTIVE))
    if started is None or active is None:
        return False  # not stamped yet: `session_touch` does it with the first request
    idle, age = timedelta(seconds=now.timestamp() - active), timedelta(seconds=now.timestamp() - started)
    return bool(idle > settings.STAFF_IDLE or age > settings.STAFF_SESSION)


def session_touch(session: SessionBase, now: datetime) -> None:
    """Note that the person behind the session did something."""
    stamp = now.timestamp()
    if session.get(STARTED) is None:
        session[STARTED] = stamp
    active = _stamp(session.get(ACTIVE))
    if active is None or stamp - active >= TOUCH_SECONDS:
        session[ACTIVE] = stamp


def _stamp(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
