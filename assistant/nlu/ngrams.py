"""Word and letter n-grams of texts as tf-idf: a training set in one go, a message in a fraction of a millisecond.

The weighting is that of scikit-learn's TfidfVectorizer: sublinear counts, each block of unit length, letters within
word borders. N-grams are kept as 64-bit keys (`assistant.nlu.ngram_keys`), not as text: that takes a tenth of the
memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from assistant.nlu.ngram_keys import Keys, Kind, Letters, Pairs, Places, Words

Floats = NDArray[np.float32]
Counts = tuple[Keys, NDArray[np.int64]]
"""Different keys, in order, and how often each is there."""
Row = tuple[Places, NDArray[np.float64]]
"""The columns of a text's n-grams and their values."""


class NgramBlock:
    """Columns of one kind of n-gram."""

    def __init__(self, kind: Kind, *, fewest_texts: int = 1) -> None:
        self._kind = kind
        self._fewest_texts = fewest_texts

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self._known)

    def fit(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Learn the n-grams; returns the texts' features, shape (texts, width)."""
        rows, keys, counts = _count(*self._kind(texts))
        seen, used_by = np.unique(keys, return_counts=True)
        often = used_by >= self._fewest_texts
        self._known: Keys = seen[often]
        self._rarity = np.log((1 + len(texts)) / (1 + used_by[often])) + 1
        columns, held = self._find(keys)
        rows, columns = rows[held], columns[held]
        values = self._weigh(columns, counts[held])
        lengths = np.sqrt(np.bincount(rows, values * values, minlength=len(texts)))
        ends = np.cumsum([0, *np.bincount(rows, minlength=len(texts))])
        return sp.csr_matrix((values / lengths[rows], columns, ends), shape=(len(texts), self.width))

    def read(self, text: str) -> Row:
        """One text's features; n-grams that no training text had are left out."""
        keys, counts = _count_one(self._kind, text)
        columns, held = self._find(keys)
        columns = columns[held]
        values = self._weigh(columns, counts[held])
        return columns, values / (np.sqrt(values @ values) or 1.0)

    def holds(self, keys: Keys) -> NDArray[np.bool_]:
        """Which keys have a column."""
        return self._find(keys)[1]

    def _weigh(self, columns: Places, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.asarray((np.log(counts) + 1) * self._rarity[columns])

    def _find(self, keys: Keys) -> tuple[Places, NDArray[np.bool_]]:
        """Each key's column, and whether it has one."""
        if not self.width:
            return np.zeros(len(keys), np.int64), np.zeros(len(keys), np.bool_)
        places = np.searchsorted(self._known, keys)
        return places, self._known.take(places, mode="clip") == keys


class NgramFeatures:
    """Two blocks of columns: n-grams of words, then n-grams of letters."""

    def __init__(self, word_sizes: Sequence[int]) -> None:
        self._words = NgramBlock(Words(tuple(word_sizes)))
        self._letters = NgramBlock(Letters(), fewest_texts=2)

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
        trigrams, _ = _count_one(Letters((3,)), text)
        return self._letters.holds(trigrams).mean() if len(trigrams) else 0.0

    def knows_a_word(self, text: str) -> bool:
        """Whether a training text had any of the text's words."""
        return bool(self._words.holds(_count_one(Words((1,)), text)[0]).any())


class WordFeatures(NgramBlock):
    """One block of columns: single words that two texts or more have."""

    def __init__(self) -> None:
        super().__init__(Words((1,)), fewest_texts=2)


class PairFeatures(NgramBlock):
    """One block of columns: two words that stand near each other in two texts or more, in any order."""

    def __init__(self) -> None:
        super().__init__(Pairs(), fewest_texts=2)


def _count(rows: Places, keys: Keys) -> tuple[Places, Keys, NDArray[np.int64]]:
    """Each text's different keys, in order, and how often each is there."""
    order = np.lexsort((keys, rows))
    rows, keys = rows[order], keys[order]
    changes = np.ones(len(keys), np.bool_)
    changes[1:] = (keys[1:] != keys[:-1]) | (rows[1:] != rows[:-1])
    firsts = np.flatnonzero(changes)
    return rows[firsts], keys[firsts], np.diff(firsts, append=len(keys))


# Several models read the same message one after the other.
@lru_cache(maxsize=64)
def _count_one(kind: Kind, text: str) -> Counts:
    return np.unique(kind([text])[1], return_counts=True)
