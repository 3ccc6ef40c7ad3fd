"""Order, take-overs and crashes: nothing lost, nothing answered twice."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async

from desk.conversations import services
from desk.conversations.models import Channel, Conversation
from desk.conversations.wake import switchboard
from desk.conversations.worker import Worker
from desk.handoffs.models import Handoff
from desk.handoffs.services import handoff_close, message_send_from_staff
from desk.staff.models import User
from tests.desk.conftest import client_for, outgoing, receive, run, said
from tests.desk.fake_assistant import FakeAssistant

pytestmark = pytest.mark.django_db(transaction=True)


class TestStaffHaveIt:
    def test_the_assistant_only_understands(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant, staff: User
    ) -> None:
        receive(conversation, "I am pregnant")
        run(worker)
        message_send_from_staff(handoff_id=Handoff.objects.get().pk, staff=staff, text="مرحبا")
        before = said(conversation)
        message = receive(conversation, "how many sessions?")
        run(worker)
        message.refresh_from_db()
        assert fake.calls[-1]["mode"] == "understand"
        assert said(conversation) == before
        assert message.state == "with_staff"
        assert (message.understanding or {})["intent"] == "ask_session_count"

    def test_staff_who_take_over_mid_answer_keep_it(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant, staff: User
    ) -> None:
        fake.fail = "no_answer"
        receive(conversation, "how many sessions?")
        run(worker)
        fake.fail = None
        message = receive(conversation, "does it hurt?")

        async def work() -> None:
            fake.hold = asyncio.Event()
            draining = asyncio.create_task(worker.drain())
            while not fake.busy:
                await asyncio.sleep(0.01)
            handoff = await Handoff.objects.aget()
            await sync_to_async(message_send_from_staff)(handoff_id=handoff.pk, staff=staff, text="I am here")
            fake.hold.set()
            await draining

        asyncio.run(work())
        message.refresh_from_db()
        assert said(conversation) == ["utter_ask_session_count", "desk_safety", ""]
        assert message.state == "with_staff"

    def test_a_closed_handoff_mid_record_gets_an_answer(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant, staff: User
    ) -> None:
        fake.fail = "no_answer"
        receive(conversation, "price?")
        run(worker)
        fake.fail = None
        handoff = Handoff.objects.get()
        message_send_from_staff(handoff_id=handoff.pk, staff=staff, text="I am here")
        receive(conversation, "does it hurt?")

        async def work() -> None:
            fake.hold = asyncio.Event()
            draining = asyncio.create_task(worker.drain())
            while not fake.busy:
                await asyncio.sleep(0.01)
            await sync_to_async(handoff_close)(handoff_id=handoff.pk, staff=staff)
            fake.hold.set()
            await draining

        asyncio.run(work())
        assert said(conversation)[-2:] == ["desk_closed", "utter_ask_pain"]


class TestOrderAndCrashes:
    def test_one_at_a_time_and_in_order(self, conversation: Conversation, worker: Worker, fake: FakeAssistant) -> None:
        texts = [f"price {number}?" for number in range(12)]
        for text in texts:
            receive(conversation, text)
        fake.delay = 0.005
        run(worker)
        assert [call["text"] for call in fake.calls] == texts
        assert fake.most_busy == 1
        replied = [message.in_reply_to.text for message in outgoing(conversation) if message.in_reply_to]
        assert replied == texts

    def test_conversations_side_by_side(self, conversation: Conversation, worker: Worker, fake: FakeAssistant) -> None:
        for _ in range(20):
            receive(services.conversation_open(channel=Channel.WEB), "price?")
        fake.delay = 0.1
        run(worker)
        assert 2 <= fake.most_busy <= 16
        assert len(fake.calls) == 20

    def test_a_crash_in_the_middle_loses_and_doubles_nothing(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        async def crash() -> None:
            fake.hold = asyncio.Event()
            task = asyncio.create_task(worker.run())
            while not fake.busy:
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        message = receive(conversation, "price?")
        asyncio.run(crash())
        message.refresh_from_db()
        assert message.state == "received"
        assert said(conversation) == []
        fake.hold = None
        run(Worker(client=client_for(fake)))  # the next process takes it up without being told
        assert said(conversation) == ["utter_ask_price"]

    def test_two_workers_answer_once(self, conversation: Conversation, fake: FakeAssistant) -> None:
        for number in range(5):
            receive(conversation, f"price {number}?")

        async def both() -> None:
            fake.delay = 0.01
            await asyncio.gather(*(Worker(client=client_for(fake)).drain() for _ in range(2)))

        asyncio.run(both())
        assert said(conversation) == ["utter_ask_price"] * 5

    def test_arrival_wakes_the_worker(self, conversation: Conversation, fake: FakeAssistant) -> None:
        async def work() -> float:
            worker = Worker(client=client_for(fake), sweep=30)
            task = asyncio.create_task(worker.run())
            await asyncio.sleep(0.2)
            started = asyncio.get_running_loop().time()
            await sync_to_async(receive)(conversation, "price?")
            while not await sync_to_async(said)(conversation):
                await asyncio.sleep(0.01)
            took = asyncio.get_running_loop().time() - started
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return took

        assert asyncio.run(work()) < 2
        assert not switchboard.topics()
