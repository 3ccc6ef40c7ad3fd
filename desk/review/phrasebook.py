"""The training phrases as files hold them, what is alike among them, and what must never be among them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from assistant.text import normalise, tokens
from assistant.yaml_loader import LOADER

HELD_OUT = ("questions", "risks", "harmless")
NEAR = 0.86
"""Cosine of letter trigrams from which two phrases count as near-duplicates."""
_BATCH = 256
_LATIN_WORD = re.compile(r"[a-z]{3,}")
_ARABIC = re.compile(r"[\u0620-\u064a]")


@dataclass(frozen=True)
class Phrase:
    text: str
    intent: str
    folder: str
    """ar or en, the folder of the file."""
    file: str
    """Path from the project's root."""

    @property
    def kind(self) -> str:
        """english, arabic (any Arabic letter) or arabizi."""
        if self.folder == "en":
            return "english"
        return "arabic" if _ARABIC.search(self.text) else "arabizi"


@dataclass(frozen=True)
class Near:
    phrase: Phrase
    likeness: float


def read_phrases(root: Path) -> list[Phrase]:
    """Every training phrase under `root`/data/nlu, in the order of the files."""
    phrases: list[Phrase] = []
    for path in sorted((root / "data" / "nlu").glob("*/*.yml")):
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER) or {}
        file = path.relative_to(root).as_posix()
        for entry in document.get("nlu") or []:
            lines = (line.strip().removeprefix("-").strip() for line in str(entry.get("examples") or "").splitlines())
            phrases += [Phrase(line, entry["intent"], path.parent.name, file) for line in lines if line]
    return phrases


def latin_words(root: Path) -> frozenset[str]:
    """Words in Latin letters that the training phrases use, in small letters: none of them is taken for a name."""
    texts = (path.read_text(encoding="utf-8") for path in (root / "data" / "nlu").glob("*/*.yml"))
    return frozenset(word for text in texts for word in _LATIN_WORD.findall(text.lower()))


def read_held_out(root: Path) -> dict[str, str]:
    """Each text of the held-out sets, bare, and the file that holds it."""
    found: dict[str, str] = {}
    for half in ("development", "reporting"):
        for part in HELD_OUT:
            path = root / "evaluation" / "sets" / half / f"{part}.csv"
            if path.is_file():
                with path.open(encoding="utf-8", newline="") as file:
                    found |= {bare(row["text"]): f"{half}/{part}.csv" for row in csv.DictReader(file)}
    return found


@lru_cache(maxsize=50_000)
def bare(text: str) -> str:
    """A text as the model reads it: normalised words without punctuation. Texts that are equal so are the same."""
    return " ".join(tokens(normalise(text)))


class Likeness:
    """Finds the phrases most like a text: cosine of tf-idf over the letter trigrams of their words."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer  # scikit-learn: only where phrases are compared

        self._phrases = list(phrases)
        self._vectorizer = TfidfVectorizer(analyzer=_trigrams)
        self._vectors = self._vectorizer.fit_transform([phrase.text for phrase in self._phrases])

    def near(self, text: str, *, least: float = NEAR) -> list[Near]:
        """Phrases at least that much alike, the most alike first."""
        return next(self.near_each([text], least=least))

    def near_each(self, texts: Sequence[str], *, least: float = NEAR) -> Iterator[list[Near]]:
        """`near` for each of many texts, in batches."""
        for start in range(0, len(texts), _BATCH):
            batch = self._vectorizer.transform(texts[start : start + _BATCH]) @ self._vectors.T
            for row in batch:
                found = [
                    Near(self._phrases[n], float(value)) for n, value in zip(row.indices, row.data) if value >= least
                ]
                yield sorted(found, key=lambda near: -near.likeness)


def _trigrams(text: str) -> list[str]:
    return [f" {word} "[place : place + 3] for word in bare(text).split() for place in range(len(word))]
