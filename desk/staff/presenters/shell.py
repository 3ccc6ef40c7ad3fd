"""What surrounds every staff page: the navigation, alarms, and what is wrong with the machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from desk.handoffs.models import Handoff
from desk.handoffs.selectors import Counts, handoff_counts, handoffs_with_alarm
from desk.staff import selectors
from desk.staff.models import User
from desk.staff.presenters.times import clock
from desk.staff.roles import ANSWER, ANY, MANAGE, READ, REVIEW, may, role_of
from desk.staff.words import Words

NOTICE_PREFIX = "notice_"
SNIPPET = 160


@dataclass(frozen=True)
class NavItem:
    name: str
    words: str
    href: str
    is_current: bool
    count: int | None = None


@dataclass(frozen=True)
class Alarm:
    """A danger sign that nobody has acknowledged."""

    handoff_id: str
    conversation_id: str
    at: datetime
    since: str
    categories: tuple[str, ...]
    text: str
    holder_words: str


# name of the address, permissions (any of them), word, names of the pages below it
PAGES: tuple[tuple[str, tuple[str, ...], str, tuple[str, ...]], ...] = (
    ("staff:inbox", READ, "nav_queue", ("inbox", "conversation")),
    ("staff:conversations", READ, "nav_conversations", ("conversations",)),
    ("review:queue", (REVIEW,), "nav_review", ("queue", "log", "log_conversation", "unanswered", "corrections")),
    ("staff:people", (MANAGE,), "nav_people", ("people",)),
    ("staff:canned_replies", (MANAGE,), "nav_canned", ("canned_replies", "canned_reply", "canned_reply_new")),
    ("staff:notifications", (MANAGE,), "nav_notifications", ("notifications",)),
    ("staff:audit", (MANAGE,), "nav_audit", ("audit",)),
)


def shell(request: HttpRequest, words: Words) -> dict[str, Any]:
    """The context that `staff/base.html` needs; without a login only the language's switch."""
    context: dict[str, Any] = {"notice": notice_of(request, words), "switch_href": switch_href(request, words)}
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not may(user, *ANY):
        return context
    counts = handoff_counts(staff=user)
    role = role_of(user)
    return {
        **context,
        **live(user, words),
        "nav": tuple(_navigation(request, user, words, counts)),
        "counts": counts,
        "me": user,
        "my_role": words.of("roles", role) if role else "",
    }


def live(user: User, words: Words) -> dict[str, Any]:
    """Alarms and problems, with a mark that changes when they do."""
    now = timezone.now()
    alarms = tuple(_alarm(handoff, words, now) for handoff in handoffs_with_alarm())
    problems = selectors.problems()
    return {
        "alarms": alarms,
        "problems": problems,
        "problem_words": _problem_words(problems, words),
        "may_answer": may(user, ANSWER),
        "live_version": version_of(alarms, problems),
    }


def version_of(*shown: object) -> str:
    """A short mark of what is shown: the same while nothing has changed."""
    return hashlib.sha256(repr(shown).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def notice_of(request: HttpRequest, words: Words) -> str:
    """The line that tells what the last act did: `?notice=` names it."""
    name = request.GET.get("notice", "")
    return words[NOTICE_PREFIX + name] if words.has(NOTICE_PREFIX + name) else ""


def switch_href(request: HttpRequest, words: Words) -> str:
    """This page in the other language; a page that a POST showed: the queue."""
    query = request.GET.copy()
    query.pop("notice", None)
    query["lang"] = words.other_language
    return f"?{query.urlencode()}"


def _navigation(request: HttpRequest, user: User, words: Words, counts: Counts) -> list[NavItem]:
    current = request.resolver_match.url_name if request.resolver_match else ""
    return [
        NavItem(
            name=name,
            words=words[word],
            href=reverse(name),
            is_current=current in below,
            count=counts.all if name == "staff:inbox" else None,
        )
        for name, needs, word, below in PAGES
        if may(user, *needs)
    ]


def _problem_words(problems: selectors.Problems, words: Words) -> str:
    told = [words["problem_degraded"]] if problems.degraded else []
    for word, count in (
        ("problem_unsure", problems.unsure_sends),
        ("problem_dead", problems.dead_messages),
        ("problem_notifications", problems.dead_notifications),
    ):
        told += [words[word].format(count=count)] if count else []
    return " · ".join(told)


def _alarm(handoff: Handoff, words: Words, now: datetime) -> Alarm:
    at = cast(datetime, handoff.alarm_at)
    return Alarm(
        handoff_id=handoff.pk,
        conversation_id=handoff.conversation_id,
        at=at,
        since=clock(at, now, words),
        categories=tuple(words.of("categories", category) for category in handoff.categories),
        text=handoff.summary.strip().split("\n")[-1][:SNIPPET],
        holder_words=words["alarm_with"].format(name=handoff.claimed_by.shown_name)
        if handoff.claimed_by
        else words["alarm_with_nobody"],
    )
