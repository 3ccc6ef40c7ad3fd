"""Writing what managers keep: staff and canned replies. Each leaves its entry in the audit trail."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import transaction

from desk.safe_text import storable_text
from desk.staff.audit import Act, audit_record
from desk.staff.models import CannedReply, User
from desk.staff.roles import Role, role_give

FIELDS = ("title_ar", "title_en", "text_ar", "text_en", "position")


class NameTaken(Exception):
    """There is a member of staff with this user name."""


class OwnAccount(Exception):
    """Managers cannot lock themselves out: another manager does it."""


@transaction.atomic
def staff_create(
    *, username: str, full_name: str, role: Role, by: User | None, address: str | None
) -> tuple[User, str]:
    """Make a member of staff; returns the first password, which has to be changed at login. Raises NameTaken."""
    if User.objects.filter(username__iexact=username).exists():
        raise NameTaken(username)
    password = new_password()
    user = User(username=username, first_name=storable_text(full_name)[:150], is_staff=True, must_change_password=True)
    user.set_password(password)
    user.save()
    role_give(user, role)
    _audit(Act.STAFF_ADDED, by, address, user=user.username, role=role)
    return user, password


@transaction.atomic
def staff_set_role(*, user: User, role: Role, by: User, address: str | None) -> User:
    """Raises OwnAccount."""
    _not_oneself(user, by)
    role_give(user, role)
    _audit(Act.STAFF_ROLE_SET, by, address, user=user.username, role=role)
    return user


@transaction.atomic
def staff_set_active(*, user: User, active: bool, by: User, address: str | None) -> User:
    """Let somebody in again, or no longer: an open session ends at its next request. Raises OwnAccount."""
    _not_oneself(user, by)
    user.is_active = active
    user.save(update_fields=["is_active"])
    _audit(Act.STAFF_ACTIVATED if active else Act.STAFF_DEACTIVATED, by, address, user=user.username)
    return user


@transaction.atomic
def staff_reset_password(*, user: User, by: User, address: str | None) -> str:
    """Give somebody a new first password; their open sessions end. Raises OwnAccount."""
    _not_oneself(user, by)
    password = new_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    _audit(Act.STAFF_PASSWORD_SET, by, address, user=user.username)
    return password


@transaction.atomic
def canned_reply_save(*, reply: CannedReply, values: dict[str, Any], by: User, address: str | None) -> CannedReply:
    for name in FIELDS:
        value = values[name]
        setattr(reply, name, storable_text(value) if isinstance(value, str) else value)
    reply.save()
    _audit(Act.CANNED_REPLY_SAVED, by, address, reply=reply.pk, title=reply.title_en)
    return reply


@transaction.atomic
def canned_reply_delete(*, reply: CannedReply, by: User, address: str | None) -> None:
    _audit(Act.CANNED_REPLY_DELETED, by, address, reply=reply.pk, title=reply.title_en)
    reply.delete()


def new_password() -> str:
    return secrets.token_urlsafe(12)


def _not_oneself(user: User, by: User) -> None:
    if user.pk == by.pk:
        raise OwnAccount(user.username)


def _audit(action: Act, by: User | None, address: str | None, **details: Any) -> None:
    audit_record(action=action, actor=by, address=address, details=details)
