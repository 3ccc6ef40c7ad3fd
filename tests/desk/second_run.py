"""A second run of the desk's tests, on PostgreSQL, beside the first: it takes the other core, not the time after it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.servers import ROOT

URL = os.environ.get("TEST_DATABASE_URL", "")
IN_CI = os.environ.get("CI", "").lower() in ("true", "1")
ON_POSTGRESQL = os.environ.get("DATABASE_URL", "").startswith("postgres")
_TEST = "test_on_postgresql.py"


class SecondRun:
    """Running from the moment it is made; raises OSError where Python cannot be started."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._output = Path(self._folder.name) / "output.txt"
        with self._output.open("w", encoding="utf-8") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pytest", "tests/desk", "-rs", "--color=no", "-p", "no:cacheprovider"],
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": URL},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def end(self) -> tuple[int, str]:
        """Wait for it; its exit code and what it printed."""
        code = self._process.wait()
        return code, self._output.read_text(encoding="utf-8")

    def stop(self) -> None:
        """End it at once, if it still runs."""
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()


class SecondRunPlugin:
    """Starts it once the tests are known, so that it is done by the time its result is asked for."""

    def __init__(self) -> None:
        self.run: SecondRun | None = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        wanted = any(item.path.name == _TEST for item in session.items)
        if wanted and URL and not ON_POSTGRESQL and not session.config.option.collectonly:
            self.run = SecondRun()

    def pytest_sessionfinish(self) -> None:
        if self.run is not None:
            self.run.stop()
