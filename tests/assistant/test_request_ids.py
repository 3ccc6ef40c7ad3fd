"""One search for a request's id finds its message in the assistant's log and in the action server's."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.servers import TOKEN, Server, wait_until

pytestmark = pytest.mark.server

HUMAN = "I want to talk to someone please"


def ask(assistant: Server, request_id: str | None, text: str = HUMAN, **changes: Any) -> httpx.Response:
    body = {
        "conversation": "c_ids",
        "message_id": "m_ids",
        "mode": "answer",
        "text": text,
        "language_hint": None,
        "language_fixed": None,
        "state": None,
    }
    headers = {"Authorization": f"Bearer {TOKEN}", **({"X-Request-ID": request_id} if request_id else {})}
    url = f"{assistant.url}/webhooks/desk/messages"
    return httpx.post(url, json={**body, **changes}, headers=headers, timeout=30)


def lines(server: Server, request_id: str) -> list[str]:
    return [line for line in server.log.read_text(errors="replace").splitlines() if request_id in line]


def test_one_id_in_both_logs(assistant: Server, actions: Server) -> None:
    assert ask(assistant, "r_one.search:FINDS-all").json()["ok"]
    wait_until(lambda: bool(lines(actions, "r_one.search:FINDS-all")), "nothing in the action server's log", seconds=10)
    assert any("action_hand_off ran for c_ids" in line for line in lines(actions, "r_one.search:FINDS-all"))
    assert any("Message m_ids: ok=True" in line for line in lines(assistant, "r_one.search:FINDS-all"))


def test_what_goes_wrong_carries_the_id(assistant: Server) -> None:
    assert ask(assistant, "r_foreign_state", state={"version": 99}).json()["reason"] == "bad_state"
    assert ask(assistant, "r_bad_request", mode="shout").status_code == 400
    for request_id in ("r_foreign_state", "r_bad_request"):
        assert any("Bad" in line for line in lines(assistant, request_id))


@pytest.mark.parametrize("request_id", ["r_with space", "r_%s%d", "r_" + "x" * 39])
def test_an_id_that_is_not_well_formed_is_left_out(assistant: Server, actions: Server, request_id: str) -> None:
    assert ask(assistant, request_id).json()["ok"]
    assert not lines(assistant, request_id) + lines(actions, request_id)


def test_a_message_without_an_id_is_answered_too(assistant: Server) -> None:
    assert ask(assistant, None).json()["ok"]
