"""What a replay reads and mends: all that is stored of records, in the order of ids, a few at a time in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, func, or_, select, update

from schemas.change import Dot
from server.store import tables as t
from server.store.bulk import in_chunks
from server.store.changes import _IS_MERGED, _WITH_OUTCOME
from sync.links import Link

AT_ONCE = 2000
_ROW = tuple(column for column in t.record.c if column.name != "derived")


class Tombstone(NamedTuple):
    village: str
    record: str
    position: int
    why: str
    into: str | None


def stored_rows(connection: Connection) -> Iterator[dict[str, Any]]:
    """Every row of `record` but for what phones are told besides: column -> value as it is stored."""
    rows = connection.execute(select(*_ROW).order_by(t.record.c.id).execution_options(yield_per=AT_ONCE))
    return (dict(row._mapping) for row in rows)


def rows_of(connection: Connection, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    return {
        row.id: dict(row._mapping)
        for part in in_chunks(ids)
        for row in connection.execute(select(*_ROW).where(t.record.c.id.in_(part)))
    }


def all_tombstones(connection: Connection) -> Iterator[tuple[str, list[Tombstone]]]:
    """Record -> its tombstones, in the order of ids."""
    query = select(*(t.gone.c[name] for name in Tombstone._fields)).order_by(t.gone.c.record, t.gone.c.village)
    rows = connection.execute(query.execution_options(yield_per=AT_ONCE))
    return ((record, [Tombstone(*row) for row in some]) for record, some in groupby(rows, key=lambda row: row[1]))


def tombstones_of(connection: Connection, ids: Collection[str]) -> list[Tombstone]:
    columns = [t.gone.c[name] for name in Tombstone._fields]
    return [
        Tombstone(*row)
        for part in in_chunks(ids)
        for row in connection.execute(select(*columns).where(t.gone.c.record.in_(part)))
    ]


def all_edges(connection: Connection) -> set[Link]:
    rows = connection.execute(select(t.edge.c.a, t.edge.c.b, t.edge.c.device, t.edge.c.seq))
    return {Link(a, b, Dot(device, seq)) for a, b, device, seq in rows}


def merged_among(connection: Connection, ids: Collection[str]) -> set[str]:
    """Those of the ids to which a merged change is addressed."""
    query = select(t.change.c.record).distinct().select_from(_WITH_OUTCOME)
    return {
        record
        for part in in_chunks(ids)
        for record in connection.scalars(query.where(_IS_MERGED, t.change.c.record.in_(part)))
    }


def erased_ids(connection: Connection) -> set[str]:
    return set(connection.scalars(select(t.erasure.c.record)))


def erased_with_values(connection: Connection) -> list[str]:
    """Erased records of which the log still holds a value."""
    holds = or_(t.change.c.fields.is_not(None), t.change.c.sent.is_not(None))
    query = select(t.erasure.c.record).distinct().join(t.change, t.change.c.record == t.erasure.c.record).where(holds)
    return sorted(connection.scalars(query))


def stream_heads(connection: Connection) -> dict[str, tuple[int, int]]:
    """Village -> its stream's last position, and the last seq of its desk."""
    rows = connection.execute(select(t.stream.c.village, t.stream.c.position, t.stream.c.desk_seq))
    return {village: (position, desk_seq) for village, position, desk_seq in rows}


def raise_stream(connection: Connection, village: str, position: int, desk_seq: int) -> None:
    """Let a stream go on behind what it has given out already; it never goes back."""
    connection.execute(
        update(t.stream).where(t.stream.c.village == village, t.stream.c.position < position).values(position=position)
    )
    connection.execute(
        update(t.stream).where(t.stream.c.village == village, t.stream.c.desk_seq < desk_seq).values(desk_seq=desk_seq)
    )


def highest_positions(connection: Connection) -> dict[str, int]:
    """Village -> the highest position that any record or tombstone of it has."""
    highest: dict[str, int] = {}
    for village, position in (t.record.c.home, t.record.c.position), (t.gone.c.village, t.gone.c.position):
        for code, most in connection.execute(select(village, func.max(position)).group_by(village)):
            highest[code] = max(most, highest.get(code, 0))
    return highest


def all_acked(connection: Connection) -> dict[str, int]:
    return dict(connection.execute(select(t.device.c.id, t.device.c.acked)).all())


def raise_acked(connection: Connection, device: str, acked: int) -> None:
    connection.execute(update(t.device).where(t.device.c.id == device, t.device.c.acked < acked).values(acked=acked))


def delete_records(connection: Connection, ids: Collection[str]) -> None:
    for part in in_chunks(ids):
        connection.execute(delete(t.record).where(t.record.c.id.in_(part)))


def standing_rows(connection: Connection, village: str | None) -> Iterator[Any]:
    """Every record that was not erased, in the order of ids; of one village with the aliases that lead there."""
    carrier = t.record.alias()
    is_alias = and_(t.record.c.carrier.is_not(None), t.record.c.carrier != t.record.c.id)
    names = ("id", "kind", "home", "carrier", "fields", "heads", "seen", "conflicts")
    query = (
        select(*(t.record.c[name] for name in names), is_alias.label("is_alias"))
        .where(t.record.c.erased.is_(False))
        .order_by(t.record.c.id)
    )
    if village is not None:
        query = query.outerjoin(carrier, carrier.c.id == t.record.c.carrier)
        query = query.where(func.coalesce(carrier.c.home, t.record.c.home) == village)
    yield from connection.execute(query.execution_options(yield_per=AT_ONCE))
