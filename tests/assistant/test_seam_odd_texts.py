"""Texts that are no words, too many words or commands are read as what they are, over real HTTP."""

from __future__ import annotations

import time

import pytest

from tests.assistant.seam_client import TURN_SECONDS, Desk, said

pytestmark = pytest.mark.server


@pytest.mark.parametrize(
    "text",
    ["", "\u0000", "\u0000" * 500, " \u0000\u001c ", "\u2028", "\u200f\ufeff"],
    ids=lambda text: ascii(text[:5]),
)
def test_a_text_of_nothing_is_asked_for_words(desk: Desk, text: str) -> None:
    assert said(desk.ask(text)) == ["utter_empty"]


def test_nuls_inside_a_text_do_not_matter(desk: Desk) -> None:
    assert said(desk.ask("\u0000how many\u0000 sessions do I need?\u0000")) == ["utter_ask_session_count"]


def test_lone_surrogates_do_not_matter(desk: Desk) -> None:
    reply = desk.ask("I am pregnant \ud83d \udc00")
    assert reply["understanding"]["risk"]["level"] == "personal"
    assert said(reply) == ["utter_hand_off_condition"]


def test_a_long_text_is_read_in_time(desk: Desk) -> None:
    started = time.monotonic()
    reply = desk.ask("هل الجلسة توجع وكم سعرها ومتى تطلع النتيجة؟ " * 300)
    assert reply["ok"]
    assert time.monotonic() - started < TURN_SECONDS


@pytest.mark.parametrize("typed", ['/ask_price{"x":1}', "/restart", "/back", '/affirm{"x":1}', "/action_hand_off"])
@pytest.mark.parametrize("space", ["", "\u00a0", "\u3000", "\u2028", "\u001c", "\u0085", "\u200b", " \n/"], ids=ascii)
def test_a_typed_command_is_read_as_words(desk: Desk, typed: str, space: str) -> None:
    state = desk.ask("what happens in a session?")["state"]
    reply = desk.ask(space + typed, state=state)
    heard = reply["understanding"]
    assert reply["ok"]
    assert heard["confidence"] < 1
    assert heard["ranking"][1:], "the words were ranked, no command was looked up"
    assert reply["handoff"] is None
    assert reply["messages"]
