"""One running assistant: how it is asked, and how well it is."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from typing import Any

import anyio
import httpx

from desk.assistant_client.breaker import Breaker, State
from desk.assistant_client.replies import BadReply, Reply, read_reply

if find_spec("sniffio") is None:
    # httpcore asks for it several times in each request; Python searches for what is not there anew each time,
    # which takes longer than all the rest. Named as absent it is not searched for.
    sys.modules["sniffio"] = None  # type: ignore[assignment]

OK, DEGRADED, DOWN = "ok", "degraded", "down"
READY_TIMEOUT = 4.0
MAX_REPLY_BYTES = 512 * 1024


class AssistantUnavailable(Exception):
    """No reply came; `reason` says why."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Replica:
    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._found = OK
        self.breaker = Breaker()
        self.busy = 0

    @property
    def state(self) -> str:
        """ok; degraded (its action server is away, or it is on trial); down."""
        if self.breaker.state is State.OPEN:
            return DOWN
        return DEGRADED if self._found == OK and self.breaker.state is State.TRYING else self._found

    async def ask(self, body: dict[str, Any], headers: dict[str, str], seconds: float) -> Reply:
        """Ask, in all for at most `seconds`; raises AssistantUnavailable or BadReply."""
        self.busy += 1
        try:
            with self.breaker.asking():
                reply = await self._ask(body, headers, seconds)
        except (AssistantUnavailable, BadReply):
            self.breaker.failed()
            raise
        finally:
            self.busy -= 1
        self.breaker.succeeded()
        return reply

    async def probe(self) -> None:
        """Ask whether it is ready, and remember the answer."""
        self._found = await self._probe()
        self.breaker.probed(is_ready=self._found != DOWN)

    async def close(self) -> None:
        await self._http.aclose()

    async def _ask(self, body: dict[str, Any], headers: dict[str, str], seconds: float) -> Reply:
        try:
            with anyio.fail_after(seconds):  # in all; httpx counts each step by itself
                content = await self._post(body, headers)
        except (TimeoutError, httpx.TimeoutException):
            raise AssistantUnavailable("assistant_timeout", "no reply in time") from None
        except httpx.HTTPError as error:
            raise AssistantUnavailable("assistant_unavailable", type(error).__name__) from error
        try:
            return read_reply(json.loads(content))
        except (ValueError, RecursionError):
            raise BadReply("the reply is not JSON") from None

    async def _post(self, body: dict[str, Any], headers: dict[str, str]) -> bytes:
        async with self._http.stream("POST", "/webhooks/desk/messages", json=body, headers=headers) as response:
            if response.status_code == 503:
                raise AssistantUnavailable("assistant_unavailable", "the assistant is not ready")
            if response.status_code != 200:
                raise AssistantUnavailable("assistant_refused", f"the assistant answered {response.status_code}")
            content = b""
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > MAX_REPLY_BYTES:
                    raise BadReply("the reply is too large")
        return content

    async def _probe(self) -> str:
        try:
            response = await self._http.get("/webhooks/desk/ready", timeout=READY_TIMEOUT)
            body = response.json()
        except (httpx.HTTPError, ValueError):
            return DOWN
        if response.status_code != 200 or not isinstance(body, dict) or body.get("ready") is not True:
            return DOWN
        return OK if body.get("actions") == "ok" else DEGRADED
