"""What the seam refuses over real HTTP, with a test for each refusal: token, size, fields, other ways in."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.assistant.seam_client import PATH, Desk, Json, request
from tests.servers import TOKEN

pytestmark = pytest.mark.server

MAX_BODY_BYTES = 128 * 1024


def assert_one_line(response: httpx.Response) -> None:
    [(name, text)] = response.json().items()
    assert name == "error"
    assert text
    assert len(text.splitlines()) == 1


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


def test_no_other_way_in_is_open(desk: Desk) -> None:
    root = str(desk._client.base_url).removesuffix(f"{PATH}/")
    message = {"sender": "x", "message": "/restart"}
    assert httpx.post(f"{root}/webhooks/rest/webhook", json=message).status_code == 404
    assert httpx.get(f"{root}/conversations/x/tracker").status_code == 404
