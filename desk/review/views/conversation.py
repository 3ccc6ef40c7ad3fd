"""One conversation as a reviewer reads it: verdicts on its messages, tags, a flag, notes, and its handoffs judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from desk.conversations.models import Conversation
from desk.conversations.selectors import conversation_get, transcript
from desk.handoffs.models import Handoff
from desk.handoffs.selectors import handoff_get
from desk.handoffs.services import note_add
from desk.review import selectors
from desk.review.models import HandoffJudgement
from desk.review.presenters import is_reviewable, item_of, part_tabs, person_of
from desk.review.services import marks
from desk.review.services.facts import facts_catch_up
from desk.review.services.reviews import handoff_judge
from desk.review.views.queue import verdict_choices
from desk.staff.access import not_found, page, see_other, staff_of, staff_page
from desk.staff.audit import Act, audit_request
from desk.staff.presenters.times import clock
from desk.staff.presenters.transcript import transcript_lines
from desk.staff.roles import REVIEW
from desk.staff.views.conversation import MAX_NOTE, SHOWN_MESSAGES
from desk.staff.words import Words, words_for


@staff_page("GET", "HEAD", needs=(REVIEW,))
def conversation_page(request: HttpRequest, conversation_id: str) -> HttpResponse:
    conversation = conversation_get(conversation_id)
    if conversation is None:
        return not_found(request)
    audit_request(request, Act.CONVERSATION_READ, conversation_id=conversation.pk)
    facts_catch_up()
    return _shown(request, conversation)


@staff_page("POST", needs=(REVIEW,))
def tag(request: HttpRequest, conversation_id: str) -> HttpResponse:
    name = request.POST.get("name", "")
    return _marked(request, conversation_id, lambda c: marks.conversation_tag(conversation_id=c, name=name), name)


@staff_page("POST", needs=(REVIEW,))
def untag(request: HttpRequest, conversation_id: str, tag_id: int) -> HttpResponse:
    return _marked(
        request, conversation_id, lambda c: marks.conversation_untag(conversation_id=c, tag_id=tag_id), f"-{tag_id}"
    )


@staff_page("POST", needs=(REVIEW,))
def flag(request: HttpRequest, conversation_id: str) -> HttpResponse:
    on = request.POST.get("on") == "1"
    return _marked(
        request, conversation_id, lambda c: marks.conversation_flag(conversation_id=c, flagged=on), f"flag={on}"
    )


@staff_page("POST", needs=(REVIEW,))
def reviewed(request: HttpRequest, conversation_id: str) -> HttpResponse:
    on = request.POST.get("on") == "1"

    def act(conversation_id: str) -> object:
        return marks.conversation_reviewed(
            conversation_id=conversation_id, reviewer=staff_of(request), reviewed=on, now=timezone.now()
        )

    return _marked(request, conversation_id, act, f"reviewed={on}")


@staff_page("POST", needs=(REVIEW,))
def note(request: HttpRequest, conversation_id: str) -> HttpResponse:
    text = request.POST.get("text", "").strip()[:MAX_NOTE]
    conversation = conversation_get(conversation_id)
    if conversation is None:
        return not_found(request)
    if text:
        with transaction.atomic():
            added = note_add(conversation_id=conversation.pk, staff=staff_of(request), text=text)
            audit_request(request, Act.NOTE_ADDED, conversation_id=conversation.pk, note=added.pk)
    return see_other(request, "review:log_conversation", conversation.pk)


@staff_page("POST", needs=(REVIEW,))
def judge(request: HttpRequest, handoff_id: str) -> HttpResponse:
    handoff = handoff_get(handoff_id)
    verdict = request.POST.get("verdict", "")
    if handoff is None or verdict not in HandoffJudgement.Verdict.values:
        return not_found(request)
    with transaction.atomic():
        handoff_judge(
            handoff_id=handoff.pk,
            staff=staff_of(request),
            verdict=HandoffJudgement.Verdict(verdict),
            now=timezone.now(),
        )
        audit_request(
            request,
            Act.HANDOFF_JUDGED,
            conversation_id=handoff.conversation_id,
            handoff=handoff.pk,
            verdict=verdict,
        )
    return see_other(request, "review:log_conversation", handoff.conversation_id, notice="marked")


def _marked(request: HttpRequest, conversation_id: str, act: Callable[[str], object], mark: str) -> HttpResponse:
    conversation = conversation_get(conversation_id)
    if conversation is None:
        return not_found(request)
    try:
        with transaction.atomic():
            act(conversation.pk)
            audit_request(request, Act.CONVERSATION_MARKED, conversation_id=conversation.pk, mark=mark)
    except marks.BadName:
        return _shown(request, conversation, error=words_for(request)["bad_name"], status=400)
    return see_other(request, "review:log_conversation", conversation.pk, notice="marked")


def _shown(request: HttpRequest, conversation: Conversation, *, error: str = "", status: int = 200) -> HttpResponse:
    words, now = words_for(request), timezone.now()
    latest = transcript(conversation).select_related("staff", "facts", "review__reviewer")
    messages = list(latest.order_by("-sequence")[:SHOWN_MESSAGES])[::-1]
    lines = transcript_lines(messages, list(conversation.notes.select_related("staff")), words, now)
    items = {message.pk: item_of(message, [], words, now) for message in messages if is_reviewable(message)}
    mark = getattr(conversation, "mark", None)
    context: dict[str, Any] = {
        "tabs": part_tabs("log", words),
        "conversation": conversation,
        "person": person_of(conversation, words),
        "about": f"{words.of('channels', conversation.channel)} · {words.of('languages', conversation.speaks)}",
        "lines": [(line, items.get(line.id)) for line in lines],
        "is_cut": conversation.last_sequence > SHOWN_MESSAGES,
        "is_flagged": bool(mark and mark.is_flagged),
        "is_reviewed": bool(mark and mark.reviewed_sequence >= conversation.last_sequence),
        "tags": [(each, words["mark_tag_remove"].format(name=each.name)) for each in mark.tags.all()] if mark else [],
        "all_tags": [each.name for each in selectors.tags()],
        "handoffs": [_handoff(each, words, now) for each in selectors.handoffs_judged(conversation)],
        "max_note": MAX_NOTE,
        "from": "conversation",
        "error": error,
        **verdict_choices(words),
    }
    return page(request, "review/conversation.html", context, status=status)


def _handoff(handoff: Handoff, words: Words, now: Any) -> dict[str, Any]:
    judgement = getattr(handoff, "judgement", None)
    return {
        "id": handoff.pk,
        "reason": words.of("reasons", handoff.reason),
        "categories": [words.of("categories", category) for category in handoff.categories],
        "opened": clock(handoff.opened_at, now, words),
        "verdict": judgement.verdict if judgement else "",
    }
