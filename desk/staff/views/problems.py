"""What is wrong with the machine, so far as staff must look after it, and that they have."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from desk.conversations.models import Message
from desk.conversations.problems import NotAProblem, message_deal_with, messages_dead, messages_unsure
from desk.notifications.selectors import notifications_dead
from desk.staff import selectors
from desk.staff.access import not_found, page, see_other, staff_of, staff_page
from desk.staff.audit import Act, audit_request
from desk.staff.models import User
from desk.staff.presenters.transcript import Line, message_line
from desk.staff.roles import ANSWER, READ
from desk.staff.words import Words, words_for

SHOWN = 30


@staff_page("GET", "HEAD", needs=READ)
def problems(request: HttpRequest) -> HttpResponse:
    """Messages that may not have arrived, or that the desk could not deal with."""
    words, staff = words_for(request), staff_of(request)
    context = {
        "unsure": _rows(messages_unsure(), words, staff),
        "dead": _rows(messages_dead(), words, staff),
        "notifications": notifications_dead()[:SHOWN],
    }
    return page(request, "staff/problems.html", context)


@staff_page("POST", needs=(ANSWER,))
def deal_with(request: HttpRequest, message_id: str) -> HttpResponse:
    """Take a message off the page: somebody has called the patient, or seen that it arrived."""
    message = Message.objects.filter(pk=message_id).first()
    if message is None or selectors.conversation_readable(message.conversation_id, staff_of(request)) is None:
        return not_found(request)
    try:
        with transaction.atomic():
            if message_deal_with(message_id=message.pk, now=timezone.now()):
                audit_request(
                    request,
                    Act.PROBLEM_DEALT_WITH,
                    conversation_id=message.conversation_id,
                    message=message.pk,
                    delivery=message.delivery or message.state,
                )
    except NotAProblem:
        return see_other(request, "staff:problems", notice="no_problem")
    return see_other(request, "staff:problems", notice="dealt_with")


def _rows(messages: QuerySet[Message], words: Words, staff: User) -> list[tuple[str, Line]]:
    """Conversation and line of what this member of staff may read."""
    now = timezone.now()
    readable = selectors.conversations_readable(staff).values("pk")
    shown = messages.filter(conversation__in=readable).select_related("staff")[:SHOWN]
    return [(message.conversation_id, message_line(message, words, now)) for message in shown]
