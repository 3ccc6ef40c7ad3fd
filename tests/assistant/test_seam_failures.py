"""A turn that fails says why, and keeps what had been understood and said before it did."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.assistant.action_switch import ActionSwitch, fails, forgets_the_values, says_nothing, sleeps
from tests.assistant.seam_client import TURN_SECONDS, Desk, request, said

if TYPE_CHECKING:
    from assistant.turn import TurnPlayer
    from tests.conftest import RunAsync

pytestmark = pytest.mark.server

DESK_WAITS_SECONDS = 8


def test_an_action_that_fails_is_action_failed(desk: Desk, switch: ActionSwitch) -> None:
    state = desk.ask("does it hurt?")["state"]
    with switch.doing(fails):
        reply = desk.ask("how much is a session?", state=state)
    assert (reply["ok"], reply["reason"], reply["messages"]) == (False, "action_failed", [])
    assert reply["understanding"]["intent"] == "ask_price"
    assert reply["state"] == state


def test_an_action_server_that_is_away_is_action_failed(desk: Desk, switch: ActionSwitch) -> None:
    with switch.away():
        reply = desk.ask("كم سعر الجلسة؟")
        plain = desk.ask("هل الجلسة توجع؟")
    assert (reply["ok"], reply["reason"], reply["messages"]) == (False, "action_failed", [])
    assert (plain["ok"], said(plain)) == (True, ["utter_ask_pain"])


def test_a_risk_is_heard_though_the_action_server_is_away(desk: Desk, switch: ActionSwitch) -> None:
    with switch.away():
        reply = desk.ask("I'm on warfarin")
    assert (reply["ok"], reply["reason"]) == (False, "action_failed")
    risk = reply["understanding"]["risk"]
    assert (risk["level"], risk["findings"][0]["category"]) == ("personal", "blood_thinner_bleeding")


def test_what_was_said_before_the_failure_is_returned(desk: Desk, switch: ActionSwitch) -> None:
    with switch.doing(fails):
        reply = desk.ask("does the session hurt? how much is a session?")
    assert reply["understanding"]["answers"] == ["ask_pain", "ask_price"]
    assert (reply["ok"], reply["reason"], said(reply)) == (False, "action_failed", ["utter_ask_pain"])


def test_an_unfilled_placeholder_is_action_failed_and_never_shown(desk: Desk, switch: ActionSwitch) -> None:
    with switch.doing(forgets_the_values):
        reply = desk.ask("how much is a session?")
    assert (reply["ok"], reply["reason"]) == (False, "action_failed")
    assert [m["text"] for m in reply["messages"] if re.search(r"\{|None", m["text"])] == []


def test_an_action_that_sleeps_is_timeout(desk: Desk, switch: ActionSwitch) -> None:
    started = time.monotonic()
    with switch.doing(sleeps(TURN_SECONDS + 2)):
        reply = desk.ask("does the session hurt? how much is a session?")
        took = time.monotonic() - started
    assert (reply["ok"], reply["reason"], said(reply)) == (False, "timeout", ["utter_ask_pain"])
    assert reply["state"] is None
    assert TURN_SECONDS <= took < DESK_WAITS_SECONDS


def test_others_are_answered_while_an_action_sleeps(desk: Desk, switch: ActionSwitch) -> None:
    with switch.doing(sleeps(TURN_SECONDS + 2)), ThreadPoolExecutor(1) as pool:
        slow = pool.submit(desk.ask, "how much is a session?")
        time.sleep(0.5)
        started = time.monotonic()
        assert said(desk.ask("does the session hurt?", conversation="c_02")) == ["utter_ask_pain"]
        assert time.monotonic() - started < 2
        assert slow.result()["reason"] == "timeout"


def test_an_action_that_says_nothing_is_no_answer(desk: Desk, switch: ActionSwitch) -> None:
    with switch.doing(says_nothing):
        reply = desk.ask("how much is a session?")
    assert (reply["ok"], reply["reason"], reply["messages"]) == (False, "no_answer", [])


def test_after_every_failure_it_answers_again(desk: Desk, switch: ActionSwitch) -> None:
    for behaviour in (fails, says_nothing, forgets_the_values):
        with switch.doing(behaviour):
            assert not desk.ask("how much is a session?")["ok"]
        assert said(desk.ask("how much is a session?")) == ["utter_ask_price"]


def test_a_dialogue_that_raises_is_dialogue_failed(
    turn_player: TurnPlayer, in_loop: RunAsync, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In process: over HTTP only a defect in a policy gets here, and the trained ones have none to show."""
    from assistant.seam import TurnRequest

    def predict(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a policy broke")

    monkeypatch.setattr(turn_player._processor, "_predict_next_with_tracker", predict)
    reply = in_loop(turn_player.play(TurnRequest.from_json(request(text="I'm pregnant"))))
    assert (reply["ok"], reply["reason"], reply["messages"]) == (False, "dialogue_failed", [])
    assert reply["understanding"]["risk"]["level"] == "personal"
    assert reply["state"] is None
