"""What patients are promised, by day, by night and on holidays, and what they read of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.clinic import WEEK, Clinic, Schedule, load_clinic
from desk.conversations.models import Conversation
from desk.conversations.texts import LANGUAGES
from desk.conversations.worker import Worker
from desk.handoffs import promises, services
from desk.handoffs.clinic_hours import _load, clinic_at, working_time_after
from desk.handoffs.limits import LIMITS, escalation_time, promised_time
from desk.handoffs.models import Handoff, Urgency
from desk.handoffs.moments import at_text, by_text
from desk.handoffs.promises import NAMES, TEXTS_FILE, handoff_text, promise_text
from desk.staff.models import User
from tests.desk.conftest import outgoing, receive, run
from tests.desk.fake_assistant import FakeAssistant

CLINIC: Clinic = load_clinic(Path(__file__).resolve().parents[2] / "clinic.yml")
BRANCHES = CLINIC.branches
WHATSAPP_BODY = 1024
"""Of a message with buttons, the shortest that WhatsApp allows."""


def at(day: str, time: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{time}:00").replace(tzinfo=CLINIC.timezone)


# 2026-04-11 is a Saturday; the example clinic opens 10:00-22:00, on Fridays 16:00-22:00
CASES = [
    # urgency, now, promise, Arabic, English
    ("routine", ("2026-04-11", "12:00"), ("2026-04-11", "16:00"), "اليوم قبل الساعة 4 مساءً", "4 pm today"),
    ("routine", ("2026-04-11", "12:01"), ("2026-04-11", "16:15"), "اليوم قبل الساعة 4:15 مساءً", "4:15 pm today"),
    ("urgent", ("2026-04-11", "12:00"), ("2026-04-11", "12:30"), "اليوم قبل الساعة 12:30 ظهراً", "12:30 pm today"),
    ("routine", ("2026-04-11", "19:00"), ("2026-04-12", "11:00"), "غداً قبل الساعة 11 صباحاً", "11 am tomorrow"),
    ("urgent", ("2026-04-11", "23:00"), ("2026-04-12", "10:30"), "غداً قبل الساعة 10:30 صباحاً", "10:30 am tomorrow"),
    ("routine", ("2026-04-12", "02:00"), ("2026-04-12", "14:00"), "اليوم قبل الساعة 2 مساءً", "2 pm today"),
    # into a Friday, which opens late
    ("routine", ("2026-04-09", "21:00"), ("2026-04-10", "19:00"), "غداً قبل الساعة 7 مساءً", "7 pm tomorrow"),
    # over Eid al-Fitr, 19 to 23 March, from inside Ramadan's hours
    ("routine", ("2026-03-18", "22:00"), ("2026-03-24", "12:30"), "يوم الثلاثاء قبل", "12:30 pm on Tuesday"),
    # a day of holiday itself
    ("urgent", ("2026-09-23", "12:00"), ("2026-09-24", "10:30"), "غداً قبل الساعة 10:30 صباحاً", "10:30 am tomorrow"),
]


@pytest.mark.parametrize(("urgency", "now", "promise", "arabic", "english"), CASES)
def test_the_promise_knows_the_clinics_hours(
    urgency: str, now: tuple[str, str], promise: tuple[str, str], arabic: str, english: str
) -> None:
    moment = at(*now)
    by = promised_time(Urgency(urgency), moment, BRANCHES)
    assert by == at(*promise)
    assert arabic in promise_text(CLINIC, by, moment, "ar")
    assert english in promise_text(CLINIC, by, moment, "en")


def test_by_day() -> None:
    now = at("2026-04-11", "12:00")
    by = at("2026-04-11", "16:00")
    assert promise_text(CLINIC, by, now, "ar") == "سنرد عليك هنا اليوم قبل الساعة 4 مساءً."
    assert promise_text(CLINIC, by, now, "en") == "We will reply here by 4 pm today."


def test_at_night_it_says_that_nobody_may_be_reading() -> None:
    now = at("2026-04-11", "23:00")
    by = at("2026-04-12", "14:00")
    assert promise_text(CLINIC, by, now, "en") == (
        "The clinic is closed now, and nobody may be reading until 10 am tomorrow. "
        "We will reply here by 2 pm tomorrow. In an emergency, please call 997 or 911 and do not wait."
    )
    assert promise_text(CLINIC, by, now, "ar") == (
        "العيادة مغلقة الآن، وقد لا يقرأ أحد رسالتك حتى غداً الساعة 10 صباحاً. "
        "سنرد عليك هنا غداً قبل الساعة 2 مساءً. وفي الحالات الطارئة يُرجى الاتصال على 997 أو 911 دون انتظار."
    )


def test_numbers_that_stand_beside_it_are_not_repeated() -> None:
    text = promise_text(CLINIC, at("2026-04-12", "14:00"), at("2026-04-11", "23:00"), "en", "In doubt call 997.")
    assert "997" not in text
    assert "nobody may be reading" in text


def test_a_holiday_is_named() -> None:
    now, by = at("2026-05-27", "12:00"), at("2026-05-31", "14:00")
    assert "(عيد الأضحى)" in promise_text(CLINIC, by, now, "ar")
    assert "(Eid al-Adha)" in promise_text(CLINIC, by, now, "en")
    assert "on Sunday" in promise_text(CLINIC, by, now, "en")


def test_a_far_day_has_its_date() -> None:
    now = at("2026-04-11", "12:00")
    assert by_text(at("2026-04-19", "10:00"), "ar", now) == "يوم الأحد 19 أبريل قبل الساعة 10 صباحاً"
    assert at_text(at("2026-04-19", "10:00"), "en", now) == "10 am on Sunday 19 April"


def test_midnight_is_the_end_of_its_day() -> None:
    now = at("2026-04-11", "12:00")
    assert by_text(at("2026-04-12", "00:00"), "en", now) == "11:59 pm today"
    assert at_text(at("2026-04-12", "00:30"), "en", now) == "12:30 am tomorrow"


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)).map(lambda m: m.replace(tzinfo=CLINIC.timezone))


@settings(deadline=None)
@given(MOMENTS, st.sampled_from(list(Urgency)))
def test_any_moment(now: datetime, urgency: Urgency) -> None:
    by = promised_time(urgency, now, BRANCHES)
    assert by is not None
    assert by >= now + LIMITS[urgency]
    # the promise falls into open hours: it can be kept
    assert clinic_at(by - timedelta(minutes=15, seconds=1), BRANCHES).is_open or clinic_at(by, BRANCHES).is_open
    for language in LANGUAGES:
        text = promise_text(CLINIC, by, now, language)
        assert "{" not in text
        assert len(text) < 400
        assert ("997" in text) == (not clinic_at(now, BRANCHES).is_open)


def test_a_clinic_that_never_opens_promises_nothing() -> None:
    never = replace(BRANCHES[0], schedule=Schedule(CLINIC.timezone, dict.fromkeys(WEEK, ())))
    assert working_time_after(at("2030-01-01", "10:00"), timedelta(hours=1), [never]) is None


def test_emergencies_and_urgent_ones_escalate_at_night_too() -> None:
    night = at("2026-04-11", "23:00")
    assert escalation_time(Urgency.EMERGENCY, night) == night + timedelta(minutes=5)
    assert escalation_time(Urgency.URGENT, night) == night + timedelta(minutes=30)
    assert escalation_time(Urgency.ROUTINE, night) == at("2026-04-12", "14:00")
    assert escalation_time(Urgency.EMERGENCY, night, times_before=2) == night + timedelta(minutes=20)


class TestTexts:
    def test_both_languages_fill_the_same_places(self) -> None:
        import string

        for name in NAMES:
            places = [
                sorted(field for _, field, _, _ in string.Formatter().parse(handoff_text(name).text(language)) if field)
                for language in LANGUAGES
            ]
            assert places[0] == places[1], name

    def test_every_text_is_used(self) -> None:
        assert set(yaml.safe_load(TEXTS_FILE.read_text(encoding="utf-8"))) == set(NAMES)


class TestToldInTheConversation:
    @pytest.mark.parametrize(("text", "word"), [("I am pregnant", "We will reply here by"), ("أنا حامل", "سنرد عليك")])
    def test_once_with_the_answer(self, conversation: Conversation, worker: Worker, text: str, word: str) -> None:
        receive(conversation, text)
        run(worker)
        handoff = Handoff.objects.get()
        assert handoff.promised_at is not None
        bubbles = outgoing(conversation)
        assert sum(word in bubble.text for bubble in bubbles) == 1
        assert word in bubbles[-1].text
        assert len(bubbles[-1].text) <= WHATSAPP_BODY
        receive(conversation, "كم السعر؟")
        run(worker)
        assert sum(word in bubble.text for bubble in outgoing(conversation)) == 1

    def test_no_promise_without_a_handoff(self, conversation: Conversation, worker: Worker) -> None:
        receive(conversation, "how many sessions?")
        run(worker)
        assert not Handoff.objects.exists()
        assert not any("We will reply here by" in bubble.text for bubble in outgoing(conversation))

    def test_nobody_is_told_to_wait_in_an_emergency(self, conversation: Conversation, worker: Worker) -> None:
        receive(conversation, "I cannot breathe")
        receive(conversation, "how many sessions?")
        run(worker)
        assert Handoff.objects.get().promised_at is None
        assert not any("We will reply here by" in bubble.text for bubble in outgoing(conversation))

    def test_also_when_the_assistant_fails(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        fake.status = 503
        receive(conversation, "how many sessions?")
        run(worker)
        text = outgoing(conversation)[-1].text
        assert "We will reply here by" in text
        assert text.count("997") == 1

    def test_unreadable_hours_lose_the_promise_and_nothing_else(
        self, conversation: Conversation, worker: Worker, settings: Any, tmp_path: Path
    ) -> None:
        settings.CLINIC_FILE = tmp_path / "none.yml"
        _load.cache_clear()
        try:
            receive(conversation, "I am pregnant")
            run(worker)
        finally:
            _load.cache_clear()
        handoff = Handoff.objects.get()
        assert handoff.promised_at is None
        assert handoff.escalates_at is not None
        assert outgoing(conversation)

    def test_not_to_somebody_whom_staff_answer(self, conversation: Conversation, worker: Worker, staff: User) -> None:
        from django.utils import timezone

        services.handoff_open_by_staff(conversation_id=conversation.pk, staff=staff, now=timezone.now())
        receive(conversation, "I am pregnant")
        run(worker)
        assert outgoing(conversation) == []


def test_the_promise_module_speaks_of_the_real_clinic() -> None:
    clinic = promises.the_clinic()
    assert clinic is not None
    assert clinic.emergency.ambulance == "997"
