"""The queue and the list of conversations."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from desk.conversations.models import Message
from desk.handoffs.selectors import handoff_counts
from desk.staff import selectors
from desk.staff.access import page, part, staff_of, staff_page
from desk.staff.audit import Act, audit_request
from desk.staff.presenters.lists import page_of
from desk.staff.presenters.queue import choices, conversation_row, filter_query, queue_row, read_filter, tabs
from desk.staff.presenters.shell import live, version_of
from desk.staff.roles import ANY, READ, REVIEW, may
from desk.staff.words import words_for

PAGE = 30


@staff_page("GET", "HEAD", needs=READ)
def inbox(request: HttpRequest) -> HttpResponse:
    return page(request, "staff/inbox.html", queue_context(request))


@staff_page("GET", "HEAD", needs=READ, background=True)
def queue_part(request: HttpRequest) -> HttpResponse:
    """The queue alone, for a page that shows it already; nothing when nothing has changed."""
    context = queue_context(request, current=request.GET.get("current", ""))
    if request.GET.get("version") == context["queue_version"]:
        return HttpResponse(status=204)
    return part(request, "staff/parts/queue.html", context)


def queue_context(request: HttpRequest, *, current: str = "") -> dict[str, Any]:
    """What `staff/parts/queue.html` and the filters above it need; `current` is the open conversation."""
    words, now, staff = words_for(request), timezone.now(), staff_of(request)
    wanted = read_filter(request.GET)
    query = filter_query(wanted)
    found = selectors.queue(wanted, staff=staff)
    rows = tuple(queue_row(handoff, words, now, staff=staff, query=query, current=current) for handoff in found)
    shown_tabs = tabs(wanted, handoff_counts(staff=staff), words)
    return {
        "rows": rows,
        "tabs": shown_tabs,
        "choices": choices(wanted, words),
        "wanted": wanted,
        "is_filtered": bool(filter_query(wanted, show="")),
        "query": query,
        "current": current,
        "queue_version": version_of(rows, shown_tabs),
    }


@staff_page("GET", "HEAD", needs=READ)
def conversations(request: HttpRequest) -> HttpResponse:
    """Every conversation that this member of staff may read, the latest first; `q` searches."""
    words, now = words_for(request), timezone.now()
    wanted = read_filter(request.GET)
    found = selectors.conversations_readable(staff_of(request)).select_related("person")
    if wanted.text:
        found = selectors.conversations_with(wanted.text, found)
        if "page" not in request.GET:
            audit_request(request, Act.CONVERSATIONS_SEARCHED, text=wanted.text)
    last_text = Message.objects.filter(conversation=OuterRef("pk")).order_by("-sequence").values("text")[:1]
    found = found.annotate(last_text=Subquery(last_text)).order_by("-last_activity_at", "pk")
    shown = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": [conversation_row(item, getattr(item, "last_text", "") or "", words, now) for item in shown],
        "shown": shown,
        "wanted": wanted,
        "hint": words["conversations_hint_all" if may(staff_of(request), REVIEW) else "conversations_hint_handed"],
        "page_of": page_of(shown, words),
        "query": filter_query(wanted),
    }
    return page(request, "staff/conversations.html", context)


@staff_page("GET", "HEAD", needs=ANY, background=True)
def live_part(request: HttpRequest) -> HttpResponse:
    """Alarms and problems, which stand on every page; nothing when nothing has changed."""
    context = live(staff_of(request), words_for(request))
    if request.GET.get("version") == context["live_version"]:
        return HttpResponse(status=204)
    return part(request, "staff/parts/live.html", context)
