"""Which messages ask nothing yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.conversations.unfinished import Unfinished, asks_nothing_yet, load_unfinished

NOTHING_YET = [
    "hi", "Hello!!", "heyyy", "Good morning", "hi doctor", "Hi, I have a question", "I have a question?",
    "can I ask you something?", "excuse me, quick question", "I wanted to ask about", "one more question, if",
    "السلام عليكم", "السلام عليكم ورحمة الله وبركاته", "السَّلامُ عليكم", "هلا والله 👋", "صباح الخير دكتورة",
    "أبي أسأل", "ابغى اسأل عن", "عندي سؤال", "وعندي سؤال", "هلا، عندي استفسار لو سمحتي", "ممكن أسأل سؤال؟",
    "مساء الخير كيف حالكم", "يعطيكم العافية", "حابة أعرف", "بسألكم عن",
    "salam", "Salam 3alaikum", "3ndi so2al", "mumkin as2al?", "abgha as2al 3an", "ya hala",
]  # fmt: skip
ASKS = [
    "how many sessions?", "price", "hi, how much is it?", "does it hurt", "ok", "thanks", "yes", "I am pregnant",
    "I want to know the price", "good morning, are you open today?", "what is this about?", "is it for everyone?",
    "كم جلسة احتاج", "السلام عليكم كم السعر", "عندي سؤال عن السعر", "شكرا", "لا", "ايه", "انا حامل", "وش هو الديرما بن",
    "ابي احجز موعد", "متى؟", "ليه", "kam jalsa a7taj", "salam, kam el se3r", "bkam", "👍", "?", "", "...", "5",
]  # fmt: skip


@pytest.mark.parametrize("text", NOTHING_YET)
def test_asks_nothing_yet(text: str) -> None:
    assert asks_nothing_yet(text)


@pytest.mark.parametrize("text", ASKS)
def test_can_be_answered(text: str) -> None:
    assert not asks_nothing_yet(text)


def test_a_long_message_says_enough() -> None:
    assert asks_nothing_yet("hi " * 5)
    assert not asks_nothing_yet("hi " * 40)


def test_phrases_are_matched_whole() -> None:
    unfinished = Unfinished(["a b", "a", "b c d"], ["x"])
    assert unfinished.asks_nothing_yet("a b c d")  # a + b c d, not a b + c d
    assert not unfinished.asks_nothing_yet("a b c")
    assert unfinished.asks_nothing_yet("c x")
    assert not unfinished.asks_nothing_yet("c x?")


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    assert asks_nothing_yet(text) in (True, False)


def test_a_file_without_phrases_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.yml").write_text("dangling: x", encoding="utf-8")
    with pytest.raises(KeyError):
        load_unfinished(tmp_path / "empty.yml")
