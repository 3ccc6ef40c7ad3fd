"""A message's facts, made from the message alone: pure judgement, no database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from desk.conversations.models import Author, Direction, Kind, Message
from desk.review.priorities import Reason, priority_of
from desk.review.terms import terms_of
from desk.screening import LEVELS, read_risk, settled

FALLBACK = "nlu_fallback"
UNANSWERED = (FALLBACK, "out_of_scope")
"""Topics of a message that no answer of ours fits."""
REPORT = "report_"
LOW_MARGIN = 0.35
"""Below it the second-best topic scored more than about two thirds of the first."""
ASKED = (Kind.TEXT,)
"""Kinds of message whose understanding can be right or wrong; a button is never misread."""


@dataclass(frozen=True)
class Surroundings:
    """What other rows say about a message."""

    thumbs_down: bool = False
    handoff_verdict: str = ""
    is_reviewed: bool = False
    neighbours_agree: bool | None = None


def facts_of(message: Message, around: Surroundings = Surroundings()) -> dict[str, Any]:
    """The columns of `MessageFacts` for one message."""
    is_asked = message.direction == Direction.IN and message.author == Author.PATIENT
    understood = _object(message.understanding)
    facts: dict[str, Any] = {
        "conversation_id": message.conversation_id,
        "at": message.created_at,
        "author": message.author,
        "channel": message.channel,
        "language": message.language,
        "topic": str(understood.get("intent") or message.choice or "")[:64],
        "risk": _risk_of(message.risk, understood.get("risk")) if is_asked else "",
        "margin": None,
        "is_fallback": False,
        "is_low_margin": False,
        "is_thumbs_down": around.thumbs_down,
        "is_at_odds": False,
        "neighbours_agree": around.neighbours_agree,
        "handoff_verdict": around.handoff_verdict,
        "is_reviewed": around.is_reviewed,
        "priority": 0,
        "reasons": [],
        "terms": "" if message.withdrawn_at else terms_of(message.text),
    }
    if is_asked and message.kind in ASKED and message.withdrawn_at is None:
        facts |= _judged(message, understood, around)
    return facts


def _judged(message: Message, understood: dict[str, Any], around: Surroundings) -> dict[str, Any]:
    margin = margin_of(understood)
    is_fallback = understood.get("intent") == FALLBACK
    at_odds = screen_and_model_disagree(message.risk, understood)
    is_low = margin is not None and margin < LOW_MARGIN and not is_fallback
    reasons = [
        reason
        for reason, holds in (
            (Reason.THUMBS_DOWN, around.thumbs_down),
            (Reason.HANDOFF_MISSED, around.handoff_verdict == "missed"),
            (Reason.HANDOFF_NEEDLESS, around.handoff_verdict == "needless"),
            (Reason.AT_ODDS, at_odds),
            (Reason.FALLBACK, is_fallback),
            (Reason.LOW_MARGIN, is_low),
            (Reason.NEIGHBOURS, around.neighbours_agree is False and not is_fallback),
        )
        if holds
    ]
    return {
        "margin": margin,
        "is_fallback": is_fallback,
        "is_low_margin": is_low,
        "is_at_odds": at_odds,
        "reasons": [reason.value for reason in reasons],
        "priority": priority_of(reasons),
    }


def margin_of(understood: dict[str, Any]) -> float | None:
    """How far the first topic is ahead of the second, as a share of the first; None without a ranking of two."""
    scores = [entry.get("confidence") for entry in _ranking(understood)]
    if len(scores) < 2 or not all(isinstance(score, (int, float)) for score in scores[:2]):
        return None
    first, second = float(scores[0]), float(scores[1])  # type: ignore[arg-type]
    return max(0.0, min(1.0, (first - second) / first)) if first > 0 else 0.0


def screen_and_model_disagree(screened: Any, understood: dict[str, Any]) -> bool:
    """Whether one of them hears a personal risk and the other does not think of any."""
    if not understood or screened is None:
        return False
    heard = read_risk(screened).is_personal
    union = read_risk(understood["risk"]) if understood.get("risk") else None
    by_model = any(finding.get("source") == "model" for finding in union.findings) if union else False
    if by_model and not heard:
        return True
    ranking = _ranking(understood)
    return heard and bool(ranking) and not any(str(entry.get("intent")).startswith(REPORT) for entry in ranking)


def graver(*levels: str) -> str:
    """The gravest of some risk levels; empty while none is known."""
    known = [level for level in levels if level in LEVELS]
    return max(known, key=LEVELS.index, default="")


def _risk_of(screened: Any, understood: Any) -> str:
    return graver(_level(settled(screened, understood)), _level(understood))


def _level(risk: Any) -> str:
    return read_risk(risk).level if risk is not None else ""


def _ranking(understood: dict[str, Any]) -> list[dict[str, Any]]:
    ranking = understood.get("ranking")
    return [entry for entry in ranking if isinstance(entry, dict)] if isinstance(ranking, list) else []


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
