"""N-grams as 64-bit keys: each occurrence in each of a list of texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Places = NDArray[np.int64]
Occurrences = tuple[Places, Keys]
"""For each n-gram in a text, the text's row and the n-gram's key."""
Kind = Callable[[Sequence[str]], Occurrences]

_MIX = np.uint64(0x9E3779B97F4A7C15)
_BLANK = ord(" ")


@dataclass(frozen=True)
class Words:
    """Runs of words."""

    sizes: tuple[int, ...]

    def __call__(self, texts: Sequence[str]) -> Occurrences:
        rows, codes = _words(texts)
        return _joined([_runs_in_one_text(rows, codes, size) for size in self.sizes])


@dataclass(frozen=True)
class Letters:
    """Runs of letters in one word; a word begins and ends with a blank."""

    sizes: tuple[int, ...] = (3, 4, 5)

    def __call__(self, texts: Sequence[str]) -> Occurrences:
        spaced = [f" {' '.join(text.split())} " for text in texts]
        rows = np.repeat(np.arange(len(texts)), [len(text) for text in spaced])
        joined = "".join(spaced).encode("utf-32-le", "surrogatepass")
        codes = np.frombuffer(joined, dtype=np.uint32).astype(np.uint64)
        blanks = np.cumsum(codes == _BLANK)
        found = []
        for size in self.sizes:
            inside = _in_one_word(blanks, size)
            found.append((rows[: len(inside)][inside], _runs(codes, size)[inside]))
        return _joined(found)


@dataclass(frozen=True)
class Pairs:
    """Two words with at most `reach - 1` others between them, whichever comes first."""

    reach: int = 7

    def __call__(self, texts: Sequence[str]) -> Occurrences:
        rows, codes = _words(texts)
        found = []
        for gap in range(1, self.reach + 1):
            left, right = codes[:-gap], codes[gap:]
            together = rows[:-gap] == rows[gap:]
            keys = np.minimum(left, right) * _MIX + np.maximum(left, right)
            found.append((rows[:-gap][together], keys[together]))
        return _joined(found)


def _joined(parts: Sequence[Occurrences]) -> Occurrences:
    rows, keys = zip(*parts)
    return np.concatenate(rows), np.concatenate(keys)


def _words(texts: Sequence[str]) -> Occurrences:
    return _words_of_one(texts[0]) if len(texts) == 1 else _words_of(texts)


@lru_cache(maxsize=16)  # several kinds read the same message
def _words_of_one(text: str) -> Occurrences:
    return _words_of([text])


def _words_of(texts: Sequence[str]) -> Occurrences:
    words = [text.split() for text in texts]
    rows = np.repeat(np.arange(len(texts)), [len(each) for each in words])
    return rows, np.array([_word_code(word) for each in words for word in each], dtype=np.uint64)


def _runs_in_one_text(rows: Places, codes: Keys, size: int) -> Occurrences:
    keys = _runs(codes, size)
    inside = rows[: len(keys)] == rows[size - 1 :]
    return rows[: len(keys)][inside], keys[inside]


def _in_one_word(blanks: Places, size: int) -> NDArray[np.bool_]:
    """Which runs hold no blank but at their ends; `blanks` counts those up to each letter.

    Texts may follow each other: two blanks stand between their words.
    """
    count = max(0, len(blanks) - size + 1)
    return np.asarray(blanks[size - 2 : size - 2 + count] == blanks[:count])


def _runs(codes: Keys, size: int) -> Keys:
    """A key for each run of `size` neighbours (polynomial hash modulo 2^64)."""
    count = max(0, len(codes) - size + 1)
    keys = codes[:count].copy()
    for shift in range(1, size):
        keys *= _MIX
        keys += codes[shift : shift + count]
    return keys


@lru_cache(maxsize=100_000)
def _word_code(word: str) -> int:
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
