"""Who may open a staff page. Every view of these pages goes through `staff_page`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from desk.handoffs.presence import staff_seen
from desk.staff.audit import Act, audit_request
from desk.staff.models import User
from desk.staff.presenters.shell import shell
from desk.staff.roles import may
from desk.staff.sessions import session_expired, session_touch
from desk.staff.words import COOKIE, language_asked, words_for

LANGUAGE_SECONDS = 365 * 24 * 60 * 60
LOGGED_OUT = "timed_out"

P = ParamSpec("P")
StaffView = Callable[Concatenate[HttpRequest, P], HttpResponse]


def staff_page(
    *methods: str, needs: tuple[str, ...], background: bool = False, before_new_password: bool = False
) -> Callable[[StaffView[P]], StaffView[P]]:
    """Make a view for staff with one of the permissions `needs`; every POST is checked for CSRF.

    Others log in first or are refused. A `background` view is asked by the page itself, so it does not count
    as somebody being there.
    """

    def decorate(view: StaffView[P]) -> StaffView[P]:
        @csrf_protect
        @require_http_methods(methods)
        @wraps(view)
        def wrapper(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if refused := _refused(request, needs, before_new_password=before_new_password):
                return refused
            if not background:
                session_touch(request.session, timezone.now())
                staff_seen(staff=staff_of(request), now=timezone.now())
            return view(request, *args, **kwargs)

        wrapper.staff_needs = needs  # type: ignore[attr-defined]
        return cast("StaffView[P]", wrapper)

    return decorate


def staff_of(request: HttpRequest) -> User:
    """The member of staff behind a request that `staff_page` let pass."""
    return cast(User, request.user)


def page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Render a whole page, with what surrounds it."""
    words = words_for(request)
    response = render(request, template, {"words": words, **shell(request, words), **context}, status=status)
    if language := language_asked(request):
        response.set_cookie(
            COOKIE,
            language,
            max_age=LANGUAGE_SECONDS,
            path="/staff/",
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


def part(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Render a part of a page that htmx puts in its place."""
    return render(request, template, {"words": words_for(request), **context})


def message_page(request: HttpRequest, word: str, status: int) -> HttpResponse:
    return page(request, "staff/message.html", {"text": words_for(request)[word]}, status=status)


def not_found(request: HttpRequest) -> HttpResponse:
    return message_page(request, "not_found", 404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW: a form that is too old, or not ours."""
    return message_page(request, "form_too_old", 403)


def is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def see_other(request: HttpRequest, to: str, *args: Any, notice: str = "") -> HttpResponse:
    """Send the browser to another page, where `notice` is told; also when htmx asked."""
    address = resolve_url(to, *args)
    if notice:
        address += f"{'&' if '?' in address else '?'}notice={notice}"
    return _sent_to(request, redirect(address))


def _refused(request: HttpRequest, needs: tuple[str, ...], *, before_new_password: bool) -> HttpResponse | None:
    user = request.user
    if not user.is_authenticated:
        return _to_login(request)
    if session_expired(request.session, timezone.now()):
        audit_request(request, Act.SESSION_ENDED)
        logout(request)
        return _to_login(request, notice=LOGGED_OUT)
    if not may(user, *needs):
        return message_page(request, "forbidden", 403)
    if user.must_change_password and not before_new_password:
        return _sent_to(request, redirect("staff:password"))
    return None


def _to_login(request: HttpRequest, notice: str = "") -> HttpResponse:
    """Log in first, then come back to this page (for a POST: to where its form was)."""
    back = request.get_full_path() if request.method in ("GET", "HEAD") else resolve_url("staff:inbox")
    if is_htmx(request):
        current = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = f"{current.path}?{current.query}" if current.query else current.path or back
    response = redirect_to_login(back)
    if notice:
        response["Location"] += f"&notice={notice}"
    return _sent_to(request, response)


def _sent_to(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    """htmx would follow a redirect by itself and put the page into the page: tell it to go there instead."""
    if not is_htmx(request):
        return cast(HttpResponse, response)
    return HttpResponse(status=204, headers={"HX-Redirect": response["Location"]})
