"""A connection that is reset at once is a failed one like any other, under the event loop that the desk runs on."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator

import httpx
import pytest
import uvloop

from desk.assistant_client.connection import ConnectionFailed, HttpConnection
from desk.connections import Transport

TRIES, AT_ONCE = 150, 8
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@pytest.fixture
def resetting_server() -> Iterator[int]:
    """A server that takes every connection and resets it at once; its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


async def through_httpx(port: int) -> int:
    async with httpx.AsyncClient(transport=Transport(), trust_env=False) as http:
        return await times_met(httpx.HTTPError, lambda: http.get(f"http://127.0.0.1:{port}/"))


async def to_an_assistant(port: int) -> int:
    http = HttpConnection(f"http://127.0.0.1:{port}")
    met = await times_met(ConnectionFailed, lambda: http.send("GET", "/", seconds=5, headers={}))
    await http.close()
    return met


async def times_met(error: type[Exception], ask: Callable[[], Awaitable[object]]) -> int:
    met = 0

    async def asking() -> None:
        nonlocal met
        for _ in range(TRIES):
            try:
                await ask()
            except error:
                met += 1

    await asyncio.gather(*(asking() for _ in range(AT_ONCE)))
    return met


@pytest.mark.parametrize("way", [through_httpx, to_an_assistant])
def test_every_reset_is_a_failed_connection(resetting_server: int, way: Callable[[int], Awaitable[int]]) -> None:
    loop = uvloop.new_event_loop()
    try:
        met = loop.run_until_complete(way(resetting_server))
    finally:
        loop.close()
    assert met == TRIES * AT_ONCE


async def test_a_socket_that_is_gone_already_is_a_failed_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(httpx.ConnectError):
        await get_with_fault(monkeypatch, AttributeError("a NoneType has none", name="getpeername"))


async def test_other_faults_of_the_code_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AttributeError):
        await get_with_fault(monkeypatch, AttributeError("no such thing", name="thing"))


async def get_with_fault(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    async def broken(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        raise fault

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", broken)
    async with httpx.AsyncClient(transport=Transport()) as http:
        await http.get("http://127.0.0.1/")
