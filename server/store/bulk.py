"""Writing many rows at once: `executemany` with one compiled statement, on both engines."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert, Update

Item = TypeVar("Item")
CHUNK = 500


def in_chunks(items: Collection[Item], size: int = CHUNK) -> Iterator[list[Item]]:
    """Lists short enough for one IN (...)."""
    ordered = list(items)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def add(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows of like keys."""
    if rows:
        connection.execute(_insert(table), rows)


def put(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows of like keys, or take the place of those of the same primary key. No key may come twice."""
    if rows:
        connection.execute(_upsert(connection.dialect.name, table, tuple(rows[0])), rows)


def add_missing(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows whose primary key is not there yet."""
    if rows:
        connection.execute(_dialect_insert(connection.dialect.name, table).on_conflict_do_nothing(), rows)


def change_rows(connection: Connection, table: Table, key: str, rows: Sequence[dict[str, Any]]) -> None:
    """Update rows of like keys by one column, whose value stands in each row under `"key"`."""
    if rows:
        connection.execute(_update(table, key, tuple(name for name in rows[0] if name != "key")), rows)


@lru_cache
def _insert(table: Table) -> Insert:
    return insert(table)


@lru_cache
def _update(table: Table, key: str, names: tuple[str, ...]) -> Update:
    return update(table).where(table.c[key] == bindparam("key")).values({name: bindparam(name) for name in names})


def _dialect_insert(dialect: str, table: Table) -> Any:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@lru_cache
def _upsert(dialect: str, table: Table, names: tuple[str, ...]) -> Any:
    statement = _dialect_insert(dialect, table)
    keys = [column.name for column in table.primary_key]
    return statement.on_conflict_do_update(
        index_elements=keys, set_={name: statement.excluded[name] for name in names if name not in keys}
    )
