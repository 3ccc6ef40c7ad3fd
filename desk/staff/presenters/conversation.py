"""One conversation as its page shows it: who answers now, what the patient sees, the facts beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from desk.conversations.models import Channel, Conversation, Message
from desk.handoffs.models import Handoff, HandoffEvent
from desk.staff.models import CannedReply, User
from desk.staff.presenters.queue import person_name
from desk.staff.presenters.times import clock, minutes_between, promised
from desk.staff.words import Words
from desk.whatsapp.presenters import TemplateOption, template_options, whatsapp_number
from desk.whatsapp.window import window_of

SEEN_LENGTH = 220


@dataclass(frozen=True)
class Status:
    """Who answers the patient at this moment, and what the patient was told last."""

    answering: str
    """bot | waiting | me | colleague"""
    words: str
    hint: str
    holder: str
    urgency: str
    urgency_words: str
    reason: str
    categories: tuple[str, ...]
    waiting: str
    promise: str
    seen_by_patient: str
    seen_author: str
    seen_at: str
    seen_delivery: str
    handoff_id: str
    may_act: bool
    may_claim: bool
    may_close: bool
    may_return: bool
    may_transfer: bool
    may_take_from: bool
    take_words: str
    my_id: int
    colleagues: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Composer:
    """What can be written here: `reply` to the patient, an internal `note`."""

    may_reply: bool
    may_note: bool
    handoff_id: str
    hint: str
    language: str
    direction: str
    canned: tuple[tuple[str, str], ...]
    templates: tuple[TemplateOption, ...]
    """Instead of a free reply, where WhatsApp takes none."""


@dataclass(frozen=True)
class Event:
    at: datetime
    shown_at: str
    words: str
    detail: str


@dataclass(frozen=True)
class PastHandoff:
    id: str
    reason: str
    urgency: str
    urgency_words: str
    opened: str
    closed: str
    closed_by: str
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Facts:
    id: str
    person: str
    person_id: str
    channel: str
    language: str
    language_fixed: bool
    started: str
    last_patient: str
    phone: str
    phone_declined: bool
    window: str
    window_is_open: bool
    summary: tuple[str, ...]
    events: tuple[Event, ...]
    earlier: tuple[PastHandoff, ...]


def answering(conversation: Conversation, handoff: Handoff | None, staff: User) -> str:
    """Who answers now: the assistant, nobody yet, this member of staff, or another."""
    if handoff is None or conversation.status == Conversation.Status.BOT:
        return "bot"
    if handoff.claimed_by is None:
        return "waiting"
    return "me" if handoff.claimed_by == staff else "colleague"


def status_of(
    conversation: Conversation,
    handoff: Handoff | None,
    last_out: Message | None,
    words: Words,
    now: datetime,
    *,
    staff: User,
    may_answer: bool,
    colleagues: list[User],
) -> Status:
    who = answering(conversation, handoff, staff)
    holder = handoff.claimed_by.shown_name if handoff and handoff.claimed_by else ""
    return Status(
        answering=who,
        words=words[f"answering_{who}"].format(name=holder),
        hint=words[f"answering_{who}_hint"],
        holder=holder,
        urgency=handoff.urgency if handoff else "",
        urgency_words=words.of("urgencies", handoff.urgency) if handoff else "",
        reason=words.of("reasons", handoff.reason) if handoff else "",
        categories=tuple(words.of("categories", category) for category in handoff.categories) if handoff else (),
        waiting=words.lasting(minutes_between(handoff.opened_at, now)) if handoff and who == "waiting" else "",
        promise=promised(handoff.promised_at, now, words) if handoff and handoff.promised_at else "",
        seen_by_patient=_shortened(last_out.text) if last_out else "",
        seen_author=_author(last_out, words) if last_out else "",
        seen_at=clock(last_out.created_at, now, words) if last_out else "",
        seen_delivery=words.of("deliveries", last_out.delivery) if last_out and last_out.delivery else "",
        handoff_id=handoff.pk if handoff else "",
        may_act=may_answer,
        may_claim=may_answer and who in ("bot", "waiting"),
        may_close=may_answer and who in ("waiting", "me"),
        may_return=may_answer and who == "me",
        may_transfer=may_answer and who in ("waiting", "me", "colleague"),
        may_take_from=may_answer and who == "colleague",
        take_words=words["take_from"].format(name=holder),
        my_id=staff.pk,
        colleagues=tuple(
            (user.pk, user.shown_name)
            for user in colleagues
            if user != staff and (handoff is None or user != handoff.claimed_by)
        ),
    )


def composer_of(
    status: Status, conversation: Conversation, canned: list[CannedReply], words: Words, now: datetime
) -> Composer:
    """The reply's form: for who holds the conversation, or for anybody while nobody does."""
    language = conversation.speaks
    return Composer(
        may_reply=status.may_act and status.answering in ("waiting", "me"),
        may_note=status.may_act,
        handoff_id=status.handoff_id,
        hint=words["reply_hint" if status.answering == "waiting" else "reply_hint_mine"],
        language=language,
        direction="rtl" if language == "ar" else "ltr",
        canned=tuple((reply.title(words.language), reply.text(language)) for reply in canned),
        templates=template_options(conversation, words.language, now),
    )


def facts_of(
    conversation: Conversation, handoff: Handoff | None, past: list[Handoff], words: Words, now: datetime
) -> Facts:
    phone = handoff.contact_phone if handoff else next((old.contact_phone for old in past if old.contact_phone), "")
    phone = phone or whatsapp_number(conversation)
    window, window_is_open = _window(conversation, words, now)
    return Facts(
        id=conversation.pk,
        person=person_name(conversation, words),
        person_id=conversation.person_id,
        channel=words.of("channels", conversation.channel),
        language=words.of("languages", conversation.speaks),
        language_fixed=bool(conversation.language_fixed),
        started=clock(conversation.created_at, now, words),
        last_patient=clock(conversation.patient_last_at, now, words) if conversation.patient_last_at else "",
        phone=phone,
        phone_declined=bool(handoff and handoff.contact_declined),
        window=window,
        window_is_open=window_is_open,
        summary=tuple(handoff.summary.split("\n")) if handoff and handoff.summary else (),
        events=_events(handoff, words, now) if handoff else (),
        earlier=tuple(_past(old, words, now) for old in past),
    )


def _window(conversation: Conversation, words: Words, now: datetime) -> tuple[str, bool]:
    """Until when WhatsApp lets us write freely: 24 hours from the patient's last message."""
    if conversation.channel != Channel.WHATSAPP:
        return "", True
    window = window_of(conversation, now)
    if not window.is_open or window.closes_at is None:
        return words["window_closed"], False
    left = words.lasting(minutes_between(now, window.closes_at))
    return words["window_open"].format(time=clock(window.closes_at, now, words), left=left), True


def _past(handoff: Handoff, words: Words, now: datetime) -> PastHandoff:
    return PastHandoff(
        id=handoff.pk,
        reason=words.of("reasons", handoff.reason),
        urgency=handoff.urgency,
        urgency_words=words.of("urgencies", handoff.urgency),
        opened=clock(handoff.opened_at, now, words),
        closed=clock(handoff.closed_at, now, words) if handoff.closed_at else "",
        closed_by=handoff.closed_by.shown_name if handoff.closed_by else "",
        events=_events(handoff, words, now),
    )


def _events(handoff: Handoff, words: Words, now: datetime) -> tuple[Event, ...]:
    return tuple(_event(event, words, now) for event in handoff.events.all())


def _event(event: HandoffEvent, words: Words, now: datetime) -> Event:
    details: dict[str, Any] = event.details
    parts = [words.of("reasons", str(details["reason"]))] if details.get("reason") else []
    parts += [words.of("categories", str(category)) for category in details.get("categories", ())]
    if event.actor is not None:
        parts.append(event.actor.shown_name)
    if details.get("to_name"):
        parts.append(words["given_to"].format(name=details["to_name"]))
    return Event(
        at=event.at,
        shown_at=clock(event.at, now, words),
        words=words.of("events", event.kind),
        detail=" · ".join(dict.fromkeys(parts)),
    )


def _author(message: Message, words: Words) -> str:
    return message.staff.shown_name if message.staff else words[message.author]


def _shortened(text: str) -> str:
    return text if len(text) <= SEEN_LENGTH else text[: SEEN_LENGTH - 1] + "…"
