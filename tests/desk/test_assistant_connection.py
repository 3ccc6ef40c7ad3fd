"""The connection to an assistant, in front of real sockets: whole responses, or one of three errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from desk.assistant_client import connection
from desk.assistant_client.connection import ConnectionFailed, HttpConnection, Response, ResponseTooLarge

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def served(serve: Serve) -> AsyncIterator[HttpConnection]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    http = HttpConnection(f"http://127.0.0.1:{port}/")
    try:
        yield http
    finally:
        await http.close()
        server.close()
        await server.wait_closed()


async def ask(http: HttpConnection, *, seconds: float = 5.0) -> Response:
    return await http.send("POST", "/ask", seconds=seconds, headers={"X-Request-ID": "r_1"}, body=b"{}")


def answering(*parts: bytes, then_close: bool = True) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        for part in parts:
            writer.write(part)
        await writer.drain()
        if then_close:
            writer.close()

    return serve


async def test_a_request_arrives_whole_and_its_response_comes_back() -> None:
    arrived: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.append(await reader.readuntil(b"{}"))
        writer.write(b"HTTP/1.1 503 Away\r\nContent-Length: 4\r\n\r\nbusy")
        writer.close()

    async with served(serve) as http:
        assert await ask(http) == Response(503, b"busy")
    head = arrived[0].decode().lower()
    assert head.startswith("post /ask http/1.1\r\n")
    assert "x-request-id: r_1\r\n" in head
    assert "content-type: application/json\r\n" in head


async def test_one_connection_serves_several_requests() -> None:
    connections: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        while await reader.readuntil(b"{}"):
            writer.write(OK)

    async with served(serve) as http:
        assert [await ask(http) for _ in range(3)] == [Response(200, b"ok")] * 3
    assert len(connections) == 1


async def test_one_that_the_server_has_ended_is_not_used_again() -> None:
    async with served(answering(OK)) as http:
        for _ in range(3):
            assert await ask(http) == Response(200, b"ok")
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "parts",
    [(), (b"\x00garbage\r\n\r\n",), (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",)],
    ids=["nothing", "no HTTP", "half of it"],
)
async def test_what_is_no_whole_response_is_a_failed_connection(parts: tuple[bytes, ...]) -> None:
    async with served(answering(*parts)) as http:
        with pytest.raises(ConnectionFailed):
            await ask(http)


async def test_a_port_where_nobody_listens_is_a_failed_connection() -> None:
    async with served(answering(OK)) as http:
        pass
    http = HttpConnection(http._url)
    with pytest.raises(ConnectionFailed):
        await ask(http)
    await http.close()


@pytest.mark.parametrize("parts", [(), (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",)])
async def test_the_time_is_for_the_whole_response(parts: tuple[bytes, ...]) -> None:
    async with served(answering(*parts, then_close=False)) as http:
        with pytest.raises(TimeoutError):
            await ask(http, seconds=0.1)


async def test_the_time_is_not_rounded_up_to_whole_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[aiohttp.ClientTimeout] = []
    request = aiohttp.ClientSession.request

    def note(session: aiohttp.ClientSession, *args: Any, **options: Any) -> Any:
        asked.append(options["timeout"])
        return request(session, *args, **options)

    monkeypatch.setattr(aiohttp.ClientSession, "request", note)
    async with served(answering(OK)) as http:
        await ask(http, seconds=7.5)
    assert asked[0].total == asked[0].ceil_threshold == 7.5


async def test_after_closing_it_can_be_used_again() -> None:
    async with served(answering(OK)) as http:
        await ask(http)
        await http.close()
        assert await ask(http) == Response(200, b"ok")


async def test_no_time_left_is_a_timeout_and_nothing_is_sent() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pytest.fail("a request was sent")

    async with served(serve) as http:
        with pytest.raises(TimeoutError):
            await ask(http, seconds=0.0)


async def test_a_response_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_REPLY_BYTES", 1000)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with served(answering(head, b"1f4\r\n" + b"x" * 500 + b"\r\n", b"1f5\r\n" + b"x" * 501 + b"\r\n")) as http:
        with pytest.raises(ResponseTooLarge):
            await ask(http)
