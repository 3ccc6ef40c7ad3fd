"""The training phrases as files hold them, what is alike among them, and what must never be among them."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from assistant.text import normalise, tokens

HELD_OUT = ("questions", "risks", "harmless")
NEAR = 0.86
"""Cosine of letter trigrams from which two phrases count as near-duplicates."""
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
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        file = path.relative_to(root).as_posix()
        for entry in document.get("nlu") or []:
            lines = (line.strip().removeprefix("-").strip() for line in str(entry.get("examples") or "").splitlines())
            phrases += [Phrase(line, entry["intent"], path.parent.name, file) for line in lines if line]
    return phrases


def read_held_out(root: Path) -> dict[str, str]:
    """Each normalised text of the held-out sets and the file that holds it."""
    found: dict[str, str] = {}
    for half in ("development", "reporting"):
        for part in HELD_OUT:
            path = root / "evaluation" / "sets" / half / f"{part}.csv"
            if path.is_file():
                with path.open(encoding="utf-8", newline="") as file:
                    found |= {normalise(row["text"]): f"{half}/{part}.csv" for row in csv.DictReader(file)}
    return found


def bare(text: str) -> str:
    """A text as the near-duplicate check reads it: normalised words without punctuation."""
    return " ".join(tokens(normalise(text)))


class Likeness:
    """Finds the phrase most like a text, by cosine of letter trigrams within words (weighted by rarity)."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._phrases = list(phrases)
        counts = [_trigrams(bare(phrase.text)) for phrase in self._phrases]
        documents = Counter(gram for grams in counts for gram in grams)
        self._rarity = {gram: math.log(1 + len(counts) / seen) for gram, seen in documents.items()}
        self._unknown = math.log(1 + len(counts))
        self._index: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for row, grams in enumerate(counts):
            for gram, weight in self._vector(grams).items():
                self._index[gram].append((row, weight))

    def near(self, text: str, *, least: float = NEAR) -> list[Near]:
        """Phrases at least that much alike, the most alike first."""
        sums: dict[int, float] = defaultdict(float)
        for gram, weight in self._vector(_trigrams(bare(text))).items():
            for row, other in self._index.get(gram, ()):
                sums[row] += weight * other
        found = [Near(self._phrases[row], likeness) for row, likeness in sums.items() if likeness >= least]
        return sorted(found, key=lambda near: -near.likeness)

    def _vector(self, grams: Mapping[str, int]) -> dict[str, float]:
        weights = {gram: count * self._rarity.get(gram, self._unknown) for gram, count in grams.items()}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {gram: weight / length for gram, weight in weights.items()}


@lru_cache(maxsize=20_000)
def _trigrams(text: str) -> Counter[str]:
    return Counter(f" {word} "[place : place + 3] for word in text.split() for place in range(len(word)))
