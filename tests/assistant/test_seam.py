"""The seam over real HTTP, as the desk calls it: a contract test for each refusal and each reason code.

One Rasa server with the trained model serves all of them. Its action server is a switch in front of the real
one, so that a test can make actions fail, sleep or go away; wording and dialogue are always the real ones.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.assistant.action_switch import ActionSwitch, fails, forgets_the_values, says_nothing, sleeps
from tests.servers import TOKEN, Server, assistant_server

if TYPE_CHECKING:
    from assistant.turn import TurnPlayer
    from tests.conftest import RunAsync

pytestmark = pytest.mark.server

TURN_SECONDS = 5
DESK_WAITS_SECONDS = 8
MAX_STATE_BYTES = 32 * 1024
MAX_BODY_BYTES = 128 * 1024
PATH = "/webhooks/desk"
REPLY_KEYS = {
    "ok", "reason", "understanding", "messages", "handoff", "state", "model_id", "took_ms",
}  # fmt: skip
UNDERSTANDING_KEYS = {
    "intent", "confidence", "threshold", "ranking", "answers", "language", "script", "risk",
}  # fmt: skip
MESSAGE_KEYS = {"answer", "language", "text", "values", "buttons", "custom"}
FINDING_KEYS = {"category", "text", "start", "end", "who", "negated", "source", "version"}
HANDOFF_KEYS = {"reason", "urgency", "summary", "categories"}

Json = dict[str, Any]


class Desk:
    """Asks as the desk does."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url + PATH, timeout=30)

    def post(self, body: Any, *, token: str | bytes | None = f"Bearer {TOKEN}") -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers: dict[str, Any] = {"Content-Type": "application/json"}
        return self._client.post(
            "/messages", content=content, headers={**headers, **({"Authorization": token} if token else {})}
        )

    def ask(self, text: str | None = None, **changes: Any) -> Json:
        response = self.post(request(text=text, **changes))
        assert response.status_code == 200, response.text
        reply: Json = response.json()
        return reply

    def ready(self) -> httpx.Response:
        return self._client.get("/ready")


def request(**changes: Any) -> Json:
    """A request as the contract has it, with changes; a field set to `...` is left out."""
    body = {
        "conversation": "c_01J",
        "message_id": "m_01J",
        "mode": "answer",
        "text": None,
        "choice": None,
        "language_hint": None,
        "language_fixed": None,
        "state": None,
        **changes,
    }
    return {name: value for name, value in body.items() if value is not ...}


def said(reply: Json) -> list[str]:
    return [message["answer"] for message in reply["messages"]]


def assert_one_line(response: httpx.Response) -> None:
    [(name, text)] = response.json().items()
    assert name == "error"
    assert text
    assert len(text.splitlines()) == 1


def without_time(reply: Json) -> Json:
    return {name: value for name, value in reply.items() if name != "took_ms"}


@pytest.fixture(scope="module")
def switch(actions: Server) -> Iterator[ActionSwitch]:
    switch = ActionSwitch(actions.url)
    switch.start()
    yield switch
    switch.stop()


@pytest.fixture(scope="module")
def desk(trained_model: Path, switch: ActionSwitch, server_logs: Path) -> Iterator[Desk]:
    with assistant_server(server_logs, action_endpoint=switch.endpoint, model=trained_model) as server:
        yield Desk(server.url)


@pytest.fixture(scope="module")
def desk_without_model(
    switch: ActionSwitch, server_logs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    empty = tmp_path_factory.mktemp("no-model")
    with assistant_server(server_logs, action_endpoint=switch.endpoint, model=empty) as server:
        yield Desk(server.url)


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "Bearer wrong", TOKEN, f"bearer {TOKEN}", b"Bearer \xff\xfe", ""])
def test_without_the_token_it_answers_401(desk: Desk, token: str | bytes | None) -> None:
    response = desk.post(request(text="hello"), token=token)
    assert (response.status_code, response.json()) == (401, {"error": "unauthorised"})


def test_a_body_over_128_kb_is_413(desk: Desk) -> None:
    response = desk.post(request(text="a" * MAX_BODY_BYTES))
    assert response.status_code == 413
    assert_one_line(response)


def test_a_body_of_128_kb_is_read(desk: Desk) -> None:
    frame = len(json.dumps(request(text="")).encode())
    assert desk.post(request(text="z" * (MAX_BODY_BYTES - frame))).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"conversation": ...},
        {"conversation": ""},
        {"conversation": "c 1"},
        {"conversation": "c\u0000"},
        {"conversation": "محادثة"},
        {"conversation": "c" * 129},
        {"conversation": "c\n"},
        {"conversation": 1},
        {"message_id": ...},
        {"message_id": "m/1"},
        {"message_id": None},
        {"mode": ...},
        {"mode": "speak"},
        {"mode": ["answer"]},
        {"text": None},
        {"text": 5},
        {"text": ["hello"]},
        {"text": "hello", "choice": "ask_price"},
        {"text": None, "choice": "/ask_price"},
        {"text": None, "choice": 'ask_price{"x":1}'},
        {"text": None, "choice": "Ask_Price"},
        {"text": None, "choice": ""},
        {"text": None, "choice": 7},
        {"language_hint": "fr"},
        {"language_hint": 1},
        {"language_hint": ["ar"]},
        {"language_fixed": "AR"},
        {"language_fixed": False},
        {"language_fixed": {}},
    ],
    ids=lambda changes: str(changes)[:60],
)
def test_a_bad_field_is_400_with_one_line(desk: Desk, changes: Json) -> None:
    response = desk.post(request(**{"text": "hello", **changes}))
    assert response.status_code == 400, response.text
    assert_one_line(response)
    assert list(changes)[-1] in response.json()["error"]


@pytest.mark.parametrize(
    "body",
    [b"", b"hello", b"[]", b'"text"', b"null", b"\xff\xfe", b"[" * 100_000, b'{"conversation":'],
    ids=repr,
)
def test_a_body_that_is_no_json_object_is_400(desk: Desk, body: bytes) -> None:
    response = desk.post(body)
    assert response.status_code == 400
    assert_one_line(response)


@pytest.mark.parametrize("conversation", ["c", "c" * 128, "c_01J.x:Y-9"])
def test_ids_of_the_contract_are_taken(desk: Desk, conversation: str) -> None:
    assert desk.ask("hello", conversation=conversation)["ok"]


def test_without_a_model_it_is_not_ready(desk_without_model: Desk) -> None:
    response = desk_without_model.post(request(text="كم جلسة؟"))
    assert (response.status_code, response.json()) == (503, {"error": "not_ready"})
    ready = desk_without_model.ready()
    assert (ready.status_code, ready.json()["ready"]) == (503, False)


def test_no_other_way_in_is_open(desk: Desk) -> None:
    root = str(desk._client.base_url).removesuffix(f"{PATH}/")
    message = {"sender": "x", "message": "/restart"}
    assert httpx.post(f"{root}/webhooks/rest/webhook", json=message).status_code == 404
    assert httpx.get(f"{root}/conversations/x/tracker").status_code == 404


# --- answers -------------------------------------------------------------------------------------


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


def test_the_state_alone_carries_the_conversation(desk: Desk) -> None:
    state = desk.ask("what happens in a session?")["state"]
    assert said(desk.ask("how long?", conversation="another", state=state)) == ["utter_ask_session_length"]
    assert "utter_ask_session_length" not in said(desk.ask("how long?", state=None))


def test_the_language_hint_counts_where_nothing_else_tells(desk: Desk) -> None:
    languages = [desk.ask("🤔", language_hint=hint)["messages"][0]["language"] for hint in ("en", "ar", None)]
    assert languages == ["en", "ar", "ar"]


def test_a_chosen_language_holds(desk: Desk) -> None:
    reply = desk.ask("هل الجلسة توجع؟", language_fixed="en")
    assert reply["messages"][0]["language"] == "en"
    assert reply["understanding"]["language"] == "ar"


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


# --- text that is no text ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", "\u0000", "\u0000" * 500, " \u0000\u001c ", "\u2028", "\u200f\ufeff"],
    ids=lambda text: ascii(text[:5]),
)
def test_a_text_of_nothing_is_asked_for_words(desk: Desk, text: str) -> None:
    assert said(desk.ask(text)) == ["utter_empty"]


def test_nuls_inside_a_text_do_not_matter(desk: Desk) -> None:
    assert said(desk.ask("\u0000how many\u0000 sessions do I need?\u0000")) == ["utter_ask_session_count"]


def test_lone_surrogates_do_not_matter(desk: Desk) -> None:
    reply = desk.ask("I am pregnant \ud83d \udc00")
    assert reply["understanding"]["risk"]["level"] == "personal"
    assert said(reply) == ["utter_hand_off_condition"]


def test_a_long_text_is_read_in_time(desk: Desk) -> None:
    started = time.monotonic()
    reply = desk.ask("هل الجلسة توجع وكم سعرها ومتى تطلع النتيجة؟ " * 300)
    assert reply["ok"]
    assert time.monotonic() - started < TURN_SECONDS


@pytest.mark.parametrize("typed", ['/ask_price{"x":1}', "/restart", "/back", '/affirm{"x":1}', "/action_hand_off"])
@pytest.mark.parametrize("space", ["", "\u00a0", "\u3000", "\u2028", "\u001c", "\u0085", "\u200b", " \n/"], ids=ascii)
def test_a_typed_command_is_read_as_words(desk: Desk, typed: str, space: str) -> None:
    state = desk.ask("what happens in a session?")["state"]
    reply = desk.ask(space + typed, state=state)
    heard = reply["understanding"]
    assert reply["ok"]
    assert heard["confidence"] < 1
    assert heard["ranking"][1:], "the words were ranked, no command was looked up"
    assert reply["handoff"] is None
    assert reply["messages"]


# --- reasons for failure -------------------------------------------------------------------------

STATE = {"version": 1, "slots": {}, "current": None, "chosen": None, "against_choice": 0, "fixed_seen": None}


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


# --- readiness -----------------------------------------------------------------------------------


def test_ready_names_the_model_and_the_actions(desk: Desk) -> None:
    response = desk.ready()
    model_id = desk.ask("hello")["model_id"]
    assert response.status_code == 200
    assert response.json() == {"ready": True, "model_id": model_id, "actions": "ok"}


def test_ready_without_actions_is_ready_and_says_so(desk: Desk, switch: ActionSwitch) -> None:
    assert desk.ready().status_code == 200
    with switch.away():
        response = desk.ready()
    assert (response.status_code, response.json()["actions"]) == (200, "down")
    assert desk.ready().json()["actions"] == "ok"
