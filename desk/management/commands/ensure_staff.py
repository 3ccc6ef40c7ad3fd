"""Make a first member of staff, a manager, for local runs, with a random password that only this machine knows."""

from __future__ import annotations

import os
import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from desk.staff.models import User
from desk.staff.roles import Role, role_give, role_of

USER_NAME = "staff"
PASSWORD_FILE = "staff-password.txt"


class Command(BaseCommand):
    help = "Create the manager 'staff' for local runs; its random password is in .run/staff-password.txt."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENV.production:
            raise CommandError("for local runs only; in production use: python manage.py make_staff")
        path = settings.RUN_DIR / PASSWORD_FILE
        user = User.objects.filter(username=USER_NAME).first()
        if user is not None and path.exists():
            if role_of(user) is None:  # made before there were roles
                role_give(user, Role.MANAGER)
            self.stdout.write(f"user {USER_NAME} exists; its first password is in {path.name}")
            return
        password = secrets.token_urlsafe(15)
        if user is None:
            user = User(username=USER_NAME, is_staff=True)
        user.set_password(password)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(password + "\n")
        user.save()
        role_give(user, Role.MANAGER)
        self.stdout.write(f"user {USER_NAME}, password {password}")
