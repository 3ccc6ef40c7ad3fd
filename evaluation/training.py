"""Train a Rasa model in a folder of its own, with no cache, and time it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from evaluation.sets import ROOT

_PROGRESS = re.compile(r"Epochs: [^|]*\|[^|]*\| (?P<done>\d+)/\d+ \[(?P<took>[\d:]+)<")
_LINKED = ("data", "domain.yml", "clinic.yml")
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
}


@dataclass(frozen=True)
class Trained:
    """A model and what it took to make."""

    model: Path
    model_megabytes: float
    seconds: float
    log: str = field(default="", repr=False)


def lay_out(folder: Path, config: Path, *, epochs: int | None = None) -> None:
    """Put this project's data, with `config`, into an empty folder; `epochs` shortens training."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _LINKED:
        (folder / name).symlink_to(ROOT / name)
    write_config(config, folder, epochs=epochs)


def write_config(config: Path, folder: Path, *, epochs: int | None = None) -> None:
    document: dict[str, Any] = yaml.safe_load(config.read_text(encoding="utf-8"))
    for part in (*document["pipeline"], *document["policies"]):
        if epochs and "epochs" in part:
            part["epochs"] = epochs
    (folder / "config.yml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def train(folder: Path, *, program: str = "rasa", nlu_only: bool = False, seconds: float = 1800) -> Trained:
    """Run `rasa train` there, or that of another module; a failure ends the command with the training's last lines."""
    shutil.rmtree(folder / ".rasa", ignore_errors=True)
    command = [sys.executable, "-m", program, "train", *(["nlu"] if nlu_only else [])]
    command += ["--force", "--fixed-model-name", "model", "--out", "models"]
    command += [] if nlu_only else ["--skip-validation"]  # as `make train`; `rasa train nlu` has no such option
    log = folder / "train.log"
    started = time.perf_counter()
    with log.open("wb") as output:
        try:
            ended = subprocess.run(
                command,
                cwd=folder,
                env=environment(),
                stdout=output,
                stderr=output,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SystemExit(f"Training in {folder} took more than {seconds:.0f} s.") from None
    taken = time.perf_counter() - started
    model = folder / "models" / "model.tar.gz"
    if ended.returncode or not model.is_file():
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:])
        raise SystemExit(f"Training in {folder} failed:\n{tail}")
    return Trained(model, model.stat().st_size / 1e6, taken, log.read_text(encoding="utf-8", errors="replace"))


def seconds_with_all_epochs(trained: Trained, epochs: int) -> float:
    """What training would have taken with all epochs, at the pace of those after the first."""
    return trained.seconds + sum((epochs - max(bar)) * _pace(bar) for bar in _progress(trained.log))


def seconds_per_epoch(trained: Trained) -> float:
    """Of all parts that learn in epochs, together."""
    return sum(map(_pace, _progress(trained.log)))


def _pace(bar: dict[int, float]) -> float:
    first, last = min(bar), max(bar)
    return (bar[last] - bar[first]) / (last - first) if last > first else bar[last] / last


def _progress(log: str) -> list[dict[int, float]]:
    """For each progress bar of the log: epochs done and the seconds they had taken."""
    bars: list[dict[int, float]] = []
    for update in _PROGRESS.finditer(log):
        done = int(update["done"])
        minutes = [float(part) for part in update["took"].split(":")]
        if not done:
            continue
        if not bars or done < max(bars[-1]):
            bars.append({})
        bars[-1][done] = sum(part * 60**i for i, part in enumerate(reversed(minutes)))
    return bars


def end_on_terminate() -> None:
    """Let SIGTERM end the command as Ctrl-C does, with its children and temporary folders."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def environment(**more: str) -> dict[str, str]:
    """This process's environment, with Rasa kept quiet and the project's modules importable."""
    return {**os.environ, **QUIET, "PYTHONPATH": str(ROOT), **more}
