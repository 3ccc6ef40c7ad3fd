"""What one message leads to: it is screened, then answered, recorded or apologised for, each exactly once.

Every service here takes the conversation's lock and does nothing when the message was dealt with already, so
that a second worker or a restart in the middle changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from desk.assistant_client.replies import HandoffRequest, Reply, ReplyMessage
from desk.conversations.languages import language_of
from desk.conversations.models import Author, Conversation, Message
from desk.conversations.services import (
    conversation_lock,
    fixed_text_said_since,
    message_add,
    message_add_fixed,
    privacy_told,
)
from desk.conversations.texts import fixed_text
from desk.conversations.topics import answer_allowed, choice_allowed, harmless_topics
from desk.handoffs.contacts import contact_hear
from desk.handoffs.models import Urgency
from desk.handoffs.needs import Need
from desk.handoffs.phone_numbers import is_only_a_phone
from desk.handoffs.promises import contact_say, with_handoff_lines
from desk.handoffs.selectors import handoff_open_of
from desk.handoffs.services import handoff_need
from desk.screening import NO_RISK, SELF_HARM, ScreenedRisk, read_risk

EMERGENCY_TEXT_PAUSE = timedelta(minutes=10)
SUMMARY_TEXT = 280
TELLS_ABOUT_STAFF = (
    "utter_hand_off",
    "utter_emergency",
    "utter_self_harm",
    "utter_staff_will_answer",
    "desk_",
)
EMERGENCY_ANSWERS = ("utter_emergency", "utter_self_harm")


@dataclass(frozen=True)
class Bubble:
    """An outgoing text, before it is stored."""

    author: Author
    text: str
    language: str
    answer: str
    version: str


@transaction.atomic
def message_screen(*, message_id: str, risk: ScreenedRisk) -> None:
    """Record the desk's own finding; a risk opens the handoff, and an emergency is answered at once."""
    conversation, message = _locked(message_id)
    if message.risk is not None:
        return
    message.risk = risk.as_dict()
    message.save(update_fields=["risk"])
    if risk.is_personal:
        handoff_need(conversation, Need.from_risk(risk, _shortened(message)), message=message)
    if risk.is_emergency:
        _say_emergency(conversation, message, risk)
    _hear_number(conversation, message)


@transaction.atomic
def turn_record(*, message_id: str, reply: Reply | None) -> None:
    """Keep what the assistant understood; the message itself is for staff."""
    conversation, message = _locked(message_id)
    if message.state != Message.State.RECEIVED:
        return
    if conversation.status == Conversation.Status.BOT and not _own_risk(message).is_emergency:
        return  # staff closed the handoff meanwhile: the message is still to be answered
    _understood(conversation, message, reply)
    _hear_model_risk(conversation, message, reply)
    if handoff := handoff_open_of(conversation):
        contact_say(handoff, message, message.language)
    _settle(message, Message.State.WITH_STAFF)


@transaction.atomic
def turn_finish(*, message_id: str, reply: Reply, state_asked_with: Any) -> None:
    """Deliver the assistant's answer, with all that follows from it."""
    conversation, message = _locked(message_id)
    if message.state != Message.State.RECEIVED:
        return
    _understood(conversation, message, reply)
    asked_for_staff = _hear_handoff(conversation, message, reply)
    if conversation.status == Conversation.Status.STAFF:
        # Staff took over while the assistant was thinking: the answer is theirs to give.
        _settle(message, Message.State.WITH_STAFF)
        return
    if conversation.assistant_state == state_asked_with:
        conversation.assistant_state = reply.state
    at_risk = _own_risk(message).is_personal or reply.risk.is_personal
    needs_staff = asked_for_staff or at_risk
    bubbles, buttons, replaced = _guarded(conversation, message, reply)
    if (needs_staff or replaced) and not _tells_about_staff(bubbles):
        name = "staff_will_answer" if replaced or at_risk else "hand_off"
        bubbles.append(_fixed(name, conversation))
    _say(conversation, message, bubbles, buttons)
    _settle(message, Message.State.WITH_STAFF if needs_staff or replaced else Message.State.ANSWERED)


@transaction.atomic
def turn_fail(*, message_id: str, reason: str, reply: Reply | None = None) -> None:
    """Fail closed: deliver what came, apologise, and hand the conversation to staff. The old state stays."""
    conversation, message = _locked(message_id)
    if message.state != Message.State.RECEIVED:
        return
    _understood(conversation, message, reply)
    need = Need(reason, Urgency.ROUTINE, summary=_shortened(message))
    handoff_need(conversation, need, message=message)
    _hear_model_risk(conversation, message, reply)
    if conversation.status == Conversation.Status.STAFF:
        _settle(message, Message.State.WITH_STAFF)
        return
    if reason == "bad_state":
        conversation.assistant_state = None  # it would fail the next message too
    bubbles, buttons, _ = _guarded(conversation, message, reply)
    bubbles.append(_fixed("safety", conversation))
    _say(conversation, message, bubbles, buttons)
    _settle(message, Message.State.APOLOGISED)


def _locked(message_id: str) -> tuple[Conversation, Message]:
    conversation_id = Message.objects.values_list("conversation_id", flat=True).get(pk=message_id)
    conversation = conversation_lock(conversation_id)
    return conversation, Message.objects.get(pk=message_id)


def _understood(conversation: Conversation, message: Message, reply: Reply | None) -> None:
    """Note what was understood, and which language the conversation speaks now."""
    if reply is not None and reply.understanding is not None:
        message.understanding = reply.understanding
        message.language = reply.language
    message.language = message.language or language_of(message.text, conversation)
    spoken = [item.language for item in reply.messages if item.language] if reply else []
    conversation.language = spoken[-1] if spoken else message.language
    conversation.save(update_fields=["language"])


def _settle(message: Message, state: Message.State) -> None:
    message.state = state
    message.settled_at = timezone.now()
    message.save(update_fields=["state", "settled_at", "understanding", "language"])


def _own_risk(message: Message) -> ScreenedRisk:
    return read_risk(message.risk) if message.risk is not None else NO_RISK


def _hear_number(conversation: Conversation, message: Message) -> None:
    """Keep a phone number for the open handoff; where the message says nothing else, confirming it is the answer."""
    handoff = handoff_open_of(conversation)
    if handoff is None:
        return
    contact_hear(handoff, message)
    if message.choice or not is_only_a_phone(message.text):
        return
    message.language = language_of(message.text, conversation)
    contact_say(handoff, message, message.language)
    with_staff = conversation.status == Conversation.Status.STAFF
    _settle(message, Message.State.WITH_STAFF if with_staff else Message.State.ANSWERED)


def _hear_handoff(conversation: Conversation, message: Message, reply: Reply) -> bool:
    """Open or raise the handoff that the reply asks for, or that its understanding calls for."""
    if reply.handoff is None:
        return _hear_model_risk(conversation, message, reply)
    handoff_need(conversation, _need_of(reply.handoff, reply.risk, message), message=message)
    if reply.risk.is_emergency:
        _say_emergency_unless_in(reply.messages, conversation, message, reply.risk)
    return True


def _hear_model_risk(conversation: Conversation, message: Message, reply: Reply | None) -> bool:
    if reply is None or not reply.risk.is_personal:
        return False
    handoff_need(conversation, Need.from_risk(reply.risk, _shortened(message)), message=message)
    if reply.risk.is_emergency:
        _say_emergency_unless_in(reply.messages, conversation, message, reply.risk)
    return True


def _need_of(request: HandoffRequest, risk: ScreenedRisk, message: Message) -> Need:
    urgency = Urgency(request.urgency)
    if risk.is_personal:
        urgency = max(urgency, Need.from_risk(risk).urgency, key=lambda each: each.rank)
    categories = tuple(dict.fromkeys([*request.categories, *risk.categories]))
    return Need(request.reason, urgency, categories, request.summary or _shortened(message))


def _guarded(
    conversation: Conversation, message: Message, reply: Reply | None
) -> tuple[list[Bubble], list[dict[str, str]], bool]:
    """What of the reply may be said: everything, or only what is harmless beside an open risk."""
    messages = reply.messages if reply else ()
    version = reply.model_id if reply else ""
    handoff = handoff_open_of(conversation)
    guarding = bool(handoff and handoff.categories) or _own_risk(message).is_personal
    harmless = harmless_topics() if guarding else frozenset()
    passed = [item for item in messages if not guarding or answer_allowed(item.answer, harmless)]
    buttons = {
        button.choice: button.as_dict()
        for item in passed
        for button in item.buttons
        if not guarding or choice_allowed(button.choice, harmless)
    }
    bubbles = [
        Bubble(
            author=Author.BOT,
            text=item.text,
            language=item.language or conversation.speaks,
            answer=item.answer,
            version=item.version or version,
        )
        for item in passed
    ]
    return bubbles, list(buttons.values()), len(passed) < len(messages)


def _say(
    conversation: Conversation, message: Message, bubbles: Sequence[Bubble], buttons: Sequence[dict[str, str]]
) -> None:
    """Store a turn's texts in order; buttons and the privacy line go with the last."""
    for bubble in bubbles:
        is_last = bubble is bubbles[-1]
        text, language = bubble.text, bubble.language
        if is_last and bubble.answer not in EMERGENCY_ANSWERS:
            text = with_handoff_lines(conversation, message, text=text, language=language)
            text = privacy_told(conversation, text, language)
        message_add(
            conversation,
            author=bubble.author,
            text=text,
            language=language,
            answer_name=bubble.answer,
            answer_version=bubble.version,
            buttons=buttons if is_last else (),
            in_reply_to=message,
        )


def _fixed(name: str, conversation: Conversation) -> Bubble:
    fixed = fixed_text(name)
    language = conversation.language or conversation.speaks
    return Bubble(Author.SYSTEM, fixed.text(language), language, fixed.answer_name, fixed.version)


def _tells_about_staff(bubbles: Sequence[Bubble]) -> bool:
    return any(bubble.answer.startswith(TELLS_ABOUT_STAFF) for bubble in bubbles)


def _say_emergency_unless_in(
    messages: Sequence[ReplyMessage], conversation: Conversation, message: Message, risk: ScreenedRisk
) -> None:
    in_answer = any(item.answer in EMERGENCY_ANSWERS for item in messages)
    if conversation.status == Conversation.Status.STAFF or not in_answer:
        _say_emergency(conversation, message, risk)


def _say_emergency(conversation: Conversation, message: Message, risk: ScreenedRisk) -> None:
    name = SELF_HARM if risk.is_self_harm else "emergency"
    if fixed_text_said_since(conversation, name, timezone.now() - EMERGENCY_TEXT_PAUSE):
        return
    language = language_of(message.text, conversation)
    message_add_fixed(conversation, name, language=language, in_reply_to=message)


def _shortened(message: Message) -> str:
    return message.text if len(message.text) <= SUMMARY_TEXT else message.text[: SUMMARY_TEXT - 1] + "…"
