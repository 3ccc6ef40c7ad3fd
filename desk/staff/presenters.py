"""What the staff pages show, prepared for their templates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from desk.conversations.models import Author, Message
from desk.handoffs.models import Handoff, HandoffEvent
from desk.staff.models import User
from desk.staff.words import Words


@dataclass(frozen=True)
class HandoffRow:
    id: str
    urgency: str
    urgency_words: str
    reason: str
    categories: tuple[str, ...]
    language: str
    waiting: str
    opened_at: datetime
    status: str
    summary: str
    is_open: bool


@dataclass(frozen=True)
class Piece:
    """A run of a patient's text; `category` is set where the risk screen heard something."""

    text: str
    category: str = ""
    negated: bool = False


@dataclass(frozen=True)
class Line:
    """One message of the transcript."""

    author: str
    author_words: str
    at: datetime
    pieces: tuple[Piece, ...]
    buttons: tuple[str, ...]
    state: str
    answer: str
    details: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Event:
    at: datetime
    words: str
    detail: str


def handoff_row(handoff: Handoff, words: Words, now: datetime) -> HandoffRow:
    minutes = int((now - handoff.opened_at).total_seconds() // 60)
    status = words.of("statuses", handoff.status)
    if handoff.status == Handoff.Status.CLAIMED and handoff.claimed_by:
        status = words["claimed_by"].format(name=_name(handoff.claimed_by))
    return HandoffRow(
        id=handoff.pk,
        urgency=handoff.urgency,
        urgency_words=words.of("urgencies", handoff.urgency),
        reason=words.of("reasons", handoff.reason),
        categories=tuple(words.of("categories", category) for category in handoff.categories),
        language=words.of("languages", handoff.conversation.speaks),
        waiting=words.waiting(minutes),
        opened_at=handoff.opened_at,
        status=status,
        summary=handoff.summary,
        is_open=handoff.is_open,
    )


def transcript_line(message: Message, words: Words) -> Line:
    is_patient = message.author == Author.PATIENT
    author = words[message.author]
    if message.staff is not None:
        author = _name(message.staff)
    return Line(
        author=message.author,
        author_words=author,
        at=message.created_at,
        pieces=tuple(_pieces(message, words)) if is_patient else (Piece(message.text),),
        buttons=tuple(str(button.get("title", "")) for button in message.buttons),
        state=words.of("states", message.state) if message.state else "",
        answer=f"{', '.join(message.answer_names)} ({message.answer_version})" if message.answer_names else "",
        details=tuple(_details(message, words)),
    )


def event_line(event: HandoffEvent, words: Words) -> Event:
    parts = [words.of("reasons", event.details["reason"])] if event.details.get("reason") else []
    parts += [words.of("categories", category) for category in event.details.get("categories", ())]
    if event.actor is not None:
        parts.append(_name(event.actor))
    return Event(event.at, words.of("events", event.kind), " · ".join(dict.fromkeys(parts)))


def _name(user: User) -> str:
    return user.get_full_name() or user.get_username()


def _findings(message: Message) -> Iterator[dict[str, Any]]:
    """What our own screen heard, then what the assistant heard."""
    understood = (message.understanding or {}).get("risk") or {}
    for finding in chain((message.risk or {}).get("findings") or (), understood.get("findings") or ()):
        if isinstance(finding, dict):
            yield finding


def _pieces(message: Message, words: Words) -> Iterator[Piece]:
    """Cut the text at the findings; overlapping ones: the first wins."""
    position = 0
    spans = [found for finding in _findings(message) if (found := _span(finding, message.text))]
    for start, end, finding in sorted(spans, key=lambda span: (span[0], bool(span[2].get("negated")), -span[1])):
        if start < position:
            continue
        if start > position:
            yield Piece(message.text[position:start])
        category = words.of("categories", str(finding.get("category", "")))
        yield Piece(message.text[start:end], category, bool(finding.get("negated")))
        position = end
    if position < len(message.text):
        yield Piece(message.text[position:])


def _span(finding: dict[str, Any], text: str) -> tuple[int, int, dict[str, Any]] | None:
    start, end = finding.get("start"), finding.get("end")
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text)):
        return None
    if finding.get("text") not in (None, text[start:end]):
        return None
    return start, end, finding


def _details(message: Message, words: Words) -> Iterator[tuple[str, str]]:
    if message.choice:
        yield words["pressed"], message.choice
    understanding = message.understanding or {}
    if understanding.get("intent"):
        yield words["intent"], str(understanding["intent"])
    if isinstance(understanding.get("confidence"), (int, float)):
        yield words["confidence"], f"{understanding['confidence']:.2f}"
    if message.risk is not None:
        yield words["risk"], words.of("levels", str(message.risk.get("level")))
    seen = dict.fromkeys(_finding_words(finding, words) for finding in _findings(message))
    for found in seen:
        yield words["risk"], found


def _finding_words(finding: dict[str, Any], words: Words) -> str:
    shown = words.of("categories", str(finding.get("category", "")))
    if finding.get("text"):
        shown += f": {finding['text']}"
    return f"{shown} ({words['negated']})" if finding.get("negated") else shown
