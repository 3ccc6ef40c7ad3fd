"""What must hold for any message, not only for those we thought of."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.risk import Level, Risk, RiskScreen, load_screen

_CASES = yaml.safe_load((Path(__file__).parent / "risk_cases.yml").read_text(encoding="utf-8"))
RISKS = [text for text, _, _ in _CASES["risk"]]
ORDER = [Level.NONE, Level.GENERAL, Level.PERSONAL, Level.EMERGENCY]
HARMLESS = ["السلام عليكم", "كم سعر الجلسة", "وين موقعكم", "يعطيكم العافية", "Hello", "How much is it", "Thank you"]
DIACRITICS = "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652"
HAMZA = {"ا": "أإآا", "ي": "يى", "ه": "هة", "ك": "كگ"}
DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@pytest.fixture(scope="module")
def screen() -> RiskScreen:
    return load_screen()


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(), max_size=400))
def test_it_never_raises_and_never_fails_inside(screen: RiskScreen, text: str) -> None:
    risk = screen.screen(text)
    assert all(finding.source == "lexicon" for finding in risk.findings)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([w for text in RISKS for w in text.split()]), max_size=40).map(" ".join))
def test_places_always_point_into_the_text(screen: RiskScreen, text: str) -> None:
    for finding in screen.screen(text).findings:
        assert 0 <= finding.start < finding.end <= len(text)
        assert text[finding.start : finding.end] == finding.text


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(RISKS), st.sampled_from(HARMLESS), st.sampled_from(HARMLESS))
def test_harmless_sentences_around_it_never_hide_a_risk(screen: RiskScreen, text: str, before: str, after: str) -> None:
    alone, among = screen.screen(text), screen.screen(f"{before}. {text}. {after}؟")
    assert ORDER.index(among.level) >= ORDER.index(alone.level)
    assert set(alone.categories) <= set(among.categories)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(RISKS), st.data())
def test_other_spellings_are_the_same_words(screen: RiskScreen, text: str, data: st.DataObject) -> None:
    noisy = ""
    for char in text:
        noisy += data.draw(st.sampled_from(HAMZA[char])) if char in HAMZA else char
        if "ء" <= char <= "ي" and data.draw(st.integers(0, 4)) == 0:
            noisy += data.draw(st.sampled_from([*DIACRITICS, "ـ", "ــ", "\u200f", "\u200b"]))
    if not any(c.isascii() and c.isalpha() for c in text):
        noisy = noisy.translate(DIGITS)
    assert same(screen.screen(noisy), screen.screen(text))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([text for text in RISKS if text.isascii()]))
def test_capitals_are_the_same_words(screen: RiskScreen, text: str) -> None:
    assert same(screen.screen(text.upper()), screen.screen(text))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(RISKS), min_size=1, max_size=4))
def test_the_same_message_gives_the_same_answer(screen: RiskScreen, texts: list[str]) -> None:
    text = " ".join(texts)
    assert screen.screen(text) == screen.screen(text)


def same(one: Risk, other: Risk) -> bool:
    return (one.level, one.categories) == (other.level, other.categories)
