"""The audit trail is only added to: the database itself refuses to change or delete a row of it."""

from typing import Any

from django.db import migrations

TABLE = "staff_auditentry"
SAYS = "the audit trail is only added to"
SQLITE = [
    f"CREATE TRIGGER {TABLE}_no_{act} BEFORE {act.upper()} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
    for act in ("update", "delete")
]
POSTGRESQL = [
    f"CREATE FUNCTION {TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{SAYS}'; END $$",
    f"CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE OR DELETE ON {TABLE} "
    f"FOR EACH ROW EXECUTE FUNCTION {TABLE}_refuse()",
]
UNDO_SQLITE = [f"DROP TRIGGER {TABLE}_no_{act}" for act in ("update", "delete")]
UNDO_POSTGRESQL = [f"DROP TRIGGER {TABLE}_no_change ON {TABLE}", f"DROP FUNCTION {TABLE}_refuse()"]


def guard(apps: Any, schema_editor: Any) -> None:
    _run(schema_editor, SQLITE, POSTGRESQL)


def unguard(apps: Any, schema_editor: Any) -> None:
    _run(schema_editor, UNDO_SQLITE, UNDO_POSTGRESQL)


def _run(schema_editor: Any, sqlite: list[str], postgresql: list[str]) -> None:
    for statement in postgresql if schema_editor.connection.vendor == "postgresql" else sqlite:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("staff", "0003_first_passwords")]
    operations = [migrations.RunPython(guard, unguard)]
