"""Database work from asynchronous code: in few threads that keep their connections.

SQLite lets one writer in at a time, and whoever finds it busy only looks again later: of several threads that write
all the time, one may go on being too late. So on SQLite one thread does all of it, in the order of asking. What
WhatsApp posts has a thread of its own, which goes first: it waits for the work at hand (not for one that hangs), never
for what is queued behind.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from enum import Enum
from functools import cache, partial
from typing import Any, ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 8
"""Where the database lets several write at once."""
WAIT_SECONDS = 12.0
"""Longer than SQLite waits for a lock; a database that hangs must not hang its callers."""
TURN_SECONDS = 0.25
"""So long the two threads of SQLite wait for each other; then SQLite's own lock decides."""


class Line(Enum):
    """Where work queues up for a thread."""

    GENERAL = "desk-db"
    WEBHOOKS = "desk-webhooks"

    @property
    def threads(self) -> int:
        return THREADS if self is Line.GENERAL and connection.vendor != "sqlite" else 1


class DatabaseHangs(OperationalError):
    """No answer yet. The work may still be done later, so whoever tries again must expect it done."""


class _Turns:
    """Whose turn it is at SQLite's file, so that no thread has to poll for its lock; webhooks go first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_taken = False
        self._webhooks = 0

    @contextmanager
    def take(self, line: Line) -> Iterator[None]:
        is_webhook = line is Line.WEBHOOKS
        with self._changed:
            self._webhooks += is_webhook
            is_mine = self._changed.wait_for(
                lambda: not self._is_taken and (is_webhook or not self._webhooks), timeout=TURN_SECONDS
            )
            self._webhooks -= is_webhook
            self._is_taken = self._is_taken or is_mine
        try:
            yield
        finally:
            if is_mine:
                with self._changed:
                    self._is_taken = False
                    self._changed.notify_all()


_sqlite_turns = _Turns()
_unfinished: set[Future[Any]] = set()


async def in_database(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `call` in a database thread; raises DatabaseHangs when that takes too long.

    A connection that failed is not used again.
    """
    return await _in_line(Line.GENERAL, partial(call, *args, **kwargs))


async def in_webhook_database(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same in the thread of the webhooks."""
    return await _in_line(Line.WEBHOOKS, partial(call, *args, **kwargs))


def wait_until_idle(seconds: float = 2 * WAIT_SECONDS) -> None:
    """Wait for work that nobody waits for any more; raises DatabaseHangs when it does not end."""
    _, still_running = concurrent.futures.wait(set(_unfinished), timeout=seconds)
    if still_running:
        raise DatabaseHangs(f"{len(still_running)} database threads are still busy after {seconds:g} s")


async def _in_line(line: Line, call: Callable[[], T]) -> T:
    work = _threads(line).submit(contextvars.copy_context().run, _guarded, line, call)
    _unfinished.add(work)
    work.add_done_callback(_unfinished.discard)
    future = asyncio.wrap_future(work)
    future.add_done_callback(_forget)
    # Not asyncio.wait_for: in Python 3.10 it swallows a cancellation that meets the result.
    done, _ = await asyncio.wait({future}, timeout=WAIT_SECONDS)
    if not done:
        future.cancel()
        raise DatabaseHangs(f"no answer within {WAIT_SECONDS:g} s")
    return future.result()


@cache
def _threads(line: Line) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=line.threads, thread_name_prefix=line.value)


def _guarded(line: Line, call: Callable[[], T]) -> T:
    turn = _sqlite_turns.take(line) if connection.vendor == "sqlite" else nullcontext()
    try:
        with turn:
            return call()
    except (DatabaseError, InterfaceError):
        connections.close_all()
        raise


def _forget(future: asyncio.Future[T]) -> None:
    """Nobody may be waiting for it any more: then its error is nobody's."""
    if not future.cancelled():
        future.exception()
