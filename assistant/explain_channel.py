"""A second private door beside the seam: explain messages to the clinic's reviewers. It answers no patient.

`POST /webhooks/explain/messages` with `{"texts": [...]}` gives `{"model_id", "explanations": [...]}`, one per text in
order, each as `assistant.explanation` describes it. The same bearer token as the seam's.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from assistant.nlu.explainer import Explainer
from assistant.seam import MAX_TEXT, BadRequest

MAX_TEXTS = 32
MAX_BODY_BYTES = 512 * 1024


class ExplainInput(InputChannel):
    """Rasa input channel `explain`."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._explainer: Explainer | None = None

    @classmethod
    def name(cls) -> str:
        return "explain"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> InputChannel:
        token = (credentials or {}).get("token")
        if not token:
            raise SystemExit("Set ASSISTANT_TOKEN: the desk and the assistant share this secret.")
        return cls(str(token))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        blueprint = Blueprint("explain")

        @blueprint.post("/messages")
        async def messages(request: Request) -> HTTPResponse:
            given = request.headers.get("Authorization", "").encode("utf-8", "replace")
            if not hmac.compare_digest(given, f"Bearer {self._token}".encode()):
                return _error(401, "unauthorised")
            if len(request.body) > MAX_BODY_BYTES:
                return _error(413, f"body over {MAX_BODY_BYTES} bytes")
            try:
                texts = texts_of(request.body)
            except BadRequest as error:
                return _error(400, str(error))
            explainer = self._explainer_for(request)
            if explainer is None:
                return _error(503, "not_ready")
            explanations = []
            for text in texts:
                explanations += explainer.explain([text])
                await asyncio.sleep(0)  # a patient's turn may come in between
            body = {
                "model_id": explainer.model_id,
                "explanations": [explanation.as_dict() for explanation in explanations],
            }
            return json_response(body, dumps=lambda data: json.dumps(data, ensure_ascii=False))

        return blueprint

    def _explainer_for(self, request: Request) -> Explainer | None:
        agent = getattr(request.app.ctx, "agent", None)
        if agent is None or agent.processor is None:
            return None
        if self._explainer is None or not self._explainer.explains_for(agent.processor):
            self._explainer = Explainer(agent.processor)
        return self._explainer


def texts_of(body: bytes) -> list[str]:
    """The request's texts; raises BadRequest with what is wrong, in one line."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("body is not JSON") from None
    texts = data.get("texts") if isinstance(data, dict) else None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise BadRequest("texts must be a list of strings")
    if not 1 <= len(texts) <= MAX_TEXTS:
        raise BadRequest(f"texts must hold 1 to {MAX_TEXTS} texts")
    return [text[:MAX_TEXT] for text in texts]


def _error(status: int, reason: str) -> HTTPResponse:
    return json_response({"error": reason}, status=status)
