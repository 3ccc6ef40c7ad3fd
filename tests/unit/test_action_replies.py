"""The quick check of the action server's replies lets pass and refuses what Rasa's own does."""

from typing import Any

import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction

from assistant.action_replies import check_replies_quickly

GOOD = [
    {"events": [], "responses": []},
    {
        "events": [{"event": "slot", "name": "last_topic", "value": None}],
        "responses": [{"response": "utter_ask_price"}],
    },
    {},
]
BAD = [{"events": {}}, {"events": [{"event": 5}]}, {"responses": ["text"]}, []]


@pytest.fixture(params=["Rasa's own", "ours"])
def action(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> RemoteAction:
    monkeypatch.setattr(RemoteAction, "_validate_action_result", RemoteAction._validate_action_result)
    if request.param == "ours":
        check_replies_quickly()
    return RemoteAction("action_price", None)


@pytest.mark.parametrize("reply", GOOD)
def test_a_good_reply_passes(action: RemoteAction, reply: dict[str, Any]) -> None:
    assert action._validate_action_result(reply)


@pytest.mark.parametrize("reply", BAD)
def test_a_bad_reply_is_refused(action: RemoteAction, reply: Any) -> None:
    with pytest.raises(ValidationError):
        action._validate_action_result(reply)
