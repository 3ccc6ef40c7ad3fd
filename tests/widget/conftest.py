"""A real browser in front of a real desk with a stand-in for the assistant."""

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
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.widget.chat import Chat
from tests.widget.line import Line

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: needs Chromium")


@pytest.fixture(scope="session")
def site_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the desk is: SITE_URL, or one started here with a database of its own."""
    if os.environ.get("SITE_URL"):
        yield os.environ["SITE_URL"].rstrip("/")
        return
    folder = tmp_path_factory.mktemp("site")
    fake, desk = free_port(), free_port()
    environment = {
        **os.environ,
        "ENVIRONMENT": "development",
        "DATABASE_URL": f"sqlite:///{folder / 'desk.sqlite3'}",
        "ASSISTANT_URL": f"http://127.0.0.1:{fake}",
        "ASSISTANT_TOKEN": secrets.token_urlsafe(16),
        "SECRET_KEY": secrets.token_urlsafe(32),
        # All tests come from one address; `test_chat_limits.py` has a desk with limits.
        **dict.fromkeys(("RATE_VISITOR_MESSAGES", "RATE_ADDRESS_VISITORS", "RATE_ADDRESS_REQUESTS"), "0"),
    }
    run = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(run, cwd=ROOT, env=environment, check=True)
    with (folder / "log").open("w") as log:
        servers = [
            start_server("tests.desk.fake_assistant:application", fake, environment, log.fileno()),
            start_server("desk.asgi:application", desk, environment, log.fileno()),
        ]
        try:
            url = f"http://127.0.0.1:{desk}"
            wait_until_ready(f"{url}/readyz", servers, folder / "log")
            yield url
        finally:
            for server in servers:
                server.terminate()
            for server in servers:
                server.wait(10)


def start_server(application: str, port: int, environment: dict[str, str], log: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "uvicorn", application, "--port", str(port), "--ws", "none"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)


def wait_until_ready(url: str, servers: list[subprocess.Popen[bytes]], log: Path) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=5)
            return
        except (urllib.error.URLError, OSError):
            if any(server.poll() is not None for server in servers):
                break
            time.sleep(0.1)
    pytest.fail(f"the site did not start:\n{log.read_text()[-2000:]}")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


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
