"""Put a trained model into service, or the one before it back: `python -m scripts.promote [FINGERPRINT | --back]`.

A model goes into service only after it has been loaded beside the running one and has played a turn. Then the
assistant is restarted, where a supervisor of `make run` is there to do it; if it does not become ready with the new
model, the one before comes back.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
from supervisor.xmlrpc import SupervisorTransport

from scripts.models import SHORT, Models, NoSuchModel
from scripts.run import RUN, environment
from scripts.train import MODELS, ROOT

READY_SECONDS = 300
SUPERVISOR = RUN / "supervisor.sock"
PROGRAM = "assistant"
NO_MODEL = ("Could not load model", "No valid model found")
"""What Rasa's log says before it serves without a model, for ever."""


class NotReady(Exception):
    """The model does not load or does not answer; the text is the end of the assistant's log."""


def promote(models: Models, name: str, settings: Mapping[str, str]) -> str:
    """Try a candidate, then put it into service; returns its fingerprint. Raises NoSuchModel or NotReady."""
    fingerprint = models.find(name)
    print(f"Trying model {fingerprint[:SHORT]} beside the one in service ...", flush=True)
    try_out(models.path(fingerprint), settings)
    before = models.in_service()
    models.put_in_service(fingerprint)
    if not restarted(settings):
        if before not in ("", fingerprint):
            models.go_back()
            restarted(settings)
        raise NotReady("in service it did not become ready; the model before is back (see .run/assistant.log)")
    models.pin.unlink(missing_ok=True)
    return fingerprint


def roll_back(models: Models, settings: Mapping[str, str]) -> str:
    """Put the model before back into service, tried out like any other; training leaves it there until a promotion."""
    fingerprint = models.before()
    print(f"Trying model {fingerprint[:SHORT]} beside the one in service ...", flush=True)
    try_out(models.path(fingerprint), settings)
    models.go_back()
    models.pin.write_text(fingerprint + "\n")
    if not restarted(settings):
        raise NotReady("the assistant does not become ready (see .run/assistant.log)")
    return fingerprint


def try_out(model: Path, settings: Mapping[str, str]) -> None:
    """Load a model in an assistant of its own until it has played a turn; raises NotReady."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with _assistant(model, port, settings) as (process, log):
        if not _becomes_ready(port, process, log):
            raise NotReady(
                "\n  ".join(["it does not become ready:", *log.read_text(errors="replace").splitlines()[-8:]])
            )


def restarted(settings: Mapping[str, str]) -> bool:
    """Restart the assistant of `make run`, if it runs, and tell whether it became ready."""
    if not SUPERVISOR.exists():
        print("No `make run` on this machine: restart the assistants one after the other to load it.", flush=True)
        return True
    transport = SupervisorTransport(None, None, f"unix://{SUPERVISOR}")
    supervisor = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor
    print("Restarting the assistant ...", flush=True)
    with suppress(xmlrpc.client.Fault):  # it may be between two starts
        supervisor.stopProcess(PROGRAM)
    supervisor.startProcess(PROGRAM, False)
    return _becomes_ready(int(settings["ASSISTANT_PORT"]))


def _becomes_ready(port: int, process: subprocess.Popen[bytes] | None = None, log: Path | None = None) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            return False
        if log is not None and any(words in log.read_text(errors="replace") for words in NO_MODEL):
            return False
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/webhooks/desk/ready", timeout=30, trust_env=False)
        except httpx.HTTPError:
            time.sleep(0.5)
            continue
        if answer.status_code == httpx.codes.OK:
            return True
        time.sleep(0.5)
    return False


@contextmanager
def _assistant(model: Path, port: int, settings: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    command = [sys.executable, "-m", "assistant", "run", "--interface", "127.0.0.1", "--port", str(port)]
    command += ["--model", str(model), "--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "assistant.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **settings}, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            yield process, log
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.promote", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("fingerprint", nargs="?", default="", help="how it begins; without it: the newest candidate")
    which.add_argument("--back", action="store_true", help="the model that was in service before")
    which.add_argument("--list", action="store_true", help="show the candidates, the newest first")
    given = parser.parse_args()
    models = Models(MODELS)
    if given.list:
        for name in models.names():
            print(name[:SHORT], "in service" if name == models.in_service() else "")
        return
    try:
        settings = environment()
        fingerprint = roll_back(models, settings) if given.back else promote(models, given.fingerprint, settings)
    except (NoSuchModel, NotReady) as error:
        raise SystemExit(f"Not changed: {error}") from None
    print(f"In service: {fingerprint[:SHORT]}")


if __name__ == "__main__":
    main()
