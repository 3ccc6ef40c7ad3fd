"""How much an idle chat costs one desk, and how soon a message reaches it: `python -m evaluation.streams_bench`.

Starts a desk of its own (and a stand-in for the assistant), opens many visitors' streams over plain sockets, weighs
the desk's process before and after, then sends messages to some of them and times each to its event on the stream: from
the request (the way through the database and its flush to disk included), from the time that the desk gave the message
as it began to write it, and from its acknowledgement.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx

from evaluation.report import write_block
from evaluation.servers import Process
from evaluation.sets import ROOT
from evaluation.training import environment

START_SECONDS = 120
SETTLE_SECONDS = 5.0
PATIENCE_SECONDS = 60.0
OPENING_AT_ONCE = 20
PAUSE_SECONDS = 0.25
"""Between two messages: a thousand chats of which each writes every four or five minutes, and is answered."""
KB = 1024


@dataclass(frozen=True)
class Arrival:
    """When a message's event came: `at` on the clock of `time.perf_counter`, in seconds."""

    at: float
    since_written_ms: float


@dataclass(frozen=True)
class Result:
    streams: int
    kb_each: float
    deliveries: int
    lost: int
    p50_ms: float
    p95_ms: float
    worst_ms: float
    p95_from_writing_ms: float
    """from the message's own time, set as it is written, before the commit"""
    p95_after_ack_ms: float

    def __str__(self) -> str:
        return (
            f"{self.streams} idle streams: {self.kb_each:.1f} KB each; {self.deliveries} messages delivered, "
            f"{self.lost} lost; from the request to the event p50 {self.p50_ms:.1f} ms, p95 {self.p95_ms:.1f} ms, "
            f"worst {self.worst_ms:.1f} ms; from the beginning of its writing p95 {self.p95_from_writing_ms:.1f} ms; "
            f"from its acknowledgement p95 {self.p95_after_ack_ms:.1f} ms"
        )


class Stream:
    """One idle chat: an open connection that remembers when each message number came."""

    def __init__(self, port: int, token: str) -> None:
        self.token = token
        self._port = port
        self.arrived: dict[int, asyncio.Future[Arrival]] = {}

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=4 * KB)
        request = f"GET /api/chat/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.token}\r\n\r\n"
        self._writer.write(request.encode())
        status = await self._reader.readline()
        if b" 200 " not in status:
            raise RuntimeError(f"the stream was refused: {status!r}")
        while b"event: conversation" not in await self._reader.readline():
            pass
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        number = 0
        while line := await self._reader.readline():
            if line.startswith(b"id: "):
                number = int(line[4:])
            elif number and line.startswith(b"data: "):
                came, now = time.perf_counter(), datetime.now(timezone.utc)
                written = datetime.fromisoformat(json.loads(line[6:])["at"])
                self.arrival(number).set_result(Arrival(came, (now - written) / timedelta(milliseconds=1)))
                number = 0

    def arrival(self, number: int) -> asyncio.Future[Arrival]:
        return self.arrived.setdefault(number, asyncio.get_running_loop().create_future())

    async def close(self) -> None:
        self._reading.cancel()
        self._writer.close()


@contextmanager
def running_desk(folder: Path) -> Iterator[tuple[int, Process]]:
    """A desk without limits, with a database of its own, in front of a stand-in for the assistant."""
    assistant_port, port = _free_port(), _free_port()
    settings = {
        "ENVIRONMENT": "development",
        "DATABASE_URL": f"sqlite:///{folder / 'desk.sqlite3'}",
        "ASSISTANT_URL": f"http://127.0.0.1:{assistant_port}",
        "ASSISTANT_TOKEN": secrets.token_urlsafe(16),
        "SECRET_KEY": secrets.token_urlsafe(32),
        **dict.fromkeys(("RATE_VISITOR_MESSAGES", "RATE_ADDRESS_VISITORS", "RATE_ADDRESS_REQUESTS"), "0"),
    }
    migrate = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"]
    subprocess.run(migrate, env=environment(**settings), check=True)
    assistant = ["uvicorn", "tests.desk.fake_assistant:application", "--port", str(assistant_port), "--ws", "none"]
    commands = (assistant, ["desk", "--port", str(port)])
    processes = [Process([sys.executable, "-m", *command], folder, **settings) for command in commands]
    try:
        _wait_until_ready(port)
        yield port, processes[-1]
    finally:
        for process in processes:
            process.stop()


async def measure(port: int, desk: Process, *, streams: int, deliveries: int, pause: float) -> Result:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/chat/", timeout=PATIENCE_SECONDS) as api:
        tokens = [(await api.post("visitors")).raise_for_status().json()["token"] for _ in range(streams)]
        # What the first stream and message load once for all is no idle chat's weight.
        first = await _opened(port, tokens[0])
        await _deliver(api, [first], 5, PAUSE_SECONDS)
        await asyncio.sleep(SETTLE_SECONDS)
        before = desk.megabytes()
        opened: list[Stream] = []
        for start in range(0, streams, OPENING_AT_ONCE):
            some = tokens[start : start + OPENING_AT_ONCE]
            opened += await asyncio.gather(*(_opened(port, token) for token in some))
        await asyncio.sleep(SETTLE_SECONDS)
        weight = (desk.megabytes() - before) * KB / streams
        times = await _deliver(api, opened, deliveries, pause)
        for stream in [first, *opened]:
            await stream.close()
    came = [(sent, acknowledged, arrival) for sent, acknowledged, arrival in times if arrival is not None]
    arrived = sorted((arrival.at - sent) * 1000 for sent, _, arrival in came)
    after_ack = [max(0.0, arrival.at - acknowledged) * 1000 for _, acknowledged, arrival in came]
    return Result(
        streams=streams,
        kb_each=weight,
        deliveries=len(arrived),
        lost=len(times) - len(arrived),
        p50_ms=statistics.median(arrived),
        p95_ms=_p95(arrived),
        worst_ms=arrived[-1],
        p95_from_writing_ms=_p95([arrival.since_written_ms for *_, arrival in came]),
        p95_after_ack_ms=_p95(after_ack),
    )


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


async def _opened(port: int, token: str) -> Stream:
    stream = Stream(port, token)
    await stream.open()
    return stream


async def _deliver(
    api: httpx.AsyncClient, streams: list[Stream], count: int, pause: float
) -> list[tuple[float, float, Arrival | None]]:
    """Of each message when it was sent, when it was acknowledged, and its event on the stream (None: it never came)."""
    times: list[tuple[float, float, Arrival | None]] = []
    for number in range(count):
        stream = streams[number * 7 % len(streams)]
        body = {"client_id": secrets.token_hex(8), "text": "price?"}
        sent = time.perf_counter()
        answer = await api.post("messages", json=body, headers={"Authorization": f"Bearer {stream.token}"})
        acknowledged = time.perf_counter()
        arrival = stream.arrival(answer.raise_for_status().json()["seq"])
        try:
            came = await asyncio.wait_for(asyncio.shield(arrival), PATIENCE_SECONDS)
            times.append((sent, acknowledged, came))
        except asyncio.TimeoutError:
            times.append((sent, acknowledged, None))
        await asyncio.sleep(pause)
    return times


def run(streams: int, deliveries: int, pause: float = PAUSE_SECONDS) -> Result:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * streams)), hard))  # the desk inherits it
    with tempfile.TemporaryDirectory() as folder, running_desk(Path(folder)) as (port, desk):
        return asyncio.run(measure(port, desk, streams=streams, deliveries=deliveries, pause=pause))


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            answer: Any = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5)
            if answer.status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise SystemExit("the desk did not start")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m evaluation.streams_bench", description=__doc__)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--deliveries", type=int, default=300)
    parser.add_argument("--pause", type=float, default=PAUSE_SECONDS, help="seconds between two messages")
    parser.add_argument("--json", type=Path, help="Write the figures to this file too.")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the figures into this document too")
    given = parser.parse_args()
    result = run(given.streams, given.deliveries, given.pause)
    print(result)
    if given.write:
        write_block(given.write, "streams-bench", f"{result}.")
    if given.json:
        given.json.write_text(json.dumps(result.__dict__, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
