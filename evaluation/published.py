"""The hybrid classifier on published sets: `python -m evaluation.published --folder PATH`.

The sets are not part of this project. Where they are published:
  hint3        HINT3, EMNLP 2020 Insights; github.com/hellohaptik/HINT3 (ODbL)
  arbanking77  ArBanking77, 2023; github.com/SinaLab/ArBanking77 (CC BY-SA 4.0)
  clinc150     Larson et al. 2019; github.com/clinc/oos-eval (CC BY 3.0)
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from assistant.arabizi import Transliterator
from assistant.language import load_detector, load_words
from assistant.nlu.hybrid import HybridModel, Settings
from assistant.nlu.ngrams import Floats
from assistant.nlu.reading import Reader
from assistant.text import normalise
from evaluation.listener import quieten
from evaluation.metrics import auroc, best_mcc, mcc_at, oscr
from evaluation.report import table, write_block
from evaluation.sets import ROOT

Labelled = list[tuple[str, str]]
_HINT3_OUTSIDE = "NO_NODES_DETECTED"
_SEEDS = (1, 2, 3)
_ENCODED: dict[str, Floats] = {}
"""The same test file is read once per seed; encoding it is most of the work."""


@dataclass(frozen=True)
class Published:
    """A training file and a test file; `outside` is the test's label of out-of-scope messages, if it has any."""

    name: str
    train: Labelled
    test: Labelled
    outside: str | None = None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m evaluation.published",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--folder", type=Path, required=True, help="holds hint3/, arbanking77/ and clinc150/")
    parser.add_argument("--out", type=Path, default=ROOT / "evaluation" / "results", help="folder for the results")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table into this document too")
    options = parser.parse_args(arguments)
    quieten()
    results: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for published in read_all(options.folder):
        results[published.name].append(measure(published))
        print(f"{published.name}: done", flush=True)
    means = {name: _mean(runs) for name, runs in results.items()}
    report = render(means)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "published.json").write_text(json.dumps(means, indent=2) + "\n", encoding="utf-8")
    print(report)
    if options.write:
        write_block(options.write, "published", report)
    return 0


def read_all(folder: Path) -> Iterator[Published]:
    for bot in ("sofmattress", "curekart"):
        train, test = (
            _read_csv(folder / "hint3" / f"{bot}_{part}.csv", "sentence", "label") for part in ("train", "test")
        )
        yield Published(f"HINT3 {bot}", train, test, _HINT3_OUTSIDE)
    banking = folder / "arbanking77"
    train = _read_csv(banking / "Banking77_Arabized_MSA_PAL_train.csv", "text", "label")
    for per_intent in (10, 20):
        for dialect in ("MSA", "PAL"):
            test = _read_csv(banking / f"Banking77_Arabized_{dialect}_test.csv", "text", "label")
            for seed in _SEEDS:
                yield Published(f"ArBanking77 {dialect}, {per_intent} phrases", _few(train, per_intent, seed), test)
    clinc = json.loads((folder / "clinc150" / "data_small.json").read_text(encoding="utf-8"))
    train = [(text, label) for text, label in clinc["train"]]
    test = [(text, label) for text, label in (*clinc["test"], *clinc["oos_test"])]
    yield Published("CLINC150 small", train, test, "oos")


def _read_csv(path: Path, text: str, label: str) -> Labelled:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [(row[text], row[label]) for row in csv.DictReader(file) if row[text]]


def _few(rows: Labelled, per_intent: int, seed: int) -> Labelled:
    grouped: dict[str, list[str]] = defaultdict(list)
    for text, label in rows:
        grouped[label].append(text)
    chooser = random.Random(seed)
    return [
        (text, label)
        for label, texts in sorted(grouped.items())
        for text in chooser.sample(texts, min(per_intent, len(texts)))
    ]


def measure(published: Published) -> dict[str, Any]:
    """The metrics that papers on out-of-scope messages report, and those at a threshold from the training file."""
    texts, intents = [text for text, _ in published.train], [label for _, label in published.train]
    read = _Reading(texts)
    ngrams, embeddings = read(texts)
    threshold = training_threshold(ngrams, embeddings, intents)
    model = HybridModel().fit(ngrams, embeddings, intents)
    best = [scored.best for scored in model.score(*read([text for text, _ in published.test]))]
    gold = [label for _, label in published.test]
    given, scores = [label for label, _ in best], np.array([score for _, score in best])
    outside = np.array([label == published.outside for label in gold])
    right = np.array([truth == label for truth, label in zip(gold, given)])
    inside = ~outside
    figures: dict[str, Any] = {"in_scope_accuracy": float(right[inside].mean())}
    if published.outside:
        label = published.outside
        figures |= {
            "auroc": auroc(scores[inside], scores[outside]),
            "oscr": oscr(scores[inside], right[inside], scores[outside]),
            "best_mcc": best_mcc(gold, given, scores, outside=label),
            "mcc_at_threshold": mcc_at(gold, given, scores, threshold=threshold, outside=label),
            "in_scope_at_threshold": float((right & (scores >= threshold))[inside].mean()),
            "out_of_scope_at_threshold": float((scores < threshold)[outside].mean()),
        }
    return figures


class _Reading:
    """Texts as the product's component reads them."""

    def __init__(self, training: Sequence[str]) -> None:
        from assistant.nlu.encoder import encode

        words = ROOT / "data" / "language.yml"
        self._encode_new = encode
        self._detector = load_detector(words)
        vocabulary = Transliterator.from_texts([normalise(text) for text in training])
        self._reader = Reader(vocabulary, load_words(words).not_arabizi)

    def __call__(self, texts: Sequence[str]) -> tuple[list[str], Floats]:
        read = [self._reader.read(normalise(text), self._detector.detect(text)) for text in texts]
        return [reading.for_ngrams for reading in read], self._encode([reading.for_embedding for reading in read])

    def _encode(self, texts: list[str]) -> Floats:
        new = [text for text in dict.fromkeys(texts) if text not in _ENCODED]
        if new:
            _ENCODED.update(zip(new, self._encode_new(new)))
        return np.stack([_ENCODED[text] for text in texts])


def training_threshold(texts: Sequence[str], embeddings: Floats, intents: Sequence[str]) -> float:
    """The score that rejects a tenth of the training file's own messages in cross-validation."""
    labels = np.asarray(intents)
    scores: NDArray[np.float64] = np.zeros(len(labels))
    for train, test in StratifiedKFold(3, shuffle=True, random_state=7).split(labels, labels):
        model = HybridModel(Settings()).fit([texts[i] for i in train], embeddings[train], labels[train].tolist())
        scores[test] = [scored.best[1] for scored in model.score([texts[i] for i in test], embeddings[test])]
    return float(np.quantile(scores, 0.1))


def _mean(runs: Sequence[dict[str, Any]]) -> dict[str, float]:
    return {key: float(np.mean([run[key] for run in runs])) for key in runs[0]}


def render(results: dict[str, dict[str, float]]) -> str:
    header = [
        "Set",
        "In-scope accuracy",
        "AUROC",
        "OSCR",
        "Best MCC",
        "At the training file's threshold: MCC",
    ]
    header += ["in-scope", "out-of-scope"]
    keys = ["in_scope_accuracy", "auroc", "oscr", "best_mcc", "mcc_at_threshold", "in_scope_at_threshold"]
    keys += ["out_of_scope_at_threshold"]
    return table(
        header,
        [
            [name, *(f"{figures[key]:.3f}" if key in figures else "-" for key in keys)]
            for name, figures in results.items()
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
