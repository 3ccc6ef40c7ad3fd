"""A conversation on the website, in a real browser and in both languages."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.widget.chat import LANGUAGES, SAID, Chat

pytestmark = pytest.mark.browser

HOSTILE = '<img src=x onerror="window.hacked = true"><script>window.hacked = true</script>'


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_and_a_button_are_answered(chat: Chat, language: str) -> None:
    said = SAID[language]
    chat.open(language)
    assert chat.element.locator(".root").get_attribute("dir") == said["direction"]
    expect(chat.element.locator("header")).to_contain_text(said["automated"])
    for number in ("997", "911"):
        expect(chat.element.locator(f".emergency a[href='tel:{number}']")).to_be_visible()

    chat.write(said["hello"])
    chat.expect_answer(said["clarify"])
    expect(chat.element.locator(".rows .patient.sent")).to_have_count(1)

    chat.choices.filter(has_text=said["button"]).click()
    chat.expect_answer(said["pain"])
    expect(chat.said_by("patient").last).to_have_text(said["button"])
    expect(chat.choices).to_have_count(0)
    assert chat.focused() == "input"
    assert chat.stored_by_patient() == [said["hello"], said["button"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_suggested_question_is_sent(chat: Chat, language: str) -> None:
    chat.open(language)
    chat.element.locator(".welcome button").first.click()
    chat.expect_answer(SAID[language]["sessions"])
    expect(chat.element.locator(".welcome button").first).to_be_hidden()


@pytest.mark.parametrize("language", LANGUAGES)
def test_staff_can_be_asked_for_at_any_time(chat: Chat, language: str) -> None:
    chat.open(language)
    chat.element.locator(".panel > .staff").click()
    expect(chat.said_by("patient")).to_have_count(1)
    expect(chat.said_by("bot")).to_have_count(1)


def test_the_language_can_be_switched(chat: Chat) -> None:
    chat.open("ar")
    chat.write(SAID["ar"]["sessions?"])
    chat.expect_answer(SAID["ar"]["sessions"])
    with chat.page.expect_response("**/api/chat/language") as answer:
        chat.element.locator(".language").click()
    assert answer.value.json() == {"language": "en"}
    assert chat.element.locator(".root").get_attribute("dir") == "ltr"
    assert chat.page.locator("html").get_attribute("dir") == "ltr"
    chat.write(SAID["ar"]["sessions?"])
    chat.expect_answer(SAID["en"]["sessions"])
    chat.page.reload()
    expect(chat.element.locator("header")).to_contain_text(SAID["en"]["automated"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reload_keeps_the_conversation(chat: Chat, language: str) -> None:
    chat.open(language)
    chat.write(SAID[language]["hello"])
    chat.expect_answer(SAID[language]["clarify"])
    before = chat.words()
    chat.page.reload()
    chat.expect_answer(SAID[language]["clarify"])
    assert chat.words() == before
    expect(chat.choices).to_have_count(2)
    chat.write(SAID[language]["sessions?"])
    chat.expect_answer(SAID[language]["sessions"])
    assert len(chat.words()) == 4


def test_markup_in_a_message_stays_text(chat: Chat) -> None:
    chat.open()
    chat.write(HOSTILE)
    expect(chat.said_by("bot")).to_have_count(1)
    for _ in range(2):
        expect(chat.said_by("patient")).to_have_text(HOSTILE)
        assert chat.element.locator("img, .rows script").count() == 0
        assert chat.page.evaluate("window.hacked") is None
        chat.page.reload()
