"""Middleware that keeps the patients' paths light: asynchronous throughout, and without cookies.

CSRF is checked by `desk.staff.views.staff_page`, on the only pages that have a session.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]

STAFF_PATH = "/staff/"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
HSTS = "max-age=31536000"

Handler = Callable[[HttpRequest], Any]


@sync_and_async_middleware
def security_headers(get_response: Handler) -> Handler:
    """Add the headers that every response of the desk carries."""

    def finish(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.SESSION_COOKIE_SECURE:
            response.headers.setdefault("Strict-Transport-Security", HSTS)
        if request.path_info.startswith(STAFF_PATH):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    if iscoroutinefunction(get_response):

        async def handle_async(request: HttpRequest) -> HttpResponseBase:
            return finish(request, await get_response(request))

        return handle_async

    def handle(request: HttpRequest) -> HttpResponseBase:
        return finish(request, get_response(request))

    return handle


@sync_and_async_middleware
def static_files(get_response: Handler) -> Handler:
    """Let WhiteNoise answer below STATIC_URL, and stay out of the way elsewhere."""
    whitenoise = WhiteNoiseMiddleware(lambda request: None)

    def serve(request: HttpRequest) -> HttpResponse | None:
        response = whitenoise(request)
        if response is None:
            return None
        content = b"".join(response.streaming_content)
        response.close()
        return HttpResponse(content, status=response.status_code, headers=dict(response.headers))

    if iscoroutinefunction(get_response):

        async def handle_async(request: HttpRequest) -> HttpResponseBase:
            if request.path_info.startswith(settings.STATIC_URL):
                found = await sync_to_async(serve)(request)
                if found is not None:
                    return found
            response: HttpResponseBase = await get_response(request)
            return response

        return handle_async

    def handle(request: HttpRequest) -> HttpResponseBase:
        is_static = request.path_info.startswith(settings.STATIC_URL)
        response: HttpResponseBase = (is_static and serve(request)) or get_response(request)
        return response

    return handle


@sync_and_async_middleware
def staff_session(get_response: Handler) -> Handler:
    return _for_staff(SessionMiddleware, get_response)


@sync_and_async_middleware
def staff_login(get_response: Handler) -> Handler:
    return _for_staff(AuthenticationMiddleware, get_response)


def _for_staff(middleware: Callable[[Handler], Handler], get_response: Handler) -> Handler:
    """Apply one of Django's middlewares below STAFF_PATH only."""
    with_middleware = middleware(get_response)

    def pick(request: HttpRequest) -> Handler:
        return with_middleware if request.path_info.startswith(STAFF_PATH) else get_response

    if iscoroutinefunction(get_response):

        async def handle_async(request: HttpRequest) -> HttpResponseBase:
            response: HttpResponseBase = await pick(request)(request)
            return response

        return handle_async

    def handle(request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = pick(request)(request)
        return response

    return handle
