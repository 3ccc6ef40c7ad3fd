"""A message is answered once; whatever the assistant does, its patient hears something."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from desk.assistant_client.client import AssistantClient
from desk.conversations import bubbles, services
from desk.conversations.models import Channel, Conversation
from desk.conversations.texts import fixed_text
from desk.conversations.worker import Worker
from desk.handoffs.models import Handoff
from tests.desk.conftest import TOKEN, client_for, outgoing, receive, run, said
from tests.desk.fake_assistant import REASONS, FakeAssistant
from tests.desk.in_process import through

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_question_is_answered(conversation: Conversation, worker: Worker, fake: FakeAssistant) -> None:
    message = receive(conversation, "كم جلسة وهل توجع؟")
    run(worker)

    message.refresh_from_db()
    conversation.refresh_from_db()
    (answer,) = outgoing(conversation)
    assert answer.answer_name == "utter_ask_session_count"
    assert [part["answer"] for part in answer.parts] == ["utter_ask_session_count", "utter_ask_pain"]
    assert answer.parts[0] == {
        "answer": "utter_ask_session_count",
        "version": "fake-1",
        "text": "غالباً من 4 إلى 8 جلسات.",
    }
    assert answer.text.startswith("غالباً من 4 إلى 8 جلسات.\n\nإحساس خفيف يمكن تحمله.\n\n")  # then the privacy line
    assert answer.in_reply_to == message
    assert answer.answer_version == "fake-1"
    assert answer.language == "ar"
    assert message.state == "answered"
    assert (message.understanding or {})["intent"] == "ask_session_count"
    assert conversation.assistant_state == {"turns": 1}
    assert conversation.language == "ar"
    assert conversation.status == "bot"
    assert not Handoff.objects.exists()
    assert fake.calls[0]["mode"] == "answer"
    assert fake.calls[0]["state"] is None


def test_state_and_language_go_with_the_next_question(
    conversation: Conversation, worker: Worker, fake: FakeAssistant
) -> None:
    receive(conversation, "كم جلسة")
    receive(conversation, "👍")
    run(worker)
    assert fake.calls[1]["state"] == {"turns": 1}
    assert fake.calls[1]["language_hint"] == "ar"


def test_the_privacy_line_comes_once(conversation: Conversation, worker: Worker) -> None:
    receive(conversation, "price?")
    receive(conversation, "how many sessions?")
    run(worker)
    told = [fixed_text("privacy").text("en") in message.text for message in outgoing(conversation)]
    assert told == [True, False]


def test_buttons_stand_on_the_bubble_and_can_be_pressed(
    conversation: Conversation, worker: Worker, fake: FakeAssistant
) -> None:
    receive(conversation, "hmm what")
    run(worker)
    assert [button["choice"] for button in outgoing(conversation)[-1].buttons] == ["ask_pain", "ask_price"]
    pressed = receive(conversation, choice="ask_price")
    run(worker)
    assert pressed.text == "Price"
    assert fake.calls[-1]["choice"] == "ask_price"
    assert "text" not in fake.calls[-1]
    assert said(conversation) == ["utter_clarify", "utter_ask_price"]


@pytest.mark.parametrize("reason", REASONS)
def test_a_failed_turn_apologises_and_hands_over(
    reason: str, conversation: Conversation, worker: Worker, fake: FakeAssistant
) -> None:
    Conversation.objects.update(assistant_state={"turns": 7})
    fake.fail = reason
    message = receive(conversation, "how many sessions?")
    run(worker)

    message.refresh_from_db()
    conversation.refresh_from_db()
    assert said(conversation) == ["utter_ask_session_count", "desk_safety"]  # what came is delivered
    assert message.state == "apologised"
    assert conversation.status == "waiting"
    assert Handoff.objects.get().reason == reason
    assert conversation.assistant_state == (None if reason == "bad_state" else {"turns": 7})


@pytest.mark.parametrize(
    ("reason", "trouble"),
    [
        ("bad_reply", {"garbage": b"<html>"}),
        ("bad_reply", {"garbage": b"[]"}),
        ("bad_reply", {"garbage": b"[" * 100_000}),
        ("bad_reply", {"garbage": b"\xff\xfe"}),
        ("bad_reply", {"garbage": b'{"ok": true, "messages": "text"}'}),
        ("bad_reply", {"garbage": b'{"ok": true, "messages": [{"text": 5}]}'}),
        ("bad_reply", {"garbage": b'{"ok": true, "messages": [], "filler": "' + b"x" * 600_000 + b'"}'}),
        ("bad_reply", {"reply": {"state": {"huge": "x" * 40_000}}}),
        ("bad_reply", {"reply": {"handoff": {"reason": "r", "urgency": "whenever"}}}),
        ("no_answer", {"reply": {"messages": []}}),
        ("assistant_unavailable", {"status": 503}),
        ("assistant_refused", {"status": 500}),
    ],
)
def test_trouble_with_the_assistant_ends_in_an_apology(
    reason: str, trouble: dict[str, Any], conversation: Conversation, worker: Worker, fake: FakeAssistant
) -> None:
    for name, value in trouble.items():
        setattr(fake, name, value)
    message = receive(conversation, "كم جلسة")
    run(worker)
    message.refresh_from_db()
    assert message.state == "apologised"
    assert said(conversation) == ["desk_safety"]
    assert outgoing(conversation)[0].text.startswith(fixed_text("safety").text("ar"))
    assert Handoff.objects.get().reason == reason


def test_a_refused_connection_and_a_slow_assistant(conversation: Conversation, fake: FakeAssistant) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    refusing = AssistantClient(urls=["http://assistant"], token=TOKEN, connect=through(httpx.MockTransport(refuse)))
    receive(conversation, "price?")
    run(Worker(client=refusing))
    assert Handoff.objects.get().reason == "assistant_unavailable"

    fake.delay = 30
    other = services.conversation_open(channel=Channel.WEB)
    receive(other, "price?")
    run(Worker(client=client_for(fake, timeout=0.05)))
    assert Handoff.objects.get(conversation=other).reason == "assistant_timeout"


def test_an_error_of_our_own_fails_closed(
    conversation: Conversation, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bubbles, "privacy_told", lambda *args: 1 / 0)
    message = receive(conversation, "price?")

    async def work() -> None:
        task = asyncio.create_task(worker.run())
        await asyncio.sleep(0.3)
        monkeypatch.undo()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(work())  # even the apology failed: the message is still there, not lost
    message.refresh_from_db()
    assert message.state == "received"
    assert said(conversation) == []


def test_nul_and_surrogates_in_a_reply_can_be_stored(
    conversation: Conversation, worker: Worker, fake: FakeAssistant
) -> None:
    fake.reply = {
        "state": {"text": "a\x00\ud800"},
        "messages": [{"answer": "utter_x", "text": "a\x00b\ud800"}],
    }
    receive(conversation, "price?")
    run(worker)
    assert outgoing(conversation)[0].text.startswith("a\ufffdb\ufffd")
