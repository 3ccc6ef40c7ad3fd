"""What a patient's message leads to: it is screened, then answered, recorded or apologised for, each exactly once.

Every service here takes the conversation's lock and does nothing when the messages were dealt with already, so
that a second worker or a restart in the middle changes nothing. A turn is usually one message; where several
make one thought they are settled together, and the answer replies to the last.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from desk.assistant_client.replies import HandoffRequest, Reply
from desk.conversations.alarms import alarm_raise
from desk.conversations.bubbles import own_text, sayable, turn_say
from desk.conversations.emergencies import emergency_say, emergency_say_unless_in
from desk.conversations.languages import language_of
from desk.conversations.models import Conversation, Kind, Message
from desk.conversations.own_risks import counted_risk, found_risk, gravity, left_doubtful
from desk.conversations.services import conversation_lock, fixed_text_said_since
from desk.handoffs.contacts import contact_hear, gives_only_a_number
from desk.handoffs.models import Urgency
from desk.handoffs.needs import Need
from desk.handoffs.promises import contact_say
from desk.handoffs.selectors import handoff_open_of
from desk.handoffs.services import handoff_need
from desk.prepared import row_update
from desk.screening import ScreenedRisk

log = logging.getLogger(__name__)

SUMMARY_TEXT = 280
THANKS_PAUSE = timedelta(minutes=2)
DESK_ERROR = "desk_error"
FILES = (Kind.IMAGE, Kind.AUDIO, Kind.VIDEO, Kind.DOCUMENT)
FILE_REASON = "file"
FILE_TEXT = "file_received"


@transaction.atomic
def message_screen(*, message_id: str, risk: ScreenedRisk, is_asked: bool = True) -> None:
    """Record the desk's own finding; a risk opens the handoff, and an emergency is answered at once.

    `is_asked`: the assistant will see the message, so that a doubtful finding waits for what it says.
    """
    conversation, messages = _locked([message_id])
    if messages and messages[0].risk is None:
        own_risk_hear(conversation, messages[0], risk, is_asked=is_asked)


@transaction.atomic
def message_screen_again(*, message_id: str, risk: ScreenedRisk) -> None:
    """Record what the screen finds in a message that was changed after it was dealt with."""
    message = Message.objects.get(pk=message_id)
    own_risk_hear(conversation_lock(message.conversation_id), message, risk, is_asked=False)


@transaction.atomic
def thought_screen(*, message_ids: Sequence[str], risk: ScreenedRisk) -> None:
    """Record what the screen found in several messages read as one; a graver finding than theirs counts."""
    conversation, messages = _locked(message_ids)
    known = max(map(found_risk, messages), key=gravity, default=risk)
    if gravity(risk) > gravity(known) and not (risk.doubtful and known.certain.is_personal):
        own_risk_hear(conversation, messages[-1], risk)


@transaction.atomic
def turn_record(*, message_ids: Sequence[str], reply: Reply | None) -> None:
    """Keep what the assistant understood; the message itself is for staff."""
    conversation, messages = _locked(message_ids)
    if not _are_screened(messages):
        return
    if conversation.status == Conversation.Status.BOT and not counted_risk(messages, reply).is_emergency:
        return  # staff closed the handoff meanwhile: the message is still to be answered
    _understood(conversation, messages, reply)
    _hear_doubtful(conversation, messages, reply)
    _hear_model_risk(conversation, messages[-1], reply)
    contact_say(conversation, messages)
    _leave_to_staff(conversation, messages)


@transaction.atomic
def turn_acknowledge(*, message_ids: Sequence[str]) -> None:
    """Thank for what the assistant cannot read (a place, a sticker, a file), once for several in a row.

    A file is with staff already: `own_risk_hear` called them.
    """
    conversation, messages = _locked(message_ids)
    if not messages:
        return
    _understood(conversation, messages, None)
    is_with_staff = conversation.status == Conversation.Status.STAFF or _has_file(messages)
    name = FILE_TEXT if _has_file(messages) else "cannot_read"
    is_said = fixed_text_said_since(conversation, name, timezone.now() - THANKS_PAUSE)
    if conversation.status != Conversation.Status.STAFF and not is_said:
        turn_say(conversation, messages, [own_text(name, conversation)])
    else:
        conversation.save(update_fields=["language"])
    _settle(messages, Message.State.WITH_STAFF if is_with_staff else Message.State.ANSWERED)


def answer_deliver(
    conversation: Conversation,
    messages: Sequence[Message],
    reply: Reply,
    *,
    state_asked_with: Any,
    edits_asked_with: int,
) -> None:
    """Deliver an answer in a locked conversation to those of its messages that are not settled yet.

    Nothing happens when a message was edited since it was asked about: it is still to be answered.
    """
    if not _are_screened(messages) or sum(len(message.edits) for message in messages) > edits_asked_with:
        return
    _understood(conversation, messages, reply)
    _hear_doubtful(conversation, messages, reply)
    asked_for_staff = _hear_handoff(conversation, messages, reply)
    if conversation.status == Conversation.Status.STAFF:
        # Staff took over while the assistant was thinking: the answer is theirs to give.
        _leave_to_staff(conversation, messages)
        return
    if conversation.assistant_state == state_asked_with:
        conversation.assistant_state = reply.state
    at_risk = counted_risk(messages, reply).is_personal
    said = sayable(conversation, reply, at_risk=at_risk)
    at_risk = at_risk or reply.risk.is_personal
    needs_staff = asked_for_staff or at_risk or said.is_cut or _has_file(messages)
    texts = list(said.texts)
    if needs_staff and not any(text.tells_about_staff for text in texts):
        name = FILE_TEXT if _has_file(messages) else "hand_off"
        if said.is_cut or at_risk:
            name = "staff_will_answer"
        texts.append(own_text(name, conversation))
    turn_say(conversation, messages, texts, said.buttons)
    _settle(messages, Message.State.WITH_STAFF if needs_staff else Message.State.ANSWERED)


@transaction.atomic
def turn_fail(*, message_ids: Sequence[str], reason: str, reply: Reply | None = None) -> None:
    """Fail closed: deliver what came, apologise, and hand the conversation to staff. The old state stays."""
    conversation, messages = _locked(message_ids)
    if not _are_screened(messages):
        return
    _understood(conversation, messages, reply)
    need = Need(reason, Urgency.ROUTINE, summary=_shortened(messages))
    handoff_need(conversation, need, message=messages[-1])
    _hear_doubtful(conversation, messages, reply)
    _hear_model_risk(conversation, messages[-1], reply)
    if conversation.status == Conversation.Status.STAFF:
        _leave_to_staff(conversation, messages)
        return
    if reason == "bad_state":
        conversation.assistant_state = None  # it would fail the next message too
    said = sayable(conversation, reply, at_risk=counted_risk(messages, reply).is_personal)
    turn_say(conversation, messages, [*said.texts, own_text("safety", conversation)], said.buttons)
    _settle(messages, Message.State.APOLOGISED)


@transaction.atomic
def message_give_up(*, message_id: str) -> None:
    """Make a dead letter of a message that the desk fails on again and again: staff have it, with an alarm."""
    conversation, messages = _locked([message_id])
    if not messages:
        return
    need = Need(DESK_ERROR, Urgency.URGENT, summary=_shortened(messages))
    for tell in (
        lambda: alarm_raise(conversation, need, message=messages[-1]),
        lambda: _hear_doubtful(conversation, messages, None),
        lambda: _say_safety_unless_staff(conversation, messages),
    ):
        try:
            with transaction.atomic():
                tell()
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # it may be just what the desk fails on; the conversation must go on all the same
            log.exception("giving up message %s is not complete", message_id)
    _settle(messages, Message.State.DEAD)


def own_risk_hear(conversation: Conversation, message: Message, risk: ScreenedRisk, *, is_asked: bool = True) -> None:
    """Record a finding of our own in a locked conversation, with all that follows from it."""
    is_new = message.risk is None
    message.risk = risk.as_dict()
    row_update(message, "risk")
    if is_new and message.kind in FILES:
        handoff_need(conversation, Need(FILE_REASON, summary=_shortened([message])), message=message)
    _hear_risk(conversation, message, risk.certain if is_asked else risk)
    if is_new:
        _hear_number(conversation, message)


def _hear_risk(conversation: Conversation, message: Message, risk: ScreenedRisk) -> None:
    if risk.is_personal:
        handoff_need(conversation, Need.from_risk(risk, _shortened([message])), message=message)
    if risk.is_emergency:
        emergency_say(conversation, message, risk)


def _hear_doubtful(conversation: Conversation, messages: Sequence[Message], reply: Reply | None) -> None:
    for message, risk in left_doubtful(messages, reply):
        _hear_risk(conversation, message, risk)


def _locked(message_ids: Sequence[str]) -> tuple[Conversation, list[Message]]:
    """Lock the conversation of these messages; returns those that are still to be dealt with, in order."""
    conversation = Conversation.objects.select_for_update(of=("self",)).get(messages=message_ids[0])
    found = Message.objects.filter(pk__in=message_ids, state=Message.State.RECEIVED)
    return conversation, list(found.order_by("sequence"))


def _are_screened(messages: Sequence[Message]) -> bool:
    """Whether there is something to settle: an edit makes a message one that nobody has screened yet."""
    return bool(messages) and all(message.risk is not None for message in messages)


def _understood(conversation: Conversation, messages: Sequence[Message], reply: Reply | None) -> None:
    """Note what was understood, and which language the conversation speaks now."""
    last = messages[-1]
    if reply is not None and reply.understanding is not None:
        last.understanding = reply.understanding
        last.language = reply.language
    for message in reversed(messages):
        message.language = message.language or last.language or language_of(message.text, conversation)
    spoken = [item.language for item in reply.messages if item.language] if reply else []
    conversation.language = spoken[-1] if spoken else last.language


def _leave_to_staff(conversation: Conversation, messages: Sequence[Message]) -> None:
    """Settle without a word; what is said saves the conversation, here nothing is."""
    row_update(conversation, "language", "lease_owner", "lease_until")
    _settle(messages, Message.State.WITH_STAFF)


def _has_file(messages: Sequence[Message]) -> bool:
    return any(message.kind in FILES for message in messages)


def _settle(messages: Sequence[Message], state: Message.State) -> None:
    now = timezone.now()  # one time for all: it shows that they were settled together
    for message in messages:
        message.state = state
        message.settled_at = now
        row_update(message, "state", "settled_at", "understanding", "language")


def _say_safety_unless_staff(conversation: Conversation, messages: Sequence[Message]) -> None:
    if conversation.status != Conversation.Status.STAFF:
        turn_say(conversation, messages, [own_text("safety", conversation)])


def _hear_number(conversation: Conversation, message: Message) -> None:
    """Keep a phone number for the open handoff; where the message says nothing else, confirming it is the answer."""
    handoff = handoff_open_of(conversation)
    if handoff is None:
        return
    contact_hear(handoff, message)
    if not gives_only_a_number(message):
        return
    waiting = Message.objects.filter(conversation=conversation, state=Message.State.RECEIVED)
    if waiting.filter(sequence__lt=message.sequence).exists():
        return
    message.language = language_of(message.text, conversation)
    contact_say(conversation, [message])
    with_staff = conversation.status == Conversation.Status.STAFF
    _settle([message], Message.State.WITH_STAFF if with_staff else Message.State.ANSWERED)


def _hear_handoff(conversation: Conversation, messages: Sequence[Message], reply: Reply) -> bool:
    """Open or raise the handoff that the reply asks for, or that its understanding calls for."""
    last = messages[-1]
    if reply.handoff is None:
        return _hear_model_risk(conversation, last, reply)
    handoff_need(conversation, _need_of(reply.handoff, reply.risk, messages), message=last)
    if reply.risk.is_emergency:
        emergency_say_unless_in(reply.messages, conversation, last, reply.risk)
    return True


def _hear_model_risk(conversation: Conversation, message: Message, reply: Reply | None) -> bool:
    if reply is None or not reply.risk.is_personal:
        return False
    handoff_need(conversation, Need.from_risk(reply.risk, _shortened([message])), message=message)
    if reply.risk.is_emergency:
        emergency_say_unless_in(reply.messages, conversation, message, reply.risk)
    return True


def _need_of(request: HandoffRequest, risk: ScreenedRisk, messages: Sequence[Message]) -> Need:
    urgency = Urgency(request.urgency)
    if risk.is_personal:
        urgency = max(urgency, Need.from_risk(risk).urgency, key=lambda each: each.rank)
    categories = tuple(dict.fromkeys([*request.categories, *risk.categories]))
    return Need(request.reason, urgency, categories, request.summary or _shortened(messages))


def _shortened(messages: Sequence[Message]) -> str:
    text = " ".join(message.text for message in messages)
    return text if len(text) <= SUMMARY_TEXT else text[: SUMMARY_TEXT - 1] + "…"
