"""Backup and restore of the desk's whole database, whichever engine it has."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader

from desk.archive import postgresql, sqlite
from desk.archive.errors import BackupFailed

ENDINGS = {"sqlite": ".sqlite3", "postgresql": ".pgdump"}
PREFIX = "desk-"


def backup_make(*, folder: Path, now: datetime, keep: int | None = None) -> Path:
    """Write a backup into a folder, readable by its owner alone; with `keep`, the oldest beyond so many go.

    Raises BackupFailed. A backup under its final name is whole: it is written beside and renamed.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ending = ENDINGS[connection.vendor]
    target = folder / f"{PREFIX}{now:%Y%m%d-%H%M%S}{ending}"
    if target.exists():
        raise BackupFailed(f"{target} exists already")
    number, name = tempfile.mkstemp(dir=folder, prefix=".unfinished-", suffix=ending)  # mode 0600
    os.close(number)
    unfinished = Path(name)
    try:
        _dump(unfinished)
        _sync(unfinished)
        unfinished.rename(target)
    finally:
        for leftover in folder.glob(f"{unfinished.name}*"):
            leftover.unlink()
    if keep is not None:
        for old in sorted(folder.glob(f"{PREFIX}*{ending}"))[: -max(keep, 1)]:
            old.unlink()
    return target


def backup_restore(*, backup: Path, replace: bool = False) -> None:
    """Put a backup in the place of the database, then bring it to this code's form.

    Raises BackupFailed: for a file that is no backup, one of a newer desk, and a database with messages unless
    `replace` says that they may go.
    """
    if not backup.is_file():
        raise BackupFailed(f"there is no file {backup}")
    ending = ENDINGS[connection.vendor]
    if backup.suffix != ending:
        raise BackupFailed(f"this database needs a backup that ends with {ending}: {backup.name} does not")
    _refuse_newer(backup)
    if not replace and _has_messages():
        raise BackupFailed("the database has messages: back it up, then restore with --replace")
    connections.close_all()
    if connection.vendor == "sqlite":
        sqlite.load(backup, Path(_settings()["NAME"]))
    else:
        postgresql.load(backup, _settings())
    connections.close_all()
    call_command("migrate", verbosity=0)


def _dump(target: Path) -> None:
    if connection.vendor == "sqlite":
        sqlite.dump(Path(_settings()["NAME"]), target)
    else:
        postgresql.dump(_settings(), target)


def _refuse_newer(backup: Path) -> None:
    held = (sqlite if connection.vendor == "sqlite" else postgresql).migrations_in(backup)
    known = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
    ours = {app for app, _ in known}
    newer = sorted(f"{app}.{name}" for app, name in held - known if app in ours)
    if not held:
        raise BackupFailed(f"{backup} is no backup of a desk")
    if newer:
        raise BackupFailed(f"{backup.name} is of a newer desk: this one does not know {newer[0]}")


def _has_messages() -> bool:
    from desk.conversations.models import Message

    with suppress(Exception):  # no such table: a fresh database
        return Message.objects.exists()
    return False


def _settings() -> dict[str, Any]:
    found: dict[str, Any] = connection.settings_dict
    return found


def _sync(path: Path) -> None:
    """On disk before it has its name."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
