"""How an assistant is reached over HTTP: with aiohttp, as httpx takes half a millisecond more for each request."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple, Protocol

import aiohttp

MAX_REPLY_BYTES = 512 * 1024
KEEP_ALIVE_SECONDS = 15.0
"""Less than the 30 s after which Rasa's server ends an idle connection: none is used while it is being ended."""


class Response(NamedTuple):
    status: int
    content: bytes


class ConnectionFailed(Exception):
    """No whole response came."""


class ResponseTooLarge(Exception):
    """It has more than MAX_REPLY_BYTES."""


class Connection(Protocol):
    async def send(
        self, method: str, path: str, *, seconds: float, headers: Mapping[str, str], body: bytes | None = None
    ) -> Response:
        """Send a request, with JSON as its body, and read all of its response, in at most so many seconds.

        Raises TimeoutError, ConnectionFailed or ResponseTooLarge.
        """

    async def close(self) -> None: ...


class HttpConnection:
    """Connections to one assistant, kept for further requests. They belong to the event loop of the first one."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self, method: str, path: str, *, seconds: float, headers: Mapping[str, str], body: bytes | None = None
    ) -> Response:
        if seconds <= 0:
            raise TimeoutError  # aiohttp would take it for "no limit"
        self._session = self._session or _session()
        request = self._session.request(
            method,
            self._url + path,
            data=body,
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=seconds, ceil_threshold=seconds),  # it would round 8 s up to 9
            allow_redirects=False,
        )
        try:
            async with request as response:
                return Response(response.status, await _read(response))
        except asyncio.TimeoutError:
            raise TimeoutError from None  # they are one only from Python 3.11 on
        except (aiohttp.ClientError, OSError) as error:
            raise ConnectionFailed(type(error).__name__) from error

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(keepalive_timeout=KEEP_ALIVE_SECONDS, use_dns_cache=False),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Content-Type": "application/json"},
    )


async def _read(response: aiohttp.ClientResponse) -> bytes:
    content = b""
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > MAX_REPLY_BYTES:
            raise ResponseTooLarge
    return content
