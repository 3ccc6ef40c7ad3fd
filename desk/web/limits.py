"""Refuse large bodies before Django reads them: it would write them to disk first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

MAX_BODY_BYTES = 64 * 1024
MAX_WEBHOOK_BYTES = 3 * 1024 * 1024
LARGER = {"/webhooks/whatsapp": MAX_WEBHOOK_BYTES}


def limit_bodies(application: Any, larger: Mapping[str, int] = LARGER) -> Any:
    """Wrap an ASGI application; what it receives is at most MAX_BODY_BYTES long, or what `larger` allows its path."""

    async def limited(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await application(scope, receive, send)
            return
        limit = larger.get(scope["path"], MAX_BODY_BYTES)
        body = await _read(scope, receive, limit)
        if body is None:
            await _refuse(send, limit)
            return
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Any:
            return waiting.pop() if waiting else await receive()

        await application(scope, replay, send)

    return limited


async def _read(scope: Any, receive: Any, limit: int) -> bytes | None:
    for name, value in scope["headers"]:
        if name == b"content-length" and not (value.isdigit() and int(value) <= limit):
            return None
    body = bytearray()
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return bytes(body)
        body += event.get("body", b"")
        if len(body) > limit:
            return None
        if not event.get("more_body"):
            return bytes(body)


async def _refuse(send: Any, limit: int) -> None:
    content = json.dumps({"code": "too_large", "error": f"the body is larger than {limit} bytes"}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": content})
