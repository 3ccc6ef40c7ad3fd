"""The staff pages: log in, see who waits, read, reply, close."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from desk.conversations.selectors import transcript
from desk.handoffs import selectors, services
from desk.handoffs.presence import staff_seen
from desk.staff.models import User
from desk.staff.presenters import event_line, handoff_row, transcript_line
from desk.staff.words import words_for

MAX_REPLY = 4000
NOTICES = ("sent", "closed", "already_closed")

P = ParamSpec("P")
StaffView = Callable[Concatenate[HttpRequest, P], HttpResponse]


def staff_page(*methods: str) -> Callable[[StaffView[P]], StaffView[P]]:
    """Make a view for staff alone: others log in first or are refused; every POST is checked for CSRF."""

    def decorate(view: StaffView[P]) -> StaffView[P]:
        @csrf_protect
        @require_http_methods(methods)
        @wraps(view)
        def wrapper(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not request.user.is_staff:
                return page(request, "staff/message.html", {"text": words_for(request)["forbidden"]}, status=403)
            staff_seen(staff=request.user, now=timezone.now())
            return view(request, *args, **kwargs)

        return cast("StaffView[P]", wrapper)

    return decorate


def page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, template, {"words": words_for(request), **context}, status=status)


class StaffForm(AuthenticationForm):
    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        if not user.is_staff:
            raise ValidationError("not staff", code="invalid_login")


class Login(auth_views.LoginView):
    template_name = "staff/login.html"
    authentication_form = StaffForm
    redirect_authenticated_user = False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"words": words_for(self.request), **super().get_context_data(**kwargs)}


@staff_page("GET", "HEAD")
def handoff_list(request: HttpRequest) -> HttpResponse:
    words, now = words_for(request), timezone.now()
    rows = [handoff_row(handoff, words, now) for handoff in selectors.handoffs_open()]
    count = words["queue_count"].format(count=len(rows))
    return page(request, "staff/handoffs.html", {"rows": rows, "count": count, "notice": _notice(request)})


@staff_page("GET", "HEAD")
def handoff_detail(request: HttpRequest, handoff_id: str) -> HttpResponse:
    return _detail(request, handoff_id)


@staff_page("POST")
def handoff_reply(request: HttpRequest, handoff_id: str) -> HttpResponse:
    words = words_for(request)
    text = request.POST.get("text", "").replace("\r\n", "\n").strip()
    if not text:
        return _detail(request, handoff_id, error=words["reply_empty"], status=400)
    if len(text) > MAX_REPLY:
        error = words["reply_too_long"].format(limit=MAX_REPLY)
        return _detail(request, handoff_id, error=error, draft=text, status=400)
    staff = cast(User, request.user)
    return _after(
        request,
        handoff_id,
        "sent",
        lambda: services.message_send_from_staff(handoff_id=handoff_id, staff=staff, text=text),
    )


@staff_page("POST")
def handoff_close(request: HttpRequest, handoff_id: str) -> HttpResponse:
    staff = cast(User, request.user)
    return _after(request, handoff_id, "closed", lambda: services.handoff_close(handoff_id=handoff_id, staff=staff))


def _after(request: HttpRequest, handoff_id: str, done: str, act: Callable[[], object]) -> HttpResponse:
    """Run a service, then show the page that tells how it went."""
    if selectors.handoff_get(handoff_id) is None:
        return _not_found(request)
    try:
        act()
    except services.HandoffClosed:
        done = "already_closed"
    target = redirect("staff:handoffs") if done == "closed" else redirect("staff:handoff", handoff_id)
    target["Location"] += f"?notice={done}"
    return target


def _detail(
    request: HttpRequest, handoff_id: str, *, error: str = "", draft: str = "", status: int = 200
) -> HttpResponse:
    handoff = selectors.handoff_get(handoff_id)
    if handoff is None:
        return _not_found(request)
    words = words_for(request)
    context = {
        "row": handoff_row(handoff, words, timezone.now()),
        "lines": [transcript_line(message, words) for message in transcript(handoff.conversation)],
        "events": [event_line(event, words) for event in handoff.events.select_related("actor")],
        "notice": _notice(request),
        "error": error,
        "draft": draft,
        "max_reply": MAX_REPLY,
    }
    return page(request, "staff/handoff.html", context, status=status)


def _not_found(request: HttpRequest) -> HttpResponse:
    return page(request, "staff/message.html", {"text": words_for(request)["not_found"]}, status=404)


def _notice(request: HttpRequest) -> str:
    """The line that tells what the last act did."""
    name = request.GET.get("notice", "")
    return words_for(request)[name] if name in NOTICES else ""
