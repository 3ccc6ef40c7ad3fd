"""Which answers a message gets, in order: its clauses' meanings against the whole message's, and beside a risk."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

MAX_ANSWERS = 3


@dataclass(frozen=True)
class ScoredClause:
    """A clause, the span of the normalised text it covers, and what it most likely asks."""

    text: str
    start: int
    end: int
    strong: bool
    """Whether it is parted from the clause before by more than a bare "and" or comma."""
    intent: str
    score: float


@dataclass(frozen=True)
class Cutoffs:
    """Scores from which a clause stands as a question of its own."""

    strong: float
    weak: float


def compound_answers(clauses: Sequence[ScoredClause], *, answerable: Collection[str], cutoffs: Cutoffs) -> list[str]:
    """The intents to answer one after the other, or an empty list when the message asks one thing.

    A clause behind a weak boundary must be surer than one behind a strong boundary: "redness and swelling" is one
    question. Clauses that fail are taken as part of the question they stand beside.
    """
    intents: list[str] = []
    for clause in clauses:
        cutoff = cutoffs.strong if clause.strong else cutoffs.weak
        if clause.intent in answerable and clause.score >= cutoff and clause.intent not in intents:
            intents.append(clause.intent)
    return intents[:MAX_ANSWERS] if len(intents) > 1 else []


def rescued_answer(clauses: Sequence[ScoredClause], *, answerable: Collection[str], cutoff: float) -> str | None:
    """The one question inside a message that was not understood as a whole."""
    found = {clause.intent for clause in clauses if clause.intent in answerable and clause.score >= cutoff}
    return found.pop() if len(found) == 1 else None


def answers_beside_risk(clauses: Iterable[ScoredClause], *, harmless: Collection[str], cutoff: float) -> list[str]:
    """Harmless questions among the clauses that hold no risk, in order."""
    intents = [c.intent for c in clauses if c.intent in harmless and c.score >= cutoff]
    return list(dict.fromkeys(intents))[:MAX_ANSWERS]
