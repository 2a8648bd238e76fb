"""What the law's erasure leaves: that a record was erased, when, and why; nothing of what it held."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, insert, literal, select, update

from server.store import changes, duplicates, files
from server.store import tables as t
from server.store.bulk import add_missing, in_chunks
from server.store.files import Doomed


def erase_values(
    connection: Connection, records: Collection[str], by: int | None, reason: str, now: int
) -> Doomed:
    """Blank the records' changes, and drop every other place that may hold a value of theirs.

    Gives the files that nothing names any more.
    """
    rows = [{"record": record, "at": now, "by": by, "reason": reason} for record in records]
    add_missing(connection, t.erasure, rows)
    changes.blank(connection, records)
    for part in in_chunks(records):
        connection.execute(delete(t.evidence).where(t.evidence.c.record.in_(part)))
        drawn = select(t.cover.c.village, t.cover.c.record, literal(True)).where(t.cover.c.record.in_(part))
        connection.execute(insert(t.touched).from_select(["village", "record", "passed_on"], drawn))
        connection.execute(delete(t.cover).where(t.cover.c.record.in_(part)))
        connection.execute(update(t.record).where(t.record.c.id.in_(part)).values(derived=None))
    duplicates.forget(connection, records)
    return files.forget(connection, records)


def all_erasures(connection: Connection) -> list[dict[str, Any]]:
    """record, at, by, reason of every erasure."""
    return [dict(row._mapping) for row in connection.execute(select(t.erasure).order_by(t.erasure.c.record))]
