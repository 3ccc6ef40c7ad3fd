"""The state that travels with the message."""

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet, UserUttered

from assistant.language import Language, ReplyLanguage
from assistant.state import CURRENT_TURN, BadState, State, Turn, TurnTrackerStore

DOMAIN = Domain.load("domain.yml")
GOOD = {"version": 1, "slots": {"last_topic": "ask_pain", "risk_open": True}, "current": "ar", "chosen": None}


def test_no_state_is_a_new_conversation() -> None:
    assert State.from_json(None) == State()


def test_state_survives_the_round_trip() -> None:
    state = State.from_json(GOOD)
    assert State.from_json(state.as_json()) == state


@pytest.mark.parametrize(
    "bad",
    [
        "text",
        [],
        {},
        {**GOOD, "version": 2},
        {**GOOD, "slots": []},
        {**GOOD, "slots": {"unknown": 1}},
        {**GOOD, "slots": {"risk_open": "yes"}},
        {**GOOD, "current": "fr"},
        {**GOOD, "current": ["ar"]},
        {**GOOD, "chosen": {}},
        {**GOOD, "against_choice": "many"},
        {**GOOD, "slots": {"answered": ["ask_pain"] * 5_000}},
    ],
)
def test_a_foreign_state_is_refused(bad: object) -> None:
    with pytest.raises(BadState):
        State.from_json(bad)


def test_the_tracker_begins_where_the_state_left_off() -> None:
    tracker = Turn("c1", State.from_json(GOOD), DOMAIN).tracker
    assert tracker.get_slot("last_topic") == "ask_pain"
    assert tracker.get_slot("risk_open") is True
    assert tracker.latest_action_name == "action_listen"


def test_state_after_a_turn_keeps_slots_language_and_answered_topics() -> None:
    tracker = Turn("c1", State.from_json({**GOOD, "slots": {"answered": ["ask_sun", "ask_pain"]}}), DOMAIN).tracker
    tracker.update(SlotSet("last_topic", "ask_pain"))
    spoken = ReplyLanguage(current=Language.ENGLISH)
    state = State.after(tracker, language=spoken, fixed=None, answered=["ask_sun"])
    assert state.slots["answered"] == ["ask_pain", "ask_sun"]
    assert state.slots["last_topic"] == "ask_pain"
    assert state.current == "en"


def test_a_new_choice_of_the_desk_counts_once() -> None:
    chosen = State(current="ar").reply_language(hint=None, fixed="en")
    assert chosen.current is Language.ENGLISH
    overruled = State(current="ar", fixed_seen="en").reply_language(hint=None, fixed="en")
    assert overruled.current is Language.ARABIC


async def test_within_a_turn_the_store_holds_that_turn_alone() -> None:
    store = TurnTrackerStore(DOMAIN)
    turn = Turn("c1", State.from_json(GOOD), DOMAIN)
    token = CURRENT_TURN.set(turn)
    try:
        tracker = await store.retrieve("anyone")
        assert tracker is turn.tracker
        tracker.update(UserUttered("hello"))
        await store.save(tracker)
        assert turn.saved
    finally:
        CURRENT_TURN.reset(token)
    assert await store.retrieve("c1") is None
