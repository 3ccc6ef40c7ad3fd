"""Reading conversations and messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from desk.conversations.feedback import is_rateable
from desk.conversations.models import Conversation, Direction, Message
from desk.prepared import PreparedQuery

PAGE = 200
SCREEN_AT_ONCE = 10


def conversation_get(conversation_id: str) -> Conversation | None:
    found = _get(conversation_id=conversation_id)
    return found[0] if found else None


def messages_after(*, conversation_id: str, sequence: int) -> list[Message]:
    """The next messages of a conversation, at most a page of them."""
    return _after(conversation_id=conversation_id, sequence=sequence)


def sequences_since(moment: datetime) -> dict[str, int]:
    """How far the conversations have come that were active since then."""
    found = Conversation.objects.filter(last_activity_at__gte=moment)
    return dict(found.values_list("pk", "last_sequence"))


def transcript(conversation: Conversation) -> QuerySet[Message]:
    return conversation.messages.select_related("staff").order_by("sequence")


def offered_button(*, conversation_id: str, choice: str) -> dict[str, str] | None:
    """The button with this choice that the conversation was last shown, if any."""
    shown = Message.objects.filter(conversation_id=conversation_id, direction=Direction.OUT).exclude(buttons=[])
    for buttons in shown.order_by("-sequence").values_list("buttons", flat=True).iterator():
        for button in buttons:
            if button.get("choice") == choice:
                return dict(button)
    return None


def last_offer(conversation_id: str) -> list[dict[str, str]]:
    """The buttons of the last thing that the patient was told; none when it offered nothing."""
    told = Message.objects.filter(conversation_id=conversation_id, direction=Direction.OUT).order_by("-sequence")
    return list(told.values_list("buttons", flat=True).first() or ())


def unscreened_messages() -> list[Message]:
    """Messages waiting for the risk screen, over all conversations, oldest first: some of them."""
    return _unscreened()


def message_as_json(message: Message) -> dict[str, Any]:
    """A message as the patient's channel sees it."""
    return {
        "id": message.pk,
        "seq": message.sequence,
        "author": message.author,
        "text": message.text,
        "language": message.language or None,
        "buttons": message.buttons,
        "name": message.staff.get_full_name() or None if message.staff else None,
        "rateable": is_rateable(message),
        "feedback": message.feedback,
        "at": message.created_at.isoformat(timespec="milliseconds"),
        "in_reply_to": message.in_reply_to_id,
        "client_id": (message.channel_message_id or "").partition(":")[2] or None,
    }


_get = PreparedQuery(lambda conversation_id: Conversation.objects.filter(pk=conversation_id), conversation_id="")
_after = PreparedQuery(
    lambda conversation_id, sequence: (
        Message.objects.filter(conversation_id=conversation_id, sequence__gt=sequence)
        .select_related("staff")
        .defer("understanding", "risk", "raw")
        .order_by("sequence")[:PAGE]
    ),
    conversation_id="",
    sequence=0,
)
_unscreened = PreparedQuery(
    lambda: (
        Message.objects.filter(direction=Direction.IN, state=Message.State.RECEIVED, risk__isnull=True)
        .only("conversation_id", "text", "choice", "request_id")
        .order_by("created_at", "sequence")[:SCREEN_AT_ONCE]
    )
)
