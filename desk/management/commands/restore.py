"""Restore a backup: `python manage.py restore FILE`. Stop the desk first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from desk.archive.errors import BackupFailed
from desk.archive.services import backup_restore


class Command(BaseCommand):
    help = "Put a backup in the place of the database and bring it to this version's form. Stop the desk first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", type=Path)
        parser.add_argument("--replace", action="store_true", help="also when the database has messages")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            backup_restore(backup=options["backup"], replace=options["replace"])
        except (BackupFailed, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"restored {options['backup'].name}")
