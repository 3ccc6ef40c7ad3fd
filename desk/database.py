"""Database work from asynchronous code: in a few threads that keep their connections."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connections

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 8
WAIT_SECONDS = 12.0
"""Longer than SQLite waits for a lock; a database that hangs must not hang its callers."""

_threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="desk-db")


class DatabaseHangs(OperationalError):
    """No answer yet. The work may still be done later, so whoever tries again must expect it done."""


async def in_database(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `call` in a database thread; raises DatabaseHangs when that takes too long.

    A connection that failed is not used again.
    """
    work = partial(_guarded, partial(call, *args, **kwargs))
    future = asyncio.get_running_loop().run_in_executor(_threads, contextvars.copy_context().run, work)
    future.add_done_callback(_forget)
    # Not asyncio.wait_for: in Python 3.10 it swallows a cancellation that meets the result.
    done, _ = await asyncio.wait({future}, timeout=WAIT_SECONDS)
    if not done:
        future.cancel()
        raise DatabaseHangs(f"no answer within {WAIT_SECONDS:g} s")
    return future.result()


def close_connections() -> None:
    """Close the connection of each database thread (before a test database is dropped, say)."""
    everybody = Barrier(THREADS)

    def close() -> None:
        everybody.wait(WAIT_SECONDS)
        connections.close_all()

    for closed in [_threads.submit(close) for _ in range(THREADS)]:
        closed.result(2 * WAIT_SECONDS)


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
