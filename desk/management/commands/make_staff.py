"""Make a member of staff with a role; the first one in production is made so."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from desk.staff.models import User
from desk.staff.roles import Role
from desk.staff.services import NameTaken, staff_create


class Command(BaseCommand):
    help = "Make a member of staff with a role and print the first password, which is changed at the first login."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", choices=Role.values, default=Role.AGENT)
        parser.add_argument("--name", default="", help="the name that colleagues see")

    def handle(self, *args: Any, **options: Any) -> None:
        username = options["username"]
        try:
            User.username_validator(username)
            _, password = staff_create(
                username=username, full_name=options["name"], role=Role(options["role"]), by=None, address=None
            )
        except ValidationError:
            raise CommandError("a user name has letters, digits and @ . + - _ only") from None
        except NameTaken:
            raise CommandError(f"there is a member of staff called {username} already") from None
        self.stdout.write(f"{options['role']} {username}, first password {password}")
