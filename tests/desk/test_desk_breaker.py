"""An assistant in trouble: nobody waits in vain, staff see it, and afterwards no message is answered twice."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from django.test import AsyncClient

from desk import runtime
from desk.assistant_client.breaker import FAILURES, Breaker, State
from desk.assistant_client.client import AssistantClient, Question
from desk.assistant_client.replica import AssistantUnavailable
from desk.assistant_client.replies import BadReply
from desk.conversations.models import Conversation
from desk.conversations.reconciliation import breaks
from desk.conversations.worker import Worker
from desk.handoffs.models import Handoff
from tests.desk.conftest import TOKEN, client_for, receive, run, said
from tests.desk.fake_assistant import FakeAssistant
from tests.desk.in_process import through

QUESTION = Question(conversation="c_1", message_id="m_1", mode="answer", text="price?")


class TestBreaker:
    def test_opens_after_failures_in_a_row(self) -> None:
        breaker = Breaker()
        for _ in range(FAILURES - 1):
            breaker.failed()
        breaker.succeeded()
        for _ in range(FAILURES - 1):
            breaker.failed()
        assert breaker.allows
        breaker.failed()
        assert not breaker.allows

    def opened(self) -> Breaker:
        breaker = Breaker(failures=1)
        breaker.failed()
        return breaker

    def test_one_question_at_a_time_finds_out(self) -> None:
        breaker = self.opened()
        breaker.probed(is_ready=True)
        with breaker.asking():
            assert not breaker.allows
        assert breaker.allows
        breaker.succeeded()
        assert breaker.state is State.CLOSED

    def test_a_failed_trial_opens_it_again(self) -> None:
        breaker = self.opened()
        breaker.probed(is_ready=True)
        breaker.failed()
        assert breaker.state is State.OPEN
        breaker.probed(is_ready=False)
        assert breaker.state is State.OPEN

    def test_a_probe_alone_does_not_open_it(self) -> None:
        breaker = Breaker()
        breaker.probed(is_ready=False)
        assert breaker.allows


async def outcome(client: AssistantClient) -> str:
    try:
        return "ok" if (await client.ask(QUESTION)).ok else "failed"
    except (AssistantUnavailable, BadReply) as error:
        return error.reason


async def test_an_open_breaker_asks_nobody(fake: FakeAssistant) -> None:
    client = client_for(fake)
    fake.status = 503
    assert [await outcome(client) for _ in range(FAILURES)] == ["assistant_unavailable"] * FAILURES
    asked = len(fake.calls)
    assert await outcome(client) == "assistant_unavailable"
    assert len(fake.calls) == asked
    assert client.state == "down"
    fake.status = None
    assert await client.probe() == "degraded"  # ready, it says; one question will tell
    assert await outcome(client) == "ok"
    assert client.state == "ok"


async def test_garbage_opens_it_too_though_it_says_that_it_is_ready(fake: FakeAssistant) -> None:
    client = client_for(fake)
    fake.garbage = b"<html>"
    for _ in range(FAILURES):
        assert await outcome(client) == "bad_reply"
    assert await outcome(client) == "assistant_unavailable"
    await client.probe()
    assert await outcome(client) == "bad_reply"  # the one trial
    assert await outcome(client) == "assistant_unavailable"


async def test_another_replica_answers_for_one_that_is_away(fake: FakeAssistant) -> None:
    class Switch(httpx.AsyncBaseTransport):
        away: set[str] = set()  # noqa: RUF012
        inner = httpx.ASGITransport(app=fake)

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.host in self.away:
                raise httpx.ConnectError("refused")
            return await self.inner.handle_async_request(request)

    switch = Switch()
    client = AssistantClient(urls=["http://one", "http://two"], token=TOKEN, connect=through(switch))
    switch.away = {"one"}
    assert [await outcome(client) for _ in range(6)] == ["ok"] * 6
    assert client.state == "degraded"
    switch.away = {"one", "two"}
    assert await outcome(client) == "assistant_unavailable"
    assert await client.probe() == "down"


async def test_the_watch_tells_when_it_changes(fake: FakeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.assistant_client.client.PROBE_SECONDS", 0.01)
    monkeypatch.setattr("desk.assistant_client.client.PROBE_SECONDS_IN_TROUBLE", 0.01)
    client = client_for(fake)
    seen: list[str] = []
    watching = asyncio.create_task(client.watch(lambda: seen.append(client.state)))
    for change, state in ({"actions": "down"}, "degraded"), ({"ready": False}, "down"):
        for name, value in change.items():
            setattr(fake, name, value)
        while seen[-1:] != [state]:
            await asyncio.sleep(0.01)
    watching.cancel()
    assert seen == ["degraded", "down"]


async def test_one_that_is_well_again_is_found_before_the_next_probe_is_due(
    fake: FakeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.assistant_client.client.PROBE_SECONDS", 3600)
    monkeypatch.setattr("desk.assistant_client.client.PROBE_SECONDS_IN_TROUBLE", 0.01)
    client = client_for(fake)
    watching = asyncio.create_task(client.watch(lambda: None))
    await asyncio.sleep(0.05)
    fake.status = 503
    for _ in range(FAILURES):
        await outcome(client)
    assert client.state == "down"
    fake.status = None
    while client.state == "down":
        await asyncio.sleep(0.01)
    watching.cancel()
    assert await outcome(client) == "ok"


@pytest.mark.django_db(transaction=True)
class TestPatients:
    def test_what_was_apologised_for_stays_with_staff(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        fake.status = 503
        for _ in range(FAILURES + 2):
            receive(conversation, "price?")
        run(worker)
        fake.status = None
        receive(conversation, "how many sessions?")
        asyncio.run(runtime.assistant().probe())
        run(Worker(client=client_for(fake)))  # after a restart, say
        states = list(conversation.messages.filter(direction="in").values_list("state", flat=True))
        assert states == ["apologised"] * (FAILURES + 2) + ["answered"]
        assert said(conversation) == ["desk_safety"] * (FAILURES + 2) + ["utter_ask_session_count"]
        assert Handoff.objects.get().reason == "assistant_unavailable"
        assert list(breaks()) == []

    async def test_readiness_shows_it(self, worker: Worker, fake: FakeAssistant, api: AsyncClient) -> None:
        async def ready() -> tuple[int, str]:
            response = await api.get("/readyz")
            return response.status_code, json.loads(response.content)["assistant"]

        assert await ready() == (200, "ok")
        fake.actions = "down"
        assert await ready() == (200, "degraded")
        assert runtime.assistant_state() == "degraded"
        fake.ready = False
        assert await ready() == (503, "down")
        assert runtime.assistant_state() == "down"
