"""What a check of the audit log reads: the rows of the log of changes that it stands over, and who is named in it; and
what its readers look for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, func, or_, select

from server.store import desk_tables as d
from server.store import tables as t
from server.store.scoping import for_itself, inside

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


# Reading it -----------------------------------------------------------------------------------------------------------


class Asked(NamedTuple):
    """What is looked for: entries about a record, by whom (`account:7`), of an act, from a moment on and before another."""

    record: str | None = None
    who: str | None = None
    act: str | None = None
    since: int | None = None
    until: int | None = None


def entries(connection: Connection, scope: str, asked: Asked, before: int | None, most: int) -> list[Any]:
    """The region's entries, the newest first, behind a number."""
    a = d.audit.c
    # Of a large region the newest are found soonest by walking back; by the index of regions all of it would be sorted.
    region = a.region if len(scope) > len("64.02") else func.coalesce(a.region, "")
    query = select(d.audit).where(inside(region, scope)).order_by(a.id.desc()).limit(most)
    if asked.record is not None:
        query = query.join(d.audit_record, d.audit_record.c.audit == a.id).where(d.audit_record.c.record == asked.record)
    if asked.who is not None:
        query = query.where(a.who == asked.who)
    if asked.act is not None:
        query = query.where(a.act == asked.act)
    if asked.until is not None:
        query = query.where(a.id < _first_since(connection, asked.until))
    if asked.since is not None:
        query = query.where(a.id >= _first_since(connection, asked.since))
    if before is not None:
        query = query.where(a.id < before)
    return list(connection.execute(query))


def _first_since(connection: Connection, moment: int) -> int:
    """The number of the first entry from a moment on. Entries stand in the order of time, give or take some milliseconds
    between nodes, so some twenty looks find it among millions, and no index is needed.
    """
    with for_itself():  # looks at times alone
        low, high = 1, int(connection.scalar(select(d.audit_head.c.last)) or 0) + 1
        while low < high:
            middle = (low + high) // 2
            at = connection.scalar(select(d.audit.c.at).where(d.audit.c.id == middle))
            low, high = (middle + 1, high) if at is not None and at < moment else (low, middle)
    return low


def accounts_named(connection: Connection, name: str, most: int = 20) -> list[int]:
    """The accounts whose name begins so."""
    c = t.account.c
    query = select(c.id).where(func.lower(c.name).startswith(name.lower(), autoescape=True)).order_by(c.id)
    return list(connection.scalars(query.limit(most)))


def account_names(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    query = select(t.account.c.id, t.account.c.name).where(t.account.c.id.in_(list(ids)))
    return {number: name for number, name in connection.execute(query)}


def holders(connection: Connection, devices: Collection[str]) -> dict[str, str]:
    """Device -> its officer's name."""
    query = select(t.device.c.id, t.officer.c.name).join(t.officer, t.officer.c.id == t.device.c.officer)
    return {device: name for device, name in connection.execute(query.where(t.device.c.id.in_(list(devices))))}
