"""The way through the desk: message in, answer committed. `python -m evaluation.desk_bench`, a part of `make bench`.

Measured in front of the real assistant, on SQLite and, where TEST_DATABASE_URL names one, on PostgreSQL; with one
and with two assistants; and, for the whole way, against stock Rasa's own REST channel on the same data.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import aiohttp
import dj_database_url
import psycopg

from evaluation.bench import bench_texts
from evaluation.desk_load import MESSAGES_EACH, Load, converse, running_desk
from evaluation.report import Goal, goals_table, table, write_block
from evaluation.servers import TOKEN, OurServer, StockServer
from evaluation.sets import ROOT
from evaluation.stock_project import has_kept_model, lay_out_stock
from evaluation.training import end_on_terminate, train

AT_ONCE = (1, 8, 32)
STOCK_EPOCHS = 2
ADDED_GOAL_MS = 10.0
FASTER_GOAL = 2.5
STOCK = "stock Rasa, REST channel"


@dataclass(frozen=True)
class Plan:
    messages: int
    """At each number of conversations, for each arrangement."""
    warm_up: int


FULL = Plan(600, 40)
QUICK = Plan(96, 16)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    end_on_terminate()
    plan = QUICK if options.quick else FULL
    texts = bench_texts()
    loads: dict[str, dict[int, Load]] = {}
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="desk-bench-") as place:
        folder = Path(place)
        for name, database, assistants in _arrangements(folder, options.database):
            print(f"{name} ...", flush=True)
            loads[name] = _through_the_desk(folder / name, database, assistants, texts, plan)
        if not options.no_stock:
            print("stock Rasa ...", flush=True)
            loads[STOCK] = _stock(folder / "stock", options.out, texts, plan)
    figures = {
        "quick": options.quick,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "load_before": round(load_before, 2),
        "runs": {name: {at_once: _figures(load) for at_once, load in each.items()} for name, each in loads.items()},
    }
    report = render(figures)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "desk_bench.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(report)
    if options.write:
        write_block(options.write, "desk-bench", report)
    return 1 if options.check and not all(goal.met for goal in desk_goals(figures)) else 0


def _arrangements(folder: Path, postgresql: str) -> Iterator[tuple[str, str, int]]:
    yield "SQLite, 1 assistant", f"sqlite:///{folder}/desk.sqlite3", 1
    yield "SQLite, 2 assistants", f"sqlite:///{folder}/desk-2.sqlite3", 2
    if postgresql:
        with _own_database(postgresql) as database:
            yield "PostgreSQL, 1 assistant", database, 1
    else:
        print("PostgreSQL: not measured, TEST_DATABASE_URL is not set", flush=True)


@contextmanager
def _own_database(url: str) -> Iterator[str]:
    """An empty database of our own on that server, dropped afterwards."""
    name = f"desk_bench_{os.getpid()}"
    parsed = dj_database_url.parse(url)
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password"}
    server = {theirs: parsed[ours] for ours, theirs in names.items() if parsed[ours]}
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield url.rpartition("/")[0] + f"/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _through_the_desk(
    folder: Path, database: str, assistants: int, texts: Sequence[str], plan: Plan
) -> dict[int, Load]:
    with ExitStack() as stack:
        urls = []
        for number in range(assistants):
            place = folder / f"assistant-{number}"
            (place / "models").mkdir(parents=True)
            (place / "models" / "model.tar.gz").symlink_to(ROOT / "models" / "model.tar.gz")
            for name in ("data", "domain.yml", "clinic.yml"):
                (place / name).symlink_to(ROOT / name)
            server = stack.enter_context(OurServer(place))
            urls.append(server.url)
        desk = running_desk(folder / "desk", database=database, assistants=urls, token=TOKEN)
        running = stack.enter_context(desk)
        converse(running, texts, at_once=4, count=plan.warm_up)
        return {at_once: converse(running, texts, at_once=at_once, count=plan.messages) for at_once in AT_ONCE}


def _stock(folder: Path, results: Path, texts: Sequence[str], plan: Plan) -> dict[int, Load]:
    lay_out_stock(folder, epochs=STOCK_EPOCHS, stories=True)  # as `evaluation.bench`, which leaves its model
    if not has_kept_model(folder, results):
        train(folder)
    with StockServer(folder) as server:
        asyncio.run(_ask_stock(server.url, texts, 4, plan.warm_up))
        return {at_once: asyncio.run(_ask_stock(server.url, texts, at_once, plan.messages)) for at_once in AT_ONCE}


async def _ask_stock(url: str, texts: Sequence[str], at_once: int, count: int) -> Load:
    """Its REST channel answers in the same request, so the request is the whole way."""
    load = Load()
    supply, numbers = iter(islice(cycle(texts), count)), itertools.count()
    timeout = aiohttp.ClientTimeout(total=120)
    async with aiohttp.ClientSession(url, timeout=timeout, raise_for_status=True) as http:

        async def senders() -> None:
            while asked := list(islice(supply, MESSAGES_EACH)):
                name = f"s-{at_once}-{count}-{next(numbers)}"
                for text in asked:
                    started = time.perf_counter()
                    async with http.post("/webhooks/rest/webhook", json={"sender": name, "message": text}) as answer:
                        await answer.read()
                    load.total.append((time.perf_counter() - started) * 1000)

        started = time.perf_counter()
        await asyncio.gather(*(senders() for _ in range(at_once)))
        load.seconds = time.perf_counter() - started
    return load


def _figures(load: Load) -> dict[str, float]:
    found = {
        "p50_ms": statistics.median(load.total),
        "p95_ms": statistics.quantiles(load.total, n=20)[-1],
        "per_second": load.per_second,
    }
    return {**found, "added_p50_ms": statistics.median(load.added)} if load.added else found


def desk_goals(figures: dict[str, Any]) -> list[Goal]:
    runs = figures["runs"]
    goals = [
        Goal(f"Added by the desk, p50: {name}", run[1]["added_p50_ms"], ADDED_GOAL_MS, at_least=False, unit="ms")
        for name, run in runs.items()
        if "1 assistant" in name
    ]
    if STOCK in runs:
        faster = runs[STOCK][1]["p50_ms"] / runs["SQLite, 1 assistant"][1]["p50_ms"]
        goals.append(Goal("The whole way, times faster than stock's, p50", faster, FASTER_GOAL, unit="times"))
    return goals


def render(figures: dict[str, Any]) -> str:
    rows = [
        [
            name,
            str(at_once),
            f"{run['p50_ms']:.1f} ms",
            f"{run['p95_ms']:.1f} ms",
            f"{run['added_p50_ms']:.1f} ms" if "added_p50_ms" in run else "-",
            f"{run['per_second']:.1f}",
        ]
        for name, each in figures["runs"].items()
        for at_once, run in each.items()
    ]
    head = ["Arrangement", "Conversations at once", "p50", "p95", "Added by the desk, p50", "Messages a second"]
    notes = [
        f"{figures['machine']}; load average before the run {figures['load_before']}. From the request with the "
        "message until its committed answer arrives on the stream; server, load and database on one machine. A "
        f"conversation has {MESSAGES_EACH} messages; then the next one begins."
    ]
    if figures["quick"]:
        notes.append("**A quick run: for a look only.**")
    return "\n\n".join([*notes, goals_table(desk_goals(figures)), table(head, rows)])


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evaluation.desk_bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run, for a look")
    parser.add_argument("--no-stock", action="store_true", help="leave stock Rasa out: its training takes minutes")
    parser.add_argument("--database", default=os.environ.get("TEST_DATABASE_URL", ""), help="a PostgreSQL server")
    parser.add_argument("--out", type=Path, default=ROOT / "evaluation" / "results", help="folder for the results")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the figures into this document too")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a goal is not met")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
