"""Texts as WhatsApp shows them, and what each message becomes within WhatsApp's limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.whatsapp import bodies
from desk.whatsapp.bodies import length, message_bodies, number_chosen, split
from desk.whatsapp.formatting import LEFT_TO_RIGHT_MARK, RIGHT_TO_LEFT_MARK, for_whatsapp
from simulator.requests import check_send


@pytest.mark.parametrize("text", ["5*4 = 20", "snake_case_name", "a * b * c", "غالباً من 4 إلى 8 جلسات.", "~5 min"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert for_whatsapp(text) == text


@pytest.mark.parametrize("text", ["*bold*", "_italic_", "~gone~", "`code`", "```block```", "> quote"])
def test_what_would_be_markup_is_not(text: str) -> None:
    shown = for_whatsapp(text)
    assert shown != text
    assert len(shown) == len(text)


def test_an_arabic_line_that_starts_in_latin_letters_runs_from_the_right() -> None:
    lines = for_whatsapp("Derma Pen جهاز للبشرة\nجلسة مع Derma Pen\nhttps://clinic.example/map\nDerma Pen").split("\n")
    assert [line.startswith(RIGHT_TO_LEFT_MARK) for line in lines] == [True, False, False, False]


def test_a_grouped_phone_number_keeps_its_order_in_arabic() -> None:
    assert f"الهاتف: {LEFT_TO_RIGHT_MARK}+966 12 000 0000" == for_whatsapp("الهاتف: +966 12 000 0000")
    assert for_whatsapp("الدوام 10:00-22:00 كل يوم") == "الدوام 10:00-22:00 كل يوم"
    assert for_whatsapp("Phone: +966 12 000 0000") == "Phone: +966 12 000 0000"


def buttons(*titles: str) -> list[dict[str, str]]:
    return [{"title": title, "choice": f"choice_{number}"} for number, title in enumerate(titles)]


def kinds(sent: list[dict[str, object]]) -> list[str]:
    return [str(body["interactive"]["type"] if "interactive" in body else body["type"]) for body in sent]  # type: ignore[index]


def test_up_to_three_short_choices_are_buttons() -> None:
    assert kinds(message_bodies("Which?", buttons("One", "Two", "Three"), "en")) == ["button"]


def test_more_or_longer_choices_are_a_list() -> None:
    assert kinds(message_bodies("Which?", buttons("1", "2", "3", "4"), "en")) == ["list"]
    long = message_bodies("Which?", buttons("A title of more than twenty-four characters", "Short"), "ar")
    rows = long[0]["interactive"]["action"]["sections"][0]["rows"]
    assert rows[0]["description"] == "A title of more than twenty-four characters"
    assert length(rows[0]["title"]) <= bodies.MAX_ROW_TITLE


@pytest.mark.parametrize("titles", [[str(n) for n in range(11)], ["x" * 80, "y"], ["same", "same"]])
def test_what_no_list_takes_is_numbered_text(titles: list[str]) -> None:
    sent = message_bodies("أيها؟", buttons(*titles), "ar")
    assert kinds(sent) == ["text"]
    assert f"1. {titles[0]}" in sent[0]["text"]["body"]
    assert "برقم" in sent[0]["text"]["body"]


def test_a_long_text_with_choices_stays_one_bubble() -> None:
    assert kinds(message_bodies("word " * 300, buttons("One", "Two"), "en")) == ["text"]


def test_a_very_long_text_is_split_between_paragraphs() -> None:
    sent = message_bodies("\n\n".join(["paragraph " * 100] * 6), (), "en")
    assert kinds(sent) == ["text", "text"]
    assert sent[0]["text"]["body"].endswith("paragraph")


@pytest.mark.parametrize("text", ["2", "٢", "۲", " 2 ", "2.", "2)", "٢."])
def test_a_number_in_any_digits_chooses(text: str) -> None:
    chosen = number_chosen(text, buttons("One", "Two"))
    assert chosen is not None
    assert chosen["title"] == "Two"


@pytest.mark.parametrize("text", ["0", "3", "22", "2 sessions", "two", "", "-1", "1.5"])
def test_other_numbers_choose_nothing(text: str) -> None:
    assert number_chosen(text, buttons("One", "Two")) is None


@given(
    text=st.text(min_size=1).filter(str.strip),
    titles=st.lists(st.text(min_size=1).filter(str.strip), max_size=14),
    language=st.sampled_from(["ar", "en"]),
)
def test_whatever_is_said_whatsapp_takes_it(text: str, titles: list[str], language: str) -> None:
    storable = text.encode("utf-8", "replace").decode()
    offered = buttons(*(title.encode("utf-8", "replace").decode() for title in titles))
    for body in message_bodies(storable, offered, language):
        check_send({"messaging_product": "whatsapp", "to": "966500000001", **body}, {})


@given(st.text(), st.integers(2, 50))
def test_splitting_loses_only_white_space(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(length(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
