"""The website channel's HTTP API. Thin: read the request, call a service, answer."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from desk import screening
from desk.conversations import selectors, services
from desk.conversations.models import Channel
from desk.conversations.wake import switchboard
from desk.database import in_database
from desk.runtime import assistant
from desk.web.requests import (
    Refused,
    api_view,
    conversation_from,
    read_body,
    read_language,
    read_new_message,
    read_sequence,
)
from desk.web.stream import conversation_events
from desk.web.tokens import token_for

WIDGET = "widget"
WIDGET_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_WIDGET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@api_view("POST")
async def visitors(request: HttpRequest) -> HttpResponseBase:
    language = read_language(read_body(request, optional=True))
    conversation = await in_database(services.conversation_open, channel=Channel.WEB, language=language or "")
    body = {"token": token_for(conversation.pk), "conversation": conversation.pk, "language": language}
    return JsonResponse(body, status=201)


@api_view("GET", "POST")
async def messages(request: HttpRequest) -> HttpResponseBase:
    conversation = await conversation_from(request)
    if request.method == "GET":
        after = read_sequence(request.GET.get("after"))
        found = await in_database(selectors.messages_after, conversation_id=conversation.pk, sequence=after)
        return JsonResponse(
            {
                "messages": [selectors.message_as_json(message) for message in found],
                "more": len(found) == selectors.PAGE,
                "typing": switchboard.is_typing(conversation.pk),
            }
        )
    new = read_new_message(request)
    try:
        message, is_new = await in_database(
            services.message_receive,
            conversation_id=conversation.pk,
            channel_message_id=f"{conversation.pk}:{new.client_id}",
            text=new.text,
            choice=new.choice,
            language=new.language,
        )
    except services.ChoiceNotOffered:
        raise Refused(400, "choice", "this choice was not offered in this conversation") from None
    return JsonResponse({"id": message.pk, "seq": message.sequence}, status=202 if is_new else 200)


@api_view("GET")
async def stream(request: HttpRequest) -> HttpResponseBase:
    conversation = await conversation_from(request)
    after = read_sequence(request.headers.get("Last-Event-ID") or request.GET.get("after"))
    response = StreamingHttpResponse(conversation_events(conversation.pk, after), content_type="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response


@api_view("POST")
async def language(request: HttpRequest) -> HttpResponseBase:
    conversation = await conversation_from(request)
    body = read_body(request)
    if "language" not in body:
        raise Refused(400, "language", "language must be ar, en or null")
    chosen = read_language(body)
    await in_database(services.conversation_fix_language, conversation_id=conversation.pk, language=chosen)
    return JsonResponse({"language": chosen})


@api_view("GET")
async def healthz(request: HttpRequest) -> HttpResponseBase:
    return JsonResponse({"ok": True})


@api_view("GET")
async def readyz(request: HttpRequest) -> HttpResponseBase:
    assistant_is = await assistant().probe()
    screen = await in_database(screening.screen_works)
    database = await _database_answers()
    is_ready = assistant_is != "down" and screen and database
    body = {
        "ready": is_ready,
        "assistant": assistant_is,
        "screen": "ok" if screen else "failed",
        "database": "ok" if database else "down",
    }
    return JsonResponse(body, status=200 if is_ready else 503)


async def _database_answers() -> bool:
    try:
        await in_database(selectors.last_sequences, [""])
    except DatabaseError:
        return False
    return True


async def demo_page(request: HttpRequest) -> HttpResponseBase:
    return _widget_file("demo.html")


async def widget_file(request: HttpRequest, name: str) -> HttpResponseBase:
    return _widget_file(name)


def _widget_file(name: str) -> HttpResponse:
    """Serve one file of `widget/`; its name is a plain file name with a known ending."""
    path = Path(settings.BASE_DIR) / WIDGET / name
    content_type = WIDGET_TYPES.get(path.suffix)
    if content_type is None or not _WIDGET_NAME.fullmatch(name) or not path.is_file():
        raise Http404
    response = HttpResponse(path.read_bytes(), content_type=content_type)
    response.headers["Cache-Control"] = "no-cache"
    return response
