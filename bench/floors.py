"""What nobody can do without: receiving a body at all, and storing the same rows at all, at the same durability."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from flask import Flask, request
from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable, MetaData

from bench.served import Served, call
from server.store import tables as t
from server.store.bulk import among


class Stored(NamedTuple):
    """The rows that a batch ended in."""

    changes: list[tuple[Any, ...]]
    records: list[tuple[Any, ...]]


def stored(server: Served, changes: Sequence[dict[str, Any]], device: str) -> Stored:
    """Read again what a batch was stored as."""
    first, last = changes[0]["seq"], changes[-1]["seq"]
    log = select(t.change).where(t.change.c.device == device, t.change.c.seq.between(first, last))
    views = select(t.record).where(among(t.record.c.id, "ids")).order_by(t.record.c.position)
    with server.reading() as connection:
        found = connection.execute(views, {"ids": [change["record"] for change in changes]})
        records = [tuple(row) for row in found]
        return Stored([tuple(row) for row in connection.execute(log.order_by(t.change.c.seq))], records)


class Receiving:
    """Bare Flask that inflates and parses, and keeps nothing."""

    def __init__(self) -> None:
        self.app = Flask("floor")

        @self.app.post("/")
        def take() -> str:
            orjson.loads(gzip.decompress(request.get_data()))
            return "{}"

    def take(self, body: bytes) -> None:
        call(self.app, "/", body, {})


class Sqlite:
    """Raw `executemany` into two plain tables with their primary keys."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")
        for table in (t.change, t.record):
            self.db.execute(_plain(table, sqlite.dialect()))
        self.db.execute("CREATE TABLE anchor (id PRIMARY KEY, " + ", ".join(f"field_{n}" for n in range(26)) + ")")

    def add(self, rows: Stored) -> None:
        self._write(rows, f"INSERT INTO record VALUES ({_marks(t.record)})")

    def replace(self, rows: Stored) -> None:
        self._write(rows, _UPDATE)

    def _write(self, rows: Stored, how: str) -> None:
        self.db.execute("BEGIN IMMEDIATE")
        self.db.executemany(f"INSERT INTO change VALUES ({_marks(t.change)})", rows.changes)
        self.db.executemany(how, rows.records)
        self.db.execute("COMMIT")

    def anchor(self, rows: list[tuple[Any, ...]]) -> None:
        """The simpler floor that others were measured by: one table of 26 columns."""
        self.db.execute("BEGIN IMMEDIATE")
        self.db.executemany(f"INSERT INTO anchor VALUES ({', '.join('?' * 27)})", rows)
        self.db.execute("COMMIT")


class Postgres:
    """COPY into two plain tables with their primary keys. pid: of its backend."""

    def __init__(self, url: str) -> None:
        import psycopg

        self.db = psycopg.connect(url.replace("+psycopg", "", 1))
        for table in (t.change, t.record):
            self.db.execute(_plain(table, postgresql.dialect()))
        self.db.commit()
        self.pid = self.db.info.backend_pid

    def add(self, rows: Stored) -> None:
        with self.db.cursor() as cursor:
            for table, some in ((t.change, rows.changes), (t.record, rows.records)):
                with cursor.copy(f"COPY {table.name} FROM STDIN") as copy:
                    for row in some:
                        copy.write_row(row)
        self.db.commit()

    def replace(self, rows: Stored) -> None:
        """Rows that are there already make room first; COPY itself only adds."""
        self.db.execute("DELETE FROM record WHERE id = ANY (%s)", [[row[0] for row in rows.records]])
        self.add(rows)


def anchor_rows(changes: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """A registration's id and its 26 values, one column each."""
    return [(c["record"], *map(_scalar, c["fields"].values())) for c in changes]


def _scalar(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else value


def _plain(table: Table, dialect: Any) -> str:
    """The table with its columns and primary key, and no other index."""
    bare = table.to_metadata(MetaData())
    return str(CreateTable(bare).compile(dialect=dialect))


def _marks(table: Table) -> str:
    return ", ".join("?" * len(table.columns))


_NUMBERED = {column.name: f"?{number}" for number, column in enumerate(t.record.columns, 1)}
_UPDATE = f"UPDATE record SET {', '.join(f'{name} = {mark}' for name, mark in _NUMBERED.items())} WHERE id = ?1"
