"""Which actions a turn takes where one rule per intent is not enough. Pure: no Rasa.

Rules answer single questions. The plan steps in for compound questions, bare follow-ups, a "yes" to the offer of staff,
questions beside a risk, and questions asked while a risk is with staff.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

HAND_OFF = "action_hand_off"
OFFER_STAFF = "utter_offer_staff"
STAFF_WILL_ANSWER = "utter_staff_will_answer"


@dataclass(frozen=True)
class Turn:
    """What is known when a message has been understood."""

    intent: str
    answers: Sequence[str] = ()
    """Several questions, or the harmless ones beside a risk."""
    risk_level: str = "none"
    risk_open: bool = False
    """A personal risk of this conversation is with staff."""
    staff_offered: bool = False
    """The last reply offered to pass the message to staff."""
    last_topic: str | None = None


@dataclass(frozen=True)
class Knowledge:
    """What does not change from turn to turn."""

    actions: Mapping[str, Sequence[str]]
    """The actions that the rules give each intent."""
    harmless: Collection[str]
    followups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def plan_turn(turn: Turn, knowledge: Knowledge) -> list[str] | None:
    """The turn's actions in order, or None where the rules say all there is to say."""
    if turn.risk_level in ("personal", "emergency"):
        return [HAND_OFF, *_actions(turn.answers, knowledge)] if turn.answers else None
    if turn.intent == "affirm" and turn.staff_offered:
        return [HAND_OFF]
    questions = _questions(turn, knowledge)
    allowed = [q for q in questions if q in knowledge.harmless] if turn.risk_open else questions
    actions = _actions(allowed, knowledge)
    if len(allowed) < len(questions):
        actions.insert(0, STAFF_WILL_ANSWER)
    elif turn.risk_level == "general" and questions:
        actions.append(OFFER_STAFF)
    ordinary = list(knowledge.actions.get(turn.intent, ()))
    return None if not actions or actions == ordinary else actions


def _questions(turn: Turn, knowledge: Knowledge) -> list[str]:
    if turn.answers:
        return list(turn.answers)
    if turn.intent in knowledge.followups:
        answer = knowledge.followups[turn.intent].get(turn.last_topic or "")
        return [answer] if answer else []
    return [turn.intent] if turn.intent.startswith("ask_") else []


def _actions(intents: Sequence[str], knowledge: Knowledge) -> list[str]:
    actions = [action for intent in intents for action in knowledge.actions.get(intent, ())]
    return list(dict.fromkeys(actions))
