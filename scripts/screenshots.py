"""Take the chats' pictures for docs/, while `make run` or `make whatsapp-simulator` runs.

`python -m scripts.screenshots http://127.0.0.1:8000 [--simulator http://127.0.0.1:8090]`
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect, sync_playwright

from scripts.train import ROOT

FOLDER = ROOT / "docs" / "screenshots"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}
ANSWER_MS = 20_000
SETTLED_MS = 700
# a question, another with foreign words and numbers in it, and one for staff
SAID = {
    "ar": (
        "السلام عليكم، كم جلسة احتاج؟",
        "وهل يستخدم Derma Pen 1.5 mm للفخذ؟",
        "انا حامل بالشهر الرابع، كم سعر الجلسة؟",
    ),
    "en": ("Hi, how many sessions do I need?", "and does it hurt?", "I take blood thinners, how much is a session?"),
}
SAID_ON_WHATSAPP = {
    "ar": ("السلام عليكم، كم جلسة احتاج؟", "وكم بينهم؟", "وين فروعكم؟"),
    "en": ("Hi, how many sessions do I need?", "and how long between them?", "does it hurt?"),
}


class Pictures:
    def __init__(self, browser: Browser, site_url: str) -> None:
        self._browser = browser
        self._site_url = site_url

    @contextmanager
    def visitor(self, language: str, *, phone: bool = False) -> Iterator[Page]:
        """A visitor who has opened the chat."""
        context = self._browser.new_context(
            viewport=PHONE if phone else DESKTOP,
            device_scale_factor=2 if phone else 1,
            has_touch=phone,
            timezone_id="Asia/Riyadh",
        )
        page = context.new_page()
        page.goto(f"{self._site_url}/?lang={language}")
        yield page
        context.close()

    def take(self, page: Page, name: str) -> None:
        page.mouse.move(0, 0)
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(SETTLED_MS)
        page.screenshot(path=str(FOLDER / f"widget-{name}.png"))


def ask(page: Page, text: str, answers: int = 1) -> None:
    """Write a message and wait for the clinic's next word."""
    heard = page.locator("derma-chat .rows .item:not(.patient)")
    before = heard.count()
    field = page.locator("derma-chat textarea")
    field.fill(text)
    field.press("Enter")
    expect(heard.nth(before + answers - 1)).to_be_visible(timeout=ANSWER_MS)


def open_panel(page: Page) -> None:
    launcher = page.locator("derma-chat .launcher")
    if launcher.is_visible():
        launcher.click()


def take_all(pictures: Pictures) -> None:
    for language, (question, second, risky) in SAID.items():
        with pictures.visitor(language) as page:
            pictures.take(page, f"start-{language}")
            ask(page, question)
            page.locator("derma-chat .rating:not([hidden]) .thumb").first.click()
            ask(page, second)
            pictures.take(page, f"desktop-{language}")
            page.locator("derma-chat .opener").click()
            pictures.take(page, f"menu-{language}")
            page.locator("derma-chat .erase").click()
            pictures.take(page, f"erase-{language}")
        with pictures.visitor(language, phone=True) as page:
            pictures.take(page, f"phone-closed-{language}")
            open_panel(page)
            ask(page, question)
            pictures.take(page, f"phone-{language}")
        with pictures.visitor(language) as page:
            open_panel(page)
            ask(page, risky)
            pictures.take(page, f"handoff-{language}")
        with pictures.visitor(language, phone=True) as page:
            open_panel(page)
            ask(page, risky)
            page.locator("derma-chat #phone").fill("12345")
            page.locator("derma-chat .save").click()
            pictures.take(page, f"phone-handoff-{language}")
        with pictures.visitor(language) as page:
            open_panel(page)
            ask(page, question)
            page.context.set_offline(True)
            field = page.locator("derma-chat textarea")
            field.fill(second)
            field.press("Enter")
            expect(page.locator("derma-chat .patient.failed")).to_be_visible(timeout=ANSWER_MS)
            pictures.take(page, f"offline-{language}")
    with pictures.visitor("ar") as page:
        open_panel(page)
        ask(page, "كم تستمر الجلسة؟ عندي ٣٠ دقيقة بس")
        pictures.take(page, "digits-ar")


def take_whatsapp(browser: Browser, simulator_url: str) -> None:
    """The simulator's page: one of its phones in each language."""
    for number, (language, questions) in enumerate(SAID_ON_WHATSAPP.items()):
        page = browser.new_page(viewport=DESKTOP, device_scale_factor=1.5, timezone_id="Asia/Riyadh")
        page.goto(f"{simulator_url.rstrip('/')}/?lang={language}")
        page.locator("#people button").nth(2 * number).click()
        for question in questions:
            heard = page.locator("#chat .theirs:not(:has(.dots))")
            before = heard.count()
            page.locator("#text").fill(question)
            page.locator("#send").click()
            expect(heard.nth(before)).to_be_visible(timeout=ANSWER_MS)
        page.wait_for_timeout(SETTLED_MS)
        page.screenshot(path=str(FOLDER / f"whatsapp-{language}.png"))
        page.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.screenshots", description=__doc__)
    parser.add_argument("site_url", nargs="?", default="http://127.0.0.1:8000")
    parser.add_argument("--simulator", metavar="URL", help="take the WhatsApp simulator's pictures too")
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        take_all(Pictures(browser, given.site_url.rstrip("/")))
        if given.simulator:
            take_whatsapp(browser, given.simulator)
        browser.close()


if __name__ == "__main__":
    main()
