"""The intent model's own word on risk: its `report_*` intents as findings for `assistant.risk` to judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.risk import UNSPECIFIED, Finding, Level, Risk, Who, judge

_CATEGORY_OF = {
    "report_condition": UNSPECIFIED,
    "report_reaction": "post_treatment_warning",
    "report_emergency": "emergency",
}


@dataclass(frozen=True)
class SignalCutoffs:
    """Classifier scores from which a `report_*` intent counts as a risk."""

    alone: float
    """where the word lists heard nothing at all"""
    against_lexicon: float
    """where the word lists heard something and found it negated or general"""


class ModelSignal:
    """Turn the best intent into a finding, where it is a `report_*` and sure enough."""

    def __init__(self, cutoffs: SignalCutoffs) -> None:
        self._cutoffs = cutoffs

    def finding(self, text: str, ranking: Sequence[tuple[str, float]], *, lexicon: Risk) -> Risk | None:
        """The model's finding as a risk to unite with the lexicon's, or None where it has nothing to add."""
        if not ranking or lexicon.level in (Level.PERSONAL, Level.EMERGENCY):
            return None
        intent, score = ranking[0]
        cutoff = self._cutoffs.against_lexicon if lexicon.findings else self._cutoffs.alone
        if intent not in _CATEGORY_OF or score < cutoff:
            return None
        return judge(
            [
                Finding(
                    category=_CATEGORY_OF[intent],
                    text=text,
                    start=0,
                    end=len(text),
                    who=Who.SELF,
                    negated=False,
                    source="model",
                    version="",
                )
            ]
        )
