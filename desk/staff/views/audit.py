"""The managers' page of the audit trail."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from desk.staff import selectors
from desk.staff.access import page, staff_page
from desk.staff.audit import Act, audit_request
from desk.staff.models import AuditEntry
from desk.staff.presenters.lists import page_of
from desk.staff.presenters.times import clock
from desk.staff.roles import MANAGE
from desk.staff.words import Words, words_for

PAGE = 50


@staff_page("GET", "HEAD", needs=(MANAGE,))
def audit(request: HttpRequest) -> HttpResponse:
    """The trail, the newest first, filtered by who, what, which conversation and when."""
    words = words_for(request)
    wanted = {
        "actor": request.GET.get("actor", "").replace("\x00", "")[:150],
        "action": request.GET.get("action", "") if request.GET.get("action") in Act.values else "",
        "conversation_id": request.GET.get("conversation_id", "").replace("\x00", "").strip()[:40],
        "since": _day(request.GET.get("since", "")),
        "until": _day(request.GET.get("until", "")),
    }
    if "page" not in request.GET:
        audit_request(request, Act.AUDIT_READ, asked={name: value for name, value in wanted.items() if value})
    shown = Paginator(selectors.audit_entries(**wanted), PAGE).get_page(request.GET.get("page"))
    now = timezone.now()
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "rows": [
            (entry, words.of("acts", entry.action), clock(entry.at, now, words), _details(entry, words))
            for entry in shown
        ],
        "shown": shown,
        "wanted": wanted,
        "actors": selectors.audit_actors(),
        "actions": words.options("acts"),
        "page_of": page_of(shown, words),
        "query": f"?{query.urlencode()}" if query else "",
    }
    return page(request, "staff/audit.html", context)


def _details(entry: AuditEntry, words: Words) -> str:
    details: dict[str, Any] = entry.details
    shown = (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in details.values())
    names = (words.of("audit_details", name) for name in details)
    return " · ".join(f"{name}: {value}" for name, value in zip(names, shown))


def _day(text: str) -> str:
    """A date as a date field sends it; anything else filters nothing."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""
