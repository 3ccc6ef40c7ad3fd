"""Connections of the desk to others over HTTP, whose every failure is an `httpx.HTTPError`."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import httpx

if find_spec("sniffio") is None:
    # httpcore asks for it several times in each request; Python searches for what is not there anew each time,
    # which takes longer than all the rest. Named as absent it is not searched for.
    sys.modules["sniffio"] = None  # type: ignore[assignment]


class Transport(httpx.AsyncHTTPTransport):
    """httpx's own, but for a connection that was reset as soon as it was made.

    uvloop then holds no socket any more, and anyio, which httpx asks for the peer's name before it sends anything,
    raises an AttributeError that no caller expects.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except AttributeError as error:
            if error.name != "getpeername":
                raise
            raise httpx.ConnectError("the connection was reset as it was made", request=request) from error
