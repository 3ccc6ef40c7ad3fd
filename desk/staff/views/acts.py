"""What staff do in a conversation. Each act and its entry in the audit trail are one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from desk.conversations.models import Conversation
from desk.conversations.services import conversation_lock
from desk.handoffs import services
from desk.handoffs.models import Handoff
from desk.handoffs.selectors import handoff_get, handoff_open_of
from desk.staff import selectors
from desk.staff.access import is_htmx, not_found, see_other, staff_of, staff_page
from desk.staff.audit import Act, audit_request
from desk.staff.models import User
from desk.staff.roles import ANSWER
from desk.staff.views.conversation import MAX_NOTE, MAX_REPLY, changed_parts, shown
from desk.staff.words import words_for

GIVEN_BACK = "staff_gave_back"


class NobodyChosen(Exception):
    """A transfer names nobody who answers patients."""


@staff_page("POST", needs=(ANSWER,))
def take_over(request: HttpRequest, conversation_id: str) -> HttpResponse:
    """Take a conversation from the assistant, or from the queue."""
    staff, now = staff_of(request), timezone.now()

    def act(conversation: Conversation) -> None:
        is_new = handoff_open_of(conversation) is None
        handoff = services.handoff_open_by_staff(conversation_id=conversation.pk, staff=staff, now=now)
        _audit(request, Act.HANDOFF_OPENED if is_new else Act.HANDOFF_CLAIMED, handoff)

    return _on_conversation(request, conversation_id, act, "claimed")


@staff_page("POST", needs=(ANSWER,))
def note(request: HttpRequest, conversation_id: str) -> HttpResponse:
    staff, text = staff_of(request), _text(request)

    def act(conversation: Conversation) -> None:
        added = services.note_add(conversation_id=conversation.pk, staff=staff, text=text)
        audit_request(request, Act.NOTE_ADDED, conversation_id=conversation.pk, note=added.pk)

    error = _unsendable(request, text, MAX_NOTE)
    return _on_conversation(request, conversation_id, act, "noted", error=error, drafts={"note_draft": text})


@staff_page("POST", needs=(ANSWER,))
def claim(request: HttpRequest, handoff_id: str) -> HttpResponse:
    staff, now = staff_of(request), timezone.now()

    def act(handoff: Handoff) -> None:
        services.handoff_claim(handoff_id=handoff.pk, staff=staff, now=now)
        _audit(request, Act.HANDOFF_CLAIMED, handoff)

    return _on_handoff(request, handoff_id, act, "claimed")


@staff_page("POST", needs=(ANSWER,))
def reply(request: HttpRequest, handoff_id: str) -> HttpResponse:
    staff, text = staff_of(request), _text(request)

    def act(handoff: Handoff) -> None:
        message = services.message_send_from_staff(handoff_id=handoff.pk, staff=staff, text=text)
        _audit(request, Act.REPLIED, handoff, message=message.pk)

    error = _unsendable(request, text, MAX_REPLY)
    return _on_handoff(request, handoff_id, act, "sent", error=error, drafts={"draft": text})


@staff_page("POST", needs=(ANSWER,))
def transfer(request: HttpRequest, handoff_id: str) -> HttpResponse:
    """Give it to the colleague whom the form names, or take it from the one who has it."""
    staff, now = staff_of(request), timezone.now()

    def act(handoff: Handoff) -> None:
        to = _chosen_colleague(request)
        services.handoff_transfer(handoff_id=handoff.pk, staff=staff, to=to, now=now)
        _audit(request, Act.HANDOFF_TRANSFERRED, handoff, to=to.get_username())

    return _on_handoff(request, handoff_id, act, "transferred")


@staff_page("POST", needs=(ANSWER,))
def give_back(request: HttpRequest, handoff_id: str) -> HttpResponse:
    staff, now = staff_of(request), timezone.now()

    def act(handoff: Handoff) -> None:
        _only_holder(handoff, staff)
        services.handoff_return(handoff_id=handoff.pk, staff=staff, reason=GIVEN_BACK, now=now)
        _audit(request, Act.HANDOFF_RETURNED, handoff)

    return _on_handoff(request, handoff_id, act, "returned")


@staff_page("POST", needs=(ANSWER,))
def close(request: HttpRequest, handoff_id: str) -> HttpResponse:
    staff = staff_of(request)

    def act(handoff: Handoff) -> None:
        _only_holder(handoff, staff)
        services.handoff_close(handoff_id=handoff.pk, staff=staff)
        _audit(request, Act.HANDOFF_CLOSED, handoff)

    return _on_handoff(request, handoff_id, act, "closed", then="staff:inbox")


@staff_page("POST", needs=(ANSWER,))
def acknowledge_alarm(request: HttpRequest, handoff_id: str) -> HttpResponse:
    """Whoever has seen the danger sign goes to its conversation."""
    staff, now = staff_of(request), timezone.now()

    def act(handoff: Handoff) -> None:
        services.handoff_acknowledge_alarm(handoff_id=handoff.pk, staff=staff, now=now)
        _audit(request, Act.ALARM_SEEN, handoff)

    return _on_handoff(request, handoff_id, act, "alarm_seen")


def _on_conversation(
    request: HttpRequest, conversation_id: str, act: Callable[[Conversation], None], notice: str, **options: Any
) -> HttpResponse:
    """Run an act with its conversation locked, so that what it checks stays true."""
    known = selectors.conversation_readable(conversation_id, staff_of(request))
    if known is None:
        return not_found(request)
    return _done(request, known, lambda: act(conversation_lock(known.pk)), notice, **options)


def _on_handoff(
    request: HttpRequest, handoff_id: str, act: Callable[[Handoff], None], notice: str, **options: Any
) -> HttpResponse:
    known = handoff_get(handoff_id)
    if known is None:
        return not_found(request)

    def act_on_current(conversation: Conversation) -> None:
        act(conversation.handoffs.select_related("claimed_by").get(pk=handoff_id))

    return _on_conversation(request, known.conversation_id, act_on_current, notice, **options)


def _done(
    request: HttpRequest,
    conversation: Conversation,
    act: Callable[[], None],
    notice: str,
    *,
    error: str = "",
    then: str = "",
    drafts: dict[str, str] | None = None,
) -> HttpResponse:
    """Run an act in one transaction with its audit entry, then tell how it went."""
    words = words_for(request)
    status = 400
    if not error:
        try:
            with transaction.atomic():
                act()
        except services.AlreadyClaimed as refused:
            error, status = words["refused_claimed"].format(name=refused.by.shown_name), 409
        except services.HandoffClosed:
            error, status = words["refused_closed"], 409
        except (services.NotStaff, NobodyChosen):
            error = words["refused_nobody"]
    if is_htmx(request) and not (then and not error):
        current = selectors.conversation_readable(conversation.pk, staff_of(request)) or conversation
        response = changed_parts(request, current, error=error, told="" if error else words[f"notice_{notice}"])
        if not error:
            response["HX-Trigger"] = f"staff:{notice}"
        return response
    if error:
        conversation.refresh_from_db()
        return shown(request, conversation, status=status, error=error, **(drafts or {}))
    if then:
        return see_other(request, then, notice=notice)
    return see_other(request, "staff:conversation", conversation.pk, notice=notice)


def _only_holder(handoff: Handoff, staff: User) -> None:
    """What a colleague holds is theirs: first it is taken over. Raises AlreadyClaimed."""
    if handoff.claimed_by is not None and handoff.claimed_by != staff:
        raise services.AlreadyClaimed(handoff.claimed_by)


def _chosen_colleague(request: HttpRequest) -> User:
    chosen = request.POST.get("to", "")
    for user in selectors.staff_who_answer():
        if str(user.pk) == chosen:
            return user
    raise NobodyChosen(chosen)


def _text(request: HttpRequest) -> str:
    return request.POST.get("text", "").replace("\r\n", "\n").strip()


def _unsendable(request: HttpRequest, text: str, limit: int) -> str:
    words = words_for(request)
    if not text:
        return words["text_empty"]
    return words["text_too_long"].format(limit=limit) if len(text) > limit else ""


def _audit(request: HttpRequest, action: Act, handoff: Handoff, **details: Any) -> None:
    audit_request(request, action, conversation_id=handoff.conversation_id, handoff=handoff.pk, **details)
