"""Cut a message into the questions it may hold, each a span of the text.

Cutting is generous; whether a cut stands is decided by what its clauses mean (`assistant.answers`). A strong boundary
(a question mark, a line break, "and how...") is a likely one; a weak one (a bare "و", "and", a comma) often joins two
nouns of one question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_CLAUSES = 4
_MIN_LETTERS = 3


@dataclass(frozen=True)
class Clause:
    """A span of a text, and whether the cut before it is a strong one."""

    text: str
    start: int
    end: int
    strong: bool


_QUESTION_WORDS_AR = (
    r"كم|بكم|هل|كيف|متي|وين|فين|اين|ليش|ليه|لماذا|وش|ايش|ماذا|مين|من وين|ما هي|ما هو|شنو|قديش|اي وحده|ممكن|اقدر|يصير|"
    r"ينفع|تنفع|فيه|في احد|عندكم|لازم|ابغي|ابي|ودي|تعور|يعور|توجع|يوجع|تسوون"
)
_QUESTION_WORDS_EN = (
    r"how|what|whats|what's|when|where|wheres|why|who|which|does|do|is|are|can|could|will|would|should|has|have|any"
)
_QUESTION_WORDS_ARABIZI = (
    r"kam|km|bkam|bekam|hal|kef|keef|kif|mta|meta|wain|wen|wayn|feen|fen|lesh|leesh|laish|wesh|wsh|esh|eish|meen|"
    r"mumkin|momken|agdar|yenfa3|ynf3|feh|fi|fih|lazem|abgha|abi|tuja3|toja3|yuja3|y3awer|t3awer"
)
_STRONG = re.compile(
    rf"""
      [?؟!]+\s*                                                     # a question ends
    | \n+
    | (?:^|\s|(?<=[،,.;؛]))(?:و|وكمان|كمان|وبعدين|بعدين|وبعد|ثم|طيب)\s?(?=(?:{_QUESTION_WORDS_AR})\b)
    | (?:^|[\s,.;])(?:and|also|and also|plus|then|but)\s(?=(?:{_QUESTION_WORDS_EN})\b)
    | (?:^|[\s,.;])(?:w|wa|o|kman|kaman|wkaman|and|also)\s(?=(?:{_QUESTION_WORDS_ARABIZI})\b)
    | [,،.;؛]+\s*(?=(?:{_QUESTION_WORDS_AR}|{_QUESTION_WORDS_EN}|{_QUESTION_WORDS_ARABIZI})\b)
    """,
    re.VERBOSE,
)
_WEAK = re.compile(
    r"""
      [,،;؛]+\s* | (?<!\d)\.+\s+ | \s[-–/+&]\s
    | \s(?:and|also|plus|but|w|wa|bas|bs|بس|لكن|كمان|وكمان)\s
    | \s(?=و[\u0620-\u064a]{2})                                     # "والسعر": the و stays with its word
    """,
    re.VERBOSE,
)


_LEAD = re.compile(rf"\s*(?:و(?=(?:{_QUESTION_WORDS_AR})\b)|(?:and|also|plus|then|w|wa)\s+(?=\S))?")
"""What joins a clause to the one before is no part of its question."""


def split_clauses(text: str, *, limit: int = MAX_CLAUSES) -> list[Clause]:
    """Cut a normalised text into at most `limit` clauses, in order; one clause when there is nothing to cut."""
    cuts = sorted(
        [(m.start(), m.end(), True) for m in _STRONG.finditer(text)]
        + [(m.start(), m.end(), False) for m in _WEAK.finditer(text)],
        key=lambda cut: (cut[0], -cut[1]),
    )
    clauses: list[Clause] = []
    position, strong = 0, True
    for start, end, is_strong in [*cuts, (len(text), len(text), True)]:
        if start < position:  # overlaps the cut before: the stronger word counts
            strong = strong or is_strong
            continue
        piece = text[position:start]
        if _letters(piece) >= _MIN_LETTERS:
            lead = _LEAD.match(piece).end()  # type: ignore[union-attr]  # it matches the empty string too
            clauses.append(Clause(piece[lead:].rstrip(), position + lead, position + len(piece.rstrip()), strong))
            strong = is_strong
        else:
            strong = strong or is_strong
        position = end
    return _at_most(clauses, limit, text)


def _at_most(clauses: list[Clause], limit: int, text: str) -> list[Clause]:
    """Join neighbours at weak cuts, last first, until `limit` clauses are left; then drop what is over."""
    while len(clauses) > limit:
        weak = [i for i in range(1, len(clauses)) if not clauses[i].strong]
        if not weak:
            return clauses[:limit]
        i = weak[-1]
        before, after = clauses[i - 1], clauses[i]
        joined = Clause(text[before.start : after.end], before.start, after.end, before.strong)
        clauses[i - 1 : i + 1] = [joined]
    return clauses


def _letters(piece: str) -> int:
    return sum(char.isalpha() for char in piece)
