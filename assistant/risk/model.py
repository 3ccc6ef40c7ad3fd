"""What the risk screen says: findings, levels and urgencies, and the one place where they are decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

UNSPECIFIED = "unspecified"
"""The category of a finding that names no condition: the model's own signal, or an error inside the screen."""
EMERGENCY_CATEGORY = "emergency"
URGENT_CATEGORIES = frozenset({"post_treatment_warning", "home_injury"})


class Level(str, Enum):
    """How far a message must go."""

    NONE = "none"
    GENERAL = "general"
    PERSONAL = "personal"
    EMERGENCY = "emergency"


class Urgency(str, Enum):
    """How fast staff must answer."""

    ROUTINE = "routine"
    URGENT = "urgent"
    EMERGENCY = "emergency"


class Doubt(str, Enum):
    """Why a finding alone does not decide."""

    OTHER = "other"
    """it is another person's, or was heard or read somewhere"""
    NOT_TREATED = "not_treated"
    """the session is for the writer, not for the person spoken of"""
    PAST = "past"
    """it was long ago, or is over"""
    DENIED = "denied"
    """a denial stands near, but does not surely reach it"""
    ASKED = "asked"
    """the sentence asks, and says nothing of the writer"""
    UNCLAIMED = "unclaimed"
    """nothing in the message says whose it is"""
    JOKING = "joking"
    """laughter, or words that make a figure of speech of it"""


class Who(str, Enum):
    """Whom a finding is about."""

    SELF = "self"
    OTHER = "other"
    GENERAL = "general"


_URGENCY_ORDER = (Urgency.ROUTINE, Urgency.URGENT, Urgency.EMERGENCY)


@dataclass(frozen=True)
class Finding:
    """One thing heard in a message; `start:end` are characters of the text as given."""

    category: str
    text: str
    start: int
    end: int
    who: Who
    negated: bool
    source: str  # "lexicon" | "model" | "error"
    version: str
    kind: str | None = None
    cue: str | None = None  # the words that silenced it or said whom it is about
    doubts: tuple[Doubt, ...] = ()
    cleared: bool = False
    """It was doubtful, and the model did not agree."""

    @property
    def counts(self) -> bool:
        """Whether it is about a person and holds."""
        return not self.negated and not self.cleared and self.who is not Who.GENERAL

    @property
    def urgency(self) -> Urgency:
        """How fast this finding alone asks for staff."""
        if self.category == EMERGENCY_CATEGORY:
            return Urgency.EMERGENCY
        if self.category in URGENT_CATEGORIES or self.source == "error":
            return Urgency.URGENT
        return Urgency.ROUTINE

    def as_dict(self) -> dict[str, object]:
        """Return the form of the assistant contract."""
        return {
            "category": self.category,
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "who": self.who.value,
            "negated": self.negated,
            "source": self.source,
            "version": self.version,
            "kind": self.kind,
            "cue": self.cue,
            "doubts": [doubt.value for doubt in self.doubts],
            "cleared": self.cleared,
        }


@dataclass(frozen=True)
class Risk:
    """The judgement of one message. Silenced and general findings stay in it, to explain."""

    level: Level
    urgency: Urgency | None
    findings: tuple[Finding, ...]

    @property
    def is_doubtful(self) -> bool:
        """Whether it reaches staff by doubtful findings alone: the model may clear it (`assistant.model_signal`)."""
        held = [finding for finding in self.findings if finding.counts]
        return bool(held) and all(finding.doubts for finding in held)

    @property
    def is_perhaps_of_another(self) -> bool:
        """Whether all that holds is in doubt because others are spoken of, or are not the ones to be treated."""
        held = [finding for finding in self.findings if finding.counts]
        return bool(held) and all({Doubt.OTHER, Doubt.NOT_TREATED} & set(finding.doubts) for finding in held)

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories that hold for a person, each once, in order."""
        return tuple(dict.fromkeys(f.category for f in self.findings if f.counts))

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds ("self_harm", ...) that hold for a person, each once, in order."""
        return tuple(dict.fromkeys(f.kind for f in self.findings if f.counts and f.kind))

    def as_dict(self) -> dict[str, object]:
        """Return the form of the assistant contract."""
        return {
            "level": self.level.value,
            "urgency": self.urgency.value if self.urgency else None,
            "doubtful": self.is_doubtful,
            "findings": [finding.as_dict() for finding in self.findings],
        }


def judge(findings: Iterable[Finding]) -> Risk:
    """Decide level and urgency. Nothing else in the product does."""
    kept = tuple(dict.fromkeys(findings))
    held = [finding for finding in kept if finding.counts]
    if held:
        urgency = max((f.urgency for f in held), key=_URGENCY_ORDER.index)
        level = Level.EMERGENCY if urgency is Urgency.EMERGENCY else Level.PERSONAL
        return Risk(level, urgency, kept)
    if any(not finding.negated for finding in kept):
        return Risk(Level.GENERAL, None, kept)
    return Risk(Level.NONE, None, kept)


def settle(risk: Risk, *, agrees: bool) -> Risk:
    """Judge again after the model's look at doubtful findings: they hold, or nobody is said to have anything."""
    return judge(
        replace(finding, doubts=(), cleared=not agrees) if finding.counts and finding.doubts else finding
        for finding in risk.findings
    )


def combine(*risks: Risk) -> Risk:
    """Unite several judgements of one message; the union wins."""
    return judge(finding for risk in risks for finding in risk.findings)
