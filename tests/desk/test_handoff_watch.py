"""What the desk does by itself: escalate, return to the queue, apologise. Each once, however many processes watch."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from desk.conversations.models import Channel, Conversation
from desk.conversations.services import conversation_open
from desk.conversations.worker import Worker
from desk.handoffs import presence, services
from desk.handoffs.clinic_hours import clinic_at, the_clinic
from desk.handoffs.limits import LIMITS
from desk.handoffs.models import Handoff, Presence, Urgency
from desk.handoffs.watch import watch_once
from desk.staff.models import User
from tests.desk.conftest import outgoing, receive, run, said

MINUTE = timedelta(minutes=1)


def kinds(handoff: Handoff) -> list[str]:
    return list(handoff.events.values_list("kind", flat=True))


def opened(conversation: Conversation, worker: Worker, text: str = "I am pregnant") -> Handoff:
    receive(conversation, text)
    run(worker)
    return Handoff.objects.get(conversation=conversation)


def open_hour() -> datetime:
    """A moment with two open hours before it and after it."""
    clinic = the_clinic()
    assert clinic is not None
    moment = timezone.now()
    while True:
        moment += timedelta(minutes=30)
        hours = [clinic_at(moment + timedelta(hours=each), clinic.branches).is_open for each in (-2, 0, 2)]
        if all(hours):
            return moment


def closed_hour() -> datetime:
    """A moment with half an hour closed before it and an hour after it."""
    clinic = the_clinic()
    assert clinic is not None
    moment = timezone.now()
    while any(clinic_at(moment + timedelta(hours=each), clinic.branches).is_open for each in (0, 1, 2)):
        moment += timedelta(minutes=30)
    return moment + timedelta(minutes=40)


def held(handoff: Handoff, staff: User, *, since: datetime) -> None:
    services.handoff_claim(handoff_id=handoff.pk, staff=staff, now=since)
    handoff.conversation.messages.update(created_at=since)


class TestEscalation:
    def test_not_before_its_limit_and_then_once(self, conversation: Conversation, worker: Worker) -> None:
        handoff = opened(conversation, worker, "I cannot breathe")
        limit = handoff.opened_at + LIMITS[Urgency.EMERGENCY]
        watch_once(limit - MINUTE)
        assert "escalated" not in kinds(handoff)
        for _ in range(3):
            watch_once(limit + MINUTE)
        handoff.refresh_from_db()
        assert kinds(handoff).count("escalated") == 1
        assert handoff.escalated_at == limit + MINUTE

    def test_again_after_twice_the_time(self, conversation: Conversation, worker: Worker) -> None:
        handoff = opened(conversation, worker, "I cannot breathe")
        now = handoff.opened_at
        for minutes, times in ((6, 1), (15, 1), (17, 2), (36, 2), (38, 3)):
            watch_once(now + minutes * MINUTE)
            assert kinds(handoff).count("escalated") == times, minutes

    def test_what_somebody_holds_stays_quiet(self, conversation: Conversation, worker: Worker, staff: User) -> None:
        handoff = opened(conversation, worker, "I cannot breathe")
        services.handoff_claim(handoff_id=handoff.pk, staff=staff, now=timezone.now())
        watch_once(handoff.opened_at + 6 * MINUTE)
        assert "escalated" not in kinds(handoff)

    def test_a_graver_need_shortens_the_limit(self, conversation: Conversation, worker: Worker) -> None:
        handoff = opened(conversation, worker)
        receive(conversation, "I cannot breathe")
        run(worker)
        watch_once(timezone.now() + 6 * MINUTE)
        assert "escalated" in kinds(handoff)

    def test_back_in_the_queue_it_counts_anew(self, conversation: Conversation, worker: Worker, staff: User) -> None:
        handoff = opened(conversation, worker, "I cannot breathe")
        now = timezone.now()
        watch_once(now + 6 * MINUTE)
        services.handoff_claim(handoff_id=handoff.pk, staff=staff, now=now + 7 * MINUTE)
        services.handoff_return(handoff_id=handoff.pk, staff=staff, reason="by_hand", now=now + 60 * MINUTE)
        handoff.refresh_from_db()
        assert handoff.escalated_at is None
        watch_once(now + 64 * MINUTE)
        assert kinds(handoff).count("escalated") == 1
        watch_once(now + 66 * MINUTE)
        assert kinds(handoff).count("escalated") == 2

    def test_several_processes_escalate_once(self, worker: Worker, transactional_db: None) -> None:
        handoffs = [opened(conversation_open(channel=Channel.WEB), worker, "I cannot breathe") for _ in range(5)]
        now = timezone.now() + 6 * MINUTE
        gate = threading.Barrier(4)

        def watch() -> None:
            gate.wait()
            watch_once(now)
            connection.close()

        threads = [threading.Thread(target=watch) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert [kinds(handoff).count("escalated") for handoff in handoffs] == [1] * 5

    def test_one_fault_stops_no_other(
        self, worker: Worker, transactional_db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = (opened(conversation_open(channel=Channel.WEB), worker, "I cannot breathe") for _ in range(2))
        real = services.event_add

        def broken(handoff: Handoff, *args: object, **kwargs: object) -> None:
            if handoff == first:
                raise RuntimeError
            real(handoff, *args, **kwargs)  # type: ignore[arg-type]

        monkeypatch.setattr("desk.handoffs.overdue.event_add", broken)
        watch_once(timezone.now() + 6 * MINUTE)
        assert "escalated" not in kinds(first)
        assert "escalated" in kinds(second)
        first.refresh_from_db()
        assert first.escalated_at is None  # nothing half done


class TestGoneHome:
    def test_idle_while_the_patient_waits(self, conversation: Conversation, worker: Worker, staff: User) -> None:
        handoff = opened(conversation, worker)
        now = open_hour()
        held(handoff, staff, since=now - 31 * MINUTE)
        watch_once(now - 2 * MINUTE)
        assert "returned" not in kinds(handoff)
        watch_once(now)
        handoff.refresh_from_db()
        assert (handoff.status, handoff.conversation.status) == ("open", "waiting")
        event = handoff.events.get(kind="returned")
        assert (event.actor, event.details["reason"]) == (None, "idle")

    def test_being_there_keeps_it(self, conversation: Conversation, worker: Worker, staff: User) -> None:
        handoff = opened(conversation, worker)
        now = open_hour()
        held(handoff, staff, since=now - 60 * MINUTE)
        presence.staff_seen(staff=staff, now=now - 10 * MINUTE)
        watch_once(now)
        assert "returned" not in kinds(handoff)

    def test_waiting_for_the_patient_is_no_idleness(
        self, conversation: Conversation, worker: Worker, staff: User
    ) -> None:
        handoff = opened(conversation, worker)
        now = open_hour()
        held(handoff, staff, since=now - 90 * MINUTE)
        services.message_send_from_staff(handoff_id=handoff.pk, staff=staff, text="How long have you had this?")
        watch_once(now)
        assert "returned" not in kinds(handoff)

    def test_at_the_end_of_the_day(self, conversation: Conversation, worker: Worker, staff: User) -> None:
        handoff = opened(conversation, worker)
        now = closed_hour()
        held(handoff, staff, since=now - 16 * MINUTE)
        services.message_send_from_staff(handoff_id=handoff.pk, staff=staff, text="More tomorrow")
        presence.staff_seen(staff=staff, now=now - 5 * MINUTE)
        watch_once(now)
        assert "returned" not in kinds(handoff)  # still working
        watch_once(now + 20 * MINUTE)
        assert handoff.events.get(kind="returned").details["reason"] == "end_of_day"

    def test_an_emergency_waits_for_nobody_long(self, conversation: Conversation, worker: Worker, staff: User) -> None:
        handoff = opened(conversation, worker, "I cannot breathe")
        now = open_hour()
        held(handoff, staff, since=now - 11 * MINUTE)
        watch_once(now)
        assert "returned" in kinds(handoff)

    @pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
    def test_somebody_who_left_the_clinic(
        self, conversation: Conversation, worker: Worker, staff: User, change: dict[str, bool]
    ) -> None:
        handoff = opened(conversation, worker)
        services.handoff_claim(handoff_id=handoff.pk, staff=staff, now=timezone.now())
        User.objects.filter(pk=staff.pk).update(**change)
        watch_once(timezone.now())
        assert handoff.events.get(kind="returned").details["reason"] == "left"

    def test_logging_out(self, conversation: Conversation, worker: Worker, staff: User, staff_client: Client) -> None:
        handoff = opened(conversation, worker)
        services.handoff_claim(handoff_id=handoff.pk, staff=staff, now=timezone.now())
        staff_client.logout()
        handoff.refresh_from_db()
        assert handoff.status == "open"
        assert handoff.events.get(kind="returned").details["reason"] == "logged_out"

    def test_the_staff_pages_note_who_is_there(self, staff: User, staff_client: Client) -> None:
        Presence.objects.all().delete()
        before = timezone.now()
        staff_client.get("/staff/")
        assert Presence.objects.get(staff=staff).seen_at >= before


class TestBrokenPromise:
    def test_one_apology(self, conversation: Conversation, worker: Worker) -> None:
        handoff = opened(conversation, worker)
        assert handoff.promised_at is not None
        before = said(conversation)
        watch_once(handoff.promised_at - MINUTE)
        assert said(conversation) == before
        for minutes in (1, 2, 600):
            watch_once(handoff.promised_at + minutes * MINUTE)
        assert said(conversation) == [*before, "desk_late"]
        assert kinds(handoff).count("late") == 1
        text = outgoing(conversation)[-1].text
        clinic = the_clinic()
        assert clinic is not None
        assert clinic.phone in text

    def test_none_after_a_reply(self, conversation: Conversation, worker: Worker, staff: User) -> None:
        handoff = opened(conversation, worker)
        assert handoff.promised_at is not None
        services.message_send_from_staff(handoff_id=handoff.pk, staff=staff, text="Hello")
        watch_once(handoff.promised_at + MINUTE)
        assert "desk_late" not in said(conversation)

    def test_none_where_whatsapp_would_refuse_it(self, worker: Worker, transactional_db: None) -> None:
        conversation = conversation_open(channel=Channel.WHATSAPP)
        handoff = opened(conversation, worker)
        assert handoff.promised_at is not None
        Conversation.objects.update(patient_last_at=handoff.promised_at - timedelta(hours=25))
        watch_once(handoff.promised_at + MINUTE)
        assert "desk_late" not in said(conversation)
        assert handoff.events.get(kind="late").details == {"told": False}
