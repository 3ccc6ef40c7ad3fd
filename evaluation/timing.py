"""What the bench measures of two running servers, in alternating blocks so that noise hits both."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle, islice

from evaluation.servers import Server

TURNS = 10
"""Messages of one ordinary conversation."""
EARLY, LATE = 5, 300
_AROUND = 3


class Deadline:
    """How long the whole bench may take."""

    def __init__(self, minutes: float) -> None:
        self._end = time.monotonic() + minutes * 60

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._end - time.monotonic())


@dataclass
class Measured:
    """Seconds per turn of each server, by its name."""

    turns: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    blocks: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Median of each block."""
    per_second: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    early: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    late: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def p50(self, name: str) -> float:
        return statistics.median(self.turns[name])

    def p95(self, name: str) -> float:
        return statistics.quantiles(self.turns[name], n=20)[-1]


def warm_up(servers: Sequence[Server], texts: Sequence[str]) -> None:
    for server in servers:
        converse(server, f"warm-{server.name}", texts[:20])


def time_turns(measured: Measured, servers: Sequence[Server], texts: Sequence[str], *, blocks: int, size: int) -> None:
    """One message after the other, in conversations of ten; A B A B."""
    supply = cycle(texts)
    for block in range(blocks):
        asked = list(islice(supply, size))
        for server in servers:
            took: list[float] = []
            for start in range(0, size, TURNS):
                sender = f"turns-{server.name}-{block}-{start}"
                took += converse(server, sender, asked[start : start + TURNS])
            measured.turns[server.name] += took
            measured.blocks[server.name].append(statistics.median(took))


def time_load(
    measured: Measured,
    servers: Sequence[Server],
    texts: Sequence[str],
    *,
    rounds: int,
    size: int,
    at_once: int = 8,
) -> None:
    """Messages per second with several conversations at a time."""
    for round_ in range(rounds):
        for server in servers:
            conversations = [texts[start : start + TURNS] for start in range(0, size, TURNS)]
            started = time.perf_counter()
            with ThreadPoolExecutor(at_once) as pool:
                jobs = [
                    pool.submit(converse, server, f"load-{server.name}-{round_}-{number}", asked)
                    for number, asked in enumerate(conversations)
                ]
                answered = sum(len(job.result()) for job in jobs)
            measured.per_second[server.name].append(answered / (time.perf_counter() - started))


def time_long_conversations(
    measured: Measured, servers: Sequence[Server], texts: Sequence[str], *, count: int, deadline: Deadline
) -> None:
    """The 5th against the 300th message of a conversation: the median of the messages around it, the same texts."""
    asked = list(islice(cycle(texts), LATE + _AROUND))
    asked[LATE - 1 - _AROUND :] = asked[EARLY - 1 - _AROUND : EARLY + _AROUND]
    for number in range(count):
        if number and deadline.seconds_left < 120:
            return
        for server in servers:
            took = converse(server, f"long-{server.name}-{number}", asked)
            measured.early[server.name].append(_median_around(took, EARLY))
            measured.late[server.name].append(_median_around(took, LATE))


def converse(server: Server, sender: str, texts: Sequence[str]) -> list[float]:
    """Seconds of each turn of one conversation."""
    return list(_turns(server, sender, texts))


def _turns(server: Server, sender: str, texts: Sequence[str]) -> Iterator[float]:
    state = None
    for number, text in enumerate(texts):
        started = time.perf_counter()
        state = server.say(sender, number, text, state)
        yield time.perf_counter() - started


def _median_around(took: Sequence[float], place: int) -> float:
    return statistics.median(took[place - 1 - _AROUND : place + _AROUND])
