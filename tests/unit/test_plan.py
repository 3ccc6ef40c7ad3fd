"""The plan of a turn where one rule per intent is not enough."""

from assistant.policies.plan import HAND_OFF, OFFER_STAFF, STAFF_WILL_ANSWER, Knowledge, Turn, plan_turn

KNOWLEDGE = Knowledge(
    actions={
        "ask_pain": ["utter_ask_pain"],
        "ask_price": ["action_price"],
        "ask_side_effects": ["utter_ask_side_effects"],
        "affirm": ["utter_affirm"],
        "follow_why": ["action_clarify"],
        "report_condition": [HAND_OFF],
    },
    harmless={"ask_price"},
    followups={"follow_why": {"ask_pain": "ask_side_effects"}},
)


def plan(**turn: object) -> list[str] | None:
    return plan_turn(Turn(**turn), KNOWLEDGE)  # type: ignore[arg-type]


def test_a_single_question_is_left_to_the_rules() -> None:
    assert plan(intent="ask_pain") is None


def test_a_compound_question_gets_its_answers_in_order() -> None:
    assert plan(intent="ask_pain", answers=["ask_price", "ask_pain"]) == ["action_price", "utter_ask_pain"]


def test_a_risk_alone_is_left_to_the_rules() -> None:
    assert plan(intent="report_condition", risk_level="personal") is None


def test_beside_a_risk_the_handoff_comes_first() -> None:
    planned = plan(intent="report_condition", risk_level="personal", answers=["ask_price"])
    assert planned == [HAND_OFF, "action_price"]


def test_a_general_question_about_a_condition_ends_with_the_offer_of_staff() -> None:
    assert plan(intent="ask_pain", risk_level="general") == ["utter_ask_pain", OFFER_STAFF]


def test_yes_to_the_offer_hands_over() -> None:
    assert plan(intent="affirm", staff_offered=True) == [HAND_OFF]
    assert plan(intent="affirm") is None


def test_while_a_risk_is_with_staff_only_harmless_topics_are_answered() -> None:
    assert plan(intent="ask_pain", risk_open=True) == [STAFF_WILL_ANSWER]
    assert plan(intent="ask_price", risk_open=True) is None
    mixed = plan(intent="ask_pain", answers=["ask_pain", "ask_price"], risk_open=True)
    assert mixed == [STAFF_WILL_ANSWER, "action_price"]


def test_while_a_risk_is_with_staff_a_general_question_waits_for_staff_too() -> None:
    assert plan(intent="ask_pain", risk_level="general", risk_open=True) == [STAFF_WILL_ANSWER]


def test_a_bare_follow_up_takes_the_last_topic() -> None:
    assert plan(intent="follow_why", last_topic="ask_pain") == ["utter_ask_side_effects"]
    assert plan(intent="follow_why", last_topic="ask_price") is None
    assert plan(intent="follow_why") is None


def test_a_follow_up_cannot_get_round_an_open_risk() -> None:
    assert plan(intent="follow_why", last_topic="ask_pain", risk_open=True) == [STAFF_WILL_ANSWER]
