"""The seam: the one private HTTP call through which the front desk asks the assistant.

`POST /webhooks/desk/messages` plays one turn (`assistant.turn`); `GET /webhooks/desk/ready` answers 200 once a model is
loaded and one whole turn has been played. Requests are checked here; nothing a patient typed is ever a command.
"""

from __future__ import annotations

import gc
import hmac
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from assistant.request_ids import HEADER, name_requests_in_logs, working_on
from assistant.seam import BadRequest, TurnRequest
from assistant.state import BadState
from assistant.turn import TurnPlayer, failed

logger = logging.getLogger(__name__)
MAX_BODY_BYTES = 128 * 1024
_WARM_UP = {
    "conversation": "warm-up",
    "message_id": "warm-up",
    "mode": "answer",
    "text": "كم جلسة أحتاج؟",
    "language_hint": "ar",
    "language_fixed": None,
    "state": None,
}


class DeskInput(InputChannel):
    """Rasa input channel `desk`."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._player: TurnPlayer | None = None
        self._warm = False

    @classmethod
    def name(cls) -> str:
        return "desk"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> InputChannel:
        token = (credentials or {}).get("token")
        if not token:
            raise SystemExit("Set ASSISTANT_TOKEN: the desk and the assistant share this secret.")
        return cls(str(token))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        name_requests_in_logs()
        blueprint = Blueprint("desk")

        @blueprint.post("/messages")
        async def messages(request: Request) -> HTTPResponse:
            if not self._is_allowed(request):
                return _error(401, "unauthorised")
            if len(request.body) > MAX_BODY_BYTES:
                return _error(413, f"body over {MAX_BODY_BYTES} bytes")
            player = self._player_for(request)
            if player is None:
                return _error(503, "not_ready")
            with working_on(request.headers.get(HEADER)):
                return await _play(player, request.body)

        @blueprint.get("/ready")
        async def ready(request: Request) -> HTTPResponse:
            player = self._player_for(request)
            if player is None:
                return json_response({"ready": False, "model_id": None, "actions": "down"}, status=503)
            await self._warm_up(player)
            if not self._warm:
                return json_response({"ready": False, "model_id": player.model_id, "actions": "down"}, status=503)
            actions = "ok" if await _answers(player.action_health_url) else "down"
            return json_response({"ready": True, "model_id": player.model_id, "actions": actions})

        return blueprint

    def _is_allowed(self, request: Request) -> bool:
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        return hmac.compare_digest(given, f"Bearer {self._token}".encode())

    def _player_for(self, request: Request) -> TurnPlayer | None:
        agent = getattr(request.app.ctx, "agent", None)
        if agent is None or agent.processor is None:
            return None
        if self._player is None or not self._player.plays_for(agent):
            self._player, self._warm = TurnPlayer(agent), False
        return self._player

    async def _warm_up(self, player: TurnPlayer) -> None:
        if self._warm:
            return
        started = time.monotonic()
        reply = await player.play(TurnRequest.from_json(_WARM_UP))
        self._warm = bool(reply["ok"])
        gc.collect()
        gc.freeze()  # model and libraries stay: going through them again and again would make turns wait
        logger.info("Warm-up turn: ok=%s, %.1f s", reply["ok"], time.monotonic() - started)


async def _play(player: TurnPlayer, body: bytes) -> HTTPResponse:
    try:
        asked = TurnRequest.from_json(_decode(body))
    except BadRequest as error:
        logger.warning("Bad request: %s", error)
        return _error(400, str(error))
    try:
        reply = await player.play(asked)
    except BadState as error:
        logger.warning("Bad state for %s: %s", asked.conversation, error)
        return json_response(failed("bad_state", asked.state), dumps=_dumps)
    logger.info("Message %s: ok=%s, %.1f ms", asked.message_id, reply["ok"], reply["took_ms"])
    return json_response(reply, dumps=_dumps)


def _decode(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("body is not JSON") from None


def _dumps(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def _error(status: int, reason: str) -> HTTPResponse:
    return json_response({"error": reason}, status=status)


async def _answers(url: str | None) -> bool:
    """Whether the action server's health check answers within a second."""
    if not url:
        return False
    try:
        timeout = aiohttp.ClientTimeout(total=1)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            return bool(response.status == 200)
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False
