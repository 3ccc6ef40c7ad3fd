from collections.abc import Callable, Sequence
from typing import Any

import pytest
from rasa.shared.nlu.training_data.message import Message

from assistant.answers import ScoredClause
from assistant.clauses import split_clauses
from assistant.model_signal import Signal
from assistant.nlu.keys import CLAUSES, NORMALISED, RISK_SIGNAL, UNDERSTANDING
from assistant.nlu.risk_screen import RiskScreenComponent
from assistant.text import normalise


@pytest.fixture
def screen(make: Callable[..., Any]) -> Callable[..., Message]:
    component = make(RiskScreenComponent)

    def _screen(
        text: str, intent: str, score: float, clause_intents: Sequence[str] = (), margin: float = -1.0
    ) -> Message:
        message = Message({"text": text})
        message.set(NORMALISED, normalise(text))
        message.set("intent", {"name": intent, "confidence": score})
        message.set(RISK_SIGNAL, Signal(margin, "allergy"))
        clauses = split_clauses(normalise(text))
        message.set(
            CLAUSES,
            [ScoredClause(c.text, c.start, c.end, c.strong, i, 0.9) for c, i in zip(clauses, clause_intents)],
        )
        message.set(UNDERSTANDING, {"threshold": 0.2})
        component.process([message])
        return message

    return _screen


def entities(message: Message, name: str) -> list[str]:
    return [e["value"] for e in message.get("entities") or [] if e["entity"] == name]


def test_a_personal_risk_overrules_the_intent(screen: Callable[..., Message]) -> None:
    message = screen("أنا حَامل، هل ينفع؟", "ask_effectiveness", 0.9)
    assert message.get("intent")["name"] == "report_condition"
    assert entities(message, "risk") == ["personal"]
    finding = message.get(UNDERSTANDING)["risk"]["findings"][0]
    assert "أنا حَامل، هل ينفع؟"[finding["start"] : finding["end"]] == "حَامل"


def test_a_harmless_question_beside_a_risk_is_answered(screen: Callable[..., Message]) -> None:
    message = screen("كم جلسة احتاج وانا مرضع", "ask_session_count", 0.9, ["ask_session_count", "ask_session_count"])
    assert entities(message, "answer") == ["ask_session_count"]


def test_the_clause_that_holds_the_risk_is_never_answered(screen: Callable[..., Message]) -> None:
    message = screen("كم جلسة للحامل مثلي انا", "ask_session_count", 0.9, ["ask_session_count"])
    assert entities(message, "answer") == []


def test_other_questions_beside_a_risk_wait_for_staff(screen: Callable[..., Message]) -> None:
    message = screen("هل توجع؟ انا حامل", "ask_pain", 0.9, ["ask_pain", "report_condition"])
    assert entities(message, "answer") == []


def test_an_emergency_answers_nothing_else(screen: Callable[..., Message]) -> None:
    message = screen("كم السعر؟ ما اقدر اتنفس", "ask_price", 0.9, ["ask_price", "report_emergency"])
    assert message.get("intent")["name"] == "report_emergency"
    assert entities(message, "answer") == []


def test_the_model_alone_can_raise_a_risk(screen: Callable[..., Message]) -> None:
    text = "something the word lists do not know"
    assert screen(text, "ask_price", 0.9, margin=0.9).get("intent")["name"] == "report_condition"
    assert screen(text, "ask_price", 0.9, margin=-0.9).get(UNDERSTANDING)["risk"]["level"] == "none"


def test_a_doubtful_finding_that_the_model_clears_is_answered(screen: Callable[..., Message]) -> None:
    text = "my aunt is diabetic but the session is only for me, how much is it?"
    message = screen(text, "ask_price", 0.9)
    assert message.get("intent")["name"] == "ask_price"
    assert message.get(UNDERSTANDING)["risk"]["level"] == "general"
    assert screen(text, "ask_price", 0.9, margin=0.5).get("intent")["name"] == "report_condition"


def test_a_report_intent_does_not_bring_back_what_was_cleared(screen: Callable[..., Message]) -> None:
    message = screen("my aunt is diabetic but the session is only for me", "report_condition", 0.9)
    assert message.get("intent")["name"] == "nlu_fallback"


def test_a_harmless_message_stays_as_it_is(screen: Callable[..., Message]) -> None:
    message = screen("كم السعر؟", "ask_price", 0.9)
    assert message.get("intent")["name"] == "ask_price"
    assert entities(message, "risk") == []


def test_a_general_question_about_a_condition_is_marked_for_the_offer_of_staff(screen: Callable[..., Message]) -> None:
    assert entities(screen("هل ينفع للحوامل؟", "ask_who_should_not", 0.9), "risk") == ["general"]


def test_a_general_question_about_an_effect_is_an_ordinary_question(screen: Callable[..., Message]) -> None:
    assert entities(screen("my skin is brown, will it leave dark patches", "ask_skin_darkening", 0.9), "risk") == []


def test_a_report_intent_without_a_risk_is_thought_over(screen: Callable[..., Message]) -> None:
    message = screen(
        "ماني حامل ولا ارضع، بكم الجلسة؟", "report_condition", 0.5, ["report_condition", "ask_price", "ask_price"]
    )
    assert message.get("intent")["name"] == "ask_price"


def test_a_report_intent_that_the_model_is_sure_of_stands(screen: Callable[..., Message]) -> None:
    assert screen("words unknown to the lists", "report_condition", 0.9).get("intent")["name"] == "report_condition"
