"""The staff's stream: tells an open page that something changed, and the numbers for its tab.

It ends with the login that it belongs to.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET

from desk.conversations.wake import STAFF, switchboard
from desk.database import in_database
from desk.handoffs.selectors import Show, handoff_counts, handoffs_open
from desk.staff.models import User
from desk.staff.roles import ANY, may
from desk.staff.sessions import session_expired

HEARTBEAT_SECONDS = 15.0
PAUSE_SECONDS = 0.25
"""Changes come in bunches: a page looks again at most so often."""


@dataclass(frozen=True)
class Summary:
    """The numbers that a tab shows, and what makes it ring."""

    waiting: int
    mine: int
    open: int
    alarms: int
    newest: str
    """Changes when a handoff is new, or a patient writes to this member of staff."""


@require_GET
async def stream(request: HttpRequest) -> HttpResponseBase:
    session_key = await in_database(_session_key, request)
    if session_key is None or await in_database(_summary, session_key) is None:
        return HttpResponse(status=401)
    response = StreamingHttpResponse(staff_events(session_key), content_type="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response


async def staff_events(session_key: str) -> AsyncIterator[str]:
    """Yield a `desk` event now and after each change; `ended` when the login has ended."""
    with switchboard.listen(STAFF) as bell:
        yield "retry: 2000\n\n"
        is_new = True
        while not switchboard.closing:
            summary = await in_database(_summary, session_key)
            if summary is None:
                yield "event: ended\ndata: {}\n\n"
                return
            yield f"event: desk\ndata: {json.dumps(asdict(summary))}\n\n" if is_new else ": still here\n\n"
            is_new = await bell.wait(HEARTBEAT_SECONDS)
            if is_new:
                await asyncio.sleep(PAUSE_SECONDS)


def _session_key(request: HttpRequest) -> str | None:
    return request.session.session_key


def _summary(session_key: str) -> Summary | None:
    """What the owner of a session is told; None when the session has ended."""
    user = _user_of(session_key)
    if user is None:
        return None
    counts = handoff_counts(staff=user)
    newest = handoffs_open().order_by("-opened_at").values_list("pk", flat=True).first() or ""
    mine = handoffs_open(show=Show.MINE, staff=user).order_by("-conversation__patient_last_at")
    last = mine.values_list("conversation__patient_last_at", flat=True).first()
    return Summary(
        waiting=counts.unclaimed,
        mine=counts.mine,
        open=counts.all,
        alarms=counts.alarms,
        newest=f"{newest} {last.isoformat() if last else ''}",
    )


def _user_of(session_key: str) -> User | None:
    """The member of staff behind a session, checked as a request would be."""
    request: Any = HttpRequest()
    request.session = _session_store(session_key)
    if session_expired(request.session, timezone.now()):
        return None
    user = get_user(request)
    if not isinstance(user, User) or user.must_change_password or not may(user, *ANY):
        return None
    return user


def _session_store(session_key: str) -> SessionBase:
    store: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    return store
