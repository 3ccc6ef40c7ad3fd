"""The whole loop in a real browser: a patient's question, staff who answer it, a danger sign, and back again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.servers import Server
from tests.staff.conftest import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.server]


def write(patient: Page, text: str) -> None:
    box = patient.locator("derma-chat textarea")
    box.fill(text)
    box.press("Enter")


def hears(patient: Page, text: str) -> None:
    expect(patient.locator("derma-chat [role=log]")).to_contain_text(text)


def test_from_the_question_to_the_assistant_again(open_page: OpenPage, desk: Server, complaints: list[str]) -> None:
    staff = open_page("sara")
    queue = staff.locator("#queue")
    expect(staff.locator(".live-mark")).to_have_text("Live")
    waiting_before = int(re.search(r"\d+", staff.title() + " 0")[0])  # type: ignore[index]

    patient = open_page()
    patient.goto(desk.url)
    write(patient, "السلام عليكم، كم جلسة أحتاج؟")
    hears(patient, "غالباً من 4 إلى 8 جلسات.")
    write(patient, "انا حامل بالشهر السادس، هل يناسبني؟")

    # It appears without a reload, in the tab's title too.
    entry = queue.locator(".entry").filter(has_text="انا حامل بالشهر السادس")
    expect(entry).to_be_visible()
    expect(staff).to_have_title(re.compile(rf"^\({waiting_before + 1}\) "))

    entry.locator("a").click()
    status = staff.locator("#status")
    expect(status).to_contain_text("Nobody answers yet")
    conversation_url = staff.url
    expect(staff.locator("#thread mark").first).to_contain_text("حامل")
    expect(status.locator(".seen-text")).not_to_be_empty()

    status.get_by_role("button", name="Take over").click()
    expect(status).to_contain_text("You are answering")
    staff.fill("#reply-text", "أهلاً بك، معك فريق العيادة.")
    staff.press("#reply-text", "Control+Enter")
    hears(patient, "أهلاً بك، معك فريق العيادة.")
    expect(staff.locator("#reply-text")).to_have_value("")
    expect(status.locator(".seen-text")).to_have_text("أهلاً بك، معك فريق العيادة.")

    # While staff have it, the assistant is silent and the danger sign is heard.
    write(patient, "كم السعر؟")
    expect(staff.locator("#thread")).to_contain_text("كم السعر؟")
    manager = open_page("maha")
    write(patient, "ما أقدر أتنفس وعندي ألم بالصدر")
    hears(patient, "997")
    for page in (staff, manager):
        alarm = page.locator(".alarm[role=alert]").filter(has_text="ما أقدر أتنفس")
        expect(alarm).to_contain_text("ما أقدر أتنفس")
        expect(page.locator("html")).to_have_attribute("data-alarm", "sounding")
        box = alarm.bounding_box()
        assert box is not None
        assert box["width"] == page.evaluate("innerWidth")
    manager.goto(f"{desk.url}/staff/audit/")
    own = {page: page.locator(".alarm").filter(has_text="ما أقدر أتنفس") for page in (staff, manager)}
    own[manager].get_by_role("button", name="I have seen it").click()
    expect(own[manager]).to_have_count(0)
    expect(own[staff]).to_have_count(0)
    expect(patient.locator("derma-chat [role=log]")).not_to_contain_text("السعر حسب الخطة.")

    status.get_by_role("button", name="Close request").click()
    expect(staff).to_have_url(f"{desk.url}/staff/?notice=closed")
    hears(patient, "أنهى فريق العيادة متابعة هذا الطلب.")
    write(patient, "كم السعر؟")
    hears(patient, "السعر حسب الخطة.")
    expect(queue.locator(".entry").filter(has_text="حامل بالشهر السادس")).to_have_count(0)

    # All of it is in the trail.
    manager.goto(f"{desk.url}/staff/audit/?actor=sara")
    for act in ("Logged in", "Read a conversation", "Took a request", "Replied to a patient", "Closed a request"):
        expect(manager.locator("tbody")).to_contain_text(act)
    conversation_id = re.search(r"/conversations/(\w+)/", conversation_url)[1]  # type: ignore[index]
    manager.goto(f"{desk.url}/staff/audit/?actor=maha&action=alarm_seen&conversation_id={conversation_id}")
    expect(manager.locator("tbody tr")).to_have_count(1)
    assert complaints == []
