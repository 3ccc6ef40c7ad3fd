"""What the seam answers over real HTTP: fields, buttons, risks, languages, and the same to many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.assistant.seam_client import REPLY_KEYS, TURN_SECONDS, Desk, Json, said

pytestmark = pytest.mark.server

UNDERSTANDING_KEYS = {
    "intent", "confidence", "threshold", "ranking", "answers", "language", "script", "risk",
}  # fmt: skip
MESSAGE_KEYS = {"answer", "language", "text", "values", "buttons", "custom"}
FINDING_KEYS = {"category", "text", "start", "end", "who", "negated", "source", "version"}
HANDOFF_KEYS = {"reason", "urgency", "summary", "categories"}


def without_time(reply: Json) -> Json:
    return {name: value for name, value in reply.items() if name != "took_ms"}


def test_a_reply_has_the_fields_of_the_contract(desk: Desk) -> None:
    reply = desk.ask("كم جلسة أحتاج؟")
    assert set(reply) == REPLY_KEYS
    assert (reply["ok"], reply["reason"], reply["handoff"]) == (True, None, None)
    assert set(reply["understanding"]) == UNDERSTANDING_KEYS
    heard = reply["understanding"]
    assert (heard["intent"], heard["answers"]) == ("ask_session_count", ["ask_session_count"])
    assert (heard["language"], heard["script"]) == ("ar", "arabic")
    assert heard["risk"] == {"level": "none", "urgency": None, "doubtful": False, "findings": []}
    assert heard["ranking"][0] == {"intent": "ask_session_count", "confidence": heard["confidence"]}
    assert 0 < heard["threshold"] <= heard["confidence"] <= 1
    [message] = reply["messages"]
    assert set(message) == MESSAGE_KEYS
    assert (message["answer"], message["language"]) == ("utter_ask_session_count", "ar")
    assert (message["values"], message["buttons"], message["custom"]) == ({}, [], None)
    assert reply["model_id"]
    assert 0 < reply["took_ms"] < TURN_SECONDS * 1000


def test_buttons_have_a_title_and_a_choice(desk: Desk) -> None:
    [message] = desk.ask(choice="no_such_thing", text=..., language_hint="en")["messages"]
    assert [set(button) for button in message["buttons"]] == [{"title", "choice"}] * 2
    assert [button["choice"] for button in message["buttons"]] == ["ask_human", "deny"]
    assert all(0 < len(button["title"]) <= 20 for button in message["buttons"])


def test_a_risk_is_described_and_handed_over(desk: Desk) -> None:
    text = "مساء الخير، أنا حامل، ينفع لي؟"
    reply = desk.ask(text)
    risk = reply["understanding"]["risk"]
    assert (risk["level"], risk["urgency"]) == ("personal", "routine")
    [finding] = risk["findings"]
    assert set(finding) >= FINDING_KEYS
    assert (finding["category"], finding["who"], finding["negated"]) == (
        "pregnancy_breastfeeding",
        "self",
        False,
    )
    assert text[finding["start"] : finding["end"]] == finding["text"]
    assert "حامل" in finding["text"]
    assert set(reply["handoff"]) == HANDOFF_KEYS
    assert (reply["handoff"]["reason"], reply["handoff"]["urgency"]) == ("risk", "routine")
    assert reply["handoff"]["categories"] == ["pregnancy_breastfeeding"]
    assert said(reply) == ["utter_hand_off_condition"]


def test_an_emergency_is_urgent(desk: Desk) -> None:
    reply = desk.ask("I can't breathe")
    assert reply["understanding"]["risk"]["level"] == "emergency"
    assert reply["handoff"]["urgency"] == "emergency"
    assert said(reply) == ["utter_emergency"]


def test_understand_mode_says_nothing_and_changes_nothing(desk: Desk) -> None:
    state = desk.ask("what do you charge for a session?")["state"]
    answered = desk.ask("هل الجلسة توجع؟", state=state)
    understood = desk.ask("هل الجلسة توجع؟", state=state, mode="understand")
    assert (understood["ok"], understood["messages"], understood["handoff"]) == (True, [], None)
    assert understood["state"] == state != answered["state"]
    assert understood["understanding"] == answered["understanding"]


def test_understand_mode_hears_a_risk_without_a_handoff(desk: Desk) -> None:
    reply = desk.ask("I'm pregnant", mode="understand")
    assert reply["understanding"]["risk"]["level"] == "personal"
    assert (reply["messages"], reply["handoff"], reply["state"]) == ([], None, None)


def test_a_choice_is_answered_without_being_read(desk: Desk) -> None:
    reply = desk.ask(choice="ask_session_count", text=..., language_hint="en")
    assert (reply["understanding"]["intent"], reply["understanding"]["confidence"]) == (
        "ask_session_count",
        1.0,
    )
    assert said(reply) == ["utter_ask_session_count"]
    assert reply["messages"][0]["language"] == "en"


def test_the_same_request_gives_the_same_answer(desk: Desk) -> None:
    state = desk.ask("what happens in a session?")["state"]
    first, again = (desk.ask("how long?", state=state) for _ in range(2))
    assert said(first) == ["utter_ask_session_length"]
    assert without_time(first) == without_time(again)


def test_the_language_hint_counts_where_nothing_else_tells(desk: Desk) -> None:
    languages = [desk.ask("🤔", language_hint=hint)["messages"][0]["language"] for hint in ("en", "ar", None)]
    assert languages == ["en", "ar", "ar"]


def test_a_chosen_language_holds(desk: Desk) -> None:
    reply = desk.ask("هل الجلسة توجع؟", language_fixed="en")
    assert reply["messages"][0]["language"] == "en"
    assert reply["understanding"]["language"] == "ar"


def test_turns_at_the_same_time_do_not_mix(desk: Desk) -> None:
    topic = desk.ask("what happens in a session?")["state"]
    bodies = [
        {"text": "how long?", "state": topic},
        {"text": "كم سعر الجلسة؟"},
        {"text": "I'm pregnant"},
        {"text": "هل الجلسة توجع؟", "language_fixed": "en"},
    ]
    alone = [without_time(desk.ask(**body)) for body in bodies]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda body: without_time(desk.ask(**body)), bodies * 6))
    assert together == alone * 6
