"""What a check of the audit log reads: the rows of the log of changes that it stands over, and who is named in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from server.store import desk_tables as d
from server.store import tables as t

AT_ONCE = 2000


def change_rows(connection: Connection, device: str, seqs: list[list[int]]) -> list[Any]:
    """The whole rows of a device's changes in these runs of seqs, in order."""
    c = t.change.c
    runs = [and_(c.seq >= first, c.seq <= last) for first, last in seqs]
    rows: list[Any] = []
    for start in range(0, len(runs), 200):
        query = select(t.change).where(c.device == device, or_(*runs[start : start + 200])).order_by(c.seq)
        rows += [row._mapping for row in connection.execute(query)]
    return rows


def counted(connection: Connection) -> dict[str, int]:
    """Device -> how many changes of its the log has."""
    query = select(t.change.c.device, func.count()).group_by(t.change.c.device)
    return {device: int(count) for device, count in connection.execute(query)}


def hashes_by_device(connection: Connection) -> Iterator[tuple[str, Iterator[Any]]]:
    """Each device with (device, seq, hash, row_hash) of all its changes, in order, a few at a time in memory."""
    c = t.change.c
    query = select(c.device, c.seq, c.hash, c.row_hash).order_by(c.device, c.seq)
    yield from groupby(connection.execute(query.execution_options(yield_per=AT_ONCE)), key=itemgetter(0))


def erased(connection: Connection) -> set[str]:
    """The records whose values the law has taken."""
    return set(connection.scalars(select(t.erasure.c.record)))


def named(connection: Connection) -> Iterator[tuple[int, list[str]]]:
    """Each entry that is about people, with their records in order, in the order of entries."""
    c = d.audit_record.c
    query = select(c.audit, c.record).order_by(c.audit, c.record).execution_options(yield_per=AT_ONCE)
    for number, rows in groupby(connection.execute(query), key=itemgetter(0)):
        yield number, [record for _, record in rows]


def of_act(connection: Connection, act: str, newest: int | None = None) -> list[Any]:
    """The entries of one act; the newest few, newest first, where it is said how many."""
    query = select(d.audit).where(d.audit.c.act == act)
    if newest is None:
        return list(connection.execute(query.order_by(d.audit.c.id)))
    return list(connection.execute(query.order_by(d.audit.c.id.desc()).limit(newest)))


def any_change(connection: Connection) -> bool:
    return connection.scalar(select(t.change.c.device).limit(1)) is not None
