"""The desk's tests once more on PostgreSQL, in a process of their own beside this one.

Where TEST_DATABASE_URL names no server they are reported as skipped; in CI that is a failure.
"""

from __future__ import annotations

import pytest

from tests.desk.second_run import IN_CI, ON_POSTGRESQL, URL, SecondRun


@pytest.mark.skipif(ON_POSTGRESQL, reason="already on PostgreSQL")
def test_the_desk_on_postgresql(capsys: pytest.CaptureFixture[str], second_run: SecondRun | None) -> None:
    if second_run is None:
        complaint = "TEST_DATABASE_URL is not set: nothing was tested on PostgreSQL"
        pytest.fail(complaint) if IN_CI and not URL else pytest.skip(complaint)
    code, output = second_run.end()
    assert code == 0, output[-10_000:]
    with capsys.disabled():
        print(f"\non PostgreSQL: {output.strip().splitlines()[-1]}")
