"""Which digits in a message are a number to call, and which are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.handoffs.phone_numbers import (
    NotAPhoneNumber,
    find_phones,
    hide_numbers,
    is_only_a_phone,
    read_phone,
    shown_phone,
)

MINE = "+966551234567"
WAYS = [
    "0551234567",
    "055 123 4567",
    "0551 234 567",
    "05-5123-4567",
    "(055) 123-4567",
    "05 51 23 45 67",
    "551234567",
    "966551234567",
    "+966551234567",
    "+966 55 123 4567",
    "00966551234567",
    "٠٥٥١٢٣٤٥٦٧",
    "٠٥٥ ١٢٣ ٤٥٦٧",
    "۰۵۵۱۲۳۴۵۶۷",
    "\u2066+966 55 123 4567\u2069",
    "055\u00a0123\u00a04567",
]
NO_NUMBERS = [
    "السعر 1500 ريال",
    "من 500-1500",
    "كم سعر 500 600 700",
    "10,000,000",
    "عمري 34 ووزني 70 وطولي 165",
    "موعدي 23/09/2026",
    "05-05-2025",
    "05.05.2025 10:30",
    "2026-11-26 15:41",
    "20250512101530",
    "10:00-22:00",
    "0.5 mm, 1.5 mm",
    "997 or 911",
    "هويتي 1012345678",
    "SA0380000000608010167519",
    "SA03 8000 0000 6080 1016 7519",
    "5212 3456 7890 1234",
    "4000 0551 2345 6789",
    "4000-0551-2345-6789",
    "123456789",
    "012345",
]


def numbers(text: str) -> list[str]:
    return [found.number for found in find_phones(text)]


@pytest.mark.parametrize("written", WAYS)
@pytest.mark.parametrize("around", ["{}", "رقمي {} شكراً", "call me on {}, please.", "جوالي:{}"])
def test_found_however_it_is_written(written: str, around: str) -> None:
    text = around.format(written)
    assert numbers(text) == [MINE]
    (found,) = find_phones(text)
    assert read_phone(text[found.start : found.end]) == MINE
    assert is_only_a_phone(text)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_other_numbers_are_none(text: str) -> None:
    assert numbers(text) == []


@pytest.mark.parametrize("between", [" ", ", ", "/", " أو "])
def test_two_in_one_message(between: str) -> None:
    assert numbers(f"0501112222{between}0551234567") == ["+966501112222", MINE]


@pytest.mark.parametrize("text", ["رقمي 0551234567 وكم السعر؟", "0551234567 I am pregnant", "كم السعر؟", ""])
def test_what_says_more_than_a_number(text: str) -> None:
    assert not is_only_a_phone(text)


@pytest.mark.parametrize("text", ["", "call me", "123", "0551234567890123", "+966 1", "997"])
def test_nonsense_is_not_read(text: str) -> None:
    with pytest.raises(NotAPhoneNumber):
        read_phone(text)


def test_shown_as_people_read_it() -> None:
    assert shown_phone(MINE) == "055 123 4567"
    assert shown_phone("+442079460958") == "+44 20 7946 0958"


@pytest.mark.parametrize("text", [*WAYS, *NO_NUMBERS[-8:-1]])
def test_long_numbers_are_hidden(text: str) -> None:
    hidden = hide_numbers(f"رقمي {text} وكم سعر الجلسة 1500؟")
    assert "1234567" not in hidden
    assert {char for char in hidden.replace("1500", "") if char.isdigit()} <= {"0"}
    assert hidden.startswith("رقمي ")
    assert hidden.endswith("وكم سعر الجلسة 1500؟")


@given(st.text(st.characters() | st.sampled_from("0123456789٠٥ -+().")))
def test_any_text(text: str) -> None:
    hidden = hide_numbers(text)
    assert len(hidden) == len(text)
    assert find_phones(hidden) == []
    assert hide_numbers(hidden) == hidden
    for found in find_phones(text):
        assert not set(hidden[found.start : found.end]) & set("123456789")


def test_a_very_long_message_is_hidden_to_its_end() -> None:
    assert set(hide_numbers("0551234567, " * 400)) == set("0, ")
