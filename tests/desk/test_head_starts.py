"""A question begun early: used where the worker would ask just that, else as if it had never been asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from desk.conversations import takes
from desk.conversations.head_starts import KnownConversations, head_starts
from desk.conversations.models import Conversation, Message
from desk.conversations.worker import Worker
from desk.web.services import visitor_write
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


class Website:
    """A visitor of the chat page."""

    def __init__(self, api: AsyncClient) -> None:
        self._api = api
        self._sent = 0

    async def open(self) -> Conversation:
        visitor = (await self._api.post("/api/chat/visitors", {}, content_type="application/json")).json()
        self._headers = {"authorization": f"Bearer {visitor['token']}"}
        return await Conversation.objects.aget(pk=visitor["conversation"])

    async def write(self, client_id: str = "", **body: str) -> Any:
        self._sent += 1
        return await self._api.post(
            "/api/chat/messages",
            {"client_id": client_id or f"n{self._sent}", **body},
            content_type="application/json",
            headers=self._headers,
        )


@pytest.fixture
def website(api: AsyncClient) -> Website:
    return Website(api)


class TestBeforeItIsStored:
    def test_it_is_asked_and_only_once(
        self, website: Website, worker: Worker, fake: FakeAssistant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked_when_stored: list[int] = []

        def write(**given: Any) -> Any:
            asked_when_stored.append(len(fake.calls))
            return visitor_write(**given)

        monkeypatch.setattr("desk.web.views.visitor_write", write)

        async def work() -> None:
            conversation = await website.open()
            for number, text in enumerate(["price?", "how many sessions?"], start=1):
                sent = await website.write(text=text)
                assert await settled(conversation) == ["answered"] * number
                assert fake.calls[-1]["message_id"] == sent.json()["id"]

        asyncio.run(while_working(worker, work))
        assert asked_when_stored == [1, 2]
        assert len(fake.calls) == 2
        written = Message.objects.filter(direction="in").order_by("sequence")
        assert fake.request_ids == [message.request_id for message in written]
        assert all(fake.request_ids)

    def test_the_language_of_the_page_goes_with_the_first_message(
        self, website: Website, worker: Worker, fake: FakeAssistant
    ) -> None:
        async def work() -> None:
            conversation = await website.open()
            await website.write(text="price?", language="ar")
            await settled(conversation)

        asyncio.run(while_working(worker, work))
        assert [call["language_hint"] for call in fake.calls] == ["ar"]

    def test_a_conversation_that_changed_elsewhere_is_asked_about_again(
        self, website: Website, worker: Worker, fake: FakeAssistant
    ) -> None:
        async def work() -> None:
            conversation = await website.open()
            await Conversation.objects.filter(pk=conversation.pk).aupdate(language_fixed="ar")
            await website.write(text="price?")
            assert await settled(conversation) == ["answered"]

        asyncio.run(while_working(worker, work))
        assert [call["language_fixed"] for call in fake.calls] == [None, "ar"]

    def test_what_is_not_stored_is_not_answered(self, website: Website, worker: Worker, fake: FakeAssistant) -> None:
        async def work() -> None:
            conversation = await website.open()
            assert (await website.write(choice="ask_price")).status_code == 400  # no such button was shown
            assert await sync_to_async(said)(conversation) == []

        asyncio.run(while_working(worker, work))
        assert not Message.objects.exists()

    def test_the_same_message_sent_again_is_answered_once(
        self, website: Website, worker: Worker, fake: FakeAssistant
    ) -> None:
        async def work() -> None:
            conversation = await website.open()
            first = await website.write("same", text="price?")
            await settled(conversation)
            again = await website.write("same", text="price?")
            assert (again.status_code, again.json()) == (200, first.json())
            await asyncio.sleep(0.1)
            assert await sync_to_async(said)(conversation) == ["utter_ask_price"]

        asyncio.run(while_working(worker, work))

    def test_what_asks_nothing_yet_leaves_the_guess_to_the_next(
        self, website: Website, worker: Worker, fake: FakeAssistant
    ) -> None:
        async def work() -> None:
            conversation = await website.open()
            await website.write(text="hi")
            assert fake.calls == []
            assert head_starts.known.get(conversation.pk) is not None

        asyncio.run(while_working(worker, work))


def test_so_many_conversations_are_known_and_no_more() -> None:
    known = KnownConversations(most=2)
    for name in ("c_1", "c_2", "c_1", "c_3"):
        known.keep(Conversation(pk=name))
    assert [name for name in ("c_1", "c_2", "c_3") if known.get(name)] == ["c_1", "c_3"]
    known.forget("c_1")
    known.forget("c_nobody")
    assert known.get("c_1") is None


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
