"""The managers' page of the staff: add, change the role, let in or no longer, give a new first password."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from desk.addresses import client_address
from desk.conversations.wake import STAFF, switchboard
from desk.staff import selectors, services
from desk.staff.access import not_found, page, see_other, staff_of, staff_page
from desk.staff.forms import NewStaffForm, form_errors
from desk.staff.models import User
from desk.staff.roles import MANAGE, Role, role_of
from desk.staff.words import Words, words_for


@staff_page("GET", "HEAD", "POST", needs=(MANAGE,))
def people(request: HttpRequest) -> HttpResponse:
    """All staff; a POST adds one and shows the first password, once."""
    form = NewStaffForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return _shown(request, NewStaffForm())
    if not form.is_valid():
        return _shown(request, form, status=400)
    try:
        user, password = services.staff_create(
            username=form.cleaned_data["username"],
            full_name=form.cleaned_data["full_name"],
            role=Role(form.cleaned_data["role"]),
            by=staff_of(request),
            address=client_address(request),
        )
    except services.NameTaken:
        form.add_error("username", ValidationError("taken", code="taken"))
        return _shown(request, form, status=400)
    return _shown(request, NewStaffForm(), new_name=user.username, new_password=password)


@staff_page("POST", needs=(MANAGE,))
def set_role(request: HttpRequest, user_id: int) -> HttpResponse:
    def act(user: User) -> HttpResponse:
        wanted = request.POST.get("role", "")
        if wanted not in Role.values:
            return _shown(request, NewStaffForm(), error=words_for(request)["role_unknown"], status=400)
        services.staff_set_role(user=user, role=Role(wanted), by=staff_of(request), address=client_address(request))
        return see_other(request, "staff:people", notice="role_set")

    return _on_colleague(request, user_id, act)


@staff_page("POST", needs=(MANAGE,))
def set_active(request: HttpRequest, user_id: int) -> HttpResponse:
    def act(user: User) -> HttpResponse:
        active = request.POST.get("active") == "yes"
        services.staff_set_active(user=user, active=active, by=staff_of(request), address=client_address(request))
        switchboard.ring(STAFF)  # an open stream of theirs looks, and ends
        return see_other(request, "staff:people", notice="activated" if active else "deactivated")

    return _on_colleague(request, user_id, act)


@staff_page("POST", needs=(MANAGE,))
def reset_password(request: HttpRequest, user_id: int) -> HttpResponse:
    def act(user: User) -> HttpResponse:
        password = services.staff_reset_password(user=user, by=staff_of(request), address=client_address(request))
        switchboard.ring(STAFF)
        return _shown(request, NewStaffForm(), new_name=user.username, new_password=password)

    return _on_colleague(request, user_id, act)


def _on_colleague(request: HttpRequest, user_id: int, act: Callable[[User], HttpResponse]) -> HttpResponse:
    user = selectors.staff_all().filter(pk=user_id).first()
    if user is None:
        return not_found(request)
    try:
        return act(user)
    except services.OwnAccount:
        return _shown(request, NewStaffForm(), error=words_for(request)["own_account"], status=409)


def _shown(request: HttpRequest, form: NewStaffForm, *, status: int = 200, **told: str) -> HttpResponse:
    words = words_for(request)
    roles = words.options("roles")
    rows = [_row(user, staff_of(request), words) for user in selectors.staff_all()]
    if name := told.get("new_name"):
        told["first_password"] = words["first_password"].format(name=name)
    context = {"rows": rows, "roles": roles, "form": form, "errors": form_errors(form, words), **told}
    return page(request, "staff/people.html", context, status=status)


def _row(user: User, me: User, words: Words) -> tuple[User, str, str, bool, str]:
    """(user, code of the role, its words, whether it is oneself, the label of the list of roles)"""
    role = role_of(user)
    label = words["role_of"].format(name=user.shown_name)
    return user, role or "", words.of("roles", role) if role else "", user.pk == me.pk, label
