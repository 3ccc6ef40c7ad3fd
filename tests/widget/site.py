"""A desk of its own for browser tests, with a stand-in for the assistant; it can be killed and started again."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180


class Site:
    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self._fake_port, self._desk_port = free_port(), free_port()
        self._log = folder / "log"
        self._environment = {
            **os.environ,
            "ENVIRONMENT": "development",
            "DATABASE_URL": f"sqlite:///{folder / 'desk.sqlite3'}",
            "ASSISTANT_URL": f"http://127.0.0.1:{self._fake_port}",
            "ASSISTANT_TOKEN": secrets.token_urlsafe(16),
            "SECRET_KEY": secrets.token_urlsafe(32),
            # All tests come from one address.
            **dict.fromkeys(("RATE_VISITOR_MESSAGES", "RATE_ADDRESS_VISITORS", "RATE_ADDRESS_REQUESTS"), "0"),
            **settings,
        }
        self._assistant: subprocess.Popen[bytes] | None = None
        self._desk: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._desk_port}"

    def start(self) -> None:
        run = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(run, cwd=ROOT, env=self._environment, check=True)
        port = str(self._fake_port)
        self._assistant = self._run("uvicorn", "tests.desk.fake_assistant:application", "--port", port, "--ws", "none")
        self.start_desk()

    def start_desk(self) -> None:
        self._desk = self._run("desk", "--port", str(self._desk_port))
        self._wait_until_ready()

    def kill_desk(self) -> None:
        """End the desk as a power cut would."""
        assert self._desk is not None
        self._desk.kill()
        self._desk.wait(10)

    def stop(self) -> None:
        servers = [server for server in (self._desk, self._assistant) if server is not None]
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait(15)

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        with self._log.open("a") as log:
            call = [sys.executable, "-m", *command]
            return subprocess.Popen(call, cwd=ROOT, env=self._environment, stdout=log, stderr=log)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/readyz", timeout=5)
                return
            except (urllib.error.URLError, OSError):
                if self._desk is None or self._desk.poll() is not None:
                    break
                time.sleep(0.1)
        raise AssertionError(f"the site did not start:\n{self._log.read_text()[-2000:]}")


@contextmanager
def running_site(folder: Path, **settings: str) -> Iterator[Site]:
    site = Site(folder, settings)
    try:
        site.start()
        yield site
    finally:
        site.stop()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
