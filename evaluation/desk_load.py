"""Patients of the bench: each writes a message, reads the stream until its answer stands there, and writes the next."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import aiohttp
import httpx

from evaluation.servers import Process, free_port
from evaluation.sets import ROOT

_ASKED = re.compile(r"message (m_\w+): the assistant answered in ([\d.]+) ms")
_READY_SECONDS = 120.0
MESSAGES_EACH = 20
"""Of a conversation; then the next patient writes. More than that is rare, and soon all would be with staff."""


@dataclass
class Load:
    """What some conversations at once came to, in milliseconds."""

    total: list[float] = field(default_factory=list)
    """From the request with the message until its answer arrives, committed, on the stream."""
    added: list[float] = field(default_factory=list)
    """The same, less the desk's call to the assistant."""
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.total) / self.seconds


class Desk:
    """A running desk, and what its log tells about the assistant's calls."""

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self._log = log

    def calls(self) -> dict[str, float]:
        """Milliseconds of the assistant's call, by message."""
        return {found[1]: float(found[2]) for found in _ASKED.finditer(self._log.read_text(errors="replace"))}


@contextmanager
def running_desk(folder: Path, *, database: str, assistants: Sequence[str], token: str) -> Iterator[Desk]:
    """One desk process on an empty database."""
    folder.mkdir(parents=True)
    port = free_port()
    variables = {
        "ENVIRONMENT": "development",
        "DATABASE_URL": database,
        "ASSISTANT_URL": ",".join(assistants),
        "ASSISTANT_TOKEN": token,
        "SECRET_KEY": "key-of-the-bench-" * 3,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PYTHONPATH": str(ROOT),
        # Few patients write as fast as these.
        "RATE_VISITOR_MESSAGES": "0",
        "RATE_ADDRESS_VISITORS": "0",
        "RATE_ADDRESS_REQUESTS": "0",
    }
    manage = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"]
    subprocess.run(manage, env={**os.environ, **variables}, check=True)
    process = Process([sys.executable, "-m", "desk", "--port", str(port)], folder, **variables)
    try:
        desk = Desk(f"http://127.0.0.1:{port}", folder / "desk.log")
        _wait(f"{desk.url}/readyz", process)
        yield desk
    finally:
        process.stop()


def converse(desk: Desk, texts: Sequence[str], *, at_once: int, count: int) -> Load:
    """Write `count` messages in all, in so many conversations at once."""
    load = Load()
    by_message = asyncio.run(_converse(desk, texts, at_once, count, load))
    calls = desk.calls()
    load.added = [took - calls[message] for message, took in by_message.items() if message in calls]
    return load


async def _converse(desk: Desk, texts: Sequence[str], at_once: int, count: int, load: Load) -> dict[str, float]:
    supply = iter(islice(cycle(texts), count))
    took: dict[str, float] = {}
    # aiohttp takes a fraction of what httpx does: on the same cores a heavy patient would slow the desk down.
    connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(sock_read=60)
    async with aiohttp.ClientSession(desk.url, connector=connector, timeout=timeout, raise_for_status=True) as http:
        started = time.perf_counter()
        await asyncio.gather(*(_patients(http, supply, took) for _ in range(at_once)))
        load.seconds = time.perf_counter() - started
    load.total = list(took.values())
    return took


async def _patients(http: aiohttp.ClientSession, supply: Iterator[str], took: dict[str, float]) -> None:
    """One patient after the other, until all is written."""
    while texts := list(islice(supply, MESSAGES_EACH)):
        await _patient(http, texts, took)


async def _patient(http: aiohttp.ClientSession, texts: Sequence[str], took: dict[str, float]) -> None:
    async with http.post("/api/chat/visitors", json={}) as opened:
        visitor = await opened.json()
    headers = {"Authorization": f"Bearer {visitor['token']}"}
    async with http.get("/api/chat/stream", headers=headers) as stream:
        answers = _answers(stream)
        for number, text in enumerate(texts):
            body = {"client_id": f"n{number}", "text": text}
            started = time.perf_counter()
            async with http.post("/api/chat/messages", json=body, headers=headers) as accepted:
                sent = await accepted.json()
            async for answered in answers:
                if answered == sent["id"]:
                    break
            took[sent["id"]] = (time.perf_counter() - started) * 1000


async def _answers(stream: aiohttp.ClientResponse) -> AsyncIterator[str]:
    """The ids of the messages that are answered, as the stream tells them."""
    async for line in stream.content:
        if line.startswith(b"data: {"):
            message = json.loads(line.removeprefix(b"data: "))
            if message.get("in_reply_to"):
                yield message["in_reply_to"]


def _wait(url: str, process: Process) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.is_running:
        try:
            if httpx.get(url, timeout=10).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise SystemExit(f"The desk did not get ready: {url}")
