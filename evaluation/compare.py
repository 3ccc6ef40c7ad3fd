"""The hybrid classifier against peers trained on the same phrases: `python -m evaluation.compare`."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.listener import load_agent, parse_all
from evaluation.metrics import accuracy, auroc, macro_f1, oscr
from evaluation.questions import HELD_BACK, OUTSIDE
from evaluation.report import table, write_block
from evaluation.sets import KINDS, ROOT, Row, load_half
from evaluation.training import Trained, end_on_terminate, lay_out, train

BASELINES = ROOT / "evaluation" / "baselines"
PEERS = {
    "hybrid": ("hybrid (ours)", ROOT / "config.yml"),
    "logistic": ("Rasa LogisticRegressionClassifier, sparse features", BASELINES / "logistic_config.yml"),
    "stock": ("stock `rasa init` (DIET)", BASELINES / "stock_config.yml"),
}
_WARM_UP = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    options = _options(arguments)
    end_on_terminate()
    out: Path = options.out.resolve()
    document: Path | None = options.write.resolve() if options.write else None
    rows = load_half("development").questions
    results: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="compare-") as place:
        for name in options.peers:
            title, config = PEERS[name]
            print(f"Training {title} ...", flush=True)
            folder = Path(place) / name
            lay_out(folder, config, epochs=options.epochs)
            trained = train(folder, nlu_only=True, seconds=options.seconds)
            print(f"  {trained.seconds:.0f} s; listening to {len(rows)} questions ...", flush=True)
            results[name] = {"title": title, **measure(trained, rows)}
    report = render(results.values())
    if options.epochs:
        report = f"DIET was trained for {options.epochs} epochs instead of 100.\n\n{report}"
    out.mkdir(parents=True, exist_ok=True)
    (out / "compare.json").write_text(json.dumps(results, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(report)
    if document:
        write_block(document, "compare", report)
    return 0


def measure(trained: Trained, rows: Sequence[Row]) -> dict[str, Any]:
    """All figures of one peer."""
    agent = load_agent(trained.model)
    texts = [row.text for row in rows]
    parse_all(agent, texts[:_WARM_UP])
    parsed, took = [], []
    for text in texts:
        started = time.perf_counter()
        parsed += parse_all(agent, [text])
        took.append(time.perf_counter() - started)
    gold = [row.label for row in rows]
    rankings = [without_fallback(one) for one in parsed]
    forced = [ranking[0][0] for ranking in rankings]
    received = [one["intent"]["name"] or "nlu_fallback" for one in parsed]
    inside = [i for i, label in enumerate(gold) if label != OUTSIDE]
    outside = [i for i, label in enumerate(gold) if label == OUTSIDE]
    topics = [next(((name, score) for name, score in ranking if name != OUTSIDE)) for ranking in rankings]
    scores = np.array([score for _, score in topics])
    right = np.array([topics[i][0] == gold[i] for i in inside])
    return {
        "accuracy": accuracy(gold, forced),
        "in_scope_accuracy": accuracy([gold[i] for i in inside], [topics[i][0] for i in inside]),
        "macro_f1": {
            kind: macro_f1([gold[i] for i in members], [forced[i] for i in members])
            for kind in KINDS
            for members in [[i for i, row in enumerate(rows) if row.kind == kind]]
        },
        "auroc": auroc(scores[inside], scores[outside]),
        "oscr": oscr(scores[inside], right, scores[outside]),
        "as_shipped_in_scope": accuracy([gold[i] for i in inside], [received[i] for i in inside]),
        "as_shipped_fallback": float(
            np.mean([received[i] in HELD_BACK or received[i] == "nlu_fallback" for i in outside])
        ),
        "parse_ms": statistics.median(took) * 1000,
        "train_s": trained.seconds,
        "model_mb": trained.model_megabytes,
    }


def without_fallback(parsed: dict[str, Any]) -> list[tuple[str, float]]:
    """The ranking with Rasa's fallback, which its FallbackClassifier puts in front, taken out."""
    return [
        (entry["name"], float(entry["confidence"]))
        for entry in parsed["intent_ranking"]
        if entry["name"] != "nlu_fallback"
    ]


def render(results: Any) -> str:
    header = ["Classifier", "Accuracy", *(f"F1 {kind}" for kind in KINDS), "In-scope", "AUROC", "OSCR"]
    header += ["Shipped: in-scope / fallback", "ms", "Training", "Model"]
    rows = [
        [
            found["title"],
            f"{found['accuracy']:.3f}",
            *(f"{found['macro_f1'][kind]:.3f}" for kind in KINDS),
            f"{found['in_scope_accuracy']:.3f}",
            f"{found['auroc']:.3f}",
            f"{found['oscr']:.3f}",
            f"{found['as_shipped_in_scope']:.3f} / {found['as_shipped_fallback']:.3f}",
            f"{found['parse_ms']:.1f}",
            f"{found['train_s']:.0f} s",
            f"{found['model_mb']:.0f} MB",
        ]
        for found in results
    ]
    return table(header, rows)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evaluation.compare", description=__doc__)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--epochs", type=int, help="of DIET, instead of stock's 100 (hours on two cores)")
    parser.add_argument("--seconds", type=float, default=1800, help="most that one training may take")
    parser.add_argument("--out", type=Path, default=ROOT / "evaluation" / "results", help="folder for the results")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table into this document too")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
