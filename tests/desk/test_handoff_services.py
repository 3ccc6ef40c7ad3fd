"""What staff do with a handoff, and what two of them doing it at once leads to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from desk.conversations.models import Conversation, Note
from desk.conversations.worker import Worker
from desk.handoffs import selectors, services
from desk.handoffs.models import Handoff, Urgency
from desk.handoffs.needs import Need
from desk.handoffs.phone_numbers import NotAPhoneNumber
from desk.handoffs.selectors import Counts, Show
from desk.staff.models import User
from tests.desk.conftest import receive, run

NOW = timezone.now()


@pytest.fixture
def colleague(transactional_db: None) -> User:
    return User.objects.create_user("reem", password="a good long password", is_staff=True)


@pytest.fixture
def handoff(conversation: Conversation, worker: Worker) -> Handoff:
    receive(conversation, "I am pregnant")
    run(worker)
    return Handoff.objects.get()


def kinds(handoff: Handoff) -> list[str]:
    return list(handoff.events.values_list("kind", flat=True))


def status_of(handoff: Handoff) -> tuple[str, str]:
    handoff.refresh_from_db()
    return handoff.status, handoff.conversation.status


class TestClaim:
    def test_one_member_of_staff_holds_it(self, handoff: Handoff, staff: User, colleague: User) -> None:
        services.handoff_claim(handoff_id=handoff.pk, staff=staff, now=NOW)
        assert status_of(handoff) == ("claimed", "staff")
        assert (handoff.claimed_by, handoff.claimed_at) == (staff, NOW)
        with pytest.raises(services.AlreadyClaimed) as refusal:
            services.handoff_claim(handoff_id=handoff.pk, staff=colleague, now=NOW)
        assert refusal.value.by == staff
        assert kinds(handoff) == ["opened", "claimed"]

    def test_claiming_ones_own_again_changes_nothing(self, handoff: Handoff, staff: User) -> None:
        for minutes in (0, 5):
            services.handoff_claim(handoff_id=handoff.pk, staff=staff, now=NOW + timedelta(minutes=minutes))
        handoff.refresh_from_db()
        assert handoff.claimed_at == NOW
        assert kinds(handoff) == ["opened", "claimed"]

    def test_of_two_at_once_one_wins(self, handoff: Handoff) -> None:
        crowd = [User.objects.create_user(f"staff{number}", is_staff=True) for number in range(6)]
        gate = threading.Barrier(len(crowd))
        won: list[User] = []
        lost: list[User] = []

        def claim(who: User) -> None:
            gate.wait()
            try:
                services.handoff_claim(handoff_id=handoff.pk, staff=who, now=NOW)
                won.append(who)
            except services.AlreadyClaimed as refusal:
                lost.append(refusal.by)
            finally:
                connection.close()

        threads = [threading.Thread(target=claim, args=(who,)) for who in crowd]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(won) == 1
        assert lost == won * 5
        handoff.refresh_from_db()
        assert handoff.claimed_by == won[0]
        assert kinds(handoff).count("claimed") == 1

    def test_a_colleague_cannot_write_into_it(self, handoff: Handoff, staff: User, colleague: User) -> None:
        services.message_send_from_staff(handoff_id=handoff.pk, staff=staff, text="Hello")
        with pytest.raises(services.AlreadyClaimed):
            services.message_send_from_staff(handoff_id=handoff.pk, staff=colleague, text="Hello too")
        services.message_send_from_staff(handoff_id=handoff.pk, staff=staff, text="Me again")
        assert [m.text for m in handoff.conversation.messages.filter(author="staff")] == ["Hello", "Me again"]


@pytest.mark.parametrize(
    "act",
    [
        lambda h, s: services.handoff_claim(handoff_id=h.pk, staff=s, now=NOW),
        lambda h, s: services.handoff_transfer(handoff_id=h.pk, staff=s, to=s, now=NOW),
        lambda h, s: services.handoff_return(handoff_id=h.pk, staff=s, reason="by_hand", now=NOW),
        lambda h, s: services.handoff_acknowledge_alarm(handoff_id=h.pk, staff=s, now=NOW),
        lambda h, s: services.handoff_close(handoff_id=h.pk, staff=s),
        lambda h, s: services.message_send_from_staff(handoff_id=h.pk, staff=s, text="Hi"),
        lambda h, s: services.contact_record(handoff=h, phone="0551234567"),
        lambda h, s: services.contact_decline(handoff=h),
    ],
)
def test_nothing_is_done_to_a_closed_one(act: Callable[[Handoff, User], object], handoff: Handoff, staff: User) -> None:
    services.handoff_close(handoff_id=handoff.pk, staff=staff)
    before = kinds(handoff)
    with pytest.raises(services.HandoffClosed):
        act(handoff, staff)
    assert kinds(handoff) == before
    assert status_of(handoff) == ("closed", "bot")


class TestTransfer:
    def test_to_a_colleague(self, handoff: Handoff, staff: User, colleague: User) -> None:
        services.handoff_claim(handoff_id=handoff.pk, staff=staff, now=NOW)
        services.handoff_transfer(handoff_id=handoff.pk, staff=staff, to=colleague, now=NOW)
        handoff.refresh_from_db()
        assert handoff.claimed_by == colleague
        event = handoff.events.get(kind="transferred")
        assert (event.actor, event.details["from"], event.details["to"]) == (staff, staff.pk, colleague.pk)

    def test_taking_it_over_from_a_colleague(self, handoff: Handoff, staff: User, colleague: User) -> None:
        services.handoff_claim(handoff_id=handoff.pk, staff=staff, now=NOW)
        services.handoff_transfer(handoff_id=handoff.pk, staff=colleague, to=colleague, now=NOW)
        services.message_send_from_staff(handoff_id=handoff.pk, staff=colleague, text="I take it from here")
        with pytest.raises(services.AlreadyClaimed):
            services.message_send_from_staff(handoff_id=handoff.pk, staff=staff, text="Hello")

    def test_to_somebody_who_left(self, handoff: Handoff, staff: User, colleague: User) -> None:
        User.objects.filter(pk=colleague.pk).update(is_active=False)
        colleague.refresh_from_db()
        with pytest.raises(services.NotStaff):
            services.handoff_transfer(handoff_id=handoff.pk, staff=staff, to=colleague, now=NOW)
        assert status_of(handoff) == ("open", "waiting")


class TestReturn:
    def test_back_to_the_queue(self, handoff: Handoff, staff: User, worker: Worker) -> None:
        services.handoff_claim(handoff_id=handoff.pk, staff=staff, now=NOW)
        services.handoff_return(handoff_id=handoff.pk, staff=staff, reason="by_hand", now=NOW)
        assert status_of(handoff) == ("open", "waiting")
        assert (handoff.claimed_by, handoff.claimed_at) == (None, None)
        event = handoff.events.get(kind="returned")
        assert (event.actor, event.details["reason"], event.details["from"]) == (staff, "by_hand", staff.pk)

    def test_what_nobody_holds_stays(self, handoff: Handoff, staff: User) -> None:
        services.handoff_return(handoff_id=handoff.pk, staff=None, reason="idle", now=NOW)
        assert kinds(handoff) == ["opened"]


class TestAlarm:
    @pytest.mark.parametrize("claimed", [False, True])
    def test_it_sounds_every_time(self, handoff: Handoff, staff: User, worker: Worker, claimed: bool) -> None:
        if claimed:
            services.handoff_claim(handoff_id=handoff.pk, staff=staff, now=NOW)
        sounded: list[datetime | None] = []
        for text in ("I cannot breathe", "I still cannot breathe"):
            receive(handoff.conversation, text)
            run(worker)
            handoff.refresh_from_db()
            sounded.append(handoff.alarm_at)
            assert list(selectors.handoffs_with_alarm()) == [handoff]
            services.handoff_acknowledge_alarm(handoff_id=handoff.pk, staff=staff, now=timezone.now())
            handoff.refresh_from_db()
            assert handoff.alarm_at is None
            assert not selectors.handoffs_with_alarm()
        assert None not in sounded
        assert kinds(handoff).count("alarm") == kinds(handoff).count("alarm_seen") == 2
        assert handoff.status == ("claimed" if claimed else "open")

    def test_one_message_sounds_once(self, handoff: Handoff) -> None:
        message = receive(handoff.conversation, "I cannot breathe")
        need = Need("emergency", Urgency.EMERGENCY, ("emergency",))
        for _ in range(2):
            services.handoff_need(handoff.conversation, need, message=message)
        assert kinds(handoff).count("alarm") == 1

    def test_a_quiet_one_has_nothing_to_acknowledge(self, handoff: Handoff, staff: User) -> None:
        services.handoff_acknowledge_alarm(handoff_id=handoff.pk, staff=staff, now=NOW)
        assert kinds(handoff) == ["opened"]

    def test_closing_silences_it(self, handoff: Handoff, staff: User, worker: Worker) -> None:
        receive(handoff.conversation, "I cannot breathe")
        run(worker)
        services.handoff_close(handoff_id=handoff.pk, staff=staff)
        handoff.refresh_from_db()
        assert handoff.alarm_at is None
        assert kinds(handoff)[-2:] == ["alarm_seen", "closed"]


class TestTakingOver:
    def test_a_conversation_of_the_assistant(self, conversation: Conversation, staff: User) -> None:
        handoff = services.handoff_open_by_staff(conversation_id=conversation.pk, staff=staff, now=NOW)
        assert status_of(handoff) == ("claimed", "staff")
        assert handoff.claimed_by == staff
        assert kinds(handoff) == ["opened", "claimed"]
        assert {event.actor for event in handoff.events.all()} == {staff}

    def test_what_a_colleague_holds(self, handoff: Handoff, staff: User, colleague: User) -> None:
        services.handoff_claim(handoff_id=handoff.pk, staff=staff, now=NOW)
        with pytest.raises(services.AlreadyClaimed):
            services.handoff_open_by_staff(conversation_id=handoff.conversation_id, staff=colleague, now=NOW)
        assert Handoff.objects.count() == 1


class TestContact:
    def test_a_later_number_replaces_it(self, handoff: Handoff) -> None:
        services.contact_record(handoff=handoff, phone="055 123 4567")
        services.contact_record(handoff=handoff, phone="+966 50 111 2222")
        handoff.refresh_from_db()
        assert handoff.contact_phone == "+966501112222"
        assert [event.details["replaced"] for event in handoff.events.filter(kind="contact")] == [False, True]

    def test_no_thanks_forgets_it(self, handoff: Handoff) -> None:
        services.contact_record(handoff=handoff, phone="055 123 4567")
        services.contact_decline(handoff=handoff)
        handoff.refresh_from_db()
        assert (handoff.contact_phone, handoff.contact_declined) == ("", True)
        services.contact_record(handoff=handoff, phone="0551234567")
        handoff.refresh_from_db()
        assert (handoff.contact_phone, handoff.contact_declined) == ("+966551234567", False)

    def test_nonsense_is_refused(self, handoff: Handoff) -> None:
        with pytest.raises(NotAPhoneNumber):
            services.contact_record(handoff=handoff, phone="call me")
        assert kinds(handoff) == ["opened"]

    def test_the_trail_does_not_repeat_the_number(self, handoff: Handoff) -> None:
        services.contact_record(handoff=handoff, phone="055 123 4567")
        assert "1234567" not in str(handoff.events.get(kind="contact").details)


def test_a_note_is_for_colleagues_alone(handoff: Handoff, staff: User) -> None:
    messages = handoff.conversation.messages.count()
    services.note_add(conversation_id=handoff.conversation_id, staff=staff, text="Call after noon\x00")
    note = Note.objects.get()
    assert (note.staff, note.text) == (staff, "Call after noon\ufffd")
    assert handoff.conversation.messages.count() == messages


def test_the_parts_of_the_queue(worker: Worker, conversation: Conversation, staff: User, colleague: User) -> None:
    from desk.conversations.services import conversation_open

    conversations = [conversation, *(conversation_open(channel=conversation.channel) for _ in range(2))]
    for each, text in zip(conversations, ["I am pregnant", "I am diabetic", "I cannot breathe"], strict=True):
        receive(each, text)
    run(worker)
    first, second, third = (Handoff.objects.get(conversation=each) for each in conversations)
    services.handoff_claim(handoff_id=first.pk, staff=staff, now=NOW)
    services.handoff_claim(handoff_id=third.pk, staff=colleague, now=NOW)
    assert list(selectors.handoffs_open()) == [third, first, second]
    assert list(selectors.handoffs_open(show=Show.UNCLAIMED)) == [second]
    assert list(selectors.handoffs_open(show=Show.MINE, staff=staff)) == [first]
    assert selectors.handoff_counts(staff=staff) == Counts(all=3, unclaimed=1, mine=1, alarms=1)
