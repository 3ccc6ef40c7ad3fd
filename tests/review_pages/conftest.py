"""The desk of the browser tests of review; pages are opened as for the other staff pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Server, desk_server
from tests.staff.conftest import browser, complaints, fake, open_page

__all__ = ["browser", "complaints", "fake", "open_page"]


@pytest.fixture(scope="module")
def desk(fake: Server, server_logs: Path) -> Iterator[Server]:
    with desk_server(server_logs, assistant=fake.url, seed=["tests.review_pages.seed"]) as server:
        yield server
