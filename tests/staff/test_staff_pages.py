"""Every staff page in both languages, on a desk and on a phone: accessible, inside its width, without complaints.

With SCREENSHOTS set to a folder, the pictures of the guide are taken on the way.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.servers import Server
from tests.staff.conftest import DESKTOP, PHONE, OpenPage
from tests.staff.people import Patient

pytestmark = [pytest.mark.browser, pytest.mark.server]

LANGUAGES = ("ar", "en")
SIZES = {"desk": DESKTOP, "phone": PHONE, "small": {"width": 320, "height": 600}}
PAGES = {
    "queue": "",
    "queue-filtered": "?show=mine&urgency=emergency",
    "conversations": "conversations/",
    "people": "people/",
    "replies": "replies/",
    "reply": "replies/1/",
    "reply-new": "replies/new/",
    "audit": "audit/",
    "problems": "problems/",
    "password": "password/",
    "nothing": "conversations/c_nothing/",
}


def examine(page: Page, name: str, language: str, size: str) -> None:
    """No violation of axe's rules, nothing wider than the screen, the right direction."""
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth"), (name, size)
    found = Axe().run(page)
    assert found.violations_count == 0, f"{name} {language} {size}\n{found.generate_report()}"
    folder = os.environ.get("SCREENSHOTS")
    if folder and size != "small":
        page.screenshot(path=str(Path(folder) / f"staff-{name}-{language}-{size}.png"))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page(language: str, size: str, open_page: OpenPage, desk: Server, complaints: list[str]) -> None:
    visitor = open_page(size=SIZES[size])
    visitor.goto(f"{desk.url}/staff/login/?lang={language}")
    examine(visitor, "login", language, size)
    page = open_page("maha", language=language, size=SIZES[size])
    for name, path in PAGES.items():
        page.goto(f"{desk.url}/staff/{path}")
        expect(page.locator(".live-mark")).not_to_be_empty()
        examine(page, name, language, size)
    page.goto(f"{desk.url}/staff/")
    links = page.locator("#queue .entry a")
    addresses = [link.get_attribute("href") for link in links.all()]
    assert len(addresses) >= 3
    for number, address in enumerate(addresses[:3], 1):
        page.goto(f"{desk.url}{address}")
        expect(page.locator("#thread")).to_be_visible()
        for details in page.locator("#thread details").all():
            details.locator("summary").click()
        examine(page, f"conversation-{number}-details", language, size)
        page.reload()
        examine(page, f"conversation-{number}", language, size)
    expected = "Failed to load resource: the server responded with a status of 404"
    assert [text for text in complaints if not text.startswith(expected)] == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_alarm_and_a_conversation_of_ones_own(
    language: str, size: str, open_page: OpenPage, desk: Server, complaints: list[str]
) -> None:
    patient = Patient(desk)
    page = open_page("maha", language=language, size=SIZES[size])
    patient.write("انا حامل بالشهر الرابع، هل يناسبني؟" if language == "ar" else "I am pregnant. Can I have a session?")
    expect(page.locator(f"#queue .entry a[href*='{patient.conversation}']")).to_be_visible()
    page.goto(f"{desk.url}/staff/conversations/{patient.conversation}/")
    page.locator("#status .acts button").first.click()
    expect(page.locator("#status")).to_have_class("status me")
    page.locator(".canned summary").click()
    page.locator("[data-insert]").first.click()
    page.locator("#composer .reply button[type=submit]").click()
    expect(page.locator("#thread .line.staff")).to_be_visible()
    examine(page, "mine", language, size)
    patient.write("ما أقدر أتنفس" if language == "ar" else "I can't breathe")
    alarm = page.locator(".alarm").filter(has=page.locator(f"a[href*='{patient.conversation}']"))
    expect(alarm).to_be_visible()
    examine(page, "alarm", language, size)
    alarm.locator("form button").click()
    expect(alarm).to_have_count(0)
    assert complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_scripts_one_can_still_work(language: str, open_page: OpenPage, desk: Server) -> None:
    page = open_page("maha", language=language)
    page.route("**/static/**/*.js", lambda route: route.abort())
    page.goto(f"{desk.url}/staff/")
    page.locator("#queue .entry a").filter(has_text="وارفرين").click()
    page.locator(".note-box summary").click()
    page.fill("#note-text", "seen without scripts")
    page.locator(".note-form button").click()
    expect(page.locator("#told")).not_to_be_empty()
    expect(page.locator(".line.note").last).to_contain_text("seen without scripts")


def test_the_keyboard_reaches_everything(open_page: OpenPage, desk: Server) -> None:
    page = open_page("maha")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    outline = page.evaluate(
        "() => { const b = document.querySelector('.sound'); b.focus(); return getComputedStyle(b).outlineStyle }"
    )
    assert outline == "solid"
