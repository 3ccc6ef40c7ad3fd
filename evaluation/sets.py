"""The hand-written sets, and the check that none of their texts was seen in training."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from desk.review.phrasebook import bare

ROOT = Path(__file__).resolve().parent.parent
SETS = ROOT / "evaluation" / "sets"
HALVES = ("development", "reporting")
KINDS = ("msa", "saudi", "arabizi", "english", "mixed")
_LABEL = {"questions": "intent", "risks": "category", "harmless": "group"}


@dataclass(frozen=True)
class Row:
    """One message of a set. `label`: its intent, risk category or group of harmless messages."""

    text: str
    label: str
    kind: str
    level: str = ""
    line: int = 0


@dataclass(frozen=True)
class Leak:
    """A row that is left out because the same words stand elsewhere."""

    name: str
    line: int
    found_in: str


@dataclass(frozen=True)
class Half:
    """One half of the sets, without its leaks."""

    questions: tuple[Row, ...]
    risks: tuple[Row, ...]
    harmless: tuple[Row, ...]
    leaks: tuple[Leak, ...]


def load_half(name: str, *, folder: Path = SETS, phrases: Mapping[str, str] | None = None) -> Half:
    """Read one half; rows whose words are those of a training phrase, or were read in development, are left out."""
    seen = dict(training_phrases() if phrases is None else phrases)
    if name != "development":
        for other in _LABEL:
            for row in read_rows(folder / "development" / f"{other}.csv", other):
                seen.setdefault(bare(row.text), f"development/{other}.csv")
    leaks: list[Leak] = []
    kept = {}
    for part in _LABEL:
        clean, leaked = without_leaks(read_rows(folder / name / f"{part}.csv", part), part, seen)
        kept[part] = tuple(clean)
        leaks += leaked
    return Half(kept["questions"], kept["risks"], kept["harmless"], tuple(leaks))


def read_rows(path: Path, part: str) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Row(entry["text"], entry[_LABEL[part]], entry["kind"], entry.get("level") or "", line)
            for line, entry in enumerate(csv.DictReader(file), start=2)
        ]


def without_leaks(rows: Iterable[Row], part: str, seen: Mapping[str, str]) -> tuple[list[Row], list[Leak]]:
    """Part the rows whose bare text has been seen from the others."""
    kept, leaks = [], []
    for row in rows:
        place = seen.get(bare(row.text))
        if place is None:
            kept.append(row)
        else:
            leaks.append(Leak(part, row.line, place))
    return kept, leaks


def training_phrases(folder: Path = ROOT / "data" / "nlu") -> dict[str, str]:
    """Each training phrase, bare, and the file that holds it."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.yml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for entry in document.get("nlu") or []:
            for line in str(entry.get("examples") or "").splitlines():
                phrase = bare(line.strip().removeprefix("-"))
                if phrase:
                    found.setdefault(phrase, str(path.relative_to(folder)))
    return found
