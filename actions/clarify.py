"""Not understood: offer the two likeliest questions, and staff the second time in a row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.clinic_answer import Events, language_of
from actions.hand_off import heard_risk
from actions.log import logged
from assistant.topics import Topic, load_topics

TOPICS = load_topics(Path(__file__).resolve().parent.parent / "data" / "topics.yml")
STAFF = "ask_human"
OFFERED = 2
NONE_OF_THESE = {"ar": "لا شيء منها", "en": "None of these"}
YES = {"ar": "نعم، حوّلوها", "en": "Yes, pass it on"}
NO = {"ar": "لا، شكراً", "en": "No, thanks"}

Button = dict[str, str]


class ActionClarify(Action):
    def name(self) -> str:
        return "action_clarify"

    @logged
    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        text = tracker.latest_message.get("text") or ""
        if not any(character.isalpha() for character in text):
            dispatcher.utter_message(response="utter_empty")
            return []
        language = language_of(tracker)
        failures = (tracker.get_slot("clarify_count") or 0.0) + 1.0
        topics = list(_likeliest(tracker))[:OFFERED]
        if failures > 1 or not topics:
            buttons = [_button(YES[language], STAFF), _button(NO[language], "deny")]
            dispatcher.utter_message(response="utter_clarify_offer_staff", buttons=buttons)
            return [SlotSet("clarify_count", failures), SlotSet("staff_offered", True)]
        buttons = [_button(topic.title[language], topic.intent) for topic in topics]
        buttons.append(_button(NONE_OF_THESE[language], STAFF))
        dispatcher.utter_message(response="utter_clarify", buttons=buttons)
        return [SlotSet("clarify_count", failures)]


def _likeliest(tracker: Tracker) -> Iterator[Topic]:
    """Questions that may be offered, best first; beside an open risk only the harmless ones."""
    at_risk = bool(tracker.get_slot("risk_open")) or heard_risk(tracker).urgency is not None
    for entry in tracker.latest_message.get("intent_ranking") or []:
        topic = TOPICS.get(entry.get("name") or entry.get("intent"))
        if topic and topic.intent != STAFF and (topic.harmless or not at_risk):
            yield topic


def _button(title: str, intent: str) -> Button:
    return {"title": title, "payload": f"/{intent}"}
