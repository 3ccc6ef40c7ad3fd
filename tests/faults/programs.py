"""Real processes that are started, killed, stopped and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from desk.connections import Transport
from tests.servers import ENVIRONMENT, ROOT, TOKEN, free_port

START_SECONDS = 180.0
AUTHORISED = {"Authorization": f"Bearer {TOKEN}"}


class Program:
    """One server process on a port of its own, with all its lives in one log file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        folder: Path,
        ready: str,
        environment: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> None:
        self.name = name
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"{name}.log"
        self._command = [sys.executable, "-m", *(part.format(port=self.port) for part in command)]
        self._environment = {**os.environ, **ENVIRONMENT, **(environment or {})}
        self._ready = ready
        self._process: subprocess.Popen[bytes] | None = None
        self.kills = 0

    def start(self) -> None:
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=output, stderr=output
            )

    def kill(self) -> None:
        """As a crash does it: without a word."""
        self.signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()
        self.kills += 1

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        for number, seconds in ((signal.SIGCONT, 0.0), (signal.SIGTERM, 8.0), (signal.SIGKILL, 8.0)):
            self.signal(number)
            try:
                self._process.wait(seconds)
                return
            except subprocess.TimeoutExpired:
                continue

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def restart_if_ended(self) -> None:
        if not self.is_running:
            self.start()

    async def is_ready(self) -> bool:
        try:
            async with httpx.AsyncClient(timeout=5, transport=Transport(verify=False), trust_env=False) as client:
                answer = await client.get(self.url + self._ready, headers=AUTHORISED)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    async def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not await self.is_ready():
            if time.monotonic() > deadline or not self.is_running:
                tail = "\n  ".join(self.log.read_text(errors="replace").splitlines()[-15:])
                raise AssertionError(f"{self.name} does not get ready; its log ends:\n  {tail}")
            await asyncio.sleep(0.1)


def desk(name: str, *, database: str, assistants: Sequence[Program], folder: Path) -> Program:
    port = free_port()
    environment = {
        "ENVIRONMENT": "development",
        "DATABASE_URL": database,
        "ASSISTANT_URL": ",".join(program.url for program in assistants),
        "SECRET_KEY": "key-of-the-fault-tests-" * 2,
        # All patients of a run share one address.
        **dict.fromkeys(("RATE_VISITOR_MESSAGES", "RATE_ADDRESS_VISITORS", "RATE_ADDRESS_REQUESTS"), "0"),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    command = ["desk", "--port", "{port}"]
    return Program(name, command, folder=folder, ready="/healthz", environment=environment, port=port)


def stand_in(name: str, folder: Path) -> Program:
    """A server that keeps to the assistant's contract, and can be told to misbehave."""
    command = ["uvicorn", "tests.faults.faulty_assistant:application", "--port", "{port}", "--log-level", "warning"]
    return Program(name, [*command, "--ws", "none"], folder=folder, ready="/webhooks/desk/ready")


def actions(folder: Path) -> Program:
    return Program("actions", ["rasa_sdk", "--actions", "actions", "--port", "{port}"], folder=folder, ready="/health")


def assistant(name: str, *, action_endpoint: str, folder: Path) -> Program:
    """The real assistant with the trained model."""
    command = ["assistant", "run", "--interface", "127.0.0.1", "--port", "{port}", "--model", "models/model.tar.gz"]
    command += ["--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
    environment = {"ACTION_ENDPOINT_URL": action_endpoint}
    return Program(name, command, folder=folder, ready="/webhooks/desk/ready", environment=environment)


def manage(database: str, *command: str) -> str:
    """Run a Django command on a database; returns what it said, raises AssertionError when it fails."""
    ended = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT, "DATABASE_URL": database, "SECRET_KEY": "key-of-the-fault-tests-" * 2},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, f"manage.py {' '.join(command)}:\n{ended.stdout[-3000:]}{ended.stderr[-3000:]}"
    return ended.stdout.strip()
