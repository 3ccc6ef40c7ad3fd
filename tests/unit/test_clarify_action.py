"""Asking back: which topics are offered, and when staff are."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker

from actions.clarify import TOPICS, ActionClarify
from tests.unit.action_runs import (
    LANGUAGES,
    MAX_TITLE,
    WORDINGS,
    risk,
    run,
    tracker_of,
)


def unclear(*ranking: str, text: str = "وش السالفة", **understanding: Any) -> dict[str, Any]:
    return {
        "text": text,
        "intent": {"name": "nlu_fallback", "confidence": 0.1},
        "intent_ranking": [{"name": name, "confidence": 0.1} for name in ranking],
        "understanding": understanding,
    }


class TestClarify:
    def test_the_two_likeliest_questions_and_a_way_out(self) -> None:
        latest = unclear("nlu_fallback", "greet", "ask_pain", "ask_human", "ask_price", "ask_sun")
        [message], slots = run(ActionClarify(), tracker_of(latest))
        assert message["response"] == "utter_clarify"
        assert message["buttons"] == [
            {"title": TOPICS["ask_pain"].title["ar"], "payload": "/ask_pain"},
            {"title": TOPICS["ask_price"].title["ar"], "payload": "/ask_price"},
            {"title": "لا شيء منها", "payload": "/ask_human"},
        ]
        assert slots == {"clarify_count": 1.0}

    def test_the_second_time_in_a_row_staff_are_offered(self) -> None:
        tracker = tracker_of(unclear("ask_pain"), language="en", clarify_count=1.0)
        [message], slots = run(ActionClarify(), tracker)
        assert message["response"] == "utter_clarify_offer_staff"
        assert message["buttons"] == [
            {"title": "Yes, pass it on", "payload": "/ask_human"},
            {"title": "No, thanks", "payload": "/deny"},
        ]
        assert slots == {"clarify_count": 2.0, "staff_offered": True}

    def offered(self, tracker: Tracker) -> list[str]:
        [message], _ = run(ActionClarify(), tracker)
        return [button["payload"] for button in message["buttons"]]

    def test_beside_an_open_risk_only_harmless_questions_are_offered(self) -> None:
        latest = unclear("ask_pain", "ask_who_should_not", "ask_price", "ask_sun", "ask_hours")
        assert self.offered(tracker_of(latest, risk_open=True)) == ["/ask_price", "/ask_hours", "/ask_human"]

    def test_a_risk_in_the_message_itself_counts_as_open(self) -> None:
        latest = unclear("ask_pain", "ask_price", risk=risk("pregnancy_breastfeeding"))
        assert self.offered(tracker_of(latest)) == ["/ask_price", "/ask_human"]

    def test_with_no_question_to_offer_staff_are(self) -> None:
        assert self.offered(tracker_of(unclear("greet", "nlu_fallback"))) == ["/ask_human", "/deny"]
        assert self.offered(tracker_of(unclear("ask_pain"), risk_open=True)) == ["/ask_human", "/deny"]
        assert self.offered(tracker_of({"text": "hm"})) == ["/ask_human", "/deny"]

    @pytest.mark.parametrize("text", ["🙂🙂", "???", "؟", "123", "١٢", " . ", "", None])
    def test_a_message_without_letters_is_asked_for_words_and_not_counted(self, text: str | None) -> None:
        tracker = tracker_of({**unclear("ask_pain"), "text": text}, clarify_count=1.0)
        [message], slots = run(ActionClarify(), tracker)
        assert message["response"] == "utter_empty"
        assert message["buttons"] == []
        assert slots == {}

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("count", [0.0, 1.0])
    def test_every_title_fits_on_a_button(self, count: float, language: str) -> None:
        for topic in TOPICS:
            tracker = tracker_of(unclear(topic), language=language, clarify_count=count)
            [message], _ = run(ActionClarify(), tracker)
            assert all(0 < len(button["title"]) <= MAX_TITLE for button in message["buttons"])
            assert (message["response"], language) in WORDINGS
