"""Logging in and out, and the own password."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from desk.addresses import client_address
from desk.conversations.wake import STAFF, switchboard
from desk.staff.access import page, see_other, staff_of, staff_page
from desk.staff.audit import Act, audit_record, audit_request
from desk.staff.forms import form_errors
from desk.staff.roles import ANY, may
from desk.staff.sessions import session_start
from desk.staff.words import words_for


class StaffForm(AuthenticationForm):
    def confirm_login_allowed(self, user: Any) -> None:
        super().confirm_login_allowed(user)
        if not (user.is_staff and may(user, *ANY)):
            raise ValidationError("not staff", code="invalid_login")


@method_decorator(csrf_protect, name="dispatch")
class Login(auth_views.LoginView):
    template_name = "staff/login.html"
    authentication_form = StaffForm

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)  # rotates the session
        session_start(self.request)
        audit_request(self.request, Act.LOG_IN)
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        is_locked = bool(getattr(self.request, "axes_locked_out", False))
        name = str(form.data.get("username", ""))[:150]
        audit_record(
            action=Act.LOCKED_OUT if is_locked else Act.LOG_IN_FAILED,
            actor_name=name,
            address=client_address(self.request),
        )
        word = "log_in_locked" if is_locked else "log_in_wrong"
        minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
        error = words_for(self.request)[word].format(minutes=minutes)
        return self._shown(error=error, name=name, status=429 if is_locked else 200)

    def render_to_response(self, context: dict[str, Any], **response: Any) -> HttpResponse:
        return self._shown()

    def _shown(self, *, error: str = "", name: str = "", status: int = 200) -> HttpResponse:
        context = {"error": error, "name": name, "next": self.get_redirect_url()}
        return page(self.request, self.template_name, context, status=status)


@staff_page("POST", needs=ANY, before_new_password=True)
def log_out(request: HttpRequest) -> HttpResponse:
    audit_request(request, Act.LOG_OUT)
    logout(request)
    switchboard.ring(STAFF)  # the streams of this session look, and end
    return see_other(request, "staff:login", notice="logged_out")


@staff_page("GET", "HEAD", "POST", needs=ANY, before_new_password=True)
def password(request: HttpRequest) -> HttpResponse:
    user, words = staff_of(request), words_for(request)
    form = PasswordChangeForm(user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        user.must_change_password = False
        form.save()  # saves the whole user
        update_session_auth_hash(request, user)  # rotates this session and ends the others
        audit_request(request, Act.PASSWORD_CHANGED)
        switchboard.ring(STAFF)
        return see_other(request, "staff:inbox", notice="password_changed")
    context = {"errors": form_errors(form, words, "password_errors"), "must_change": user.must_change_password}
    return page(request, "staff/password.html", context, status=400 if form.is_bound else 200)


@staff_page("GET", "HEAD", needs=ANY)
def still_here(request: HttpRequest) -> HttpResponse:
    """The page says that its reader is typing: the login goes on."""
    return HttpResponse(status=204)
