"""How the two halves of the hybrid model read a text: Arabizi is read in Arabic script too."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.arabizi import Transliterator
from assistant.language import Detected, Language, Script


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
        if detected is None or detected.language is not Language.ARABIC or detected.script is not Script.LATIN:
            return Reading(normalised, normalised)
        arabic = self.transliterator.transliterate(normalised, keep=self.keep)
        return Reading(f"{arabic} {normalised}", arabic)
