"""The review pages in a real browser: keys, both languages, phone and desktop, and what a screen reader meets.

With SCREENSHOTS set to a folder, the pictures of the guide are taken on the way.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.servers import Server
from tests.staff.conftest import DESKTOP, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.server]
OpenPage = Callable[..., Page]
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth + 1 ? [] :
  [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().width > innerWidth)
    .map((e) => e.tagName + "." + e.className).concat("the page")"""
PAGES = ("", "log/", "log/?q=سيارات", "unanswered/", "corrections/")


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.wait_for_timeout(300)
        page.screenshot(path=str(Path(folder) / f"review-{name}.png"))


def review(page: Page, desk: Server, path: str, language: str = "en") -> None:
    address = f"{desk.url}/staff/review/{path}{'&' if '?' in path else '?'}lang={language}"
    page.goto(address, timeout=90_000)  # the first look at the unanswered questions loads scikit-learn


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_is_usable_by_everyone(
    language: str, size: dict[str, int], open_page: OpenPage, desk: Server, complaints: list[str]
) -> None:
    page = open_page("maha", language=language, size=size)
    device = "phone" if size is PHONE else "desktop"
    for path in PAGES:
        review(page, desk, path, language)
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate(TOO_WIDE) == [], f"{path} is wider than the screen"
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        picture(page, f"{path.split('/')[0] or 'queue'}{'-search' if 'q=' in path else ''}-{device}-{language}")
    review(page, desk, "log/?q=warfarin", language)
    page.locator(".log-rows a").first.click()
    page.wait_for_url("**/conversations/**")
    page.locator(".verdict-box summary").first.click()
    assert Axe().run(page).violations_count == 0, Axe().run(page).generate_report()
    picture(page, f"conversation-{device}-{language}")
    assert complaints == []


def test_the_queue_by_keys_alone(open_page: OpenPage, desk: Server) -> None:
    page = open_page("reem")
    review(page, desk, "")
    item = page.locator("#queue article")
    expect(item).to_contain_text("شكة الدبوس")  # the thumb down comes first
    expect(item).to_contain_text("Score: 8")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    picture(page, "keys")
    page.keyboard.press("Escape")
    page.keyboard.press("w")
    page.keyboard.type("hurt")
    page.keyboard.press("Enter")
    expect(item).not_to_contain_text("شكة الدبوس")
    second = item.locator(".bubble").inner_text()
    page.keyboard.press("j")
    expect(item.locator(".bubble")).not_to_have_text(second)
    page.keyboard.press("n")
    expect(page.locator("#queue .tag").first).to_be_visible()
    review(page, desk, "log/?q=الدبوس")
    expect(page.locator(".log-rows")).to_contain_text("الدبوس")
    page.locator(".log-rows a").first.click()
    expect(page.locator(".verdict-said")).to_contain_text("Wrong: Does it hurt?")


def test_the_log_by_keys_and_a_saved_filter(open_page: OpenPage, desk: Server) -> None:
    page = open_page("reem")
    review(page, desk, "log/")
    page.keyboard.press("/")
    page.keyboard.type("stretch marks")
    page.keyboard.press("Enter")
    expect(page.locator(".log-rows li")).to_have_count(2)
    page.fill("#filter-name", "stretch marks")
    page.press("#filter-name", "Enter")
    expect(page.locator(".notice")).to_contain_text("Filter saved")
    page.locator("main").click(position={"x": 2, "y": 2})
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url("**/conversations/**#line-*")
    expect(page.locator(".review-item.is-current .bubble")).to_contain_text("stretch marks")
    page.keyboard.press("r")
    expect(page.locator(".verdict-said")).to_contain_text("Reem: Right")
    page.keyboard.press("u")
    expect(page.locator(".verdict-said")).to_have_count(0)


def test_a_manager_accepts_a_correction_and_downloads_the_patch(open_page: OpenPage, desk: Server) -> None:
    page = open_page("maha")
    page.set_default_timeout(90_000)  # the first acceptance compares with every training phrase
    review(page, desk, "corrections/")
    blocked = page.locator("li.review-item", has_text="May hold a name")
    expect(blocked.locator("textarea")).to_have_value("")
    page.locator("li.review-item", has_text="will my tights").locator("button", has_text="Accept").click()
    expect(page.locator(".notice")).to_contain_text("accepted")
    page.locator(".card-tabs a", has_text="Accepted").click()
    with page.expect_download() as download:
        page.locator("button", has_text="patch").click()
    patch = Path(download.value.path()).read_text(encoding="utf-8")
    assert "+    - will my tights show the redness at night" in patch
