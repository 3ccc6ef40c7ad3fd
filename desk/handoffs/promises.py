"""What a patient is told about a handoff: when a reply comes, that the number is noted, that we are late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.utils import timezone

from assistant.clinic import Clinic, isolated
from desk.conversations.models import Author, Conversation, Message
from desk.conversations.services import message_add
from desk.conversations.texts import FixedText, load_texts
from desk.handoffs.clinic_hours import clinic_at, the_clinic
from desk.handoffs.contacts import contact_hear
from desk.handoffs.limits import promised_time
from desk.handoffs.models import Handoff, HandoffEvent, Urgency
from desk.handoffs.moments import at_text, by_text
from desk.handoffs.phone_numbers import shown_phone
from desk.handoffs.selectors import handoff_open_of

TEXTS_FILE = Path(__file__).with_name("texts.yml")
NAMES = ("promise", "promise_closed", "promise_emergency", "late", "contact_saved")


def handoff_text(name: str) -> FixedText:
    return load_texts(TEXTS_FILE, NAMES)[name]


@dataclass(frozen=True)
class Line:
    """A text of this module, filled in."""

    name: str
    text: str

    @property
    def answer(self) -> str:
        return handoff_text(self.name).answer_name

    @property
    def version(self) -> str:
        return handoff_text(self.name).version


def handoff_lines(conversation: Conversation, messages: Sequence[Message], *, language: str, beside: str) -> list[Line]:
    """What the answer to a turn of a locked conversation has to tell about its handoff, each thing once."""
    handoff = handoff_open_of(conversation)
    if handoff is None:
        return []
    lines = (_contact_line(handoff, messages, language), _promise_line(handoff, language, beside))
    return [line for line in lines if line is not None]


def contact_say(conversation: Conversation, messages: Sequence[Message]) -> None:
    """Confirm a number in a bubble of its own, where no other answer to these messages follows."""
    handoff = handoff_open_of(conversation)
    last = messages[-1]
    line = _contact_line(handoff, messages, last.language) if handoff else None
    if line is not None:
        _say(conversation, line, last.language, last)


def late_say(handoff: Handoff, clinic: Clinic) -> None:
    """Apologise in a locked conversation for a promise that was not kept."""
    language = handoff.conversation.speaks
    text = handoff_text("late").text(language).format(phone=isolated(clinic.phone, language))
    _say(handoff.conversation, Line("late", text), language, None)


def _say(conversation: Conversation, line: Line, language: str, message: Message | None) -> None:
    message_add(
        conversation,
        author=Author.SYSTEM,
        text=line.text,
        language=language,
        answer_name=line.answer,
        answer_version=line.version,
        in_reply_to=message,
    )


def _contact_line(handoff: Handoff, messages: Sequence[Message], language: str) -> Line | None:
    """Repeat the number that these messages gave, so that it can be corrected."""
    for message in messages:
        contact_hear(handoff, message)
    if not handoff.contact_phone:
        return None
    if not handoff.events.filter(kind=HandoffEvent.Kind.CONTACT, message__in=messages).exists():
        return None
    phone = isolated(shown_phone(handoff.contact_phone), language)
    return Line("contact_saved", handoff_text("contact_saved").text(language).format(phone=phone))


def _promise_line(handoff: Handoff, language: str, beside: str) -> Line | None:
    """Promise a time and remember it; nothing in an emergency, where nobody should wait for a reply here."""
    clinic = the_clinic()
    if clinic is None or handoff.promised_at is not None or handoff.urgency == Urgency.EMERGENCY:
        return None
    now = timezone.now().astimezone(clinic.timezone)
    by = promised_time(Urgency(handoff.urgency), now, clinic.branches)
    if by is None:
        return None
    handoff.promised_at = by
    handoff.save(update_fields=["promised_at"])
    return Line("promise", promise_text(clinic, by, now, language, beside))


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
