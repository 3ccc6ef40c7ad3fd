"""One id from the HTTP request on: it stands on the message, in every log line and in the call to the assistant."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from desk.identifiers import ID_MAX_LENGTH, new_id

HEADER = "X-Request-ID"
NONE = "-"
_WELL_FORMED = re.compile(rf"[A-Za-z0-9_.:-]{{1,{ID_MAX_LENGTH}}}")
_current: ContextVar[str] = ContextVar("request_id", default="")

Handler = Callable[[HttpRequest], Any]


def current_request_id() -> str:
    """The id of the request that is being worked on; empty outside of one."""
    return _current.get()


@contextmanager
def working_on(request_id: str) -> Iterator[None]:
    """Do what follows in the name of a request, be it long after its answer."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)


@sync_and_async_middleware
def request_ids(get_response: Handler) -> Handler:
    """Give each request its id: the one it came with, if well formed, else a new one. The answer names it."""

    if iscoroutinefunction(get_response):

        async def handle_async(request: HttpRequest) -> HttpResponseBase:
            with working_on(_id_of(request)):
                response: HttpResponseBase = await get_response(request)
                response.headers[HEADER] = current_request_id()
                return response

        return handle_async

    def handle(request: HttpRequest) -> HttpResponseBase:
        with working_on(_id_of(request)):
            response: HttpResponseBase = get_response(request)
            response.headers[HEADER] = current_request_id()
            return response

    return handle


class RequestIdFilter(logging.Filter):
    """Adds `request_id` to every log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id() or NONE
        return True


def _id_of(request: HttpRequest) -> str:
    given = request.headers.get(HEADER, "")
    return given if _WELL_FORMED.fullmatch(given) else new_id("r")
