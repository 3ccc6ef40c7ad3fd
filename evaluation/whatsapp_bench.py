"""How quickly the webhook acknowledges, measured against a real desk process.

`python -m evaluation.whatsapp_bench --rate 100 --seconds 60` posts at a steady rate, whether or not earlier posts are
answered (an open loop). By default a quarter are messages and the rest are the three statuses of each answer, as in
production; `--messages-only` posts nothing but messages. The desk is `python -m desk` with an assistant that answers
at once; the simulator stands for Meta, in this process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from evaluation.servers import Process, free_port
from evaluation.sets import ROOT
from simulator.application import Simulator
from simulator.cloud import Account, Cloud

SETTINGS = {
    "WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
    "WHATSAPP_ACCESS_TOKEN": "bench-token",
    "WHATSAPP_APP_SECRET": "bench-secret",
    "WHATSAPP_VERIFY_TOKEN": "bench-verify",
}
STATUSES_PER_ANSWER = 3
QUESTIONS = ("كم السعر؟", "price", "هل توجع؟", "كم جلسة أحتاج؟")
READY_SECONDS = 90.0
SETTLE_SECONDS = 120.0


@contextmanager
def desk(folder: Path, *, graph_port: int, database: str) -> Iterator[str]:
    """A desk with its own database and an assistant beside it; yields its address."""
    port, assistant_port = free_port(), free_port()
    variables = {
        **SETTINGS,
        "WHATSAPP_GRAPH_URL": f"http://127.0.0.1:{graph_port}",
        "DATABASE_URL": database or f"sqlite:///{folder / 'desk.sqlite3'}",
        "ASSISTANT_URL": f"http://127.0.0.1:{assistant_port}",
        "ASSISTANT_TOKEN": "bench",
        "SECRET_KEY": "bench-" * 8,
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "desk.settings",
    }
    migrate = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
    Process(migrate, folder, **variables).wait(READY_SECONDS)
    fake = [sys.executable, "-m", "uvicorn", "tests.desk.fake_assistant:application", "--port", str(assistant_port)]
    assistant = Process([*fake, "--ws", "none", "--log-level", "warning"], folder, **variables)
    server = Process([sys.executable, "-m", "desk", "--port", str(port)], folder, **variables)
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/readyz")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()
        assistant.stop()


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.3)
    raise SystemExit("the desk did not get ready")


async def post_steadily(cloud: Cloud, *, per_second: float, seconds: float, patients: int) -> None:
    """Have patients write at a steady rate, whatever becomes of what they wrote before."""
    phones = [cloud.patients.add(f"P{number}") for number in range(patients)]
    chance = random.Random(1)
    started = time.perf_counter()
    for number in range(int(per_second * seconds)):
        await asyncio.sleep(max(0.0, started + number / per_second - time.perf_counter()))
        cloud.patients.write(phones[number % patients], chance.choice(QUESTIONS))


async def answered(cloud: Cloud, wanted: int) -> int:
    """Wait until every patient was answered, or patience ends; returns the number of answers."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        count = sum(not bubble.mine for phone in cloud.phones.values() for bubble in phone.bubbles)
        if count >= wanted:
            break
        await asyncio.sleep(0.5)
    return count


async def measure(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    graph_port = free_port()
    with desk(folder, graph_port=graph_port, database=given.database) as address:
        account = Account(
            phone_number_id=SETTINGS["WHATSAPP_PHONE_NUMBER_ID"],
            access_token=SETTINGS["WHATSAPP_ACCESS_TOKEN"],
            app_secret=SETTINGS["WHATSAPP_APP_SECRET"],
            webhook_url=f"{address}/webhooks/whatsapp",
        )
        cloud = Cloud(account, seed=1)
        cloud.reads = True
        cloud.faults.silent = given.messages_only
        config = uvicorn.Config(Simulator(cloud), port=graph_port, ws="none", lifespan="off", log_level="error")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        per_second = given.rate if given.messages_only else given.rate / (1 + STATUSES_PER_ANSWER)
        await post_steadily(cloud, per_second=per_second, seconds=given.seconds, patients=given.patients)
        seconds = list(cloud.postman.seconds)
        posted = cloud.postman.tally.posted
        wanted = int(per_second * given.seconds)
        answers = await answered(cloud, wanted)
        await cloud.postman.settle()
        server.should_exit = True
        await serving
        tally = cloud.postman.tally
        cuts = statistics.quantiles(seconds, n=100)
        return {
            "messages": wanted,
            "answers": answers,
            "posts_a_second": round(posted / given.seconds, 1),
            "p50_ms": round(cuts[49] * 1000, 1),
            "p95_ms": round(cuts[94] * 1000, 1),
            "p99_ms": round(cuts[98] * 1000, 1),
            "max_ms": round(max(seconds) * 1000, 1),
            "statuses": {str(status): count for status, count in tally.statuses.items()},
            "load_average": os.getloadavg()[0],
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=100, help="posts a second, of messages and statuses together")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--patients", type=int, default=400)
    parser.add_argument("--messages-only", action="store_true", help="all posts are messages; no statuses come")
    parser.add_argument("--database", default="", help="a DATABASE_URL; without it a new SQLite file")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # else the servers would outlive a kill
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(measure(given, Path(folder)))))


if __name__ == "__main__":
    main()
