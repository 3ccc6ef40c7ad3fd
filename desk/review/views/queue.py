"""The review queue: one message at a time, a verdict by one key, and why it was understood so."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from desk.conversations.models import Message
from desk.review import selectors
from desk.review.explanations import CannotExplain, explain
from desk.review.models import Verdict
from desk.review.presenters import item_of, part_tabs, permalink, why_of
from desk.review.services.facts import facts_catch_up
from desk.review.services.reviews import CannotReview, message_review, message_unreview
from desk.review.topics import intent_labels, intent_typed, risk_categories
from desk.staff.access import is_htmx, not_found, page, part, staff_of, staff_page
from desk.staff.audit import Act, audit_request
from desk.staff.roles import REVIEW
from desk.staff.words import Words, words_for

NEXT_SHOWN = 12


@staff_page("GET", "HEAD", needs=(REVIEW,))
def queue(request: HttpRequest) -> HttpResponse:
    return page(request, "review/queue.html", _queue_context(request, _number(request.GET.get("skip", ""))))


@staff_page("POST", needs=(REVIEW,))
def verdict(request: HttpRequest, message_id: str) -> HttpResponse:
    """Record a verdict; the queue goes on to its next message, a conversation's page to the same one."""
    words = words_for(request)
    error = ""
    message = selectors.message_with_conversation(message_id)
    if message is None:
        return not_found(request)
    try:
        with transaction.atomic():
            review = message_review(
                message_id=message_id,
                reviewer=staff_of(request),
                verdict=_verdict(request),
                intent=intent_typed(request.POST.get("intent", "")),
                category=request.POST.get("category", ""),
                now=timezone.now(),
            )
            audit_request(
                request,
                Act.MESSAGE_REVIEWED,
                conversation_id=message.conversation_id,
                message=message_id,
                verdict=review.verdict,
            )
    except CannotReview as refused:
        error = words[str(refused)]
    return _after(request, message, error)


@staff_page("POST", needs=(REVIEW,))
def take_back(request: HttpRequest, message_id: str) -> HttpResponse:
    message = selectors.message_with_conversation(message_id)
    if message is None:
        return not_found(request)
    error = ""
    try:
        with transaction.atomic():
            message_unreview(message_id=message_id)
            audit_request(
                request, Act.MESSAGE_REVIEWED, conversation_id=message.conversation_id, message=message_id, verdict=""
            )
    except CannotReview as refused:
        error = words_for(request)[str(refused)]
    return _after(request, message, error)


@staff_page("GET", "HEAD", needs=(REVIEW,))
def why(request: HttpRequest, message_id: str) -> HttpResponse:
    """Why a message is understood as it is: asked of the assistant; what was stored stands in the transcript."""
    message = selectors.message_with_conversation(message_id)
    if message is None:
        return not_found(request)
    context: dict[str, Any] = {"message_id": message_id}
    try:
        context["why"] = why_of(explain([message.text])[0], words_for(request))
    except (CannotExplain, KeyError, TypeError):
        context["error"] = words_for(request)["review_why_away"]
    return part(request, "review/parts/why.html", context)


def verdict_choices(words: Words) -> dict[str, Any]:
    """What the form of a verdict lets choose from."""
    return {
        "intents": sorted(intent_labels().values()),
        "categories": [(category, words.of("categories", category)) for category in risk_categories()],
    }


def _after(request: HttpRequest, message: Message, error: str) -> HttpResponse:
    words = words_for(request)
    if request.POST.get("from") == "queue":
        skip = _number(request.POST.get("skip", ""))
        if not is_htmx(request) and not error:
            return redirect(f"{request.path_info.split('messages/')[0]}?skip={skip}")
        context = {**_queue_context(request, skip), "error": error}
        return (
            part(request, "review/parts/queue.html", context)
            if is_htmx(request)
            else page(request, "review/queue.html", context)
        )
    if not is_htmx(request):
        return redirect(permalink(message))
    message = selectors.message_with_conversation(message.pk) or message
    item = item_of(message, selectors.answers_to(message), words, timezone.now())
    return part(
        request,
        "review/parts/verdict.html",
        {"item": item, "from": "conversation", "error": error, **verdict_choices(words)},
    )


def _queue_context(request: HttpRequest, skip: int) -> dict[str, Any]:
    words, now = words_for(request), timezone.now()
    facts_catch_up()
    rows = selectors.queue(after=skip)
    item = None
    if rows:
        message = selectors.message_with_conversation(rows[0].message_id)
        assert message is not None  # its facts go with it
        item = item_of(message, selectors.answers_to(message), words, now)
        audit_request(request, Act.CONVERSATION_READ, conversation_id=message.conversation_id, message=message.pk)
    return {
        "tabs": part_tabs("queue", words),
        "item": item,
        "before": selectors.messages_before(rows[0].message) if rows else [],
        "next": [
            (row.message.text[:90], words["review_score"].format(count=row.priority)) for row in rows[1:NEXT_SHOWN]
        ],
        "left": words["review_queue_left"].format(count=selectors.queue_count()),
        "skip": skip,
        "skip_next": skip + 1,
        "from": "queue",
        **verdict_choices(words),
    }


def _verdict(request: HttpRequest) -> Verdict:
    try:
        return Verdict(request.POST.get("verdict", ""))
    except ValueError:
        raise CannotReview("not_reviewable") from None


def _number(text: str) -> int:
    return min(int(text), 10_000) if text.isascii() and text.isdigit() else 0
