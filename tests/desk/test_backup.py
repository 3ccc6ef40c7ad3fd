"""Backups made while messages come in, restored elsewhere, and compared row by row."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError

from desk.archive import postgresql, sqlite
from tests.desk.databases import ENGINES, Databases, command, rows, sql

ROOT = Path(__file__).resolve().parents[2]

TABLES = (
    "conversations_person",
    "conversations_channelidentity",
    "conversations_conversation",
    "conversations_message",
    "handoffs_handoff",
    "staff_user",
    "django_migrations",
)
ENDINGS = {"sqlite": ".sqlite3", "postgresql": ".pgdump"}


@pytest.fixture(scope="module", params=ENGINES)
def databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any
) -> Iterator[Databases]:
    with django_db_blocker.unblock():
        made = Databases(request.param, tmp_path_factory.mktemp("databases"))
        yield made
        made.drop_all()


@pytest.fixture
def source(databases: Databases) -> str:
    return databases.migrated()


@pytest.fixture
def target(databases: Databases) -> str:
    return databases.empty()


@pytest.fixture
def ending(databases: Databases) -> str:
    return ENDINGS[databases.engine]


class Writer:
    """A process that stores messages; `acknowledged` grows with each that is committed."""

    def __init__(self, url: str) -> None:
        self.acknowledged: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.desk.writer"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url, "ENVIRONMENT": "development", "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._busy = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.acknowledged.append(line.strip())
            if len(self.acknowledged) >= 20:
                self._busy.set()

    def wait_until_busy(self) -> None:
        assert self._busy.wait(120), "the writer does not write"

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(60) == 0
        self._reader.join(10)


def backed_up(url: str, folder: Path, *more: str) -> Path:
    return Path(command(url, "backup", "--to", str(folder), *more).rsplit(" (", 1)[0])


def restored(url: str, backup: Path, *more: str) -> str:
    return command(url, "restore", str(backup), *more)


def ids(url: str) -> set[str]:
    with sql(url) as connection:
        return {row[0] for row in connection.execute("SELECT id FROM conversations_message")}


def test_under_load_nothing_acknowledged_is_missing_and_nothing_half_done(
    source: str, target: str, tmp_path: Path
) -> None:
    writer = Writer(source)
    try:
        writer.wait_until_busy()
        # A backup may take less time than a message does: one of several sees some come in.
        for attempt in range(100):
            before = set(writer.acknowledged)
            backup = backed_up(source, tmp_path / f"backup-{attempt}")
            if len(writer.acknowledged) > len(before):
                break
        else:
            pytest.fail("the backup stopped the desk")
    finally:
        writer.stop()
    restored(target, backup)
    assert before <= ids(target) <= set(writer.acknowledged)
    with sql(target) as connection:
        torn = connection.execute(
            "SELECT c.id FROM conversations_conversation c LEFT JOIN conversations_message m"
            " ON m.conversation_id = c.id GROUP BY c.id, c.last_sequence"
            " HAVING c.last_sequence <> COUNT(m.id) OR c.last_sequence <> COALESCE(MAX(m.sequence), 0)"
        ).fetchall()
    assert torn == []
    # and at rest, row by row
    later = backed_up(source, tmp_path / "later")
    restored(target, later, "--replace")
    for table in TABLES:
        assert rows(target, table) == rows(source, table), table
    assert len(rows(target, "conversations_message")) == len(writer.acknowledged)


def test_a_backup_is_private_and_old_ones_go(source: str, ending: str, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for day in ("20260101", "20260102", "20260103"):
        (folder / f"desk-{day}-000000{ending}").touch()
    (folder / "notes.txt").touch()
    made = backed_up(source, folder, "--keep", "2")
    assert re.fullmatch(rf"desk-\d{{8}}-\d{{6}}{ending}", made.name)
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    left = sorted(path.name for path in folder.iterdir())
    assert left == sorted([f"desk-20260103-000000{ending}", made.name, "notes.txt"])


def test_messages_are_not_overwritten_unasked(source: str, target: str, tmp_path: Path) -> None:
    backup = backed_up(source, tmp_path / "backups")
    restored(target, backup)
    writer = Writer(target)
    writer.wait_until_busy()
    writer.stop()
    with pytest.raises(CommandError, match="restore with --replace"):
        restored(target, backup)
    assert len(ids(target)) == len(writer.acknowledged)
    restored(target, backup, "--replace")
    assert ids(target) == set()


def test_a_backup_of_a_newer_desk_is_refused(source: str, target: str, tmp_path: Path) -> None:
    with sql(source) as connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('handoffs', '9999_later', '2026-01-01')"
        )
    backup = backed_up(source, tmp_path / "backups")
    with pytest.raises(CommandError, match=r"is of a newer desk: this one does not know handoffs\.9999_later"):
        restored(target, backup)


def test_a_backup_of_an_older_desk_is_brought_up_to_date(
    databases: Databases, source: str, target: str, tmp_path: Path
) -> None:
    """Over a database that is already newer: what the backup does not know must not stand in the way."""
    command(target, "migrate", "handoffs", "0002", verbosity=0)
    restored(source, backed_up(target, tmp_path / "backups"))
    command(source, "migrate", check=True, verbosity=0)
    command(source, "makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("content", [b"", b"not a database at all", b"PGDMP\x01\x0e"])
def test_what_is_no_backup_is_refused_in_one_line(source: str, ending: str, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / f"desk-x{ending}"
    file.write_bytes(content)
    with pytest.raises(CommandError) as refused:
        restored(source, file)
    assert len(str(refused.value).splitlines()) == 1


def test_the_other_engines_backup_is_refused(source: str, ending: str, tmp_path: Path) -> None:
    (other,) = set(ENDINGS.values()) - {ending}
    file = tmp_path / f"desk-x{other}"
    file.touch()
    with pytest.raises(CommandError, match=f"needs a backup that ends with {ending}"):
        restored(source, file)


def test_a_database_in_use_is_not_replaced(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "LOCK_SECONDS", 1)
    monkeypatch.setattr(sqlite, "LOAD_SECONDS", 1.0)
    backup = backed_up(source, tmp_path / "backups")
    before = rows(source, "django_migrations")
    with sql(source) as busy:
        busy.execute("BEGIN IMMEDIATE" if source.startswith("sqlite") else "SELECT * FROM staff_user")
        with pytest.raises(CommandError, match="stop the desk first"):
            restored(source, backup)
    assert rows(source, "django_migrations") == before


def test_missing_tools_are_named(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if databases.engine == "sqlite":
        pytest.skip("SQLite needs no tools")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CommandError, match=r"pg_dump is not installed: install PostgreSQL's client tools"):
        command(databases.empty(), "backup", "--to", str(tmp_path / "backups"))
    assert list((tmp_path / "backups").iterdir()) == []
