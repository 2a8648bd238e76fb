"""Changes that wait to be corrected, and what was sent back to the officers who wrote them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, or_, select, tuple_, union_all

from schemas.change import DESK_PREFIX
from server.store import desk_tables as d
from server.store import tables as t
from server.store.bulk import add, in_chunks, put
from server.store.desk_pages import _QUARANTINED, _WHAT, _WITH_OFFICER, Kept, _is_outcome_of_change, _kept, _serves
from server.store.scoping import for_itself, inside
from server.store.worklists import MENDED

ANSWERED = ""
"""The note of a change that needs no correcting: it is no task for anybody."""


MENDED_NOTE = " "
"""Stands for a note where a change was mended: it is looked at no more. No desk can write it, since notes are stripped."""


class Order(NamedTuple):
    """How the list is sorted: by these columns of a change, downwards or not."""

    columns: tuple[str, ...]
    down: bool


ORDERS = {
    "old": Order(("received", "device", "seq"), False),
    "new": Order(("received", "device", "seq"), True),
    "phone": Order(("device", "seq"), False),
}


class Returned(NamedTuple):
    """What a desk did with a change. note: `ANSWERED` where it needs nothing more."""

    note: str
    at: int
    by: str | None


class ToMend(NamedTuple):
    kept: Kept
    returned: Returned | None
    device_name: str | None


def _here(scope: str) -> ColumnElement[bool]:
    return or_(inside(t.change.c.village, scope), _serves(t.change.c.device, scope))


def _has_note(*notes: str) -> ColumnElement[bool]:
    returned = d.returned.c
    return exists().where(returned.device == t.change.c.device, returned.seq == t.change.c.seq, returned.note.in_(notes))


def _open() -> ColumnElement[bool]:
    # What is marked costs little; whether another is mended is looked up in the log.
    return and_(t.change.c.fields.is_not(None), ~_has_note(ANSWERED, MENDED_NOTE), ~MENDED)


def _kinds_of_quarantine(*columns: Any) -> list[Select[Any]]:
    """What was set aside at its receipt, and what was only when its turn came; of each its errors besides."""
    at_once = select(*columns, t.change.c.errors).select_from(_WITH_OFFICER).where(t.change.c.status == _QUARANTINED)
    became = select(t.outcome.c.device, t.outcome.c.seq).where(t.outcome.c.status == _QUARANTINED)
    errors = select(t.outcome.c.errors).where(_is_outcome_of_change()).scalar_subquery().label("errors")
    # Joined instead, SQLite would read the whole log while no outcome is there yet.
    later = (
        select(*columns, errors).select_from(_WITH_OFFICER).where(tuple_(t.change.c.device, t.change.c.seq).in_(became))
    )
    return [at_once, later]


def to_mend(
    connection: Connection, scope: str, order: Order, after: tuple[Any, ...] | None, most: int, device: str | None = None,
    *, answered: bool = False,
) -> list[ToMend]:  # fmt: skip
    """Quarantined changes that nobody has mended, behind a place in their order. answered: those that need nothing more."""
    place = tuple(t.change.c[name] for name in order.columns)
    state = and_(_has_note(ANSWERED), t.change.c.fields.is_not(None)) if answered else _open()
    pages = []
    for query in _kinds_of_quarantine(*_WHAT):
        query = query.where(_here(scope), state)
        if device is not None:
            query = query.where(t.change.c.device == device)
        if after is not None:
            query = query.where(tuple_(*place) < tuple_(*after) if order.down else tuple_(*place) > tuple_(*after))
        sorting = [column.desc() if order.down else column.asc() for column in place]
        pages.append(select(query.order_by(*sorting).limit(most).subquery()))
    both = union_all(*pages).subquery()
    sorting = [both.c[name].desc() if order.down else both.c[name].asc() for name in order.columns]
    rows = connection.execute(select(both).order_by(*sorting).limit(most)).all()
    return _with_returns(connection, [_kept(row, row.received, row.errors, None) for row in rows])


def one(connection: Connection, scope: str, device: str, seq: int) -> ToMend | None:
    """A quarantined change of the region, mended or not; None when there is none, or it was erased."""
    for query in _kinds_of_quarantine(*_WHAT):
        that = (t.change.c.device == device, t.change.c.seq == seq, t.change.c.fields.is_not(None))
        row = connection.execute(query.where(_here(scope), *that)).first()
        if row is not None:
            return _with_returns(connection, [_kept(row, row.received, row.errors, None)])[0]
    return None


def is_open(connection: Connection, scope: str, device: str, seq: int) -> bool:
    """Whether a quarantined change of the region still waits for somebody to correct it."""
    that = (t.change.c.device == device, t.change.c.seq == seq)
    query = select(t.change.c.seq).where(*that, _here(scope), _open())
    return connection.scalar(query) is not None


def _with_returns(connection: Connection, kept: Collection[Kept]) -> list[ToMend]:
    with for_itself():  # of changes that were just found inside the region
        return _told(connection, kept)


def _told(connection: Connection, kept: Collection[Kept]) -> list[ToMend]:
    found: dict[tuple[str, int], Returned] = {}
    names: dict[str, str] = {}
    for part in in_chunks([(each.device, each.seq) for each in kept], 200):
        query = (
            select(d.returned.c.device, d.returned.c.seq, d.returned.c.note, d.returned.c.at, t.account.c.name)
            .outerjoin(t.account, t.account.c.id == d.returned.c.by)
            .where(tuple_(d.returned.c.device, d.returned.c.seq).in_(part))
        )
        for device, seq, note, at, by in connection.execute(query.where(d.returned.c.note != MENDED_NOTE)):
            found[device, seq] = Returned(note, at, by)
        named = select(t.device.c.id, t.device.c.name).where(t.device.c.id.in_({device for device, _ in part}))
        names |= {device: name for device, name in connection.execute(named)}
    return [ToMend(each, found.get((each.device, each.seq)), names.get(each.device)) for each in kept]


def how_many(connection: Connection, scope: str, most: int) -> int:
    """How many wait to be corrected, counted no further than `most`."""
    some = union_all(*(
        select(query.where(_here(scope), _open()).limit(most).subquery().c.seq)
        for query in _kinds_of_quarantine(t.change.c.seq)
    )).subquery()  # fmt: skip
    return min(int(connection.scalar(select(func.count()).select_from(some)) or 0), most)


def mark_mended(connection: Connection, now: int, most: int) -> int:
    """Mark changes that were mended, so that no list looks through them again; gives how many.

    Mended once is mended for good.
    """
    marked = exists().where(d.returned.c.device == t.change.c.device, d.returned.c.seq == t.change.c.seq)
    rows = []
    for query in _kinds_of_quarantine(t.change.c.device, t.change.c.seq, t.change.c.record):
        for device, seq, record, _ in connection.execute(query.where(~marked, MENDED).limit(most)):
            rows.append({"device": device, "seq": seq, "record": record, "note": MENDED_NOTE, "by": None, "at": now})
    add(connection, d.returned, rows)
    return len(rows)


def put_return(connection: Connection, device: str, seq: int, record: str, note: str, by: int | None, now: int) -> None:
    """A later note stands in the place of an earlier one."""
    row = {"device": device, "seq": seq, "record": record, "note": note, "by": by, "at": now}
    put(connection, d.returned, [row])


def drop_return(connection: Connection, device: str, seq: int) -> None:
    connection.execute(delete(d.returned).where(d.returned.c.device == device, d.returned.c.seq == seq))


class Phone(NamedTuple):
    device: str
    officer: str | None


def phones_of(connection: Connection, record: str, village: str) -> list[Phone]:
    """Who is to look at a record again: the phone that wrote to it last, of those that serve its village; else all these."""
    serving = (
        select(t.device.c.id, t.officer.c.name)
        .join(t.device_village, t.device_village.c.device == t.device.c.id)
        .outerjoin(t.officer, t.officer.c.id == t.device.c.officer)
        .where(t.device_village.c.village == village, t.device.c.revoked_at.is_(None))
        .order_by(t.device.c.id)
    )
    phones = [Phone(*row) for row in connection.execute(serving)]
    writers = (
        select(t.change.c.device).where(t.change.c.record == record, ~t.change.c.device.startswith(DESK_PREFIX))
        .order_by(t.change.c.received.desc(), t.change.c.seq.desc())
    )  # fmt: skip
    for device in connection.scalars(writers):
        theirs = [phone for phone in phones if phone.device == device]
        if theirs:
            return theirs
    return phones
