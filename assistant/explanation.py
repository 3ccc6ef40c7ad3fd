"""Why a message was understood as it was: everything that had a say in it, as plain data for staff to read."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Candidate:
    """One intent the model thought of, best first in an explanation."""

    intent: str
    score: float
    """(weighted mean of both halves) x cosine to the nearest phrase; compare it with the threshold."""
    ngram: float
    """Probability by the half that reads words and letters, 0..1."""
    embedding: float
    """Probability by the half that reads the sentence's meaning, 0..1."""
    nearest_phrase: str
    """The training phrase of this intent that is most alike."""


@dataclass(frozen=True)
class Neighbour:
    """A training phrase near the message, whatever its intent."""

    phrase: str
    intent: str
    cosine: float


@dataclass(frozen=True)
class ClauseReading:
    """One clause, what it asks by itself, and whether it was parted by more than a bare "and"."""

    text: str
    strong: bool
    intent: str
    score: float


@dataclass(frozen=True)
class Explanation:
    """One message, from the text as typed to the decision."""

    text: str
    normalised: str
    language: str | None
    script: str | None
    read_as: str
    """The words as the sentence half reads them: Arabizi in Arabic script."""
    intent: str
    """After fallback, clauses and risk."""
    answers: tuple[str, ...]
    threshold: float
    candidates: tuple[Candidate, ...]
    neighbours: tuple[Neighbour, ...]
    clauses: tuple[ClauseReading, ...]
    risk: dict[str, Any]
    """The union, in the form of the assistant contract; findings keep the cue that silenced or scoped them."""
    risk_margin: float | None
    """The model's own signal on risk: above 0 it leans towards a risk."""
    risk_category: str

    @property
    def score(self) -> float:
        return self.candidates[0].score if self.candidates else 0.0

    @property
    def is_understood(self) -> bool:
        return self.score >= self.threshold

    @property
    def neighbours_agree(self) -> bool:
        """Whether one of the nearest phrases is of the classifier's first choice."""
        if not self.candidates or not self.neighbours:
            return True
        return any(neighbour.intent == self.candidates[0].intent for neighbour in self.neighbours)

    def as_dict(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "score": self.score,
            "is_understood": self.is_understood,
            "neighbours_agree": self.neighbours_agree,
        }
