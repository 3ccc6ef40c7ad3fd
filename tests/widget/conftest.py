"""A real browser in front of a real desk with a stand-in for the assistant."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.widget.chat import PATIENCE_MS, Chat
from tests.widget.line import Line
from tests.widget.site import running_site

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: needs Chromium")
    expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def site_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the desk is: SITE_URL, or one started here with a database of its own."""
    if os.environ.get("SITE_URL"):
        yield os.environ["SITE_URL"].rstrip("/")
        return
    with running_site(tmp_path_factory.mktemp("site")) as site:
        yield site.url


# Not longer than a module: while it runs, its event loop would disturb the tests that use one of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = CHROMIUM if Path(CHROMIUM).exists() else None
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def chat(browser: Browser, site_url: str) -> Iterator[Chat]:
    """A visitor who has not opened the page yet; at the end the page must not have complained."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    visitor = Chat(context.new_page(), site_url)
    yield visitor
    context.close()
    assert visitor.complaints == []


@pytest.fixture
def line(site_url: str) -> Iterator[Line]:
    """A line to the desk that can be cut."""
    with Line(site_url) as between:
        yield between
