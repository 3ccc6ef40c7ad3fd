"""Every way in which a send can fail: later, never, or uncertain; and never twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from desk.channels.senders import SendLater, SendRefused, SendUncertain
from desk.conversations.models import Direction, Message
from desk.conversations.outbox import Outbox
from desk.database import in_database
from desk.whatsapp.errors import error_in, error_of
from desk.whatsapp.graph import GraphClient, MediaUnavailable
from tests.desk.fake_assistant import FakeAssistant
from tests.whatsapp.conftest import SETTINGS, Line
from tests.whatsapp.stored import outgoing

BODY = {"messaging_product": "whatsapp", "to": "966500000001", "type": "text", "text": {"body": "hi"}}


async def send(answer: Callable[[httpx.Request], httpx.Response]) -> str:
    client = GraphClient(SETTINGS, transport=httpx.MockTransport(answer))
    try:
        return await client.send(BODY)
    finally:
        await client.close()


def meta_error(code: int, status: int = 400) -> httpx.Response:
    error = {"message": "(#x)", "code": code, "error_data": {"details": "in detail"}}
    return httpx.Response(status, json={"error": error})


@pytest.mark.parametrize("code", [1, 2, 4, 130429, 131056, 131048, 131000, 131016, 190])
async def test_what_will_pass_is_tried_later(code: int) -> None:
    with pytest.raises(SendLater, match=f"^{code}: "):
        await send(lambda request: meta_error(code))


@pytest.mark.parametrize("code", [100, 131009, 131026, 131047, 131051, 368, 131031, 132001, 131042, 999999])
async def test_what_will_never_pass_is_refused_in_words(code: int) -> None:
    with pytest.raises(SendRefused, match=f"^{code}: .+in detail"):
        await send(lambda request: meta_error(code))


async def test_waiting_times() -> None:
    for code, seconds in ((131056, 6), (130429, 5), (190, 60)):
        with pytest.raises(SendLater) as later:
            await send(lambda request, code=code: meta_error(code))  # type: ignore[misc]
        assert later.value.retry_after == seconds
    with pytest.raises(SendLater) as asked:
        await send(lambda request: httpx.Response(429, headers={"Retry-After": "17"}))
    assert asked.value.retry_after == 17


def raises(error: type[httpx.TransportError]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error("gone", request=request)

    return answer


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
async def test_without_a_connection_nothing_was_sent(error: type[httpx.TransportError]) -> None:
    with pytest.raises(SendLater):
        await send(raises(error))


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError]
)
async def test_a_lost_answer_is_uncertain(error: type[httpx.TransportError]) -> None:
    with pytest.raises(SendUncertain):
        await send(raises(error))


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(502, text="<html>Bad gateway</html>"),
        httpx.Response(504),
        httpx.Response(200, text="not JSON"),
        httpx.Response(200, json={"messages": []}),
        httpx.Response(200, json={"messages": [{"id": ""}]}),
    ],
)
async def test_an_answer_that_says_nothing_is_uncertain(response: httpx.Response) -> None:
    with pytest.raises(SendUncertain):
        await send(lambda request: response)


def test_errors_are_told_in_the_readers_language() -> None:
    assert error_in("ar", "131047: More than 24 hours (x)").startswith("مرّت أكثر من 24 ساعة")
    assert error_in("en", "131026: whatever") == "The message cannot be delivered to this number"
    assert error_in("ar", "131026: whatever") != error_in("en", "131026: whatever")
    assert error_in("ar", "no code") == "no code"
    assert error_of(None).name == error_of(77).name == "unknown"


async def test_a_busy_whatsapp_gets_the_message_later_and_once(line: Line) -> None:
    phone = line.phone()
    line.cloud.faults.change({"fail_code": 130429, "fail_times": 1})
    await line.say(phone, "price")
    (waiting,) = await outgoing()
    assert waiting.delivery == "pending"
    assert waiting.delivery_error.startswith("130429: ")
    await in_database(Message.objects.filter(pk=waiting.pk).update, next_attempt_at=None)
    await line.settle()
    assert [each.delivery for each in await outgoing()] == ["delivered"]
    assert len(phone.bubbles) == 2


async def test_a_lost_answer_is_settled_by_its_status_and_never_sent_again(line: Line) -> None:
    phone = line.phone()
    line.cloud.faults.change({"lose_answers": 1})
    await line.say(phone, "price")
    (sent,) = await outgoing()
    assert sent.delivery == "delivered"
    assert sent.channel_message_id == phone.bubbles[1].wamid
    assert len(phone.bubbles) == 2


async def test_a_lost_answer_without_a_status_stays_uncertain(line: Line) -> None:
    phone = line.phone()
    line.cloud.faults.change({"lose_answers": 1, "silent": True})
    await line.say(phone, "price")
    await Outbox().drain()
    assert (await outgoing())[0].delivery == "uncertain"
    assert len(phone.bubbles) == 2


async def test_a_text_of_several_pieces_goes_on_where_it_stopped(line: Line, fake: FakeAssistant) -> None:
    phone = line.phone()
    long = "\n\n".join(["paragraph " * 100] * 6)
    fake.reply = {"messages": [{"answer": "utter_x", "language": "en", "text": long, "buttons": []}]}
    line.cloud.patients.write(phone, "tell me all")
    await line.cloud.postman.settle()
    await line.worker.drain()
    send_one = line.graph.send
    sends: list[Any] = []

    async def fail_second(body: dict[str, Any]) -> str:
        sends.append(body)
        if len(sends) == 2:
            raise SendLater("busy")
        return await send_one(body)

    line.graph.send = fail_second  # type: ignore[method-assign]
    await Outbox().drain()
    await in_database(Message.objects.filter(direction=Direction.OUT).update, next_attempt_at=None)
    await line.settle()
    pieces = [bubble.text for bubble in phone.bubbles if not bubble.mine]
    assert len(pieces) == 2
    assert "".join(" ".join(pieces).split()).startswith("".join(long.split()))
    assert (await outgoing())[0].delivery == "delivered"


async def test_media_that_are_gone_too_large_or_unreachable(line: Line) -> None:
    media = await line.graph.media("sample-image", largest=1_000_000)
    assert (media.mime_type, media.content[:4]) == ("image/png", b"\x89PNG")
    with pytest.raises(MediaUnavailable, match="large"):
        await line.graph.media("sample-image", largest=100)
    with pytest.raises(MediaUnavailable, match="no longer"):
        await line.graph.media("12345", largest=100)
    client = GraphClient(SETTINGS, transport=httpx.MockTransport(raises(httpx.ConnectError)))
    with pytest.raises(MediaUnavailable, match="later"):
        await client.media("12345", largest=100)
