"""Arabizi back into Arabic script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.arabizi import Transliterator, skeleton

WORDS = {"يوجع": 5, "كم": 9, "جلسه": 9, "الجلسه": 9, "احتاج": 6, "السعر": 4, "متي": 5, "رقم": 3, "رايكم": 1, "بعدها": 4}


@pytest.fixture(scope="module")
def transliterator() -> Transliterator:
    return Transliterator(WORDS)


@pytest.mark.parametrize("typed", ["yuja3", "yoja3", "ywj3", "youja3"])
def test_one_word_typed_in_many_ways(transliterator: Transliterator, typed: str) -> None:
    assert transliterator.transliterate(typed) == "يوجع"


@pytest.mark.parametrize(
    ("typed", "arabic"),
    [
        ("kam jalsa a7taj", "كم جلسه احتاج"),
        ("kam el jalsa", "كم الجلسه"),
        ("mta ba3daha", "متي بعدها"),
        ("ra8am", "رقم"),
        ("كم jalsa", "كم جلسه"),
    ],
)
def test_sentences(transliterator: Transliterator, typed: str, arabic: str) -> None:
    assert transliterator.transliterate(typed) == arabic


def test_words_to_keep_are_kept(transliterator: Transliterator) -> None:
    assert transliterator.transliterate("kam session", keep=frozenset({"session"})) == "كم session"


def test_unknown_words_are_spelt_out(transliterator: Transliterator) -> None:
    assert transliterator.transliterate("shaghala") == "شاغالا"


def test_the_vocabulary_comes_from_texts() -> None:
    made = Transliterator.from_texts(["كم جلسه", "كم السعر", "how much"])
    assert made.vocabulary == {"كم": 2, "جلسه": 1, "السعر": 1}


def test_alike_sounding_letters_share_a_skeleton() -> None:
    assert skeleton("ضروري") == skeleton("دروري")
    assert skeleton("جلسه") == skeleton("جلسات")[:-1]


@given(st.text(max_size=40))
def test_never_fails(text: str) -> None:
    Transliterator(WORDS).transliterate(text)
