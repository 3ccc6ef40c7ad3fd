"""Halves of the training texts: even, and the same whatever else is in the training."""

from assistant.nlu.halves import half_of


def test_both_halves_get_about_as_much() -> None:
    halves = [half_of(f"كم جلسه {number}") for number in range(1_000)]
    assert 450 < sum(halves) < 550
    assert set(halves) == {0, 1}


def test_a_lone_surrogate_has_a_half_too() -> None:
    assert half_of("\ud800") in (0, 1)
