"""Database work from asynchronous code: in few threads that keep their connections.

SQLite lets one writer in at a time, and whoever finds it busy only looks again later: of several threads that write
all the time, one may go on being too late. So on SQLite one thread does all of it, in the order of asking. What
WhatsApp posts has a thread of its own: an acknowledgement never waits behind other work.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
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


class Line(Enum):
    """Where work queues up for a thread."""

    GENERAL = "desk-db"
    WEBHOOKS = "desk-webhooks"

    @property
    def threads(self) -> int:
        return THREADS if self is Line.GENERAL and connection.vendor != "sqlite" else 1


class DatabaseHangs(OperationalError):
    """No answer yet. The work may still be done later, so whoever tries again must expect it done."""


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
    work = _threads(line).submit(contextvars.copy_context().run, _guarded, call)
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


def _guarded(call: Callable[[], T]) -> T:
    try:
        return call()
    except (DatabaseError, InterfaceError):
        connections.close_all()
        raise


def _forget(future: asyncio.Future[T]) -> None:
    """Nobody may be waiting for it any more: then its error is nobody's."""
    if not future.cancelled():
        future.exception()
