"""What must be acknowledged at once goes before what can wait a moment.

One process has one core for Python. When WhatsApp posts faster than messages are answered, each answer begun makes
posts wait; and a message of the website would wait for its own screening before it is acknowledged. So answering,
sending and streaming stand back while a message is being stored, though never for long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_SECONDS = 0.5
"""So long one step stands back at most; the next waits behind it."""


class Precedence:
    def __init__(self) -> None:
        self._at_work = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._free = asyncio.Event()
        self._turn = asyncio.Lock()

    @contextmanager
    def first(self) -> Iterator[None]:
        """While this lasts, others give way."""
        self._for_this_loop()
        self._at_work += 1
        self._free.clear()
        try:
            yield
        finally:
            self._at_work -= 1
            if not self._at_work:
                self._free.set()

    async def give_way(self) -> None:
        """Wait for a moment with nothing urgent, one caller after the other; each waits a while at most."""
        self._for_this_loop()
        if not self._at_work:
            return
        async with self._turn:
            waiting = asyncio.ensure_future(self._free.wait())
            await asyncio.wait({waiting}, timeout=PATIENCE_SECONDS)
            waiting.cancel()

    def _for_this_loop(self) -> None:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._at_work, self._free, self._turn = loop, 0, asyncio.Event(), asyncio.Lock()


acknowledgements = Precedence()
