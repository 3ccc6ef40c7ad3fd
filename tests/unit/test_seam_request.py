"""What the seam accepts, and how typed commands lose their teeth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.seam import MAX_TEXT, BadRequest, TurnRequest, disarm

GOOD = {"conversation": "c_1", "message_id": "m_1", "mode": "answer", "text": "كم السعر", "state": None}


def test_a_good_request_is_read() -> None:
    asked = TurnRequest.from_json(GOOD)
    assert (asked.text, asked.choice, asked.mode) == ("كم السعر", None, "answer")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"conversation": "a b"}, "conversation"),
        ({"conversation": "x" * 129}, "conversation"),
        ({"message_id": None}, "message_id"),
        ({"mode": "think"}, "mode"),
        ({"text": None}, "exactly one"),
        ({"choice": "ask_pain"}, "exactly one"),
        ({"text": 5}, "text"),
        ({"text": None, "choice": "/ask_pain"}, "choice"),
        ({"language_hint": "fr"}, "language_hint"),
        ({"language_fixed": ["ar"]}, "language_fixed"),
    ],
)
def test_a_bad_field_is_named(change: dict[str, object], named: str) -> None:
    with pytest.raises(BadRequest, match=named):
        TurnRequest.from_json({**GOOD, **change})


@pytest.mark.parametrize("space", ["", " ", "\u00a0", "\u3000", "\u2028", "\x1c", "\u0085", "\u200f", "\n\t/ "])
def test_typed_commands_are_text(space: str) -> None:
    assert disarm(f'{space}/restart{{"x":1}}') == 'restart{"x":1}'


@given(st.text(max_size=60))
def test_nothing_begins_with_a_command_sign(text: str) -> None:
    assert not disarm(text).strip().startswith("/")


def test_text_is_cleaned_and_capped() -> None:
    asked = TurnRequest.from_json({**GOOD, "text": "a\x00\ud800" + "ب" * 5_000})
    assert asked.text is not None
    assert len(asked.text) <= MAX_TEXT
    assert "\x00" not in asked.text
