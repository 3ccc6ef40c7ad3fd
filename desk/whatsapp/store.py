"""Storing what webhook bodies told: many bodies in one transaction, each message once, few queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from django.db import IntegrityError, transaction
from django.utils import timezone

from desk.conversations import selectors
from desk.conversations.models import (
    Author,
    Channel,
    Conversation,
    Direction,
    Kind,
    Message,
)
from desk.conversations.wake import INBOX, STAFF, switchboard
from desk.safe_text import original_kept, storable_text
from desk.whatsapp.amendments import amendments_apply, amendments_store
from desk.whatsapp.bodies import number_chosen
from desk.whatsapp.events import Events, Identity, IdentityChanged, Received
from desk.whatsapp.people import conversations_for, identity_follow
from desk.whatsapp.reactions import reactions_note
from desk.whatsapp.statuses import conversations_reported, statuses_apply
from desk.whatsapp.texts import whatsapp_text

TRIES = 3
"""Another process may store the same new person or message at the same moment: then look again."""


def events_store(events: Events) -> None:
    """Store all of it or nothing; what is known already changes nothing."""
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                _store(events)
            return
        except IntegrityError:
            if attempt == TRIES:
                raise


def _store(events: Events) -> None:
    followed = {change.wamid: (change, identity_follow(change)) for change in events.identities}
    senders = [*(event.sender for event in events.received), *(event.sender for event in events.amended)]
    conversation_ids = conversations_for(senders)
    touched = {*conversation_ids.values(), *(found for _, found in followed.values() if found)}
    locked = _lock(touched | conversations_reported(events.statuses))
    new = _add_messages(events.received, conversation_ids, locked)
    _note_changes([(change, found) for change, found in followed.values() if found], locked)
    amendments_store(events.amended, conversation_ids)
    amendments_apply([*(event.original for event in events.amended), *(message.channel_message_id for message in new)])
    reactions_note(new)
    statuses_apply(events.statuses)
    if new or events.amended:
        for topic in (INBOX, *touched, STAFF):
            transaction.on_commit(partial(switchboard.ring, topic))


def _lock(conversation_ids: set[str]) -> dict[str, Conversation]:
    """Take all rows at once and in one order, so that no two processes wait for each other."""
    rows = Conversation.objects.select_for_update().filter(pk__in=conversation_ids).order_by("pk")
    return {conversation.pk: conversation for conversation in rows}


def _add_messages(
    events: Sequence[Received], conversation_ids: dict[Identity, str], locked: dict[str, Conversation]
) -> list[Message]:
    known = _known(event.wamid for event in events)
    new: list[Message] = []
    now = timezone.now()
    for event in sorted(events, key=lambda event: event.sent_at or now):
        if event.wamid in known:
            continue
        known.add(event.wamid)
        conversation = locked[conversation_ids[event.sender.identity]]
        new.append(_message(event, conversation, now))
        _note_arrival(conversation, event.sent_at, now)
    _save(new, locked)
    return new


def _message(event: Received, conversation: Conversation, now: datetime) -> Message:
    text, choice, raw = _chosen(event, conversation)
    stored = storable_text(text)
    conversation.last_sequence += 1
    is_noted = event.kind == Kind.REACTION
    return Message(
        conversation=conversation,
        channel=Channel.WHATSAPP,
        sequence=conversation.last_sequence,
        direction=Direction.IN,
        author=Author.PATIENT,
        kind=Kind.CHOICE if choice else event.kind,
        text=stored,
        raw=raw or (original_kept(text) if stored != text else None),
        choice=choice,
        attachment=event.attachment,
        channel_message_id=event.wamid,
        channel_time=event.sent_at,
        request_id=event.request_id,
        state=Message.State.NOTED if is_noted else Message.State.RECEIVED,
        settled_at=now if is_noted else None,
    )


def _chosen(event: Received, conversation: Conversation) -> tuple[str, str, dict[str, str] | None]:
    """The text and the choice: a button that was offered, or the number of one; an unknown button is its title."""
    if event.choice:
        button = selectors.offered_button(conversation_id=conversation.pk, choice=event.choice)
        return (button["title"], event.choice, None) if button else (event.text, "", None)
    if event.kind == Kind.TEXT and any(char.isdigit() for char in event.text[:8]):
        number = number_chosen(event.text, selectors.last_offer(conversation.pk))
        if number is not None:
            return number["title"], number["choice"], {"typed": event.text}
    return event.text, "", None


def _note_arrival(conversation: Conversation, sent_at: datetime | None, now: datetime) -> None:
    """WhatsApp's 24 hours run from when the patient wrote, also where the post came late."""
    conversation.last_activity_at = now
    wrote_at = min(sent_at or now, now)
    if conversation.patient_last_at is None or conversation.patient_last_at < wrote_at:
        conversation.patient_last_at = wrote_at


def _note_changes(changes: Sequence[tuple[IdentityChanged, str]], locked: dict[str, Conversation]) -> None:
    """Leave a line for staff where a person's number changed."""
    known = _known(change.wamid for change, _ in changes)
    now = timezone.now()
    notes = []
    for change, conversation_id in changes:
        if change.wamid in known:
            continue
        conversation = locked[conversation_id]
        conversation.last_sequence += 1
        notes.append(
            Message(
                conversation=conversation,
                channel=Channel.WHATSAPP,
                sequence=conversation.last_sequence,
                direction=Direction.IN,
                author=Author.SYSTEM,
                kind=Kind.SYSTEM,
                text=whatsapp_text("number_changed", conversation.speaks),
                language=conversation.speaks,
                channel_message_id=change.wamid,
                channel_time=change.sent_at,
                state=Message.State.NOTED,
                settled_at=now,
            )
        )
    _save(notes, locked)


def _known(wamids: Iterable[str]) -> set[str | None]:
    found = Message.objects.filter(channel=Channel.WHATSAPP, channel_message_id__in=list(wamids))
    return set(found.values_list("channel_message_id", flat=True))


def _save(messages: list[Message], locked: dict[str, Conversation]) -> None:
    if not messages:
        return
    Message.objects.bulk_create(messages)
    changed = {message.conversation_id: locked[message.conversation_id] for message in messages}
    Conversation.objects.bulk_update(
        changed.values(), ["last_sequence", "last_activity_at", "patient_last_at"], batch_size=100
    )
