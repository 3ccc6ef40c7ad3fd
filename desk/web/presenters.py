"""What the chat shows of a conversation besides its messages."""

from __future__ import annotations

from typing import Any

from desk.conversations.models import Conversation
from desk.conversations.selectors import conversation_get
from desk.handoffs.models import Handoff
from desk.handoffs.selectors import handoff_open_of

SHOWN_DIGITS = 3


def conversation_state(conversation_id: str) -> dict[str, Any] | None:
    """The state of a conversation as its patient sees it; None when it was erased."""
    conversation = conversation_get(conversation_id)
    return conversation_as_json(conversation) if conversation else None


def conversation_as_json(conversation: Conversation) -> dict[str, Any]:
    handoff = handoff_open_of(conversation)
    return {
        "status": conversation.status,
        "language": conversation.language_fixed or None,
        "handoff": _handoff_as_json(handoff) if handoff else None,
    }


def _handoff_as_json(handoff: Handoff) -> dict[str, Any]:
    """Who has it, until when a reply is promised, and how the question for a phone number stands.

    Of the number only the last digits: the patient knows it, and a borrowed telephone need not show it.
    """
    contact = "given" if handoff.contact_phone else "declined" if handoff.contact_declined else "asked"
    return {
        "id": handoff.pk,
        "staff": (handoff.claimed_by.get_full_name() or None) if handoff.claimed_by else None,
        "promised_at": handoff.promised_at.isoformat() if handoff.promised_at else None,
        "contact": contact,
        "phone_ends": handoff.contact_phone[-SHOWN_DIGITS:] or None,
    }
