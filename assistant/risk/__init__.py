"""Hears health risks in messages: pure judgement over the clinician's word lists in `data/risk/`."""

from assistant.risk.lexicon import Cues, Lexicon
from assistant.risk.model import UNSPECIFIED, Doubt, Finding, Level, Risk, Urgency, Who, combine, judge, settle
from assistant.risk.screen import RiskScreen, load_screen

__all__ = [
    "UNSPECIFIED", "Cues", "Doubt", "Finding", "Level", "Lexicon", "Risk", "RiskScreen", "Urgency", "Who",
    "combine", "judge", "load_screen", "settle",
]  # fmt: skip
