"""A real Chromium in front of a real desk, with a stand-in for the assistant; all processes of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.servers import Server, desk_server, fake_assistant_server
from tests.staff.people import PASSWORD

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]
DESKTOP = {"width": 1360, "height": 860}
PHONE = {"width": 375, "height": 760}
WATCH_POLICY = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""

WAIT_MS = 20_000  # on a busy machine; what comes comes at once

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def fake(server_logs: Path) -> Iterator[Server]:
    with fake_assistant_server(server_logs) as server:
        yield server


@pytest.fixture(scope="session")
def desk(fake: Server, server_logs: Path) -> Iterator[Server]:
    with desk_server(server_logs, assistant=fake.url, seed=["tests.staff.seed"]) as server:
        yield server


# Not longer than a module: while it runs, its event loop would disturb the tests that use one of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=WAIT_MS)
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser had to say against any page of this test."""
    return []


@pytest.fixture
def open_page(browser: Browser, desk: Server, complaints: list[str]) -> Iterator[OpenPage]:
    """Open a page for somebody: `open_page("sara")` logs in, `open_page()` is a visitor."""
    contexts: list[BrowserContext] = []

    def open_for(name: str = "", *, language: str = "en", size: dict[str, int] | None = None) -> Page:
        context = browser.new_context(viewport=size or DESKTOP, timezone_id="Asia/Riyadh")  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.add_init_script(WATCH_POLICY)
        page.on("console", lambda said: complaints.append(said.text) if is_complaint(said) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if name:
            log_in(page, desk, name, language)
        return page

    yield open_for
    for context in contexts:
        context.close()


def is_complaint(said: ConsoleMessage) -> bool:
    """Errors and warnings, but for a refresh that gave way to an act."""
    return said.type in ("error", "warning") and not said.text.startswith(("htmx:sendAbort", "htmx:afterRequest"))


def log_in(page: Page, desk: Server, name: str, language: str = "en") -> None:
    page.goto(f"{desk.url}/staff/login/?lang={language}")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{desk.url}/staff/")
