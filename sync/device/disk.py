"""The device's one file: SQLite through sqlite-utils, durable at every commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from schemas.change import dumps, loads

TABLES: dict[str, tuple[dict[str, type], str | tuple[str, ...]]] = {
    # What there is one of: device, token, epoch, acked, last_seq ... (see `Outbox`); value is JSON.
    "me": ({"key": str, "value": str}, "key"),
    "villages": ({"code": str, "name": str, "mine": int}, "code"),
    "cursors": ({"name": str, "value": int}, "name"),
    # The outbox. body: the change as it is sent, for ever the same. life: 0 for the first id of this file, one more at
    # each enrolment under another. status, result: as last told. acknowledged_at: ms of the server's clock.
    # worked: 1 once the local copy holds it, or never will. given_up: 1 when the server can never take it.
    "changes": (
        {
            "device": str, "seq": int, "life": int, "kind": str, "record": str, "village": str, "body": str,
            "status": str, "result": str, "acknowledged_at": int, "worked": int, "given_up": int, "corrected_by": int,
        },
        ("device", "seq"),
    ),
    # The local copy: as told, with own merged changes worked in. epoch: '' while it is not known to hold any more.
    "records": (
        {
            "record": str, "kind": str, "village": str, "version": int, "epoch": str,
            "fields": str, "seen": str, "conflicts": str, "derived": str,
        },
        "record",
    ),
    "gone": ({"record": str, "why": str, "into": str}, "record"),
    # Records that this file made, by which change; needed when they must be given new ids.
    "created": ({"record": str, "device": str, "seq": int}, "record"),
    "renamed": ({"old": str, "new": str}, "old"),
    "formers": ({"device": str, "up_to": int}, "device"),
    "notices": ({"id": int, "record": str, "text": str, "at": str}, "id"),
}  # fmt: skip

INDEXES = {
    "changes": (("record",), ("worked",), ("acknowledged_at",)),
    "records": (("village", "kind"),),
    "gone": (("into",),),
    "created": (("device", "seq"),),
}

Connect = Callable[..., sqlite3.Connection]


class Disk:
    """The open file. Several may be open on one file; each is used by one thread at a time."""

    def __init__(self, path: str | Path, connect: Connect = sqlite3.connect) -> None:
        self.db = Database(connect(str(path), timeout=30, check_same_thread=False))
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")  # a phone's battery dies without warning
        if not self.db.table("notices").exists():
            self._make_tables()

    def _make_tables(self) -> None:
        with self.transaction():
            for name, (columns, key) in TABLES.items():
                self.db.table(name).create(columns, pk=key, if_not_exists=True)
            for name, indexes in INDEXES.items():
                for index in indexes:
                    self.db.table(name).create_index(list(index), if_not_exists=True)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Takes the write lock at once, so that no two hand out the same seq."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.rollback()
            raise
        self.db.commit()

    def rows(self, sql: str, *values: Any) -> list[tuple]:
        return self.db.execute(sql, values).fetchall()

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.db.execute(sql, values).fetchone()
        return row[0] if row else None

    def do(self, sql: str, *values: Any) -> None:
        self.db.execute(sql, values)

    def get(self, key: str, default: Any = None) -> Any:
        """What there is one of; see `TABLES["me"]`."""
        text = self.value("SELECT value FROM me WHERE key = ?", key)
        return default if text is None else loads(text)

    def put(self, values: Mapping[str, Any]) -> None:
        """Keep these; what already stands so is not written again, so that an empty sync costs no disk."""
        for key, value in values.items():
            if self.get(key) != value:
                self.db.table("me").upsert({"key": key, "value": dumps(value)}, pk="key")

    def close(self) -> None:
        self.db.close()
