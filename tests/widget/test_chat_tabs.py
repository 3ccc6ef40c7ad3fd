"""Several tabs of one visitor agree; a visitor returns hours, days and weeks later; tokens renew themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Request, expect

from tests.widget.chat import SAID, Chat

pytestmark = pytest.mark.browser


@pytest.fixture
def other(chat: Chat) -> Iterator[Chat]:
    """A second tab of the same visitor."""
    tab = Chat(chat.page.context.new_page(), chat.site_url)
    yield tab
    assert tab.complaints == []


def test_what_is_said_in_one_tab_is_seen_in_the_other(chat: Chat, other: Chat) -> None:
    chat.open()
    other.open()
    chat.write(SAID["ar"]["sessions?"])
    for tab in (chat, other):
        tab.expect_answer(SAID["ar"]["sessions"])
    other.write(SAID["ar"]["hello"])
    for tab in (chat, other):
        tab.expect_answer(SAID["ar"]["clarify"])
        assert tab.words() == [message["text"] for message in chat.stored()]
    other.choices.first.click()
    expect(chat.said_by("bot")).to_have_count(3)
    expect(chat.choices).to_have_count(0)


def test_two_first_messages_at_once_make_one_conversation(chat: Chat, other: Chat) -> None:
    chat.open()
    other.open()
    for tab in (chat, other):
        tab.field.fill(SAID["ar"]["sessions?"])
    send = "(chat) => chat.shadowRoot.querySelector('form.composer').requestSubmit()"
    for tab in (chat, other):
        tab.element.evaluate(send)
    for tab in (chat, other):
        expect(tab.said_by("bot")).to_have_count(2)
    assert chat.stored_by_patient() == [SAID["ar"]["sessions?"]] * 2
    assert chat.memory()["conversation"] == other.memory()["conversation"]


def test_language_thumbs_and_what_was_read_are_common(chat: Chat, other: Chat) -> None:
    chat.open()
    chat.write(SAID["ar"]["sessions?"])
    chat.expect_answer(SAID["ar"]["sessions"])
    other.page.goto(f"{chat.site_url}/?chat=corner")
    expect(other.element.locator(".unread")).to_be_hidden()
    chat.element.locator(".rating:visible .thumb").first.click()
    other.launcher.click()
    expect(other.element.locator(".rating:visible .thumb").first).to_have_attribute("aria-pressed", "true")
    chat.element.locator(".language").click()
    expect(other.element.locator("header")).to_contain_text(SAID["en"]["automated"])
    expect(other.page.locator("html")).to_have_attribute("lang", "en")


def test_what_one_tab_could_not_send_another_brings_out(chat: Chat, other: Chat) -> None:
    chat.network_may_fail = True
    chat.open()
    chat.page.route("**/api/chat/*", lambda route: route.abort())
    chat.write(SAID["ar"]["sessions?"])
    expect(chat.element.locator(".patient.failed")).to_be_visible()
    chat.page.close()
    other.open()
    other.expect_answer(SAID["ar"]["sessions"])
    assert other.stored_by_patient() == [SAID["ar"]["sessions?"]]


def test_erasing_in_one_tab_empties_the_other(chat: Chat, other: Chat) -> None:
    chat.network_may_fail = other.network_may_fail = True
    chat.open()
    other.open()
    chat.write(SAID["ar"]["sessions?"])
    other.expect_answer(SAID["ar"]["sessions"])
    chat.element.locator(".opener").click()
    chat.element.locator(".erase").click()
    chat.element.locator("dialog .danger").click()
    for tab in (chat, other):
        expect(tab.element.locator(".rows .item")).to_have_count(0)
    other.write(SAID["ar"]["hello"])
    for tab in (chat, other):
        tab.expect_answer(SAID["ar"]["clarify"])


def test_a_tab_nobody_looks_at_says_so_in_its_title(chat: Chat, other: Chat) -> None:
    chat.page.add_init_script(
        "Object.defineProperty(Document.prototype, 'hidden', { get: () => Boolean(window.isHidden) });"
    )
    chat.open()
    chat.write(SAID["ar"]["hello"])
    chat.expect_answer(SAID["ar"]["clarify"])
    title = chat.page.title()
    chat.page.evaluate("window.isHidden = true; document.dispatchEvent(new Event('visibilitychange'))")
    chat.write_elsewhere(SAID["ar"]["sessions?"], "elsewhere")
    expect(chat.page).to_have_title(f"(1) {title}")
    chat.page.evaluate("window.isHidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(chat.page).to_have_title(title)


def test_a_visitor_returns_to_the_same_conversation(chat: Chat) -> None:
    """Whatever the clock says: the short token has gone, the long one fetches the next pair."""
    chat.open()
    chat.write(SAID["ar"]["sessions?"])
    chat.expect_answer(SAID["ar"]["sessions"])
    for _ in range(3):
        before = chat.memory()
        chat.remember(until=0)
        chat.page.reload()
        chat.expect_answer(SAID["ar"]["sessions"])
        after = chat.memory()
        assert after["conversation"] == before["conversation"]
        assert after["token"] != before["token"]
        assert after["renewal"] != before["renewal"]
    chat.write(SAID["ar"]["hello"])
    chat.expect_answer(SAID["ar"]["clarify"])
    assert len(chat.words()) == 4


def test_a_token_that_stopped_counting_is_renewed_unseen(chat: Chat) -> None:
    chat.network_may_fail = True  # the browser reports the 401 by itself
    chat.open()
    chat.write(SAID["ar"]["sessions?"])
    chat.expect_answer(SAID["ar"]["sessions"])
    chat.remember(token="spoilt")
    chat.write(SAID["ar"]["hello"])
    chat.expect_answer(SAID["ar"]["clarify"])
    expect(chat.element.locator(".patient.sent")).to_have_count(2)
    expect(chat.element.locator(".notice")).to_have_text("")
    assert chat.stored_by_patient() == [SAID["ar"]["sessions?"], SAID["ar"]["hello"]]


def test_a_renewal_whose_answer_was_lost_locks_nobody_out(chat: Chat) -> None:
    chat.network_may_fail = True
    chat.open()
    chat.write(SAID["ar"]["sessions?"])
    chat.expect_answer(SAID["ar"]["sessions"])
    lost: list[str] = []

    def lose(route: object) -> None:
        lost.append(route.fetch().text())  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    chat.page.route("**/api/chat/token", lose, times=2)
    chat.remember(until=0)
    chat.page.reload()
    chat.expect_answer(SAID["ar"]["sessions"])
    assert len(lost) == 2


def test_another_browser_sees_nothing(chat: Chat, browser: Browser, site_url: str) -> None:
    chat.open()
    chat.write(SAID["ar"]["sessions?"])
    chat.expect_answer(SAID["ar"]["sessions"])
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    stranger = Chat(context.new_page(), site_url)
    stranger.open()
    assert stranger.words() == []
    stranger.write(SAID["ar"]["hello"])
    stranger.expect_answer(SAID["ar"]["clarify"])
    mine, theirs = chat.memory(), stranger.memory()
    # The other's conversation with one's own tokens: each token is bound to its own.
    stranger.remember(conversation=mine["conversation"])
    stranger.page.reload()
    stranger.expect_answer(SAID["ar"]["clarify"])
    assert stranger.words()[0] == SAID["ar"]["hello"]
    # A token put together from both halves opens neither.
    body, _, signature = mine["token"].rpartition(":")
    assert signature
    stranger.network_may_fail = True
    mixed = f"{body}:{theirs['token'].rpartition(':')[2]}"
    stranger.remember(token=mixed, renewal=mixed)
    stranger.page.reload()
    expect(stranger.element.locator(".rows .item")).to_have_count(0)
    context.close()


def test_no_cookie_and_no_third_party(chat: Chat) -> None:
    asked: list[Request] = []
    chat.page.on("request", lambda request: asked.append(request))
    chat.open()
    chat.write(SAID["ar"]["sessions?"])
    chat.expect_answer(SAID["ar"]["sessions"])
    chat.page.reload()
    chat.expect_answer(SAID["ar"]["sessions"])
    assert chat.page.context.cookies() == []
    assert {request.url.startswith((chat.site_url + "/", "data:")) for request in asked} == {True}
    assert not [request for request in asked if "cookie" in request.headers]
