"""The number to call a patient back on, kept on a locked, open handoff."""

from __future__ import annotations

from contextlib import suppress

from desk.conversations.models import Kind, Message
from desk.handoffs.models import Handoff, HandoffEvent
from desk.handoffs.phone_numbers import NotAPhoneNumber, find_phones, is_only_a_phone, read_phone
from desk.handoffs.trail import event_add


def contact_hear(handoff: Handoff, message: Message | None) -> None:
    """Keep the number that a message gives, if any; of two the later one."""
    numbers = numbers_given(message) if message is not None else []
    if numbers and not handoff.events.filter(kind=HandoffEvent.Kind.CONTACT, message=message).exists():
        contact_store(handoff, numbers[-1], message)


def numbers_given(message: Message) -> list[str]:
    """The numbers to call in a message's text, then those of the contact cards it brings, in E.164."""
    if message.choice:
        return []
    return [found.number for found in find_phones(message.text)] + _numbers_on_cards(message)


def gives_only_a_number(message: Message) -> bool:
    """Whether a message says nothing beside a number to call: a contact card says nothing else."""
    if message.choice:
        return False
    return is_only_a_phone(message.text) or (not message.text.strip() and bool(_numbers_on_cards(message)))


def _numbers_on_cards(message: Message) -> list[str]:
    if message.kind != Kind.CONTACTS or not message.attachment:
        return []
    numbers = []
    for card in message.attachment.get("contacts", []):
        for phone in card["phones"]:
            with suppress(NotAPhoneNumber):
                numbers.append(read_phone(phone))
    return numbers


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
