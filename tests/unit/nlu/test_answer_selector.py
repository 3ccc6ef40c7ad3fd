from collections.abc import Callable, Sequence
from typing import Any

import pytest
from rasa.shared.nlu.training_data.message import Message

from assistant.answers import ScoredClause
from assistant.nlu.answer_selector import AnswerSelector
from assistant.nlu.keys import CLAUSES, NORMALISED, UNDERSTANDING


@pytest.fixture
def select(make: Callable[..., Any]) -> Callable[..., Message]:
    selector = make(AnswerSelector)

    def _select(intent: str, confidence: float, clauses: Sequence[ScoredClause] = (), text: str = "words") -> Message:
        message = Message({"text": text})
        message.set(NORMALISED, text)
        message.set("intent", {"name": intent, "confidence": confidence})
        message.set(CLAUSES, list(clauses))
        message.set(UNDERSTANDING, {"threshold": 0.2})
        selector.process([message])
        return message

    return _select


def entities(message: Message, name: str) -> list[str]:
    return [e["value"] for e in message.get("entities") or [] if e["entity"] == name]


def clause(intent: str, score: float = 0.9) -> ScoredClause:
    return ScoredClause("", 0, 1, True, intent, score)


def test_one_question_sets_the_topic_alone(select: Callable[..., Message]) -> None:
    message = select("ask_pain", 0.9, [clause("ask_pain")])
    assert entities(message, "topic") == ["ask_pain"]
    assert entities(message, "answer") == []


def test_two_questions_become_answers_in_order_and_leave_the_intent(select: Callable[..., Message]) -> None:
    message = select("ask_pain", 0.5, [clause("ask_price"), clause("ask_pain")])
    assert entities(message, "answer") == ["ask_price", "ask_pain"]
    assert message.get("intent")["name"] == "ask_pain"
    assert message.get(UNDERSTANDING)["answers"] == ["ask_price", "ask_pain"]


def test_below_the_threshold_the_message_is_not_understood(select: Callable[..., Message]) -> None:
    message = select("ask_pain", 0.1, [clause("ask_pain", 0.1)])
    assert message.get("intent")["name"] == "nlu_fallback"
    assert message.get(UNDERSTANDING)["answers"] == []


def test_a_clear_clause_rescues_it(select: Callable[..., Message]) -> None:
    message = select("out_of_scope", 0.1, [clause("out_of_scope"), clause("ask_pain")])
    assert message.get("intent")["name"] == "ask_pain"


def test_signs_alone_are_never_understood(select: Callable[..., Message]) -> None:
    assert select("greet", 0.99, text="???").get("intent")["name"] == "nlu_fallback"


def test_a_question_beside_a_greeting_is_what_counts(select: Callable[..., Message]) -> None:
    message = select("greet", 0.6, [clause("greet"), clause("ask_pain")])
    assert entities(message, "answer") == ["ask_pain"]


def test_a_bare_greeting_stays_a_greeting(select: Callable[..., Message]) -> None:
    message = select("greet", 0.9, [clause("greet")])
    assert message.get("intent")["name"] == "greet"
    assert entities(message, "answer") == []
