"""Writing handoffs: one open per conversation; every act leaves an event."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from desk.conversations import services as conversations
from desk.conversations.models import Author, Conversation, Language, Message
from desk.conversations.wake import INBOX, STAFF, switchboard
from desk.handoffs.models import Handoff, HandoffEvent, Urgency
from desk.handoffs.selectors import handoff_open_of
from desk.safe_text import storable_text
from desk.screening import ScreenedRisk
from desk.staff.models import User

PERSONAL_RISK = "personal_risk"
SUMMARY_LENGTH = 1000


class HandoffClosed(Exception):
    """Somebody has closed this handoff already."""


@dataclass(frozen=True)
class Need:
    """Why a conversation needs a human."""

    reason: str
    urgency: Urgency = Urgency.ROUTINE
    categories: tuple[str, ...] = ()
    summary: str = ""

    @classmethod
    def from_risk(cls, risk: ScreenedRisk, summary: str = "") -> Need:
        known = risk.urgency if risk.urgency in Urgency.values else Urgency.ROUTINE
        urgency = Urgency.EMERGENCY if risk.is_emergency else Urgency(known)
        reason = "emergency" if risk.is_emergency else PERSONAL_RISK
        return cls(reason, urgency, risk.categories, summary)


def handoff_need(conversation: Conversation, need: Need, *, message: Message | None = None) -> tuple[Handoff, bool]:
    """Open a locked conversation's handoff, or raise the open one; returns it and whether it is new."""
    handoff = handoff_open_of(conversation)
    is_new = handoff is None
    if handoff is None:
        handoff = Handoff.objects.create(
            conversation=conversation,
            reason=need.reason,
            urgency=need.urgency,
            categories=list(need.categories),
            summary=need.summary[:SUMMARY_LENGTH],
        )
    else:
        _raise(handoff, need)
    if conversation.status == Conversation.Status.BOT:
        conversation.status = Conversation.Status.WAITING
        conversation.save(update_fields=["status"])
    kind = HandoffEvent.Kind.OPENED if is_new else HandoffEvent.Kind.RAISED
    details = {"reason": need.reason, "urgency": need.urgency, "categories": list(need.categories)}
    _note(handoff, kind, message=message, details=details)
    return handoff, is_new


@transaction.atomic
def handoff_close(*, handoff_id: str, staff: User) -> Handoff:
    """Give the conversation back to the assistant, its state cleared, and tell the patient.

    Raises HandoffClosed.
    """
    conversation, handoff = _locked_open(handoff_id)
    handoff.status = Handoff.Status.CLOSED
    handoff.closed_by = staff
    handoff.closed_at = timezone.now()
    handoff.save()
    _note(handoff, HandoffEvent.Kind.CLOSED, actor=staff)
    conversation.status = Conversation.Status.BOT
    conversation.assistant_state = None
    conversations.message_add_fixed(conversation, "closed", with_privacy=True)
    transaction.on_commit(partial(switchboard.ring, INBOX))
    return handoff


@transaction.atomic
def message_send_from_staff(*, handoff_id: str, staff: User, text: str) -> Message:
    """Reply to the patient; whoever replies first has the conversation. Raises HandoffClosed."""
    conversation, handoff = _locked_open(handoff_id)
    if handoff.status == Handoff.Status.OPEN:
        handoff.status = Handoff.Status.CLAIMED
        handoff.claimed_by = staff
        handoff.claimed_at = timezone.now()
        handoff.save()
        _note(handoff, HandoffEvent.Kind.CLAIMED, actor=staff)
    conversation.status = Conversation.Status.STAFF
    message = conversations.message_add(
        conversation,
        author=Author.STAFF,
        text=storable_text(text),
        language=_language_typed(text),
        staff_id=staff.pk,
    )
    _note(handoff, HandoffEvent.Kind.REPLIED, actor=staff, message=message)
    return message


def _locked_open(handoff_id: str) -> tuple[Conversation, Handoff]:
    conversation_id = Handoff.objects.values_list("conversation_id", flat=True).get(pk=handoff_id)
    conversation = conversations.conversation_lock(conversation_id)
    handoff = Handoff.objects.get(pk=handoff_id)
    if not handoff.is_open:
        raise HandoffClosed(handoff_id)
    return conversation, handoff


def _raise(handoff: Handoff, need: Need) -> None:
    """Append new risks and take the higher urgency; the graver need names the reason."""
    first_risk = bool(need.categories) and not handoff.categories
    if need.urgency.rank > Urgency(handoff.urgency).rank or first_risk:
        handoff.reason = need.reason
    if need.urgency.rank > Urgency(handoff.urgency).rank:
        handoff.urgency = need.urgency
    handoff.categories = list(dict.fromkeys([*handoff.categories, *need.categories]))
    handoff.summary = _joined(handoff.summary, need.summary)
    handoff.save()


def _joined(old: str, new: str) -> str:
    if not new or new in old:
        return old
    return f"{old}\n{new}".strip()[-SUMMARY_LENGTH:]


def _language_typed(text: str) -> str:
    arabic = sum("\u0620" <= char <= "\u064a" for char in text)
    latin = sum(char.isascii() and char.isalpha() for char in text)
    return Language.ARABIC if arabic >= latin else Language.ENGLISH


def _note(
    handoff: Handoff,
    kind: HandoffEvent.Kind,
    *,
    actor: User | None = None,
    message: Message | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    HandoffEvent.objects.create(handoff=handoff, kind=kind, actor=actor, message=message, details=details or {})
    transaction.on_commit(partial(switchboard.ring, STAFF))
