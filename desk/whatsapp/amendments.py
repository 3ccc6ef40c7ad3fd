"""Edits and deletions of messages that a patient sent, in whatever order they come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils import timezone

from desk.conversations.models import Channel, Direction, Message
from desk.conversations.turns import message_screen, message_screen_again
from desk.safe_text import storable_text
from desk.screening import screen_text
from desk.whatsapp.events import Amended, Identity
from desk.whatsapp.models import Amendment


def amendments_store(events: Sequence[Amended], conversation_ids: dict[Identity, str]) -> None:
    if not events:
        return
    known = set(Amendment.objects.filter(wamid__in=[event.wamid for event in events]).values_list("wamid", flat=True))
    new = {event.wamid: event for event in events if event.wamid not in known}
    Amendment.objects.bulk_create(
        Amendment(
            wamid=event.wamid,
            conversation_id=conversation_ids[event.sender.identity],
            original=event.original,
            text=None if event.text is None else storable_text(event.text),
            sent_at=event.sent_at or timezone.now(),
        )
        for event in new.values()
    )


def amendments_apply(originals: Iterable[str | None]) -> None:
    """Apply what waits for these messages; their conversations are locked by the caller."""
    waiting = list(
        Amendment.objects.filter(original__in={original for original in originals if original}, applied_at=None)
        .select_related("conversation")
        .order_by("sent_at", "pk")
    )
    if not waiting:
        return
    messages = {
        message.channel_message_id: message
        for message in Message.objects.filter(
            channel=Channel.WHATSAPP,
            direction=Direction.IN,
            channel_message_id__in=[amendment.original for amendment in waiting],
        ).select_related("conversation")
    }
    for amendment in waiting:
        message = messages.get(amendment.original)
        if message is None:
            continue
        # Only the writer's own messages.
        if message.conversation.person_id == amendment.conversation.person_id:
            _apply(amendment, message)
        amendment.applied_at = timezone.now()
        amendment.save(update_fields=["applied_at"])


def _apply(amendment: Amendment, message: Message) -> None:
    if amendment.text is None:
        _withdraw(message)
    else:
        _edit(message, amendment)


def _withdraw(message: Message) -> None:
    """An unanswered message that was deleted asks for nothing; its danger signs are heard all the same."""
    message.withdrawn_at = timezone.now()
    message.save(update_fields=["withdrawn_at"])
    if message.risk is None:
        message_screen(message_id=message.pk, risk=screen_text(message.text), is_asked=False)
    if message.state == Message.State.RECEIVED:
        message.state = Message.State.NOTED
        message.settled_at = timezone.now()
        message.save(update_fields=["state", "settled_at"])


def _edit(message: Message, amendment: Amendment) -> None:
    """Take the new text, keep the old one. Unanswered, it is screened and answered afresh; else screened at once."""
    later = Amendment.objects.filter(
        original=amendment.original, text__isnull=False, applied_at__isnull=False, sent_at__gt=amendment.sent_at
    )
    until = amendment.sent_at.isoformat()
    if later.exists():  # an edit that came late is history already
        message.edits = sorted([*message.edits, {"text": amendment.text, "until": until}], key=lambda old: old["until"])
        message.save(update_fields=["edits"])
        return
    message.edits = [*message.edits, {"text": message.text, "until": until}]
    message.text = str(amendment.text)
    message.choice = ""
    message.risk = None
    message.take_ups = 0
    message.save(update_fields=["text", "edits", "choice", "risk", "take_ups"])
    if message.state != Message.State.RECEIVED:
        message_screen_again(message_id=message.pk, risk=screen_text(message.text))
