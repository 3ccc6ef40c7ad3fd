"""What the tests need of PostgreSQL beyond what Django does; nothing happens on SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from desk.staff.models import AuditEntry


def use_quick_flush() -> None:
    """Empty the tables between tests with DELETE: TRUNCATE syncs every table's file, each time."""
    if connection.vendor == "postgresql":
        connection.ops.sql_flush = _sql_flush  # type: ignore[method-assign]


def end_other_connections() -> None:
    """Threads of tests may still be connected, and a database that is in use cannot be dropped."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


def _sql_flush(style: Any, tables: Sequence[str], *, reset_sequences: bool = False, allow_cascade: bool = False) -> Any:
    """The statements of Django's `flush`; foreign keys are checked at the end of their transaction."""
    return [f"{_emptying(table)} {connection.ops.quote_name(table)}" for table in tables]


def _emptying(table: str) -> str:
    """The guard of the audit trail refuses to delete rows, each by itself; it does not see TRUNCATE."""
    return "TRUNCATE" if table == AuditEntry._meta.db_table else "DELETE FROM"
