"""A person in a real browser, the real desk, the real assistant and the real actions: nothing is faked.

With SCREENSHOTS set to a folder, the pictures of the README are taken on the way.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.servers import STAFF_PASSWORD, Server, desk_server

pytestmark = [pytest.mark.browser, pytest.mark.server]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
ANSWER_MS = 20_000


@pytest.fixture(scope="module")
def desk(assistant: Server, server_logs: Path) -> Iterator[Server]:
    with desk_server(server_logs, assistant=assistant.url) as server:
        yield server


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1180, "height": 900}, timezone_id="Asia/Riyadh")
    yield context.new_page()
    context.close()


def write(page: Page, text: str) -> None:
    box = page.locator("derma-chat textarea")
    box.fill(text)
    box.press("Enter")


def said(page: Page, text: str) -> None:
    """Wait until the chat's log shows `text`."""
    expect(page.locator("derma-chat [role=log]")).to_contain_text(text, timeout=ANSWER_MS)


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.wait_for_timeout(600)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_a_patient_asks_in_saudi_arabic(page: Page, desk: Server) -> None:
    page.goto(desk.url)
    write(page, "السلام عليكم، كم جلسة احتاج؟")
    said(page, "4 إلى 8")
    said(page, "احذف بياناتي")  # the privacy line of the first answer
    write(page, "t3awer el jalsa?")
    said(page, "الكريم المخدّر")
    picture(page, "chat-ar")


def test_a_patient_asks_in_english(page: Page, desk: Server) -> None:
    page.goto(f"{desk.url}/?lang=en")
    write(page, "Hi, how many sessions do I need?")
    said(page, "4 to 8")
    write(page, "and how long between them?")
    said(page, "4 to 6 weeks")
    picture(page, "chat-en")


def test_a_risky_question_reaches_staff_and_their_reply_the_patient(
    chromium: Browser, page: Page, desk: Server
) -> None:
    page.goto(desk.url)
    write(page, "انا حامل بالشهر الرابع، كم سعر الجلسة؟")
    said(page, "حوّلت رسالتك")
    write(page, "طيب هل هو آمن؟")
    said(page, "أترك لهم الإجابة")
    picture(page, "handoff-ar")

    staff = chromium.new_context(viewport={"width": 1180, "height": 900}).new_page()
    staff.goto(f"{desk.url}/staff/?lang=en")
    staff.fill("input[name=username]", "staff")
    staff.fill("input[name=password]", STAFF_PASSWORD)
    staff.press("input[name=password]", "Enter")
    staff.wait_for_url("**/staff/**")
    picture(staff, "staff-list")
    staff.locator("#queue .entry a").first.click()
    expect(staff.locator("body")).to_contain_text("انا حامل بالشهر الرابع")
    expect(staff.locator("mark").first).to_contain_text("حامل")
    picture(staff, "staff-handoff")
    staff.fill("#reply-text", "أهلاً، معك فريق العيادة.")
    staff.press("#reply-text", "Control+Enter")
    said(page, "أهلاً، معك فريق العيادة.")
    staff.context.close()
