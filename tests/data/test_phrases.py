"""Training phrases are data like code: each intent has enough of them, and none stands under two intents."""

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
import yaml

from assistant.text import normalise
from assistant.topics import load_topics

ROOT = Path(__file__).resolve().parents[2]
ARABIC = re.compile(r"[\u0620-\u064a]")
LATIN = re.compile(r"[A-Za-z]{2}")
PREDICTED_ONLY = {"nlu_fallback"}


def read() -> dict[str, dict[str, list[str]]]:
    """intent -> language folder -> phrases."""
    phrases: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for path in sorted((ROOT / "data/nlu").glob("*/*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            lines = [line.removeprefix("- ").strip() for line in entry["examples"].splitlines()]
            phrases[entry["intent"]][path.parent.name] = [line for line in lines if line]
    return dict(phrases)


PHRASES = read()
QUESTIONS = [intent for intent in PHRASES if intent.startswith("ask_")]


@pytest.mark.parametrize("intent", QUESTIONS)
def test_each_question_has_enough_phrases_of_each_kind(intent: str) -> None:
    arabic = [p for p in PHRASES[intent]["ar"] if ARABIC.search(p)]
    arabizi = [p for p in PHRASES[intent]["ar"] if not ARABIC.search(p)]
    assert len(arabic) >= 45
    assert len(arabizi) >= 12
    assert len(PHRASES[intent]["en"]) >= 40


def test_no_phrase_stands_under_two_intents() -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for intent, languages in PHRASES.items():
        for phrases in languages.values():
            for phrase in phrases:
                owners[normalise(phrase)].add(intent)
    assert {phrase: intents for phrase, intents in owners.items() if len(intents) > 1} == {}


def test_every_intent_has_phrases_or_is_predicted_only() -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    intents = {name for entry in domain["intents"] for name in entry}
    assert intents - set(PHRASES) == PREDICTED_ONLY
    assert set(PHRASES) <= intents


def test_every_topic_can_be_asked_and_answered() -> None:
    topics = set(load_topics(ROOT / "data/topics.yml"))
    assert topics == set(QUESTIONS)
    for intent in topics:
        stem = intent.removeprefix("ask_")
        for folder in ("nlu/ar", "nlu/en", "rules", "responses"):
            assert (ROOT / "data" / folder / f"{stem}.yml").is_file()


def test_no_word_of_one_language_file_is_in_the_wrong_script() -> None:
    for intent, languages in PHRASES.items():
        assert [p for p in languages["en"] if ARABIC.search(p)] == [], intent


def test_phrases_are_not_one_template_with_words_exchanged() -> None:
    """No opening of four words begins more than 12 phrases of an intent."""
    for intent, languages in PHRASES.items():
        for phrases in languages.values():
            openings = Counter(tuple(p.split()[:4]) for p in phrases if len(p.split()) > 5)
            for opening, count in openings.items():
                assert count <= 12, f"{intent}: {' '.join(opening)} begins {count} phrases"
