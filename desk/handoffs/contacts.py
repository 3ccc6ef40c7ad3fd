"""The number to call a patient back on, kept on a locked, open handoff."""

from __future__ import annotations

from desk.conversations.models import Message
from desk.handoffs.models import Handoff, HandoffEvent
from desk.handoffs.phone_numbers import find_phones
from desk.handoffs.trail import event_add


def contact_hear(handoff: Handoff, message: Message | None) -> None:
    """Keep the number that a message gives, if any; of two the later one."""
    found = find_phones(message.text) if message is not None and not message.choice else []
    if found and not handoff.events.filter(kind=HandoffEvent.Kind.CONTACT, message=message).exists():
        contact_store(handoff, found[-1].number, message)


def contact_store(handoff: Handoff, number: str, message: Message | None) -> None:
    """The trail tells that there is a number, not which: it stands in one place alone."""
    details = {"replaced": bool(handoff.contact_phone), "changed": handoff.contact_phone != number}
    handoff.contact_phone = number
    handoff.contact_declined = False
    handoff.save(update_fields=["contact_phone", "contact_declined"])
    event_add(handoff, HandoffEvent.Kind.CONTACT, message=message, details=details)


def contact_forget(handoff: Handoff) -> None:
    handoff.contact_phone = ""
    handoff.contact_declined = True
    handoff.save(update_fields=["contact_phone", "contact_declined"])
    event_add(handoff, HandoffEvent.Kind.CONTACT, details={"declined": True})
