"""Writing handoffs: one open per conversation; every act leaves an event.

Each service takes the conversation's lock, so that of two acts at once the second sees what the first did.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from desk.conversations import services as conversations
from desk.conversations.models import Author, Conversation, Language, Message, Note
from desk.conversations.wake import INBOX, STAFF, switchboard
from desk.handoffs.models import Handoff, HandoffEvent, Urgency
from desk.handoffs.phone_numbers import read_phone
from desk.handoffs.selectors import handoff_open_of
from desk.safe_text import storable_text
from desk.screening import ScreenedRisk
from desk.staff.models import User

PERSONAL_RISK = "personal_risk"
TAKEN_OVER = "staff_took_over"
SUMMARY_LENGTH = 1000


class HandoffClosed(Exception):
    """Somebody has closed this handoff already."""


class AlreadyClaimed(Exception):
    """Another member of staff holds this handoff: `by`."""

    def __init__(self, by: User) -> None:
        super().__init__(by.get_username())
        self.by = by


class NotStaff(Exception):
    """A handoff can only be given to somebody who may answer patients now."""


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
    if need.urgency == Urgency.EMERGENCY:
        _sound_alarm(handoff, message)
    return handoff, is_new


@transaction.atomic
def handoff_open_by_staff(*, conversation_id: str, staff: User, now: datetime) -> Handoff:
    """Take a conversation over from the assistant; raises AlreadyClaimed."""
    conversation = conversations.conversation_lock(conversation_id)
    handoff = handoff_open_of(conversation)
    if handoff is None:
        handoff = Handoff.objects.create(conversation=conversation, reason=TAKEN_OVER)
        _note(handoff, HandoffEvent.Kind.OPENED, actor=staff, details={"reason": TAKEN_OVER})
    _claim(conversation, handoff, staff, now)
    return handoff


@transaction.atomic
def handoff_claim(*, handoff_id: str, staff: User, now: datetime) -> Handoff:
    """Give an open handoff to one member of staff; raises AlreadyClaimed or HandoffClosed."""
    conversation, handoff = _locked_open(handoff_id)
    _claim(conversation, handoff, staff, now)
    return handoff


@transaction.atomic
def handoff_transfer(*, handoff_id: str, staff: User, to: User, now: datetime) -> Handoff:
    """Give a handoff to a colleague, or take it over from one (`to` is then `staff`).

    Raises HandoffClosed, or NotStaff when `to` may not answer patients.
    """
    conversation, handoff = _locked_open(handoff_id)
    if not (to.is_active and to.is_staff):
        raise NotStaff(to.get_username())
    before = handoff.claimed_by
    if before == to:
        return handoff
    _hold(conversation, handoff, to, now)
    details = {"from": before.pk if before else None, "to": to.pk, "to_name": to.get_full_name() or to.get_username()}
    _note(handoff, HandoffEvent.Kind.TRANSFERRED, actor=staff, details=details)
    return handoff


@transaction.atomic
def handoff_return(*, handoff_id: str, staff: User | None, reason: str, now: datetime) -> Handoff:
    """Put a claimed handoff back into the queue, its limit counted anew; `staff` is None when the desk does it.

    Raises HandoffClosed.
    """
    conversation, handoff = _locked_open(handoff_id)
    if handoff.claimed_by is None:
        return handoff
    details = {"reason": reason, "from": handoff.claimed_by.pk}
    handoff.status = Handoff.Status.OPEN
    handoff.claimed_by = handoff.claimed_at = None
    handoff.save()
    conversation.status = Conversation.Status.WAITING
    conversation.save(update_fields=["status"])
    _note(handoff, HandoffEvent.Kind.RETURNED, actor=staff, details=details)
    return handoff


@transaction.atomic
def handoff_acknowledge_alarm(*, handoff_id: str, staff: User, now: datetime) -> Handoff:
    """Stop the alarm: a member of staff has seen the danger sign. Raises HandoffClosed."""
    _, handoff = _locked_open(handoff_id)
    _silence(handoff, staff, now)
    return handoff


@transaction.atomic
def handoff_close(*, handoff_id: str, staff: User) -> Handoff:
    """Give the conversation back to the assistant, its state cleared, and tell the patient.

    Raises HandoffClosed.
    """
    conversation, handoff = _locked_open(handoff_id)
    now = timezone.now()
    _silence(handoff, staff, now)
    handoff.status = Handoff.Status.CLOSED
    handoff.closed_by = staff
    handoff.closed_at = now
    handoff.save()
    _note(handoff, HandoffEvent.Kind.CLOSED, actor=staff)
    conversation.status = Conversation.Status.BOT
    conversation.assistant_state = None
    conversations.message_add_fixed(conversation, "closed", with_privacy=True)
    transaction.on_commit(partial(switchboard.ring, INBOX))
    return handoff


@transaction.atomic
def message_send_from_staff(*, handoff_id: str, staff: User, text: str) -> Message:
    """Reply to the patient; replying claims what nobody holds. Raises AlreadyClaimed or HandoffClosed."""
    conversation, handoff = _locked_open(handoff_id)
    _claim(conversation, handoff, staff, timezone.now())
    message = conversations.message_add(
        conversation,
        author=Author.STAFF,
        text=storable_text(text),
        language=_language_typed(text),
        staff_id=staff.pk,
    )
    _note(handoff, HandoffEvent.Kind.REPLIED, actor=staff, message=message)
    return message


@transaction.atomic
def note_add(*, conversation_id: str, staff: User, text: str) -> Note:
    """Write something down for colleagues; no patient sees it."""
    note = Note.objects.create(conversation_id=conversation_id, staff=staff, text=storable_text(text))
    transaction.on_commit(partial(switchboard.ring, STAFF))
    return note


@transaction.atomic
def contact_record(*, handoff: Handoff, phone: str, message: Message | None = None) -> Handoff:
    """Store the number to call, as the patient wrote it or in E.164; a later one replaces it.

    Raises NotAPhoneNumber or HandoffClosed.
    """
    number = read_phone(phone)
    _, handoff = _locked_open(handoff.pk)
    details = {"replaced": bool(handoff.contact_phone), "changed": handoff.contact_phone != number}
    handoff.contact_phone = number
    handoff.contact_declined = False
    handoff.save(update_fields=["contact_phone", "contact_declined"])
    _note(handoff, HandoffEvent.Kind.CONTACT, message=message, details=details)
    return handoff


@transaction.atomic
def contact_decline(*, handoff: Handoff) -> Handoff:
    """Note that the patient wants no call; a number given earlier is forgotten. Raises HandoffClosed."""
    _, handoff = _locked_open(handoff.pk)
    handoff.contact_phone = ""
    handoff.contact_declined = True
    handoff.save(update_fields=["contact_phone", "contact_declined"])
    _note(handoff, HandoffEvent.Kind.CONTACT, details={"declined": True})
    return handoff


def _locked_open(handoff_id: str) -> tuple[Conversation, Handoff]:
    conversation_id = Handoff.objects.values_list("conversation_id", flat=True).get(pk=handoff_id)
    conversation = conversations.conversation_lock(conversation_id)
    handoff = Handoff.objects.get(pk=handoff_id)
    if not handoff.is_open:
        raise HandoffClosed(handoff_id)
    return conversation, handoff


def _claim(conversation: Conversation, handoff: Handoff, staff: User, now: datetime) -> None:
    """Let `staff` hold a locked handoff unless somebody else does; claiming one's own again changes nothing."""
    if handoff.claimed_by is not None and handoff.claimed_by != staff:
        raise AlreadyClaimed(handoff.claimed_by)
    if handoff.claimed_by is None:
        _hold(conversation, handoff, staff, now)
        _note(handoff, HandoffEvent.Kind.CLAIMED, actor=staff)


def _hold(conversation: Conversation, handoff: Handoff, staff: User, now: datetime) -> None:
    handoff.status = Handoff.Status.CLAIMED
    handoff.claimed_by = staff
    handoff.claimed_at = now
    handoff.save()
    conversation.status = Conversation.Status.STAFF
    conversation.save(update_fields=["status"])


def _sound_alarm(handoff: Handoff, message: Message | None) -> None:
    """A danger sign sounds whoever holds the handoff, once for each message that has one."""
    heard = handoff.events.filter(kind=HandoffEvent.Kind.ALARM, message=message)
    if message is not None and heard.exists():
        return
    handoff.alarm_at = timezone.now()
    handoff.save(update_fields=["alarm_at"])
    _note(handoff, HandoffEvent.Kind.ALARM, message=message)


def _silence(handoff: Handoff, staff: User, now: datetime) -> None:
    if handoff.alarm_at is None:
        return
    seconds = int((now - handoff.alarm_at).total_seconds())
    handoff.alarm_at = None
    handoff.save(update_fields=["alarm_at"])
    _note(handoff, HandoffEvent.Kind.ALARM_SEEN, actor=staff, details={"seconds": seconds})


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
    for topic in (STAFF, handoff.conversation_id):
        transaction.on_commit(partial(switchboard.ring, topic))
