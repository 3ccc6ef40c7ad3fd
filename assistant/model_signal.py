"""The model's own word on risk, for `assistant.risk` to judge: it adds findings, and clears doubtful ones."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.risk import UNSPECIFIED, Finding, Level, Risk, Who, judge, settle

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
    doubtful: float
    """from which a doubtful finding of theirs holds"""
    of_another: float
    """the same where somebody else than the patient is spoken of"""
    joking: float
    """from which an emergency that may be a joke holds"""
    topic_weight: float = 0.0
    """how much a topic that the intent model is sure of weighs against a risk"""
    topic_from: float = 0.5
    """the score from which the intent model is sure of it"""

    def for_lexicon(self, lexicon: Risk) -> float:
        if lexicon.level is Level.GENERAL:
            return self.against_general
        return self.against_negation if lexicon.findings else self.alone

    def for_doubtful(self, lexicon: Risk) -> float:
        if lexicon.level is Level.EMERGENCY:
            return self.joking
        return self.of_another if lexicon.is_perhaps_of_another else self.doubtful


def second_look(lexicon: Risk, signal: Signal, cutoffs: SignalCutoffs) -> Risk:
    """What is left of the lists' findings: one without any doubt holds whatever the model says."""
    if not lexicon.is_doubtful:
        return lexicon
    return settle(lexicon, agrees=signal.margin >= cutoffs.for_doubtful(lexicon))


def model_risk(
    text: str, signal: Signal, *, lexicon: Risk, topic_confidence: float, cutoffs: SignalCutoffs
) -> Risk | None:
    """The model's finding, to unite with the lexicon's risk; None where it has nothing to add."""
    if lexicon.level in (Level.PERSONAL, Level.EMERGENCY) or any(finding.cleared for finding in lexicon.findings):
        return None  # heard already, or looked at already
    if not any(char.isalpha() for char in text):
        return None  # "12" and "..." say nothing of anybody
    margin = signal.margin - cutoffs.topic_weight * max(0.0, topic_confidence - cutoffs.topic_from)
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
