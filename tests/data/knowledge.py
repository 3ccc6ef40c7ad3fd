"""Read the assistant's knowledge and say what is wrong with it, one plain sentence for each fault.

Each `..._faults` function takes what it judges as arguments, so that a test can hand it a bad sample.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("ar", "en")
MAX_TEXT = 480
MAX_TITLE = 20
SHARED_WORDS = 8
"""An answer may not share a run of this many words with the article."""
SHARED_WORDS_FACT = 6

PLACEHOLDERS: Mapping[str, frozenset[str]] = {
    "utter_ask_booking": frozenset({"booking_link", "phone"}),
    "utter_ask_contact": frozenset({"phones", "whatsapp", "email"}),
    "utter_ask_hours": frozenset({"hours"}),
    "utter_ask_location": frozenset({"branches"}),
    "utter_ask_practitioner": frozenset({"practitioner_policy"}),
    "utter_ask_price": frozenset({"price_policy"}),
    "utter_clinic_closed_now": frozenset({"opens_at"}),
    "utter_clinic_holiday": frozenset({"holiday", "opens_at"}),
    "utter_clinic_open_now": frozenset({"closes_at"}),
}
"""The clinic's values that an action puts into an answer. Every other answer has none."""

NUMBER_WORDS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "يومين": 2,
    "أسبوعين": 2,
    "شهرين": 2,
    "ساعتين": 2,
    "دقيقتين": 2,
    "جلستين": 2,
    "مرتين": 2,
    "سنتين": 2,
    "ثلاث": 3,
    "ثلاثة": 3,
    "أربع": 4,
    "أربعة": 4,
    "خمس": 5,
    "خمسة": 5,
    "ست": 6,
    "ستة": 6,
    "سبع": 7,
    "سبعة": 7,
    "ثمان": 8,
    "ثمانية": 8,
    "تسع": 9,
    "تسعة": 9,
    "عشر": 10,
    "عشرة": 10,
}
PLACEHOLDER = re.compile(r"{([^{}]*)}")
ARABIC_LETTER = re.compile("[\u0621-\u064a]")
ARABIC_DIGIT = re.compile("[\u0660-\u0669\u06f0-\u06f9]")


@dataclass(frozen=True)
class Variation:
    """One wording of an answer."""

    language: str | None
    """None: a default that would speak to everyone, or a condition we do not know."""
    text: str
    facts: tuple[str, ...] = ()
    clinic: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """A `utter_...` with all its wordings."""

    name: str
    variations: tuple[Variation, ...]


def read(path: Path) -> Any:
    """The content of a YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def load_facts(path: Path) -> dict[str, str]:
    """Fact id -> fact."""
    return {fact_id: text for group in read(path).values() for fact_id, text in group["facts"].items()}


def load_answers(folder: Path) -> dict[str, Answer]:
    """Answer name -> answer, from every file of `data/responses/`."""
    answers: dict[str, Answer] = {}
    for path in sorted(folder.glob("*.yml")):
        for name, entries in read(path)["responses"].items():
            if name in answers:
                raise ValueError(f"{path}: {name} is in another file too")
            answers[name] = Answer(name, tuple(_variation(entry) for entry in entries))
    return answers


def _variation(entry: Mapping[str, Any]) -> Variation:
    metadata = entry.get("metadata") or {}
    return Variation(
        language=_language(entry.get("condition") or []),
        text=entry["text"],
        facts=tuple(metadata.get("facts", ())),
        clinic=tuple(metadata.get("clinic", ())),
    )


def _language(conditions: list[dict[str, str]]) -> str | None:
    for language in LANGUAGES:
        if conditions == [{"type": "slot", "name": "language", "value": language}]:
            return language
    return None


def numbers(text: str) -> set[float]:
    """Every number that a text states, as digits or as a word ("a day or two")."""
    bare = PLACEHOLDER.sub(" ", text)
    digits = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", bare)}
    words = [word.removeprefix("و") for word in re.findall(r"[^\W\d_]+", bare.lower())]
    return digits | {float(NUMBER_WORDS[word]) for word in words if word in NUMBER_WORDS}


def numbers_under(value: object) -> set[float]:
    """Every number anywhere below a value of `clinic.yml`."""
    if isinstance(value, Mapping):
        return set().union(*(numbers_under(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(numbers_under(item) for item in value))
    return numbers(str(value))


def language_faults(answer: Answer) -> Iterator[str]:
    """One Arabic and one English wording, no default, each in its own letters."""
    spoken = [variation.language for variation in answer.variations]
    if None in spoken:
        yield f"{answer.name}: a default or a condition other than the language"
    for language in LANGUAGES:
        if spoken.count(language) != 1:
            yield f"{answer.name}: {spoken.count(language)} variations for {language}, not 1"
    for variation in answer.variations:
        if variation.language == "ar" and not ARABIC_LETTER.search(variation.text):
            yield f"{answer.name}: the Arabic text holds no Arabic letter"
        if variation.language == "en" and ARABIC_LETTER.search(variation.text):
            yield f"{answer.name}: the English text holds Arabic letters"
        if ARABIC_DIGIT.search(variation.text):
            yield f"{answer.name}: digits other than 0-9"


def length_faults(answer: Answer) -> Iterator[str]:
    """Short enough for one WhatsApp bubble, and not empty."""
    for variation in answer.variations:
        if not 0 < len(variation.text.strip()) <= MAX_TEXT:
            yield f"{answer.name}: {variation.language} has {len(variation.text)} characters"


def source_faults(answer: Answer, facts: Mapping[str, str], clinic: Mapping[str, Any]) -> Iterator[str]:
    """Every source exists; every number stands in the facts or clinic values that the answer names."""
    for variation in answer.variations:
        for fact in variation.facts:
            if fact not in facts:
                yield f"{answer.name}: there is no fact {fact}"
        for key in variation.clinic:
            if key not in clinic:
                yield f"{answer.name}: there is no {key} in clinic.yml"
        known = numbers(" ".join(facts.get(fact, "") for fact in variation.facts))
        known |= numbers_under([clinic.get(key, "") for key in variation.clinic])
        for number in sorted(numbers(variation.text) - known):
            yield f"{answer.name}: {variation.language} states {number:g}, which its sources do not hold"


def agreement_faults(answer: Answer) -> Iterator[str]:
    """Both languages name the same sources, numbers and placeholders."""
    said: dict[str, list[object]] = {
        "facts": [variation.facts for variation in answer.variations],
        "clinic keys": [variation.clinic for variation in answer.variations],
        "numbers": [numbers(variation.text) for variation in answer.variations],
        "placeholders": [set(PLACEHOLDER.findall(variation.text)) for variation in answer.variations],
    }
    for what, values in said.items():
        if any(value != values[0] for value in values):
            yield f"{answer.name}: the languages differ in their {what}"


def placeholder_faults(answer: Answer) -> Iterator[str]:
    """Only placeholders that an action fills for this answer."""
    for variation in answer.variations:
        for name in PLACEHOLDER.findall(variation.text):
            if name not in PLACEHOLDERS.get(answer.name, frozenset()):
                yield f"{answer.name}: nothing fills {{{name}}}"


def unused_facts(facts: Collection[str], answers: Iterable[Answer]) -> list[str]:
    """Facts that no answer names."""
    used = {fact for answer in answers for variation in answer.variations for fact in variation.facts}
    return sorted(set(facts) - used)


def shared_runs(text: str, article: str, length: int) -> list[str]:
    """Runs of `length` words or more that a text has in common with the article."""
    words, source = _words(text), _words(article)
    known = {tuple(source[i : i + length]) for i in range(len(source) - length + 1)}
    runs = (tuple(words[i : i + length]) for i in range(len(words) - length + 1))
    return [" ".join(run) for run in runs if run in known]


def _words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower().replace("\u2019", "'"))


def topic_faults(topics: Mapping[str, Any]) -> Iterator[str]:
    """Titles in both languages that fit on a button, harmless said plainly, related topics that exist."""
    for intent, topic in topics.items():
        if not isinstance(topic.get("harmless"), bool):
            yield f"{intent}: harmless is neither true nor false"
        titles = topic.get("title", {})
        if set(titles) != set(LANGUAGES):
            yield f"{intent}: a title is missing"
        for language, title in titles.items():
            if not 0 < len(title) <= MAX_TITLE:
                yield f"{intent}: the {language} title has {len(title)} characters"
        related = topic.get("related", [])
        if len(set(related) - {intent}) != 2:
            yield f"{intent}: needs 2 other related topics"
        for other in related:
            if other not in topics:
                yield f"{intent}: related to {other}, which is no topic"


def followup_faults(followups: Mapping[str, Mapping[str, str]], topics: Collection[str]) -> Iterator[str]:
    """Every follow-up leads from a topic to a topic."""
    for follow, pairs in followups.items():
        for last, answer in pairs.items():
            for intent in {last, answer} - set(topics):
                yield f"{follow}: {intent} is no topic"


def example_faults(value: object, where: str = "clinic") -> Iterator[str]:
    """A placeholder is exactly {value: ..., example: true}; the mark never stands alone or says less."""
    if isinstance(value, Mapping):
        if "example" in value and (set(value) != {"value", "example"} or value["example"] is not True):
            yield f"{where}: a placeholder is written {{value: ..., example: true}}"
        for key, item in value.items():
            yield from example_faults(item, f"{where}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from example_faults(item, f"{where}[{index}]")


def examples(value: object, where: str = "clinic") -> Iterator[str]:
    """Where `example: true` stands."""
    if isinstance(value, Mapping):
        if value.get("example") is True:
            yield where
        for key, item in value.items():
            yield from examples(item, f"{where}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from examples(item, f"{where}[{index}]")
