"""Database work from asynchronous code: in a few threads that keep their connections."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import DatabaseError, InterfaceError, connections

P = ParamSpec("P")
T = TypeVar("T")

_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="desk-db")


async def in_database(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `call` in a database thread; a connection that failed is not used again."""
    work = partial(_guarded, partial(call, *args, **kwargs))
    return await sync_to_async(work, thread_sensitive=False, executor=_threads)()


def _guarded(call: Callable[[], T]) -> T:
    try:
        return call()
    except (DatabaseError, InterfaceError):
        connections.close_all()
        raise
