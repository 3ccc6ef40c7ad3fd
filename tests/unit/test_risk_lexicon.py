"""A clinician's slip in a word list is named in one line; the pattern language reads as documented."""

import shutil
from pathlib import Path

import pytest

from assistant.risk import Level, RiskScreen, load_screen
from assistant.risk.lexicon import SCRIPTS
from assistant.risk.matcher import Matcher
from assistant.risk.patterns import BadPattern, parse
from assistant.risk.words import split
from assistant.text import normalise_spans

FOLDER = Path(__file__).parents[2] / "data" / "risk"
CATEGORIES = {
    *("pregnancy_breastfeeding", "blood_thinner_bleeding", "isotretinoin", "keloid_scarring", "active_skin_disease"),
    *("herpes", "immune_diabetes_chronic", "minor_age", "medication_other", "allergy"),
    *("post_treatment_warning", "home_injury", "emergency"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "risk"))


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("herpes.yml", "phrases:", "prases:", "herpes.yml: unknown key 'prases'"),
        ("herpes.yml", "level: personal", "level: high", "herpes.yml: level: must be 'personal'"),
        ("herpes.yml", "urgency: routine", "urgency: urgent", "herpes.yml: urgency: must be 'routine'"),
        ("herpes.yml", "about: condition", "about: illness", "herpes.yml: about: must be"),
        ("herpes.yml", "category: herpes", "category:", "herpes.yml: category: must be a word"),
        ("herpes.yml", "past_silences: when_over", "past_silences: soon", "herpes.yml: past_silences: must be"),
        ("herpes.yml", "  english:", "  englisch:", "herpes.yml: phrases: unknown key 'englisch'"),
        ("herpes.yml", '- "(fever', '- "((fever', "herpes.yml: phrases: english: cannot read"),
        ("herpes.yml", "(fever|", "({nobody}|", "there is no group 'nobody'"),
        ("herpes.yml", "{blisters}", "{blister}", "herpes.yml: together:"),
        ("negation.yml", "\nhas_none:", "\nhas_non:", "negation.yml: unknown key 'has_non'"),
        ("herpes.yml", "category: herpes", "category: [herpes", "herpes.yml: not readable as YAML"),
    ],
)
def test_a_slip_is_named_in_one_line(copy: Path, name: str, old: str, new: str, said: str) -> None:
    change(copy, name, old, new)
    with pytest.raises(ValueError, match=r"herpes\.yml|negation\.yml") as caught:
        load_screen(copy)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "who.yml").unlink()
    with pytest.raises(ValueError, match=r"who\.yml is missing"):
        load_screen(copy)


def test_a_new_word_is_heard_and_changes_the_version(copy: Path) -> None:
    before = load_screen(copy)
    assert before.screen("عندي زقزوق").level is Level.NONE
    change(copy, "herpes.yml", "names:\n  arabic: [", "names:\n  arabic: [زقزوق, ")
    after = load_screen(copy)
    risk = after.screen("عندي زقزوق")
    assert risk.categories == ("herpes",)
    assert risk.findings[0].version == after.version != before.version


def test_every_category_of_the_design_has_a_list() -> None:
    screen = load_screen(FOLDER)
    topics = {payload[0].category for payload in screen._payloads if isinstance(payload, tuple) and payload[0] != "not"}
    assert topics == CATEGORIES


@pytest.mark.parametrize("script", SCRIPTS)
def test_yes_and_no_and_numbers_are_words_too(copy: Path, script: str) -> None:
    change(copy, "herpes.yml", f"names:\n  {script}:" if script == "arabic" else f"  {script}: [", "PLACE")
    text = (copy / "herpes.yml").read_text(encoding="utf-8")
    (copy / "herpes.yml").write_text(
        text.replace("PLACE", "names:\n  arabic:" if script == "arabic" else f"  {script}: [no, on, 12, "), "utf-8"
    )
    assert isinstance(load_screen(copy), RiskScreen)


def found(phrase: str, text: str, script: str = "english") -> list[str]:
    words = split(normalise_spans(text))
    matcher = Matcher([(parse(phrase, script, {"pill": (("pill", "english"), ("حبوب", "arabic"))}), 0)])
    return [" ".join(words.texts[first:after]) for first, after, _ in matcher.matches(words)]


@pytest.mark.parametrize(
    ("phrase", "script", "text", "expected"),
    [
        ("حبوب", "arabic", "والحبوب", ["والحبوب"]),
        ("=حبوب", "arabic", "بالحبوب", []),
        ("allerg*", "english", "allergies", ["allergies"]),
        ("~keloid", "english", "kelloid", ["kelloid"]),
        ("my? skin", "english", "my skin", ["my skin", "skin"]),
        ("take (blood thinners|a pill)", "english", "I take a pill", ["take a pill"]),
        ("take {pill}", "english", "take حبوب", ["take حبوب"]),
        ("take .. pill", "english", "take one more small pill", ["take one more small pill"]),
        ("take .. pill", "english", "take it. a pill", []),
        ("age #1-17", "english", "age 16", ["age 16"]),
        ("age #1-17", "english", "age 61", []),
        ("no $", "english", "pregnant, no", ["no"]),
        ("no $", "english", "no way", []),
        ("7amel", "arabizi", "hamel", ["hamel"]),
    ],
)
def test_the_pattern_language(phrase: str, script: str, text: str, expected: list[str]) -> None:
    assert found(phrase, text, script) == expected


@pytest.mark.parametrize("phrase", ["(a", "a)", "{nobody}", "..", "may?", "(a?|b)", "a || b", "()"])
def test_what_cannot_be_read_is_refused(phrase: str) -> None:
    with pytest.raises(BadPattern):
        parse(phrase, "english", {})
