"""The opening hours, and whether the clinic is open now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.clinic_answer import ClinicAnswer, Events, language_of
from assistant.clinic import Branch
from assistant.opening_hours import Opening, hours_text, moment_text, opening_at, time_text

Openings = Sequence[tuple[Branch, Opening]]
_COMMA = {"ar": "، ", "en": ", "}


class ActionOpeningHours(ClinicAnswer):
    response = "utter_ask_hours"

    def name(self) -> str:
        return "action_opening_hours"

    def values(self, language: str) -> dict[str, str]:
        today = self.clock().astimezone(self.clinic.timezone).date()
        return {"hours": hours_text(self.clinic, language, today)}

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        super().run(dispatcher, tracker, domain)
        now, language = self.clock(), language_of(tracker)
        openings = [(branch, opening_at(now, branch)) for branch in self.clinic.branches]
        if any(opening.is_open for _, opening in openings):
            self._say_open(dispatcher, openings, language)
        else:
            self._say_closed(dispatcher, openings, language, now)
        return []

    def _say_open(self, dispatcher: CollectingDispatcher, openings: Openings, language: str) -> None:
        """One branch open is open; where they differ, each closing time names its branches."""
        times: dict[str, list[Branch]] = {}
        for branch, opening in openings:
            if opening.is_open and opening.until:
                times.setdefault(time_text(opening.until), []).append(branch)
        closes_at = _COMMA[language].join(time + self._named(branches, language) for time, branches in times.items())
        if closes_at:
            dispatcher.utter_message(response="utter_clinic_open_now", closes_at=closes_at)

    def _say_closed(self, dispatcher: CollectingDispatcher, openings: Openings, language: str, now: datetime) -> None:
        """The earliest opening of all branches."""
        coming = [opening.until for _, opening in openings if opening.until]
        if not coming:
            return
        branches = [branch for branch, opening in openings if opening.until == min(coming)]
        opens_at = moment_text(min(coming), language, now) + self._named(branches, language)
        if holiday := openings[0][1].holiday:
            name = holiday.name.in_language(language)
            dispatcher.utter_message(response="utter_clinic_holiday", holiday=name, opens_at=opens_at)
        else:
            dispatcher.utter_message(response="utter_clinic_closed_now", opens_at=opens_at)

    def _named(self, branches: Sequence[Branch], language: str) -> str:
        """The branches' names in brackets, unless all are meant."""
        if len(branches) == len(self.clinic.branches):
            return ""
        return f" ({_COMMA[language].join(branch.city.in_language(language) for branch in branches)})"
