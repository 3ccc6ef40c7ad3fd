from pathlib import Path

from desk.review.phrasebook import Likeness, Phrase, read_held_out, read_phrases
from tests.data.test_phrases import PHRASES

ROOT = Path(__file__).resolve().parents[2]


def test_all_phrases_are_read_with_their_place() -> None:
    phrases = read_phrases(ROOT)
    assert len(phrases) == sum(len(lines) for languages in PHRASES.values() for lines in languages.values())
    kinds = {phrase.kind for phrase in phrases if phrase.intent == "ask_pain"}
    assert kinds == {"arabic", "arabizi", "english"}


def test_all_held_out_texts_are_known() -> None:
    files = set(read_held_out(ROOT).values())
    assert files == {f"{h}/{p}.csv" for h in ("development", "reporting") for p in ("questions", "risks", "harmless")}


def near(text: str) -> list[tuple[str, int]]:
    texts = ["how many sessions do I need", "how much is one session", "كم جلسة احتاج", "هل الجلسة مؤلمة"]
    likeness = Likeness(Phrase(text, f"intent {n}", "en", "file") for n, text in enumerate(texts))
    return [(each.phrase.text, round(each.likeness * 100)) for each in likeness.near(text)]


def test_spelling_and_punctuation_do_not_hide_a_duplicate() -> None:
    assert near("How many sessions, do I need?!") == [("how many sessions do I need", 100)]
    assert near("كم جلسه أحتاج؟؟") == [("كم جلسة احتاج", 100)]


def test_one_changed_letter_is_near_and_another_question_is_not() -> None:
    assert [text for text, _ in near("how many sesions do I need")] == ["how many sessions do I need"]
    assert near("how many people work there") == []
