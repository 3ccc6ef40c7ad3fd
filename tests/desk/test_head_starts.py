"""A question begun early: used where the worker would ask just that, else as if it had never been asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from desk.conversations import takes
from desk.conversations.head_starts import head_starts
from desk.conversations.models import Conversation, Message
from desk.conversations.worker import Worker
from tests.desk.conftest import outgoing, receive, said, states
from tests.desk.fake_assistant import FakeAssistant

pytestmark = pytest.mark.django_db(transaction=True)


async def while_working(worker: Worker, work: Callable[[], Awaitable[None]]) -> None:
    task = asyncio.create_task(worker.run())
    await asyncio.sleep(0.05)
    try:
        await asyncio.wait_for(work(), 20)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def settled(conversation: Conversation) -> list[str]:
    while "received" in (found := await sync_to_async(states)(conversation)):
        await asyncio.sleep(0.01)
    return found


@pytest.fixture
def never_taken(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """The worker takes nothing up until this is set."""
    may_take = asyncio.Event()
    sweep = Worker.sweep

    async def wait_and_sweep(worker: Worker) -> None:
        if may_take.is_set():
            await sweep(worker)

    monkeypatch.setattr(Worker, "sweep", wait_and_sweep)
    return may_take


async def asked(fake: FakeAssistant, number: int = 1) -> None:
    while len(fake.calls) < number:
        await asyncio.sleep(0.01)


def test_it_is_asked_before_it_is_taken_up_and_only_once(
    conversation: Conversation, worker: Worker, fake: FakeAssistant, never_taken: asyncio.Event
) -> None:
    async def work() -> None:
        message = await sync_to_async(receive)(conversation, "price?")
        head_starts.begin(message)
        await asked(fake)
        assert await sync_to_async(states)(conversation) == ["received"]
        never_taken.set()
        assert await settled(conversation) == ["answered"]

    asyncio.run(while_working(worker, work))
    assert len(fake.calls) == 1
    assert said(conversation) == ["utter_ask_price"]


def test_a_message_through_the_website_gets_one(api: AsyncClient, worker: Worker, fake: FakeAssistant) -> None:
    began: list[Any] = []

    async def work() -> None:
        visitor = (await api.post("/api/chat/visitors", {}, content_type="application/json")).json()
        begin = head_starts.begin
        head_starts.begin = lambda message: (began.append(message.pk), begin(message))  # type: ignore[method-assign]
        try:
            sent = await api.post(
                "/api/chat/messages",
                {"client_id": "n1", "text": "price?"},
                content_type="application/json",
                headers={"authorization": f"Bearer {visitor['token']}"},
            )
        finally:
            del head_starts.begin  # type: ignore[method-assign]
        assert began == [sent.json()["id"]]
        message = await Message.objects.select_related("conversation").aget(pk=began[0])
        assert await settled(message.conversation) == ["answered"]

    asyncio.run(while_working(worker, work))
    assert len(fake.calls) == 1


def test_an_emergency_is_not_answered_by_it(
    conversation: Conversation, worker: Worker, fake: FakeAssistant, never_taken: asyncio.Event
) -> None:
    async def work() -> None:
        head_starts.begin(await sync_to_async(receive)(conversation, "i cannot breathe, price?"))
        await asked(fake)
        never_taken.set()
        assert await settled(conversation) == ["with_staff"]

    asyncio.run(while_working(worker, work))
    assert [call["mode"] for call in fake.calls] == ["answer", "understand"]
    assert said(conversation) == ["desk_emergency"]


def test_another_state_of_the_conversation_makes_it_void(
    conversation: Conversation, worker: Worker, fake: FakeAssistant, never_taken: asyncio.Event
) -> None:
    async def work() -> None:
        head_starts.begin(await sync_to_async(receive)(conversation, "price?"))
        await asked(fake)
        await Conversation.objects.filter(pk=conversation.pk).aupdate(assistant_state={"v": 1, "last_topic": "x"})
        never_taken.set()
        await settled(conversation)

    asyncio.run(while_working(worker, work))
    assert [call["state"] for call in fake.calls] == [None, {"v": 1, "last_topic": "x"}]
    assert len(outgoing(conversation)) == 1


def test_what_fails_early_has_failed(
    conversation: Conversation, worker: Worker, fake: FakeAssistant, never_taken: asyncio.Event
) -> None:
    fake.garbage = b"not json"

    async def work() -> None:
        head_starts.begin(await sync_to_async(receive)(conversation, "price?"))
        await asked(fake)
        never_taken.set()
        assert await settled(conversation) == ["apologised"]

    asyncio.run(while_working(worker, work))
    assert len(fake.calls) == 1


@pytest.mark.parametrize("text", ["hi", "السلام عليكم"])
def test_what_asks_nothing_yet_gets_none(
    conversation: Conversation, worker: Worker, fake: FakeAssistant, never_taken: asyncio.Event, text: str
) -> None:
    async def work() -> None:
        head_starts.begin(await sync_to_async(receive)(conversation, text))
        await asyncio.sleep(0.1)

    asyncio.run(while_working(worker, work))
    assert fake.calls == []


@pytest.mark.parametrize("held", ["with staff", "at work"])
def test_a_conversation_that_others_have_gets_none(
    conversation: Conversation, worker: Worker, fake: FakeAssistant, never_taken: asyncio.Event, held: str
) -> None:
    async def work() -> None:
        message = await sync_to_async(receive)(conversation, "price?")
        if held == "with staff":
            message.conversation.status = Conversation.Status.STAFF
        else:
            message.conversation.lease_until = message.created_at + takes.LEASE
        head_starts.begin(message)
        await asyncio.sleep(0.1)

    asyncio.run(while_working(worker, work))
    assert fake.calls == []


def test_without_a_worker_nothing_is_asked(conversation: Conversation, fake: FakeAssistant) -> None:
    async def work() -> None:
        head_starts.begin(await sync_to_async(receive)(conversation, "price?"))
        await asyncio.sleep(0.05)

    asyncio.run(work())
    assert fake.calls == []


def test_what_goes_wrong_with_it_is_nobodys_error(
    conversation: Conversation, worker: Worker, fake: FakeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError("no question")

    async def work() -> None:
        message = await sync_to_async(receive)(conversation, "price?")
        monkeypatch.setattr("desk.conversations.head_starts.question_about", fail)
        head_starts.begin(message)
        assert await settled(conversation) == ["answered"]

    asyncio.run(while_working(worker, work))


def test_one_that_is_waited_for_is_not_cut_short(
    conversation: Conversation, worker: Worker, fake: FakeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.conversations.head_starts.KEPT_SECONDS", 0.2)
    fake.delay = 0.6

    async def work() -> None:
        head_starts.begin(await sync_to_async(receive)(conversation, "price?"))
        assert await settled(conversation) == ["answered"]

    asyncio.run(while_working(worker, work))
    assert len(fake.calls) == 1
