"""How well questions are understood: as the patient gets them, and by the classifier's choice alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from evaluation.listener import Heard
from evaluation.metrics import Share, accuracy, macro_f1, macro_f1_interval
from evaluation.sets import KINDS, Row

OUTSIDE = "out_of_scope"
CHATTER = ("greet", "goodbye", "thank", "affirm", "deny")
"""Intents answered by a courtesy: an out-of-scope message that gets one was given no topic and no staff."""
ASKS_BACK = ("follow_how_long", "follow_how_many", "follow_when", "follow_why")
"""Without an earlier topic these ask back, as the fallback does."""
HELD_BACK = frozenset({OUTSIDE, *CHATTER, *ASKS_BACK})
_THRESHOLDS = (0.0, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)


def question_figures(rows: Sequence[Row], heard: Sequence[Heard]) -> dict[str, Any]:
    """Accuracy and macro-F1 per language kind and overall; fallback; false handoffs; questions cut in two."""
    gold = [row.label for row in rows]
    received = [one.label for one in heard]
    forced = [one.forced for one in heard]
    inside = [place for place, label in enumerate(gold) if label != OUTSIDE]
    outside = [place for place, label in enumerate(gold) if label == OUTSIDE]
    per_kind = {
        kind: _understood(gold, received, forced, [i for i, row in enumerate(rows) if row.kind == kind])
        for kind in KINDS
        if any(row.kind == kind for row in rows)
    }
    return {
        "overall": _understood(gold, received, forced, list(range(len(rows)))),
        "in_scope": _understood(gold, received, forced, inside),
        "per_kind": per_kind,
        "fallback_recall": Share.of([received[i] in HELD_BACK for i in outside]).as_dict(),
        "fallback_recall_strict": Share.of([received[i] == OUTSIDE for i in outside]).as_dict(),
        "wrongly_rejected": Share.of([received[i] == OUTSIDE for i in inside]).as_dict(),
        "false_handoffs": Share.of([one.goes_to_staff for one in heard]).as_dict(),
        "several_answers": Share.of([heard[i].is_split for i in inside]).as_dict(),
        "several_answers_with_the_right_one": Share.of(
            [gold[i] in heard[i].answers for i in inside if heard[i].is_split]
        ).as_dict(),
        "per_intent": _per_intent(gold, received),
        "thresholds": [_at_threshold(gold, heard, inside, outside, cut) for cut in _THRESHOLDS],
    }


def _understood(
    gold: Sequence[str], received: Sequence[str], forced: Sequence[str], places: Collection[int]
) -> dict[str, Any]:
    truth = [gold[i] for i in places]
    got = [received[i] for i in places]
    chosen = [forced[i] for i in places]
    low, high = macro_f1_interval(truth, got)
    return {
        "messages": len(truth),
        "accuracy": accuracy(truth, got),
        "macro_f1": macro_f1(truth, got),
        "macro_f1_low": low,
        "macro_f1_high": high,
        "forced_accuracy": accuracy(truth, chosen),
        "forced_macro_f1": macro_f1(truth, chosen),
    }


def _at_threshold(
    gold: Sequence[str], heard: Sequence[Heard], inside: Sequence[int], outside: Sequence[int], cut: float
) -> dict[str, float]:
    """What the classifier alone would give at another threshold, before clauses and risk."""
    given = [one.forced if one.score >= cut else OUTSIDE for one in heard]
    return {
        "threshold": cut,
        "in_scope_accuracy": accuracy([gold[i] for i in inside], [given[i] for i in inside]),
        "wrongly_rejected": Share.of([given[i] == OUTSIDE for i in inside]).value,
        "fallback_recall": Share.of([given[i] in HELD_BACK for i in outside]).value,
    }


def _per_intent(gold: Sequence[str], received: Sequence[str]) -> dict[str, dict[str, float]]:
    figures = {}
    for intent in sorted(set(gold)):
        expected, claimed = gold.count(intent), received.count(intent)
        right = sum(truth == intent == got for truth, got in zip(gold, received))
        figures[intent] = {
            "messages": expected,
            "recall": right / expected,
            "precision": right / claimed if claimed else 0.0,
            "f1": 2 * right / (expected + claimed),
        }
    return figures
