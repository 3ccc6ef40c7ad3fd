"""Cutting a message into the questions it may hold."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.clauses import MAX_CLAUSES, split_clauses
from assistant.text import normalise


def cut(text: str) -> list[tuple[str, bool]]:
    return [(clause.text, clause.strong) for clause in split_clauses(normalise(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("كم جلسة؟", [("كم جلسه", True)]),
        ("كم جلسة وهل توجع؟", [("كم جلسه", True), ("هل توجع", True)]),
        ("كم جلسة احتاج وانا مرضع", [("كم جلسه احتاج", True), ("وانا مرضع", False)]),
        ("هل يسبب احمرار وتورم؟", [("هل يسبب احمرار", True), ("وتورم", False)]),
        ("how many sessions and does it hurt", [("how many sessions", True), ("does it hurt", True)]),
        ("price, location", [("price", True), ("location", False)]),
        ("kam jalsa w hal tuja3", [("kam jalsa", True), ("hal tuja3", True)]),
        ("needles of 1.5 mm", [("needles of 1.5 mm", True)]),
    ],
)
def test_cuts(text: str, expected: list[tuple[str, bool]]) -> None:
    assert cut(text) == expected


def test_no_more_clauses_than_the_limit() -> None:
    many = "كم السعر؟ وين موقعكم؟ متى تفتحون؟ كيف احجز؟ كم جلسة؟ هل توجع؟"
    assert len(split_clauses(normalise(many))) == MAX_CLAUSES


@given(st.text(max_size=120))
def test_clauses_are_spans_of_the_text_in_order(text: str) -> None:
    normalised = normalise(text)
    clauses = split_clauses(normalised)
    assert len(clauses) <= MAX_CLAUSES
    for clause in clauses:
        assert normalised[clause.start : clause.end] == clause.text
    for before, after in itertools.pairwise(clauses):
        assert before.end <= after.start
