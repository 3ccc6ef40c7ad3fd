"""The chat on another website, behind limits, and through the death of the desk: with a desk of its own."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.widget.chat import SAID, Chat
from tests.widget.site import Site, free_port, running_site

pytestmark = pytest.mark.browser

POLICY = (
    "default-src 'none'; script-src {desk}; connect-src {desk}; base-uri 'none'; require-trusted-types-for 'script'"
)
PAGE = """<!doctype html><html lang="{language}"><meta charset="utf-8"><title>Another site</title>
<script type="module" src="{desk}/widget/derma-chat.js"></script><derma-chat></derma-chat></html>"""


class Website(http.server.BaseHTTPRequestHandler):
    """One page of somebody else's site, with the strictest policy that the documentation allows."""

    def __init__(self, desk: str, *args: object) -> None:
        self._desk = desk
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        language = "en" if "lang=en" in self.path else "ar"
        body = PAGE.format(desk=self._desk, language=language).encode()
        self.send_response(200 if self.path.startswith("/?") or self.path == "/" else 204)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY.format(desk=self._desk))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def ports() -> list[int]:
    return [free_port(), free_port()]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, ports: list[int]) -> Iterator[Site]:
    """A desk that lets the first of two websites show its chat, and ten messages a minute through."""
    settings = {"WIDGET_ORIGINS": f"http://127.0.0.1:{ports[0]}", "RATE_VISITOR_MESSAGES": "10"}
    with running_site(tmp_path_factory.mktemp("elsewhere"), **settings) as running:
        yield running


@pytest.fixture(scope="module")
def websites(site: Site, ports: list[int]) -> Iterator[list[str]]:
    servers = [
        http.server.ThreadingHTTPServer(("127.0.0.1", port), functools.partial(Website, site.url)) for port in ports
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield [f"http://127.0.0.1:{port}" for port in ports]
    for server in servers:
        server.shutdown()
        server.server_close()


def visitor(browser: Browser, site_url: str) -> Chat:
    return Chat(browser.new_context(viewport={"width": 1280, "height": 800}).new_page(), site_url)


def test_a_configured_site_shows_the_chat_under_a_strict_policy(
    browser: Browser, site: Site, websites: list[str]
) -> None:
    for language in ("ar", "en"):
        chat = visitor(browser, websites[0])
        chat.open(language)
        chat.write(SAID[language]["sessions?"])
        chat.expect_answer(SAID[language]["sessions"])
        chat.element.locator(".rating:visible .thumb").first.click()
        expect(chat.element.locator(".rating:visible .thumb").first).to_have_attribute("aria-pressed", "true")
        chat.element.locator(".language").click()
        chat.element.locator(".opener").click()
        chat.element.locator(".erase").click()
        chat.element.locator("dialog .danger").click()
        expect(chat.element.locator(".rows .item")).to_have_count(0)
        assert chat.page.context.cookies() == []
        assert chat.complaints == []
        chat.page.context.close()


def test_a_site_that_is_not_configured_gets_nothing(browser: Browser, site: Site, websites: list[str]) -> None:
    chat = visitor(browser, websites[1])
    chat.open()
    chat.write(SAID["ar"]["sessions?"])
    expect(chat.element.locator(".patient.failed")).to_be_visible()
    assert any("CORS" in complaint for complaint in chat.complaints)
    chat.page.context.close()


def test_too_many_messages_wait_and_say_so(browser: Browser, site: Site) -> None:
    chat = visitor(browser, site.url)
    chat.network_may_fail = True
    chat.open()
    for number in range(12):
        chat.write(f"{SAID['ar']['sessions?']} {number}")
    expect(chat.element.locator(".notice")).to_contain_text("وصلتنا رسائل كثيرة في وقت قصير")
    expect(chat.element.locator(".patient.sending").first).to_be_visible()
    expect(chat.element.locator(".patient.sent")).to_have_count(12)
    assert chat.stored_by_patient() == [f"{SAID['ar']['sessions?']} {number}" for number in range(12)]
    assert chat.complaints == []
    chat.page.context.close()


def test_a_desk_that_dies_and_comes_back_loses_and_doubles_nothing(browser: Browser, site: Site) -> None:
    """Killed while the stream is open and, in the second round, while a message is on its way."""
    chat = visitor(browser, site.url)
    chat.network_may_fail = True
    chat.open()
    chat.write(f"{SAID['ar']['sessions?']} 0")
    expect(chat.said_by("bot")).to_have_count(1)
    for round_ in (1, 2):
        if round_ == 2:
            chat.write(f"{SAID['ar']['sessions?']} {round_}")
        site.kill_desk()
        expect(chat.element.locator(".notice")).to_contain_text(SAID["ar"]["offline"])
        if round_ == 1:
            chat.write(f"{SAID['ar']['sessions?']} {round_}")
        site.start_desk()
        expect(chat.said_by("bot")).to_have_count(round_ + 1)
        expect(chat.element.locator(".patient.sent")).to_have_count(round_ + 1)
    assert chat.stored_by_patient() == [f"{SAID['ar']['sessions?']} {number}" for number in range(3)]
    assert chat.words() == [message["text"] for message in chat.stored()]
    chat.page.context.close()
