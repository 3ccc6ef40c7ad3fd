"""Backups of PostgreSQL by its own tools, which must be there in the server's version or a newer one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from desk.archive.errors import BackupFailed

LOCK_SECONDS = 10
_VARIABLES = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "NAME": "PGDATABASE"}


def dump(database: Mapping[str, Any], target: Path) -> None:
    """One consistent snapshot, while the desk runs."""
    _run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"], database)


def migrations_in(backup: Path) -> set[tuple[str, str]]:
    """The migrations (app, name) that a backup holds; raises BackupFailed when it is none."""
    listed = _run("pg_restore", ["--data-only", "--table=django_migrations", "--file=-", str(backup)], {})
    found: set[tuple[str, str]] = set()
    is_inside = False
    for line in listed.splitlines():
        if line.startswith("COPY ") and "django_migrations" in line:
            is_inside = True
        elif line == "\\.":
            is_inside = False
        elif is_inside:
            _, app, name, _ = line.split("\t")
            found.add((app, name))
    return found


def load(backup: Path, database: Mapping[str, Any]) -> None:
    """Replace everything in the database, in one transaction; raises BackupFailed while a desk holds it."""
    with tempfile.TemporaryDirectory() as folder:
        # Written out first: a script that breaks off in the middle must not be carried out.
        script = Path(folder) / "restore.sql"
        _run("pg_restore", ["--no-owner", "--no-privileges", f"--file={script}", str(backup)], {})
        once = ["--single-transaction", "--set=ON_ERROR_STOP=1", "--no-psqlrc", "--quiet", "--output=/dev/null"]
        empty = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"
        _run("psql", [*once, f"--command={empty}", f"--file={script}"], database)


def _run(tool: str, arguments: Sequence[str], database: Mapping[str, Any]) -> str:
    """Run one of PostgreSQL's tools; where and as whom goes by its environment, so that no process list shows it."""
    path = shutil.which(tool)
    if path is None:
        raise BackupFailed(f"{tool} is not installed: install PostgreSQL's client tools (postgresql-client)")
    given = {"PGOPTIONS": f"-c lock_timeout={LOCK_SECONDS}s"}
    given |= {variable: str(database[key]) for key, variable in _VARIABLES.items() if database.get(key)}
    done = subprocess.run(
        [path, *arguments], env={**os.environ, **given}, capture_output=True, encoding="utf-8", errors="replace"
    )
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if "error" in line.lower()] or [f"code {done.returncode}"]
        hint = ": stop the desk first" if "lock timeout" in errors[0] else ""
        raise BackupFailed(f"{tool}: {errors[0]}{hint}")
    return done.stdout
