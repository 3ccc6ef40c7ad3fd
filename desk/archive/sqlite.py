"""Backups of SQLite by its online backup API: while the desk runs, and whole."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from desk.archive.errors import BackupFailed

LOAD_SECONDS = 5.0
BUSY_OR_LOCKED = (5, 6)
"""SQLite's result codes; Python names them from 3.11 on."""


def dump(database: Path, target: Path) -> None:
    """Copy the database in one step: in WAL mode one read transaction, which stops no writer."""
    if not database.is_file():
        raise BackupFailed(f"there is no database at {database}")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy, pages=-1)
        # A backup is one file: without this it would need its -wal and -shm beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
        _check(copy, target)


def migrations_in(backup: Path) -> set[tuple[str, str]]:
    """The migrations (app, name) that a backup holds; raises BackupFailed when it is none."""
    try:
        with closing(sqlite3.connect(f"file:{backup}?mode=ro", uri=True)) as source:
            _check(source, backup)
            return set(source.execute("SELECT app, name FROM django_migrations"))
    except sqlite3.Error as error:
        raise BackupFailed(f"{backup} is no backup of a desk: {error}") from None


def load(backup: Path, database: Path) -> None:
    """Replace everything in the database, in one transaction; raises BackupFailed while a desk writes to it."""
    database.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(backup)) as source, closing(sqlite3.connect(database)) as target:
        source.backup(target, pages=-1, progress=_until(LOAD_SECONDS, database))
        _check(target, database)


def _until(seconds: float, database: Path) -> Callable[[int, int, int], None]:
    """Python itself would wait for a locked database for ever."""
    end = time.monotonic() + seconds

    def look(status: int, remaining: int, total: int) -> None:
        if status in BUSY_OR_LOCKED and time.monotonic() > end:
            raise BackupFailed(f"{database} is in use: stop the desk first")

    return look


def _check(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA integrity_check").fetchone()
    if found != ("ok",):
        raise BackupFailed(f"{path} is damaged: {found[0]}")
