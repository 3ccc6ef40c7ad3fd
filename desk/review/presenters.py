"""What the review pages show, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from desk.conversations.models import Author, Conversation, Direction, Kind, Message
from desk.review.models import Correction, MessageFacts, MessageReview, Verdict
from desk.review.priorities import WEIGHTS, Reason
from desk.staff.presenters.times import clock
from desk.staff.presenters.transcript import Line, message_line
from desk.staff.words import Words

SNIPPET = 180
PARTS = (
    ("queue", "review_queue"),
    ("log", "review_log"),
    ("unanswered", "review_unanswered"),
    ("corrections", "review_corrections"),
)


@dataclass(frozen=True)
class PartTab:
    words: str
    href: str
    is_current: bool


@dataclass(frozen=True)
class Item:
    """One patient's message with everything a verdict needs."""

    message_id: str
    line: Line
    reasons: tuple[str, ...]
    score: str
    understood: str
    answers: tuple[str, ...]
    verdict: str
    href: str


@dataclass(frozen=True)
class Row:
    """One line of the log: a conversation, or a message that was found."""

    href: str
    title: str
    text: str
    at: datetime
    shown_at: str
    below: str
    tags: tuple[str, ...]
    marks: tuple[tuple[str, str], ...]
    """Kind and words of what stands out: emergency, personal, fallback, flagged."""


def part_tabs(current: str, words: Words) -> tuple[PartTab, ...]:
    return tuple(PartTab(words[word], reverse(f"review:{name}"), name == current) for name, word in PARTS)


def item_of(message: Message, answers: list[Message], words: Words, now: datetime) -> Item:
    facts: MessageFacts | None = getattr(message, "facts", None)
    reasons = [Reason(reason) for reason in facts.reasons] if facts else []
    return Item(
        message_id=message.pk,
        line=message_line(message, words, now),
        reasons=tuple(
            words["review_points"].format(reason=words.of("review_reasons", each.value), count=WEIGHTS[each])
            for each in reasons
        ),
        score=words["review_score"].format(count=facts.priority) if facts and facts.priority else "",
        understood=words.topic(str((message.understanding or {}).get("intent") or "")) if message.understanding else "",
        answers=tuple(answer.text for answer in answers),
        verdict=verdict_words(getattr(message, "review", None), words),
        href=permalink(message),
    )


def is_reviewable(message: Message) -> bool:
    return message.direction == Direction.IN and message.author == Author.PATIENT and message.kind == Kind.TEXT


def permalink(message: Message) -> str:
    return f"{reverse('review:log_conversation', args=[message.conversation_id])}#line-{message.pk}"


def verdict_words(review: MessageReview | None, words: Words) -> str:
    """Who said what of a message; empty when nobody has."""
    if review is None:
        return ""
    said = words.of("verdicts", review.verdict)
    if review.verdict == Verdict.WRONG:
        said += f": {words.topic(review.intent)}"
    if review.verdict == Verdict.RISK:
        said += f": {words.of('categories', review.category)}"
    return words["review_verdict_is"].format(name=review.reviewer.shown_name, verdict=said)


def conversation_row(conversation: Conversation, last_text: str, words: Words, now: datetime) -> Row:
    mark = getattr(conversation, "mark", None)
    return Row(
        href=reverse("review:log_conversation", args=[conversation.pk]),
        title=person_of(conversation, words),
        text=last_text[:SNIPPET],
        at=conversation.last_activity_at,
        shown_at=clock(conversation.last_activity_at, now, words),
        below=f"{words.of('channels', conversation.channel)} · {words.of('languages', conversation.speaks)}",
        tags=tuple(tag.name for tag in mark.tags.all()) if mark else (),
        marks=(("flagged", words["log_flagged"]),) if mark and mark.is_flagged else (),
    )


def message_row(facts: MessageFacts, words: Words, now: datetime) -> Row:
    message = facts.message
    marks = []
    if facts.risk in ("personal", "emergency"):
        marks.append((facts.risk, words.of("levels", facts.risk)))
    if facts.is_fallback:
        marks.append(("fallback", words["log_fallback"]))
    if facts.is_low_margin:
        marks.append(("low_margin", words["log_low_margin"]))
    if facts.is_thumbs_down:
        marks.append(("thumbs_down", words["log_thumbs_down"]))
    below = [words.of("channels", facts.channel)]
    if facts.topic and message.author == Author.PATIENT and not facts.is_fallback:  # the mark says that already
        below.append(words.topic(facts.topic))
    return Row(
        href=permalink(message),
        title=message.staff.shown_name if message.staff else words[message.author],
        text=message.text[:SNIPPET],
        at=facts.at,
        shown_at=clock(facts.at, now, words),
        below=" · ".join(below),
        tags=(),
        marks=tuple(marks),
    )


def person_of(conversation: Conversation, words: Words) -> str:
    """The name a channel gives, or the end of the conversation's id: enough to tell two apart."""
    return conversation.person.display_name or f"{words['visitor']} {conversation.pk[-6:]}"


@dataclass(frozen=True)
class CorrectionRow:
    id: int
    kind: str
    about: str
    text: str
    language: str
    problem: str
    removed: str
    by: str
    is_open: bool
    is_blocked: bool
    href: str


def correction_row(correction: Correction, words: Words) -> CorrectionRow:
    is_blocked = correction.status == Correction.Status.BLOCKED
    removed = ", ".join(words.of("personal_data", kind) for kind in correction.removed)
    about = words.topic(correction.intent) if correction.intent else ""
    return CorrectionRow(
        id=correction.pk,
        kind=words.of("correction_kinds", correction.kind),
        about=about or (words.of("categories", correction.category) if correction.category else ""),
        text=correction.text,
        language=correction.language,
        problem=problem_words(*split_problem(correction.problem), words) if correction.problem else "",
        removed=words["correction_removed"].format(kinds=removed) if removed else "",
        by=words["correction_by"].format(name=correction.proposed_by.shown_name),
        is_open=is_blocked or correction.status == Correction.Status.PROPOSED,
        is_blocked=is_blocked,
        href=permalink(correction.message) if correction.message else "",
    )


def split_problem(problem: str) -> tuple[str, str]:
    code, _, what = problem.partition(": ")
    return code, what


def problem_words(code: str, what: str, words: Words) -> str:
    """Why a wording may not be learnt from; an intent's name in front of what it concerns is said in words."""
    intent, colon, phrase = what.partition(": ")
    if colon and intent.startswith(("ask_", "follow_", "report_", "greet", "thank", "deny", "affirm", "goodbye")):
        what = f"{words.topic(intent)}: {phrase}"
    said = words.of("correction_problems", code)
    return f"{said} ({what})" if what else said


@dataclass(frozen=True)
class Why:
    """An explanation in words: what is said line by line, and two tables."""

    lines: tuple[tuple[str, str], ...]
    candidates: tuple[tuple[str, str, str, str, str], ...]
    neighbours: tuple[tuple[str, str, str], ...]
    neighbours_disagree: bool
    risk: tuple[str, ...]


def why_of(explained: dict[str, Any], words: Words) -> Why:
    """`explained`: the assistant's explanation of one message."""
    lines = [(words["why_normalised"], explained["normalised"])]
    if explained["read_as"] != explained["normalised"]:
        lines.append((words["why_read_as"], explained["read_as"]))
    if len(explained["clauses"]) > 1:
        lines += [(words["why_clauses"], _clause(clause, words)) for clause in explained["clauses"]]
    lines.append((words["review_understood_as"], words.topic(explained["intent"])))
    lines.append((words["why_score"], f"{explained['score']:.2f} / {explained['threshold']:.2f}"))
    return Why(
        lines=tuple(lines),
        candidates=tuple(
            (
                words.topic(each["intent"]),
                f"{each['score']:.2f}",
                f"{each['ngram']:.2f}",
                f"{each['embedding']:.2f}",
                each["nearest_phrase"],
            )
            for each in explained["candidates"]
        ),
        neighbours=tuple(
            (words.topic(each["intent"]), f"{each['cosine']:.2f}", each["phrase"]) for each in explained["neighbours"]
        ),
        neighbours_disagree=not explained["neighbours_agree"],
        risk=tuple(_risk_lines(explained, words)),
    )


def _clause(clause: dict[str, Any], words: Words) -> str:
    cut = words["why_strong"] if clause["strong"] else words["why_weak"]
    return f"{clause['text']} ← {words.topic(clause['intent'])} {clause['score']:.2f} ({cut})"


def _risk_lines(explained: dict[str, Any], words: Words) -> list[str]:
    found = explained["risk"]
    lines = [words.of("levels", found["level"])]
    for each in found["findings"]:
        verdict = words["why_silenced"] if each["negated"] or each.get("cleared") else words.of("who", each["who"])
        cue = f" {words['why_cue'].format(cue=each['cue'])}" if each.get("cue") else ""
        said = f" \u201c{each['text']}\u201d" if each["source"] == "lexicon" else ""
        source = words.of("sources", each["source"])
        lines.append(f"{words.of('categories', each['category'])}{said} ({source}): {verdict}{cue}")
    margin = explained.get("risk_margin")
    if margin is not None:
        word = "why_margin_towards" if margin > 0 else "why_margin_away"
        category = words.of("categories", explained.get("risk_category") or "unspecified")
        lines.append(f"{words['why_margin']}: {words[word].format(value=f'{margin:+.2f}', category=category)}")
    return lines
