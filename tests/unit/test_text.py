"""One spelling per word, and the way back to what was typed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.text import clean, normalise, normalise_spans, tokens

any_text = st.text(max_size=80)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("كَمْ جَلْسَة؟", "كم جلسه؟"),
        ("الجلســـــة", "الجلسه"),
        ("أبغى إبرة آمنة", "ابغي ابره امنه"),
        ("سؤال عن شيء مسؤول", "سوال عن شي مسوول"),
        ("كمممم", "كم"),
        ("plzzzz soooo", "plz so"),
        ("١٥ جلسة و ۴ أسابيع", "15 جلسه و 4 اسابيع"),
        ("\ufefbا يوجد", "لاا يوجد"),
        ("a\u200bb\u202e c\u2067d", "ab cd"),
        ("  two\u00a0\u3000spaces\n", "two spaces"),
        ("don’t", "don't"),
        ("ＦＵＬＬ width", "full width"),
        ("ديرما\u0640بن", "ديرمابن"),
        ("", ""),
    ],
)
def test_one_spelling_per_word(typed: str, expected: str) -> None:
    assert normalise(typed) == expected


@given(any_text)
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(any_text)
def test_every_character_knows_where_it_came_from(text: str) -> None:
    found = normalise_spans(text)
    assert len(found.offsets) == len(found.text)
    assert list(found.offsets) == sorted(found.offsets)
    for start in range(len(found.text)):
        begin, end = found.span(start, start + 1)
        assert 0 <= begin < end <= len(text)


def test_a_span_points_at_the_word_as_typed() -> None:
    typed = "أنا حَامِــل بالشهر"
    found = normalise_spans(typed)
    start = found.text.index("حامل")
    begin, end = found.span(start, start + len("حامل"))
    assert typed[begin:end] == "حَامِــل"


def test_a_span_outside_the_text_is_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        normalise_spans("abc").span(2, 9)


@given(any_text)
def test_clean_text_can_be_stored_and_sent_anywhere(text: str) -> None:
    cleaned = clean(text + "\x00\ud800", limit=50)
    assert len(cleaned) <= 50
    assert "\x00" not in cleaned
    cleaned.encode("utf-8")
    assert all(unicodedata.category(c) != "Cs" for c in cleaned)


def test_tokens_keep_apostrophes_inside_words() -> None:
    assert tokens("3'er, don't! 2.5mm") == ["3'er", "don't", "2", "5mm"]
