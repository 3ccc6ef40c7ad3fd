"""Word and letter n-grams of a text as tf-idf, read one message at a time in a fraction of a millisecond.

The weighting is that of scikit-learn's TfidfVectorizer: sublinear counts, each block of unit length, letters within
word borders. N-grams are kept as 64-bit keys, not as text: that takes a tenth of the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from hashlib import blake2b

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Keys = NDArray[np.uint64]
Counts = tuple[Keys, NDArray[np.int64]]
"""Different keys, in order, and how often each is there."""
Row = tuple[NDArray[np.int64], NDArray[np.float64]]
"""The columns of a text's n-grams and their values."""

_LETTERS = (3, 4, 5)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_BLANK = ord(" ")


class NgramFeatures:
    """Two blocks of columns: n-grams of words, then n-grams of letters."""

    def __init__(self, word_sizes: Sequence[int]) -> None:
        self._words = _Block(partial(_word_counts, sizes=tuple(word_sizes)))
        self._letters = _Block(_letter_counts, fewest_texts=2)

    @property
    def width(self) -> int:
        """How many columns there are."""
        return self._words.width + self._letters.width

    def fit(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Learn the n-grams; returns the texts' features, shape (texts, width)."""
        return sp.hstack([self._words.fit(texts), self._letters.fit(texts)], format="csr")

    def read(self, text: str) -> Row:
        """One text's features; n-grams that no training text had are left out."""
        words, word_values = self._words.read(text)
        letters, letter_values = self._letters.read(text)
        return np.concatenate([words, letters + self._words.width]), np.concatenate([word_values, letter_values])

    def known_share(self, text: str) -> float:
        """The share of a text's letter trigrams that the training texts had."""
        trigrams, _ = _letter_counts(text, sizes=(3,))
        return self._letters.holds(trigrams).mean() if len(trigrams) else 0.0

    def knows_a_word(self, text: str) -> bool:
        """Whether a training text had any of the text's words."""
        return bool(self._words.holds(_word_counts(text, sizes=(1,))[0]).any())


class _Block:
    """Columns of one kind of n-gram."""

    def __init__(self, counts_of: Callable[[str], Counts], *, fewest_texts: int = 1) -> None:
        self._counts_of = counts_of
        self._fewest_texts = fewest_texts

    @property
    def width(self) -> int:
        return len(self._known)

    def fit(self, texts: Sequence[str]) -> sp.csr_matrix:
        counted = [self._counts_of(text) for text in texts]
        seen, used_by = np.unique(np.concatenate([keys for keys, _ in counted]), return_counts=True)
        often = used_by >= self._fewest_texts
        self._known: Keys = seen[often]
        self._rarity = np.log((1 + len(texts)) / (1 + used_by[often])) + 1
        rows = [self._weigh(*one) for one in counted]
        ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns, values = (np.concatenate(parts) for parts in zip(*rows))
        return sp.csr_matrix((values, columns, ends), shape=(len(texts), self.width))

    def read(self, text: str) -> Row:
        return self._weigh(*self._counts_of(text))

    def holds(self, keys: Keys) -> NDArray[np.bool_]:
        """Which keys have a column."""
        return self._find(keys)[1]

    def _weigh(self, keys: Keys, counts: NDArray[np.int64]) -> Row:
        columns, held = self._find(keys)
        columns = columns[held]
        values = (np.log(counts[held]) + 1) * self._rarity[columns]
        return columns, values / (np.sqrt(values @ values) or 1.0)

    def _find(self, keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Each key's column, and whether it has one."""
        if not self.width:
            return np.zeros(len(keys), np.int64), np.zeros(len(keys), np.bool_)
        places = np.searchsorted(self._known, keys)
        return places, self._known.take(places, mode="clip") == keys


class WordFeatures(_Block):
    """One block of columns: single words that two texts or more have."""

    def __init__(self) -> None:
        super().__init__(partial(_word_counts, sizes=(1,)), fewest_texts=2)


# Several models read the same message one after the other.
@lru_cache(maxsize=64)
def _word_counts(text: str, *, sizes: Sequence[int]) -> Counts:
    return np.unique(word_keys(text, sizes=sizes), return_counts=True)


@lru_cache(maxsize=64)
def _letter_counts(text: str, *, sizes: Sequence[int] = _LETTERS) -> Counts:
    return np.unique(letter_keys(text, sizes=sizes), return_counts=True)


def word_keys(text: str, *, sizes: Sequence[int]) -> Keys:
    """A key for each run of words of these sizes."""
    codes = np.array([_word_code(word) for word in text.split()], dtype=np.uint64)
    return np.concatenate([_runs(codes, size) for size in sizes])


def letter_keys(text: str, *, sizes: Sequence[int] = _LETTERS) -> Keys:
    """A key for each run of letters of these sizes that lies in one word; a word begins and ends with a blank."""
    spaced = f" {' '.join(text.split())} "
    codes = np.frombuffer(spaced.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    blanks = np.cumsum(codes == _BLANK)
    return np.concatenate([_runs(codes, size)[_in_one_word(blanks, size)] for size in sizes])


def _in_one_word(blanks: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    """Which runs hold no blank but at their ends; `blanks` counts those up to each letter."""
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


@lru_cache(maxsize=20_000)
def _word_code(word: str) -> int:
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
