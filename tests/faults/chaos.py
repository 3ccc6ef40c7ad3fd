"""Break everything, with real processes, and check that no message is lost: `make chaos` (ARGS="--scale 0.1 --seed 7").

With --write the figures replace the block `chaos` of a document. Exit code 1 when anything went wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from evaluation.report import table, write_block
from tests.faults import scenarios
from tests.faults.patients import Outcome
from tests.faults.scenarios import POSTGRESQL, SQLITE

Run = Callable[[], Awaitable[Outcome]]
KILLS_SQLITE, KILLS_POSTGRESQL, KILLS_REAL, PAIRS = 80, 120, 16, 1000


def plan(scale: float, seed: int) -> dict[str, Run]:
    """Every run by its name; `scale` 1 is the whole."""

    def part(count: int) -> int:
        return max(2, round(count * scale))

    return {
        f"{part(KILLS_SQLITE)} kills, SQLite": lambda: scenarios.kills(SQLITE, count=part(KILLS_SQLITE), seed=seed),
        f"{part(KILLS_POSTGRESQL)} kills, PostgreSQL": lambda: scenarios.kills(
            POSTGRESQL, count=part(KILLS_POSTGRESQL), seed=seed
        ),
        f"{part(KILLS_REAL)} kills, real assistant and actions": lambda: scenarios.kills_of_the_real_stack(
            count=part(KILLS_REAL), seed=seed
        ),
        f"{part(PAIRS)} simultaneous pairs": lambda: scenarios.simultaneous_pairs(count=part(PAIRS), seed=seed),
        "PostgreSQL crashes, restarts": lambda: scenarios.postgresql_crashes(seconds=8, seed=seed),
        "PostgreSQL hangs 20 s": lambda: scenarios.postgresql_hangs(seconds=20, seed=seed),
        "one of two desks hangs 15 s": lambda: scenarios.a_desk_hangs(seconds=15, seed=seed),
        "SQLite locked 20 s": lambda: scenarios.sqlite_locked(seconds=20, seed=seed),
        "disk full 10 s, SQLite": lambda: scenarios.sqlite_disk_full(seconds=10, seed=seed),
        "disk full 10 s, PostgreSQL": lambda: scenarios.postgresql_disk_full(seconds=10, seed=seed),
        "assistant talks garbage, SQLite": lambda: scenarios.assistant_talks_garbage(SQLITE, seconds=4, seed=seed),
        "assistant talks garbage, PostgreSQL": lambda: scenarios.assistant_talks_garbage(
            POSTGRESQL, seconds=4, seed=seed
        ),
        "action server: 500, 5 s, 75 s, refusing": lambda: scenarios.action_server_fails(seconds=12, seed=seed),
    }


def main() -> int:
    options = _options()
    rows, wrong = [], 0
    for name, run in plan(options.scale, options.seed).items():
        if options.only and options.only not in name:
            continue
        print(f"{name} ...", flush=True)
        started = time.monotonic()
        outcome = asyncio.run(run())
        wrong += len(outcome.wrongs)
        rows.append(_row(name, outcome, time.monotonic() - started))
        print("  " + " | ".join(rows[-1]), flush=True)
        for line in outcome.wrongs:
            print(f"  WRONG: {line}", flush=True)
    report = table(_HEAD, rows)
    print(report)
    if options.write:
        write_block(options.write, "chaos", f"Seed {options.seed}, scale {options.scale:g}.\n\n{report}")
    return 1 if wrong else 0


_HEAD = [
    "What breaks",
    "Minutes",
    "Kills",
    "Acknowledged",
    "How they ended",
    "Not acknowledged",
    "Longest wait",
    "Wrong",
]


def _row(name: str, outcome: Outcome, seconds: float) -> list[str]:
    ends = ", ".join(f"{state} {count}" for state, count in outcome.ends.items())
    return [
        name,
        f"{seconds / 60:.1f}",
        ", ".join(f"{program} {count}" for program, count in sorted(outcome.kills.items())) or "-",
        str(outcome.messages),
        ends,
        f"{sum(outcome.refusals.values())} tries",
        f"{outcome.longest_wait:.1f} s",
        str(len(outcome.wrongs)),
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="1: all kills and pairs; 0.1: a tenth of them")
    parser.add_argument("--only", default="", help="only runs whose name contains this")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the figures into this document")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
