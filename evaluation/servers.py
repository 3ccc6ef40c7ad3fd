"""The two servers that the bench measures, each a process of its own in a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

import urllib3

from evaluation.sets import ROOT
from evaluation.training import environment

TOKEN = "bench"
_PATIENCE = 300.0
_JSON = {"Content-Type": "application/json"}


class Process:
    """A command in its own process group, ended with all its children."""

    def __init__(self, command: list[str], folder: Path, **variables: str) -> None:
        self._log = (folder / f"{command[2]}.log").open("wb")
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(**variables),
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def megabytes(self) -> float:
        """Resident memory."""
        listed = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self._process.pid)], capture_output=True, text=True, check=True
        )
        return int(listed.stdout) / 1024

    def wait(self, seconds: float) -> None:
        """Wait for a command that ends by itself; a failure ends the program."""
        if self._process.wait(seconds):
            raise SystemExit(f"a command failed: see {self._log.name!r}")
        self._log.close()

    def stop(self) -> None:
        for sign, patience in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 10.0)):
            try:
                os.killpg(self._process.pid, sign)
                self._process.wait(patience)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
            break
        self._log.close()


class Server(ABC):
    """A Rasa server that answers messages over HTTP. A context manager: leaving it ends the process."""

    name: str
    program = "rasa"
    """The module whose command line serves."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.seconds_to_ready = 0.0

    def __enter__(self) -> Server:
        self._port = free_port()
        # A plain client: what it takes itself is part of every turn that is measured, and httpx takes 0.4 ms more.
        self._http = urllib3.HTTPConnectionPool("127.0.0.1", self._port, maxsize=16, timeout=60, retries=False)
        started = time.perf_counter()
        self._process = Process(self._command(), self._folder, **self._variables())
        try:
            self._wait(started)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        self.seconds_to_ready = time.perf_counter() - started
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.stop()
        self._http.close()

    def _wait(self, started: float) -> None:
        while time.perf_counter() - started < _PATIENCE:
            if not self._process.is_running:
                break
            if self._is_ready():
                return
            time.sleep(0.1)
        raise SystemExit(f"The {self.name} server did not get ready; its log is {self._folder / 'rasa.log'}.")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def megabytes(self) -> float:
        return self._process.megabytes()

    def _command(self) -> list[str]:
        files = [
            "--model",
            "models/model.tar.gz",
            "--endpoints",
            "endpoints.yml",
            "--credentials",
            "credentials.yml",
        ]
        return [sys.executable, "-m", self.program, "run", *files, "-i", "127.0.0.1", "--port", str(self._port)]

    def _variables(self) -> dict[str, str]:
        return {}

    def _post(self, path: str, message: dict[str, Any], headers: Mapping[str, str] = MappingProxyType({})) -> Any:
        """The reply's JSON; raises ValueError for another status than 200."""
        body = json.dumps(message).encode()
        response = self._http.request("POST", path, body=body, headers={**_JSON, **headers})
        if response.status != 200:
            raise ValueError(f"{path}: status {response.status}")
        return json.loads(response.data)

    @abstractmethod
    def _is_ready(self) -> bool:
        """Whether one whole turn has been played."""

    @abstractmethod
    def say(self, sender: str, number: int, text: str, state: Any = None) -> Any:
        """Play one turn; returns the conversation's state for the next one, and raises when nothing was answered."""


class OurServer(Server):
    """This project: the private seam, the state carried by the caller, the action server beside it."""

    name = "ours"
    program = "assistant"

    def __enter__(self) -> Server:
        self._actions_port = free_port()
        for part in ("actions", "endpoints.yml", "credentials.yml"):
            if not (self._folder / part).exists():
                (self._folder / part).symlink_to(ROOT / part)
        command = [
            sys.executable,
            "-m",
            "rasa_sdk",
            "--actions",
            "actions",
            "--port",
            str(self._actions_port),
        ]
        self._actions = Process(command, self._folder)
        try:
            _wait_for(f"http://127.0.0.1:{self._actions_port}/health")
            return super().__enter__()
        except BaseException:
            self._actions.stop()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._actions.stop()
        super().__exit__(kind, error, trace)

    def actions_megabytes(self) -> float:
        return self._actions.megabytes()

    def _variables(self) -> dict[str, str]:
        url = f"http://127.0.0.1:{self._actions_port}/webhook"
        return {"ASSISTANT_TOKEN": TOKEN, "ACTION_ENDPOINT_URL": url}

    def _is_ready(self) -> bool:
        try:
            return bool(self._http.request("GET", "/webhooks/desk/ready").status == 200)
        except urllib3.exceptions.HTTPError:
            return False

    def say(self, sender: str, number: int, text: str, state: Any = None) -> Any:
        message = {
            "conversation": sender,
            "message_id": f"m{number}",
            "mode": "answer",
            "text": text,
            "language_hint": None,
            "language_fixed": None,
            "state": state,
        }
        headers = {"Authorization": f"Bearer {TOKEN}"}
        reply = self._post("/webhooks/desk/messages", message, headers)
        if not reply["ok"] or not reply["messages"]:
            raise SystemExit(f"Our server did not answer a message: {reply['reason']}")
        return reply["state"]


class StockServer(Server):
    """A stock project: the REST channel, the tracker kept in the server's memory."""

    name = "stock"

    def _is_ready(self) -> bool:
        try:
            self.say("warm-up", 0, "كم جلسة أحتاج؟")
        except (urllib3.exceptions.HTTPError, ValueError):
            return False
        return True

    def say(self, sender: str, number: int, text: str, state: Any = None) -> Any:
        message = {"sender": sender, "message": text}
        # A stock server may say nothing (a rejected prediction): that is a turn too, so an empty list is let pass.
        self._post("/webhooks/rest/webhook", message)
        return None


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(url: str) -> None:
    started = time.perf_counter()
    while time.perf_counter() - started < _PATIENCE:
        try:
            if urllib3.PoolManager(retries=False).request("GET", url).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            pass
        time.sleep(0.2)
    raise SystemExit(f"Nothing answers at {url}.")
