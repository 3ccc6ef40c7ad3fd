"""The desk's tests once more on PostgreSQL, in a process of their own.

Where TEST_DATABASE_URL names no server they are reported as skipped; in CI that is a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.servers import ROOT

URL = os.environ.get("TEST_DATABASE_URL", "")
IN_CI = os.environ.get("CI", "").lower() in ("true", "1")


@pytest.mark.skipif(os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="already on PostgreSQL")
def test_the_desk_on_postgresql(capsys: pytest.CaptureFixture[str]) -> None:
    if not URL:
        complaint = "TEST_DATABASE_URL is not set: nothing was tested on PostgreSQL"
        pytest.fail(complaint) if IN_CI else pytest.skip(complaint)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/desk", "-rs", "--color=no"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": URL},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout[-8000:] + ended.stderr[-2000:]
    with capsys.disabled():
        print(f"\non PostgreSQL: {ended.stdout.strip().splitlines()[-1]}")
