"""Posts webhooks to the desk: signed, at least once, again until they are acknowledged, and as badly as ordered."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx

from simulator.faults import Faults
from simulator.webhooks import Json, encoded, envelope, signature

log = logging.getLogger(__name__)

RETRY_SECONDS = (0.5, 1, 2, 4, 8, 15, 30)
LATER_SECONDS = (0.05, 0.4)
BATCH_SECONDS = 0.08
ANSWER_SECONDS = 20.0


@dataclass
class Tally:
    """What became of the posts."""

    posted: int = 0
    acknowledged: int = 0
    refused: int = 0
    last_status: int = 0
    statuses: dict[int, int] = field(default_factory=dict)


class Postman:
    def __init__(
        self,
        url: str,
        secret: str,
        faults: Faults,
        *,
        chance: random.Random,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = url
        self._secret = secret
        self._faults = faults
        self._chance = chance
        self._http = httpx.AsyncClient(timeout=ANSWER_SECONDS, transport=transport, trust_env=False)
        self._tasks: set[asyncio.Task[None]] = set()
        self._batch: list[Json] = []
        self.tally = Tally()
        self.seconds: list[float] = []
        """How long each post took to be answered."""

    def post(self, value: Json) -> None:
        """Send one change on its way."""
        if self._faults.batch:
            self._batch.append(value)
            if len(self._batch) == 1:
                self.start(self._post_batch())
            return
        for _ in range(2 if self._faults.happens(self._faults.duplicate_percent, self._chance) else 1):
            self.start(self._deliver([value]))

    async def settle(self) -> None:
        """Wait until nothing is on its way any more."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.aclose()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the requests, until `close`."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post_batch(self) -> None:
        await asyncio.sleep(BATCH_SECONDS)
        values, self._batch = self._batch, []
        await self._deliver(values)

    async def _deliver(self, values: list[Json]) -> None:
        if self._faults.delay_ms:
            await asyncio.sleep(self._faults.delay_ms / 1000)
        if self._faults.happens(self._faults.reorder_percent, self._chance):
            await asyncio.sleep(self._chance.uniform(*LATER_SECONDS))
        raw = encoded(envelope(values))
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature(raw, self._secret)}
        for wait in (*RETRY_SECONDS, None):
            if await self._once(raw, headers):
                return
            if wait is None:
                break
            await asyncio.sleep(wait)
        self.tally.refused += 1
        log.error("the webhook did not take a post in %d tries", len(RETRY_SECONDS) + 1)

    async def _once(self, raw: bytes, headers: dict[str, str]) -> bool:
        self.tally.posted += 1
        started = time.perf_counter()
        try:
            response = await self._http.post(self._url, content=raw, headers=headers)
        except httpx.HTTPError:
            self.tally.last_status = 0
            return False
        self.seconds.append(time.perf_counter() - started)
        self.tally.last_status = response.status_code
        self.tally.statuses[response.status_code] = self.tally.statuses.get(response.status_code, 0) + 1
        if response.status_code == 200:
            self.tally.acknowledged += 1
            return True
        return False
