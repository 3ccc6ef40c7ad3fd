"""The log's measurement on a few messages: it fills today's tables, and every page that it times opens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evaluation.log_bench import GOAL_MS, measure, render
from evaluation.log_rows import TURNS, fill
from tests.desk.databases import Databases, rows, using

MESSAGES = 40 * TURNS


def test_the_measurement_runs(tmp_path: Path, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        databases = Databases("postgresql", tmp_path)
        try:
            url = databases.empty()
            with using(url):
                fill(MESSAGES, url)
                times = measure(requests=1)
            assert len(rows(url, "conversations_message")) == len(rows(url, "review_messagefacts")) == MESSAGES
        finally:
            databases.drop_all()
    assert all(len(taken) == 1 for taken in times.values())


def test_the_worst_page_decides() -> None:
    report, worst = render({"list": [10.0] * 60, "search": [20.0] * 50 + [2 * GOAL_MS] * 10}, 1_000_000)
    assert worst == 2 * GOAL_MS
    assert "| search | 60 | 20 | 400 | 400 |" in report
    assert report.endswith("1,000,000 messages, one reviewer. Worst p95: 400 ms (goal: 200 ms, missed).")
