"""Many rows at once, read and written, by one compiled statement on both engines."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeVar

import orjson
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Connection,
    Dialect,
    Table,
    Text,
    TypeDecorator,
    and_,
    bindparam,
    cast,
    column,
    false,
    func,
    insert,
    or_,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

Item = TypeVar("Item")
CHUNK = 500
TOGETHER = 10  # rows: for fewer PostgreSQL is as quick with a statement each


def in_chunks(items: Collection[Item], size: int = CHUNK) -> Iterator[list[Item]]:
    """Lists short enough for one IN (...)."""
    ordered = list(items)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


class _Many(TypeDecorator[Any]):
    """Any number of values as one parameter: JSON for SQLite, an array for PostgreSQL."""

    impl = Text
    cache_ok = True

    def __init__(self, of_numbers: bool = False) -> None:
        super().__init__()
        self.of_numbers = of_numbers

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        array = ARRAY(BigInteger() if self.of_numbers else Text())
        return dialect.type_descriptor(array if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return list(value) if dialect.name == "postgresql" else orjson.dumps(list(value)).decode()


class among(FunctionElement[bool]):  # noqa: N801  it reads as a word of the query
    """A column's value is one of those given under a parameter's name: compiled once, however many they are."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        of_numbers = isinstance(column.type, BigInteger)
        super().__init__(column, bindparam(name, type_=_Many(of_numbers)))

    def self_group(self, against: Any = None) -> among:
        """As it is: SQLAlchemy would write `= 1` behind it for SQLite, which then reads the whole table."""
        return self


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: Any, **options: Any) -> str:
    column, many = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({many}))"


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: Any, **options: Any) -> str:
    column, many = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({many})"


def among_dots(
    device: ColumnElement[Any], seq: ColumnElement[Any], dots: Collection[tuple[str, int]]
) -> ColumnElement[bool]:
    """A change is one of these (device, seq); few enough for one statement. Looking for pairs, SQLite would go by the
    device alone and read all that it ever sent.
    """
    by_device: dict[str, list[int]] = {}
    for each, number in dots:
        by_device.setdefault(each, []).append(number)
    return or_(false(), *(and_(device == each, seq.in_(numbers)) for each, numbers in by_device.items()))


def add(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows of like keys."""
    if len(rows) >= TOGETHER and connection.dialect.name == "postgresql":
        _copy(connection, table, rows)
    elif rows:
        _run_many(connection, _insert(table), rows)


def take_turn(connection: Connection, name: str) -> None:
    """Wait for whoever draws the same: of two the later must not write what is older. SQLite's writers take turns anyhow."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"draws {name}"})


def put(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows of like keys, or take the place of those of the same primary key. No key may come twice."""
    if rows:
        _run_many(connection, _upsert(connection.dialect.name, table, tuple(rows[0])), rows)


def add_missing(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows whose primary key is not there yet."""
    if rows:
        _run_many(connection, _insert_missing(connection.dialect.name, table), rows)


def copy_missing(connection: Connection, table: Table, names: Sequence[str], query: Any) -> None:
    """Insert what a query selects, as columns of these names, but for rows whose primary key is there already."""
    copied = _dialect_insert(connection.dialect.name, table).from_select(names, query)
    connection.execute(copied.on_conflict_do_nothing())


def change_rows(connection: Connection, table: Table, key: str, rows: Sequence[dict[str, Any]]) -> None:
    """Update rows of like keys by one column, whose value stands in each row under `"key"`."""
    if not rows:
        return
    names = tuple(name for name in rows[0] if name != "key")
    if len(rows) >= TOGETHER and connection.dialect.name == "postgresql":
        connection.execute(_update_together(table, key, names), {"rows": orjson.dumps(rows).decode()})
    else:
        _run_many(connection, _update(table, key, names), rows)


def _copy(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """PostgreSQL's own way in, at a third of what as many INSERTs cost."""
    names = tuple(rows[0])
    into = f"COPY {table.name} ({', '.join(names)}) FROM STDIN"
    with connection.connection.cursor() as cursor, cursor.copy(into) as copy:
        for values in map(itemgetter(*names), rows):
            copy.write_row(values)


def _run_many(connection: Connection, statement: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Hand the rows to the driver as they are: SQLAlchemy's own preparing of each costs as much as storing it.

    Holds for columns of text, numbers, bytes and booleans, and these are all we have.
    """
    sql, names = _compiled(statement, connection.dialect, tuple(rows[0]))
    if names is None:
        connection.exec_driver_sql(sql, list(rows))
    else:
        pick = itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)
        connection.exec_driver_sql(sql, list(map(pick, rows)))


@lru_cache
def _compiled(statement: Any, dialect: Dialect, names: tuple[str, ...]) -> tuple[str, list[str] | None]:
    """The statement's SQL, and the order of its parameters where the driver counts them."""
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    return str(compiled), compiled.positiontup


@lru_cache
def _insert(table: Table) -> Any:
    return insert(table)


@lru_cache
def _update(table: Table, key: str, names: tuple[str, ...]) -> Any:
    return update(table).where(table.c[key] == bindparam("key")).values({name: bindparam(name) for name in names})


@lru_cache
def _update_together(table: Table, key: str, names: tuple[str, ...]) -> Any:
    """One statement that takes all rows as JSON: PostgreSQL spends half on it of what an UPDATE a row costs."""
    types = [column("key", table.c[key].type), *(column(name, table.c[name].type) for name in names)]
    told = func.json_to_recordset(cast(bindparam("rows", type_=Text()), postgresql.JSON))
    new = told.table_valued(*types).render_derived(with_types=True)
    return update(table).where(table.c[key] == new.c.key).values({name: new.c[name] for name in names})


def _dialect_insert(dialect: str, table: Table) -> Any:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@lru_cache
def _insert_missing(dialect: str, table: Table) -> Any:
    return _dialect_insert(dialect, table).on_conflict_do_nothing()


@lru_cache
def _upsert(dialect: str, table: Table, names: tuple[str, ...]) -> Any:
    statement = _dialect_insert(dialect, table)
    keys = [column.name for column in table.primary_key]
    return statement.on_conflict_do_update(
        index_elements=keys, set_={name: statement.excluded[name] for name in names if name not in keys}
    )
