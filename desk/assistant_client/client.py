"""Asking the assistant, as `contracts/assistant.md` says: one call, to whichever replica is well and least busy."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from desk.assistant_client.breaker import State
from desk.assistant_client.connection import Connection, HttpConnection
from desk.assistant_client.replica import DEGRADED, DOWN, OK, AssistantUnavailable, Replica
from desk.assistant_client.replies import Reply
from desk.request_ids import HEADER, current_request_id

log = logging.getLogger(__name__)

ANSWER = "answer"
UNDERSTAND = "understand"
TIMEOUT = 8.0
PROBE_SECONDS = 5.0
PROBE_SECONDS_IN_TROUBLE = 1.0


@dataclass(frozen=True)
class Question:
    conversation: str
    message_id: str
    mode: str
    text: str | None = None
    choice: str | None = None
    language_hint: str | None = None
    language_fixed: str | None = None
    state: dict[str, Any] | None = None


class AssistantClient:
    def __init__(
        self,
        *,
        urls: Sequence[str],
        token: str,
        timeout: float = TIMEOUT,
        connect: Callable[[str], Connection] = HttpConnection,
    ) -> None:
        self._timeout = timeout
        self._replicas = [Replica(connect(url), token=token) for url in urls]

    @property
    def state(self) -> str:
        """What staff are shown: ok; degraded (a replica or the action server is away); down."""
        states = {replica.state for replica in self._replicas}
        return states.pop() if len(states) == 1 else DEGRADED

    async def ask(self, question: Question) -> Reply:
        """Ask what to say; raises AssistantUnavailable or BadReply.

        A replica that is away is passed over: the assistant keeps nothing, so the next one answers the same.
        """
        body = {key: value for key, value in asdict(question).items() if key not in ("text", "choice")}
        if question.choice:
            body["choice"] = question.choice
        else:
            body["text"] = question.text or ""
        headers = {HEADER: request_id} if (request_id := current_request_id()) else {}
        ends = time.monotonic() + self._timeout
        problem = AssistantUnavailable("assistant_unavailable", "no replica is in service")
        for replica in self._in_service():
            try:
                return await replica.ask(body, headers, ends - time.monotonic())
            except AssistantUnavailable as error:
                problem = error
                if error.reason != "assistant_unavailable":
                    break
        raise problem

    async def probe(self) -> str:
        """Ask every replica whether it is ready; returns ok, degraded or down."""
        await asyncio.gather(*(replica.probe() for replica in self._replicas))
        return self.state

    async def watch(self, changed: Callable[[], None]) -> None:
        """Probe until cancelled, more often in trouble; `changed` is called when the state is another."""
        state = OK
        while True:
            found = await self.probe()
            if found != state:
                log.warning("the assistant is %s (was %s)", found, state)
                state = found
                changed()
            await self._pause()

    async def close(self) -> None:
        await asyncio.gather(*(replica.close() for replica in self._replicas))

    async def _pause(self) -> None:
        """Wait until the next probe is due: soon, where a breaker opened, be it only since the last one."""
        ends = time.monotonic() + PROBE_SECONDS
        while time.monotonic() < ends:
            await asyncio.sleep(PROBE_SECONDS_IN_TROUBLE)
            if not self._all_closed:
                return

    @property
    def _all_closed(self) -> bool:
        return self.state != DOWN and all(replica.breaker.state is State.CLOSED for replica in self._replicas)

    def _in_service(self) -> Iterator[Replica]:
        for replica in sorted(self._replicas, key=lambda each: each.busy):
            if replica.breaker.allows:
                yield replica
