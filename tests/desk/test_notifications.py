"""Staff are told outside the desk: over real sockets, signed, with retries, and without a patient's words."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from desk import environment
from desk.conversations.models import Conversation
from desk.conversations.worker import Worker
from desk.handoffs import services
from desk.handoffs.models import Handoff
from desk.handoffs.watch import watch_once
from desk.mail_server import MailServer as ServerAddress
from desk.mail_server import read_mail_server
from desk.notifications.delivery import LEASE, RETRY_SECONDS, deliver_next, notification_take
from desk.notifications.means import MeansNotConfigured
from desk.notifications.models import Notification, Occasion
from desk.notifications.selectors import notifications_dead
from desk.notifications.services import notification_retry, notification_send_test, notifications_add
from desk.staff.models import User
from tests.desk.conftest import receive, run
from tests.desk.post_office import MailServer, Receiver, serving

SECRET = "secret-of-the-tests-1"
EMAIL, WEBHOOK = Notification.Means.EMAIL, Notification.Means.WEBHOOK


@pytest.fixture
def mail(settings: Any) -> Iterator[MailServer]:
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # the test runner's keeps mails to itself
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.NOTIFY_EMAIL_TO = ("nurse@clinic.example", "desk@clinic.example")
    with serving(server):
        yield server


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    server = Receiver()
    settings.NOTIFY_WEBHOOK_URL, settings.NOTIFY_WEBHOOK_SECRET = server.url, SECRET
    with serving(server):
        yield server


def deliver(means: Notification.Means) -> int:
    """Deliver what is due now; returns how many were tried."""

    async def all_due() -> int:
        tried = 0
        while await deliver_next(means):
            tried += 1
        return tried

    return asyncio.run(all_due())


def make_due() -> None:
    Notification.objects.filter(state="pending").update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def occasions() -> list[str]:
    return [notification.payload["occasion"] for notification in Notification.objects.order_by("pk")]


class TestOccasions:
    def test_what_staff_are_told_of(
        self, conversation: Conversation, worker: Worker, receiver: Receiver, staff: User
    ) -> None:
        receive(conversation, "I am pregnant")
        run(worker)
        assert occasions() == ["opened"]
        receive(conversation, "I am pregnant, I said")
        run(worker)
        assert occasions() == ["opened"]
        receive(conversation, "I cannot breathe")
        run(worker)
        assert occasions() == ["opened", "alarm"]
        watch_once(timezone.now() + timedelta(minutes=6))
        assert occasions() == ["opened", "alarm", "escalated"]

    def test_an_emergency_is_told_once_at_once(
        self, conversation: Conversation, worker: Worker, receiver: Receiver
    ) -> None:
        receive(conversation, "I cannot breathe")
        run(worker)
        assert occasions() == ["alarm"]

    def test_taking_over_tells_nobody(self, conversation: Conversation, receiver: Receiver, staff: User) -> None:
        services.handoff_open_by_staff(conversation_id=conversation.pk, staff=staff, now=timezone.now())
        assert occasions() == []

    def test_by_each_means_that_has_an_address(
        self, conversation: Conversation, worker: Worker, receiver: Receiver, mail: MailServer
    ) -> None:
        receive(conversation, "I am pregnant")
        run(worker)
        assert sorted(Notification.objects.values_list("means", flat=True)) == ["email", "webhook"]

    def test_without_an_address_nothing_is_queued(self, conversation: Conversation, worker: Worker) -> None:
        receive(conversation, "I am pregnant")
        run(worker)
        assert Handoff.objects.exists()
        assert not Notification.objects.exists()

    def test_no_words_and_no_number_of_the_patient(
        self, conversation: Conversation, worker: Worker, receiver: Receiver, mail: MailServer, settings: Any
    ) -> None:
        settings.PUBLIC_URL = "https://desk.clinic.example"
        receive(conversation, "I am pregnant and cannot breathe, call 0551234567")
        run(worker)
        handoff = Handoff.objects.get()
        for notification in Notification.objects.all():
            told = json.dumps([notification.subject, notification.payload], ensure_ascii=False)
            assert f"https://desk.clinic.example/staff/handoffs/{handoff.pk}/" in told
            for private in ("pregnan", "breathe", "1234567", "حمل", handoff.summary):
                assert private not in told
            assert "طارئ" in told
            assert "Emergency" in told


class TestWebhook:
    def test_signed_and_tried_until_it_is_taken(
        self, conversation: Conversation, worker: Worker, receiver: Receiver
    ) -> None:
        receiver.answers = [(500, {}), (302, {"Location": "/elsewhere"})]
        receive(conversation, "I am pregnant")
        run(worker)
        notification = Notification.objects.get()
        for attempt, (state, error) in enumerate(
            [
                ("pending", "the webhook answered 500"),
                ("pending", "the webhook answered 302"),
                ("sent", "the webhook answered 302"),
            ]
        ):
            before = timezone.now()
            assert deliver(WEBHOOK) == 1
            notification.refresh_from_db()
            assert (notification.state, notification.last_error) == (state, error)
            assert notification.attempts == attempt + 1
            if state == "pending":
                wait = (notification.next_attempt_at - before).total_seconds()
                assert wait >= RETRY_SECONDS[attempt]
                assert deliver(WEBHOOK) == 0  # not before its time
            make_due()
        assert deliver(WEBHOOK) == 0
        assert len(receiver.posts) == 3
        for headers, body in receiver.posts:
            signed = b"v1:" + headers["x-desk-timestamp"].encode() + b":" + body
            right = "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
            assert headers["x-desk-signature"] == right
            assert abs(int(headers["x-desk-timestamp"]) - timezone.now().timestamp()) < 600
            assert headers["content-type"].startswith("application/json")
            assert headers["x-desk-notification"] == str(notification.pk)
            assert set(json.loads(body)) == {"text"}

    def test_a_receiver_that_asks_to_wait_is_obeyed(self, receiver: Receiver, conversation: Conversation) -> None:
        receiver.answers = [(429, {"Retry-After": "90"})]
        handoff = Handoff.objects.create(conversation=conversation, reason="x")
        (notification,) = notifications_add(handoff=handoff, occasion=Occasion.OPENED)
        before = timezone.now()
        deliver(WEBHOOK)
        notification.refresh_from_db()
        assert notification.next_attempt_at >= before + timedelta(seconds=90)

    def test_nobody_there_makes_a_dead_letter_that_can_be_taken_up_again(
        self, conversation: Conversation, settings: Any
    ) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            settings.NOTIFY_WEBHOOK_URL = f"http://127.0.0.1:{closed.getsockname()[1]}/secret-path"
            settings.NOTIFY_WEBHOOK_SECRET = SECRET
            handoff = Handoff.objects.create(conversation=conversation, reason="x")
            (notification,) = notifications_add(handoff=handoff, occasion=Occasion.OPENED)
            for _ in range(len(RETRY_SECONDS) + 1):
                make_due()
                assert deliver(WEBHOOK) == 1
        assert list(notifications_dead()) == [notification]
        notification.refresh_from_db()
        assert notification.last_error == "the webhook: ConnectError"
        make_due()
        assert deliver(WEBHOOK) == 0
        server = Receiver()
        settings.NOTIFY_WEBHOOK_URL = server.url
        with serving(server):
            notification_retry(notification_id=notification.pk)
            assert deliver(WEBHOOK) == 1
        notification.refresh_from_db()
        assert notification.state == "sent"


class TestEmail:
    def test_in_both_languages_to_everybody(self, conversation: Conversation, worker: Worker, mail: MailServer) -> None:
        receive(conversation, "I am pregnant")
        run(worker)
        assert deliver(EMAIL) == 1
        (message,) = mail.received
        assert message["To"] == "nurse@clinic.example, desk@clinic.example"
        assert (
            message["Subject"].strip() == "عادي: طلب جديد ينتظر ردّ الفريق | Routine: A new request is waiting for staff"
        )
        text = message.get_content()
        assert f"/staff/handoffs/{Handoff.objects.get().pk}/" in text
        assert "ينتظر منذ" in text
        assert Notification.objects.get().sent_at is not None

    def test_refused_then_taken(self, conversation: Conversation, mail: MailServer) -> None:
        mail.refuse = [b"451 try later"] * 2
        handoff = Handoff.objects.create(conversation=conversation, reason="x")
        (notification,) = notifications_add(handoff=handoff, occasion=Occasion.OPENED)
        assert deliver(EMAIL) == 1
        notification.refresh_from_db()
        assert notification.state == "pending"
        assert notification.last_error.startswith("the mail server")
        assert "nurse@" not in notification.last_error
        make_due()
        assert deliver(EMAIL) == 1
        assert len(mail.received) == 1


class TestTaking:
    def test_several_processes_take_each_once(self, conversation: Conversation, receiver: Receiver) -> None:
        handoff = Handoff.objects.create(conversation=conversation, reason="x")
        for _ in range(20):
            notifications_add(handoff=handoff, occasion=Occasion.OPENED)
        now = timezone.now()
        taken: list[int] = []
        gate = threading.Barrier(4)

        def take() -> None:
            gate.wait()
            while notification := notification_take(means=WEBHOOK, now=now):
                taken.append(notification.pk)
            connection.close()

        threads = [threading.Thread(target=take) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(taken) == sorted(Notification.objects.values_list("pk", flat=True))

    def test_what_a_dead_process_took_is_taken_again(self, conversation: Conversation, receiver: Receiver) -> None:
        handoff = Handoff.objects.create(conversation=conversation, reason="x")
        notifications_add(handoff=handoff, occasion=Occasion.OPENED)
        now = timezone.now()
        assert notification_take(means=WEBHOOK, now=now)
        assert notification_take(means=WEBHOOK, now=now) is None
        assert notification_take(means=WEBHOOK, now=now + LEASE)


class TestTheTestButton:
    def test_it_arrives(self, transactional_db: None, mail: MailServer, receiver: Receiver) -> None:
        for means in (EMAIL, WEBHOOK):
            notification = notification_send_test(means=means)
            assert (notification.state, notification.last_error) == ("sent", "")
        assert "notifications arrive" in mail.received[0].get_content()
        assert "notifications arrive" in json.loads(receiver.posts[0][1])["text"]

    def test_a_failure_is_told_and_not_retried(self, transactional_db: None, receiver: Receiver) -> None:
        receiver.answers = [(403, {})]
        notification = notification_send_test(means=WEBHOOK)
        assert (notification.state, notification.last_error) == ("dead", "the webhook answered 403")
        make_due()
        assert deliver(WEBHOOK) == 0

    def test_without_an_address(self, transactional_db: None) -> None:
        with pytest.raises(MeansNotConfigured):
            notification_send_test(means=EMAIL)
        with pytest.raises(CommandError, match="set NOTIFY_EMAIL_TO"):
            call_command("notify_test")

    def test_the_command(self, transactional_db: None, receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("notify_test")
        assert capsys.readouterr().out == "webhook: sent\n"
        receiver.answers = [(500, {})]
        with pytest.raises(CommandError, match="not every"):
            call_command("notify_test", means="webhook")


class TestSettings:
    @pytest.mark.parametrize(
        ("change", "line"),
        [
            ({"NOTIFY_EMAIL_TO": "nurse"}, "set NOTIFY_EMAIL_TO to"),
            ({"NOTIFY_EMAIL_TO": "nurse@clinic.example"}, "set EMAIL_URL too"),
            ({"EMAIL_URL": "mail.clinic.example"}, "set EMAIL_URL to"),
            ({"EMAIL_URL": "smtp://host:port"}, "set EMAIL_URL to"),
            ({"NOTIFY_WEBHOOK_URL": "hooks"}, "set NOTIFY_WEBHOOK_URL to"),
            ({"NOTIFY_WEBHOOK_URL": "https://hooks.example/x"}, "set NOTIFY_WEBHOOK_SECRET to at least 16"),
        ],
    )
    def test_what_is_wrong_is_said_in_one_line(self, tmp_path: Path, change: dict[str, str], line: str) -> None:
        with pytest.raises(environment.ConfigurationError, match=line) as caught:
            environment.read_environment(change, tmp_path)
        assert "\n" not in str(caught.value)

    def test_read(self, tmp_path: Path) -> None:
        given = {
            "NOTIFY_EMAIL_TO": "a@clinic.example, b@clinic.example",
            "EMAIL_URL": "smtp+tls://desk%40clinic:p%2Fw@mail.example",
            "PUBLIC_URL": "https://desk.clinic.example:8443",
        }
        read = environment.read_environment(given, tmp_path)
        assert read.notify_email_to == ("a@clinic.example", "b@clinic.example")
        assert read.mail_server == ServerAddress("mail.example", 587, "desk@clinic", "p/w", starttls=True)
        assert read.email_from == "desk@desk.clinic.example"
        assert read_mail_server("smtps://h").port == 465
