"""One conversation's transcript: messages and notes in order, each with what was understood of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from desk.conversations.models import Author, Delivery, Kind, Message, Note
from desk.screening import settled
from desk.staff.presenters.times import clock
from desk.staff.words import Words
from desk.whatsapp.errors import error_in
from desk.whatsapp.media import media_id_of

RANKED = 5


@dataclass(frozen=True)
class Piece:
    """A run of a patient's text; `category` is set where the risk screen heard something."""

    text: str
    category: str = ""
    negated: bool = False


@dataclass(frozen=True)
class Line:
    """One message, or one internal note (`author` is then "note")."""

    id: str
    author: str
    author_words: str
    at: datetime
    shown_at: str
    pieces: tuple[Piece, ...]
    buttons: tuple[str, ...] = ()
    attachment: str = ""
    file_kind: str = ""
    """The kind of a file that can be opened; empty where there is none."""
    state: str = ""
    delivery: str = ""
    delivery_words: str = ""
    delivery_error: str = ""
    edited: tuple[str, ...] = ()
    is_withdrawn: bool = False
    risk_level: str = ""
    details: tuple[tuple[str, tuple[str, ...]], ...] = ()


def transcript_lines(messages: list[Message], notes: list[Note], words: Words, now: datetime) -> tuple[Line, ...]:
    """Messages in their own order; each note before the first message that is later than it."""
    lines: list[Line] = []
    waiting = list(notes)
    for message in messages:
        while waiting and waiting[0].created_at <= message.created_at:
            lines.append(note_line(waiting.pop(0), words, now))
        lines.append(message_line(message, words, now))
    return (*lines, *(note_line(note, words, now) for note in waiting))


def note_line(note: Note, words: Words, now: datetime) -> Line:
    return Line(
        id=f"note-{note.pk}",
        author="note",
        author_words=note.staff.shown_name,
        at=note.created_at,
        shown_at=clock(note.created_at, now, words),
        pieces=(Piece(note.text),),
    )


def message_line(message: Message, words: Words, now: datetime) -> Line:
    is_patient = message.author == Author.PATIENT
    return Line(
        id=message.pk,
        author=message.author,
        author_words=message.staff.shown_name if message.staff else words[message.author],
        at=message.created_at,
        shown_at=clock(message.created_at, now, words),
        pieces=tuple(_pieces(message, words)) if is_patient else (Piece(message.text),),
        buttons=tuple(str(button.get("title", "")) for button in message.buttons),
        attachment=_attachment(message, words),
        file_kind=message.kind if media_id_of(message) else "",
        state=words.of("states", message.state) if message.state else "",
        delivery=message.delivery,
        delivery_words=words.of("deliveries", message.delivery) if message.delivery else "",
        delivery_error=error_in(words.language, message.delivery_error) if message.delivery in _TROUBLED else "",
        edited=tuple(str(edit.get("text", "")) for edit in message.edits if isinstance(edit, dict)),
        is_withdrawn=message.withdrawn_at is not None,
        risk_level=_risk_level(message),
        details=tuple(_details(message, words)),
    )


_TROUBLED = (Delivery.FAILED, Delivery.UNCERTAIN, Delivery.DEAD, Delivery.PENDING)
_SPOKEN = (Kind.TEXT, Kind.CHOICE)


def _attachment(message: Message, words: Words) -> str:
    """What a message holds beside its text: the kind, and the file's name where there is one."""
    if message.kind in _SPOKEN:
        return ""
    name = (message.attachment or {}).get("filename")
    kind = words.of("kinds", message.kind)
    return f"{kind}: {name}" if name else kind


def _risk_level(message: Message) -> str:
    """The graver level of what our screen and the assistant heard."""
    order = ("", "none", "general", "personal", "emergency")
    understood = (message.understanding or {}).get("risk")
    levels = [_level(settled(message.risk, understood)), _level(understood)]
    return max(levels, key=lambda level: order.index(level) if level in order else len(order))


def _level(risk: Any) -> str:
    return str(risk.get("level", "")) if isinstance(risk, dict) else ""


def _findings(message: Message) -> Iterator[dict[str, Any]]:
    """What our own screen heard, then what the assistant heard."""
    understood = (message.understanding or {}).get("risk") or {}
    own = settled(message.risk, understood or None) or {}
    for finding in chain(own.get("findings") or (), understood.get("findings") or ()):
        if isinstance(finding, dict):
            yield finding


def _is_silent(finding: dict[str, Any]) -> bool:
    return bool(finding.get("negated") or finding.get("cleared"))


def _pieces(message: Message, words: Words) -> Iterator[Piece]:
    """Cut the text at the findings; overlapping ones: the first wins."""
    position = 0
    spans = [found for finding in _findings(message) if (found := _span(finding, message.text))]
    for start, end, finding in sorted(spans, key=lambda span: (span[0], _is_silent(span[2]), -span[1])):
        if start < position:
            continue
        if start > position:
            yield Piece(message.text[position:start])
        category = words.of("categories", str(finding.get("category", "")))
        yield Piece(message.text[start:end], category, _is_silent(finding))
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


def _details(message: Message, words: Words) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What stands behind "understanding": name and values, in the order in which staff read them."""
    if message.choice:
        yield words["pressed"], (words.topic(message.choice),)
    if message.author == Author.PATIENT:
        yield from _understanding(message.understanding or {}, words)
        yield from _risk(message, words)
    answers = [part for part in message.parts if isinstance(part, dict)]
    if answers:
        yield words["answer_used"], tuple(f"{part.get('answer', '')} ({part.get('version', '')})" for part in answers)
    elif message.answer_name:
        yield words["answer_used"], (f"{message.answer_name} ({message.answer_version})",)


def _understanding(understanding: dict[str, Any], words: Words) -> Iterator[tuple[str, tuple[str, ...]]]:
    if understanding.get("intent"):
        yield words["intent"], (words.topic(str(understanding["intent"])),)
    if isinstance(understanding.get("confidence"), (int, float)):
        value = f"{understanding['confidence']:.2f}"
        if isinstance(understanding.get("threshold"), (int, float)):
            value = words["confidence_of"].format(confidence=value, threshold=f"{understanding['threshold']:.2f}")
        yield words["confidence"], (value,)
    ranking = [item for item in understanding.get("ranking") or () if isinstance(item, dict)]
    if len(ranking) > 1:
        yield words["ranking"], tuple(_ranked(item, words) for item in ranking[:RANKED])
    answers = understanding.get("answers")
    if isinstance(answers, list) and len(answers) > 1:
        yield words["clauses"], tuple(words.topic(str(answer)) for answer in answers)
    if understanding.get("language"):
        spoken = [words.of("languages", str(understanding["language"]))]
        if understanding.get("script"):
            spoken.append(words.of("scripts", str(understanding["script"])))
        yield words["spoken_language"], (" · ".join(spoken),)


def _ranked(item: dict[str, Any], words: Words) -> str:
    confidence = item.get("confidence")
    shown = f"{confidence:.2f}" if isinstance(confidence, (int, float)) else "?"
    return f"{words.topic(str(item.get('intent', '')))} {shown}"


def _risk(message: Message, words: Words) -> Iterator[tuple[str, tuple[str, ...]]]:
    if message.risk is None and not _risk_level(message):
        return
    yield words["risk"], (words.of("levels", _risk_level(message)),)
    seen = tuple(dict.fromkeys(_finding_words(finding, words) for finding in _findings(message)))
    if seen:
        yield words["findings"], seen


def _finding_words(finding: dict[str, Any], words: Words) -> str:
    shown = words.of("categories", str(finding.get("category", "")))
    if finding.get("text"):
        shown += f": {finding['text']}"
    marks = [words.of("who", str(finding["who"]))] if finding.get("who") else []
    marks += [words["negated"]] if finding.get("negated") else []
    marks += [words["cleared"]] if finding.get("cleared") else []
    marks += [words.of("sources", str(finding["source"]))] if finding.get("source") else []
    return f"{shown} ({', '.join(marks)})" if marks else shown
