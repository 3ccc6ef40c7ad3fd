"""The outbox: in order, with patience, never twice; and what the channel says about it afterwards."""

from __future__ import annotations

import asyncio
import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from desk.channels import registry
from desk.channels.senders import SendLater, SendRefused, SendUncertain
from desk.conversations import deliveries, services
from desk.conversations.deliveries import delivery_claim, delivery_report, delivery_succeed
from desk.conversations.models import Author, Channel, Conversation, EarlyReport, Message
from desk.conversations.outbox import Outbox
from desk.conversations.reconciliation import breaks
from desk.conversations.worker import Worker
from desk.database import in_database
from desk.handoffs.models import Handoff, HandoffEvent
from tests.desk.conftest import receive, run
from tests.desk.fake_sender import FakeSender

pytestmark = pytest.mark.django_db(transaction=True)
STATUSES = ("sent", "delivered", "read")


@pytest.fixture
def sender(monkeypatch: pytest.MonkeyPatch) -> FakeSender:
    sender = FakeSender()
    monkeypatch.setattr(registry, "_makers", {})
    monkeypatch.setattr(registry, "_senders", {})
    registry.register(Channel.WHATSAPP, lambda: sender)
    return sender


@pytest.fixture
def chat(transactional_db: None) -> Conversation:
    return services.conversation_open(channel=Channel.WHATSAPP)


def say(chat: Conversation, text: str = "hello", answer: str = "") -> Message:
    with transaction.atomic():
        locked = services.conversation_lock(chat.pk)
        return services.message_add(locked, author=Author.BOT, text=text, language="en", answer_name=answer)


def send_all() -> None:
    asyncio.run(Outbox().drain())


def now_due() -> None:
    Message.objects.exclude(next_attempt_at=None).update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def raising(error: Exception) -> Any:
    def trouble(message: Message) -> None:
        raise error

    return trouble


class TestSending:
    def test_in_order_per_conversation(self, chat: Conversation, sender: FakeSender) -> None:
        other = services.conversation_open(channel=Channel.WHATSAPP)
        for number in range(6):
            say(chat, f"a{number}")
            say(other, f"b{number}")
        send_all()
        for letter, conversation in (("a", chat), ("b", other)):
            texts = [message.text for message in sender.sent if message.conversation_id == conversation.pk]
            assert texts == [f"{letter}{number}" for number in range(6)]
        first = Message.objects.order_by("sequence")[0]
        assert (first.delivery, first.channel_message_id) == ("sent", f"wamid.{first.pk}")
        assert first.next_attempt_at is None

    def test_an_answer_goes_out_and_typing_is_shown(
        self, chat: Conversation, sender: FakeSender, worker: Worker
    ) -> None:
        asked = receive(chat, "price?")
        run(worker)
        send_all()
        assert [message.answer_name for message in sender.sent] == ["utter_ask_price"]
        assert sender.typing == [asked.pk]

    def test_the_website_needs_no_sending(self, conversation: Conversation, sender: FakeSender) -> None:
        assert say(conversation).delivery == "sent"
        send_all()
        assert sender.sent == []

    def test_the_loop_is_woken(self, chat: Conversation, sender: FakeSender) -> None:
        async def work() -> None:
            task = asyncio.create_task(Outbox(sweep=30).run())
            await asyncio.sleep(0.2)
            for number in range(3):
                await in_database(say, chat, str(number))
            while len(sender.sent) < 3:
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(asyncio.wait_for(work(), 20))
        assert [message.text for message in sender.sent] == ["0", "1", "2"]

    def test_claims_from_several_threads_are_each_somebody_s(self, chat: Conversation) -> None:
        others = [services.conversation_open(channel=Channel.WHATSAPP) for _ in range(12)]
        for conversation in others:
            say(conversation, "first")
            say(conversation, "second")

        def claim(_: int) -> list[str]:
            try:
                return [message.pk for message in iter(delivery_claim, None)]
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            claimed = list(itertools.chain.from_iterable(pool.map(claim, range(4))))
        assert len(claimed) == len(set(claimed)) == len(others)  # the second waits for the first
        assert not Message.objects.filter(pk__in=claimed, text="second").exists()


class TestTrouble:
    def test_later_keeps_the_order_and_backs_off(self, chat: Conversation, sender: FakeSender) -> None:
        say(chat, "first")
        say(chat, "second")
        sender.trouble = raising(SendLater("busy"))
        send_all()
        first, second = Message.objects.order_by("sequence")
        assert (first.delivery, first.delivery_attempts, first.delivery_error) == ("pending", 1, "busy")
        assert (second.delivery, second.delivery_attempts) == ("pending", 0)
        sender.trouble = lambda message: None
        assert first.next_attempt_at is not None
        assert delivery_claim(now=first.next_attempt_at - timedelta(seconds=0.01)) is None  # not due yet
        now_due()
        send_all()
        assert [message.text for message in sender.sent] == ["first", "second"]

    def test_the_channel_may_name_the_pause(self, chat: Conversation, sender: FakeSender) -> None:
        say(chat)
        sender.trouble = raising(SendLater("busy", retry_after=300))
        send_all()
        due = Message.objects.get().next_attempt_at
        assert due is not None
        assert due > timezone.now() + timedelta(seconds=290)

    def test_the_pauses_grow_and_differ(self) -> None:
        pauses = [deliveries.back_off(attempt) for attempt in range(1, 16)]
        for attempt, pause in enumerate(pauses, 1):
            full = min(2.0 ** (attempt - 1), deliveries.LONGEST_PAUSE)
            assert full / 2 <= pause <= full
        assert len(set(pauses)) == len(pauses)

    def test_a_dead_letter_after_many_tries(self, chat: Conversation, sender: FakeSender) -> None:
        say(chat, "first")
        say(chat, "second")
        sender.trouble = lambda message: raising(SendLater("busy"))(message) if message.text == "first" else None
        for _ in range(deliveries.MOST_TRIES):
            send_all()
            now_due()
        send_all()
        first, second = Message.objects.order_by("sequence")
        assert (first.delivery, second.delivery) == ("dead", "sent")
        handoff = Handoff.objects.get()
        assert (handoff.reason, handoff.urgency) == ("undelivered", "urgent")
        assert handoff.alarm_at is not None
        assert HandoffEvent.objects.get(kind="alarm").message == first

    def test_a_dead_letter_after_a_day(self, chat: Conversation, sender: FakeSender) -> None:
        say(chat)
        Message.objects.update(created_at=timezone.now() - deliveries.OLDEST)
        sender.trouble = raising(SendLater("busy"))
        send_all()
        assert Message.objects.get().delivery == "dead"

    def test_refused_for_good(self, chat: Conversation, sender: FakeSender) -> None:
        say(chat)
        sender.trouble = raising(SendRefused("outside the 24 hours"))
        send_all()
        message = Message.objects.get()
        assert (message.delivery, message.delivery_error) == ("failed", "outside the 24 hours")
        assert Handoff.objects.get().alarm_at is not None

    def test_a_farewell_that_fails_calls_nobody(self, chat: Conversation, sender: FakeSender) -> None:
        say(chat, answer="desk_closed")
        sender.trouble = raising(SendRefused("blocked"))
        send_all()
        assert not Handoff.objects.exists()

    @pytest.mark.parametrize("error", [SendUncertain("answer lost"), RuntimeError("who knows")])
    def test_uncertain_is_never_sent_again(self, chat: Conversation, sender: FakeSender, error: Exception) -> None:
        say(chat, "first")
        sender.trouble = raising(error)
        send_all()
        sender.trouble = lambda message: None
        assert Message.objects.get().delivery == "uncertain"
        assert not Handoff.objects.exists()  # a status may still settle it
        for _ in range(3):
            now_due()
            send_all()
        assert sender.sent == []
        assert Handoff.objects.get().reason == "delivery_uncertain"
        assert HandoffEvent.objects.count() == 1  # told once
        say(chat, "second")
        send_all()
        assert [message.text for message in sender.sent] == ["second"]

    def test_a_crash_while_sending_is_uncertain_after_its_lease(self, chat: Conversation, sender: FakeSender) -> None:
        say(chat)
        assert delivery_claim() is not None  # and the process dies here
        send_all()
        assert Message.objects.get().delivery == "sending"
        now_due()
        assert len(list(breaks(now=timezone.now() + timedelta(minutes=5)))) == 1
        send_all()
        message = Message.objects.get()
        assert message.delivery == "uncertain"
        assert sender.sent == []
        delivery_succeed(message_id=message.pk, external_id="wamid.late")  # it was only slow
        message.refresh_from_db()
        assert message.delivery == "sent"

    def test_a_channel_that_is_not_set_up_waits(self, chat: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(registry, "_makers", {})
        monkeypatch.setattr(registry, "_senders", {})
        say(chat)
        send_all()
        message = Message.objects.get()
        assert message.delivery == "pending"
        assert "not set up" in message.delivery_error


class TestReports:
    def test_in_any_order_also_before_the_answer_to_the_send(self, transactional_db: None) -> None:
        """Every order of the send's own answer and the three statuses ends the same."""
        base = timezone.now()
        for order in itertools.permutations(["answer", *STATUSES]):
            chat = services.conversation_open(channel=Channel.WHATSAPP)
            message = say(chat)
            assert delivery_claim() == message
            for event in order:
                if event == "answer":
                    delivery_succeed(message_id=message.pk, external_id=f"wamid.{message.pk}")
                else:
                    at = base + timedelta(seconds=STATUSES.index(event))
                    delivery_report("whatsapp", f"wamid.{message.pk}", event, at)
            message.refresh_from_db()
            assert message.delivery == "read", order
            assert message.delivered_at == base + timedelta(seconds=1), order
            assert message.read_at == base + timedelta(seconds=2), order
        assert not EarlyReport.objects.exists()

    def sent(self, chat: Conversation) -> Message:
        message = say(chat)
        delivery_claim()
        delivery_succeed(message_id=message.pk, external_id="wamid.1")
        return message

    def test_failed_later(self, chat: Conversation, sender: FakeSender) -> None:
        message = self.sent(chat)
        delivery_report("whatsapp", "wamid.1", "failed", timezone.now(), "131026 undeliverable")
        message.refresh_from_db()
        assert (message.delivery, message.delivery_error) == ("failed", "131026 undeliverable")
        assert Handoff.objects.get().reason == "undelivered"
        delivery_report("whatsapp", "wamid.1", "sent", timezone.now())
        message.refresh_from_db()
        assert message.delivery == "failed"

    def test_what_was_read_did_not_fail(self, chat: Conversation) -> None:
        message = self.sent(chat)
        for status in ("read", "failed", "delivered"):
            delivery_report("whatsapp", "wamid.1", status, timezone.now())
        message.refresh_from_db()
        assert message.delivery == "read"
        assert not Handoff.objects.exists()

    def test_again_and_again(self, chat: Conversation) -> None:
        message = self.sent(chat)
        first = timezone.now()
        for _ in range(3):
            delivery_report("whatsapp", "wamid.1", "delivered", first)
            first += timedelta(seconds=9)
        message.refresh_from_db()
        assert message.delivered_at == first - timedelta(seconds=27)

    def test_our_own_id_settles_a_doubt(self, chat: Conversation, sender: FakeSender) -> None:
        message = say(chat)
        sender.trouble = raising(SendUncertain("answer lost"))
        send_all()
        delivery_report("whatsapp", "wamid.9", "delivered", timezone.now(), message_id=message.pk)
        message.refresh_from_db()
        assert (message.delivery, message.channel_message_id) == ("delivered", "wamid.9")
        now_due()
        send_all()
        assert not Handoff.objects.exists()

    def test_the_sweep_applies_a_report_that_a_crash_left(self, chat: Conversation, sender: FakeSender) -> None:
        message = say(chat)
        send_all()
        message.refresh_from_db()
        EarlyReport.objects.create(
            channel=chat.channel, external_id=message.channel_message_id, status="read", at=timezone.now()
        )
        deliveries.deliveries_sweep()
        message.refresh_from_db()
        assert message.delivery == "read"
        assert not EarlyReport.objects.exists()

    def test_nobody_s_reports_go_after_a_while(self, transactional_db: None) -> None:
        delivery_report("whatsapp", "wamid.stranger", "read", timezone.now())
        deliveries.deliveries_sweep()
        assert EarlyReport.objects.count() == 1
        deliveries.deliveries_sweep(now=timezone.now() + deliveries.REPORT_LIFE + timedelta(seconds=1))
        assert not EarlyReport.objects.exists()

    def test_an_unknown_status_is_refused(self, transactional_db: None) -> None:
        with pytest.raises(ValueError, match="'pending'"):
            delivery_report("whatsapp", "wamid.1", "pending", timezone.now())

    def test_a_report_and_the_answer_at_the_same_moment(self, transactional_db: None) -> None:
        for _ in range(20):
            message = say(services.conversation_open(channel=Channel.WHATSAPP))
            delivery_claim()
            name = f"wamid.{message.pk}"

            async def both(message: Message = message, name: str = name) -> None:
                at = timezone.now()
                await asyncio.gather(
                    in_database(delivery_succeed, message_id=message.pk, external_id=name),
                    in_database(delivery_report, "whatsapp", name, "delivered", at),
                    in_database(delivery_report, "whatsapp", name, "read", at),
                )

            asyncio.run(both())
            message.refresh_from_db()
            assert message.delivery == "read"
