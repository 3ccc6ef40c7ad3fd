"""A whole site of real processes on one database, with patients who write all the while."""

from __future__ import annotations

import asyncio
import random
import re
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from desk.connections import Transport
from tests.faults.patients import REQUEST_SECONDS, Outcome, Patient, all_answered, outcome_of
from tests.faults.programs import AUTHORISED, Program, desk, manage, stand_in

SETTLE_SECONDS = 60.0
"""No conversation may be blocked for longer."""
PATIENTS = 10
PAUSE_SECONDS = 1.5


@dataclass
class Site:
    database: str
    desks: list[Program]
    assistants: list[Program]
    others: list[Program] = field(default_factory=list)

    @property
    def programs(self) -> list[Program]:
        return [*self.others, *self.assistants, *self.desks]

    async def start(self) -> None:
        for program in self.programs:
            program.start()
        for program in self.programs:
            await program.wait_until_ready()

    def stop(self) -> None:
        for program in reversed(self.programs):
            program.stop()

    def restart_what_ended(self) -> None:
        for program in self.programs:
            program.restart_if_ended()

    async def fault(self, **faults: Any) -> None:
        """Tell every stand-in to misbehave; nothing given: to behave."""
        async with httpx.AsyncClient(timeout=10, verify=False) as client:
            for program in self.assistants:
                answer = await client.post(program.url + "/fault", json=faults, headers=AUTHORISED)
                assert answer.status_code == 200, answer.text


@asynccontextmanager
async def site_with_stand_ins(
    database: str, folder: Path, *, desks: int = 1, assistants: int = 1
) -> AsyncIterator[Site]:
    manage(database, "migrate", "--verbosity", "0")
    replicas = [stand_in(f"assistant-{number}", folder) for number in range(1, assistants + 1)]
    fronts = [
        desk(f"desk-{number}", database=database, assistants=replicas, folder=folder) for number in range(1, desks + 1)
    ]
    async with running(Site(database, fronts, replicas)) as site:
        yield site


@asynccontextmanager
async def running(site: Site) -> AsyncIterator[Site]:
    try:
        await site.start()
        yield site
    finally:
        site.stop()


@dataclass
class Traffic:
    """Patients who write until told to stop."""

    site: Site
    patients: list[Patient]
    stop: asyncio.Event
    tasks: list[asyncio.Task[None]]

    async def end(self) -> Outcome:
        """Let everybody be acknowledged, wait for the answers, and check all that came of it."""
        self.stop.set()
        await asyncio.gather(*self.tasks)
        started = time.monotonic()
        await all_answered(self.patients, SETTLE_SECONDS)
        outcome = await outcome_of(self.patients)
        await reconcile(self.site.database, outcome, seconds=SETTLE_SECONDS - (time.monotonic() - started))
        if outcome.longest_wait > SETTLE_SECONDS:
            outcome.wrongs.append(f"an answer came after {outcome.longest_wait:.0f} s")
        return outcome


@asynccontextmanager
async def traffic(
    site: Site, seed: int, *, patients: int = PATIENTS, pause: float = PAUSE_SECONDS
) -> AsyncIterator[Traffic]:
    stop = asyncio.Event()
    async with httpx.AsyncClient(timeout=REQUEST_SECONDS, transport=Transport()) as http:
        urls = [program.url for program in site.desks]
        people = [Patient(http, urls, random.Random(f"{seed}-{number}")) for number in range(patients)]
        tasks = [asyncio.create_task(each.write_until(stop, pause)) for each in people]
        try:
            yield Traffic(site, people, stop, tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def reconcile(database: str, outcome: Outcome, *, seconds: float) -> None:
    """Add what the reconciliation complains about, once nothing is on its way any more."""
    deadline = time.monotonic() + max(seconds, 5.0)
    while True:
        try:
            said = await asyncio.to_thread(manage, database, "reconcile", "--grace", "-1")
        except AssertionError as error:
            if time.monotonic() > deadline:
                outcome.wrongs.append(str(error))
                return
            await asyncio.sleep(1)
        else:
            outcome.ends = {state: int(count) for state, count in re.findall(r"(\w+) (\d+)[,)]", said)}
            return


def new_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="desk-faults-"))
