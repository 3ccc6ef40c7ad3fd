"""How the chat looks, sounds and is used without a mouse; and its files."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.widget.chat import LANGUAGES, SAID, Chat

pytestmark = pytest.mark.browser

AT_STAFF = {"status": "staff", "language": None, "handoff": None}
WIDGET = Path(__file__).resolve().parents[2] / "widget"


@pytest.mark.parametrize("language", LANGUAGES)
def test_staff_are_named_and_numbers_can_be_called(chat: Chat, language: str) -> None:
    text = "هلا، هنا نورة. الرقم +966 12 000 0000، وللطوارئ 997. https://clinic.example/map."
    message: dict[str, Any] = {
        "id": "m_1", "seq": 1, "author": "staff", "text": text, "language": "ar", "buttons": [],
        "name": "Noura", "rateable": False, "feedback": None,
        "at": "2026-01-05T10:00:00+00:00", "in_reply_to": None, "client_id": None,
    }  # fmt: skip
    page = chat.page
    page.route(
        "**/api/chat/messages?*",
        lambda r: r.fulfill(json={"messages": [message], "more": False, "typing": True, "conversation": AT_STAFF}),
    )
    page.route("**/api/chat/stream", lambda route: None)
    kept = '{"token": "t", "renewal": "r", "until": 9e15}'
    page.add_init_script(f"localStorage.setItem({chat.memory_key!r}, {kept!r})")
    chat.open(language)
    item = chat.element.locator(".rows .staff")
    expect(item.locator(".who")).to_have_text(f"Noura · {SAID[language]['staff']}")
    expect(item.locator(".words")).to_have_text(text)
    expect(item.locator(".words > div")).to_have_attribute("dir", "rtl")
    expect(item.locator("time")).to_have_attribute("datetime", "2026-01-05T10:00:00.000Z")
    links = [link.get_attribute("href") for link in item.locator("a").all()]
    assert links == ["tel:+966120000000", "tel:997", "https://clinic.example/map"]
    expect(chat.element.locator(".dots")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_keyboard_alone_is_enough(chat: Chat, language: str) -> None:
    chat.open(language)
    for _ in range(20):
        chat.page.keyboard.press("Tab")
        if chat.focused() == "input":
            break
    chat.page.keyboard.type("one")
    chat.page.keyboard.press("Shift+Enter")
    chat.page.keyboard.type("two")
    expect(chat.said_by("patient")).to_have_count(0)
    chat.page.keyboard.press("Enter")
    expect(chat.said_by("patient")).to_have_text("one\ntwo")
    expect(chat.choices).to_have_count(2)
    for _ in range(8):
        chat.page.keyboard.press("Shift+Tab")
        if chat.element.evaluate("(chat) => chat.shadowRoot.activeElement.matches('.log > .choices button')"):
            break
    chat.page.keyboard.press("Enter")
    expect(chat.said_by("patient")).to_have_count(2)
    assert chat.focused() == "input"


def test_a_screen_reader_hears_what_is_new_and_not_the_whole_history(chat: Chat) -> None:
    chat.open()
    log = chat.element.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "polite")
    chat.write(SAID["ar"]["sessions?"])
    chat.expect_answer(SAID["ar"]["sessions"])
    watch = """(chat) => {
      window.loud = [];
      const log = chat.shadowRoot.querySelector("[role=log]");
      new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach((node) => {
        if (node.nodeType === 1 && node.matches(".item")) window.loud.push(log.getAttribute("aria-live"));
      }))).observe(log, { childList: true, subtree: true });
    }"""
    then_watch = f"() => ({watch})(document.querySelector('derma-chat'))"
    chat.page.add_init_script(f"customElements.whenDefined('derma-chat').then({then_watch})")
    # Late, so that it is the history itself that is quiet and not only the start of the page.
    chat.page.route("**/api/chat/messages?*", late)
    chat.page.reload()
    chat.expect_answer(SAID["ar"]["sessions"])
    assert set(chat.page.evaluate("window.loud")) == {"off"}
    expect(log).to_have_attribute("aria-live", "polite")
    chat.write(SAID["ar"]["hello"])
    chat.expect_answer(SAID["ar"]["clarify"])
    assert chat.page.evaluate("window.loud").count("polite") == 2


def late(route: Route) -> None:
    time.sleep(0.7)
    route.fallback()


def test_a_text_that_is_too_long_is_not_sent(chat: Chat) -> None:
    chat.open()
    chat.write("م" * 4100)
    expect(chat.element.locator(".count")).to_contain_text("الأحرف الزائدة: 4")
    expect(chat.said_by("patient")).to_have_count(0)
    assert len(chat.field.input_value()) == 4100


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_fits_a_phone_320_pixels_wide(chat: Chat, language: str) -> None:
    chat.page.set_viewport_size({"width": 320, "height": 640})
    chat.open(language)
    chat.write("https://clinic.example/" + "long" * 60)
    expect(chat.said_by("bot")).to_have_count(1)
    assert chat.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert chat.element.get_by_role("log").evaluate("(log) => log.scrollWidth - log.clientWidth") <= 0


def test_nothing_moves_for_those_who_ask_for_it(chat: Chat) -> None:
    chat.page.emulate_media(reduced_motion="reduce")
    chat.open()
    chat.write(SAID["ar"]["hello"])
    expect(chat.said_by("bot")).to_have_count(1)
    assert chat.element.evaluate("(chat) => chat.shadowRoot.getAnimations().length") == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_open_it_is_a_button_in_the_corner(chat: Chat, language: str) -> None:
    chat.page.goto(f"{chat.site_url}/?chat=corner&lang={language}")
    launcher = chat.launcher
    launcher.click()
    assert chat.focused() == "input"
    chat.write(SAID[language]["hello"])
    chat.expect_answer(SAID[language]["clarify"])
    chat.keep_token()
    chat.page.keyboard.press("Escape")
    expect(chat.field).to_be_hidden()
    assert chat.focused() == "launcher"
    expect(chat.element.locator(".unread")).to_be_hidden()
    chat.write_elsewhere(SAID[language]["sessions?"], "elsewhere")
    expect(chat.element.locator(".unread")).to_have_text("1")
    launcher.click()
    chat.expect_answer(SAID[language]["sessions"])


def test_both_languages_say_the_same_things(chat: Chat) -> None:
    chat.open()
    shapes = chat.page.evaluate(
        """async () => {
          const { TEXTS } = await import("/widget/texts.js");
          const shape = (value) => typeof value === "object"
            ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, shape(value[key])]))
            : typeof value;
          return [shape(TEXTS.ar), shape(TEXTS.en)];
        }"""
    )
    assert shapes[0] == shapes[1]


def test_it_is_small(chat: Chat) -> None:
    """As it travels: what the browser fetches for the chat, compressed, all in all."""
    sizes: dict[str, int] = {}
    chat.page.on(
        "response", lambda response: sizes.update({response.url: response.request.sizes()["responseBodySize"]})
    )
    chat.open()
    chat.page.wait_for_load_state("networkidle")
    files = {url: size for url, size in sizes.items() if "/widget/" in url and "/demo" not in url}
    assert {Path(url).name for url in files} == {path.name for path in WIDGET.glob("*.js") if "demo" not in path.name}
    assert sum(files.values()) < 30_000
