"""Which websites may use the chat: the desk's own pages, and those named in WIDGET_ORIGINS (CORS)."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

ALLOWED_HEADERS = "Authorization, Content-Type, Last-Event-ID"
REMEMBER_SECONDS = "7200"


def is_allowed(request: HttpRequest) -> bool:
    """Tell whether a browser sends this from a page that may: other clients name no origin."""
    origin = request.headers.get("Origin")
    return origin is None or origin in settings.WIDGET_ORIGINS or urlsplit(origin).netloc == request.get_host()


def share(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let the page read the response, if it is one of ours."""
    response.headers["Vary"] = "Origin"
    origin = request.headers.get("Origin")
    if origin in settings.WIDGET_ORIGINS:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"


def answer_preflight(response: HttpResponseBase, methods: tuple[str, ...]) -> None:
    response.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
    response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
    response.headers["Access-Control-Max-Age"] = REMEMBER_SECONDS
