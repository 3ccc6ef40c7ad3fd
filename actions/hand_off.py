"""Pass the conversation to staff: the fitting words to the patient, what staff need at a glance to staff."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.clinic_answer import Events, language_of
from actions.log import logged
from assistant.risk import UNSPECIFIED, Finding, Risk, Urgency, Who, combine, judge
from assistant.risk.model import EMERGENCY_CATEGORY, URGENT_CATEGORIES

SELF_HARM = "self_harm"
REPORTS = {
    "report_condition": UNSPECIFIED,
    "report_reaction": "post_treatment_warning",
    "report_emergency": EMERGENCY_CATEGORY,
}
"""What the intent alone stands for, where the understanding brings no finding."""
ANSWERS = {
    "ask_human": "utter_ask_human",
    "ask_delete_data": "utter_ask_delete_data",
    "complain": "utter_complain",
}
REASONS = {
    "ask_human": "asked_for_staff",
    "affirm": "asked_for_staff",
    "ask_delete_data": "delete_data",
    "complain": "complaint",
    "ask_other_area": "not_in_article",
    "ask_other_treatment": "not_in_article",
    "out_of_scope": "not_in_article",
}
LANGUAGES = {"ar": "Arabic", "en": "English"}
MAX_WORDS, MAX_QUOTE, MAX_TOPICS = 5, 40, 8


class ActionHandOff(Action):
    def name(self) -> str:
        return "action_hand_off"

    @logged
    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        risk, intent = heard_risk(tracker), _intent(tracker)
        dispatcher.utter_message(response=_answer(risk, intent))
        # A message of its own: if the wording above is missing, Rasa drops that whole message.
        dispatcher.utter_message(json_message={"handoff": _request(risk, intent, tracker)})
        events = [SlotSet("last_topic", None), SlotSet("clarify_count", 0.0)]
        return [SlotSet("risk_open", True), *events] if risk.urgency else events


def heard_risk(tracker: Tracker) -> Risk:
    """What the understanding says, or the `report_*` intent alone; what cannot be read is a risk."""
    understanding = tracker.latest_message.get("understanding") or {}
    try:
        risk = _read(understanding.get("risk") or {"level": "none"})
    except (AttributeError, KeyError, TypeError, ValueError):
        risk = judge([_finding(UNSPECIFIED, source="error")])
    intent = _intent(tracker)
    if risk.urgency is None and intent in REPORTS:
        return combine(risk, judge([_finding(REPORTS[intent], source="model")]))
    return risk


def _read(data: dict[str, Any]) -> Risk:
    risk = judge(
        Finding(
            category=str(item["category"]),
            text=str(item.get("text") or ""),
            start=0,
            end=0,
            who=Who(item["who"]),
            negated=bool(item["negated"]),
            source=str(item.get("source") or ""),
            version="",
            kind=item.get("kind"),
        )
        for item in data.get("findings") or []
    )
    if data["level"] not in ("none", "general") and risk.urgency is None:
        raise ValueError("a risk without a finding")
    return risk


def _finding(category: str, *, source: str) -> Finding:
    return Finding(category, "", 0, 0, Who.SELF, negated=False, source=source, version="")


def _intent(tracker: Tracker) -> str:
    return (tracker.latest_message.get("intent") or {}).get("name") or ""


def _answer(risk: Risk, intent: str) -> str:
    """The response that speaks: the gravest reason first."""
    if SELF_HARM in risk.kinds:
        return "utter_self_harm"
    if risk.urgency is Urgency.EMERGENCY:
        return "utter_emergency"
    if URGENT_CATEGORIES & set(risk.categories) or intent == "report_reaction":
        return "utter_hand_off_reaction"
    if any(finding.counts and finding.source != "error" for finding in risk.findings):
        return "utter_hand_off_condition"
    return ANSWERS.get(intent, "utter_hand_off")


def _request(risk: Risk, intent: str, tracker: Tracker) -> dict[str, Any]:
    return {
        "reason": "risk" if risk.urgency else REASONS.get(intent, "other"),
        "urgency": (risk.urgency or Urgency.ROUTINE).value,
        "summary": _summary(risk, tracker),
        "categories": list(risk.categories),
    }


def _summary(risk: Risk, tracker: Tracker) -> str:
    """One English line; of the patient's own text only the words that the risk lists know."""
    parts = [LANGUAGES[language_of(tracker)]]
    if risk.urgency:
        parts.append("risk: " + ", ".join(_category(name, risk) for name in risk.categories))
    topics = [str(topic).removeprefix("ask_") for topic in tracker.get_slot("answered") or []]
    parts.append("answered before: " + (", ".join(topics[-MAX_TOPICS:]) or "nothing"))
    return "; ".join(parts)


def _category(name: str, risk: Risk) -> str:
    held = [finding for finding in risk.findings if finding.counts and finding.category == name]
    quotes = [" ".join(finding.text.split())[:MAX_QUOTE] for finding in held if finding.source == "lexicon"]
    words = " ".join(f'"{quote}"' for quote in list(dict.fromkeys(quotes))[:MAX_WORDS] if quote)
    other = "(someone else)" if held and all(finding.who is Who.OTHER for finding in held) else ""
    return " ".join(part for part in (name, words, other) if part)
