"""The model's own word on risk, as findings for `assistant.risk` to judge: it adds to the word lists, no more."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.risk import UNSPECIFIED, Finding, Level, Risk, Who, judge

CATEGORY_OF_INTENT = {
    "report_condition": UNSPECIFIED,
    "report_reaction": "post_treatment_warning",
    "report_emergency": "emergency",
}


@dataclass(frozen=True)
class Signal:
    """How sure the model is that a message holds a personal risk (a margin), and the likeliest category."""

    margin: float
    category: str


@dataclass(frozen=True)
class SignalCutoffs:
    """Margins from which the model's signal counts as a risk."""

    alone: float
    """where the word lists heard nothing at all"""
    against_general: float
    """where they heard a condition that nobody is said to have"""
    against_negation: float
    """where all that they heard was denied"""
    topic_weight: float = 0.0
    """how much a topic that the intent model is sure of (from a half on) weighs against a risk"""

    def for_lexicon(self, lexicon: Risk) -> float:
        if lexicon.level is Level.GENERAL:
            return self.against_general
        return self.against_negation if lexicon.findings else self.alone


def model_risk(
    text: str, signal: Signal, *, lexicon: Risk, topic_confidence: float, cutoffs: SignalCutoffs
) -> Risk | None:
    """The model's finding, to unite with the lexicon's risk; None where it has nothing to add."""
    if lexicon.level in (Level.PERSONAL, Level.EMERGENCY):
        return None
    margin = signal.margin - cutoffs.topic_weight * max(0.0, topic_confidence - 0.5)
    if margin < cutoffs.for_lexicon(lexicon):
        return None
    finding = Finding(
        category=signal.category,
        text=text,
        start=0,
        end=len(text),
        who=Who.SELF,
        negated=False,
        source="model",
        version="",
    )
    return judge([finding])
