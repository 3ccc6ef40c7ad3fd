"""What makes daily work pleasant and safe, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.servers import Server
from tests.staff.conftest import OpenPage
from tests.staff.people import Patient

pytestmark = [pytest.mark.browser, pytest.mark.server]

HOSTILE = '<img src=x onerror="window.hacked = true"><script>window.hacked = true</script>'


@pytest.fixture
def patient(desk: Server) -> Patient:
    return Patient(desk)


@pytest.fixture(autouse=True)
def no_complaints(complaints: list[str]) -> Iterator[None]:
    yield
    assert complaints == []


def waiting(page: Page, patient: Patient, desk: Server) -> None:
    """Open the conversation of a patient whom staff must answer."""
    entry = page.locator(f"#queue .entry a[href*='{patient.conversation}']")
    expect(entry).to_be_visible()
    page.goto(f"{desk.url}/staff/conversations/{patient.conversation}/")


def test_the_second_to_claim_is_told_who_was_first(
    open_page: OpenPage, patient: Patient, desk: Server, complaints: list[str]
) -> None:
    first, second = open_page("sara"), open_page("huda")
    patient.write("I am pregnant, can I come?")
    waiting(first, patient, desk)
    # The second has not heard of it yet: the page is as it was.
    second.route("**/live/**", lambda route: route.abort())
    second.route("**/staff/stream", lambda route: route.abort())
    waiting_page = f"{desk.url}/staff/conversations/{patient.conversation}/"
    second.goto(waiting_page)
    first.get_by_role("button", name="Take over").click()
    expect(first.locator("#status")).to_contain_text("You are answering")
    second.get_by_role("button", name="Take over").click()
    expect(second.locator("#told")).to_contain_text("Sara has this conversation")
    expect(second.locator("#status")).to_contain_text("Sara is answering")
    expect(second.locator("#reply-text")).to_have_count(0)
    complaints[:] = [text for text in complaints if "ERR_FAILED" not in text and "htmx:sendError" not in text]


def test_a_colleague_sees_it_live(open_page: OpenPage, patient: Patient, desk: Server) -> None:
    first, second = open_page("sara"), open_page("huda")
    patient.write("I am pregnant, can I come?")
    for page in (first, second):
        waiting(page, patient, desk)
    first.get_by_role("button", name="Take over").click()
    expect(second.locator("#status")).to_contain_text("Sara is answering")
    first.locator(".note-box summary").click()
    first.fill("#note-text", "asked the doctor")
    first.press("#note-text", "Control+Enter")
    expect(second.locator(".line.note")).to_contain_text("asked the doctor")
    second.get_by_role("button", name="Take it from Sara").click()
    expect(second.locator("#status")).to_contain_text("You are answering")
    expect(first.locator("#status")).to_contain_text("Huda is answering")
    second.locator("#status .menu summary").click()
    second.get_by_role("button", name="Return to queue").click()
    expect(first.locator("#status")).to_contain_text("Nobody answers yet")


def test_a_draft_is_kept(open_page: OpenPage, patient: Patient, desk: Server) -> None:
    page = open_page("sara")
    patient.write("I am pregnant, can I come?")
    waiting(page, patient, desk)
    page.fill("#reply-text", "half a thought")
    patient.write("hello?")
    expect(page.locator("#thread")).to_contain_text("hello?")
    expect(page.locator("#reply-text")).to_have_value("half a thought")
    page.reload()
    expect(page.locator("#reply-text")).to_have_value("half a thought")
    page.locator("#composer").get_by_role("button", name="Send").click()
    expect(page.locator("#thread .staff")).to_contain_text("half a thought")
    page.reload()
    expect(page.locator("#reply-text")).to_have_value("")


def test_a_change_while_sending_loses_no_answer(open_page: OpenPage, patient: Patient, desk: Server) -> None:
    """A reply is on its way when the page renews itself: its answer still finds its place."""
    page, colleague = open_page("sara"), open_page("huda")
    patient.write("I am pregnant, can I come?")
    for reader in (page, colleague):
        waiting(reader, patient, desk)
    held: list[Route] = []
    page.route("**/reply/", lambda route: held.append(route))
    page.fill("#reply-text", "on its way")
    page.press("#reply-text", "Control+Enter")
    page.wait_for_function("document.querySelector('#composer form.htmx-request') !== null")
    colleague.locator(".note-box summary").click()
    colleague.fill("#note-text", "meanwhile")
    colleague.press("#note-text", "Control+Enter")
    expect(colleague.locator(".line.note")).to_contain_text("meanwhile")
    colleague.get_by_role("button", name="Take over").click()
    expect(colleague.locator("#status")).to_contain_text("You are answering")
    page.wait_for_timeout(1000)  # the stream has rung by now; nothing may have been renewed under the reply
    held[0].continue_()
    expect(page.locator("#told")).to_contain_text("Huda has this conversation")
    expect(page.locator("#status")).to_contain_text("Huda is answering")
    expect(page.locator(".line.note")).to_contain_text("meanwhile")


def test_what_was_opened_stays_open(open_page: OpenPage, patient: Patient, desk: Server) -> None:
    page = open_page("sara")
    patient.write("I am pregnant, can I come?")
    waiting(page, patient, desk)
    details = page.locator("#thread .patient details").first
    details.locator("summary").click()
    patient.write("hello?")
    expect(page.locator("#thread")).to_contain_text("hello?")
    expect(details).to_have_attribute("open", "")


def test_the_transcript_stays_where_its_reader_is(open_page: OpenPage, patient: Patient, desk: Server) -> None:
    page = open_page("sara")
    patient.write("I am pregnant, can I come?")
    waiting(page, patient, desk)
    last = page.locator("#thread .line").last
    for number in range(8):
        patient.write(f"and what of question {number}?")
        expect(page.locator("#thread")).to_contain_text(f"question {number}?")
    expect(last).to_be_in_viewport(ratio=0.9)
    assert page.locator("#thread").evaluate("box => box.scrollHeight > box.clientHeight + 200"), "nothing to scroll"

    somebody_is_in_danger(page, desk)  # the banner takes height from this transcript
    expect(last).to_be_in_viewport(ratio=0.9)
    patient.write("one more under the alarm")
    expect(page.locator("#thread .line", has_text="under the alarm")).to_be_in_viewport(ratio=0.9)

    page.locator("#thread").evaluate("box => { box.scrollTop = 120; }")
    somebody_is_in_danger(page, desk)
    patient.write("said below")
    expect(page.locator("#thread")).to_contain_text("said below")
    assert page.locator("#thread").evaluate("box => box.scrollTop") == 120


def somebody_is_in_danger(page: Page, desk: Server) -> None:
    """Another patient, whose alarm shows on this page."""
    patient = Patient(desk)
    patient.write("I can't breathe")
    expect(page.locator(f".alarm a[href*='{patient.conversation}']")).to_be_attached()


@pytest.mark.parametrize(
    ("asks", "inserted"),
    [("انا حامل، هل يناسبني؟", "أهلاً بك، معك فريق العيادة."), ("I am pregnant", "Hello, this is the clinic's staff.")],
)
def test_canned_replies_speak_the_patients_language(
    asks: str, inserted: str, open_page: OpenPage, patient: Patient, desk: Server
) -> None:
    page = open_page("sara")
    patient.write(asks)
    waiting(page, patient, desk)
    page.locator(".canned summary").click()
    page.get_by_role("button", name="Welcome").click()
    assert page.input_value("#reply-text").startswith(inserted)
    expect(page.locator("#reply-text")).to_be_focused()


def test_a_lost_connection_is_shown_and_the_text_is_kept(
    open_page: OpenPage, patient: Patient, desk: Server, complaints: list[str]
) -> None:
    page = open_page("sara")
    patient.write("I am pregnant, can I come?")
    waiting(page, patient, desk)
    page.fill("#reply-text", "are you there?")
    page.context.set_offline(True)
    page.press("#reply-text", "Control+Enter")
    expect(page.locator("#told")).to_contain_text("Your text is kept here")
    expect(page.locator("#reply-text")).to_have_value("are you there?")
    page.context.set_offline(False)
    page.press("#reply-text", "Control+Enter")
    expect(page.locator("#thread .staff")).to_contain_text("are you there?")
    complaints[:] = [text for text in complaints if "ERR_INTERNET_DISCONNECTED" not in text and "htmx" not in text]


def test_the_sound_is_the_readers_choice(open_page: OpenPage, desk: Server) -> None:
    page = open_page("sara")
    button = page.locator("button.sound")
    expect(button).to_have_text("Sound: off")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(button).to_have_text("Sound: on")


def test_the_tab_shows_how_many_wait(open_page: OpenPage, patient: Patient, desk: Server) -> None:
    page = open_page("sara")
    patient.write("I am pregnant, can I come?")
    expect(page.locator(f"#queue .entry a[href*='{patient.conversation}']")).to_be_visible()
    count = page.locator(".tabs a").nth(1).locator(".count").inner_text()
    page.wait_for_function("(count) => document.title.startsWith(`(${count}) `)", arg=count)
    icon = page.locator("link[rel=icon]").get_attribute("href")
    assert icon is not None
    assert icon.startswith("data:image/png")


def test_who_logs_out_elsewhere_is_out_here(open_page: OpenPage, desk: Server) -> None:
    page = open_page("reem")
    expect(page.locator(".live-mark")).to_have_text("Live")
    other = page.context.new_page()
    other.goto(f"{desk.url}/staff/conversations/")
    other.locator(".tools .menu summary").click()
    other.get_by_role("button", name="Log out").click()
    expect(other).to_have_url(f"{desk.url}/staff/login/?notice=logged_out")
    expect(page).to_have_url(f"{desk.url}/staff/login/?next=/staff/")


@pytest.mark.parametrize("where", ["", "conversations/", "replies/", "people/", "audit/?actor=maha"])
def test_stored_scripts_are_inert(where: str, open_page: OpenPage, patient: Patient, desk: Server) -> None:
    manager = open_page("maha")
    if not where:
        store_scripts(manager, patient, desk)
    manager.goto(f"{desk.url}/staff/{where}")
    expect(manager.locator("body")).to_contain_text("onerror" if where != "audit/?actor=maha" else "maha")
    assert manager.evaluate("window.hacked") is None
    assert manager.locator("img[src=x]").count() == 0
    assert manager.locator("body script").count() == 0


def store_scripts(manager: Page, patient: Patient, desk: Server) -> None:
    """In a patient's text, a note, a reply, a canned reply and a name, all written through the pages themselves."""
    manager.goto(f"{desk.url}/staff/replies/new/")
    for field in ("title_ar", "title_en"):
        manager.fill(f"#id_{field}", HOSTILE[:60])
    for field in ("text_ar", "text_en"):
        manager.fill(f"#id_{field}", f'"{HOSTILE}')
    manager.get_by_role("button", name="Save").click()
    manager.goto(f"{desk.url}/staff/people/")
    manager.fill("#id_username", "hostile")
    manager.fill("#id_full_name", HOSTILE)
    manager.get_by_role("button", name="Add", exact=True).click()
    patient.write(f"I am pregnant {HOSTILE}")
    manager.goto(f"{desk.url}/staff/")
    waiting(manager, patient, desk)
    manager.locator(".canned summary").click()
    manager.locator("[data-insert]").last.click()
    assert HOSTILE in manager.input_value("#reply-text")
    manager.locator("#composer").get_by_role("button", name="Send").click()
    expect(manager.locator("#thread .staff")).to_contain_text("onerror")
    manager.locator(".note-box summary").click()
    manager.fill("#note-text", HOSTILE)
    manager.press("#note-text", "Control+Enter")
    expect(manager.locator(".line.note")).to_contain_text("onerror")
    manager.locator("#status .menu summary").click()
    expect(manager.locator("#transfer-to")).to_contain_text("onerror")
    assert manager.evaluate("window.hacked") is None
    assert manager.locator("img[src=x]").count() == 0
