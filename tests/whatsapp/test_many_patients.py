"""500 messages of 50 patients at once, through real processes, on a bad line, with the assistant killed twice."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from simulator.application import Simulator
from simulator.cloud import Account, Cloud
from tests.servers import Server, desk_server, fake_assistant_server, free_port

PATIENTS, MESSAGES_EACH = 50, 10
QUESTIONS = ("كم السعر؟", "price", "هل توجع؟", "كم جلسة أحتاج؟", "does it hurt?")
SETTINGS = {
    "WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
    "WHATSAPP_ACCESS_TOKEN": "token",
    "WHATSAPP_APP_SECRET": "secret",
    "WHATSAPP_VERIFY_TOKEN": "verify",
}
PATIENCE = 420

pytestmark = pytest.mark.server


@asynccontextmanager
async def served(cloud: Cloud, port: int) -> AsyncIterator[None]:
    """The simulator on a port of its own, in this process."""
    server = uvicorn.Server(uvicorn.Config(Simulator(cloud), port=port, ws="none", lifespan="off", log_level="error"))
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        await cloud.postman.close()
        server.should_exit = True
        await serving


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


class Assistant:
    """A process that can be killed and comes back on the same port."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._stack = ExitStack()
        self._server: Server = self._stack.enter_context(fake_assistant_server(logs))

    @property
    def url(self) -> str:
        return self._server.url

    async def die_and_return(self) -> None:
        port = self._server.port
        self._server.process.kill()
        await asyncio.sleep(1.5)
        start = fake_assistant_server(self._logs, port=port)
        self._server = await asyncio.to_thread(self._stack.enter_context, start)

    def close(self) -> None:
        self._stack.close()


async def everybody_writes(cloud: Cloud, assistant: Assistant) -> None:
    phones = [cloud.patients.add(f"P{number}") for number in range(PATIENTS)]
    for turn in range(MESSAGES_EACH):
        for number, phone in enumerate(phones):
            cloud.patients.write(phone, QUESTIONS[(number + turn) % len(QUESTIONS)])
            await asyncio.sleep(0.04)
        if turn in (3, 6):
            await assistant.die_and_return()


async def until_quiet(cloud: Cloud, database: Path) -> None:
    """Wait until nothing is to be answered, sent or reported any more."""
    unfinished = (
        "SELECT count(*) FROM conversations_message WHERE state = 'received' "
        "OR delivery IN ('pending', 'sending', 'uncertain')"
    )
    for _ in range(PATIENCE):
        await asyncio.sleep(1)
        stored = rows(database, "SELECT count(*) FROM conversations_message WHERE direction = 'in'")[0][0]
        if stored == PATIENTS * MESSAGES_EACH and rows(database, unfinished)[0][0] == 0:
            await cloud.postman.settle()
            return
    raise AssertionError(f"not finished: {rows(database, unfinished)[0][0]} messages")


async def test_each_message_is_answered_exactly_once_and_in_order(tmp_path: Path) -> None:
    port = free_port()
    assistant = Assistant(tmp_path)
    settings = {**SETTINGS, "WHATSAPP_GRAPH_URL": f"http://127.0.0.1:{port}"}
    try:
        with desk_server(tmp_path, assistant=assistant.url, settings=settings) as desk:
            database = tmp_path / f"desk-{desk.port}.sqlite3"
            account = Account(
                phone_number_id=SETTINGS["WHATSAPP_PHONE_NUMBER_ID"],
                access_token=SETTINGS["WHATSAPP_ACCESS_TOKEN"],
                app_secret=SETTINGS["WHATSAPP_APP_SECRET"],
                webhook_url=f"{desk.url}/webhooks/whatsapp",
            )
            cloud = Cloud(account, seed=3)
            cloud.faults.change({"duplicate_percent": 10, "reorder_percent": 10})
            async with served(cloud, port):
                await everybody_writes(cloud, assistant)
                await until_quiet(cloud, database)
                assert set(cloud.postman.tally.statuses) == {200}
    finally:
        assistant.close()
    check(cloud, database)


def check(cloud: Cloud, database: Path) -> None:
    asked = rows(
        database,
        "SELECT id, conversation_id, sequence, settled_at FROM conversations_message WHERE direction = 'in'",
    )
    answers = rows(
        database,
        "SELECT in_reply_to_id, conversation_id, channel_message_id FROM conversations_message "
        "WHERE direction = 'out' ORDER BY conversation_id, sequence",
    )
    assert len(asked) == PATIENTS * MESSAGES_EACH
    assert len({conversation for _, conversation, _, _ in asked}) == PATIENTS
    replied = [question for question, _, _ in answers]
    assert sorted(replied) == sorted(question for question, _, _, _ in asked), "each message has one answer"
    place = {question: sequence for question, _, sequence, _ in asked}
    in_order: dict[str, list[int]] = defaultdict(list)
    for question, conversation, _ in answers:
        in_order[conversation].append(place[question])
    assert all(places == sorted(places) for places in in_order.values())
    shown = [[bubble.wamid for bubble in phone.bubbles if not bubble.mine] for phone in cloud.phones.values()]
    sent: dict[str, list[str]] = defaultdict(list)
    for _, conversation, wamid in answers:
        sent[conversation].append(wamid)
    assert sorted(shown) == sorted(sent.values()), "the phones show each answer once, in the desk's order"
    apologised = rows(database, "SELECT count(*) FROM conversations_message WHERE state = 'apologised'")[0][0]
    print(f"{len(answers)} answers, {apologised} of them apologies while the assistant was away")
