"""What a member of staff may do: each role is a group with permissions of `staff.User`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import models

from desk.staff.models import User

ANSWER = "answer_patients"
REVIEW = "review_conversations"
MANAGE = "manage_desk"
READ = (ANSWER, REVIEW)
ANY = (ANSWER, REVIEW, MANAGE)


class Role(models.TextChoices):
    AGENT = "agent"
    REVIEWER = "reviewer"
    MANAGER = "manager"


PERMISSIONS: dict[Role, tuple[str, ...]] = {
    Role.AGENT: (ANSWER,),
    Role.REVIEWER: (REVIEW,),
    Role.MANAGER: (ANSWER, REVIEW, MANAGE),
}


def may(user: Any, *permissions: str) -> bool:
    """Tell whether the user has at least one of these permissions."""
    return any(user.has_perm(f"staff.{permission}") for permission in permissions)


def role_of(user: User) -> Role | None:
    """The user's role; a superuser is a manager."""
    if user.is_superuser:
        return Role.MANAGER
    held = {group.name for group in user.groups.all()}
    return next((role for role in reversed(Role) if role in held), None)


def role_give(user: User, role: Role) -> None:
    """Give a saved user this role alone."""
    user.groups.set(Group.objects.filter(name=role))
    user.is_staff = True
    user.is_superuser = False
    user.save(update_fields=["is_staff", "is_superuser"])


def roles_ensure(**signal: Any) -> None:
    """Make the groups as listed above; runs after every migration, as Django's own permissions do."""
    for role, codenames in PERMISSIONS.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set(Permission.objects.filter(content_type__app_label="staff", codename__in=codenames))
