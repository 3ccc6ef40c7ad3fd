"""How the model reads words: stretched ones as training knows them, Arabizi in Arabic script too."""

from __future__ import annotations

import pytest

from assistant.arabizi import Transliterator
from assistant.language import Detected, Language, Script
from assistant.nlu.reading import Reader
from assistant.text import normalise

TRAINED = ["هل تعور", "الدكتوره ممتازه", "كم جلسه احتاج", "اللي عندكم"]


@pytest.fixture
def reader() -> Reader:
    return Reader(Transliterator.from_texts(map(normalise, TRAINED)))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("هل تعوور", "هل تعور"),
        ("كمم جلسسه", "كم جلسه"),
        ("اللي عندكم", "اللي عندكم"),  # a double letter that belongs there
        ("ممتازه", "ممتازه"),
        ("شدده", "شدده"),  # nothing that training has seen
    ],
)
def test_a_stretched_word_is_the_word(reader: Reader, typed: str, read: str) -> None:
    assert reader.read(normalise(typed), None).for_ngrams == read


def test_arabizi_is_read_in_both_scripts(reader: Reader) -> None:
    found = reader.read("kam jalsa", Detected(Language.ARABIC, Script.LATIN))
    assert found.for_ngrams == "كم جلسه kam jalsa"
    assert found.for_embedding == "كم جلسه"
