"""Language and script of a message, and the language of the reply."""

from pathlib import Path

import pytest

from assistant.language import (
    Detected,
    Language,
    LanguageDetector,
    ReplyLanguage,
    Script,
    load_detector,
    load_words,
    requested_language,
)

AR, EN = Language.ARABIC, Language.ENGLISH


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    return load_detector(Path("data/language.yml"))


@pytest.mark.parametrize(
    ("text", "language", "script"),
    [
        ("كم سعر الجلسة؟", AR, Script.ARABIC),
        ("kam se3r el jalsa", AR, Script.LATIN),
        ("wesh ra2ykom fe el dermapen", AR, Script.LATIN),
        ("abgha a7jez maw3ed", AR, Script.LATIN),
        ("how many sessions do I need", EN, Script.LATIN),
        ("does spf50 matter after 2 days?", EN, Script.LATIN),
        ("price?", EN, Script.LATIN),
        ("ابغى احجز appointment", AR, Script.MIXED),
        ("السلام عليكم how much does one session cost in your clinic", EN, Script.MIXED),
        ("👍👍", None, None),
        ("123", None, None),
        ("ok", None, Script.LATIN),
        ("", None, None),
    ],
)
def test_detects(detector: LanguageDetector, text: str, language: Language | None, script: Script | None) -> None:
    assert detector.detect(text) == Detected(language, script)


def test_arabizi_is_arabic_in_latin_letters(detector: LanguageDetector) -> None:
    assert detector.detect("mta a7es bel far8").is_arabizi
    assert not detector.detect("when will i feel it").is_arabizi


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    path = tmp_path / "language.yml"
    path.write_text("english: a b\narabizi: c d\n")
    with pytest.raises(ValueError, match="neutral"):
        load_words(path)


def test_the_reply_follows_the_message() -> None:
    spoken = ReplyLanguage().heard(AR).heard(EN)
    assert spoken.current is EN


def test_a_message_without_language_changes_nothing() -> None:
    assert ReplyLanguage(current=AR).heard(None).current is AR


def test_a_choice_holds_until_two_messages_in_a_row_in_the_other_language() -> None:
    chosen = ReplyLanguage(current=AR).choose(EN)
    once = chosen.heard(AR)
    assert once.current is EN
    assert once.heard(EN).heard(AR).current is EN
    twice = once.heard(AR)
    assert twice.current is AR
    assert twice.chosen is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ممكن تتكلم انجليزي؟", EN),
        ("arabic please", AR),
        ("do you speak English or Arabic", None),
        ("كم السعر", None),
    ],
)
def test_requested_language(text: str, language: Language | None) -> None:
    assert requested_language(text) is language
