"""What desks look through, a page at a time: conflicts, quarantine, what waits, devices; inside one region always."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)

from schemas.change import loads
from server.store import tables as t
from server.store.bulk import in_chunks
from server.store.changes import SENT_COLUMNS, sent_text
from server.store.feed import Entry
from server.store.scoping import inside

Columns = tuple[Any, ...]


def _serves(device: Any, scope: str) -> ColumnElement[bool]:
    """Whether one of a device's villages lies in a region."""
    villages = t.device_village.c
    return exists().where(villages.device == device, inside(villages.village, scope))


# Conflicts ------------------------------------------------------------------------------------------------------------

_TOLD = (
    t.record.c.position, t.record.c.id, t.record.c.kind, t.record.c.home, t.record.c.version, t.record.c.fields,
    t.record.c.seen, t.record.c.conflicts, t.record.c.derived, t.record.c.incomplete,
)  # fmt: skip
_IS_HERE = and_(or_(t.record.c.carrier.is_(None), t.record.c.carrier == t.record.c.id), t.record.c.erased.is_(False))


class Conflict(NamedTuple):
    """Which record waits since when, and how many characters telling it takes."""

    since: int
    record: str
    size: int


def conflicts(connection: Connection, scope: str, after: tuple[int, str] | None, most: int) -> list[Conflict]:
    """Records that wait for a person, longest waiting first, behind (since, record)."""
    place = (t.record.c.waiting_since, t.record.c.id)
    size = func.length(t.record.c.fields) + func.length(t.record.c.conflicts)
    query = select(*place, size).where(t.record.c.waiting_since.is_not(None), inside(t.record.c.home, scope), _IS_HERE)
    if after:
        query = query.where(tuple_(*place) > tuple_(*after))
    return [Conflict(*row) for row in connection.execute(query.order_by(*place).limit(most))]


def entries(connection: Connection, scope: str, ids: list[str]) -> dict[str, Entry]:
    """The region's records of these ids as they are told."""
    rows = connection.execute(select(*_TOLD).where(t.record.c.id.in_(ids), inside(t.record.c.home, scope)))
    return {entry.record: entry for entry in (Entry(*row) for row in rows)}


def entry_of(connection: Connection, scope: str, record: str) -> Entry | None:
    """A record as it now is; of a joined one the record that carries it. None when it is not in the region, or erased."""
    named = t.record.alias("named")
    carrier = select(func.coalesce(named.c.carrier, named.c.id)).where(named.c.id == record).scalar_subquery()
    query = select(*_TOLD).where(t.record.c.id == carrier, t.record.c.erased.is_(False), inside(t.record.c.home, scope))
    row = connection.execute(query).first()
    return Entry(*row) if row else None


# Changes that did not merge -------------------------------------------------------------------------------------------

LONGEST_TOLD = 16 * 1024  # characters of one change; a form has some 2,000. What is longer stays in the log
_SIZE = func.length(func.coalesce(t.change.c.sent, t.change.c.fields))
_WHAT = (
    t.change.c.device, *(column for column in SENT_COLUMNS if column.name not in ("fields", "sent")),
    *(case((_SIZE <= LONGEST_TOLD, t.change.c[name])).label(name) for name in ("fields", "sent")),
    _SIZE.label("size"), t.change.c.received,
    t.officer.c.id.label("officer_id"), t.officer.c.name.label("officer_name"),
)  # fmt: skip
_QUARANTINED: Any = literal_column("'quarantined'")  # written out, or SQLite does not see that its index will do
_WITH_OFFICER = t.change.outerjoin(t.officer, t.officer.c.id == t.change.c.officer)


class Kept(NamedTuple):
    """A change that is kept and not merged. errors: {field: [codes]}.

    sent: JSON, as it came; None once erased, and of more than `LONGEST_TOLD`. size: its characters, None once erased.
    moment: for quarantine when it was received, for what waits since when. why: of what waits.
    """

    device: str
    seq: int
    kind: str
    record: str
    village: str
    officer: tuple[int, str] | None
    moment: int
    sent: str | None
    size: int | None
    errors: dict[str, list[str]]
    why: str | None


def quarantined(connection: Connection, scope: str, after: tuple[int, str, int] | None, most: int) -> list[Kept]:
    """Quarantined changes, the newest first, behind (received, device, seq).

    They belong to the village that they claim, and to those that their device serves.
    """
    here = or_(inside(t.change.c.village, scope), _serves(t.change.c.device, scope))
    at_once = (
        select(*_WHAT, t.change.c.errors).select_from(_WITH_OFFICER).where(t.change.c.status == _QUARANTINED, here)
    )
    later = (
        select(*_WHAT, t.outcome.c.errors)
        .select_from(_WITH_OFFICER.join(t.outcome, _is_outcome_of_change()))
        .where(t.outcome.c.status == _QUARANTINED, here)
    )
    place = (t.change.c.received, t.change.c.device, t.change.c.seq)
    pages = [_page(query, place, after, most) for query in (at_once, later)]
    both = union_all(*(select(page.subquery()) for page in pages)).subquery()
    query = select(both).order_by(both.c.received.desc(), both.c.device.desc(), both.c.seq.desc()).limit(most)
    return [_kept(row, row.received, row.errors, None) for row in connection.execute(query)]


def _is_outcome_of_change() -> ColumnElement[bool]:
    return and_(t.outcome.c.device == t.change.c.device, t.outcome.c.seq == t.change.c.seq)


def _waits() -> ColumnElement[bool]:
    return and_(t.waiting.c.device == t.change.c.device, t.waiting.c.seq == t.change.c.seq)


def _page(query: Select[Any], place: Columns, after: tuple[Any, ...] | None, most: int) -> Select[Any]:
    if after:
        query = query.where(tuple_(*place) < tuple_(*after))
    return query.order_by(*(column.desc() for column in place)).limit(most)


def waiting(
    connection: Connection, scope: str, until: int, after: tuple[int, str, int] | None, most: int
) -> list[Kept]:
    """Received changes that have waited since `until` or longer, longest waiting first, behind (since, device, seq)."""
    place = (t.waiting.c.since, t.waiting.c.device, t.waiting.c.seq)
    query = (
        select(*_WHAT, t.waiting.c.since, t.waiting.c.why)
        .select_from(_WITH_OFFICER.join(t.waiting, _waits()))
        .where(t.waiting.c.since <= until, or_(inside(t.waiting.c.village, scope), _serves(t.waiting.c.device, scope)))
    )
    if after:
        query = query.where(tuple_(*place) > tuple_(*after))
    rows = connection.execute(query.order_by(*place).limit(most))
    return [_kept(row, row.since, None, row.why) for row in rows]


def _kept(row: Any, moment: int, errors: str | None, why: str | None) -> Kept:
    officer = None if row.officer_id is None else (row.officer_id, row.officer_name)
    sent = sent_text(row._mapping)
    said = loads(errors) if errors else {}
    return Kept(row.device, row.seq, row.kind, row.record, row.village, officer, moment, sent, row.size, said, why)


# Devices --------------------------------------------------------------------------------------------------------------


def devices(
    connection: Connection, scope: str, silent_before: int | None, after: str | None, most: int
) -> list[dict[str, Any]]:
    """The devices that serve a village of the region, by their ids, behind one; with a moment those not heard since.

    Each row with `officer_name`, those of its `villages` that lie in the region, and how many seqs it has `lost`.
    """
    query = (
        select(t.device, t.officer.c.name.label("officer_name"))
        .outerjoin(t.officer, t.officer.c.id == t.device.c.officer)
        .where(_serves(t.device.c.id, scope)).order_by(t.device.c.id).limit(most)
    )  # fmt: skip
    if after is not None:
        query = query.where(t.device.c.id > after)
    if silent_before is not None:
        last = func.coalesce(t.device.c.contact_at, t.device.c.enrolled_at)
        query = query.where(last < silent_before, t.device.c.revoked_at.is_(None))
    rows = [dict(row._mapping) for row in connection.execute(query)]
    ids = [row["id"] for row in rows]
    villages, lost = _villages_inside(connection, ids, scope), _lost(connection, ids)
    return [row | {"villages": villages[row["id"]], "lost": lost.get(row["id"], 0)} for row in rows]


def _villages_inside(connection: Connection, ids: list[str], scope: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {device: [] for device in ids}
    columns = t.device_village.c
    for part in in_chunks(ids):
        query = select(columns.device, columns.village).where(columns.device.in_(part), inside(columns.village, scope))
        for device, village in connection.execute(query.order_by(columns.village)):
            found[device].append(village)
    return found


def _lost(connection: Connection, ids: list[str]) -> dict[str, int]:
    lost = func.sum(t.lost.c.last - t.lost.c.first + 1)
    return {
        device: int(count)
        for part in in_chunks(ids)
        for device, count in connection.execute(
            select(t.lost.c.device, lost).where(t.lost.c.device.in_(part)).group_by(t.lost.c.device)
        )
    }
