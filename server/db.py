"""Engines and transactions: the only place that begins, commits and rolls back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from server.config import Settings
from server.store import audit, scoping
from server.store.tables import metadata

__all__ = [
    "PENDING", "Clash", "Connection", "Unreachable", "db", "engine", "init_db", "is_shared", "reading", "snapshot",
    "transaction",
]  # fmt: skip

Unreachable = OperationalError  # the database does not answer, or not in time
Clash = IntegrityError  # somebody else has just written the same key

db = SQLAlchemy(metadata=metadata)

SQLITE_BUSY_MS = 30_000
PENDING = "sambung audit"
"""Under this name a transaction's `info` collects its entries of the audit log (`server.audit`)."""
_READ_ONLY = "sambung_read_only"
_READER = "sambung.reader"


def init_db(app: Flask, settings: Settings) -> None:
    """Give the application its database. SQLite's transactions are begun by us: see `_begin_sqlite`."""
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(settings)
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _open_sqlite)
            event.listen(db.engine, "begin", _begin_sqlite)
        # On readers alone: what syncs write should not pay for being looked at.
        reader = db.engine.execution_options(**{_READ_ONLY: True})
        event.listen(reader, "before_execute", _guard)
        app.extensions[_READER] = reader


def _engine_options(settings: Settings) -> dict[str, Any]:
    size = {"pool_size": settings.threads + 4, "max_overflow": settings.threads}
    if settings.url.startswith("sqlite"):
        return size
    # A server that was set to answer before the disk has it would lose acknowledged changes at a power cut.
    options = "-c timezone=utc -c synchronous_commit=on"
    return size | {"pool_pre_ping": True, "connect_args": {"options": options}}


def _open_sqlite(connection: Any, entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # NORMAL may lose an acknowledged batch at a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what the law erases must not go on lying in the file's free pages
    cursor.execute("PRAGMA cache_size=-65536")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Writers take their place at once: a reader that turns writer would be refused without waiting."""
    read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _guard(connection: Connection, statement: Any, *others: Any) -> None:
    """What is only read is read for whoever asks; what writes has its own checks, under locks (`server.actions`)."""
    scoping.guard(statement)


def _reader() -> Engine:
    engine: Engine = current_app.extensions[_READER]
    return engine


def engine() -> Engine:
    return db.engine


def is_shared(connection: Connection) -> bool:
    """Whether others may write while this transaction does; SQLite's writers wait at its beginning."""
    return connection.dialect.name != "sqlite"


@contextmanager
def transaction() -> Iterator[Connection]:
    """Write: all of it is durable when the block ends, or nothing of it is there."""
    with db.engine.connect() as connection, connection.begin():
        connection.info.pop(PENDING, None)  # of a transaction that came to nothing
        yield connection
        # Last of all: the chain's head is one row, and whoever has it holds up all other writers.
        if entries := connection.info.pop(PENDING, None):
            audit.append(connection, entries)


@contextmanager
def reading() -> Iterator[Connection]:
    """Read: waits for nobody and holds up nobody."""
    with _reader().connect() as connection, connection.begin():
        yield connection


@contextmanager
def snapshot() -> Iterator[Connection]:
    """Read everything as of one moment, for long: backups, replays, exports."""
    options: dict[str, Any] = {}
    if db.engine.dialect.name == "postgresql":
        options["isolation_level"] = "REPEATABLE READ"
    with _reader().connect().execution_options(**options) as connection, connection.begin():
        yield connection
