"""Writing handoffs: one open per conversation; every act leaves an event.

Each service takes the conversation's lock, so that of two acts at once the second sees what the first did.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from desk.conversations import services as conversations
from desk.conversations.models import Author, Conversation, Language, Message, Note
from desk.conversations.wake import INBOX, STAFF, switchboard
from desk.handoffs.alarms import alarm_silence, alarm_sound
from desk.handoffs.contacts import contact_forget, contact_hear, contact_store
from desk.handoffs.limits import escalation_time
from desk.handoffs.models import Handoff, HandoffEvent, Urgency
from desk.handoffs.needs import SUMMARY_LENGTH, Need, add_need
from desk.handoffs.phone_numbers import read_phone
from desk.handoffs.selectors import handoff_open_of
from desk.handoffs.trail import event_add
from desk.notifications.models import Occasion
from desk.notifications.services import notifications_add
from desk.safe_text import storable_text
from desk.staff.models import User

TAKEN_OVER = "staff_took_over"


class HandoffClosed(Exception):
    """Somebody has closed this handoff already."""


class AlreadyClaimed(Exception):
    """Another member of staff holds this handoff: `by`."""

    def __init__(self, by: User) -> None:
        super().__init__(by.get_username())
        self.by = by


class NotStaff(Exception):
    """A handoff can only be given to somebody who may answer patients now."""


def handoff_need(conversation: Conversation, need: Need, *, message: Message | None = None) -> tuple[Handoff, bool]:
    """Open a locked conversation's handoff, or raise the open one; returns it and whether it is new."""
    handoff = handoff_open_of(conversation)
    is_new = is_graver = handoff is None
    until = escalation_time(need.urgency, timezone.now())
    if handoff is None:
        handoff = Handoff.objects.create(
            conversation=conversation,
            reason=need.reason,
            urgency=need.urgency,
            categories=list(need.categories),
            summary=need.summary[:SUMMARY_LENGTH],
            escalates_at=until,
        )
    else:
        is_graver = need.is_graver_than(handoff)
        if is_graver:
            handoff.escalates_at = min(handoff.escalates_at or until, until)
        add_need(handoff, need)
        handoff.save()
    if conversation.status == Conversation.Status.BOT:
        conversation.status = Conversation.Status.WAITING
        conversation.save(update_fields=["status"])
    kind = HandoffEvent.Kind.OPENED if is_new else HandoffEvent.Kind.RAISED
    details = {"reason": need.reason, "urgency": need.urgency, "categories": list(need.categories)}
    event_add(handoff, kind, message=message, details=details)
    if need.urgency == Urgency.EMERGENCY:
        alarm_sound(handoff, message, Occasion.ALARM, reason=need.reason)
    elif is_graver:
        notifications_add(handoff=handoff, occasion=Occasion.OPENED if is_new else Occasion.RAISED)
    contact_hear(handoff, message)
    return handoff, is_new


@transaction.atomic
def handoff_open_by_staff(*, conversation_id: str, staff: User, now: datetime) -> Handoff:
    """Take a conversation over from the assistant; raises AlreadyClaimed."""
    conversation = conversations.conversation_lock(conversation_id)
    handoff = handoff_open_of(conversation)
    if handoff is None:
        handoff = Handoff.objects.create(conversation=conversation, reason=TAKEN_OVER)
        event_add(handoff, HandoffEvent.Kind.OPENED, actor=staff, details={"reason": TAKEN_OVER})
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
    event_add(handoff, HandoffEvent.Kind.TRANSFERRED, actor=staff, details=details)
    return handoff


@transaction.atomic
def handoff_return(*, handoff_id: str, staff: User | None, reason: str, now: datetime) -> Handoff:
    """Put a claimed handoff back into the queue, its limit counted anew; `staff` is None when the desk does it.

    Raises HandoffClosed.
    """
    conversation, handoff = _locked_open(handoff_id)
    if handoff.status == Handoff.Status.OPEN:
        return handoff
    details = {"reason": reason, "from": handoff.claimed_by.pk if handoff.claimed_by else None}
    handoff.status = Handoff.Status.OPEN
    handoff.claimed_by = handoff.claimed_at = handoff.escalated_at = None
    handoff.escalates_at = escalation_time(Urgency(handoff.urgency), now)
    handoff.save()
    conversation.status = Conversation.Status.WAITING
    conversation.save(update_fields=["status"])
    event_add(handoff, HandoffEvent.Kind.RETURNED, actor=staff, details=details)
    return handoff


def handoffs_return_of(*, staff: User, reason: str, now: datetime) -> None:
    """Put everything that somebody holds back into the queue."""
    held = Handoff.objects.filter(status=Handoff.Status.CLAIMED, claimed_by=staff)
    for handoff_id in list(held.values_list("pk", flat=True)):
        with suppress(HandoffClosed):
            handoff_return(handoff_id=handoff_id, staff=None, reason=reason, now=now)


@transaction.atomic
def handoff_acknowledge_alarm(*, handoff_id: str, staff: User, now: datetime) -> Handoff:
    """Stop the alarm: a member of staff has seen the danger sign. Raises HandoffClosed."""
    _, handoff = _locked_open(handoff_id)
    alarm_silence(handoff, staff, now)
    return handoff


@transaction.atomic
def handoff_close(*, handoff_id: str, staff: User) -> Handoff:
    """Give the conversation back to the assistant, its state cleared, and tell the patient.

    Raises HandoffClosed.
    """
    conversation, handoff = _locked_open(handoff_id)
    now = timezone.now()
    alarm_silence(handoff, staff, now)
    handoff.status = Handoff.Status.CLOSED
    handoff.closed_by = staff
    handoff.closed_at = now
    handoff.save()
    event_add(handoff, HandoffEvent.Kind.CLOSED, actor=staff)
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
    event_add(handoff, HandoffEvent.Kind.REPLIED, actor=staff, message=message)
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
    contact_store(handoff, number, message)
    return handoff


@transaction.atomic
def contact_decline(*, handoff: Handoff) -> Handoff:
    """Note that the patient wants no call; a number given earlier is forgotten. Raises HandoffClosed."""
    _, handoff = _locked_open(handoff.pk)
    contact_forget(handoff)
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
        event_add(handoff, HandoffEvent.Kind.CLAIMED, actor=staff)


def _hold(conversation: Conversation, handoff: Handoff, staff: User, now: datetime) -> None:
    handoff.status = Handoff.Status.CLAIMED
    handoff.claimed_by = staff
    handoff.claimed_at = now
    handoff.save()
    conversation.status = Conversation.Status.STAFF
    conversation.save(update_fields=["status"])


def _language_typed(text: str) -> str:
    arabic = sum("\u0620" <= char <= "\u064a" for char in text)
    latin = sum(char.isascii() and char.isalpha() for char in text)
    return Language.ARABIC if arabic >= latin else Language.ENGLISH
