"""What a patient is told about a handoff: when a reply comes, that the number is noted, that we are late."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.utils import timezone

from assistant.clinic import Clinic, isolated
from desk.conversations.models import Author, Conversation, Message
from desk.conversations.services import message_add
from desk.conversations.texts import FixedText, load_texts
from desk.handoffs.clinic_hours import clinic_at, the_clinic
from desk.handoffs.limits import promised_time
from desk.handoffs.models import Handoff, HandoffEvent, Urgency
from desk.handoffs.moments import at_text, by_text
from desk.handoffs.phone_numbers import shown_phone
from desk.handoffs.selectors import handoff_open_of

TEXTS_FILE = Path(__file__).with_name("texts.yml")
NAMES = ("promise", "promise_closed", "promise_emergency", "late", "contact_saved")


def handoff_text(name: str) -> FixedText:
    return load_texts(TEXTS_FILE, NAMES)[name]


def with_handoff_lines(conversation: Conversation, message: Message, *, text: str, language: str) -> str:
    """Append to the answer to a message of a locked conversation what its handoff has to tell, each thing once."""
    handoff = handoff_open_of(conversation)
    if handoff is None:
        return text
    lines = [contact_line(handoff, message, language), _promise_made(handoff, text, language)]
    return "\n\n".join([text, *filter(None, lines)])


def contact_line(handoff: Handoff, message: Message, language: str) -> str:
    """Repeat the number that this message gave, so that it can be corrected; "" when it gave none."""
    if not handoff.events.filter(kind=HandoffEvent.Kind.CONTACT, message=message).exists():
        return ""
    phone = isolated(shown_phone(handoff.contact_phone), language)
    return handoff_text("contact_saved").text(language).format(phone=phone)


def contact_say(handoff: Handoff, message: Message, language: str) -> None:
    """Say the same in a bubble of its own, where no other answer to the message follows."""
    if line := contact_line(handoff, message, language):
        _say(handoff.conversation, "contact_saved", line, language, message)


def late_say(handoff: Handoff, clinic: Clinic) -> None:
    """Apologise in a locked conversation for a promise that was not kept."""
    language = handoff.conversation.speaks
    text = handoff_text("late").text(language).format(phone=isolated(clinic.phone, language))
    _say(handoff.conversation, "late", text, language, None)


def _say(conversation: Conversation, name: str, text: str, language: str, message: Message | None) -> None:
    fixed = handoff_text(name)
    message_add(
        conversation,
        author=Author.SYSTEM,
        text=text,
        language=language,
        answer_name=fixed.answer_name,
        answer_version=fixed.version,
        in_reply_to=message,
    )


def _promise_made(handoff: Handoff, text: str, language: str) -> str:
    """Promise a time and remember it; nothing in an emergency, where nobody should wait for a reply here."""
    clinic = the_clinic()
    if clinic is None or handoff.promised_at is not None or handoff.urgency == Urgency.EMERGENCY:
        return ""
    now = timezone.now().astimezone(clinic.timezone)
    by = promised_time(Urgency(handoff.urgency), now, clinic.branches)
    if by is None:
        return ""
    handoff.promised_at = by
    handoff.save(update_fields=["promised_at"])
    return promise_text(clinic, by, now, language, text)


def promise_text(clinic: Clinic, by: datetime, now: datetime, language: str, beside: str = "") -> str:
    """The promise in words; out of hours also that nobody may be reading, and whom to call (unless `beside` does)."""
    state = clinic_at(now, clinic.branches)
    by_when = by_text(by, language, now)
    if state.is_open or state.until is None:
        return handoff_text("promise").text(language).format(by=by_when)
    holiday = f" ({state.holiday.name.in_language(language)})" if state.holiday else ""
    opens = at_text(state.until, language, now)
    closed = handoff_text("promise_closed").text(language).format(holiday=holiday, opens=opens, by=by_when)
    if clinic.emergency.ambulance in beside:
        return closed
    numbers = {"ambulance": clinic.emergency.ambulance, "unified": clinic.emergency.unified}
    return f"{closed} {handoff_text('promise_emergency').text(language).format(**numbers)}"
