"""One conversation: its page, and the parts of it that change while it is open."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from desk.conversations.models import Conversation, Direction
from desk.conversations.selectors import transcript
from desk.handoffs.models import Handoff
from desk.handoffs.selectors import OPEN, handoff_get
from desk.staff import selectors
from desk.staff.access import not_found, page, part, staff_of, staff_page
from desk.staff.audit import Act, audit_request
from desk.staff.presenters.conversation import composer_of, facts_of, status_of
from desk.staff.presenters.shell import version_of
from desk.staff.presenters.transcript import transcript_lines
from desk.staff.roles import ANSWER, READ, may
from desk.staff.views.inbox import queue_context
from desk.staff.words import words_for

MAX_REPLY = 4000
MAX_NOTE = 2000
SHOWN_MESSAGES = 300
SHOWN_HANDOFFS = 20
PARTS = ("status", "thread", "composer", "facts")


@staff_page("GET", "HEAD", needs=READ)
def conversation_page(request: HttpRequest, conversation_id: str) -> HttpResponse:
    """The whole page; each opening of it is in the audit trail."""
    conversation = selectors.conversation_readable(conversation_id, staff_of(request))
    if conversation is None:
        return not_found(request)
    audit_request(request, Act.CONVERSATION_READ, conversation_id=conversation.pk)
    return shown(request, conversation)


@staff_page("GET", "HEAD", needs=READ, background=True)
def conversation_live(request: HttpRequest, conversation_id: str) -> HttpResponse:
    """Those parts of an open page that are not as the page says it has them; nothing when all are."""
    conversation = selectors.conversation_readable(conversation_id, staff_of(request))
    if conversation is None:
        return not_found(request)
    return changed_parts(request, conversation)


@staff_page("GET", "HEAD", needs=READ)
def handoff_page(request: HttpRequest, handoff_id: str) -> HttpResponse:
    """Where notifications point to: the conversation of this handoff."""
    handoff = handoff_get(handoff_id)
    if handoff is None or selectors.conversation_readable(handoff.conversation_id, staff_of(request)) is None:
        return not_found(request)
    return redirect("staff:conversation", handoff.conversation_id)


def shown(request: HttpRequest, conversation: Conversation, *, status: int = 200, **told: str) -> HttpResponse:
    """The page; with `error` and the drafts of an act that was refused, if one was."""
    context = {
        **queue_context(request, current=conversation.pk),
        **conversation_context(request, conversation),
        **told,
    }
    return page(request, "staff/conversation.html", context, status=status)


def changed_parts(request: HttpRequest, conversation: Conversation, *, told: str = "", error: str = "") -> HttpResponse:
    """The parts that changed, for htmx to put in their places, and a line that tells how an act went."""
    context = conversation_context(request, conversation)
    has = request.POST if request.method == "POST" else request.GET
    changed = [name for name in PARTS if has.get(name) != context["versions"][name]]
    if not (changed or told or error):
        return HttpResponse(status=204)
    return part(request, "staff/parts/changed.html", {**context, "changed": changed, "told": told, "error": error})


def conversation_context(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    """All parts of the page and, for each, a mark that changes when it does."""
    words, now, staff = words_for(request), timezone.now(), staff_of(request)
    may_answer = may(staff, ANSWER)
    if may_answer:
        _mark_read(conversation)
    handoffs = list(
        conversation.handoffs.select_related("claimed_by", "closed_by")
        .prefetch_related("events__actor")
        .order_by("-opened_at")[:SHOWN_HANDOFFS]
    )
    handoff = next((item for item in handoffs if item.status in OPEN), None)
    messages = list(transcript(conversation).order_by("-sequence")[:SHOWN_MESSAGES])
    status = status_of(
        conversation,
        handoff,
        next((message for message in messages if message.direction == Direction.OUT), None),
        words,
        now,
        staff=staff,
        may_answer=may_answer,
        colleagues=selectors.staff_who_answer() if may_answer else [],
    )
    notes = list(conversation.notes.select_related("staff"))
    past = [item for item in handoffs if item.status == Handoff.Status.CLOSED]
    parts: dict[str, object] = {
        "status": status,
        "thread": transcript_lines(messages[::-1], notes, words, now),
        "composer": composer_of(status, conversation, list(selectors.canned_replies()), words, now),
        "facts": facts_of(conversation, handoff, past, words, now),
    }
    return {
        "conversation_id": conversation.pk,
        **parts,
        "is_cut": conversation.last_sequence > SHOWN_MESSAGES,
        "versions": {name: version_of(content) for name, content in parts.items()},
        "max_reply": MAX_REPLY,
        "max_note": MAX_NOTE,
    }


def _mark_read(conversation: Conversation) -> None:
    unread = Conversation.objects.filter(pk=conversation.pk, staff_read_sequence__lt=conversation.last_sequence)
    unread.update(staff_read_sequence=conversation.last_sequence)
