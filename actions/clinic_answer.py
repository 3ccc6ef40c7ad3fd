"""What the actions that say the clinic's own facts have in common."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.log import logged
from assistant.clinic import Clinic, load_clinic

CLINIC = load_clinic(Path(os.environ.get("CLINIC_FILE") or "clinic.yml"))

Events = list[dict[str, Any]]


def language_of(tracker: Tracker) -> str:
    """The reply's language; Arabic until the conversation says otherwise."""
    return "en" if tracker.get_slot("language") == "en" else "ar"


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


class ClinicAnswer(Action, ABC):
    """Fill one response with facts from `clinic.yml`."""

    clinic: Clinic = CLINIC
    clock: Callable[[], datetime] = staticmethod(utc_now)

    @property
    @abstractmethod
    def response(self) -> str:
        """The response that speaks."""

    @abstractmethod
    def values(self, language: str) -> dict[str, str]:
        """What fills its placeholders."""

    @logged
    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        dispatcher.utter_message(response=self.response, **self.values(language_of(tracker)))
        return []
