"""One running assistant: how it is asked, and how well it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from desk.assistant_client.breaker import Breaker, State
from desk.assistant_client.connection import Connection, ConnectionFailed, Response, ResponseTooLarge
from desk.assistant_client.replies import BadReply, Reply, read_reply

OK, DEGRADED, DOWN = "ok", "degraded", "down"
READY_TIMEOUT = 4.0


class AssistantUnavailable(Exception):
    """No reply came; `reason` says why."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Replica:
    def __init__(self, connection: Connection, *, token: str) -> None:
        self._connection = connection
        self._headers = {"Authorization": f"Bearer {token}"}
        self._found = OK
        self.breaker = Breaker()
        self.busy = 0

    @property
    def state(self) -> str:
        """ok; degraded (its action server is away, or it is on trial); down."""
        if self.breaker.state is State.OPEN:
            return DOWN
        return DEGRADED if self._found == OK and self.breaker.state is State.TRYING else self._found

    async def ask(self, body: dict[str, Any], headers: Mapping[str, str], seconds: float) -> Reply:
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
        await self._connection.close()

    async def _ask(self, body: dict[str, Any], headers: Mapping[str, str], seconds: float) -> Reply:
        try:
            response = await self._connection.send(
                "POST",
                "/webhooks/desk/messages",
                seconds=seconds,
                headers={**self._headers, **headers},
                body=json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"),
            )
        except TimeoutError:
            raise AssistantUnavailable("assistant_timeout", "no reply in time") from None
        except ConnectionFailed as error:
            raise AssistantUnavailable("assistant_unavailable", str(error)) from error
        except ResponseTooLarge:
            raise BadReply("the reply is too large") from None
        return _read(response)

    async def _probe(self) -> str:
        try:
            response = await self._connection.send(
                "GET", "/webhooks/desk/ready", seconds=READY_TIMEOUT, headers=self._headers
            )
            body = json.loads(response.content)
        except (TimeoutError, ConnectionFailed, ResponseTooLarge, ValueError, RecursionError):
            return DOWN
        if response.status != 200 or not isinstance(body, dict) or body.get("ready") is not True:
            return DOWN
        return OK if body.get("actions") == "ok" else DEGRADED


def _read(response: Response) -> Reply:
    if response.status == 503:
        raise AssistantUnavailable("assistant_unavailable", "the assistant is not ready")
    if response.status != 200:
        raise AssistantUnavailable("assistant_refused", f"the assistant answered {response.status}")
    try:
        return read_reply(json.loads(response.content))
    except (ValueError, RecursionError):
        raise BadReply("the reply is not JSON") from None
