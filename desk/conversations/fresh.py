"""A message just committed, for the streams of this process: they need not read back what was written a moment ago."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from desk.conversations.models import Conversation, Message
from desk.conversations.selectors import message_as_json


@dataclass(frozen=True)
class Fresh:
    number: int
    message: dict[str, Any]
    """As the patient's channel sees it."""
    state: dict[str, Any]
    """How the conversation stood, as its patient sees it, when the message was committed."""

    def follows(self, number: int, state: dict[str, Any] | None) -> bool:
        """Whether it is all that is new for somebody who knows everything up to that message and in that state."""
        return self.number == number + 1 and self.state == state


def fresh_of(conversation: Conversation, message: Message) -> Fresh | None:
    """To be handed over once both are committed; None where more is to be told than they hold."""
    if conversation.status != Conversation.Status.BOT or message.staff_id is not None:
        return None
    state = {"status": conversation.status, "language": conversation.language_fixed or None, "handoff": None}
    return Fresh(message.sequence, message_as_json(message), state)
