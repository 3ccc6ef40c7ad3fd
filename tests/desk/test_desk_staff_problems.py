"""What is wrong stands on the problems' page until somebody has dealt with it; managers try the notifications."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from desk.conversations import services
from desk.conversations.models import Channel, Message
from desk.conversations.problems import NotAProblem, message_deal_with
from desk.handoffs.models import Handoff
from desk.notifications.models import Notification
from desk.staff.models import AuditEntry
from desk.staff.roles import Role
from tests.desk.conftest import receive, staff_named
from tests.desk.post_office import Receiver, serving

pytestmark = pytest.mark.django_db(transaction=True)

LINE = "Messages that may not have arrived: 1"


@pytest.fixture
def manager(transactional_db: None) -> Client:
    client = Client()
    client.force_login(staff_named("maha", Role.MANAGER))
    client.cookies["desk_language"] = "en"
    return client


def in_state(handoff: Handoff, delivery: str) -> Message:
    message = handoff.conversation.messages.filter(direction="out").latest("sequence")
    Message.objects.filter(pk=message.pk).update(delivery=delivery)
    return message


def shown(client: Client, path: str) -> str:
    return client.get(path).content.decode()


class TestDealtWith:
    @pytest.mark.parametrize("delivery", ["uncertain", "dead", "failed"])
    def test_the_line_goes_and_the_trail_tells_who(self, delivery: str, handoff: Handoff, staff_client: Client) -> None:
        message = in_state(handoff, delivery)
        assert LINE in shown(staff_client, "/staff/")
        answer = staff_client.post(f"/staff/problems/{message.pk}/dealt-with/", follow=True)
        assert "Noted. This message no longer stands here." in answer.content.decode()
        assert "Everything has arrived" in shown(staff_client, "/staff/problems/")
        assert LINE not in shown(staff_client, "/staff/")
        entry = AuditEntry.objects.get(action="problem_dealt_with")
        assert (entry.actor_name, entry.conversation_id) == ("huda", handoff.conversation_id)
        assert entry.details == {"message": message.pk, "delivery": delivery}
        message.refresh_from_db()
        assert message.delivery == delivery

    def test_a_patient_s_message_that_nobody_answered(self, handoff: Handoff, staff_client: Client) -> None:
        message = handoff.conversation.messages.earliest("sequence")
        Message.objects.filter(pk=message.pk).update(state="dead")
        assert "Dealt with" in shown(staff_client, "/staff/problems/")
        staff_client.post(f"/staff/problems/{message.pk}/dealt-with/")
        assert "Everything has arrived" in shown(staff_client, "/staff/problems/")

    def test_twice_is_once(self, handoff: Handoff, staff_client: Client) -> None:
        message = in_state(handoff, "uncertain")
        for _ in range(2):
            assert staff_client.post(f"/staff/problems/{message.pk}/dealt-with/").status_code == 302
        assert AuditEntry.objects.filter(action="problem_dealt_with").count() == 1

    def test_what_has_arrived_meanwhile_is_no_problem(self, handoff: Handoff, staff_client: Client) -> None:
        message = in_state(handoff, "read")
        answer = staff_client.post(f"/staff/problems/{message.pk}/dealt-with/", follow=True)
        assert "needs no look any more" in answer.content.decode()
        assert not AuditEntry.objects.filter(action="problem_dealt_with").exists()
        with pytest.raises(NotAProblem):
            message_deal_with(message_id=message.pk, now=timezone.now())

    def test_what_one_may_not_read_is_not_found(self, staff_client: Client) -> None:
        conversation = services.conversation_open(channel=Channel.WEB)
        message = receive(conversation, "hello")
        Message.objects.filter(pk=message.pk).update(state="dead")
        for unreadable in (message.pk, "m_nothing"):
            assert staff_client.post(f"/staff/problems/{unreadable}/dealt-with/").status_code == 404

    def test_a_reviewer_sees_no_button(self, handoff: Handoff) -> None:
        in_state(handoff, "uncertain")
        client = Client()
        client.force_login(staff_named("reem", Role.REVIEWER))
        client.cookies["desk_language"] = "en"
        page = shown(client, "/staff/problems/")
        assert handoff.conversation_id in page
        assert "Dealt with" not in page


class TestNotifications:
    @pytest.fixture
    def receiver(self, settings: Any) -> Iterator[Receiver]:
        server = Receiver()
        settings.NOTIFY_WEBHOOK_URL = f"{server.url}/very-secret"
        settings.NOTIFY_WEBHOOK_SECRET = "secret-of-the-webhook"
        with serving(server):
            yield server

    def test_shows_what_is_set_and_no_secret(self, manager: Client, receiver: Receiver) -> None:
        page = shown(manager, "/staff/notifications/")
        assert page.count("Send a test</button>") == 1
        assert "not set up" in page
        assert "127.0.0.1" in page
        assert "very-secret" not in page

    def test_in_arabic(self, manager: Client, receiver: Receiver) -> None:
        page = shown(manager, "/staff/notifications/?lang=ar")
        assert "إرسال تجربة" in page
        assert "غير مُعَدّ" in page

    def test_a_test_that_arrives(self, manager: Client, receiver: Receiver) -> None:
        page = manager.post("/staff/notifications/", {"means": "webhook"}).content.decode()
        assert "The test is sent: Webhook." in page
        assert len(receiver.posts) == 1
        assert AuditEntry.objects.get(action="notification_tested").details == {"means": "webhook", "sent": True}

    def test_a_test_that_fails_says_why_and_raises_no_alarm(self, manager: Client, receiver: Receiver) -> None:
        receiver.answers = [(403, {})]
        page = manager.post("/staff/notifications/", {"means": "webhook"}).content.decode()
        assert "The test was not sent: Webhook. The reason: the webhook answered 403" in page
        assert Notification.objects.get().state == "dead"
        assert "Notifications that were not sent" not in shown(manager, "/staff/")

    @pytest.mark.parametrize("means", ["email", "pigeon", ""])
    def test_what_is_not_set_is_refused(self, manager: Client, receiver: Receiver, means: str) -> None:
        answer = manager.post("/staff/notifications/", {"means": means})
        assert answer.status_code == 400
        assert "This is not set up." in answer.content.decode()
        assert not Notification.objects.exists()
