"""A connection to an assistant that runs in this process, or to a part of one: any transport of httpx will do."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import anyio
import httpx

from desk.assistant_client.connection import MAX_REPLY_BYTES, Connection, ConnectionFailed, Response, ResponseTooLarge


class InProcessConnection:
    """As `HttpConnection`, with the same limits and errors."""

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport) -> None:
        self._http = httpx.AsyncClient(base_url=url, transport=transport)

    async def send(
        self, method: str, path: str, *, seconds: float, headers: Mapping[str, str], body: bytes | None = None
    ) -> Response:
        try:
            with anyio.fail_after(seconds):
                response = await self._http.request(method, path, headers=headers, content=body)
        except httpx.HTTPError as error:
            raise ConnectionFailed(str(error)) from error
        if len(response.content) > MAX_REPLY_BYTES:
            raise ResponseTooLarge
        return Response(response.status_code, response.content)

    async def close(self) -> None:
        await self._http.aclose()


def through(transport: httpx.AsyncBaseTransport) -> Callable[[str], Connection]:
    """For `AssistantClient(connect=...)`."""
    return lambda url: InProcessConnection(url, transport)
