"""What is to be done about contributions and cards, as desks see it: counted by region and officer, and person by person."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, tuple_

from schemas.region import NATION
from server.store import desk_tables as d
from server.store import tables as t
from server.store.bulk import in_chunks
from server.store.programme_tables import followup
from server.store.scoping import inside

_C = followup.c
_PLACE = (_C.village, _C.record, _C.what)
_LENGTH_BELOW = {0: 2, 2: 5, 5: 8, 8: 13, 13: 13}  # of a code, and of those one level below it


class Chosen(NamedTuple):
    """Of which of them a list is. officer: who registered them; 0: a desk did. None: whatever it is."""

    what: str | None = None
    officer: int | None = None
    is_paid: bool | None = None


class Row(NamedTuple):
    """One thing to do, and whom it is about. Of one who is not in the index of people yet the name and all else is None."""

    village: str
    record: str
    what: str
    is_paid: bool
    officer: int | None
    since: str | None
    name: str | None
    phone: str | None
    nik: str | None
    restricted: bool

    @property
    def place(self) -> tuple[str, str, str]:
        return self.village, self.record, self.what


def counts(connection: Connection, scope: str, code: str) -> dict[str, dict[str, int]]:
    """Code -> what -> how many, of the regions one level below; of a village its own."""
    length = _LENGTH_BELOW[0 if code == NATION else len(code)]
    # By village, as the index has them: to group by a part of the code would sort them all.
    query = select(_C.village, _C.what, func.count()).where(_within(scope)).group_by(_C.village, _C.what)
    found: dict[str, dict[str, int]] = {}
    for village, what, count in connection.execute(query):
        there = found.setdefault(village[:length], {})
        there[what] = there.get(what, 0) + count
    return found


def _within(scope: str) -> ColumnElement[bool]:
    """As `inside`, and one range besides, by which rows come in the order of their villages."""
    here = inside(_C.village, scope)
    return here if scope == NATION else and_(here, _C.village >= str(scope), _C.village < scope + "/")


def by_officer(connection: Connection, scope: str) -> dict[int, dict[str, int]]:
    """Officer (0: registered at a desk) -> what -> how many."""
    query = select(_C.officer, _C.what, func.count()).where(_within(scope)).group_by(_C.officer, _C.what)
    found: dict[int, dict[str, int]] = {}
    for officer, what, count in connection.execute(query):
        found.setdefault(officer or 0, {})[what] = count
    return found


def how_many(connection: Connection, scope: str, what: str, most: int) -> int:
    """Counted no further than `most`."""
    some = select(_C.record).where(_C.what == what, inside(_C.village, scope)).limit(most).subquery()
    return int(connection.scalar(select(func.count()).select_from(some)) or 0)


def page(
    connection: Connection, scope: str, chosen: Chosen, after: tuple[str, str, str] | None, most: int
) -> list[Row]:  # fmt: skip
    """Village by village, in the order of registration, behind a place."""
    query = _rows(scope, chosen).order_by(*_PLACE).limit(most)
    if after is not None:
        query = query.where(tuple_(*_PLACE) > tuple_(*after))
    return [Row(*row[:-1], bool(row[-1])) for row in connection.execute(query)]


def every(connection: Connection, scope: str, chosen: Chosen, at_once: int = 2000) -> Iterator[list[Row]]:
    after: tuple[str, str, str] | None = None
    while rows := page(connection, scope, chosen, after, at_once):
        yield rows
        after = rows[-1].place


def _rows(scope: str, chosen: Chosen) -> Select[Any]:
    p = d.person.c
    known = followup.outerjoin(d.person, p.record == _C.record)
    query = (
        select(*_PLACE, _C.is_paid, _C.officer, _C.since, p.full_name, p.phone, p.nik, func.coalesce(p.restricted, False))
        .select_from(known).where(_within(scope))
    )  # fmt: skip
    if chosen.what is not None:
        query = query.where(_C.what == chosen.what)
    if chosen.officer is not None:
        query = query.where(_C.officer == chosen.officer if chosen.officer else _C.officer.is_(None))
    return query if chosen.is_paid is None else query.where(_C.is_paid.is_(chosen.is_paid))


def officers(connection: Connection, scope: str, numbers: Collection[int]) -> dict[int, str]:
    """What these officers are called: those whose district lies in the region, or who registered somebody there."""
    o, found = t.officer.c, {}
    here = select(_C.officer).where(inside(_C.village, scope))
    for part in in_chunks(numbers):
        query = select(o.id, o.name).where(o.id.in_(part), or_(inside(o.district, scope), o.id.in_(here)))
        found |= {number: name for number, name in connection.execute(query)}
    return found


def serving(connection: Connection, scope: str, villages: Collection[str]) -> dict[str, list[str]]:
    """Village -> the officers whose phones serve it now."""
    serves = and_(t.device_village.c.device == t.device.c.id, inside(t.device_village.c.village, scope))
    found: dict[str, list[str]] = {}
    for part in in_chunks(sorted(villages)):
        query = (
            select(t.device_village.c.village, t.officer.c.name).distinct()
            .select_from(t.device.join(t.device_village, serves).join(t.officer, t.officer.c.id == t.device.c.officer))
            .where(t.device.c.revoked_at.is_(None), t.device.c.successor.is_(None), t.device_village.c.village.in_(part))
            .order_by(t.device_village.c.village, t.officer.c.name)
        )  # fmt: skip
        for village, name in connection.execute(query):
            found.setdefault(village, []).append(name)
    return found
