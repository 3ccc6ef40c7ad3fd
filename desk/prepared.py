"""Queries whose SQL is built once: on a message's way building it costs Django more than running it does.

_waiting = PreparedQuery(lambda conversation_id: Message.objects.filter(...), conversation_id="")
messages = _waiting(conversation_id="c_1")
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import FORMAT_QMARK_REGEX
from django.db.models import Field, Model, QuerySet
from django.db.models.query import get_related_populators
from psycopg.sql import Literal

M = TypeVar("M", bound=Model)

_TEXT = "a parameter to come: "
_NUMBER = 1_902_000_001
"""What stands for a parameter until there is one; nothing that a query itself would hold."""


@dataclass(frozen=True)
class _Built:
    sql: str
    parameters: tuple[Any, ...]
    names: dict[Any, str]
    """Which parameter stands where, by what stands for it."""
    columns: list[str]
    start: int
    end: int
    converters: list[tuple[int, list[Any], Any]]
    related: list[Any]


class PreparedQuery(Generic[M]):
    """A query with parameters: each named with an example of its kind, a text or a whole number."""

    def __init__(self, build: Callable[..., QuerySet[M]], **examples: str | int) -> None:
        self._build = build
        self._examples = examples
        self._built: dict[str, _Built] = {}

    def __call__(self, **values: str | int) -> list[M]:
        """Run it; returns what `list(queryset)` would."""
        database = connections[DEFAULT_DB_ALIAS]  # `django.db.connection` would look this up at each step
        built = self._built.get(database.vendor) or self._prepare()
        parameters = [values[built.names[each]] if each in built.names else each for each in built.parameters]
        with _executed(database, built.sql, parameters) as cursor:
            rows = cursor.fetchall()
        return [self._object(built, list(row), database) for row in rows]

    def _object(self, built: _Built, row: list[Any], database: BaseDatabaseWrapper) -> M:
        for place, functions, expression in built.converters:
            for function in functions:
                row[place] = function(row[place], expression, database)
        found: M = self._model.from_db(database.alias, built.columns, row[built.start : built.end])
        for populator in built.related:
            populator.populate(row, found)
        return found

    def _prepare(self) -> _Built:
        stand_ins: dict[str, Any] = {
            name: f"{_TEXT}{name}" if isinstance(example, str) else _NUMBER + place
            for place, (name, example) in enumerate(self._examples.items())
        }
        queryset = self._build(**stand_ins)
        self._model = queryset.model
        compiler: Any = queryset.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        names = {stand_in: name for name, stand_in in stand_ins.items()}
        sql, parameters = _constants_written(sql, parameters, names)
        if lost := set(names) - set(parameters):
            raise ValueError(f"these parameters do not stand in the query as they are: {sorted(map(str, lost))}")
        places = compiler.klass_info["select_fields"]
        converters = compiler.get_converters(column for column, _, _ in compiler.select)
        built = self._built[connection.vendor] = _Built(
            sql=sql,
            parameters=tuple(parameters),
            names=names,
            columns=[compiler.select[place][0].target.attname for place in places],
            start=places[0],
            end=places[-1] + 1,
            converters=[(place, functions, expression) for place, (functions, expression) in converters.items()],
            related=get_related_populators(compiler.klass_info, compiler.select, connection.alias),
        )
        return built


def row_insert(instance: Model) -> None:
    """Store a new instance whose key is known, as `save(force_insert=True)` would; no signals are sent."""
    database = connections[DEFAULT_DB_ALIAS]
    with _executed(database, _insert_sql(type(instance), database.vendor), _new_values(instance, database)):
        pass
    instance._state.adding, instance._state.db = False, database.alias


def row_update(instance: Model, *names: str) -> None:
    """Store these fields of a stored instance, as `save(update_fields=names)` would; no signals are sent."""
    database = connections[DEFAULT_DB_ALIAS]
    sql, fields = _update_sql(type(instance), names, database.vendor)
    _update(instance, sql, _values(instance, fields, database), database)


def row_insert_and_update(new: Model, changed: Model, *names: str) -> None:
    """`row_insert(new)` and `row_update(changed, *names)`: on PostgreSQL one statement, one way there and back."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql":
        row_insert(new)
        row_update(changed, *names)
        return
    sql, fields = _update_sql(type(changed), names, database.vendor)
    sql = f"WITH new AS ({_insert_sql(type(new), database.vendor)}) {sql}"
    _update(changed, sql, [*_new_values(new, database), *_values(changed, fields, database)], database)
    new._state.adding, new._state.db = False, database.alias


def _update(instance: Model, sql: str, values: Sequence[Any], database: BaseDatabaseWrapper) -> None:
    with _executed(database, sql, values) as cursor:
        if cursor.rowcount != 1:
            raise DatabaseError(f"there is no {type(instance).__name__} {instance.pk} to update")


def _new_values(instance: Model, database: BaseDatabaseWrapper) -> list[Any]:
    fields = type(instance)._meta.concrete_fields
    return [field.get_db_prep_save(field.pre_save(instance, True), database) for field in fields]


def _values(instance: Model, fields: Sequence[Field[Any, Any]], database: BaseDatabaseWrapper) -> list[Any]:
    return [field.get_db_prep_save(getattr(instance, field.attname), database) for field in fields]


def _constants_written(sql: str, parameters: Sequence[Any], names: Collection[Any]) -> tuple[str, list[Any]]:
    """Write into PostgreSQL's statement what never changes: only then its kept plan can use a partial index."""
    if connection.vendor != "postgresql":
        return sql, list(parameters)
    first, *pieces = sql.split("%s")
    written, open_parameters = [first], []
    for value, piece in zip(parameters, pieces, strict=True):
        if value in names:
            written.append("%s")
            open_parameters.append(value)
        else:
            written.append(Literal(value).as_string(connection.connection).replace("%", "%%"))
        written.append(piece)
    return "".join(written), open_parameters


@contextmanager
def _executed(database: BaseDatabaseWrapper, sql: str, values: Sequence[Any]) -> Iterator[Any]:
    """Run a statement that comes again and again; yields its cursor.

    PostgreSQL keeps its plan: Django's own cursors have every statement parsed and planned anew. SQLite's driver does
    that by itself, but Django writes each statement anew in its style. Where somebody listens to the queries (a test,
    say), they go Django's way.
    """
    if database.queries_logged or database.execute_wrappers:
        with database.cursor() as django_cursor:
            django_cursor.execute(sql, values)
            yield django_cursor
        return
    database.ensure_connection()
    database.validate_no_broken_transaction()
    with database.wrap_database_errors:
        if database.vendor == "postgresql":
            with psycopg.Cursor(database.connection) as cursor:
                cursor.execute(sql, values, prepare=True)
                yield cursor
        else:
            with closing(sqlite3.Cursor(database.connection)) as cursor:
                cursor.execute(_with_question_marks(sql), values)
                yield cursor


@cache
def _with_question_marks(sql: str) -> str:
    return FORMAT_QMARK_REGEX.sub("?", sql).replace("%%", "%")


@cache
def _insert_sql(model: type[Model], vendor: str) -> str:
    columns = [_quoted(str(field.column)) for field in model._meta.concrete_fields]
    places = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {_quoted(model._meta.db_table)} ({', '.join(columns)}) VALUES ({places})"


@cache
def _update_sql(model: type[Model], names: tuple[str, ...], vendor: str) -> tuple[str, list[Field[Any, Any]]]:
    """The statement, and the fields that its values come from: the key's is the last."""
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    key: Any = model._meta.pk
    changes = ", ".join(f"{_quoted(field.column)} = %s" for field in fields)
    return f"UPDATE {_quoted(model._meta.db_table)} SET {changes} WHERE {_quoted(key.column)} = %s", [*fields, key]


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
