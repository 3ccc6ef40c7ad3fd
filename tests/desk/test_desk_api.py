"""The website's HTTP API: what it accepts, what it refuses and how."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.test import AsyncClient

from assistant.topics import load_topics
from desk.conversations.models import ChannelIdentity, Conversation, Message
from desk.conversations.topics import STANDING_CHOICES
from desk.conversations.worker import Worker
from desk.safe_text import original_text
from desk.web.requests import MAX_TEXT
from tests.desk.fake_assistant import FakeAssistant

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGES = "/api/chat/messages"


async def visitor(api: AsyncClient, **body: Any) -> dict[str, str]:
    response = await api.post("/api/chat/visitors", body, content_type="application/json")
    assert response.status_code == 201
    return {"Authorization": f"Bearer {response.json()['token']}"}


async def send(api: AsyncClient, headers: dict[str, str], body: Any) -> Any:
    content = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return await api.post(MESSAGES, content, content_type="application/json", headers=headers)


async def test_a_visitor_gets_a_token_and_a_conversation(api: AsyncClient) -> None:
    response = await api.post("/api/chat/visitors", {"language": "ar"}, content_type="application/json")
    body = response.json()
    conversation = await Conversation.objects.aget()
    assert response.status_code == 201
    assert set(body) == {"token", "expires_in", "renewal", "conversation", "language"}
    assert body["conversation"] == conversation.pk
    assert conversation.language == "ar"
    assert await ChannelIdentity.objects.filter(person_id=conversation.person_id, channel="web").aexists()
    assert "Set-Cookie" not in response.headers


async def test_a_visitor_needs_no_body(api: AsyncClient) -> None:
    response = await api.post("/api/chat/visitors", b"", content_type="application/json")
    assert response.status_code == 201
    assert response.json()["language"] is None


async def test_a_message_is_stored_before_it_is_acknowledged(api: AsyncClient) -> None:
    headers = await visitor(api)
    response = await send(api, headers, {"client_id": "a-1", "text": "كم جلسة؟", "language": "ar"})
    stored = await Message.objects.aget()
    assert response.status_code == 202
    assert response.json() == {"id": stored.pk, "seq": 1}
    assert (stored.text, stored.state, stored.raw) == ("كم جلسة؟", "received", None)


async def test_the_same_client_id_is_the_same_message(api: AsyncClient) -> None:
    headers = await visitor(api)
    first = await send(api, headers, {"client_id": "a-1", "text": "price?"})
    again = await send(api, headers, {"client_id": "a-1", "text": "price?"})
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json() == again.json()
    assert await Message.objects.acount() == 1
    other = await visitor(api)
    assert (await send(api, other, {"client_id": "a-1", "text": "mine"})).status_code == 202


@pytest.mark.parametrize(
    ("status", "code", "body"),
    [
        (400, "json", b""),
        (400, "json", b"{"),
        (400, "json", b"\xff\xfe\x00"),
        (400, "json", b"[" * 30_000),
        (400, "json", b'{"client_id": "a", "text": ' + b"1" * 5_000 + b"}"),
        (400, "json", "[]"),
        (400, "json", "null"),
        (400, "json", '"text"'),
        (400, "client_id", {"text": "hi"}),
        (400, "client_id", {"client_id": 5, "text": "hi"}),
        (400, "client_id", {"client_id": "", "text": "hi"}),
        (400, "client_id", {"client_id": "a b", "text": "hi"}),
        (400, "client_id", {"client_id": "a\n", "text": "hi"}),
        (400, "client_id", {"client_id": "a\x00", "text": "hi"}),
        (400, "client_id", {"client_id": "a" * 101, "text": "hi"}),
        (400, "content", {"client_id": "a"}),
        (400, "content", {"client_id": "a", "text": "hi", "choice": "ask_pain"}),
        (400, "content", {"client_id": "a", "text": None}),
        (400, "content", {"client_id": "a", "text": ["hi"]}),
        (400, "content", {"client_id": "a", "choice": {"a": 1}}),
        (400, "empty", {"client_id": "a", "text": ""}),
        (400, "empty", {"client_id": "a", "text": " \n\u3000"}),
        (400, "language", {"client_id": "a", "text": "hi", "language": "fr"}),
        (400, "language", {"client_id": "a", "text": "hi", "language": ["ar"]}),
        (400, "choice", {"client_id": "a", "choice": "ask_pain"}),
        (400, "choice", {"client_id": "a", "choice": "\ud800\x00"}),
        (413, "too_long", {"client_id": "a", "text": "س" * (MAX_TEXT + 1)}),
    ],
)
async def test_bad_messages_are_refused_in_one_line(api: AsyncClient, status: int, code: str, body: Any) -> None:
    response = await send(api, await visitor(api), body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json()["error"].count("\n") == 0
    assert not await Message.objects.aexists()


@pytest.mark.parametrize(
    "text", ["a\x00b", "\ud800", "x\udfff\ud800y", "\x00", "س" * MAX_TEXT, "😀" * MAX_TEXT, "\u202e\u200f"]
)
async def test_every_text_is_kept_as_it_came(api: AsyncClient, text: str) -> None:
    response = await send(api, await visitor(api), {"client_id": "a", "text": text})
    assert response.status_code == 202
    stored = await Message.objects.aget()
    assert (original_text(stored.raw) if stored.raw else stored.text) == text
    assert len(stored.text) == len(text)
    assert "\x00" not in stored.text


async def test_a_choice_must_have_been_offered_here(api: AsyncClient, worker: Worker) -> None:
    headers = await visitor(api)
    await send(api, headers, {"client_id": "a", "text": "hmm"})
    await worker.drain()
    pressed = await send(api, headers, {"client_id": "b", "choice": "ask_pain"})
    assert pressed.status_code == 202
    assert (await Message.objects.aget(choice="ask_pain")).text == "Does it hurt?"
    elsewhere = await send(api, await visitor(api), {"client_id": "b", "choice": "ask_pain"})
    assert elsewhere.status_code == 400
    assert (await send(api, headers, {"client_id": "c", "choice": "restart"})).status_code == 400


async def test_messages_can_be_read_from_any_point(api: AsyncClient, worker: Worker) -> None:
    headers = await visitor(api)
    await send(api, headers, {"client_id": "mine-1", "text": "hmm"})
    await worker.drain()
    everything = (await api.get(MESSAGES, headers=headers)).json()
    patient, bot = everything["messages"]
    assert everything["more"] is False
    assert everything["typing"] is False
    assert everything["conversation"] == {"status": "bot", "language": None, "handoff": None}
    assert (patient["author"], patient["seq"], patient["client_id"]) == ("patient", 1, "mine-1")
    assert set(bot) == {
        "id",
        "seq",
        "author",
        "text",
        "language",
        "buttons",
        "name",
        "rateable",
        "feedback",
        "at",
        "in_reply_to",
        "client_id",
    }
    assert bot["buttons"][0] == {"title": "Does it hurt?", "choice": "ask_pain"}
    assert bot["in_reply_to"] == patient["id"]
    later = (await api.get(MESSAGES + "?after=1", headers=headers)).json()["messages"]
    assert [message["seq"] for message in later] == [2]


@pytest.mark.parametrize(("language", "title"), [("ar", "التحدث مع موظف"), ("en", "Talk to staff")])
async def test_staff_may_be_chosen_at_any_time(
    api: AsyncClient, worker: Worker, fake: FakeAssistant, language: str, title: str
) -> None:
    headers = await visitor(api)
    chosen = await send(api, headers, {"client_id": "a", "choice": "ask_human", "language": language})
    assert chosen.status_code == 202
    stored = await Message.objects.aget(choice="ask_human")
    assert (stored.text, stored.kind) == (title, "choice")
    await worker.drain()
    assert (fake.calls[0]["choice"], fake.calls[0].get("text")) == ("ask_human", None)
    assert (await api.get(MESSAGES, headers=headers)).json()["conversation"]["status"] == "waiting"


def test_choices_that_always_stand_are_topics_harmless_beside_a_risk(settings: Any) -> None:
    topics = load_topics(settings.BASE_DIR / "data" / "topics.yml")
    assert [each for each in STANDING_CHOICES if not topics[each].harmless] == []


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "٣", "9" * 30, "4294967296"])
async def test_a_wrong_position_is_refused(api: AsyncClient, after: str) -> None:
    headers = await visitor(api)
    assert (await api.get(MESSAGES, {"after": after}, headers=headers)).status_code == 400


async def test_the_language_can_be_fixed_and_freed(api: AsyncClient, worker: Worker, fake: FakeAssistant) -> None:
    headers = await visitor(api)

    async def fix(body: Any) -> Any:
        return await api.post("/api/chat/language", body, content_type="application/json", headers=headers)

    assert (await fix({"language": "ar"})).json() == {"language": "ar"}
    await send(api, headers, {"client_id": "a", "text": "price?"})
    await worker.drain()
    assert fake.calls[0]["language_fixed"] == "ar"
    assert (await fix({"language": None})).json() == {"language": None}
    assert (await Conversation.objects.aget()).language_fixed == ""
    wrongs: tuple[Any, ...] = ({}, {"language": "fr"}, {"language": 1}, [], "ar")
    for wrong in wrongs:
        assert (await fix(json.dumps(wrong))).status_code == 400


async def test_wrong_methods_are_refused(api: AsyncClient) -> None:
    assert (await api.get("/api/chat/visitors")).status_code == 405
    assert (await api.delete(MESSAGES)).headers["Allow"] == "GET, POST"
    assert (await api.post("/api/chat/stream")).status_code == 405


async def test_a_busy_database_is_said_so(api: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = await visitor(api)

    def locked(*_: Any, **__: Any) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr("desk.web.services.message_receive", locked)
    response = await send(api, headers, {"client_id": "a", "text": "hi"})
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "2"
