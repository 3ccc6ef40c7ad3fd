"""Why a conversation needs a human, and what a further reason does to an open handoff. Nothing is stored here."""

from __future__ import annotations

from dataclasses import dataclass

from desk.handoffs.models import Handoff, Urgency
from desk.screening import ScreenedRisk

PERSONAL_RISK = "personal_risk"
SUMMARY_LENGTH = 1000


@dataclass(frozen=True)
class Need:
    reason: str
    urgency: Urgency = Urgency.ROUTINE
    categories: tuple[str, ...] = ()
    summary: str = ""

    @classmethod
    def from_risk(cls, risk: ScreenedRisk, summary: str = "") -> Need:
        known = risk.urgency if risk.urgency in Urgency.values else Urgency.ROUTINE
        urgency = Urgency.EMERGENCY if risk.is_emergency else Urgency(known)
        reason = "emergency" if risk.is_emergency else PERSONAL_RISK
        return cls(reason, urgency, risk.categories, summary)

    def is_graver_than(self, handoff: Handoff) -> bool:
        return self.urgency.rank > Urgency(handoff.urgency).rank


def add_need(handoff: Handoff, need: Need) -> None:
    """Append new risks and take the higher urgency; the graver need names the reason."""
    first_risk = bool(need.categories) and not handoff.categories
    if need.is_graver_than(handoff) or first_risk:
        handoff.reason = need.reason
    if need.is_graver_than(handoff):
        handoff.urgency = need.urgency
    handoff.categories = list(dict.fromkeys([*handoff.categories, *need.categories]))
    handoff.summary = _joined(handoff.summary, need.summary)


def _joined(old: str, new: str) -> str:
    if not new or new in old:
        return old
    return f"{old}\n{new}".strip()[-SUMMARY_LENGTH:]
