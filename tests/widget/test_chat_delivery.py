"""Nothing is lost and nothing is doubled, whatever happens to the line, the page or the desk."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Request, Route, expect

from tests.widget.chat import LANGUAGES, SAID, Chat
from tests.widget.line import Line

pytestmark = pytest.mark.browser


def posted(route: Route) -> bool:
    return str(route.request.method) == "POST"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_said_while_the_line_was_cut_arrives_once(chat: Chat, line: Line, language: str) -> None:
    chat.network_may_fail = True
    said = SAID[language]
    site_url, chat.site_url = chat.site_url, line.url
    chat.open(language)
    chat.write(said["hello"])
    chat.expect_answer(said["clarify"])
    chat.keep_token()
    chat.site_url = site_url
    for round_ in range(2):
        line.cut()
        expect(chat.element.locator(".notice")).to_contain_text(said["offline"])
        chat.write_elsewhere(f"{said['sessions?']} {round_}", f"elsewhere-{round_}")
        line.mend()
        expect(chat.said_by("bot")).to_have_count(round_ + 2)
        expect(chat.element.locator(".notice")).to_have_text(said["online"])
    assert chat.words() == [message["text"] for message in chat.stored()]


def test_the_stream_is_taken_up_behind_the_last_message(chat: Chat, line: Line) -> None:
    chat.network_may_fail = True
    resumed: list[str | None] = []

    def note(request: Request) -> None:
        if "stream" in request.url:
            resumed.append(request.headers.get("last-event-id"))

    chat.page.on("request", note)
    chat.site_url = line.url
    chat.open()
    chat.write(SAID["ar"]["sessions?"])
    chat.expect_answer(SAID["ar"]["sessions"])
    with chat.page.expect_request("**/api/chat/stream"):
        line.cut()
        line.mend()
    assert resumed[-1] == "2"


def test_a_desk_that_repeats_itself_is_heard_once(chat: Chat) -> None:
    def from_the_start(route: Route) -> None:
        route.continue_(headers={**route.request.headers, "last-event-id": "0"})

    chat.page.route("**/api/chat/stream", from_the_start)
    chat.open()
    chat.write(SAID["ar"]["sessions?"])
    chat.expect_answer(SAID["ar"]["sessions"])
    with chat.page.expect_response("**/api/chat/stream"):
        chat.page.reload()
    chat.write(SAID["ar"]["hello"])
    chat.expect_answer(SAID["ar"]["clarify"])
    assert chat.words() == [message["text"] for message in chat.stored()]


def test_an_answer_lost_on_its_way_back_doubles_nothing(chat: Chat) -> None:
    chat.network_may_fail = True
    lost: list[str] = []

    def lose_first(route: Route) -> None:
        if not posted(route) or lost:
            route.fallback()
            return
        lost.append(route.fetch().text())
        route.abort()

    chat.open()
    chat.page.route("**/api/chat/messages", lose_first)
    chat.write(SAID["ar"]["sessions?"])
    chat.expect_answer(SAID["ar"]["sessions"])
    expect(chat.element.locator(".patient.sent")).to_have_count(1)
    chat.page.wait_for_timeout(1500)
    assert lost
    assert chat.stored_by_patient() == [SAID["ar"]["sessions?"]]
    assert len(chat.words()) == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_could_not_be_sent_says_so_and_can_be_sent_again(chat: Chat, language: str) -> None:
    chat.network_may_fail = True
    said = SAID[language]
    chat.open(language)
    chat.page.route("**/api/chat/*", lambda route: route.abort())
    chat.write(said["hello"])
    chat.write(said["sessions?"])
    failed = chat.element.locator(".patient.failed")
    expect(failed).to_have_count(2)
    expect(failed.first).to_contain_text(said["failed"])
    expect(chat.element).not_to_contain_text(re.compile("error|fetch|undefined", re.IGNORECASE))
    chat.page.unroute("**/api/chat/*")
    failed.first.get_by_role("button").click()
    chat.expect_answer(said["sessions"])
    assert chat.stored_by_patient() == [said["hello"], said["sessions?"]]
    assert chat.focused() == "input"


def test_what_could_not_be_sent_survives_a_reload(chat: Chat) -> None:
    chat.network_may_fail = True
    chat.open()
    chat.page.route("**/api/chat/*", lambda route: route.abort())
    chat.write(SAID["ar"]["sessions?"])
    chat.page.unroute("**/api/chat/*")
    chat.page.reload()
    chat.expect_answer(SAID["ar"]["sessions"])
    assert chat.stored_by_patient() == [SAID["ar"]["sessions?"]]


def test_an_expired_visitor_starts_over_without_losing_the_message(chat: Chat) -> None:
    chat.network_may_fail = True
    chat.open()
    chat.write(SAID["ar"]["hello"])
    chat.expect_answer(SAID["ar"]["clarify"])
    chat.remember(token="expired", renewal="expired")
    chat.page.reload()
    chat.write(SAID["ar"]["sessions?"])
    chat.expect_answer(SAID["ar"]["sessions"])
    assert chat.stored_by_patient() == [SAID["ar"]["sessions?"]]


def test_a_button_that_is_no_longer_offered_is_refused_in_words(chat: Chat) -> None:
    chat.network_may_fail = True
    chat.open()
    chat.page.route("**/api/chat/messages", lambda route: refuse(route) if posted(route) else route.fallback())
    chat.write(SAID["ar"]["hello"])
    refused = chat.element.locator(".patient.refused")
    expect(refused).to_contain_text("لم يعد هذا الخيار متاحاً")
    expect(refused.get_by_role("button")).to_have_count(0)


def refuse(route: Route) -> None:
    route.fulfill(status=400, json={"code": "choice", "error": "this choice was not offered in this conversation"})


def test_events_may_be_cut_anywhere(chat: Chat) -> None:
    """Each event arrives whole, at whichever byte the network cuts the stream."""
    chat.open()
    found = chat.page.evaluate(
        """async () => {
          const { eventParser } = await import("/widget/events.js");
          const text = 'retry: 1000\\n\\n: still here\\n\\nid: 7\\r\\nevent: message\\r\\n' +
            'data: {"text": "أهلاً 😀"}\\r\\n\\r\\n' +
            'event: typing\\ndata: {"on":\\ndata: true}\\n\\nevent: message\\ndata: {"half": ';
          const bytes = new TextEncoder().encode(text);
          const seen = new Set();
          for (let cut = 0; cut <= bytes.length; cut += 1) {
            const events = [];
            const parse = eventParser((name, data) => events.push([name, data]));
            parse(bytes.slice(0, cut));
            parse(bytes.slice(cut));
            seen.add(JSON.stringify(events));
          }
          return [...seen];
        }"""
    )
    assert found == ['[["message",{"text":"أهلاً 😀"}],["typing",{"on":true}]]']
