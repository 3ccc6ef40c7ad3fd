"""Rows of the queue and of the list of conversations, and the filters above them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.urls import reverse

from desk.conversations.models import Channel, Conversation, Language
from desk.handoffs.models import Handoff, Urgency
from desk.handoffs.selectors import Counts, Show
from desk.staff.models import User
from desk.staff.presenters.times import clock, minutes_between, promised
from desk.staff.selectors import MAX_QUERY, QueueFilter
from desk.staff.words import Words

SUMMARY = 160


@dataclass(frozen=True)
class QueueRow:
    id: str
    href: str
    is_current: bool
    urgency: str
    urgency_words: str
    reason: str
    person: str
    categories: tuple[str, ...]
    summary: str
    language: str
    channel: str
    waiting: str
    opened_at: datetime
    holder: str
    is_mine: bool
    has_alarm: bool
    is_late: bool
    has_new: bool
    promise: str


@dataclass(frozen=True)
class ConversationRow:
    id: str
    href: str
    person: str
    last_text: str
    last_at: datetime
    last: str
    status: str
    status_words: str
    language: str
    channel: str


@dataclass(frozen=True)
class Tab:
    words: str
    href: str
    count: int
    is_current: bool


@dataclass(frozen=True)
class Choice:
    """A list to choose from: name of the field, what it is for, and (value, words, chosen)."""

    name: str
    words: str
    options: tuple[tuple[str, str, bool], ...]


def read_filter(query: QueryDict) -> QueueFilter:
    """Read the filter from an address; what is unknown filters nothing."""

    def known(name: str, values: Iterable[str]) -> str:
        value = query.get(name, "")
        return value if value in values else ""

    return QueueFilter(
        show=Show(known("show", [show.value for show in Show]) or Show.ALL),
        urgency=known("urgency", Urgency.values),
        channel=known("channel", Channel.values),
        language=known("language", Language.values),
        category=query.get("category", "")[:64],
        text=query.get("q", "").replace("\x00", "").strip()[:MAX_QUERY],
    )


def filter_query(wanted: QueueFilter, **changed: str) -> str:
    """The filter as the query of an address, with `?` where it filters anything."""
    values = {
        "show": "" if wanted.show is Show.ALL else wanted.show.value,
        "urgency": wanted.urgency,
        "channel": wanted.channel,
        "language": wanted.language,
        "category": wanted.category,
        "q": wanted.text,
        **changed,
    }
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in values.items() if value})
    return f"?{query.urlencode()}" if query else ""


def queue_row(handoff: Handoff, words: Words, now: datetime, *, staff: User, query: str, current: str) -> QueueRow:
    conversation = handoff.conversation
    holder = handoff.claimed_by
    categories = (category for category in handoff.categories if category != handoff.urgency)  # an emergency: said once
    return QueueRow(
        id=handoff.pk,
        href=reverse("staff:conversation", args=[conversation.pk]) + query,
        is_current=conversation.pk == current,
        urgency=handoff.urgency,
        urgency_words=words.of("urgencies", handoff.urgency),
        reason=words.of("reasons", handoff.reason),
        person=person_name(conversation, words),
        categories=tuple(words.of("categories", category) for category in categories),
        summary=_shortened(handoff.summary),
        language=words.of("languages", conversation.speaks),
        channel=words.of("channels", conversation.channel),
        waiting=words.lasting(minutes_between(handoff.opened_at, now)),
        opened_at=handoff.opened_at,
        holder=holder.shown_name if holder else "",
        is_mine=holder == staff,
        has_alarm=handoff.alarm_at is not None,
        is_late=holder is None and handoff.escalates_at is not None and handoff.escalates_at < now,
        has_new=conversation.last_sequence > conversation.staff_read_sequence,
        promise=promised(handoff.promised_at, now, words) if handoff.promised_at and holder is None else "",
    )


def conversation_row(conversation: Conversation, last_text: str, words: Words, now: datetime) -> ConversationRow:
    return ConversationRow(
        id=conversation.pk,
        href=reverse("staff:conversation", args=[conversation.pk]),
        person=person_name(conversation, words),
        last_text=_shortened(last_text),
        last_at=conversation.last_activity_at,
        last=clock(conversation.last_activity_at, now, words),
        status=conversation.status,
        status_words=words.of("answering", conversation.status),
        language=words.of("languages", conversation.speaks),
        channel=words.of("channels", conversation.channel),
    )


def person_name(conversation: Conversation, words: Words) -> str:
    """The name that the channel gave, else the end of our own id for the person."""
    return conversation.person.display_name or f"{words['visitor']} {conversation.person_id[-4:]}"


def tabs(wanted: QueueFilter, counts: Counts, words: Words) -> tuple[Tab, ...]:
    numbers = {Show.ALL: counts.all, Show.UNCLAIMED: counts.unclaimed, Show.MINE: counts.mine}
    return tuple(
        Tab(
            words=words[f"show_{show.value}"],
            href=reverse("staff:inbox") + filter_query(wanted, show="" if show is Show.ALL else show.value),
            count=numbers[show],
            is_current=wanted.show is show,
        )
        for show in Show
    )


def choices(wanted: QueueFilter, words: Words) -> tuple[Choice, ...]:
    """The lists of the filter's form."""
    return tuple(
        Choice(
            name=name,
            words=words[f"filter_{name}"],
            options=(
                ("", words["filter_any"], not chosen),
                *((value, shown, value == chosen) for value, shown in words.options(group)),
            ),
        )
        for name, group, chosen in (
            ("urgency", "urgencies", wanted.urgency),
            ("channel", "channels", wanted.channel),
            ("language", "languages", wanted.language),
            ("category", "categories", wanted.category),
        )
    )


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SUMMARY else line[: SUMMARY - 1] + "…"
