"""Everybody can use it: axe finds nothing in any state, and neither mouse nor large screen is needed."""

from __future__ import annotations

from importlib.resources import files

import pytest
from playwright.sync_api import expect

from tests.widget.chat import LANGUAGES, SAID, Chat

pytestmark = pytest.mark.browser

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
AXE_RUN = """(rules) => axe.run(document, rules).then(({ passes, violations }) => ({
  passed: passes.length,
  violated: violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`),
}))"""
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(chat: Chat) -> list[str]:
    """What axe has against the page as it is now, the chat's inside included."""
    chat.page.wait_for_timeout(350)  # past the animations: axe takes a fading text for a pale one
    if not chat.page.evaluate("typeof axe !== 'undefined'"):
        chat.page.evaluate(AXE)  # through the debugger: the page's policy would forbid it, and stays in force
    found = chat.page.evaluate(AXE_RUN, RULES)
    assert found["passed"]
    violated: list[str] = found["violated"]
    return violated


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing(chat: Chat, language: str, width: int) -> None:
    chat.network_may_fail = True
    chat.page.set_viewport_size({"width": width, "height": 800})
    chat.page.goto(f"{chat.site_url}/?chat=corner&lang={language}")
    expect(chat.launcher).to_be_visible()
    found = {"closed": violations(chat)}
    chat.launcher.click()
    found["open"] = violations(chat)
    chat.write(SAID[language]["hello"])
    expect(chat.choices).to_have_count(2)
    found["choices"] = violations(chat)
    chat.write(SAID[language]["sessions?"])
    chat.expect_answer(SAID[language]["sessions"])
    chat.element.locator(".rating:visible .thumb").first.click()
    found["rated"] = violations(chat)
    chat.element.locator(".panel > .staff").click()
    chat.element.locator("#phone").fill("1")
    chat.element.locator(".save").click()
    expect(chat.element.locator(".contact .error")).not_to_be_empty()
    found["handoff"] = violations(chat)
    chat.element.locator(".opener").click()
    found["menu"] = violations(chat)
    chat.element.locator(".erase").click()
    found["erase"] = violations(chat)
    chat.page.keyboard.press("Escape")
    chat.page.route("**/api/chat/messages", lambda route: route.abort())
    chat.write("x")
    expect(chat.element.locator(".patient.failed")).to_be_visible()
    found["failed"] = violations(chat)
    assert {state: against for state, against in found.items() if against} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_beside_the_page(chat: Chat, language: str) -> None:
    chat.open(language)
    assert violations(chat) == []


def test_menu_and_dialog_need_no_mouse(chat: Chat) -> None:
    chat.open("en")
    chat.write(SAID["en"]["hello"])
    chat.expect_answer(SAID["en"]["clarify"])
    chat.element.locator(".opener").focus()
    chat.page.keyboard.press("Enter")
    menu = chat.element.locator(".menu")
    expect(menu).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    assert chat.focused() == "opener"
    chat.page.keyboard.press("Enter")
    chat.page.keyboard.press("Tab")
    chat.page.keyboard.press("Tab")
    assert chat.focused() == "erase"
    chat.page.keyboard.press("Enter")
    assert chat.element.evaluate("(chat) => chat.shadowRoot.activeElement.textContent") == "Cancel"
    chat.page.keyboard.press("Enter")
    expect(chat.element.locator("dialog")).to_be_hidden()
    chat.page.keyboard.press("Enter")
    for _ in range(4):
        chat.page.keyboard.press("Tab")
    expect(menu).to_be_hidden()  # it does not stay open behind one's back


def test_a_panel_that_fills_the_screen_holds_the_focus(chat: Chat) -> None:
    chat.page.set_viewport_size({"width": 390, "height": 800})
    chat.page.goto(f"{chat.site_url}/?lang=en")
    chat.launcher.click()
    expect(chat.element.locator(".panel")).to_have_attribute("aria-modal", "true")
    seen = set()
    for _ in range(30):
        chat.page.keyboard.press("Tab")
        assert chat.page.evaluate("document.activeElement.localName") == "derma-chat"
        seen.add(chat.focused())
    assert {"input", "close", "opener", "language", "log", "staff"} <= seen
    chat.page.keyboard.press("Escape")
    assert chat.focused() == "launcher"
    chat.page.set_viewport_size({"width": 1280, "height": 800})
    chat.launcher.click()
    assert chat.element.locator(".panel").get_attribute("aria-modal") is None


def test_it_stays_above_the_soft_keyboard(chat: Chat) -> None:
    chat.page.set_viewport_size({"width": 390, "height": 800})
    chat.open("en")
    keyboard = """(height) => {
      Object.defineProperty(visualViewport, "height", { value: height, configurable: true });
      visualViewport.dispatchEvent(new Event("resize"));
    }"""
    panel = chat.element.locator(".panel")
    for height in (430, 800):
        chat.page.evaluate(keyboard, height)
        expect(panel).to_have_css("height", f"{height}px")
        box = chat.field.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= height


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [(640, 400), (320, 256), (320, 640)])
def test_large_letters_and_small_screens_lose_nothing(chat: Chat, language: str, size: tuple[int, int]) -> None:
    """1280 x 800 at 200 % is 640 x 400; 1280 x 1024 at 400 % is 320 x 256."""
    chat.page.set_viewport_size({"width": size[0], "height": size[1]})
    chat.page.goto(f"{chat.site_url}/?lang={language}")
    chat.launcher.click()
    chat.write(SAID[language]["sessions?"])
    chat.expect_answer(SAID[language]["sessions"])
    chat.element.locator(".opener").click()
    chat.element.locator(".menu .staff").click()
    expect(chat.element.locator("#phone")).to_be_visible()
    chat.element.locator("#phone").fill("0501234567")
    chat.element.locator(".save").click()
    expect(chat.element.locator("#phone")).to_be_hidden()
    assert chat.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    wide = chat.element.evaluate(
        """(chat) => [...chat.shadowRoot.querySelectorAll(".panel *")].filter((each) => {
          const box = each.getBoundingClientRect();
          return box.width && !each.closest(".sr") && (box.left < -1 || box.right > innerWidth + 1);
        }).map((each) => each.className)"""
    )  # fmt: skip
    assert wide == []


def test_what_can_be_pressed_is_large_enough(chat: Chat) -> None:
    chat.open()
    chat.write(SAID["ar"]["hello"])
    chat.expect_answer(SAID["ar"]["clarify"])
    chat.write(SAID["ar"]["sessions?"])
    chat.expect_answer(SAID["ar"]["sessions"])
    chat.element.locator(".panel > .staff").click()
    expect(chat.element.locator("#phone")).to_be_visible()
    small = chat.element.evaluate(
        """(chat) => [...chat.shadowRoot.querySelectorAll("button, input, textarea")].filter((each) => {
          const { width, height } = each.getBoundingClientRect();
          return width && Math.min(width, height) < 24;
        }).map((each) => each.className)"""
    )  # fmt: skip
    assert small == []
