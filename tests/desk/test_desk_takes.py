"""Leases, split thoughts and dead letters: one worker at a time, one answer a thought, no conversation blocked."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connection
from django.utils import timezone

from desk.conversations import bubbles, takes, turns
from desk.conversations.models import Conversation, Message
from desk.conversations.reconciliation import breaks
from desk.conversations.takes import GIVE_UP_AFTER, LEASE, THOUGHT, Hopeless, StillWriting, Taken, Turn, turn_take
from desk.conversations.worker import Worker
from desk.handoffs.models import Handoff, HandoffEvent
from desk.screening import FAILED, NO_RISK
from tests.desk.conftest import client_for, outgoing, receive, run, said, states
from tests.desk.fake_assistant import FakeAssistant

pytestmark = pytest.mark.django_db(transaction=True)


def screened(conversation: Conversation, text: str) -> Message:
    message = receive(conversation, text)
    turns.message_screen(message_id=message.pk, risk=NO_RISK)
    return message


class TestLease:
    def test_a_conversation_has_one_worker(self, conversation: Conversation) -> None:
        message = screened(conversation, "price?")
        take = turn_take(conversation_id=conversation.pk, owner="one")
        assert isinstance(take, Turn)
        assert take.ids == (message.pk,)
        assert turn_take(conversation_id=conversation.pk, owner="two") == Taken()
        assert takes.conversations_to_take(owner="two", limit=9) == []
        assert takes.conversations_to_take(owner="one", limit=9) == [conversation.pk]

    def test_the_lease_of_a_killed_worker_runs_out(self, conversation: Conversation) -> None:
        screened(conversation, "price?")
        turn_take(conversation_id=conversation.pk, owner="killed")
        Conversation.objects.update(lease_until=timezone.now() - timedelta(seconds=0.01))
        assert takes.conversations_to_take(owner="two", limit=9) == [conversation.pk]
        assert isinstance(turn_take(conversation_id=conversation.pk, owner="two"), Turn)
        assert timedelta(seconds=10) > LEASE

    def test_the_one_desk_on_sqlite_takes_over_at_its_start(self, conversation: Conversation) -> None:
        screened(conversation, "price?")
        turn_take(conversation_id=conversation.pk, owner="killed")
        takes.leases_left_release()
        left = [conversation.pk] if connection.vendor == "sqlite" else []  # PostgreSQL serves several desks
        assert takes.conversations_to_take(owner="two", limit=9) == left

    def test_renewing_keeps_only_what_is_still_held(self, conversation: Conversation) -> None:
        screened(conversation, "price?")
        turn_take(conversation_id=conversation.pk, owner="one")
        soon = timezone.now() + timedelta(seconds=1)
        Conversation.objects.update(lease_until=soon)
        takes.leases_renew(owner="two", conversation_ids=[conversation.pk])
        conversation.refresh_from_db()
        assert conversation.lease_until == soon
        takes.leases_renew(owner="one", conversation_ids=[conversation.pk])
        conversation.refresh_from_db()
        assert conversation.lease_until is not None
        assert conversation.lease_until > soon

    def test_it_is_given_back(self, conversation: Conversation, worker: Worker) -> None:
        receive(conversation, "price?")
        run(worker)
        conversation.refresh_from_db()
        assert (conversation.lease_owner, conversation.lease_until) == ("", None)

    def test_a_worker_renews_while_the_assistant_thinks(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("desk.conversations.worker.RENEW_SECONDS", 0.05)
        receive(conversation, "price?")

        async def work() -> None:
            fake.hold = asyncio.Event()
            task = asyncio.create_task(worker.run())
            while not fake.busy:
                await asyncio.sleep(0.01)
            first = await Conversation.objects.aget()
            await asyncio.sleep(0.4)
            later = await Conversation.objects.aget()
            assert first.lease_until is not None
            assert later.lease_until is not None
            assert later.lease_until > first.lease_until
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(work())

    def test_a_second_process_takes_over_a_conversation_in_the_middle(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        """The first hangs behind its lease; both end up with the answer, one commits it."""
        receive(conversation, "price?")

        async def work() -> None:
            fake.hold = asyncio.Event()
            hanging = asyncio.create_task(worker.drain())
            while not fake.busy:
                await asyncio.sleep(0.01)
            await Conversation.objects.aupdate(lease_until=timezone.now())
            second = asyncio.create_task(Worker(client=client_for(fake)).drain())
            while fake.busy < 2:
                await asyncio.sleep(0.01)
            fake.hold.set()
            await asyncio.gather(hanging, second)

        asyncio.run(work())
        assert said(conversation) == ["utter_ask_price"]
        assert states(conversation) == ["answered"]


class TestSplitThoughts:
    def test_three_bubbles_get_one_answer(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        parts = [receive(conversation, text) for text in ("السلام عليكم", "عندي سؤال", "كم جلسة احتاج؟")]
        run(worker)
        assert [call["text"] for call in fake.calls] == ["السلام عليكم\nعندي سؤال\nكم جلسة احتاج؟"]
        assert said(conversation) == ["utter_ask_session_count"]
        assert states(conversation) == ["answered"] * 3
        assert outgoing(conversation)[0].in_reply_to == parts[-1]
        assert list(breaks(grace=timedelta(0))) == []

    def test_the_next_bubble_ends_the_wait(
        self, conversation: Conversation, fake: FakeAssistant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(takes, "THOUGHT", timedelta(seconds=60))
        worker = Worker(client=client_for(fake), sweep=30)

        async def work() -> None:
            task = asyncio.create_task(worker.run())
            await sync_to_async(receive)(conversation, "hi")
            await asyncio.sleep(0.3)
            assert not fake.calls
            await sync_to_async(receive)(conversation, "price?")
            while not await sync_to_async(said)(conversation):
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(asyncio.wait_for(work(), 20))
        assert [call["text"] for call in fake.calls] == ["hi\nprice?"]

    def test_a_greeting_alone_is_answered_after_a_moment(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        message = receive(conversation, "hi")
        run(worker)
        message.refresh_from_db()
        assert message.state == "answered"
        assert message.settled_at is not None
        assert message.settled_at - message.created_at >= THOUGHT

    def test_a_question_does_not_wait(self, conversation: Conversation) -> None:
        screened(conversation, "how many sessions?")
        assert isinstance(turn_take(conversation_id=conversation.pk, owner="me"), Turn)

    def test_what_asks_nothing_waits_without_a_lease(self, conversation: Conversation) -> None:
        message = screened(conversation, "I have a question")
        assert turn_take(conversation_id=conversation.pk, owner="me") == StillWriting(message.created_at + THOUGHT)
        conversation.refresh_from_db()
        assert conversation.lease_until is None

    def test_each_waiting_question_has_its_own_answer(self, conversation: Conversation, worker: Worker) -> None:
        for text in ("hi", "how many sessions?", "does it hurt?", "price?"):
            receive(conversation, text)
        run(worker)
        replied = [message.in_reply_to.text for message in outgoing(conversation) if message.in_reply_to]
        assert replied == ["how many sessions?", "does it hurt?", "price?"]

    def test_a_button_stands_alone(self, conversation: Conversation, worker: Worker, fake: FakeAssistant) -> None:
        receive(conversation, "hmm what")
        run(worker)
        receive(conversation, "hello")
        receive(conversation, choice="ask_price")
        run(worker)
        assert [call.get("choice") or call["text"] for call in fake.calls] == ["hmm what", "hello", "ask_price"]

    def test_a_risk_split_over_two_bubbles_is_heard(
        self, conversation: Conversation, worker: Worker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tests.desk.conftest.RISK_WORDS", {"and\ndiabetic": ("chronic", "personal", None)})
        receive(conversation, "I am pregnant and")
        receive(conversation, "diabetic, does it hurt?")
        run(worker)
        assert Handoff.objects.get().categories == ["chronic"]
        assert said(conversation) == ["desk_staff_will_answer"]
        assert states(conversation) == ["with_staff"] * 2

    def test_a_greeting_with_a_risk_does_not_wait(self, conversation: Conversation) -> None:
        message = receive(conversation, "hi")
        turns.message_screen(message_id=message.pk, risk=FAILED)
        assert isinstance(turn_take(conversation_id=conversation.pk, owner="me"), Turn)

    def test_with_staff_nothing_waits(self, conversation: Conversation) -> None:
        Conversation.objects.update(status="staff")
        for text in ("hi", "price?"):
            screened(conversation, text)
        take = turn_take(conversation_id=conversation.pk, owner="me")
        assert isinstance(take, Turn)
        assert take.text == "hi"

    def test_after_failures_each_is_tried_alone(self, conversation: Conversation) -> None:
        first = screened(conversation, "hi")
        screened(conversation, "price?")
        for _ in range(takes.ALONE_AFTER):
            both = turn_take(conversation_id=conversation.pk, owner="me")
            assert isinstance(both, Turn)
            assert len(both.messages) == 2
        alone = turn_take(conversation_id=conversation.pk, owner="me")
        assert isinstance(alone, Turn)
        assert alone.ids == (first.pk,)


class TestDeadLetters:
    def test_the_desk_gives_up_and_staff_have_it(
        self, conversation: Conversation, worker: Worker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        poison = receive(conversation, "price?")
        with monkeypatch.context() as patch:
            patch.setattr("desk.conversations.worker.REST_SECONDS", (0.01,))
            patch.setattr(turns, "_understood", lambda *args: 1 / 0)
            run(worker)
        poison.refresh_from_db()
        assert (poison.state, poison.take_ups) == ("dead", GIVE_UP_AFTER)
        assert said(conversation) == ["desk_safety"]
        handoff = Handoff.objects.get()
        assert (handoff.reason, handoff.urgency) == ("desk_error", "urgent")
        assert handoff.alarm_at is not None
        assert HandoffEvent.objects.filter(kind="alarm", message=poison).count() == 1
        receive(conversation, "how many sessions?")
        run(worker)
        assert said(conversation) == ["desk_safety", "utter_ask_session_count"]  # it goes on
        assert list(breaks(grace=timedelta(0))) == []

    def test_even_when_the_apology_fails_too(
        self, conversation: Conversation, worker: Worker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("desk.conversations.worker.REST_SECONDS", (0.01,))
        monkeypatch.setattr(bubbles, "privacy_told", lambda *args: 1 / 0)
        receive(conversation, "price?")
        run(worker)
        assert states(conversation) == ["dead"]
        assert said(conversation) == []
        assert Handoff.objects.get().alarm_at is not None

    def test_a_screen_that_cannot_be_stored_is_no_endless_loop(
        self, conversation: Conversation, worker: Worker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("desk.conversations.worker.REST_SECONDS", (0.01,))
        for module in (takes, turns):
            monkeypatch.setattr(module, "own_risk_hear", lambda *args: 1 / 0)
        receive(conversation, "price?")
        run(worker)
        assert states(conversation) == ["dead"]

    def test_a_database_that_is_away_counts_for_nothing(
        self, conversation: Conversation, worker: Worker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("desk.conversations.worker.REST_SECONDS", (0.01,))
        real, refusals = takes.turn_take, []

        def away(**kwargs: Any) -> Any:
            if len(refusals) < 2 * GIVE_UP_AFTER:
                refusals.append(1)
                raise OperationalError("the database is away")
            return real(**kwargs)

        monkeypatch.setattr(takes, "turn_take", away)
        receive(conversation, "price?")
        run(worker)
        assert said(conversation) == ["utter_ask_price"]

    def test_a_message_that_ends_the_process_is_counted(self, conversation: Conversation) -> None:
        message = screened(conversation, "price?")
        for _ in range(GIVE_UP_AFTER):
            assert isinstance(turn_take(conversation_id=conversation.pk, owner="me"), Turn)
        assert turn_take(conversation_id=conversation.pk, owner="me") == Hopeless(message)
