"""Telling a message that asks nothing yet ("hi", "أبي أسأل") from one that can be answered. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml

from assistant.text import normalise, tokens

PHRASES_FILE = Path(__file__).with_name("unfinished.yml")
AND = "و"
LONGEST = 14
"""Words; a longer message says enough to be answered."""

Words = tuple[str, ...]


class Unfinished:
    """Knows the phrases that ask nothing and the words that a thought does not end with."""

    def __init__(self, phrases: Iterable[str], dangling: Iterable[str]) -> None:
        self._phrases = {_words(phrase) for phrase in phrases}
        self._longest = max(map(len, self._phrases), default=0)
        self._dangling = {word for text in dangling for word in _words(text)}

    def asks_nothing_yet(self, text: str) -> bool:
        words = _words(text)
        if not words or len(words) > LONGEST:
            return False
        if words[-1] in self._dangling and not any(mark in text for mark in "?؟"):
            return True
        return self._is_made_of_phrases(words)

    def _is_made_of_phrases(self, words: Words) -> bool:
        reached = {0}
        for start in range(len(words)):
            if start in reached:
                reached |= {
                    end
                    for end in range(start + 1, min(start + self._longest, len(words)) + 1)
                    if self._is_phrase(words[start:end])
                }
        return len(words) in reached

    def _is_phrase(self, words: Words) -> bool:
        if words in self._phrases:
            return True
        first = words[0]
        return first.startswith(AND) and (first.removeprefix(AND), *words[1:]) in self._phrases


def asks_nothing_yet(text: str) -> bool:
    """Whether more is surely coming: a greeting alone, or the announcement of a question."""
    return load_unfinished(PHRASES_FILE).asks_nothing_yet(text)


@cache
def load_unfinished(path: Path) -> Unfinished:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    phrases = [line for text in data["phrases"].values() for line in text.splitlines()]
    return Unfinished(phrases, [data["dangling"]])


def _words(text: str) -> Words:
    return tuple(tokens(normalise(text)))
