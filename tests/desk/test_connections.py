"""A connection that is reset at once is an HTTP error like any other, under the event loop that the desk runs on."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
import uvloop

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


async def errors_met(port: int) -> Counter[str]:
    met: Counter[str] = Counter()
    async with httpx.AsyncClient(transport=Transport(), trust_env=False) as http:

        async def ask() -> None:
            for _ in range(TRIES):
                try:
                    await http.get(f"http://127.0.0.1:{port}/")
                except httpx.HTTPError as error:
                    met[str(error)] += 1

        await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
    return met


def test_every_reset_is_an_http_error(resetting_server: int) -> None:
    loop = uvloop.new_event_loop()
    try:
        met = loop.run_until_complete(errors_met(resetting_server))
    finally:
        loop.close()
    assert sum(met.values()) == TRIES * AT_ONCE


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
