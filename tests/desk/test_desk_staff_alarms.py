"""Alarms, and what is wrong with the machine, stand on every page."""

from __future__ import annotations

import asyncio

import pytest
from django.test import Client

from desk import runtime
from desk.conversations.models import Message
from desk.conversations.worker import Worker
from desk.notifications.models import Notification
from desk.staff.roles import Role
from tests.desk.conftest import staff_named
from tests.desk.fake_assistant import FakeAssistant
from tests.desk.staff_pages import handoff_for, shown

pytestmark = pytest.mark.django_db(transaction=True)


class TestAlarmsAndProblems:
    def test_an_alarm_stands_on_every_page(self, worker: Worker) -> None:
        handoff = handoff_for("I can't breathe", worker)
        manager = Client()
        manager.force_login(staff_named("maha", Role.MANAGER))
        for path in (
            "/staff/",
            "/staff/conversations/",
            f"/staff/conversations/{handoff.conversation_id}/",
            "/staff/people/",
            "/staff/replies/",
            "/staff/replies/new/",
            "/staff/audit/",
            "/staff/problems/",
            "/staff/password/",
            "/staff/live/",
        ):
            assert f'role="alert" data-alarm="{handoff.pk}"' in shown(manager, path), path
        manager.post(f"/staff/handoffs/{handoff.pk}/alarm/")
        assert "data-alarm" not in shown(manager, "/staff/")

    def test_nothing_wrong_nothing_said(self, staff_client: Client) -> None:
        assert 'class="problems"' not in shown(staff_client, "/staff/")
        assert "Everything has arrived" in shown(staff_client, "/staff/problems/")

    def test_an_assistant_that_does_not_answer_is_told(
        self, staff_client: Client, worker: Worker, fake: FakeAssistant
    ) -> None:
        words = "The assistant is not answering as it should"
        for actions, ready in (("ok", False), ("down", True)):
            fake.actions, fake.ready = actions, ready
            asyncio.run(runtime.assistant().probe())
            for path in ("/staff/", "/staff/live/", "/staff/problems/"):
                assert words in shown(staff_client, path), (path, actions, ready)
        fake.actions = "ok"
        handoff_for("I am pregnant", worker)  # the answer to a question ends the trial
        asyncio.run(runtime.assistant().probe())
        assert words not in shown(staff_client, "/staff/")

    @pytest.mark.parametrize(
        ("kind", "words"),
        [
            ("uncertain", "Messages that may not have arrived: 1"),
            ("failed", "Messages that may not have arrived: 1"),
            ("dead letter", "Messages that the desk could not deal with: 1"),
            ("notification", "Notifications that were not sent: 1"),
        ],
    )
    def test_what_is_wrong_is_told(self, kind: str, words: str, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        last = handoff.conversation.messages.filter(direction="out").last()
        if kind in ("uncertain", "failed"):
            Message.objects.filter(pk=last.pk if last else None).update(delivery=kind)
        elif kind == "dead letter":
            Message.objects.filter(direction="in").update(state="dead")
        else:
            Notification.objects.create(means="email", subject="A request", payload={}, state="dead")
        assert words in shown(staff_client, "/staff/")
        assert ("A request" if kind == "notification" else handoff.conversation_id) in shown(
            staff_client, "/staff/problems/"
        )
