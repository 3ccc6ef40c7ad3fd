"""How well the trained assistant understands the hand-written sets: `python -m evaluation.evaluate`."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evaluation.confusion import draw_confusion
from evaluation.errors import worst_errors
from evaluation.listener import Heard, Listener
from evaluation.questions import question_figures
from evaluation.report import quality_goals, quality_report, write_block
from evaluation.risks import harmless_figures, risk_figures
from evaluation.sets import HALVES, ROOT, SETS, Half, load_half


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    options = _options(arguments)
    out: Path = options.out.resolve()
    document: Path | None = options.write.resolve() if options.write else None
    half = load_half(options.half, folder=options.sets.resolve())
    for leak in half.leaks:
        print(f"left out: {options.half}/{leak.name}.csv:{leak.line}, the same as in {leak.found_in}")
    _warn_if_older(options.model)
    started = time.perf_counter()
    print(f"Loading {options.model} ...", flush=True)
    listener = Listener(options.model)
    print("Listening ...", flush=True)
    questions, risks, harmless = (
        listener.listen([row.text for row in rows]) for rows in (half.questions, half.risks, half.harmless)
    )
    figures = {
        "half": options.half,
        "model_id": listener.model_id,
        "threshold": questions[0].threshold if questions else 0.0,
        **_figures(half, questions, risks, harmless),
        "seconds": round(time.perf_counter() - started, 1),
    }
    report = quality_report(figures)
    picture = out / f"confusion-{options.half}.png"
    draw_confusion(
        [row.label for row in half.questions],
        [one.label for one in questions],
        picture,
        title=f"Questions of the {options.half} half",
    )
    (out / f"evaluation-{options.half}.json").write_text(_json(figures), encoding="utf-8")
    (out / f"evaluation-{options.half}.md").write_text(report, encoding="utf-8")
    print(report)
    if options.half == "development" or options.errors:
        path = out / f"errors-{options.half}.md"
        path.write_text(worst_errors(half, questions, risks, harmless), encoding="utf-8")
        print(f"The errors: {path}")
    if document:
        write_block(document, f"quality-{options.half}", report)
        shutil.copy(picture, document.parent / picture.name)
    print(f"Figures and confusion matrix: {out}")
    met = all(goal.met for goal in quality_goals(figures))
    return 1 if options.check and not met else 0


def _figures(
    half: Half, questions: Sequence[Heard], risks: Sequence[Heard], harmless: Sequence[Heard]
) -> dict[str, Any]:
    return {
        "messages": {
            "questions": len(half.questions),
            "risks": len(half.risks),
            "harmless": len(half.harmless),
        },
        "leaks": [f"{leak.name}.csv:{leak.line}: {leak.found_in}" for leak in half.leaks],
        "risks": risk_figures(half.risks, risks),
        "harmless": harmless_figures(half.harmless, harmless),
        "questions": question_figures(half.questions, questions),
    }


def _json(figures: dict[str, Any]) -> str:
    return json.dumps(figures, ensure_ascii=False, indent=2) + "\n"


def _warn_if_older(model: Path) -> None:
    if not model.is_file():
        return
    sources = [ROOT / "config.yml", ROOT / "domain.yml", *(ROOT / "data" / "nlu").rglob("*.yml")]
    newer = [path for path in sources if path.stat().st_mtime > model.stat().st_mtime]
    if newer:
        print(f"Note: {len(newer)} files changed after {model} was trained, such as {newer[0].relative_to(ROOT)}.")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evaluation.evaluate", description=__doc__)
    parser.add_argument("--half", choices=HALVES, default="development", help="which half of the sets")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "model.tar.gz")
    parser.add_argument("--sets", type=Path, default=SETS, help="folder of the sets")
    parser.add_argument("--out", type=Path, default=ROOT / "evaluation" / "results", help="folder for the results")
    parser.add_argument("--errors", action="store_true", help="list the errors of the reporting half too")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the figures into this document too")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a goal is not met")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
