"""One spelling per word: the same normalisation for training, understanding, the risk screen and search.

Patients type without diacritics, stretch letters, mix digit systems and paste invisible controls. Everything that
compares words compares their normalised form, so that "الجلســـة", "الجلسه" and "الجلسة" are one word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_LETTERS = str.maketrans(
    {
        **dict.fromkeys("أإآٱٲٳ", "ا"),
        **dict.fromkeys("ىئیېۍ", "ي"),
        "ؤ": "و",
        **dict.fromkeys("ةہھە", "ه"),
        **dict.fromkeys("گکڪ", "ك"),
        "چ": "ج",
        "ڤ": "ف",
        "پ": "ب",
        **dict.fromkeys("’‘ʼ`´′ʻ", "'"),
        "ß": "ss",
        "…": " ",
    }
)
_TATWEEL = "\u0640"
_HAMZA = "\u0621"
_DROPPED_CATEGORIES = {"Mn", "Me", "Cf", "Cs", "Co", "Cn"}
_SPACE_CATEGORIES = {"Zs", "Zl", "Zp", "Cc"}
_ELONGATION = re.compile(r"([^\W\d_])\1{2,}")
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*")

_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class Normalised:
    """A normalised text that remembers where each of its characters came from."""

    text: str
    offsets: tuple[int, ...]
    """For each character of `text`, the index of the original character it stands for."""
    source_length: int

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Translate a half-open span of the normalised text into one of the original text."""
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"span {start}:{end} is outside a text of {len(self.text)} characters")
        after = self.offsets[end] if end < len(self.text) else self.source_length
        last = self.offsets[end - 1] + 1
        return self.offsets[start], max(last, min(after, last))


def normalise(text: str) -> str:
    """Return one spelling of `text`; normalising twice changes nothing."""
    return normalise_spans(text).text


@lru_cache(maxsize=64)  # each step of a turn asks for the same message
def normalise_spans(text: str) -> Normalised:
    """Normalise `text`, keeping for each character its place in the original."""
    pairs = _squeeze(_fold(text))
    return Normalised("".join(c for c, _ in pairs), tuple(i for _, i in pairs), len(text))


def tokens(normalised: str) -> list[str]:
    """Split a normalised text into words: runs of letters and digits, apostrophes inside words kept."""
    return _TOKEN.findall(normalised)


def clean(text: str, *, limit: int) -> str:
    """Make a patient's text safe to send on: no NUL, control or lone surrogate, at most `limit` characters."""
    return _UNSAFE.sub(" ", text)[:limit]


def _fold(text: str) -> Iterator[tuple[str, int]]:
    """Yield (character, original index) with letters folded and invisible characters gone."""
    for index, original in enumerate(text):
        for folded in _folded(original):
            yield folded, index


@lru_cache(maxsize=4096)
def _folded(original: str) -> str:
    """What one character becomes; nothing where it is not to be seen."""
    folded = ""
    for char in unicodedata.normalize("NFKD", original):
        category = unicodedata.category(char)
        if category in _SPACE_CATEGORIES:
            folded += " "
        elif category == "Nd":
            folded += str(unicodedata.digit(char))
        elif category not in _DROPPED_CATEGORIES and char not in (_TATWEEL, _HAMZA):
            folded += char.translate(_LETTERS).casefold()
    return folded


def _squeeze(pairs: Iterator[tuple[str, int]]) -> list[tuple[str, int]]:
    """Shorten three or more equal letters to one, and white space to single blanks inside the text."""
    kept = list(pairs)
    text = "".join(c for c, _ in kept)
    while True:
        runs = [(m.start() + 1, m.end()) for m in _ELONGATION.finditer(text)]
        if not runs:
            break
        for start, end in reversed(runs):
            del kept[start:end]
        text = "".join(c for c, _ in kept)
    squeezed: list[tuple[str, int]] = []
    for pair in kept:
        if pair[0] == " " and (not squeezed or squeezed[-1][0] == " "):
            continue
        squeezed.append(pair)
    if squeezed and squeezed[-1][0] == " ":
        squeezed.pop()
    return squeezed
