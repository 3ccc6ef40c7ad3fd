"""One id from the request on: on the message, in the log lines, in the call to the assistant."""

from __future__ import annotations

import asyncio
import logging

import httpx
import pytest
from django.test import AsyncClient, Client

from desk.assistant_client.client import AssistantClient, Question
from desk.assistant_client.replica import AssistantUnavailable
from desk.conversations.models import Message
from desk.conversations.worker import Worker
from desk.request_ids import HEADER, RequestIdFilter, current_request_id, working_on
from tests.desk.conftest import TOKEN
from tests.desk.fake_assistant import FakeAssistant
from tests.desk.in_process import through

pytestmark = pytest.mark.django_db(transaction=True)


async def send(api: AsyncClient, **headers: str) -> str:
    visitor = (await api.post("/api/chat/visitors", {}, content_type="application/json")).json()
    response = await api.post(
        "/api/chat/messages",
        {"client_id": "a", "text": "price?"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {visitor['token']}", **headers},
    )
    return str(response.headers[HEADER])


async def test_it_goes_all_the_way(
    api: AsyncClient, worker: Worker, fake: FakeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.addFilter(RequestIdFilter())
    fake.fail = "no_answer"
    assert await send(api, **{HEADER: "from-the-proxy.1"}) == "from-the-proxy.1"
    assert (await Message.objects.aget(direction="in")).request_id == "from-the-proxy.1"
    await worker.drain()
    assert fake.request_ids == ["from-the-proxy.1"]
    said = [record for record in caplog.records if "could not be answered" in record.getMessage()]
    assert [record.request_id for record in said] == ["from-the-proxy.1"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("given", ["", "a b", "x" * 41, "<script>", "é"])
async def test_an_ill_formed_one_is_replaced(api: AsyncClient, given: str) -> None:
    made = await send(api, **{HEADER: given})
    assert made.startswith("r_")
    assert (await Message.objects.aget()).request_id == made


def test_staff_pages_have_one_too(client: Client) -> None:
    assert client.get("/staff/login/")[HEADER].startswith("r_")


def test_outside_of_a_request_there_is_none(caplog: pytest.LogCaptureFixture) -> None:
    record = logging.makeLogRecord({})
    assert RequestIdFilter().filter(record)
    assert record.request_id == "-"  # type: ignore[attr-defined]
    with working_on("r_1"):
        assert current_request_id() == "r_1"
    assert current_request_id() == ""


def test_the_assistant_is_told(fake: FakeAssistant) -> None:
    seen: list[str | None] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get(HEADER))
        return httpx.Response(503)

    async def ask() -> None:
        client = AssistantClient(urls=["http://one"], token=TOKEN, connect=through(httpx.MockTransport(note)))
        with pytest.raises(AssistantUnavailable):
            await client.ask(Question(conversation="c_1", message_id="m_1", mode="answer", text="price?"))

    with working_on("r_1"):
        asyncio.run(ask())
    asyncio.run(ask())
    assert seen == ["r_1", None]
