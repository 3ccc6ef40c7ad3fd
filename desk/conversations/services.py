"""Writing conversations and messages. Each service is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from desk import identifiers
from desk.conversations import selectors
from desk.conversations.fresh import fresh_of
from desk.conversations.models import (
    Author,
    Channel,
    ChannelIdentity,
    Conversation,
    Delivery,
    Direction,
    Kind,
    Language,
    Message,
    Person,
)
from desk.conversations.texts import fixed_text
from desk.conversations.topics import STANDING_CHOICES, standing_choice_title
from desk.conversations.wake import INBOX, OUTBOX, STAFF, switchboard
from desk.identifiers import new_id
from desk.prepared import PreparedQuery, row_insert_and_update
from desk.request_ids import current_request_id
from desk.safe_text import original_kept, storable_text

_lock = PreparedQuery(
    lambda conversation_id: Conversation.objects.select_for_update().filter(pk=conversation_id), conversation_id=""
)
_known = PreparedQuery(
    lambda channel, channel_message_id: (
        Message.objects.only("sequence").filter(channel=channel, channel_message_id=channel_message_id).order_by()
    ),
    channel="",
    channel_message_id="",
)


class ChoiceNotOffered(Exception):
    """The conversation was never shown a button with this choice, and it is none that always stands."""


@transaction.atomic
def conversation_open(*, channel: Channel, language: str = "") -> Conversation:
    """Start a conversation with somebody new."""
    person = Person.objects.create()
    ChannelIdentity.objects.create(person=person, channel=channel, external_id=new_id("v"))
    return Conversation.objects.create(person=person, channel=channel, language=language)


@transaction.atomic
def conversation_fix_language(*, conversation_id: str, language: Language | None) -> Conversation:
    """Hold one language until the patient says otherwise; None follows the messages again."""
    conversation = conversation_lock(conversation_id)
    conversation.language_fixed = language or ""
    conversation.save(update_fields=["language_fixed"])
    return conversation


def conversation_lock(conversation_id: str) -> Conversation:
    """Take the conversation's row for this transaction: who holds it alone writes its messages."""
    found = _lock(conversation_id=conversation_id)
    if not found:
        raise Conversation.DoesNotExist(conversation_id)
    return found[0]


def message_receive(
    lock: Callable[[], Conversation],
    *,
    channel_message_id: str,
    text: str = "",
    choice: str = "",
    language: str = "",
    message_id: str = "",
) -> tuple[Message, bool]:
    """Store what a patient sent, once; returns it and whether it is new. Raises ChoiceNotOffered.

    `lock` locks the conversation: see `conversation_lock`. What it raises leaves everything as it was. A new message
    gets `message_id`, if there is one.
    """
    known = partial(_known, channel_message_id=channel_message_id)
    try:
        with transaction.atomic():
            conversation = lock()
            if choice:
                for found in known(channel=conversation.channel):  # sent again: the button may be gone by now
                    return found, False
                text = _title_of(choice, conversation, language)
            return _receive(conversation, channel_message_id, text, choice, language, message_id), True
    except IntegrityError:  # almost never: seeing that it is stored already costs nothing as long as it is not
        for found in known(channel=conversation.channel):
            return found, False
        raise


def _receive(
    conversation: Conversation, channel_message_id: str, text: str, choice: str, language: str, message_id: str
) -> Message:
    stored = storable_text(text)
    conversation.begin_in(language)
    return _add(
        conversation,
        pk=message_id or identifiers.message_id(),
        direction=Direction.IN,
        author=Author.PATIENT,
        kind=Kind.CHOICE if choice else Kind.TEXT,
        text=stored,
        raw=original_kept(text) if stored != text else None,
        choice=choice,
        channel_message_id=channel_message_id,
        request_id=current_request_id(),
        state=Message.State.RECEIVED,
    )


def _title_of(choice: str, conversation: Conversation, language: str) -> str:
    """What the patient pressed, in words; raises ChoiceNotOffered."""
    button = selectors.offered_button(conversation_id=conversation.pk, choice=choice)
    if button is not None:
        return button["title"]
    if choice in STANDING_CHOICES:
        return standing_choice_title(choice, language or conversation.speaks)
    raise ChoiceNotOffered(choice)


def message_add(
    conversation: Conversation,
    *,
    author: Author,
    text: str,
    language: str,
    answer_name: str = "",
    answer_version: str = "",
    parts: Sequence[dict[str, str]] = (),
    buttons: Sequence[dict[str, str]] = (),
    in_reply_to: Message | None = None,
    staff_id: int | None = None,
    attachment: dict[str, Any] | None = None,
) -> Message:
    """Add an outgoing message to a locked conversation."""
    return _add(
        conversation,
        direction=Direction.OUT,
        delivery=Delivery.SENT if conversation.channel == Channel.WEB else Delivery.PENDING,
        author=author,
        text=text,
        language=language,
        answer_name=answer_name,
        answer_version=answer_version,
        parts=list(parts),
        buttons=list(buttons),
        in_reply_to=in_reply_to,
        staff_id=staff_id,
        attachment=attachment,
    )


def message_add_fixed(
    conversation: Conversation,
    name: str,
    *,
    language: str = "",
    in_reply_to: Message | None = None,
    with_privacy: bool = False,
) -> Message:
    """Say one of the desk's own texts in a locked conversation."""
    fixed = fixed_text(name)
    language = language or conversation.speaks
    text = fixed.text(language)
    return message_add(
        conversation,
        author=Author.SYSTEM,
        text=privacy_told(conversation, text, language) if with_privacy else text,
        language=language,
        answer_name=fixed.answer_name,
        answer_version=fixed.version,
        in_reply_to=in_reply_to,
    )


def privacy_told(conversation: Conversation, text: str, language: str) -> str:
    """Append the privacy line to the first reply of a locked conversation."""
    if conversation.privacy_told_at is not None:
        return text
    conversation.privacy_told_at = timezone.now()
    name = "privacy_whatsapp" if conversation.channel == Channel.WHATSAPP else "privacy"
    return f"{text}\n\n{fixed_text(name).text(language)}"


def fixed_text_said_since(conversation: Conversation, name: str, since: datetime) -> bool:
    answer = fixed_text(name).answer_name
    return Message.objects.filter(conversation=conversation, answer_name=answer, created_at__gte=since).exists()


_CHANGED_BY_PATIENT = ("last_sequence", "last_activity_at", "patient_last_at", "language")
_CHANGED_BY_ANSWER = (
    *("last_sequence", "last_activity_at", "language", "status", "assistant_state", "privacy_told_at"),
    *("lease_owner", "lease_until"),
)


def _add(conversation: Conversation, **fields: object) -> Message:
    """Give the next sequence number; with the conversation locked, numbers follow the order of commits."""
    conversation.last_sequence += 1
    conversation.last_activity_at = timezone.now()
    if fields["direction"] == Direction.IN:
        conversation.patient_last_at = conversation.last_activity_at
    message = Message(
        conversation=conversation, channel=conversation.channel, sequence=conversation.last_sequence, **fields
    )
    changed = _CHANGED_BY_PATIENT if message.direction == Direction.IN else _CHANGED_BY_ANSWER
    row_insert_and_update(message, conversation, *changed)
    # Whom to wake, the worker and the outbox first: they have more to do than those who show it.
    if message.state == Message.State.RECEIVED:
        transaction.on_commit(partial(switchboard.ring, INBOX))
    if message.delivery == Delivery.PENDING:
        transaction.on_commit(partial(switchboard.ring, OUTBOX))
    fresh = partial(fresh_of, conversation, message)
    transaction.on_commit(partial(switchboard.ring, conversation.pk, news=fresh))
    transaction.on_commit(partial(switchboard.ring, STAFF))
    return message
