"""Real servers for tests: each a process of its own on a free port, with its log in a file."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    """Rasa with the desk's channel, as `make run` starts it; `model` may be a folder without one."""
    port = free_port()
    command = ["assistant", "run", "--interface", "127.0.0.1", "--port", str(port), "--model", str(model)]
    command += ["--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
    if model.is_dir():
        command += ["--enable-api"]  # else Rasa ends at once where there is no model
    environment = {"ACTION_ENDPOINT_URL": action_endpoint}
    path = "/" if model.is_dir() else "/webhooks/desk/ready"
    with _running("assistant", command, port, logs, environment=environment, path=path) as server:
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
            wait_until(lambda: _answers(server, path), f"{name} is not ready: see {log}")
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
    log = server.log.read_text(errors="replace")
    if server.process.poll() is not None or "Could not load model" in log:
        raise AssertionError("The server cannot start:\n  " + "\n  ".join(log.splitlines()[-12:]))
    try:
        return httpx.get(server.url + path, timeout=20).status_code < 500
    except httpx.HTTPError:
        return False


@contextmanager
def fake_assistant_server(logs: Path, *, port: int = 0) -> Iterator[Server]:
    """A stand-in for the assistant that keeps to the contract, as a process of its own."""
    port = port or free_port()
    command = ["uvicorn", "tests.desk.fake_assistant:application", "--port", str(port), "--ws", "none"]
    with _running("fake-assistant", command, port, logs, environment={}, path="/webhooks/desk/ready") as server:
        yield server


@contextmanager
def desk_server(
    logs: Path, *, assistant: str, seed: Sequence[str] = (), settings: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """The front desk on a database of its own; `staff` is its member of staff, a manager.

    `seed` is a Python module with arguments, run on the database before the desk starts; `settings` are further
    ones, or others than these.
    """
    port = free_port()
    environment = {
        "ENVIRONMENT": "development",
        "DATABASE_URL": f"sqlite:///{logs / f'desk-{port}.sqlite3'}",
        "ASSISTANT_URL": assistant,
        "SECRET_KEY": "key-of-the-tests-" * 3,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "DJANGO_SUPERUSER_PASSWORD": STAFF_PASSWORD,
        **(settings or {}),
    }
    for command in (["migrate", "--verbosity", "0"], STAFF_COMMAND):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env={**os.environ, **ENVIRONMENT, **environment},
            check=True,
        )
    if seed:
        subprocess.run(
            [sys.executable, "-m", *seed], cwd=ROOT, env={**os.environ, **ENVIRONMENT, **environment}, check=True
        )
    command = ["desk", "--port", str(port)]
    with _running("desk", command, port, logs, environment=environment, path="/readyz") as server:
        yield server


STAFF_PASSWORD = "password-of-the-tests-9"
STAFF_COMMAND = ["createsuperuser", "--noinput", "--username", "staff", "--email", "staff@clinic.example"]
