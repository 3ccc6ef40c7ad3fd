"""The log: every conversation of every channel, searched and filtered."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone

from desk.conversations.models import Author, Channel, Language
from desk.review import selectors
from desk.review.facts import FALLBACK
from desk.review.log_filter import LogFilter
from desk.review.presenters import conversation_row, message_row, part_tabs
from desk.review.services import marks
from desk.review.services.facts import facts_catch_up
from desk.review.topics import correctable_intents
from desk.staff.access import page, see_other, staff_of, staff_page
from desk.staff.audit import Act, audit_request
from desk.staff.roles import REVIEW
from desk.staff.words import Words, words_for

CHECKS = ("fallback", "low_margin", "thumbs_down", "handed_off", "unreviewed", "flagged")


@staff_page("GET", "HEAD", needs=(REVIEW,))
def log(request: HttpRequest) -> HttpResponse:
    return _shown(request)


@staff_page("POST", needs=(REVIEW,))
def filter_save(request: HttpRequest) -> HttpResponse:
    query = LogFilter.read(QueryDict(request.POST.get("query", "")).dict()).query()  # type: ignore[arg-type]
    try:
        marks.filter_save(owner=staff_of(request), name=request.POST.get("name", ""), query=query)
    except marks.BadName:
        return _shown(request, error=words_for(request)["bad_name"], status=400)
    return see_other(request, f"{reverse('review:log')}?{query}", notice="filter_saved")


@staff_page("POST", needs=(REVIEW,))
def filter_delete(request: HttpRequest, filter_id: int) -> HttpResponse:
    marks.filter_delete(owner=staff_of(request), filter_id=filter_id)
    return see_other(request, "review:log")


def _shown(request: HttpRequest, *, error: str = "", status: int = 200) -> HttpResponse:
    words, now = words_for(request), timezone.now()
    facts_catch_up()
    wanted, after = LogFilter.read(request.GET), request.GET.get("after", "")
    if not wanted.is_empty:
        audit_request(request, Act.CONVERSATIONS_SEARCHED, text=wanted.query())
    if wanted.lists_messages:
        found = selectors.log_messages(wanted, after=after)
        rows, next_key = [message_row(row, words, now) for row in found.rows], found.next_key
    else:
        talks = selectors.log_conversations(wanted, after=after)
        last = selectors.last_texts([talk.pk for talk in talks.rows])
        rows = [conversation_row(talk, last.get(talk.pk, ""), words, now) for talk in talks.rows]
        next_key = talks.next_key
    query = wanted.query()
    context = {
        "tabs": part_tabs("log", words),
        "wanted": wanted,
        "rows": rows,
        "lists_messages": wanted.lists_messages,
        "query": query,
        "next_key": next_key,
        "is_first": not after,
        "is_filtered": bool(query) and query != LogFilter(q=wanted.q).query(),
        "saved": [
            (each, f"?{each.query}", each.query == query, words["log_delete"].format(name=each.name))
            for each in selectors.saved_filters(staff_of(request))
        ],
        "choices": _choices(wanted, words),
        "checks": [(name, words[f"log_{name}"], bool(getattr(wanted, name))) for name in CHECKS],
        "error": error,
    }
    return page(request, "review/log.html", context, status=status)


def _choices(wanted: LogFilter, words: Words) -> list[dict[str, Any]]:
    """The lists to choose from: name, words, and options as (value, words, chosen)."""
    topics = [*correctable_intents(), FALLBACK, "report_condition", "report_reaction", "report_emergency"]
    options: dict[str, list[tuple[str, str]]] = {
        "channel": [(value, words.of("channels", value)) for value in Channel.values],
        "language": [(value, words.of("languages", value)) for value in Language.values],
        "author": [(value, words[value]) for value in Author.values],
        "topic": sorted(((intent, words.topic(intent)) for intent in topics), key=lambda pair: pair[1]),
        "risk": [("any", words["log_risk_any"]), *words.options("levels")],
        "tag": [(tag.name, tag.name) for tag in selectors.tags()],
    }
    titles = {"language": words["spoken_language"]}
    return [
        {
            "name": name,
            "words": titles.get(name) or words[f"log_{name}"],
            "options": [
                ("", words["log_any"], not getattr(wanted, name)),
                *((value, shown, getattr(wanted, name) == value) for value, shown in pairs),
            ],
        }
        for name, pairs in options.items()
    ]
