"""Databases of their own, on both engines, for tests that fill, back up, restore or migrate a whole one."""

from __future__ import annotations

import io
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import dj_database_url
import psycopg
import pytest
from django.core.management import call_command
from django.db import connections

ENGINES = ("sqlite", "postgresql")
SQLITE_OPTIONS = {
    "timeout": 10,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}


class Databases:
    """Makes empty or migrated databases of one engine, and drops them in the end."""

    def __init__(self, engine: str, folder: Path) -> None:
        self.engine = engine
        self._folder = folder
        self._made: list[str] = []
        self._template: str | None = None
        self._server = os.environ.get("TEST_DATABASE_URL", "")
        if engine == "postgresql" and not self._server:
            if os.environ.get("CI") == "true":
                pytest.fail("CI needs TEST_DATABASE_URL: these tests run on PostgreSQL too")
            pytest.skip("no PostgreSQL: set TEST_DATABASE_URL")

    def empty(self, template: str = "template0") -> str:
        name = f"handoffs_{secrets.token_hex(6)}"
        if self.engine == "sqlite":
            return f"sqlite:///{self._folder / name}.sqlite3"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        self._made.append(name)
        return urlunsplit(urlsplit(self._server)._replace(path=f"/{name}"))

    def migrated(self) -> str:
        """A copy of one that was migrated once."""
        if self._template is None:
            self._template = self.empty()
            command(self._template, "migrate", verbosity=0)
        if self.engine == "sqlite":
            url = self.empty()
            shutil.copy(path_of(self._template), path_of(url))
            return url
        return self.empty(template=urlsplit(self._template).path.lstrip("/"))

    def drop_all(self) -> None:
        for name in self._made:
            self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(statement)


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


@contextmanager
def using(url: str) -> Iterator[None]:
    """Point Django's default connection of this thread at another database."""
    before = connections.databases["default"]
    database = dj_database_url.parse(url)
    if url.startswith("sqlite"):
        database["OPTIONS"] = SQLITE_OPTIONS
    connections.close_all()
    held = connections["default"]
    try:
        connections.databases["default"] = connections.configure_settings({"default": database})["default"]
        connections["default"] = connections.create_connection("default")
        # pytest-django lets only marked tests at a database; this one is its own.
        connections["default"].ensure_connection()
        yield
    finally:
        connections["default"].close()
        connections.databases["default"] = before
        connections["default"] = held


def command(url: str, name: str, *arguments: str, **options: Any) -> str:
    """Run a management command on a database; returns what it printed."""
    output = io.StringIO()
    with using(url):
        call_command(name, *arguments, stdout=output, **options)
    return output.getvalue()


@contextmanager
def sql(url: str) -> Iterator[Any]:
    """A plain connection, for looking at what is really there."""
    connection: Any = sqlite3.connect(path_of(url)) if url.startswith("sqlite") else psycopg.connect(url)
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


def rows(url: str, table: str) -> list[tuple[object, ...]]:
    """Every row of a table, in an order that does not depend on the engine's."""
    with sql(url) as connection:
        found = connection.execute(f"SELECT * FROM {table}").fetchall()
    return sorted(found, key=repr)
