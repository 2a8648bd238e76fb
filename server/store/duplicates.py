"""Records that bear one NIK: who they are is asked of the views, what was found is kept under the NIK's hash."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, tuple_

from schemas.change import loads
from server.store import tables as t
from server.store.bulk import add_missing, in_chunks

NIK_DIGITS = 16
_LINKS_FROM, _LINKS_TO = "link:", "link;"  # ids of links, as a range of the primary key

Bearer = tuple[bytes, str]  # hash of the NIK, record


def same_nik(connection: Connection) -> Iterator[tuple[str, str]]:
    """(NIK, record) of every worker whose NIK another one bears too, sorted; aliases and erased ones are nobody.

    A text that stands where a card is odd ("hilang") names no one, so sixteen characters are asked for.
    """
    here = (
        t.record.c.kind == "worker", t.record.c.nik.is_not(None), func.length(t.record.c.nik) == NIK_DIGITS,
        t.record.c.erased.is_(False), or_(t.record.c.carrier.is_(None), t.record.c.carrier == t.record.c.id),
    )  # fmt: skip
    shared = select(t.record.c.nik).where(*here).group_by(t.record.c.nik).having(func.count() > 1)
    query = select(t.record.c.nik, t.record.c.id).where(*here, t.record.c.nik.in_(shared))
    rows = connection.execute(query.order_by(t.record.c.nik, t.record.c.id).execution_options(yield_per=2000))
    return ((nik, record) for nik, record in rows)


def parted(connection: Connection) -> set[tuple[str, str]]:
    """The pairs of which a desk has said that they are two people."""
    query = select(t.record.c.fields).where(
        t.record.c.id >= _LINKS_FROM, t.record.c.id < _LINKS_TO, t.record.c.kind == "link",
        t.record.c.erased.is_(False),
    )  # fmt: skip
    said = (loads(fields) for fields in connection.scalars(query))
    return {(link["a"], link["b"]) for link in said if link.get("same") is False}


def known(connection: Connection) -> set[Bearer]:
    """What was found before."""
    query = select(t.duplicate.c.nik_hash, t.duplicate.c.record)
    return {(bytes(nik_hash), record) for nik_hash, record in connection.execute(query)}


def add_found(connection: Connection, found: Collection[Bearer], now: int) -> None:
    """Keep what was found, with the day when it was found first."""
    add_missing(connection, t.duplicate, [{"nik_hash": h, "record": r, "found_at": now} for h, r in sorted(found)])


def drop(connection: Connection, bearers: Collection[Bearer]) -> None:
    """Forget what is no duplicate any more."""
    for part in in_chunks(bearers, 200):
        connection.execute(delete(t.duplicate).where(tuple_(t.duplicate.c.nik_hash, t.duplicate.c.record).in_(part)))


def listing(connection: Connection, most: int = 1000) -> list[dict[str, Any]]:
    """What is found now, with each record's home: those of one NIK together, longest known first."""
    query = (
        select(t.duplicate.c.nik_hash, t.duplicate.c.record, t.record.c.home, t.duplicate.c.found_at)
        .join(t.record, t.record.c.id == t.duplicate.c.record)
        .order_by(t.duplicate.c.found_at, t.duplicate.c.nik_hash, t.duplicate.c.record).limit(most)
    )  # fmt: skip
    return [dict(row._mapping) for row in connection.execute(query)]
