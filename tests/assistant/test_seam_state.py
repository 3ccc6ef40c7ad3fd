"""The state goes with each request: enough by itself, small, and refused where it is not the assistant's own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.assistant.seam_client import REPLY_KEYS, Desk, Json, said

pytestmark = pytest.mark.server

MAX_STATE_BYTES = 32 * 1024
STATE = {"version": 1, "slots": {}, "current": None, "chosen": None, "against_choice": 0, "fixed_seen": None}


def test_the_state_alone_carries_the_conversation(desk: Desk) -> None:
    state = desk.ask("what happens in a session?")["state"]
    assert said(desk.ask("how long?", conversation="another", state=state)) == ["utter_ask_session_length"]
    assert "utter_ask_session_length" not in said(desk.ask("how long?", state=None))


def test_the_state_stays_small(desk: Desk) -> None:
    asked = [
        "ask_price",
        "ask_pain",
        "ask_sun",
        "ask_session_count",
        "ask_hours",
        "ask_downtime",
        "ask_contact",
    ]
    reply = desk.ask("انا حامل " + "كلام طويل عن البشرة " * 300)
    for turn in range(30):
        reply = desk.ask(choice=asked[turn % len(asked)], text=..., state=reply["state"])
    assert len(json.dumps(reply["state"]).encode()) <= MAX_STATE_BYTES
    after_30 = len(json.dumps(reply["state"]).encode())
    for turn in range(30):
        reply = desk.ask(choice=asked[turn % len(asked)], text=..., state=reply["state"])
    assert len(json.dumps(reply["state"]).encode()) == after_30


@pytest.mark.parametrize(
    "state",
    [
        "state",
        5,
        [],
        {},
        {**STATE, "version": 99},
        {**STATE, "slots": None},
        {**STATE, "slots": []},
        {**STATE, "slots": {"unknown": 1}},
        {**STATE, "current": "fr"},
        {**STATE, "current": ["ar"]},
        {**STATE, "chosen": {}},
        {**STATE, "fixed_seen": 1},
        {**STATE, "against_choice": "x"},
        {**STATE, "slots": {"answered": ["ask_sun"] * 4000}},
    ],
    ids=lambda state: str(state)[:80],
)
def test_a_foreign_state_is_bad_state(desk: Desk, state: Any) -> None:
    reply = desk.ask("هل الجلسة توجع؟", state=state)
    assert set(reply) == REPLY_KEYS
    assert (reply["ok"], reply["reason"]) == (False, "bad_state")
    assert (reply["messages"], reply["handoff"], reply["state"]) == ([], None, state)


@pytest.mark.parametrize(
    "slots",
    [
        {"answered": 5},
        {"answered": [{"a": 1}]},
        {"last_topic": ["ask_sun"]},
        {"clarify_count": "many"},
        {"risk_open": "no"},
        {"staff_offered": []},
        {"language": "fr"},
    ],
    ids=str,
)
@pytest.mark.parametrize("text", ["هل الجلسة توجع؟", "ليش؟", "نعم", "qwpoe zxcm", "I'm pregnant"])
def test_odd_slots_never_break_the_seam(desk: Desk, slots: Json, text: str) -> None:
    reply = desk.ask(text, state={**STATE, "slots": slots})
    assert set(reply) == REPLY_KEYS
    assert reply["messages"] or not reply["ok"]
