"""Back the desk's database up: `python manage.py backup --to DIR --keep 14`. The desk may run meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from desk.archive.errors import BackupFailed
from desk.archive.services import backup_make


class Command(BaseCommand):
    help = "Write a backup of the whole database; it holds patients' messages, so keep it where they may be kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, default=settings.RUN_DIR / "backups", help="folder for the backup")
        parser.add_argument("--keep", type=int, help="delete the oldest backups in the folder beyond so many")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = backup_make(folder=options["to"], now=timezone.localtime(), keep=options["keep"])
        except (BackupFailed, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{made} ({made.stat().st_size / 1e6:.1f} MB)")
