"""What desks entered about regions: budget lines, decrees, cycles, duties and the like, as their records say it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, select

from schemas.change import loads
from schemas.region import NATION
from server.store import tables as t
from server.store.bulk import in_chunks
from server.store.scoping import inside

AFTER_THE_REGION = ";"  # comes next after ":"; within a code only "." follows, which comes before it


class Entry(NamedTuple):
    """One record. seen: what it is made of, to be handed back with a change. conflicts: fields that wait for a person."""

    record: str
    kind: str
    home: str
    key: str
    fields: dict[str, Any]
    seen: dict[str, int]
    conflicts: list[str]
    created_at: int
    version: int


_ENTRY = (
    t.record.c.id, t.record.c.kind, t.record.c.home, t.record.c.fields, t.record.c.seen, t.record.c.conflicts,
    t.record.c.created_at, t.record.c.version,
)  # fmt: skip


def one(connection: Connection, scope: str, kind: str, record: str) -> Entry | None:
    query = select(*_ENTRY).where(
        t.record.c.id == record, t.record.c.kind == kind, t.record.c.erased.is_(False), inside(t.record.c.home, scope)
    )
    row = connection.execute(query).first()
    return _read(row) if row else None


def within(
    connection: Connection, scope: str, kind: str, region: str | None = None, after: str = "", most: int | None = None
) -> list[Entry]:
    """Those of a kind whose home lies in a region (the scope itself unless told), in the order of their ids.

    after: the id to go on behind. The ids say the region, so that no other record is read.
    """
    query = (
        select(*_ENTRY)
        .where(*_of(kind, region or scope), t.record.c.id > after, inside(t.record.c.home, scope))
        .order_by(t.record.c.id)
    )
    return [_read(row) for row in connection.execute(query.limit(most) if most else query)]


def of_region(connection: Connection, scope: str, kind: str, region: str, start: str = "") -> list[Entry]:
    """Those of a kind whose home is this very region, in the order of their ids. start: how their keys begin."""
    begin = f"{kind}:{region}:{start}"
    query = (
        select(*_ENTRY)
        .where(
            t.record.c.id >= begin, t.record.c.id < begin[:-1] + chr(ord(begin[-1]) + 1), t.record.c.kind == kind,
            t.record.c.erased.is_(False), inside(t.record.c.home, scope),
        )
        .order_by(t.record.c.id)
    )  # fmt: skip
    return [_read(row) for row in connection.execute(query)]


def these(connection: Connection, scope: str, records: Collection[str]) -> dict[str, Entry]:
    """Record -> entry, of those of these that there are in the scope."""
    found: dict[str, Entry] = {}
    for part in in_chunks(sorted(records)):
        query = select(*_ENTRY).where(
            t.record.c.id.in_(part), t.record.c.erased.is_(False), inside(t.record.c.home, scope)
        )
        found |= {row[0]: _read(row) for row in connection.execute(query)}
    return found


def _of(kind: str, region: str) -> tuple[ColumnElement[bool], ...]:
    low, high = (f"{kind}:", f"{kind};") if region == NATION else (f"{kind}:{region}", f"{kind}:{region}{AFTER_THE_REGION}")
    return (
        and_(t.record.c.id >= low, t.record.c.id < high), t.record.c.kind == kind, t.record.c.erased.is_(False),
    )  # fmt: skip


def _read(row: Any) -> Entry:
    record, kind, home, fields, seen, conflicts, created_at, version = row
    waits = sorted(loads(conflicts)) if conflicts else []
    return Entry(record, kind, home, record.rpartition(":")[2], loads(fields), loads(seen), waits, created_at, version)
