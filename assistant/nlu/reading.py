"""How the two halves of the hybrid model read a text: Arabizi is read in Arabic script too."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.arabizi import Transliterator
from assistant.language import Detected
from assistant.text import tokens

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
        words = " ".join(tokens(normalised))  # "متي؟" and "متي" are one word
        if detected is None or not detected.is_arabizi:
            return Reading(words, words)
        arabic = self.transliterator.transliterate(normalised, keep=self.keep)
        return Reading(f"{arabic} {words}", arabic)


def _once_each(normalised: str) -> str:
    """Leave out sentences said before: a question pasted a hundred times is one question."""
    return " ".join(dict.fromkeys(piece.strip() for piece in _SENTENCE_END.split(normalised)))
