"""Handing over: what staff are told, and what the patient is."""

from __future__ import annotations

from typing import Any

import pytest

from actions.hand_off import ActionHandOff
from tests.unit.action_runs import (
    LANGUAGES,
    WORDINGS,
    finding,
    risk,
    run,
    spoken,
    tracker_of,
)


def heard(intent: str, data: Any = None) -> dict[str, Any]:
    understanding = {} if data is None else {"risk": data}
    text = "انا حامل واسمي نورة"
    return {"text": text, "intent": {"name": intent, "confidence": 0.9}, "understanding": understanding}


class TestHandOff:
    def hand_off(self, latest: dict[str, Any], **slots: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """The response, the request to the desk and the slots set."""
        [words, request], events = run(ActionHandOff(), tracker_of(latest, **slots))
        assert (words["response"], "ar") in WORDINGS
        assert not request["response"]
        assert not request["text"]
        handoff = request["custom"]["handoff"]
        assert set(handoff) == {"reason", "urgency", "summary", "categories"}
        assert "\n" not in handoff["summary"]
        return words["response"], handoff, events

    @pytest.mark.parametrize(
        ("intent", "response", "reason"),
        [
            ("ask_human", "utter_ask_human", "asked_for_staff"),
            ("affirm", "utter_hand_off", "asked_for_staff"),
            ("complain", "utter_complain", "complaint"),
            ("ask_delete_data", "utter_ask_delete_data", "delete_data"),
            ("ask_other_area", "utter_hand_off", "not_in_article"),
            ("ask_other_treatment", "utter_hand_off", "not_in_article"),
            ("out_of_scope", "utter_hand_off", "not_in_article"),
            ("nlu_fallback", "utter_hand_off", "other"),
            ("", "utter_hand_off", "other"),
        ],
    )
    @pytest.mark.parametrize("data", [None, {"level": "none", "urgency": None, "findings": []}])
    def test_without_a_risk(self, intent: str, response: str, reason: str, data: Any) -> None:
        said, request, events = self.hand_off(heard(intent, data))
        assert (said, request["reason"], request["urgency"]) == (response, reason, "routine")
        assert request["categories"] == []
        assert events == {"last_topic": None, "clarify_count": 0.0}

    @pytest.mark.parametrize(
        ("categories", "response", "urgency"),
        [
            (["emergency"], "utter_emergency", "emergency"),
            (["pregnancy_breastfeeding", "emergency"], "utter_emergency", "emergency"),
            (["post_treatment_warning"], "utter_hand_off_reaction", "urgent"),
            (["home_injury", "allergy"], "utter_hand_off_reaction", "urgent"),
            (["pregnancy_breastfeeding"], "utter_hand_off_condition", "routine"),
            (["isotretinoin", "keloid_scarring"], "utter_hand_off_condition", "routine"),
        ],
    )
    @pytest.mark.parametrize("intent", ["report_condition", "ask_price", "complain", "ask_human"])
    def test_a_risk_goes_before_anything_else_asked(
        self, categories: list[str], response: str, urgency: str, intent: str
    ) -> None:
        said, request, events = self.hand_off(heard(intent, risk(*categories)))
        assert (said, request["reason"], request["urgency"]) == (response, "risk", urgency)
        assert request["categories"] == categories
        assert events == {"risk_open": True, "last_topic": None, "clarify_count": 0.0}

    def test_thoughts_of_self_harm_have_words_of_their_own(self) -> None:
        said, request, _ = self.hand_off(heard("report_emergency", risk("emergency", kind="self_harm")))
        assert (said, request["urgency"]) == ("utter_self_harm", "emergency")

    @pytest.mark.parametrize(
        ("intent", "response", "urgency", "category"),
        [
            ("report_condition", "utter_hand_off_condition", "routine", "unspecified"),
            ("report_reaction", "utter_hand_off_reaction", "urgent", "post_treatment_warning"),
            ("report_emergency", "utter_emergency", "emergency", "emergency"),
        ],
    )
    def test_the_intent_alone_is_a_risk(self, intent: str, response: str, urgency: str, category: str) -> None:
        said, request, events = self.hand_off(heard(intent))
        assert (said, request["reason"], request["urgency"]) == (response, "risk", urgency)
        assert request["categories"] == [category]
        assert events["risk_open"] is True

    @pytest.mark.parametrize("change", [{"negated": True}, {"who": "general"}])
    def test_what_is_denied_or_general_is_no_risk(self, change: dict[str, Any]) -> None:
        data = {**risk("pregnancy_breastfeeding", **change), "level": "general"}
        said, request, events = self.hand_off(heard("ask_human", data))
        assert (said, request["categories"]) == ("utter_ask_human", [])
        assert "risk_open" not in events

    @pytest.mark.parametrize(
        "data",
        [
            {"level": "personal", "findings": []},
            {"level": "personal"},
            {"level": "new"},
            {"findings": []},
            {"level": "none", "findings": [{"category": "allergy"}]},
            {"level": "none", "findings": ["allergy"]},
            risk("allergy", who="nobody"),
            risk("unspecified", source="error", text=""),
            "allergy",
        ],
    )
    def test_what_cannot_be_read_is_a_risk(self, data: Any) -> None:
        said, request, events = self.hand_off(heard("ask_price", data))
        assert (said, request["reason"], request["urgency"]) == ("utter_hand_off", "risk", "urgent")
        assert request["categories"] == ["unspecified"]
        assert events["risk_open"] is True

    def test_an_understanding_of_another_shape_is_a_risk(self) -> None:
        latest = {**heard("ask_price"), "understanding": ["x"]}
        assert self.hand_off(latest)[1]["reason"] == "risk"

    def test_a_conversation_without_a_message_can_be_handed_over(self) -> None:
        assert self.hand_off({})[0] == "utter_hand_off"

    def test_staff_read_the_language_the_words_that_fired_and_what_was_answered(self) -> None:
        data = risk("pregnancy_breastfeeding")
        data["findings"] += [
            finding("pregnancy_breastfeeding", text="مرضع"),
            finding("allergy", text="حساسية", who="other"),
            finding("herpes", text="هربس", negated=True),
        ]
        latest = heard("report_condition", data)
        _, request, _ = self.hand_off(latest, answered=["ask_session_count", "ask_price"])
        assert request["summary"] == (
            'Arabic; risk: pregnancy_breastfeeding "حامل" "مرضع", allergy "حساسية" (someone else); '
            "answered before: session_count, price"
        )

    @pytest.mark.parametrize("source", ["model", "error"])
    def test_the_patients_own_text_is_not_repeated(self, source: str) -> None:
        text = "انا حامل واسمي نورة"
        data = risk("unspecified", source=source, text=text)
        _, request, _ = self.hand_off(heard("report_condition", data), language="en")
        assert request["summary"] == "English; risk: unspecified; answered before: nothing"

    def test_the_summary_stays_short(self) -> None:
        data = risk("allergy")
        data["findings"] = [finding("allergy", text=f"{number}\n" + "حساسية " * 50) for number in range(20)]
        topics = [f"ask_{number}" for number in range(50)]
        _, request, _ = self.hand_off(heard("report_condition", data), answered=topics)
        assert len(request["summary"]) < 400
        assert request["summary"].endswith("48, 49")

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_no_wording_needs_a_value(self, language: str) -> None:
        for intent in (
            "ask_human",
            "complain",
            "ask_delete_data",
            "report_condition",
            "report_emergency",
            "",
        ):
            [words, _], _ = run(ActionHandOff(), tracker_of(heard(intent), language=language))
            assert spoken(words, language)
