"""Reading the patients' requests: each thing wrong with one is a status, a code and one line."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from desk.conversations.models import Conversation, Language
from desk.conversations.selectors import conversation_get
from desk.database import in_database
from desk.web.tokens import BadToken, conversation_of

log = logging.getLogger(__name__)

MAX_TEXT = 4096
MAX_SEQUENCE = 2**31 - 1
_CLIENT_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], Coroutine[Any, Any, HttpResponseBase]]


class Refused(Exception):
    def __init__(self, status: int, code: str, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class NewMessage:
    client_id: str
    text: str
    choice: str
    language: str


def api_view(*methods: str) -> Callable[[View[P]], View[P]]:
    """Make a view of the API: only these methods, refusals as JSON, never a stack trace for bad input."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        async def wrapper(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            try:
                if request.method not in methods:
                    raise Refused(405, "method", f"use {' or '.join(methods)}")
                response = await view(request, *args, **kwargs)
            except Refused as refused:
                response = JsonResponse({"code": refused.code, "error": str(refused)}, status=refused.status)
                if refused.status == 401:
                    response.headers["WWW-Authenticate"] = "Bearer"
                if refused.status == 405:
                    response.headers["Allow"] = ", ".join(methods)
            except (OperationalError, InterfaceError):
                log.exception("the database did not answer")
                response = JsonResponse({"code": "busy", "error": "please try again"}, status=503)
                response.headers["Retry-After"] = "2"
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return cast("View[P]", wrapper)

    return decorate


async def conversation_from(request: HttpRequest) -> Conversation:
    """Return the conversation that the request's token is for."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refused(401, "no_token", "send the visitor's token: Authorization: Bearer ...")
    try:
        conversation = await in_database(conversation_get, conversation_of(token.strip()))
    except BadToken:
        conversation = None
    if conversation is None:
        raise Refused(401, "bad_token", "the token is not valid or has expired: ask for a new one")
    return conversation


def read_new_message(request: HttpRequest) -> NewMessage:
    body = read_body(request)
    client_id = body.get("client_id")
    if not isinstance(client_id, str) or not _CLIENT_ID.fullmatch(client_id):
        raise Refused(400, "client_id", "client_id must be 1 to 100 of A-Z a-z 0-9 _ . : -")
    if ("text" in body) == ("choice" in body):
        raise Refused(400, "content", "send either text or choice")
    content = body["text"] if "text" in body else body["choice"]
    if not isinstance(content, str):
        raise Refused(400, "content", "text and choice must be strings")
    if not content.strip():
        raise Refused(400, "empty", "the message is empty")
    if len(content) > MAX_TEXT:
        raise Refused(413, "too_long", f"the message is longer than {MAX_TEXT} characters")
    is_text = "text" in body
    return NewMessage(
        client_id=client_id,
        text=content if is_text else "",
        choice="" if is_text else content,
        language=read_language(body) or "",
    )


def read_language(body: dict[str, Any]) -> Language | None:
    language = body.get("language")
    if language is None:
        return None
    if not isinstance(language, str) or language not in Language.values:
        raise Refused(400, "language", "language must be ar, en or null")
    return Language(language)


def read_body(request: HttpRequest, *, optional: bool = False) -> dict[str, Any]:
    if optional and not request.body:
        return {}
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Refused(400, "json", "the body is not JSON in UTF-8") from None
    if not isinstance(body, dict):
        raise Refused(400, "json", "the body must be a JSON object")
    return body


def read_sequence(text: str | None) -> int:
    """Read `after` or `Last-Event-ID`."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > MAX_SEQUENCE:
        raise Refused(400, "sequence", "after and Last-Event-ID must be a message's seq")
    return int(text)
