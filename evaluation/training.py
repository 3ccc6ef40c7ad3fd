"""Train a Rasa model in a folder of its own, with no cache, and time it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from evaluation.sets import ROOT

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


def lay_out(folder: Path, config: Path) -> None:
    """Put this project's data, with `config`, into an empty folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _LINKED:
        (folder / name).symlink_to(ROOT / name)
    shutil.copy(config, folder / "config.yml")


def train(folder: Path, *, nlu_only: bool = False, seconds: float = 1800) -> Trained:
    """Run `rasa train` there; a failure ends the command with the training's last lines."""
    shutil.rmtree(folder / ".rasa", ignore_errors=True)
    command = [sys.executable, "-m", "rasa", "train", *(["nlu"] if nlu_only else [])]
    command += ["--fixed-model-name", "model", "--out", "models"]
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
    return Trained(model, model.stat().st_size / 1e6, taken)


def environment(**more: str) -> dict[str, str]:
    """This process's environment, with Rasa kept quiet and the project's modules importable."""
    return {**os.environ, **QUIET, "PYTHONPATH": str(ROOT), **more}
