"""A short, seeded part of `make chaos`: real processes that are killed, frozen, locked out and filled up."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from typing import Any

import pytest

from tests.faults import scenarios
from tests.faults.patients import Outcome
from tests.faults.postgres import is_installed
from tests.faults.scenarios import POSTGRESQL, SQLITE

pytestmark = pytest.mark.server
IN_CI = os.environ.get("CI", "").lower() in ("true", "1")


@pytest.fixture
def postgresql() -> None:
    """The binaries of PostgreSQL, for a cluster of our own."""
    if not is_installed():
        complaint = "PostgreSQL is not installed: its faults were not tested"
        pytest.fail(complaint) if IN_CI else pytest.skip(complaint)


def run(scenario: Coroutine[Any, Any, Outcome]) -> Outcome:
    outcome = asyncio.run(scenario)
    assert outcome.wrongs == []
    assert outcome.messages
    return outcome


def test_kills_on_sqlite() -> None:
    outcome = run(scenarios.kills(SQLITE, count=4, seed=11))
    assert sum(outcome.kills.values()) == 4


def test_kills_on_postgresql(postgresql: None) -> None:
    outcome = run(scenarios.kills(POSTGRESQL, count=6, seed=12))
    assert len(outcome.kills) > 1


def test_postgresql_hangs(postgresql: None) -> None:
    outcome = run(scenarios.postgresql_hangs(seconds=14, seed=13))
    assert outcome.refusals["503"]  # it said that it could not, instead of pretending


def test_sqlite_locked_by_another_process() -> None:
    # Longer than a post waits for the database, also when it queues behind other work.
    outcome = run(scenarios.sqlite_locked(seconds=20, seed=14))
    assert outcome.refusals["503"]


def test_simultaneous_pairs(postgresql: None) -> None:
    outcome = run(scenarios.simultaneous_pairs(count=25, seed=15))
    assert outcome.messages == outcome.answered == 50
