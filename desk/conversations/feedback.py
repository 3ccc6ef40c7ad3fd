"""What patients think of an answer: a thumb up or down, which they may change or take back."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from desk.conversations.models import Author, Message
from desk.conversations.topics import ANSWER_PREFIX, TOPIC_PREFIX
from desk.conversations.wake import STAFF, switchboard

UP, DOWN = 1, -1


class NotRateable(Exception):
    """No answer of the assistant in this conversation."""


def is_rateable(message: Message) -> bool:
    """Tell whether a message answers a question; a greeting or a request to clarify does not."""
    names = [part["answer"] for part in message.parts] or [message.answer_name]
    return message.author == Author.BOT and any(name.startswith(ANSWER_PREFIX + TOPIC_PREFIX) for name in names)


@transaction.atomic
def message_rate(*, conversation_id: str, message_id: str, feedback: int | None) -> Message:
    """Keep the patient's thumb (1 or -1), or take it back (None). Raises NotRateable."""
    message = Message.objects.filter(pk=message_id, conversation_id=conversation_id).first()
    if message is None or not is_rateable(message):
        raise NotRateable(message_id)
    message.feedback = feedback
    message.save(update_fields=["feedback"])
    transaction.on_commit(partial(switchboard.ring, STAFF))
    return message
