"""What breaks, each as one run on a site of its own. Every run returns what came of its patients' messages."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx

from desk.connections import Transport
from tests.assistant.action_switch import ActionSwitch, fails, sleeps
from tests.faults import programs
from tests.faults.patients import REQUEST_SECONDS, Outcome, Patient, all_answered, outcome_of
from tests.faults.postgres import Cluster, running_cluster
from tests.faults.site import SETTLE_SECONDS, Site, new_folder, reconcile, running, site_with_stand_ins, traffic

SQLITE, POSTGRESQL = "sqlite", "postgresql"
DISK_MEGABYTES = 8
CLUSTER_MEGABYTES = 160
GARBAGE = ("<html>", "[]", '{"ok": true, "messages": "text"}', "\x00\xff", '{"ok": true, "messages": [{"text": 5}]}')


@asynccontextmanager
async def a_site(engine: str, *, cluster: Cluster | None = None) -> AsyncIterator[Site]:
    """One desk on SQLite, or two desks and two assistants on a PostgreSQL cluster of their own."""
    folder = new_folder()
    if engine == SQLITE:
        async with site_with_stand_ins(f"sqlite:///{folder}/desk.sqlite3", folder) as site:
            yield site
    elif cluster is not None:
        async with site_with_stand_ins(cluster.url, folder, desks=2, assistants=2) as site:
            yield site
    else:
        with running_cluster() as own:
            async with site_with_stand_ins(own.url, folder, desks=2, assistants=2) as site:
                yield site
    shutil.rmtree(folder, ignore_errors=True)


async def kills(engine: str, *, count: int, seed: int) -> Outcome:
    """`kill -9` of a desk (and so its worker) or an assistant, chosen at random, again and again."""
    async with a_site(engine) as site:
        return await _kill_and_count(site, count=count, seed=seed, pause=(0.1, 1.0))


async def kills_of_the_real_stack(*, count: int, seed: int) -> Outcome:
    """The same with the real assistant and its action server, which take many seconds to start again."""
    folder = new_folder()
    database = f"sqlite:///{folder}/desk.sqlite3"
    programs.manage(database, "migrate", "--verbosity", "0")
    action_server = programs.actions(folder)
    replica = programs.assistant("assistant", action_endpoint=f"{action_server.url}/webhook", folder=folder)
    front = programs.desk("desk", database=database, assistants=[replica], folder=folder)
    async with running(Site(database, [front], [replica], [action_server])) as site:
        return await _kill_and_count(site, count=count, seed=seed, pause=(1.0, 5.0))


async def _kill_and_count(site: Site, *, count: int, seed: int, pause: tuple[float, float]) -> Outcome:
    """Each victim serves before it is killed: else most kills would meet a process that is still starting."""
    rng = random.Random(seed)
    async with traffic(site, seed) as flow:
        await asyncio.sleep(1)
        for _ in range(count):
            victim = rng.choice(site.programs)
            await victim.wait_until_ready()
            victim.kill()
            victim.start()
            await asyncio.sleep(rng.uniform(*pause))
        for program in site.programs:
            await program.wait_until_ready()
        outcome = await flow.end()
    outcome.kills = Counter({program.name: program.kills for program in site.programs})
    return outcome


async def while_broken(
    engine: str, seed: int, trouble: Callable[[Site], Awaitable[None]], *, cluster: Cluster | None = None
) -> Outcome:
    """Traffic before, during and after `trouble`."""
    async with a_site(engine, cluster=cluster) as site, traffic(site, seed) as flow:
        await asyncio.sleep(2)
        await trouble(site)
        site.restart_what_ended()
        for program in site.programs:
            await program.wait_until_ready()
        await asyncio.sleep(2)
        return await flow.end()


async def postgresql_crashes(*, seconds: float, seed: int) -> Outcome:
    """PostgreSQL ends as in a power cut, stays away, and comes back."""
    with running_cluster() as cluster:

        async def trouble(site: Site) -> None:
            for _ in range(2):
                await asyncio.to_thread(cluster.crash)
                await asyncio.sleep(seconds)
                await asyncio.to_thread(cluster.start)
                await asyncio.sleep(1)
            await asyncio.to_thread(cluster.restart)

        return await while_broken(POSTGRESQL, seed, trouble, cluster=cluster)


async def postgresql_hangs(*, seconds: float, seed: int) -> Outcome:
    """Every process of PostgreSQL is frozen, and goes on later as if nothing had been."""
    with running_cluster() as cluster:

        async def trouble(site: Site) -> None:
            cluster.signal(signal.SIGSTOP)
            await asyncio.sleep(seconds)
            cluster.signal(signal.SIGCONT)

        return await while_broken(POSTGRESQL, seed, trouble, cluster=cluster)


async def a_desk_hangs(*, seconds: float, seed: int) -> Outcome:
    """One of two desks is frozen for longer than its leases last; the other takes its conversations over."""

    async def trouble(site: Site) -> None:
        site.desks[0].signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        site.desks[0].signal(signal.SIGCONT)

    return await while_broken(POSTGRESQL, seed, trouble)


async def sqlite_locked(*, seconds: float, seed: int) -> Outcome:
    """Another process holds SQLite's write lock."""

    async def trouble(site: Site) -> None:
        connection = sqlite3.connect(site.database.removeprefix("sqlite:///"), timeout=30, isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        await asyncio.sleep(seconds)
        connection.execute("COMMIT")
        connection.close()

    return await while_broken(SQLITE, seed, trouble)


async def sqlite_disk_full(*, seconds: float, seed: int) -> Outcome:
    """The disk under SQLite has no byte left."""
    folder = new_folder()
    with _small_disk(folder, DISK_MEGABYTES):
        small = site_with_stand_ins(f"sqlite:///{folder}/desk.sqlite3", new_folder())
        async with small as site, traffic(site, seed) as flow:
            await asyncio.sleep(2)
            await _fill(folder, seconds)
            await asyncio.sleep(2)
            return await flow.end()


async def postgresql_disk_full(*, seconds: float, seed: int) -> Outcome:
    """The disk under PostgreSQL has no byte left; whoever looks after it frees some and starts it again."""
    folder = new_folder()
    with _small_disk(folder, CLUSTER_MEGABYTES), running_cluster(folder) as cluster:

        async def trouble(site: Site) -> None:
            await _fill(folder, seconds)
            if not cluster.is_running():
                await asyncio.to_thread(cluster.start)

        return await while_broken(POSTGRESQL, seed, trouble, cluster=cluster)


async def assistant_talks_garbage(engine: str, *, seconds: float, seed: int) -> Outcome:
    """The assistant answers nonsense, errors and nothing, one after the other."""

    async def trouble(site: Site) -> None:
        faults: list[dict[str, Any]] = [{"garbage": each} for each in GARBAGE]
        faults += [{"status": 500}, {"status": 503, "ready": False}, {"fail": "dialogue_failed"}, {"delay": 20.0}]
        for fault in faults:
            await site.fault(**fault)
            await asyncio.sleep(seconds)
        await site.fault()

    return await while_broken(engine, seed, trouble)


async def action_server_fails(*, seconds: float, seed: int) -> Outcome:
    """The real assistant's action server refuses, answers 500, takes 5 s and takes 75 s."""
    folder = new_folder()
    database = f"sqlite:///{folder}/desk.sqlite3"
    programs.manage(database, "migrate", "--verbosity", "0")
    action_server = programs.actions(folder)
    switch = ActionSwitch(action_server.url)
    switch.start()
    try:
        replica = programs.assistant("assistant", action_endpoint=switch.endpoint, folder=folder)
        front = programs.desk("desk", database=database, assistants=[replica], folder=folder)
        whole = running(Site(database, [front], [replica], [action_server]))
        async with whole as site, traffic(site, seed, patients=4) as flow:
            await asyncio.sleep(2)
            for behaviour in (fails, sleeps(5), sleeps(75)):
                with switch.doing(behaviour):
                    await asyncio.sleep(seconds)
            with switch.away():
                await asyncio.sleep(seconds)
            await asyncio.sleep(2)
            return await flow.end()
    finally:
        switch.stop()


async def simultaneous_pairs(*, count: int, seed: int, at_once: int = 16) -> Outcome:
    """Two messages of one sender at the same moment, each to another desk: none lost, answered in order."""
    async with a_site(POSTGRESQL) as site, httpx.AsyncClient(timeout=REQUEST_SECONDS, transport=Transport()) as http:
        urls = [program.url for program in site.desks]
        people = [Patient(http, urls, random.Random(f"{seed}-{number}")) for number in range(count)]
        places = asyncio.Semaphore(at_once)

        async def pair(patient: Patient) -> None:
            async with places:
                await patient.arrive()
                halves = [Patient(http, [url], patient.rng, patient.token) for url in urls]
                await asyncio.gather(
                    *(half.say(f"price {number}?", f"n{number}") for number, half in enumerate(halves))
                )
                patient.sent = [name for half in halves for name in half.sent]

        await asyncio.gather(*map(pair, people))
        await all_answered(people, SETTLE_SECONDS)
        outcome = await outcome_of(people)
        await reconcile(site.database, outcome, seconds=SETTLE_SECONDS)
        return outcome


async def _fill(folder: Path, seconds: float) -> None:
    """Leave no space in the folder for a while."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    await asyncio.sleep(seconds)
    filler.unlink()


@contextmanager
def _small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
