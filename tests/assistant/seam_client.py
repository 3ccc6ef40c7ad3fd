"""Asks the assistant over HTTP as the desk does; what every request and reply has."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.servers import TOKEN

TURN_SECONDS = 5
PATH = "/webhooks/desk"
REPLY_KEYS = {
    "ok", "reason", "understanding", "messages", "handoff", "state", "model_id", "took_ms",
}  # fmt: skip

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
