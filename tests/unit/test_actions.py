"""The custom actions: what each decides, and that the responses can speak it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher

from actions.booking import ActionBooking
from actions.branches import ActionBranches
from actions.clarify import TOPICS, ActionClarify
from actions.clinic_answer import CLINIC
from actions.contact import ActionContact
from actions.hand_off import ActionHandOff
from actions.opening_hours import ActionOpeningHours
from actions.practitioner import ActionPractitioner
from actions.price import ActionPrice
from assistant.clinic import WEEK, Schedule, Spell

RESPONSES = Path(__file__).resolve().parents[2] / "data" / "responses"
CLINIC_ACTIONS = (
    ActionBooking,
    ActionBranches,
    ActionContact,
    ActionOpeningHours,
    ActionPractitioner,
    ActionPrice,
)
LANGUAGES = ("ar", "en")
MAX_TITLE = 20
MAX_TEXT = 1024
"""WhatsApp's limit for a text with buttons, values filled in."""
SDK_KEYS = {"text", "buttons", "elements", "custom", "template", "response", "image", "attachment"}
"""What the SDK itself puts into every message."""
CLOSED_ALL_WEEK = Schedule(CLINIC.timezone, dict.fromkeys(WEEK, ()))

Message = dict[str, Any]


def load_wordings() -> dict[tuple[str, str], str]:
    """(response, language) -> text, from `data/responses/`."""
    wordings = {}
    for path in RESPONSES.glob("*.yml"):
        for name, variations in yaml.safe_load(path.read_text(encoding="utf-8"))["responses"].items():
            for variation in variations:
                wordings[name, variation["condition"][0]["value"]] = variation["text"]
    return wordings


WORDINGS = load_wordings()


def spoken(message: Message, language: str) -> str:
    """What the patient reads; fails on a placeholder that nothing fills."""
    return WORDINGS[message["response"], language].format(**message)


def tracker_of(latest: dict[str, Any] | None = None, **slots: Any) -> Tracker:
    return Tracker("c_1", {"language": "ar", **slots}, latest or {}, [], False, None, {}, None)


def run(action: Action, tracker: Tracker) -> tuple[list[Message], dict[str, Any]]:
    """The messages an action sends and the slots it sets."""
    dispatcher = CollectingDispatcher()
    events = action.run(dispatcher, tracker, {})
    return dispatcher.messages, {event["name"]: event["value"] for event in events}


def clock_at(text: str) -> Callable[[], datetime]:
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Riyadh"))
    return lambda: moment


class TestRegistration:
    def test_the_action_server_finds_all_of_them(self) -> None:
        executor = ActionExecutor()
        executor.register_package("actions")
        named = ["booking", "branches", "clarify", "contact", "hand_off", "opening_hours", "practitioner", "price"]
        assert {f"action_{name}" for name in named} <= set(executor.actions)


class TestClinicAnswers:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("action", CLINIC_ACTIONS)
    def test_every_placeholder_is_filled_and_the_answer_fits_a_bubble(
        self, action: type[Action], language: str
    ) -> None:
        messages, slots = run(action(), tracker_of(language=language))
        assert messages
        assert slots == {}
        for message in messages:
            text = spoken(message, language)
            assert 0 < len(text) <= MAX_TEXT
            assert "{" not in text
            assert "None" not in text

    @pytest.mark.parametrize("action", CLINIC_ACTIONS)
    def test_no_value_is_passed_that_the_wording_does_not_use(self, action: type[Action]) -> None:
        for message in run(action(), tracker_of())[0]:
            fields = {name for _, name, _, _ in Formatter().parse(WORDINGS[message["response"], "ar"]) if name}
            assert set(message) - SDK_KEYS == fields

    def test_price_is_the_policy_in_the_patients_language(self) -> None:
        [message], _ = run(ActionPrice(), tracker_of(language="en"))
        assert message["response"] == "utter_ask_price"
        assert message["price_policy"] == CLINIC.price_policy.en

    def test_without_a_language_the_clinic_speaks_arabic(self) -> None:
        [message], _ = run(ActionPrice(), tracker_of(language=None))
        assert message["price_policy"] == CLINIC.price_policy.ar

    def test_numbers_and_links_keep_their_order_inside_arabic(self) -> None:
        [booking], _ = run(ActionBooking(), tracker_of())
        assert booking["phone"] == f"\u2066{CLINIC.phone}\u2069"
        assert booking["booking_link"] == f"\u2066{CLINIC.booking_link} \u2069"
        [english], _ = run(ActionBooking(), tracker_of(language="en"))
        assert english["phone"] == CLINIC.phone

    def test_each_branch_has_its_address_map_and_phone(self) -> None:
        [message], _ = run(ActionBranches(), tracker_of(language="en"))
        jeddah, riyadh = message["branches"].split("\n\n")
        assert jeddah.splitlines() == [
            f"Jeddah: {CLINIC.branches[0].address.en}",
            CLINIC.branches[0].map,
            CLINIC.branches[0].phone,
        ]
        assert riyadh.startswith("Riyadh: ")

    def test_each_branch_has_a_line_with_its_phone(self) -> None:
        [message], _ = run(ActionContact(), tracker_of(language="en"))
        assert message["phones"].splitlines() == [f"{b.city.en}: {b.phone}" for b in CLINIC.branches]


class TestOpeningHours:
    def ask(self, when: str, language: str = "en", clinic: Any = CLINIC) -> list[Message]:
        action = ActionOpeningHours()
        action.clock, action.clinic = clock_at(when), clinic
        return run(action, tracker_of(language=language))[0]

    def test_open_now(self) -> None:
        hours, now = self.ask("2026-01-05T12:00")
        assert hours["response"] == "utter_ask_hours"
        assert "Saturday–Thursday 10:00–22:00" in hours["hours"]
        assert spoken(now, "en") == "The clinic is open now and closes at 22:00."

    def test_closed_now(self) -> None:
        _, now = self.ask("2026-01-05T23:00")
        assert spoken(now, "en") == "The clinic is closed now and opens tomorrow at 10:00."
        _, now = self.ask("2026-01-05T23:00", "ar")
        assert spoken(now, "ar") == "العيادة مغلقة الآن، وتفتح غداً الساعة 10:00."

    def test_a_holiday(self) -> None:
        _, now = self.ask("2026-05-27T12:00")
        assert spoken(now, "en") == "The clinic is closed now for Eid al-Adha and opens on Sunday at 10:00."
        _, now = self.ask("2026-05-27T12:00", "ar")
        assert spoken(now, "ar") == "العيادة مغلقة الآن بمناسبة عيد الأضحى، وتفتح الأحد الساعة 10:00."

    def test_the_ramadan_break_is_no_holiday(self) -> None:
        hours, now = self.ask("2026-02-24T18:00")
        assert "Ramadan" in hours["hours"]
        assert spoken(now, "en") == "The clinic is closed now and opens today at 20:30."

    def clinic_with(self, *weeks: tuple[Spell, ...]) -> Any:
        """Both branches the same every day of their own week."""
        branches = [
            replace(branch, schedule=Schedule(CLINIC.timezone, dict.fromkeys(WEEK, spells)))
            for branch, spells in zip(CLINIC.branches, weeks, strict=True)
        ]
        return replace(CLINIC, branches=tuple(branches))

    def test_branches_that_differ_are_named(self) -> None:
        clinic = self.clinic_with((Spell(600, 1320),), (Spell(720, 1380),))
        _, both = self.ask("2026-01-05T15:00", clinic=clinic)
        assert both["closes_at"] == "22:00 (Jeddah), 23:00 (Riyadh)"
        _, one = self.ask("2026-01-05T22:30", clinic=clinic)
        assert one["closes_at"] == "23:00 (Riyadh)"
        _, none = self.ask("2026-01-05T09:00", "ar", clinic=clinic)
        assert none["opens_at"] == "اليوم الساعة 10:00 (جدة)"

    def test_nothing_is_said_of_now_where_no_end_is_known(self) -> None:
        never = self.clinic_with((), ())
        always = self.clinic_with((Spell(0, 1440),), (Spell(0, 1440),))
        for clinic in (never, always):
            assert [m["response"] for m in self.ask("2026-01-05T12:00", clinic=clinic)] == ["utter_ask_hours"]


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


def finding(category: str, **changes: Any) -> dict[str, Any]:
    return {
        "category": category,
        "text": "حامل",
        "start": 0,
        "end": 4,
        "who": "self",
        "negated": False,
        "source": "lexicon",
        "version": "1",
        **changes,
    }


def risk(*categories: str, **changes: Any) -> dict[str, Any]:
    found = [finding(category, **changes) for category in categories]
    return {"level": "personal", "urgency": "routine", "findings": found}


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
