"""The HTTP side, as an ASGI application: Meta's Graph API for the desk, and a page that looks like a phone."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from simulator.cloud import Cloud, LostAnswer
from simulator.graph_errors import GraphError
from simulator.media import MediaFile
from simulator.patients import NoSuchThing
from simulator.phones import Phone

PAGE = Path(__file__).with_name("page")
PAGE_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
OLDEST_VERSION = 21
MAX_BODY = 16 * 1024 * 1024
HEARTBEAT_SECONDS = 10.0
_GRAPH = re.compile(r"/v(\d+)\.\d+/([^/]+)(/messages)?")

Json = dict[str, Any]


class Simulator:
    """The ASGI application."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, await _body(receive))
        try:
            if request.path == "/api/events":
                await self._stream(send)
                return
            status, content_type, content = await self._answer(request)
        except LostAnswer:
            # An answer that breaks off: the client saw its request taken and never learns the rest.
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"500")]})
            await send({"type": "http.response.body", "body": b"{", "more_body": True})
            raise ConnectionAbortedError("the answer is lost, as ordered") from None
        headers = [(b"content-type", content_type.encode()), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _answer(self, request: Request) -> tuple[int, str, bytes]:
        graph = _GRAPH.fullmatch(request.path)
        try:
            if graph:
                return _json(self._graph(request, int(graph[1]), graph[2], is_send=bool(graph[3])))
            if request.path.startswith("/media/"):
                file = self._file(request)
                return 200, file.mime_type, file.content
            if request.path.startswith("/api/"):
                return _json(self._page_call(request))
        except GraphError as error:
            return _json(error.as_json(), error.status)
        except (NoSuchThing, ValueError, KeyError, TypeError) as error:
            return _json({"error": f"{type(error).__name__}: {error}"}, 400)
        return self._page_file(request)

    def _graph(self, request: Request, version: int, node: str, *, is_send: bool) -> Json:
        self._check_token(request)
        if version < OLDEST_VERSION:
            raise GraphError(2635)
        if request.method == "GET" and not is_send:
            return self._describe_media(request, node)
        if not is_send or request.method != "POST" or node != self.cloud.account.phone_number_id:
            raise GraphError(100, f"Object with ID {node!r} does not exist", subcode=33)
        return self.cloud.handle(request.json(GraphError(100, "The body is not a JSON object")))

    def _check_token(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {self.cloud.account.access_token}":
            raise GraphError(190, "The access token could not be decrypted")

    def _describe_media(self, request: Request, media_id: str) -> Json:
        file = self.cloud.media.get(media_id)
        if file is None:
            raise GraphError(100, f"Object with ID {media_id!r} does not exist", subcode=33)
        return {
            "messaging_product": "whatsapp",
            "url": f"http://{request.headers.get('host', 'simulator')}/media/{media_id}",
            "mime_type": file.mime_type,
            "sha256": file.sha256,
            "file_size": len(file.content),
            "id": media_id,
        }

    def _file(self, request: Request) -> MediaFile:
        """The page shows files too; anybody else needs the token, as at Meta."""
        if request.headers.get("sec-fetch-site") != "same-origin":
            self._check_token(request)
        return self.cloud.media[request.path.removeprefix("/media/")]

    def _page_call(self, request: Request) -> Json:
        if request.method == "GET" and request.path == "/api/state":
            return self._state()
        if request.method != "POST":
            raise NoSuchThing(request.path)
        given = request.json(ValueError("send a JSON object"))
        if request.path == "/api/faults":
            self.cloud.reads = bool(given.pop("reads", self.cloud.reads))
            self.cloud.faults.change(given)
        elif request.path == "/api/phones":
            shares = bool(given.get("shares_number", True))
            self.cloud.patients.add(str(given["name"])[:60], shares_number=shares)
        else:
            phone = self.cloud.phones[request.path.removeprefix("/api/phones/")]
            ACTS[str(given["act"])](self.cloud, phone, given)
        self.cloud.changed()
        return {"ok": True}

    def _state(self) -> Json:
        now = self.cloud.now()
        return {
            "phones": [phone.as_json(now) for phone in self.cloud.phones.values()],
            "faults": {**self.cloud.faults.as_json(), "reads": self.cloud.reads},
            "tally": vars(self.cloud.postman.tally),
            "account": {"webhook_url": self.cloud.account.webhook_url},
        }

    async def _stream(self, send: Callable[[Any], Awaitable[None]]) -> None:
        """Server-sent events: the whole state, each time it changes."""
        changed = asyncio.Event()
        self.cloud.watch(changed)
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            while True:
                state = json.dumps(self._state(), ensure_ascii=False)
                await send({"type": "http.response.body", "body": f"data: {state}\n\n".encode(), "more_body": True})
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(changed.wait(), HEARTBEAT_SECONDS)
                changed.clear()
        finally:
            self.cloud.unwatch(changed)

    def _page_file(self, request: Request) -> tuple[int, str, bytes]:
        name = request.path.removeprefix("/") or "index.html"
        path = PAGE / name
        if not re.fullmatch(r"[a-z]+\.[a-z]+", name) or not path.is_file():
            return 404, "text/plain", b"not found"
        return 200, f"{PAGE_TYPES[path.suffix]}; charset=utf-8", path.read_bytes()


class Request:
    def __init__(self, scope: Any, body: bytes) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query = parse_qs(scope["query_string"].decode("ascii", "replace"))
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.body = body

    def json(self, otherwise: Exception) -> Json:
        """The body as an object; raises `otherwise`."""
        try:
            value = json.loads(self.body)
        except ValueError:
            raise otherwise from None
        if not isinstance(value, dict):
            raise otherwise
        return value


def _media(cloud: Cloud, phone: Phone, given: Json) -> None:
    file = None
    if given.get("content"):
        content = base64.b64decode(given["content"], validate=True)
        file = MediaFile(content, str(given["mime_type"]), str(given.get("filename", "")))
    cloud.patients.send_media(phone, str(given["kind"]), caption=str(given.get("caption", "")), file=file)


ACTS: dict[str, Callable[[Cloud, Phone, Json], object]] = {
    "write": lambda cloud, phone, given: cloud.patients.write(phone, str(given["text"])),
    "choose": lambda cloud, phone, given: cloud.patients.choose(phone, str(given["choice"])),
    "media": _media,
    "other": lambda cloud, phone, given: cloud.patients.send_other(phone, str(given["kind"])),
    "react": lambda cloud, phone, given: cloud.patients.react(phone, str(given["wamid"]), str(given["emoji"])),
    "edit": lambda cloud, phone, given: cloud.patients.edit(phone, str(given["wamid"]), str(given["text"])),
    "delete": lambda cloud, phone, given: cloud.patients.delete(phone, str(given["wamid"])),
    "change_number": lambda cloud, phone, given: cloud.patients.change_number(phone),
    "read": lambda cloud, phone, given: cloud.patients.read(phone),
}


async def _body(receive: Any) -> bytes:
    body = bytearray()
    while True:
        event = await receive()
        body += event.get("body", b"")
        if not event.get("more_body") or len(body) > MAX_BODY:
            return bytes(body)


def _json(value: Json, status: int = 200) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(value, ensure_ascii=False).encode()
