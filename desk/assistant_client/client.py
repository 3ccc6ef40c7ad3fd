"""One call to the assistant, as `contracts/assistant.md` says."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import anyio
import httpx

from desk.assistant_client.replies import BadReply, Reply, read_reply

ANSWER = "answer"
UNDERSTAND = "understand"
TIMEOUT = 8.0
READY_TIMEOUT = 4.0
MAX_REPLY_BYTES = 512 * 1024


class AssistantUnavailable(Exception):
    """No reply came; `reason` says why."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True)
class Question:
    conversation: str
    message_id: str
    mode: str
    text: str | None = None
    choice: str | None = None
    language_hint: str | None = None
    language_fixed: str | None = None
    state: dict[str, Any] | None = None


class AssistantClient:
    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        timeout: float = TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._timeout = timeout
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout,
            transport=transport,
            trust_env=False,
        )

    async def ask(self, question: Question) -> Reply:
        """Ask what to say; raises AssistantUnavailable or BadReply."""
        body = {key: value for key, value in asdict(question).items() if key not in ("text", "choice")}
        if question.choice:
            body["choice"] = question.choice
        else:
            body["text"] = question.text or ""
        try:
            with anyio.fail_after(self._timeout):  # in all; httpx counts each step by itself
                return await self._post(body)
        except (TimeoutError, httpx.TimeoutException):
            raise AssistantUnavailable("assistant_timeout", f"no reply within {self._timeout:g} s") from None
        except httpx.HTTPError as error:
            raise AssistantUnavailable("assistant_unavailable", type(error).__name__) from error

    async def is_ready(self) -> str:
        """Return ok, degraded (its action server is away) or down."""
        try:
            response = await self._http.get("/webhooks/desk/ready", timeout=READY_TIMEOUT)
            body = response.json()
        except (httpx.HTTPError, ValueError):
            return "down"
        if response.status_code != 200 or not isinstance(body, dict) or body.get("ready") is not True:
            return "down"
        return "ok" if body.get("actions") == "ok" else "degraded"

    async def close(self) -> None:
        await self._http.aclose()

    async def _post(self, body: dict[str, Any]) -> Reply:
        async with self._http.stream("POST", "/webhooks/desk/messages", json=body) as response:
            if response.status_code == 503:
                raise AssistantUnavailable("assistant_unavailable", "the assistant is not ready")
            if response.status_code != 200:
                raise AssistantUnavailable("assistant_refused", f"the assistant answered {response.status_code}")
            content = b""
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > MAX_REPLY_BYTES:
                    raise BadReply("the reply is too large")
        try:
            return read_reply(json.loads(content))
        except (ValueError, RecursionError):
            raise BadReply("the reply is not JSON") from None
