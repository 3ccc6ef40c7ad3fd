"""The worst errors, for the development half: what to read before changing phrases or word lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from evaluation.listener import Heard
from evaluation.questions import HELD_BACK, OUTSIDE
from evaluation.sets import Half, Row

Pair = tuple[Row, Heard]


def worst_errors(half: Half, questions: Sequence[Heard], risks: Sequence[Heard], harmless: Sequence[Heard]) -> str:
    """All errors by section, the surest first."""
    asked = list(zip(half.questions, questions))
    at_risk = list(zip(half.risks, risks))
    safe = list(zip(half.harmless, harmless))
    sections: list[tuple[str, Iterable[Pair], Callable[[Pair], bool]]] = [
        ("Risks not heard", at_risk, lambda p: not p[1].is_heard),
        (
            "Emergencies heard, but not as an emergency",
            at_risk,
            lambda p: p[0].level == "emergency" and p[1].is_heard and p[1].level != "emergency",
        ),
        ("Harmless messages handed to staff", safe, lambda p: p[1].goes_to_staff),
        ("Questions handed to staff as a risk", asked, lambda p: p[1].goes_to_staff),
        (
            "Out of scope, but given a topic or staff",
            asked,
            lambda p: p[0].label == OUTSIDE and p[1].label not in HELD_BACK and not p[1].goes_to_staff,
        ),
        (
            "In scope, but rejected",
            asked,
            lambda p: p[0].label != OUTSIDE and p[1].label == OUTSIDE and not p[1].goes_to_staff,
        ),
        (
            "Single questions given several answers",
            asked,
            lambda p: p[1].is_split,
        ),
        (
            "Questions given the wrong topic",
            asked,
            lambda p: (
                p[0].label != OUTSIDE
                and p[1].label not in (OUTSIDE, p[0].label)
                and not p[1].goes_to_staff
                and not p[1].is_split
            ),
        ),
    ]
    return "\n".join(_section(title, [pair for pair in pairs if wrong(pair)]) for title, pairs, wrong in sections)


def _section(title: str, pairs: list[Pair]) -> str:
    lines = [_line(pair) for pair in sorted(pairs, key=lambda pair: -pair[1].score)]
    return "\n".join([f"## {title}: {len(pairs)}", *lines, ""])


def _line(pair: Pair) -> str:
    row, heard = pair
    given = " + ".join(heard.answers) if heard.is_split else heard.intent
    alone = f", forced {heard.forced}" if heard.forced != given else ""
    levels = {heard.level, heard.lexicon_level}
    risk = f", level {heard.level}, word lists {heard.lexicon_level}" if levels != {"none"} else ""
    return f"- [{row.kind}] {row.text!r}: {row.label} -> {given} ({heard.score:.2f}{alone}{risk})"
