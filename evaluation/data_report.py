"""What the training data is like: `python -m evaluation.data_report`. Exits with 1 when held-out texts leaked into it.

Phrases per intent and language kind, near-duplicates across intents, intents that compete for the same phrases, and
held-out rows that the evaluation would count although training has seen them.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.arabizi import Transliterator
from assistant.language import load_detector, load_words
from assistant.text import normalise
from desk.review.phrasebook import Likeness, Phrase, bare, read_phrases
from evaluation.sets import HALVES, ROOT, Half, load_half

KINDS = ("arabic", "arabizi", "english")
RESULTS = ROOT / "evaluation" / "results"
SHOWN_PAIRS = 25
LEAST_CONFUSED = 0.04
"""Share of an intent's phrases nearer to another intent from which the two are listed."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Twins:
    """Two phrases of different intents that are nearly the same."""

    likeness: float
    one: Phrase
    other: Phrase


@dataclass(frozen=True)
class Competition:
    """Phrases of `intent` that stand nearer to the middle of `rival`."""

    intent: str
    rival: str
    count: int
    share: float
    example: str


@dataclass(frozen=True)
class Seen:
    """A held-out row that the evaluation counts and that training has seen."""

    place: str
    text: str
    file: str


def main() -> int:
    """Run the command."""
    phrases = read_phrases(ROOT)
    seen = [leak for name in HALVES for leak in leaks_of(name, load_half(name), phrases)]
    twins = near_duplicates(phrases)
    rivals = competing(phrases, embedded(phrases, RESULTS / "phrase-embeddings.npz"))
    report = "\n".join(lines_of(phrases, twins, rivals, seen)) + "\n"
    (RESULTS / "data-report.md").write_text(report, encoding="utf-8")
    print(report)
    if seen:
        print(f"{len(seen)} held-out rows leaked into training: take them out of one or the other.")
    return 1 if seen else 0


def leaks_of(name: str, half: Half, phrases: Iterable[Phrase]) -> list[Seen]:
    """Rows of a half, as the evaluation counts them, whose words are those of a training phrase."""
    known = {bare(phrase.text): phrase.file for phrase in phrases}
    rows = [("questions", row) for row in half.questions]
    rows += [("risks", row) for row in half.risks] + [("harmless", row) for row in half.harmless]
    return [
        Seen(f"{name}/{part}.csv:{row.line}", row.text, known[bare(row.text)])
        for part, row in rows
        if bare(row.text) in known
    ]


def near_duplicates(phrases: Sequence[Phrase]) -> list[Twins]:
    """Pairs across intents, the most alike first."""
    found = [
        Twins(near.likeness, phrase, near.phrase)
        for phrase, nears in zip(phrases, Likeness(phrases).near_each([phrase.text for phrase in phrases]))
        for near in nears
        if phrase.intent < near.phrase.intent
    ]
    return sorted(found, key=lambda twins: -twins.likeness)


def competing(phrases: Sequence[Phrase], vectors: Floats) -> list[Competition]:
    """Intents whose phrases stand nearer to another intent's middle, themselves left out of their own middle.

    `vectors`: one unit-length row per phrase.
    """
    intents = sorted({phrase.intent for phrase in phrases})
    place = {intent: number for number, intent in enumerate(intents)}
    labels = np.array([place[phrase.intent] for phrase in phrases])
    sums = np.zeros((len(intents), vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, labels, vectors)
    similar = vectors @ (sums / np.linalg.norm(sums, axis=1, keepdims=True)).T
    rest = sums[labels] - vectors
    rest /= np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-9)
    similar[np.arange(len(labels)), labels] = np.einsum("ij,ij->i", vectors, rest)
    nearest = similar.argmax(axis=1)
    sizes = Counter(labels.tolist())
    strays: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row in np.flatnonzero(nearest != labels):
        strays[int(labels[row]), int(nearest[row])].append(int(row))
    found = [
        Competition(intents[a], intents[b], len(rows), len(rows) / sizes[a], _clearest(rows, similar, b, phrases))
        for (a, b), rows in strays.items()
    ]
    return sorted((each for each in found if each.share >= LEAST_CONFUSED), key=lambda each: -each.share)


def _clearest(rows: list[int], similar: Floats, rival: int, phrases: Sequence[Phrase]) -> str:
    return phrases[max(rows, key=lambda row: float(similar[row, rival]))].text


def embedded(phrases: Sequence[Phrase], cache: Path) -> Floats:
    """The phrases' sentence embeddings as the model reads them; kept in `cache` for those that stay the same."""
    texts = _as_read(phrases)
    keys = [hashlib.sha256(text.encode()).hexdigest()[:24] for text in texts]
    known: dict[str, Floats] = {}
    if cache.is_file():
        with np.load(cache) as stored:
            known = dict(zip(stored["keys"].tolist(), stored["vectors"].astype(np.float32)))
    missing = sorted({text for key, text in zip(keys, texts) if key not in known})
    if missing:
        from assistant.nlu.encoder import encode

        for text, vector in zip(missing, encode(missing)):
            known[hashlib.sha256(text.encode()).hexdigest()[:24]] = vector
        kept = sorted(set(keys))
        np.savez_compressed(
            cache, keys=np.array(kept), vectors=np.stack([known[key] for key in kept]).astype(np.float16)
        )
    return np.stack([known[key] for key in keys])


def _as_read(phrases: Sequence[Phrase]) -> list[str]:
    """Each phrase as the sentence half of the model reads it: Arabizi in Arabic script."""
    from assistant.nlu.reading import Reader

    words = ROOT / "data" / "language.yml"
    detector = load_detector(words)
    normalised = [normalise(phrase.text) for phrase in phrases]
    reader = Reader(Transliterator.from_texts(normalised), load_words(words).not_arabizi)
    return [reader.read(text, detector.detect(phrase.text)).for_embedding for text, phrase in zip(normalised, phrases)]


def lines_of(
    phrases: Sequence[Phrase], twins: Sequence[Twins], rivals: Sequence[Competition], seen: Sequence[Seen]
) -> Iterator[str]:
    """The report as Markdown."""
    yield from ("# Training data", "", f"{len(phrases)} phrases.", "")
    yield "| intent | " + " | ".join(KINDS) + " | all |"
    yield "|---|" + "---|" * (len(KINDS) + 1)
    counts = Counter((phrase.intent, phrase.kind) for phrase in phrases)
    for intent in sorted({phrase.intent for phrase in phrases}):
        row = [counts[intent, kind] for kind in KINDS]
        yield f"| `{intent}` | " + " | ".join(map(str, row)) + f" | {sum(row)} |"
    yield from ("", f"## Near-duplicates across intents: {len(twins)}")
    for each in twins[:SHOWN_PAIRS]:
        yield f"- {each.likeness:.2f} `{each.one.intent}` {each.one.text} | `{each.other.intent}` {each.other.text}"
    yield from ("", f"## Intents that compete: {len(rivals)} pairs")
    for rival in rivals[:SHOWN_PAIRS]:
        yield f"- {rival.share:.0%} ({rival.count}) of `{rival.intent}` are nearer to `{rival.rival}`: {rival.example}"
    yield from ("", f"## Held-out rows seen in training: {len(seen)}")
    for leak in seen:
        yield f"- {leak.place}: {leak.text} ({leak.file})"


if __name__ == "__main__":
    sys.exit(main())
