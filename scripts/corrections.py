"""Learn from accepted corrections: `make corrections`.

In a copy of the project: phrases and risk examples are written, the model is trained, and both models are measured on
the development half. Only if no figure that matters fell is the new model promoted as by `make promote`: it must play a
turn before it goes into service, and `make rollback` brings the one before back. Then the files are put into the
project. What was refused, and what the model still does not understand, is told, and kept with the run in the desk.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "desk.settings")

import django

django.setup()

from django.utils import timezone  # noqa: E402

from desk.review.patches import Author, Item, Patch  # noqa: E402
from desk.review.selectors import corrections_accepted  # noqa: E402
from desk.review.services.corrections import corrections_run_record, item_of  # noqa: E402
from evaluation.gate import Compared, compare  # noqa: E402
from scripts.models import SHORT, Models  # noqa: E402
from scripts.promote import NotReady, promote  # noqa: E402
from scripts.run import environment  # noqa: E402
from scripts.train import RASA_ENVIRONMENT  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
COPIED = (
    *("actions", "assistant", "config.yml", "credentials.yml", "data", "desk", "domain.yml", "endpoints.yml"),
    *("clinic.yml", "evaluation", "requirements.lock", "scripts", "tests/conversations"),
)
HALF = "development"
REPORT = "risk-corrections.md"
NO_ANSWER = "answers a first turn"
"""What a model is held back for that passed the measuring and then did not come into service."""


@dataclass(frozen=True)
class Learnt:
    """What a training with a patch gave."""

    figures: list[Compared]
    understood: set[int]
    """Corrections whose own wording the new model understands as corrected."""

    @property
    def falls(self) -> list[str]:
        return [figure.name for figure in self.figures if figure.fell]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when there was nothing to do or the model was promoted."""
    options = _options(arguments)
    started = timezone.now()
    items = [item_of(correction) for correction in corrections_accepted()]
    author = Author(ROOT)
    patch = author.patch(items, on=timezone.localdate(started))
    _tell_refused(patch)
    if not patch.taken:
        print("No accepted correction to learn from.")
        if patch.refused:
            corrections_run_record(
                learnt=[], refused=patch.refused, figures=[], falls=[], is_promoted=False, started_at=started
            )
        return 0
    if options.dry_run:
        print(patch.diff())
        return 0
    settings = environment()
    falls: list[str] = []
    with tempfile.TemporaryDirectory(prefix="corrections-") as folder:
        copy = Path(folder)
        learnt = learn(patch, copy)
        falls += learnt.falls
        if not falls:
            final = author.patch(items, on=timezone.localdate(started), tests_for=learnt.understood)
            try:
                put_into_service(
                    final, copy, root=ROOT, promoted_by=lambda models, name: promote(models, name, settings)
                )
            except NotReady as error:
                print(f"The new model passed, but {error}")
                falls.append(NO_ANSWER)
    _write_risk_report(patch.taken, learnt.understood)
    corrections_run_record(
        learnt=patch.taken,
        refused=patch.refused,
        figures=[figure.as_dict() for figure in learnt.figures],
        falls=falls,
        is_promoted=not falls,
        started_at=started,
    )
    _tell(patch.taken, learnt, is_promoted=not falls)
    return 1 if falls else 0


def learn(patch: Patch, copy: Path) -> Learnt:
    """Train in a copy of the project with the patch, and measure the models before and after."""
    for name in COPIED:
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copy(source, target)
    (copy / "models").mkdir()
    patch.write(copy)
    _run(copy, "scripts.train", "--force")
    results = copy / "evaluation" / "results"
    results.mkdir(exist_ok=True)
    before = _measure(copy, ROOT / "models" / "model.tar.gz", results / "before")
    after = _measure(copy, copy / "models" / "model.tar.gz", results / "after")
    return Learnt(compare(before, after), _understood(patch.taken, copy))


def put_into_service(patch: Patch, copy: Path, *, root: Path, promoted_by: Callable[[Models, str], str]) -> None:
    """Promote the copy's model in the project, then write the files; raises NotReady, the files untouched.

    The model first: if this is cut short the corrections stay accepted, and the next run writes them.
    """
    trained, models = Models(copy / "models"), Models(root / "models")
    fingerprint = trained.in_service()
    models.keep(trained.path(fingerprint), fingerprint)
    print(f"In service: {promoted_by(models, fingerprint)[:SHORT]} (make rollback: the one before)")
    patch.write(root)


def _measure(copy: Path, model: Path, out: Path) -> dict[str, Any]:
    out.mkdir(parents=True)
    _run(copy, "evaluation.evaluate", "--half", HALF, "--model", str(model), "--out", str(out))
    figures: dict[str, Any] = json.loads((out / f"evaluation-{HALF}.json").read_text(encoding="utf-8"))
    return figures


def _understood(items: Sequence[Item], copy: Path) -> set[int]:
    """Which corrections the model in the copy understands as they say."""
    texts = json.dumps([item.text for item in items], ensure_ascii=False)
    said = _run(copy, "scripts.why", "--json", "--model", str(copy / "models" / "model.tar.gz"), text=texts)
    heard = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return {item.id for item, why in zip(items, heard) if _as_corrected(item, why)}


def _as_corrected(item: Item, why: dict[str, Any]) -> bool:
    level = why["risk"]["level"]
    to_staff = level in ("personal", "emergency") or str(why["intent"]).startswith("report_")
    if item.kind == "risk":
        return to_staff
    if item.kind == "no_risk":
        return not to_staff
    return not to_staff and why["intent"] == item.intent and len(why["answers"]) <= 1


def _run(folder: Path, module: str, *arguments: str, text: str | None = None) -> str:
    """Run one of the project's modules in a folder; its last lines are told when it fails."""
    environment = {**os.environ, **RASA_ENVIRONMENT, "PYTHONPATH": str(folder)}
    print(f"{module} ...", flush=True)
    ended = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=environment,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        tail = (ended.stdout + ended.stderr).splitlines()[-15:]
        raise SystemExit(f"{module} failed:\n  " + "\n  ".join(tail))
    return ended.stdout


def _write_risk_report(items: Sequence[Item], understood: set[int]) -> None:
    """What the clinician should look at: risks in patients' words, for the word lists in data/risk."""
    risks = [item for item in items if item.kind == "risk"]
    if not risks:
        return
    lines = ["# Risks that reviewers found", "", "For the word lists in `data/risk/` (docs/clinical-review.md).", ""]
    for item in risks:
        heard = "heard by the new model" if item.id in understood else "**still not heard**"
        lines.append(f"- `{item.category}`: {item.text} ({heard})")
    path = ROOT / "evaluation" / "results" / REPORT
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"For the clinician: {path}")


def _tell_refused(patch: Patch) -> None:
    for refusal in patch.refused:
        print(f"refused: correction {refusal.item.id}: {refusal.code}{f' ({refusal.what})' if refusal.what else ''}")


def _tell(items: Sequence[Item], learnt: Learnt, *, is_promoted: bool) -> None:
    for figure in learnt.figures:
        mark = "  FELL" if figure.fell else ""
        print(f"{figure.name:<36} {figure.before:7.2%} -> {figure.after:7.2%}{mark}")
    for item in items:
        if item.id not in learnt.understood:
            print(f"still misunderstood: correction {item.id}: {item.text}")
    print(f"Promoted: {len(items)} corrections." if is_promoted else "Held back: nothing was changed.")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.corrections", description=__doc__)
    parser.add_argument("--dry-run", action="store_true", help="only print what would be written")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
