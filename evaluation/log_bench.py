"""Time the log and its search on PostgreSQL with 1,000,000 messages: `python -m evaluation.log_bench`.

It makes a database of its own (`--database`, dropped and made anew), fills it by COPY with conversations whose words
are drawn from the training phrases, and opens the log's pages as a reviewer does: Django, its templates and the audit
entry are in the times, the network is not. The database is dropped at the end unless `--keep` says otherwise.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
from psycopg import sql

from evaluation.log_rows import DAYS, SEED, fill
from evaluation.report import table, write_block

GOAL_MS = 200.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 1 when the goal is missed."""
    options = _options(arguments)
    os.environ["DATABASE_URL"] = f"{options.server}/{options.database}"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "desk.settings")
    if options.only != "measure":
        _drop_database(options.server, options.database, make=True)
    import django

    django.setup()
    if options.only != "measure":
        fill(options.messages, os.environ["DATABASE_URL"])
    if options.only == "fill":
        return 0
    times = measure(options.requests)
    if not options.keep:
        django.db.connections.close_all()
        _drop_database(options.server, options.database)
    report, worst = render(times, options.messages)
    print(report)
    if options.write:
        write_block(options.write, "log-bench", report)
    return 0 if worst <= GOAL_MS else 1


def _drop_database(server: str, name: str, *, make: bool = False) -> None:
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        if make:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


Times = dict[str, list[float]]
"""Kind of page -> milliseconds of each request, sorted."""


def measure(requests: int) -> Times:
    """Open so many pages of each kind."""
    from django.test import Client

    from desk.staff.models import User
    from desk.staff.roles import Role, role_give

    reviewer, _ = User.objects.get_or_create(username="reviewer", is_staff=True)
    role_give(reviewer, Role.REVIEWER)
    client = Client()
    client.force_login(reviewer)
    client.get("/staff/review/log/")
    return {
        name: sorted(_seconds(client, query) * 1000 for query in queries)
        for name, queries in _pages(random.Random(SEED + 2), requests).items()
    }


def render(times: Times, messages: int) -> tuple[str, float]:
    """The figures as a document shows them, and the worst of the 95th percentiles."""
    rows = [
        [name, str(len(taken)), *(f"{each:.0f}" for each in (statistics.median(taken), _p95(taken), taken[-1]))]
        for name, taken in times.items()
    ]
    worst = max(map(_p95, times.values()))
    figures = table(["page", "requests", "p50 ms", "p95 ms", "longest ms"], rows)
    met = "met" if worst <= GOAL_MS else "missed"
    end = f"{messages:,} messages, one reviewer. Worst p95: {worst:.0f} ms (goal: {GOAL_MS:.0f} ms, {met})."
    return f"{figures}\n\n{end}", worst


def _p95(taken: list[float]) -> float:
    return taken[min(len(taken) - 1, int(len(taken) * 0.95))]


def _pages(chance: random.Random, requests: int) -> dict[str, list[str]]:
    """Query strings of the log: lists, filters, later pages, and words from common to rare."""
    from collections import Counter

    from desk.review.models import MessageFacts

    counts: Counter[str] = Counter()
    for terms in MessageFacts.objects.filter(author="patient")[:5_000].values_list("terms", flat=True):
        counts.update(word for word in terms.split() if len(word) > 2)
    by_share = [word for word, _ in counts.most_common()]
    common, rare = by_share[:40], by_share[-2_000:]
    asked = random.Random(SEED + 3).choices(list(counts), weights=list(counts.values()), k=requests)

    def many(make: Any) -> list[str]:
        return [urlencode(make()) for _ in range(requests)]

    def key() -> str:
        at = datetime.now(timezone.utc) - timedelta(days=chance.random() * DAYS)
        return f"{at.isoformat()}~c_{0:026d}"

    filters = ({"topic": "ask_price"}, {"risk": "any"}, {"fallback": "1"}, {"low_margin": "1"}, {"thumbs_down": "1"})
    since = (datetime.now(timezone.utc) - timedelta(days=90)).date().isoformat()
    until = (datetime.now(timezone.utc) - timedelta(days=30)).date().isoformat()
    return {
        "conversations": many(lambda: {"after": key()}),
        "conversations, filtered": many(
            lambda: {chance.choice(["handed_off", "unreviewed"]): "1", "channel": "web", "after": key()}
        ),
        "messages of a topic, risk or doubt": many(lambda: {**chance.choice(filters), "language": "ar"}),
        "search: words as often as patients write them": [urlencode({"q": word}) for word in asked],
        "search: common words": many(lambda: {"q": chance.choice(common)}),
        "search: rare words": many(lambda: {"q": chance.choice(rare)}),
        "search: two words": many(lambda: {"q": f"{chance.choice(common)} {chance.choice(by_share)}"}),
        "search within two months and a channel": many(
            lambda: {"q": chance.choice(by_share), "since": since, "until": until, "channel": "web"}
        ),
    }


def _seconds(client: Any, query: str) -> float:
    started = time.perf_counter()
    response = client.get(f"/staff/review/log/?{query}")
    taken = time.perf_counter() - started
    assert response.status_code == 200, response.status_code
    return taken


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evaluation.log_bench", description=__doc__)
    parser.add_argument(
        "--server", default="postgresql://postgres@127.0.0.1:5432", help="PostgreSQL, without a database"
    )
    parser.add_argument("--database", default="review_bench", help="dropped and made anew")
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=60, help="of each kind of page")
    parser.add_argument("--only", choices=["fill", "measure"], help="one half of the work alone")
    parser.add_argument("--keep", action="store_true", help="leave the database there")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the figures into this document too")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
