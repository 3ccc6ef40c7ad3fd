"""Runs a custom action alone, and reads what the responses make of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.booking import ActionBooking
from actions.branches import ActionBranches
from actions.clinic_answer import CLINIC
from actions.contact import ActionContact
from actions.opening_hours import ActionOpeningHours
from actions.practitioner import ActionPractitioner
from actions.price import ActionPrice
from assistant.clinic import WEEK, Schedule

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
