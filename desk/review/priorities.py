"""What is most worth a reviewer's look, as one number that can be said in words."""

from __future__ import annotations

from enum import Enum


class Reason(str, Enum):
    """Why a message is in the review queue; the page has words for each."""

    THUMBS_DOWN = "thumbs_down"
    HANDOFF_MISSED = "handoff_missed"
    AT_ODDS = "at_odds"
    FALLBACK = "fallback"
    HANDOFF_NEEDLESS = "handoff_needless"
    LOW_MARGIN = "low_margin"
    NEIGHBOURS = "neighbours"


WEIGHTS: dict[Reason, int] = {
    # somebody said so
    Reason.THUMBS_DOWN: 5,
    Reason.HANDOFF_MISSED: 5,
    Reason.HANDOFF_NEEDLESS: 3,
    # the product noticed it itself
    Reason.AT_ODDS: 4,
    Reason.FALLBACK: 3,
    Reason.LOW_MARGIN: 2,
    Reason.NEIGHBOURS: 1,
}


def priority_of(reasons: list[Reason]) -> int:
    return sum(WEIGHTS[reason] for reason in reasons)
