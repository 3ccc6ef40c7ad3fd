"""Reading the patients' requests: each thing wrong with one is a status, a code and one line."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from math import ceil
from typing import Any, Concatenate, ParamSpec, cast

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from desk.conversations.feedback import DOWN, UP
from desk.conversations.models import Conversation, Language
from desk.database import in_database
from desk.identifiers import ID_MAX_LENGTH
from desk.web import origins, rates
from desk.web.services import Tokens, visitor_admit, visitor_renew
from desk.web.tokens import BadToken, Purpose, Token, read

log = logging.getLogger(__name__)

MAX_TEXT = 4096
MAX_PHONE = 40
MAX_SEQUENCE = 2**31 - 1
_CLIENT_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], Coroutine[Any, Any, HttpResponseBase]]


class Refused(Exception):
    """No, and why: a status, a code for programs, one line for people."""

    def __init__(self, status: int, code: str, error: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.code = code
        self.headers = headers or {}


@dataclass(frozen=True)
class NewMessage:
    client_id: str
    text: str
    choice: str
    language: str


def api_view(*methods: str) -> Callable[[View[P]], View[P]]:
    """Make a view of the API: only these methods, from pages that may, not too often; refusals as JSON."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        async def wrapper(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            try:
                response = _preflight(request, methods) or await _checked(view, methods, request, *args, **kwargs)
            except Refused as refused:
                response = _refusal(refused)
            except (OperationalError, InterfaceError):
                log.exception("the database did not answer")
                response = _refusal(Refused(503, "busy", "please try again", {"Retry-After": "2"}))
            response.headers.setdefault("Cache-Control", "no-store")
            origins.share(request, response)
            return response

        return cast("View[P]", wrapper)

    return decorate


def _preflight(request: HttpRequest, methods: tuple[str, ...]) -> HttpResponseBase | None:
    """Answer a browser that asks whether a page may use this."""
    if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
        return None
    if not origins.is_allowed(request):
        raise _foreign_page()
    response = HttpResponse(status=204)
    origins.answer_preflight(response, methods)
    return response


async def _checked(
    view: View[P], methods: tuple[str, ...], request: HttpRequest, *args: P.args, **kwargs: P.kwargs
) -> HttpResponseBase:
    if request.method not in methods:
        raise Refused(405, "method", f"use {' or '.join(methods)}", {"Allow": ", ".join(methods)})
    if not origins.is_allowed(request):
        raise _foreign_page()
    take_turn(rates.address_requests(), rates.address_key(request))
    return await view(request, *args, **kwargs)


def _foreign_page() -> Refused:
    return Refused(403, "origin", "this page is not among the websites that may show the chat (WIDGET_ORIGINS)")


def _refusal(refused: Refused) -> HttpResponseBase:
    body = {"code": refused.code, "error": str(refused)}
    return JsonResponse(body, status=refused.status, headers=refused.headers)


def take_turn(bucket: rates.Bucket, key: str) -> None:
    """Count this request; raises Refused with the seconds to wait when there were too many."""
    wait = bucket.take(key)
    if wait:
        seconds = ceil(wait)
        error = f"too many requests: please try again in {seconds} seconds"
        raise Refused(429, "too_many", error, {"Retry-After": str(seconds)})


async def visitor_from(request: HttpRequest) -> tuple[Conversation, Token]:
    """Return the conversation that the request's token is for, and the token."""
    token = token_from(request)
    with bad_token_refused():
        return await in_database(visitor_admit, token=token), token


def token_from(request: HttpRequest) -> Token:
    """Read the request's token: whether it still counts is for the database to say."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _unauthorised("no_token", "send the visitor's token: Authorization: Bearer ...")
    with bad_token_refused():
        return read(Purpose.ACCESS, token.strip())


@contextmanager
def bad_token_refused() -> Iterator[None]:
    """Answer a token that does not count with 401."""
    try:
        yield
    except BadToken:
        raise _unauthorised("bad_token", "the token is not valid or has expired: renew it") from None


def _unauthorised(code: str, error: str) -> Refused:
    return Refused(401, code, error, {"WWW-Authenticate": "Bearer"})


async def renewed_tokens(request: HttpRequest) -> Tokens:
    """Return the pair that follows the renewal token in the body."""
    renewal = read_body(request).get("renewal")
    try:
        return await in_database(visitor_renew, renewal=renewal if isinstance(renewal, str) else "")
    except BadToken:
        raise _unauthorised("bad_token", "the token is not valid or has expired: start afresh") from None


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


def read_feedback(request: HttpRequest) -> tuple[str, int | None]:
    """Read which message is rated, and how: 1, -1, or None to take it back."""
    body = read_body(request)
    message_id, feedback = body.get("message"), body.get("feedback")
    if not isinstance(message_id, str) or len(message_id) > ID_MAX_LENGTH:
        raise Refused(400, "message", "message must be a message's id")
    if "feedback" not in body or isinstance(feedback, bool) or feedback not in (UP, DOWN, None):
        raise Refused(400, "feedback", f"feedback must be {UP}, {DOWN} or null")
    return message_id, feedback


def read_contact(request: HttpRequest) -> str | None:
    """Read the phone number to call; None: the patient wants no call."""
    body = read_body(request)
    phone = body.get("phone")
    if "phone" not in body or not (phone is None or (isinstance(phone, str) and len(phone) <= MAX_PHONE)):
        raise Refused(400, "phone", "phone must be a phone number, or null for none")
    return phone


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
