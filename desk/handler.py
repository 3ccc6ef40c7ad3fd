"""Django's ASGI handler, without what only synchronous views need.

Django runs its signals, for each request, in a thread of that request: a thread is started for every message and
kept for every open stream. The patients' paths are asynchronous throughout and leave the database to
`desk.database`, so there is nothing for such a thread to do. Staff pages are synchronous and go Django's own way.
"""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import Any

from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from desk.middleware import STAFF_PATH


class Handler(ASGIHandler):
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(STAFF_PATH):
            await self._handle_lightly(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _handle_lightly(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with closing(body):
            set_script_prefix(get_script_prefix(scope))
            request, refusal = self.create_request(scope, body)
            response: Any = refusal if request is None else await self.run_get_response(request)
            with closing(response):
                if response.streaming:
                    await self._stream(response, receive, send)
                else:
                    await self.send_response(response, send)

    async def _stream(self, response: HttpResponseBase, receive: Any, send: Any) -> None:
        """Send until the response or its reader ends."""
        sending = asyncio.create_task(self.send_response(response, send))
        leaving = asyncio.create_task(receive())
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            ended, _ = await asyncio.gather(sending, leaving, return_exceptions=True)
        if isinstance(ended, Exception):
            raise ended
