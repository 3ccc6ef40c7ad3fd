"""Real servers for tests: each a process of its own on a free port, with its log in a file."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models" / "model.tar.gz"
TOKEN = "token-of-the-tests"
START_SECONDS = 180
ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
    "PYTHONPATH": str(ROOT),
    "SANIC_HOST": "127.0.0.1",
    "ASSISTANT_TOKEN": TOKEN,
}


@dataclass(frozen=True)
class Server:
    """A running process and where it listens."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def action_server(logs: Path) -> Iterator[Server]:
    """The clinic's own actions, as `make run` starts them."""
    port = free_port()
    command = ["rasa_sdk", "--actions", "actions", "--port", str(port)]
    with _running("actions", command, port, logs, environment={}, path="/health") as server:
        yield server


@contextmanager
def assistant_server(logs: Path, *, action_endpoint: str, model: Path = MODEL) -> Iterator[Server]:
    """Rasa with the desk's channel; without a model in the folder `model` it still listens."""
    port = free_port()
    command = ["rasa", "run", "--interface", "127.0.0.1", "--port", str(port), "--model", str(model)]
    command += ["--endpoints", "endpoints.yml", "--credentials", "credentials.yml", "--enable-api"]
    environment = {"ACTION_ENDPOINT_URL": action_endpoint}
    with _running("assistant", command, port, logs, environment=environment, path="/") as server:
        yield server


@contextmanager
def _running(
    name: str, command: Sequence[str], port: int, logs: Path, *, environment: dict[str, str], path: str
) -> Iterator[Server]:
    log = logs / f"{name}-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={**os.environ, **ENVIRONMENT, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        server = Server(port, process, log)
        try:
            wait_until(lambda: _answers(server, path), f"{name} did not start: see {log}")
            yield server
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


def wait_until(holds: Callable[[], bool], complaint: str, *, seconds: float = START_SECONDS) -> None:
    """Return once `holds()`; raise AssertionError with the complaint when it never does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return
        time.sleep(0.2)
    raise AssertionError(complaint)


def _answers(server: Server, path: str) -> bool:
    if server.process.poll() is not None:
        tail = server.log.read_text(errors="replace").splitlines()[-5:]
        raise AssertionError("The server ended early:\n  " + "\n  ".join(tail))
    try:
        return httpx.get(server.url + path, timeout=2).status_code < 500
    except httpx.HTTPError:
        return False
