"""The custom actions: what each decides, and that the responses can speak it."""

from __future__ import annotations

from dataclasses import replace
from string import Formatter
from typing import Any

import pytest
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor

from actions.booking import ActionBooking
from actions.branches import ActionBranches
from actions.clinic_answer import CLINIC
from actions.contact import ActionContact
from actions.opening_hours import ActionOpeningHours
from actions.price import ActionPrice
from assistant.clinic import WEEK, Schedule, Spell
from tests.unit.action_runs import (
    CLINIC_ACTIONS,
    LANGUAGES,
    MAX_TEXT,
    SDK_KEYS,
    WORDINGS,
    Message,
    clock_at,
    run,
    spoken,
    tracker_of,
)


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
