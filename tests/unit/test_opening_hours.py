"""When the clinic is open, and the words for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.clinic import (
    MINUTES_A_DAY,
    WEEK,
    Branch,
    Holiday,
    Schedule,
    Spell,
    Spells,
    Words,
    isolated,
    isolated_link,
    load_clinic,
)
from assistant.opening_hours import Opening, holiday_on, hours_text, moment_text, opening_at, spells_on

CLINIC_FILE = Path(__file__).resolve().parents[2] / "clinic.yml"
CLINIC = load_clinic(CLINIC_FILE)
JEDDAH = CLINIC.branches[0]
RIYADH_TIME = ZoneInfo("Asia/Riyadh")
LRI, PDI = "\u2066", "\u2069"
ALL_DAY = (Spell(0, MINUTES_A_DAY),)


def at(text: str) -> datetime:
    """A moment in Riyadh."""
    return datetime.fromisoformat(text).replace(tzinfo=RIYADH_TIME)


def branch_with(week: Mapping[str, Spells], *holidays: Holiday) -> Branch:
    everyday: dict[str, Spells] = dict.fromkeys(WEEK, ())
    return replace(JEDDAH, schedule=Schedule(RIYADH_TIME, {**everyday, **week}, holidays))


class TestOpening:
    @pytest.mark.parametrize(
        ("now", "expected"),
        [
            ("2026-01-05T12:00", Opening(True, at("2026-01-05T22:00"))),  # a Monday
            ("2026-01-05T10:00", Opening(True, at("2026-01-05T22:00"))),  # opens this minute
            ("2026-01-05T22:00", Opening(False, at("2026-01-06T10:00"))),  # closes this minute
            ("2026-01-05T03:00", Opening(False, at("2026-01-05T10:00"))),
            ("2026-01-08T23:00", Opening(False, at("2026-01-09T16:00"))),  # Thursday night
            ("2026-01-09T12:00", Opening(False, at("2026-01-09T16:00"))),  # Friday noon
        ],
    )
    def test_an_ordinary_week(self, now: str, expected: Opening) -> None:
        assert opening_at(at(now), JEDDAH) == expected

    def test_the_time_may_come_in_any_zone(self) -> None:
        now = datetime(2026, 1, 5, 7, 30, tzinfo=timezone.utc)
        assert opening_at(now, JEDDAH) == opening_at(at("2026-01-05T10:30"), JEDDAH)

    def test_a_time_without_zone_is_refused(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            opening_at(datetime(2026, 1, 5, 12), JEDDAH)

    @pytest.mark.parametrize(
        ("now", "is_open", "until"),
        [
            ("2026-02-20T14:00", True, "2026-02-20T17:00"),
            ("2026-02-20T18:00", False, "2026-02-20T20:30"),
            ("2026-02-20T23:00", True, "2026-02-20T23:30"),
            ("2026-02-20T11:00", False, "2026-02-20T13:00"),
            ("2026-02-17T23:00", False, "2026-02-18T13:00"),  # the eve of Ramadan
        ],
    )
    def test_ramadan_has_its_own_hours_and_is_no_reason_to_be_closed(self, now: str, is_open: bool, until: str) -> None:
        assert opening_at(at(now), JEDDAH) == Opening(is_open, at(until))

    def test_a_holiday_closes_until_the_first_day_after_it(self) -> None:
        opening = opening_at(at("2026-03-20T12:00"), JEDDAH)
        assert not opening.is_open
        assert opening.until == at("2026-03-24T10:00")
        assert opening.holiday
        assert opening.holiday.name.en == "Eid al-Fitr"

    def test_the_upper_of_two_holidays_counts(self) -> None:
        opening = opening_at(at("2026-02-22T14:00"), JEDDAH)  # Founding Day, in Ramadan
        assert opening.holiday
        assert opening.holiday.name.en == "Founding Day"
        assert opening.until == at("2026-02-23T13:00")

    def test_the_evening_before_a_holiday_is_not_yet_it(self) -> None:
        opening = opening_at(at("2026-09-22T23:00"), JEDDAH)
        assert opening == Opening(False, at("2026-09-24T10:00"))

    def test_open_past_midnight_is_one_stretch(self) -> None:
        branch = branch_with({"monday": (Spell(1200, MINUTES_A_DAY),), "tuesday": (Spell(0, 120),)})
        assert opening_at(at("2026-01-05T21:00"), branch) == Opening(True, at("2026-01-06T02:00"))
        assert opening_at(at("2026-01-06T01:00"), branch) == Opening(True, at("2026-01-06T02:00"))

    def test_never_open_and_never_closed_have_no_end(self) -> None:
        assert opening_at(at("2026-01-05T12:00"), branch_with({})) == Opening(False, None)
        assert opening_at(at("2026-01-05T12:00"), branch_with(dict.fromkeys(WEEK, ALL_DAY))) == Opening(True, None)


def _spells(marks: list[int]) -> Spells:
    ordered = sorted(set(marks))
    return tuple(Spell(opens, closes) for opens, closes in zip(ordered[::2], ordered[1::2], strict=False))


SPELLS = st.lists(st.integers(0, 96).map(lambda quarter: quarter * 15), max_size=6).map(_spells)
DATES = st.dates(date(2025, 12, 1), date(2026, 3, 1))
HOLIDAYS = st.builds(
    lambda first, days, hours: Holiday(first, first + timedelta(days=days), Words("عيد", "Eid"), hours),
    DATES,
    st.integers(0, 30),
    SPELLS,
)
SCHEDULES = st.builds(
    lambda week, holidays: Schedule(RIYADH_TIME, dict(zip(WEEK, week, strict=True)), tuple(holidays)),
    st.lists(SPELLS, min_size=7, max_size=7),
    st.lists(HOLIDAYS, max_size=3),
)
MOMENTS = st.datetimes(datetime(2025, 12, 1), datetime(2026, 3, 1), timezones=st.just(timezone.utc))
anything = settings(database=None, deadline=None, max_examples=60)


class TestOpeningOfAnySchedule:
    @anything
    @given(SCHEDULES, MOMENTS)
    def test_the_end_is_in_the_future_and_the_state_turns_there(self, schedule: Schedule, now: datetime) -> None:
        branch = replace(JEDDAH, schedule=schedule)
        opening = opening_at(now, branch)
        if opening.until is None:
            return
        assert opening.until > now
        assert opening_at(opening.until, branch).is_open is not opening.is_open

    @anything
    @given(SCHEDULES, MOMENTS, st.integers(1, 999))
    def test_nothing_turns_before_the_end(self, schedule: Schedule, now: datetime, thousandths: int) -> None:
        branch = replace(JEDDAH, schedule=schedule)
        opening = opening_at(now, branch)
        if opening.until is None:
            return
        between = now + (opening.until - now) * thousandths / 1000
        if between < opening.until:
            inside = opening_at(between, branch)
            assert (inside.is_open, inside.until) == (opening.is_open, opening.until)

    @anything
    @given(SCHEDULES, MOMENTS)
    def test_open_means_inside_one_of_the_days_spells(self, schedule: Schedule, now: datetime) -> None:
        here = now.astimezone(RIYADH_TIME)
        minute = here.hour * 60 + here.minute
        inside = any(spell.opens <= minute < spell.closes for spell in spells_on(here.date(), schedule))
        assert opening_at(now, replace(JEDDAH, schedule=schedule)).is_open is inside

    @anything
    @given(SCHEDULES, MOMENTS)
    def test_a_holiday_is_named_only_on_its_closed_days(self, schedule: Schedule, now: datetime) -> None:
        opening = opening_at(now, replace(JEDDAH, schedule=schedule))
        if opening.holiday:
            assert not opening.is_open
            assert not opening.holiday.hours
            assert opening.holiday == holiday_on(now.astimezone(RIYADH_TIME).date(), schedule)


class TestWords:
    ORDINARY = date(2026, 1, 5)

    def test_branches_with_the_same_hours_stand_together(self) -> None:
        assert hours_text(CLINIC, "en", self.ORDINARY) == (
            "Jeddah and Riyadh:\nSaturday–Thursday 10:00–22:00\nFriday 16:00–22:00"
        )
        assert hours_text(CLINIC, "ar", self.ORDINARY) == (
            f"جدة والرياض:\nالسبت–الخميس {LRI}10:00–22:00{PDI}\nالجمعة {LRI}16:00–22:00{PDI}"
        )

    def test_branches_that_differ_stand_apart(self) -> None:
        daily = replace(branch_with(dict.fromkeys(WEEK, ALL_DAY)), city=Words("الدمام", "Dammam"))
        halves = branch_with({"saturday": (Spell(540, 720), Spell(960, 1200))})
        clinic = replace(CLINIC, branches=(daily, halves), holidays=())
        assert hours_text(clinic, "en", self.ORDINARY) == (
            "Dammam:\nDaily 00:00–24:00\n\nJeddah:\nSaturday 09:00–12:00, 16:00–20:00\nSunday–Friday closed"
        )
        assert "الأحد–الجمعة مغلق" in hours_text(clinic, "ar", self.ORDINARY)

    def test_a_single_branch_needs_no_name(self) -> None:
        clinic = replace(CLINIC, branches=(JEDDAH,))
        assert hours_text(clinic, "en", self.ORDINARY).startswith("Saturday–Thursday")

    def test_three_branches_are_listed_as_people_list_them(self) -> None:
        third = replace(JEDDAH, city=Words("الدمام", "Dammam"))
        clinic = replace(CLINIC, branches=(*CLINIC.branches, third))
        assert hours_text(clinic, "en", self.ORDINARY).startswith("Jeddah, Riyadh and Dammam:")
        assert hours_text(clinic, "ar", self.ORDINARY).startswith("جدة والرياض والدمام:")

    @pytest.mark.parametrize(
        ("today", "told"),
        [
            (date(2026, 3, 11), ["Ramadan (18 February – 18 March): 13:00–17:00, 20:30–23:30"]),
            (date(2026, 3, 18), ["Ramadan", "Eid al-Fitr (19–23 March): closed"]),
            (date(2026, 3, 23), ["Eid al-Fitr"]),
            (date(2026, 9, 16), ["National Day (23 September): closed"]),
            (date(2026, 9, 15), []),
            (date(2026, 9, 24), []),
        ],
    )
    def test_holidays_are_told_from_a_week_before_to_their_end(self, today: date, told: list[str]) -> None:
        _, _, notices = hours_text(CLINIC, "en", today).partition("\n\n")
        lines = notices.splitlines()
        assert len(lines) == len(told)
        assert all(line.startswith(start) for line, start in zip(lines, told, strict=True))

    @pytest.mark.parametrize(
        ("moment", "english", "arabic"),
        [
            ("2026-01-05T16:00", "today at 16:00", "اليوم الساعة 16:00"),
            ("2026-01-06T10:00", "tomorrow at 10:00", "غداً الساعة 10:00"),
            ("2026-01-11T10:00", "on Sunday at 10:00", "الأحد الساعة 10:00"),
            ("2026-01-12T10:00", "on Monday 12 January at 10:00", "الاثنين 12 يناير الساعة 10:00"),
        ],
    )
    def test_a_coming_moment(self, moment: str, english: str, arabic: str) -> None:
        now = at("2026-01-05T11:00").astimezone(timezone.utc)
        assert moment_text(at(moment), "en", now) == english
        assert moment_text(at(moment), "ar", now) == arabic

    def test_today_is_the_clinics_day_not_the_servers(self) -> None:
        now = datetime(2026, 1, 5, 22, 30, tzinfo=timezone.utc)  # 01:30 on the 6th in Riyadh
        assert moment_text(at("2026-01-06T10:00"), "en", now) == "today at 10:00"

    def test_only_arabic_needs_isolates_and_a_link_ends_before_its_mark(self) -> None:
        assert isolated("+966 1", "en") == "+966 1"
        assert isolated("+966 1", "ar") == f"{LRI}+966 1{PDI}"
        assert isolated_link("https://x.example", "en") == "https://x.example"
        assert isolated_link("https://x.example", "ar").split()[0] == f"{LRI}https://x.example"
