"""Speed and size against the stock `rasa init` project on the same data: `python -m evaluation.bench`.

Stock is trained for a few of its 100 epochs: speed, memory and size do not depend on how long it was trained.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evaluation.report import Goal, goals_table, table, write_block
from evaluation.servers import OurServer, Server, StockServer
from evaluation.sets import ROOT, load_half
from evaluation.stock_project import (
    keep_stock_model,
    lay_out_stock,
    plainly_answered_intents,
    stock_fingerprint,
)
from evaluation.timing import (
    EARLY,
    LATE,
    Deadline,
    Measured,
    time_load,
    time_long_conversations,
    time_turns,
    warm_up,
)
from evaluation.training import (
    Trained,
    end_on_terminate,
    lay_out,
    seconds_per_epoch,
    seconds_with_all_epochs,
    train,
)

SERVERS: dict[str, type[Server]] = {"ours": OurServer, "stock": StockServer}


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    starts: int
    blocks: int
    block_size: int
    load_rounds: int
    load_size: int
    long_conversations: int


FULL = Plan(3, 6, 100, 3, 160, 2)
QUICK = Plan(1, 2, 40, 1, 80, 1)
STOCK_EPOCHS = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    options = _options(arguments)
    end_on_terminate()
    plan = QUICK if options.quick else FULL
    started, load_before = time.monotonic(), os.getloadavg()[0]
    deadline = Deadline(options.minutes)
    texts = bench_texts()
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        folders = {name: Path(place) / name for name in SERVERS}
        trained = _train(folders, deadline, options)
        starts, measured, memory = _run(folders, plan, deadline, texts)
    figures = {
        "quick": options.quick,
        "stories": options.stories,
        "stock_epochs": options.stock_epochs,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "load_before": round(load_before, 2),
        "minutes": round((time.monotonic() - started) / 60, 1),
        "plan": asdict(plan),
        **{name: _figures(name, trained[name], starts[name], measured, memory) for name in SERVERS},
        "block_ratios": [stock / ours for stock, ours in zip(measured.blocks["stock"], measured.blocks["ours"])],
    }
    report = render(figures)
    out: Path = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    (out / "bench.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(report)
    if options.write:
        write_block(options.write, "bench", report)
    return 1 if options.check and not all(goal.met for goal in bench_goals(figures)) else 0


def bench_texts() -> list[str]:
    """Development questions that both projects answer with a plain response."""
    plain = plainly_answered_intents()
    texts = [row.text for row in load_half("development").questions if row.label in plain]
    random.Random(5).shuffle(texts)
    return texts


def _train(folders: dict[str, Path], deadline: Deadline, options: argparse.Namespace) -> dict[str, Trained]:
    lay_out(folders["ours"], ROOT / "config.yml")
    lay_out_stock(folders["stock"], epochs=options.stock_epochs, stories=options.stories)
    stock = stock_fingerprint(folders["stock"])
    trained = {}
    for name, folder in folders.items():
        print(f"Training {name} ...", flush=True)
        trained[name] = train(folder, program=SERVERS[name].program, seconds=deadline.seconds_left)
        print(f"  {trained[name].seconds:.0f} s", flush=True)
    keep_stock_model(folders["stock"], options.out, fingerprint=stock)
    return trained


def _run(
    folders: dict[str, Path], plan: Plan, deadline: Deadline, texts: Sequence[str]
) -> tuple[dict[str, list[float]], Measured, dict[str, float]]:
    starts: dict[str, list[float]] = {name: [] for name in SERVERS}
    for _ in range(plan.starts - 1):
        if deadline.seconds_left < 360:
            break
        for name, server in SERVERS.items():
            print(f"Starting {name} ...", flush=True)
            with server(folders[name]) as running:
                starts[name].append(running.seconds_to_ready)
    measured = Measured()
    with ExitStack() as stack:
        servers = []
        for name, server in SERVERS.items():
            print(f"Starting {name} ...", flush=True)
            servers.append(stack.enter_context(server(folders[name])))
            starts[name].append(servers[-1].seconds_to_ready)
        warm_up(servers, texts)
        print("Timing turns ...", flush=True)
        time_turns(measured, servers, texts, blocks=plan.blocks, size=plan.block_size)
        print("Timing several conversations at once ...", flush=True)
        time_load(measured, servers, texts, rounds=plan.load_rounds, size=plan.load_size)
        memory = {server.name: server.megabytes() for server in servers}
        memory["actions"] = sum(server.actions_megabytes() for server in servers if isinstance(server, OurServer))
        print("Timing long conversations ...", flush=True)
        time_long_conversations(measured, servers, texts, count=plan.long_conversations, deadline=deadline)
    return starts, measured, memory


def _figures(
    name: str, trained: Trained, starts: Sequence[float], measured: Measured, memory: dict[str, float]
) -> dict[str, Any]:
    early, late = statistics.median(measured.early[name]), statistics.median(measured.late[name])
    return {
        "p50_ms": measured.p50(name) * 1000,
        "p95_ms": measured.p95(name) * 1000,
        "per_second_one_at_a_time": len(measured.turns[name]) / sum(measured.turns[name]),
        "per_second_eight_at_a_time": statistics.median(measured.per_second[name]),
        "memory_mb": memory[name],
        "actions_memory_mb": memory["actions"] if name == "ours" else 0.0,
        "model_mb": trained.model_megabytes,
        "train_s": seconds_with_all_epochs(trained, STOCK_EPOCHS),
        "train_measured_s": trained.seconds,
        "epoch_s": seconds_per_epoch(trained),
        "ready_s": statistics.median(starts),
        "early_ms": early * 1000,
        "late_ms": late * 1000,
        "late_to_early": late / early,
    }


def bench_goals(figures: dict[str, Any]) -> list[Goal]:
    ours, stock = figures["ours"], figures["stock"]
    return [
        Goal("Times faster than stock, p50", stock["p50_ms"] / ours["p50_ms"], 4.0, unit="times"),
        Goal(f"{LATE}th message to the {EARLY}th", ours["late_to_early"], 1.2, at_least=False, unit="times"),
        Goal("Training", ours["train_s"], 60.0, at_least=False, unit="s"),
        Goal(
            "Memory, share of stock's",
            ours["memory_mb"] / stock["memory_mb"],
            0.6,
            at_least=False,
            unit="times",
        ),
    ]


_ROWS = {
    "p50_ms": ("A whole turn, p50", "ms"),
    "p95_ms": ("A whole turn, p95", "ms"),
    "per_second_one_at_a_time": ("Messages a second, one conversation", ""),
    "per_second_eight_at_a_time": ("Messages a second, eight conversations", ""),
    "memory_mb": ("Resident memory of the server", "MB"),
    "actions_memory_mb": ("Beside it, the action server", "MB"),
    "model_mb": ("Model file", "MB"),
    "train_s": ("Training, from nothing", "s"),
    "ready_s": ("Start to first answered turn", "s"),
    "early_ms": (f"{EARLY}th message of a conversation", "ms"),
    "late_ms": (f"{LATE}th message of a conversation", "ms"),
}


_TOLD = {
    True: "each rule told as a story too, so that TED has something to learn as in `rasa init`",
    False: "without stories, so TED has nothing to learn and costs nothing",
}


def render(figures: dict[str, Any]) -> str:
    ours, stock = figures["ours"], figures["stock"]
    rows = [
        [
            title,
            f"{ours[key]:.1f} {unit}".strip(),
            f"{stock[key]:.1f} {unit}".strip() if stock[key] else "none",
            f"{stock[key] / ours[key]:.2f}" if stock[key] and ours[key] else "-",
        ]
        for key, (title, unit) in _ROWS.items()
    ]
    ratios, epochs = figures["block_ratios"], figures["stock_epochs"]
    notes = [
        f"{figures['machine']}; load average before the run {figures['load_before']}; {figures['minutes']} minutes. "
        f"Stock: `rasa init` pipeline and policies on the same phrases and rules, {_TOLD[figures['stories']]}. "
        f"The p50's ratio per block: {min(ratios):.1f} to {max(ratios):.1f}."
    ]
    if epochs < STOCK_EPOCHS:
        notes.append(
            f"Stock was trained for {epochs} of its {STOCK_EPOCHS} epochs: {stock['train_measured_s']:.0f} s measured, "
            f"of which {stock['epoch_s']:.0f} s for an epoch of all its parts. **Its training time in the table is "
            f"extrapolated** from that pace. Nothing else depends on it."
        )
    if figures["quick"]:
        notes.append("**A quick run: for a look only.**")
    return "\n\n".join([*notes, goals_table(bench_goals(figures)), table(["", "Ours", "Stock", "Stock / ours"], rows)])


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evaluation.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run, for a look")
    parser.add_argument("--no-stories", dest="stories", action="store_false", help="give stock's TED nothing to learn")
    parser.add_argument("--stock-epochs", type=int, default=2, help=f"how long to train stock ({STOCK_EPOCHS}: hours)")
    parser.add_argument("--minutes", type=float, default=25, help="how long the whole run may take")
    parser.add_argument("--out", type=Path, default=ROOT / "evaluation" / "results", help="folder for the results")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the figures into this document too")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a goal is not met")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
