"""How the two halves of the hybrid model read a text: Arabizi is read in Arabic script too."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.arabizi import Transliterator
from assistant.language import Detected, load_detector
from assistant.nlu.parallel import in_batches
from assistant.text import normalise, tokens

_BATCH = 5_000

_DOUBLED = re.compile(r"(.)\1")
_SENTENCE_END = re.compile(r"[?؟!]+")


@dataclass(frozen=True)
class Reading:
    for_ngrams: str
    """The text as typed and, for Arabizi, its Arabic spelling after it."""
    for_embedding: str
    """The text in the script that the sentence encoder knows."""


class Reader:
    """Prepare normalised texts for the model, the same way in training and in use."""

    def __init__(self, transliterator: Transliterator, keep: frozenset[str] = frozenset()) -> None:
        self.transliterator = transliterator
        self.keep = keep

    def read(self, normalised: str, detected: Detected | None) -> Reading:
        normalised = _once_each(normalised)
        words = " ".join(map(self._unstretched, tokens(normalised)))  # "متي؟" and "متي" are one word
        if detected is None or not detected.is_arabizi:
            return Reading(words, words)
        arabic = self.transliterator.transliterate(normalised, keep=self.keep)
        return Reading(f"{arabic} {words}", arabic)

    def _unstretched(self, word: str) -> str:
        """ "تعوور" as "تعور", where only that is a word that training has seen; longer runs are gone already."""
        if word in self.transliterator.vocabulary:
            return word
        short = _DOUBLED.sub(r"\1", word)
        return short if short in self.transliterator.vocabulary else word


def readings_of(texts: Sequence[str], reader: Reader, words: Path) -> list[Reading]:
    """Texts as typed, read as in use; `words` are those of the language detector."""
    return in_batches(_readings, texts, reader.transliterator.vocabulary, reader.keep, words, size=_BATCH)


def _readings(texts: Sequence[str], vocabulary: Mapping[str, int], keep: frozenset[str], words: Path) -> list[Reading]:
    reader, detector = Reader(Transliterator(vocabulary), keep), load_detector(words)
    return [reader.read(normalise(text), detector.detect(text)) for text in texts]


def _once_each(normalised: str) -> str:
    """Leave out sentences said before: a question pasted a hundred times is one question."""
    return " ".join(dict.fromkeys(piece.strip() for piece in _SENTENCE_END.split(normalised)))
