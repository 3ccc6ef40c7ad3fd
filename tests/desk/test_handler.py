"""The patients' paths cost no thread; a stream ends with its reader; staff pages go Django's own way."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from desk.asgi import limited_application
from desk.conversations.models import Conversation
from desk.conversations.wake import switchboard
from desk.database import in_database
from desk.web import stream
from desk.web.services import Tokens

pytestmark = pytest.mark.django_db(transaction=True)


class Line:
    """One request as a server hands it on."""

    def __init__(self, path: str, method: str = "GET", **headers: str) -> None:
        self._scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": b"",
            "headers": [(b"host", b"localhost"), *((k.encode(), v.encode()) for k, v in headers.items())],
        }
        self._left = asyncio.Event()
        self._requests = [{"type": "http.request", "body": b"", "more_body": False}]
        self.sent: list[dict[str, Any]] = []

    async def run(self) -> None:
        await limited_application(self._scope, self._receive, self._send)

    def leave(self) -> None:
        self._left.set()

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    async def _receive(self) -> dict[str, Any]:
        if self._requests:
            return self._requests.pop()
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)


async def ask(path: str, method: str = "GET", **headers: str) -> Line:
    line = Line(path, method, **headers)
    await line.run()
    return line


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/healthz", "GET", 200),
        ("/nothing", "GET", 404),
        ("/api/chat/messages", "POST", 401),
        ("/webhooks/whatsapp", "DELETE", 404),
        ("/", "GET", 200),
    ],
)
async def test_an_answer_costs_no_thread(path: str, method: str, status: int) -> None:
    started = True
    for _ in range(10):  # a refusal is logged in threads that stay: once there are enough, no answer starts one
        before = set(threading.enumerate())
        line = await ask(path, method)
        assert line.status == status
        started = not set(threading.enumerate()) <= before
        if not started:
            break
    assert not started


async def test_staff_pages_still_work() -> None:
    line = await ask("/staff/")
    assert line.status == 302


async def test_a_stream_ends_with_its_reader(conversation: Conversation) -> None:
    await in_database(lambda: None)  # the database's thread is there
    visitor = await in_database(open_visitor, conversation)
    before = set(threading.enumerate())
    line = Line("/api/chat/stream", authorization=f"Bearer {visitor}")
    running = asyncio.create_task(line.run())
    for _ in range(200):
        await asyncio.sleep(0.02)
        if b"event: conversation" in line.body:
            break
    assert line.status == 200
    assert len(stream._readers[conversation.pk]) == 1
    assert set(threading.enumerate()) <= before
    line.leave()
    await asyncio.wait_for(running, 5)
    assert not stream._readers.get(conversation.pk)
    assert conversation.pk not in switchboard.topics()


def open_visitor(conversation: Conversation) -> str:
    from desk.web.models import Visitor

    visitor = Visitor.objects.create(conversation=conversation)
    return Tokens.of(conversation.pk, visitor.generation).access
