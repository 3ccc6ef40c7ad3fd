"""Whatever comes in: never a server error, and what was taken can be recovered character by character."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import islice
from typing import Any

import pytest
from django.db import connection
from django.test import AsyncClient

from desk.asgi import limited_application
from desk.conversations.models import Conversation, Message
from desk.conversations.worker import Worker
from desk.database import in_database
from desk.safe_text import original_text
from desk.screening import screen_text
from desk.web.limits import MAX_BODY_BYTES
from desk.web.services import visitor_open
from desk.web.tokens import Purpose, issue
from tests.desk.conftest import REAL_SCREEN

pytestmark = pytest.mark.django_db(transaction=True)

SEED = 20_261
TEXTS = 10_000
PER_CONVERSATION = 250
MESSAGES = "/api/chat/messages"
ALPHABETS: tuple[Callable[[random.Random], str], ...] = (
    lambda rng: chr(rng.randrange(0x110000)),  # anything, half of it unassigned
    lambda rng: chr(rng.randrange(0xD800, 0xE000)),  # lone surrogates
    lambda rng: rng.choice("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"),  # bidi
    lambda rng: rng.choice("\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e"),  # zero width
    lambda rng: chr(rng.randrange(0x20)),  # NUL and the other controls
    lambda rng: chr(rng.randrange(0x0600, 0x0700)),  # Arabic with its marks
    lambda rng: chr(rng.randrange(0x0300, 0x0370)),  # combining marks
    lambda rng: rng.choice("👩🏽‍⚕️🇸🇦\u20e3\ufe0f"),
    lambda rng: chr(rng.randrange(0x20, 0x7F)),
    lambda rng: rng.choice(["'; DROP TABLE", "{{7*7}}", "<script>", "/restart", "%s", "\\u0000", "\r\n\r\n"]),
)


def strange_texts(seed: int) -> Iterator[str]:
    rng = random.Random(seed)
    while True:
        alphabets = rng.sample(ALPHABETS, rng.randrange(1, 4))
        text = "".join(rng.choice(alphabets)(rng) for _ in range(rng.choice((1, 2, 5, 20, 120))))
        if text.strip():
            yield text


def strange_values(rng: random.Random, depth: int = 0) -> Any:
    """Any JSON value, with the API's own names among the keys."""
    kind = rng.randrange(8 if depth < 3 else 6)
    if kind == 6:
        return [strange_values(rng, depth + 1) for _ in range(rng.randrange(4))]
    if kind == 7:
        names = rng.sample(["client_id", "text", "choice", "language", "", "x", "__proto__"], rng.randrange(5))
        return {name: strange_values(rng, depth + 1) for name in names}
    text = next(strange_texts(rng.randrange(999)))
    return (None, True, rng.randrange(-(10**20), 10**20), rng.random(), "a", text)[kind]


@pytest.fixture(autouse=True)
def no_limits(settings: Any) -> None:
    settings.RATE_VISITOR_MESSAGES = settings.RATE_ADDRESS_VISITORS = settings.RATE_ADDRESS_REQUESTS = 0


@pytest.fixture
def conversation(transactional_db: None) -> Conversation:
    return visitor_open()[0]


def visitor(conversation: Conversation) -> dict[str, str]:
    """The headers of a visitor's requests."""
    return {"Authorization": f"Bearer {issue(Purpose.ACCESS, conversation.pk, 1)}"}


async def send(api: AsyncClient, conversation: Conversation, body: str) -> Any:
    return await api.post(MESSAGES, body, content_type="application/json", headers=visitor(conversation))


async def test_ten_thousand_strange_texts(api: AsyncClient, worker: Worker) -> None:
    count = TEXTS if connection.vendor == "sqlite" else TEXTS // 20
    texts = iter(strange_texts(SEED))
    for start in range(0, count, PER_CONVERSATION):
        conversation, _ = await in_database(visitor_open)
        sent = list(islice(texts, PER_CONVERSATION))
        for number, text in enumerate(sent):
            response = await send(api, conversation, json.dumps({"client_id": f"n{number}", "text": text}))
            assert response.status_code == 202, ascii(text)
        # JSON reads two surrogates that happen to fit together as the one character they stand for.
        sent = [json.loads(json.dumps(text)) for text in sent]
        stored = [message async for message in Message.objects.filter(conversation=conversation).order_by("sequence")]
        assert [original_text(each.raw) if each.raw else each.text for each in stored] == sent
        if start == 0:
            await worker.drain()  # and they are answered like any other
            states = Message.objects.filter(conversation=conversation, direction="in").values_list("state", flat=True)
            assert {state async for state in states} <= {"answered", "with_staff"}
            read = await api.get(MESSAGES, headers=visitor(conversation))
            assert read.status_code == 200
        await Message.objects.all().adelete()


def test_the_real_screen_takes_them_all() -> None:
    screen = REAL_SCREEN()
    for text in islice(strange_texts(SEED + 1), 500):
        findings = screen_text(text, screen).findings
        assert not any(finding["category"] == "screen_error" for finding in findings), ascii(text)


async def test_any_json_is_taken_or_refused(api: AsyncClient, conversation: Conversation) -> None:
    rng = random.Random(SEED)
    seen = set()
    for _ in range(300):
        body = json.dumps(strange_values(rng))
        for path in (MESSAGES, "/api/chat/language", "/api/chat/visitors"):
            headers = visitor(conversation)
            response = await api.post(path, body, content_type="application/json", headers=headers)
            assert response.status_code < 500, (path, body)
            seen.add(response.status_code)
    assert 400 in seen


async def test_bytes_that_are_no_json(api: AsyncClient, conversation: Conversation) -> None:
    rng = random.Random(SEED)
    headers = visitor(conversation)
    for _ in range(500):
        body = rng.randbytes(rng.randrange(200))
        response = await api.post(MESSAGES, body, content_type="application/json", headers=headers)
        assert response.status_code in (400, 413), body


@pytest.mark.parametrize("megabytes", [1, 100])
@pytest.mark.parametrize("announced", [True, False])
async def test_a_large_body_is_refused_before_it_is_read(megabytes: int, announced: bool) -> None:
    """Neither memory nor disk sees it: reading stops at the limit."""
    size = megabytes << 20
    read = 0
    sent: list[dict[str, Any]] = []

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(size >> 14):
            yield b"x" * (1 << 14)

    body = chunks()

    async def receive() -> dict[str, Any]:
        nonlocal read
        chunk = await anext_or_end(body)
        read += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": read < size}

    async def note(event: dict[str, Any]) -> None:
        sent.append(event)

    headers = [(b"content-type", b"application/json"), (b"host", b"localhost")]
    if announced:
        headers.append((b"content-length", str(size).encode()))
    scope = {"type": "http", "method": "POST", "path": MESSAGES, "headers": headers, "query_string": b""}
    await limited_application(scope, receive, note)
    assert sent[0]["status"] == 413
    assert read <= MAX_BODY_BYTES + (1 << 14)


async def anext_or_end(body: AsyncIterator[bytes]) -> bytes:
    async for chunk in body:
        return chunk
    return b""
