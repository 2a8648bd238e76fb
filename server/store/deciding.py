"""What a desk that decides looks up: the list of records that wait, and who wrote the changes that differ."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, tuple_, type_coerce

from schemas.change import DESK_PREFIX, is_desk, loads
from schemas.region import level
from server.store import desk_tables as d
from server.store import tables as t
from server.store.bulk import among_dots, in_chunks
from server.store.scoping import inside
from server.store.tables import Id

_PLACE = (t.record.c.waiting_since, t.record.c.id)
_STANDS = and_(or_(t.record.c.carrier.is_(None), t.record.c.carrier == t.record.c.id), t.record.c.erased.is_(False))


class Filter(NamedTuple):
    """Which of the records that wait: of a kind, with a certain field among those that differ."""

    kind: str | None = None
    field: str | None = None


class Waits(NamedTuple):
    """A record that waits, since when, and the fields that differ."""

    since: int
    record: str
    kind: str
    home: str
    fields: dict[str, Any]
    differing: list[str]

    @property
    def place(self) -> tuple[int, str]:
        return self.since, self.record


WIDE = ("province", "regency")


def _waiting(scope: str, chosen: Filter, *columns: Any) -> Select[Any]:
    home: Any = t.record.c.home
    if level(scope) in WIDE:  # few wait of very many: the index of who waits is the one to read, not that of homes
        home = type_coerce(home.concat(""), Id)
    query = select(*columns).where(t.record.c.waiting_since.is_not(None), inside(home, scope), _STANDS)
    if chosen.kind:
        query = query.where(t.record.c.kind == chosen.kind)
    if chosen.field:
        query = query.where(_differs_in(chosen.field))
    return query


def _differs_in(field: str) -> ColumnElement[bool]:
    # A quotation mark inside a value is written with a backslash before it: this is found as a key alone.
    return t.record.c.conflicts.contains(f'"{field}":[', autoescape=True)


def waiting(
    connection: Connection, scope: str, chosen: Filter, after: tuple[int, str] | None, most: int, *, before: bool = False
) -> list[Waits]:
    """Records that wait for a person, longest waiting first, behind a place; `before`: those ahead of it, nearest first."""
    columns = (*_PLACE, t.record.c.kind, t.record.c.home, t.record.c.fields, t.record.c.conflicts)
    query = _waiting(scope, chosen, *columns)
    if after is not None:
        query = query.where(tuple_(*_PLACE) < tuple_(*after) if before else tuple_(*_PLACE) > tuple_(*after))
    order = [column.desc() if before else column.asc() for column in _PLACE]
    rows = connection.execute(query.order_by(*order).limit(most))
    return [
        Waits(since, record, kind, home, loads(fields), list(loads(conflicts)))
        for since, record, kind, home, fields, conflicts in rows
    ]


def how_many(connection: Connection, scope: str, chosen: Filter, most: int) -> int:
    """How many wait, counted no further than `most`."""
    some = _waiting(scope, chosen, t.record.c.id).limit(most).subquery()
    return int(connection.scalar(select(func.count()).select_from(some)) or 0)


def oldest(connection: Connection, scope: str) -> int | None:
    """Since when the longest waiting one waits."""
    return connection.scalar(_waiting(scope, Filter(), t.record.c.waiting_since).order_by(*_PLACE).limit(1))


def names(connection: Connection, scope: str, workers: Collection[str]) -> dict[str, str]:
    """What these workers are called, of those in the region; of a joined one what its carrier says."""
    whole, found = t.record.alias("whole"), {}
    for part in in_chunks(workers):
        query = (
            select(t.record.c.id, whole.c.fields)
            .join(whole, whole.c.id == func.coalesce(t.record.c.carrier, t.record.c.id))
            .where(t.record.c.id.in_(part), inside(whole.c.home, scope))
        )
        for record, fields in connection.execute(query):
            name = loads(fields).get("full_name")
            if isinstance(name, str):
                found[record] = name
    return found


class Writer(NamedTuple):
    """Who wrote a change: an officer at his phone, or an account at a desk. id: None for a job. source: of a desk's."""

    id: int | None
    name: str | None
    device: str
    device_name: str | None
    source: str | None

    @property
    def is_desk(self) -> bool:
        return is_desk(self.device)


def writers(connection: Connection, dots: Collection[tuple[str, int]]) -> dict[tuple[str, int], Writer]:
    """Who wrote each of these changes."""
    at_desk = t.change.c.device.startswith(DESK_PREFIX)
    author = (
        t.change.outerjoin(t.officer, and_(t.officer.c.id == t.change.c.officer, ~at_desk))
        .outerjoin(t.account, and_(t.account.c.id == t.change.c.officer, at_desk))
        .outerjoin(t.device, t.device.c.id == t.change.c.device)
    )
    query = select(
        t.change.c.device, t.change.c.seq, t.change.c.officer, t.change.c.form,
        func.coalesce(t.officer.c.name, t.account.c.name).label("name"), t.device.c.name.label("device_name"),
    ).select_from(author)  # fmt: skip
    found = {}
    for part in in_chunks(dots, 200):
        for row in connection.execute(query.where(among_dots(t.change.c.device, t.change.c.seq, part))):
            source = row.form if is_desk(row.device) else None
            found[row.device, row.seq] = Writer(row.officer, row.name, row.device, row.device_name, source)
    return found


def contents_here(connection: Connection, shas: Collection[str]) -> set[str]:
    """Those of the files that lie here."""
    return set(connection.scalars(select(t.file.c.sha256).where(t.file.c.sha256.in_(list(shas)))))


def who_has(connection: Connection, shas: Collection[str]) -> dict[str, str]:
    """Of files that are still awaited: the officer whose phone is asked for it."""
    query = (
        select(t.naming.c.sha256, t.officer.c.name)
        .join(t.device, t.device.c.id == t.naming.c.device).join(t.officer, t.officer.c.id == t.device.c.officer)
        .where(t.naming.c.sha256.in_(list(shas)), t.naming.c.state == "wanted")
    )  # fmt: skip
    return {sha: name for sha, name in connection.execute(query)}


def last_return(connection: Connection, record: str) -> int | None:
    """When a record was last returned to its officer."""
    query = (
        select(func.max(d.audit.c.at)).join(d.audit_record, d.audit_record.c.audit == d.audit.c.id)
        .where(d.audit_record.c.record == record, d.audit.c.act == "return")
    )  # fmt: skip
    return connection.scalar(query)
