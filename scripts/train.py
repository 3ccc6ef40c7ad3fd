"""Train the model when what it is made of has changed by content, and never otherwise."""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from scripts.models import SHORT, Models

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "models"
MODEL = MODELS / "model.tar.gz"
UNFINISHED = MODELS / "training"
# What the trained model depends on. Risk words and topics are read at start: a change of theirs asks for no training,
# though the risk head learns better from the lists that it is used with. Risk examples are trained in.
SOURCES = ("config.yml", "domain.yml", "requirements.lock", "data/language.yml")
FOLDERS = ("data/nlu", "data/risk/examples", "data/rules", "data/responses", "assistant")


def sources(root: Path) -> Iterator[Path]:
    """Every file that the model is made of, in a fixed order."""
    for name in SOURCES:
        yield root / name
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".yml", ".py") and "__pycache__" not in path.parts:
                yield path


def fingerprint(root: Path) -> str:
    """A hash of names and contents."""
    digest = hashlib.sha256()
    for path in sources(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_trained(root: Path = ROOT) -> bool:
    return Models(root / "models").in_service() == fingerprint(root)


def train(*, in_service: bool = True) -> None:
    """Train a candidate with Rasa's own command (`assistant.__main__`), and put it into service unless told not to.

    Raises SystemExit with one line when training fails; what is in service then stays.
    """
    print(f"Training the model (log: {MODELS.name}/train.log) ...", flush=True)
    started = time.monotonic()
    fresh = fingerprint(ROOT)
    log = MODELS / "train.log"
    environment = {**os.environ, **RASA_ENVIRONMENT, "PYTHONPATH": str(ROOT)}
    # .rasa caches parts of earlier trainings by fingerprints that do not see our components' code
    command = [
        sys.executable,
        "-m",
        "assistant",
        "train",
        "--force",
        "--skip-validation",
        "--fixed-model-name",
        "model",
        "--out",
        str(UNFINISHED.relative_to(ROOT)),
    ]
    with log.open("w") as output:
        failed = subprocess.run(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT).returncode
    trained = UNFINISHED / MODEL.name
    if failed or not trained.is_file():
        tail = log.read_text(errors="replace").splitlines()[-5:]
        raise SystemExit("Training failed; the end of models/train.log says:\n  " + "\n  ".join(tail))
    models = Models(MODELS)
    models.keep(trained, fresh)
    if in_service:
        models.put_in_service(fresh)
    print(f"Trained in {time.monotonic() - started:.0f} s", flush=True)


RASA_ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--force", action="store_true", help="train even if nothing changed")
    parser.add_argument("--candidate", action="store_true", help="leave what is in service (see scripts.promote)")
    given = parser.parse_args()
    models = Models(MODELS)
    if models.pin.is_file() and models.live.is_file() and not (given.force or given.candidate):
        print(f"Model {models.in_service()[:SHORT]} was put back by hand and stays; `make promote` ends that.")
    elif given.candidate and models.path(fingerprint(ROOT)).is_file() and not given.force:
        print("This candidate is trained already.")
    elif given.force or given.candidate or not is_trained():
        train(in_service=not given.candidate)
    else:
        print("The model is up to date.")


if __name__ == "__main__":
    main()
