"""Which language and script a message is in, and which language the reply speaks.

Arabizi (Arabic in Latin letters, digits standing for letters) is Arabic and answered in Arabic script.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from enum import Enum
from math import exp, log
from pathlib import Path

import yaml

from assistant.text import normalise, tokens


class Language(str, Enum):
    ARABIC = "ar"
    ENGLISH = "en"

    @property
    def other(self) -> Language:
        return Language.ENGLISH if self is Language.ARABIC else Language.ARABIC


class Script(str, Enum):
    ARABIC = "arabic"
    LATIN = "latin"
    MIXED = "mixed"


@dataclass(frozen=True)
class Detected:
    """What one message tells. Both are None where it tells nothing (emoji, digits, "ok")."""

    language: Language | None
    script: Script | None

    @property
    def is_arabizi(self) -> bool:
        return self.language is Language.ARABIC and self.script is Script.LATIN


@dataclass(frozen=True)
class LatinWords:
    """Words that tell English from Arabizi; `neutral` ones tell nothing."""

    english: frozenset[str]
    arabizi: frozenset[str]
    neutral: frozenset[str]

    @property
    def not_arabizi(self) -> frozenset[str]:
        """Words that stay as they are when Arabizi is rewritten in Arabic script."""
        return (self.english | self.neutral) - self.arabizi


_ARABIC_LETTER = re.compile(r"[\u0620-\u064a]")
_LATIN_LETTER = re.compile(r"[a-z]")
# "7abibi", "ma3lesh", "so2al": a digit that stands for an Arabic letter, inside a word.
_DIGIT_LETTER = re.compile(r"^(?=.*[a-z])(?=.*[2356789])[a-z0-9']+$")
# "2nd", "10am", "spf50", "b4": letters and digits that are English.
_ENGLISH_WITH_DIGITS = re.compile(
    r"^(\d+(st|nd|rd|th|am|pm|mm|cm|kg|k|x|h|hr|hrs|m|min|mins|s|d|days?|weeks?|months?|years?|yo|y|sar|sr|g|mg|ml)"
    r"|spf\d+|b4|gr8|l8r?|m8|h8|w8|2day|2morrow|2moro|2nite|4u|me2|u2|vitamin\w*\d+|[a-z]\d{1,2}|\d{2,}[a-z]*)$"
)


class _SpellingModel:
    """How Arabizi a word looks that stands in no list: naive Bayes on the letter trigrams of the lists."""

    def __init__(self, words: LatinWords) -> None:
        self._counts: dict[str, list[float]] = defaultdict(lambda: [0.5, 0.5])
        self._totals = [1.0, 1.0]
        for side, listed in enumerate((words.english, words.arabizi)):
            for word in listed:
                for trigram in _trigrams(word):
                    self._counts[trigram][side] += 1
                    self._totals[side] += 1

    def probability(self, word: str) -> float:
        """From 0.1 (English) to 0.9 (Arabizi)."""
        odds = sum(
            log(counts[1] / self._totals[1]) - log(counts[0] / self._totals[0])
            for counts in (self._counts[trigram] for trigram in _trigrams(word) if trigram in self._counts)
        )
        return min(0.9, max(0.1, 1 / (1 + exp(-odds))))


def _trigrams(word: str) -> list[str]:
    framed = f"^{word}$"
    return [framed[i : i + 3] for i in range(len(framed) - 2)]


class LanguageDetector:
    """Tell a message's language and script from its letters and, in Latin letters, its words."""

    def __init__(self, words: LatinWords) -> None:
        self._words = words
        self._unknown = _SpellingModel(words)

    def detect(self, text: str) -> Detected:
        words = tokens(normalise(text))
        arabic = sum(1 for word in words if _ARABIC_LETTER.search(word))
        latin = [word for word in words if _LATIN_LETTER.search(word)]
        meaning = [word for word in latin if word not in self._words.neutral]
        if arabic and latin:
            english = sum(1 for word in meaning if self._latin_vote(word) < 0.5)
            return Detected(Language.ARABIC if arabic >= english * 0.6 else Language.ENGLISH, Script.MIXED)
        if arabic:
            return Detected(Language.ARABIC, Script.ARABIC)
        if not latin:
            return Detected(None, None)
        if not meaning:
            # Only words of both worlds: "price?" is English, but "ok" or "hi" alone says nothing.
            small_talk = {"ok", "okay", "okey", "hi", "hey", "hello", "bye", "lol", "wow", "haha", "hahaha"}
            return Detected(None if set(latin) <= small_talk else Language.ENGLISH, Script.LATIN)
        votes = [self._latin_vote(word) for word in meaning]
        is_arabizi = sum(votes) / len(votes) > 0.5
        return Detected(Language.ARABIC if is_arabizi else Language.ENGLISH, Script.LATIN)

    def _latin_vote(self, word: str) -> float:
        """From 0 (English) to 1 (Arabizi) for one word in Latin letters."""
        if word in self._words.arabizi and word in self._words.english:
            return 0.5
        if word in self._words.arabizi:
            return 1.0
        if word in self._words.english:
            return 0.0
        if _DIGIT_LETTER.match(word):
            return 0.1 if _ENGLISH_WITH_DIGITS.match(word) else 1.3
        return self._unknown.probability(word)


def load_detector(path: Path) -> LanguageDetector:
    return LanguageDetector(load_words(path))


def load_words(path: Path) -> LatinWords:
    """Read the word lists; raises ValueError with one line if a list is missing."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    missing = {"english", "arabizi", "neutral"} - set(data or {})
    if missing:
        raise ValueError(f"{path}: missing list(s): {', '.join(sorted(missing))}")
    lists = {name: frozenset(normalise(data[name]).split()) for name in ("english", "arabizi", "neutral")}
    return LatinWords(**lists)


@dataclass(frozen=True)
class ReplyLanguage:
    """Which language a conversation is answered in.

    The reply follows the message. An explicit choice holds until two messages in a row come in the other language;
    messages that tell no language change nothing.
    """

    current: Language | None = None
    chosen: Language | None = None
    against_choice: int = 0

    def heard(self, detected: Language | None) -> ReplyLanguage:
        if detected is None:
            return self
        if self.chosen is None:
            return replace(self, current=detected)
        if detected is self.chosen:
            return replace(self, current=self.chosen, against_choice=0)
        if self.against_choice + 1 >= 2:
            return ReplyLanguage(current=detected)
        return replace(self, against_choice=self.against_choice + 1)

    def choose(self, language: Language) -> ReplyLanguage:
        return ReplyLanguage(current=language, chosen=language)


_WANTS_ENGLISH = re.compile(r"انجليز|انقليز|انكليز|english|inglis|engliz|ingliz|enqliz|ingles")
_WANTS_ARABIC = re.compile(r"عربي|العربيه|بالعربي|arab|3arab|3rbi|3araby")


def requested_language(text: str) -> Language | None:
    """The language a patient asks for ("تكلم انجليزي", "arabic please"), if one is named and only one."""
    normalised = normalise(text)
    wants = [
        language
        for language, pattern in ((Language.ENGLISH, _WANTS_ENGLISH), (Language.ARABIC, _WANTS_ARABIC))
        if pattern.search(normalised)
    ]
    return wants[0] if len(wants) == 1 else None
