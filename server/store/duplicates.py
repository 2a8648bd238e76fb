"""Pairs of records that may be one person: what is asked of people and links to find them, and what was found.

A pair is kept under the ids that carried the two when it was found, the smaller one first. Its `state` repeats what the
desks' links say, so that a list needs no look at them; `server.actions.duplicates` keeps it so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, text, tuple_

from schemas.change import dumps, loads
from server.store import desk_tables as d
from server.store import tables as t
from server.store.bulk import among, in_chunks, put
from server.store.scoping import inside

OPEN, JOINED, APART = "open", "joined", "apart"
ENTRY, MODEL, DESK = "entry", "model", "desk"
WORKER = "worker"
Key = tuple[str, str]


class Pair(NamedTuple):
    """comparisons: [field, level, weight in bits]; no values. judged_at, found_at: milliseconds."""

    a: str
    b: str
    home_a: str
    home_b: str
    same_nik: bool
    probability: float
    by: str
    comparisons: list[tuple[str, str, float]]
    state: str
    found_at: int
    judged_at: int

    @property
    def key(self) -> Key:
        return self.a, self.b


class Asked(NamedTuple):
    """Which pairs of a region. where: `inside` one village, `across`, or all. by_age: the longest known first."""

    state: str = OPEN
    same_nik: bool | None = None
    where: str = ""
    by_age: bool = False


_PAIR = tuple(d.pair.c[name] for name in Pair._fields)


def _read(row: Any) -> Pair:
    told = [(str(field), str(level), float(weight)) for field, level, weight in loads(row.comparisons)]
    return Pair(**(dict(row._mapping) | {"same_nik": bool(row.same_nik), "comparisons": told}))


# What desks look through ----------------------------------------------------------------------------------------------


def _in_region(scope: str) -> ColumnElement[bool]:
    """A pair concerns a region as soon as one of the two lives there."""
    return or_(inside(d.pair.c.home_a, scope), inside(d.pair.c.home_b, scope))


def listing(connection: Connection, scope: str, asked: Asked, after: tuple[Any, ...] | None, most: int) -> list[Pair]:
    """The region's pairs behind (probability or moment of the find, a, b): the likeliest, or the longest known first."""
    place = (d.pair.c.found_at if asked.by_age else d.pair.c.probability, d.pair.c.a, d.pair.c.b)
    query = select(*_PAIR).where(d.pair.c.state == asked.state, _in_region(scope))
    if asked.same_nik is not None:
        query = query.where(d.pair.c.same_nik.is_(asked.same_nik))
    if asked.where == "inside":
        query = query.where(d.pair.c.home_a == d.pair.c.home_b)
    elif asked.where == "across":
        query = query.where(d.pair.c.home_a != d.pair.c.home_b)
    if after:
        behind = tuple_(*place) > tuple_(*after) if asked.by_age else tuple_(*place) < tuple_(*after)
        query = query.where(behind)
    ordered = query.order_by(*(place if asked.by_age else [column.desc() for column in place])).limit(most)
    return [_read(row) for row in connection.execute(ordered)]


def one(connection: Connection, scope: str, key: Key) -> Pair | None:
    row = connection.execute(select(*_PAIR).where(d.pair.c.a == key[0], d.pair.c.b == key[1], _in_region(scope))).first()
    return _read(row) if row else None


def count_open(connection: Connection, scope: str, most: int) -> tuple[int, int]:
    """How many pairs of the region wait, and how many of them bear one NIK; counted no further than `most`."""
    some = select(d.pair.c.same_nik).where(d.pair.c.state == OPEN, _in_region(scope)).limit(most).subquery()
    query = select(some.c.same_nik, func.count()).group_by(some.c.same_nik)
    counted = {bool(same): int(count) for same, count in connection.execute(query)}
    return sum(counted.values()), counted.get(True, 0)


class Held(NamedTuple):
    """A worker's record as it stands. fields: of an alias what is left there, which is nothing that counts."""

    record: str
    home: str
    fields: dict[str, Any]
    conflicts: bool
    created_at: int


def people_in(connection: Connection, scope: str, ids: Collection[str]) -> dict[str, Held]:
    """Those of the workers that live in the region."""
    c = t.record.c
    query = select(c.id, c.home, c.fields, c.conflicts, c.created_at).where(
        c.id.in_(list(ids)), c.kind == WORKER, c.erased.is_(False), inside(c.home, scope)
    )
    rows = connection.execute(query)
    return {row.id: Held(row.id, row.home, loads(row.fields), bool(row.conflicts), row.created_at) for row in rows}


class Paid(NamedTuple):
    worker: str
    home: str
    fields: dict[str, Any]


def paid_for(connection: Connection, scope: str, ids: Collection[str], most: int) -> list[Paid]:
    """Contributions for these workers that were taken in the region."""
    c = t.record.c
    query = select(c.refers, c.home, c.fields).where(
        c.refers.in_(list(ids)), c.kind == "contribution", c.erased.is_(False), inside(c.home, scope)
    )
    return [Paid(row.refers, row.home, loads(row.fields)) for row in connection.execute(query.order_by(c.id).limit(most))]


class Writer(NamedTuple):
    """Who wrote of a record: changes of one device, first and last received. device_name: None at a desk."""

    record: str
    device: str
    device_name: str | None
    officer: str | None
    changes: int
    first: int
    last: int


def writers_of(connection: Connection, scope: str, ids: Collection[str]) -> list[Writer]:
    """Whose changes made these records, the first writer first; of changes that name a village of the region."""
    c = t.change.c
    phone, officer = t.device.c, t.officer.c
    named = t.change.outerjoin(t.device, phone.id == c.device).outerjoin(t.officer, officer.id == phone.officer)
    query = (
        select(c.record, c.device, phone.name, officer.name, func.count(), func.min(c.received), func.max(c.received))
        .select_from(named)
        .where(c.record.in_(list(ids)), c.status == "merged", inside(c.village, scope))
        .group_by(c.record, c.device, phone.name, officer.name)
        .order_by(func.min(c.received))
    )
    return [Writer(*row) for row in connection.execute(query)]


# What links say -------------------------------------------------------------------------------------------------------


class Standing(NamedTuple):
    """Where a record stands: of a joined one `carrier` is another."""

    carrier: str
    home: str
    erased: bool


def standings(connection: Connection, ids: Collection[str]) -> dict[str, Standing]:
    c = t.record.c
    query = select(c.id, func.coalesce(c.carrier, c.id), c.home, c.erased).where(among(c.id, "ids"), c.kind == WORKER)
    rows = connection.execute(query, {"ids": ids})
    return {record: Standing(carrier, home, bool(erased)) for record, carrier, home, erased in rows}


def members(connection: Connection, carriers: Collection[str]) -> dict[str, list[str]]:
    """Carrier -> all that are one with it, itself too; of who is by himself only he."""
    found: dict[str, list[str]] = {carrier: [carrier] for carrier in carriers}
    query = select(t.record.c.carrier, t.record.c.id).where(among(t.record.c.carrier, "ids"))
    for carrier, record in connection.execute(query.order_by(t.record.c.id), {"ids": carriers}):
        if record != carrier:
            found[carrier].append(record)
    return found


def told_apart(connection: Connection, links: Collection[str]) -> set[str]:
    """Those of these links that say: two people."""
    query = select(t.record.c.id, t.record.c.fields).where(among(t.record.c.id, "ids"), t.record.c.kind == "link")
    rows = connection.execute(query, {"ids": links}) if links else ()
    return {link for link, fields in rows if loads(fields).get("same") is False}


# Who is to be compared ------------------------------------------------------------------------------------------------


def behind(connection: Connection) -> list[tuple[str, int, int]]:
    """Village, up to where its people were compared, up to where the index of people has followed it."""
    known, mark = d.indexed.c, func.coalesce(d.judged.c.position, 0)
    query = (
        select(known.village, mark, known.position)
        .outerjoin(d.judged, d.judged.c.village == known.village)
        .where(known.position > mark).order_by(known.village)
    )  # fmt: skip
    return [tuple(row) for row in connection.execute(query)]


def changed(connection: Connection, village: str, after: int, until: int, most: int) -> list[tuple[str, int, bool]]:
    """Workers of a village at positions behind `after`: record, position, whether what they say is another version."""
    c = t.record.c
    is_new = or_(d.compared.c.version.is_(None), d.compared.c.version != c.version)
    query = (
        select(c.id, c.position, is_new)
        .outerjoin(d.compared, d.compared.c.record == c.id)
        .where(c.home == village, c.position > after, c.position <= until, c.kind == WORKER)
        .order_by(c.position).limit(most)
    )  # fmt: skip
    return [(record, position, bool(new)) for record, position, new in connection.execute(query)]


_PERSON = tuple(
    d.person.c[name]
    for name in ("record", "home", "nik", "kk_number", "full_name", "birth_date", "sex", "mother_name", "phone")
)
"""In the order of `server.linkage.people.Person`."""


_MAY_BE_USED = d.person.c.restricted.is_(False)  # the law: whose data is restricted is kept, and not used


def people(connection: Connection, ids: Collection[str]) -> list[tuple[Any, ...]]:
    """What is compared of those of these records that stand for a person."""
    rows = connection.execute(select(*_PERSON).where(among(d.person.c.record, "ids"), _MAY_BE_USED), {"ids": ids})
    return [tuple(row) for row in rows]


def everybody(connection: Connection) -> Iterator[tuple[Any, ...]]:
    """The same of all, a few at a time in memory."""
    query = select(*_PERSON).where(_MAY_BE_USED).execution_options(yield_per=5000)
    return (tuple(row) for row in connection.execute(query))


def bearers(connection: Connection, niks: Collection[str]) -> dict[str, list[str]]:
    """NIK -> the records that bear it, sorted."""
    found: dict[str, list[str]] = {}
    query = select(d.person.c.nik, d.person.c.record).where(among(d.person.c.nik, "ids"), _MAY_BE_USED)
    query = query.order_by(d.person.c.record)
    for nik, record in connection.execute(query, {"ids": niks}) if niks else ():
        found.setdefault(nik, []).append(record)
    return found


def versions(connection: Connection, ids: Collection[str]) -> dict[str, int]:
    rows = connection.execute(select(t.record.c.id, t.record.c.version).where(among(t.record.c.id, "ids")), {"ids": ids})
    return {record: version for record, version in rows}


def note_compared(connection: Connection, compared: Mapping[str, int]) -> None:
    put(connection, d.compared, [{"record": record, "version": version} for record, version in sorted(compared.items())])


def note_judged(connection: Connection, village: str, position: int) -> None:
    put(connection, d.judged, [{"village": village, "position": position}])


# What was found -------------------------------------------------------------------------------------------------------

_TURN = 0x73646475  # PostgreSQL's advisory lock of whoever writes pairs


def take_turn(connection: Connection) -> None:
    """Only one transaction at a time writes pairs, and it reads links after it has its turn: so none is written that a
    link has just overtaken, and no two wait for each other's pairs. Villages are locked before it, never after; SQLite's
    writers take turns by themselves.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})


def of_records(connection: Connection, ids: Collection[str]) -> list[Pair]:
    """Every pair that names one of these."""
    found: dict[Key, Pair] = {}
    for column in (d.pair.c.a, d.pair.c.b):
        for row in connection.execute(select(*_PAIR).where(among(column, "ids")), {"ids": ids}):
            found[row.a, row.b] = _read(row)
    return list(found.values())


def of_keys(connection: Connection, keys: Collection[Key]) -> dict[Key, Pair]:
    found: dict[Key, Pair] = {}
    for part in in_chunks(sorted(keys), 200):
        rows = connection.execute(select(*_PAIR).where(tuple_(d.pair.c.a, d.pair.c.b).in_(part)))
        found |= {(row.a, row.b): _read(row) for row in rows}
    return found


def after_key(connection: Connection, key: Key | None, most: int) -> list[Pair]:
    """All pairs in the order of their keys, some at a time."""
    query = select(*_PAIR).order_by(d.pair.c.a, d.pair.c.b).limit(most)
    if key is not None:
        query = query.where(tuple_(d.pair.c.a, d.pair.c.b) > tuple_(*key))
    return [_read(row) for row in connection.execute(query)]


def keep(connection: Connection, pairs: Iterable[Pair]) -> None:
    """Store pairs, in the place of what was known of them."""
    rows = [pair._asdict() | {"comparisons": dumps(pair.comparisons)} for pair in sorted(pairs)]
    put(connection, d.pair, rows)


def drop(connection: Connection, keys: Collection[Key]) -> None:
    for part in in_chunks(sorted(keys), 200):
        connection.execute(delete(d.pair).where(tuple_(d.pair.c.a, d.pair.c.b).in_(part)))


def drop_unfound(connection: Connection, before: int) -> int:
    """Pairs that the model once found and no longer does; who bears one NIK, or was decided, stays."""
    lost = and_(
        d.pair.c.by == MODEL, d.pair.c.state == OPEN, d.pair.c.same_nik.is_(False), d.pair.c.judged_at < before
    )
    return connection.execute(delete(d.pair).where(lost)).rowcount


def drop_restricted(connection: Connection) -> int:
    """Whose data was restricted since is nobody's double while that stands; what was decided stays."""
    restricted = select(d.restriction.c.record)
    lost = and_(d.pair.c.state == OPEN, or_(d.pair.c.a.in_(restricted), d.pair.c.b.in_(restricted)))
    return connection.execute(delete(d.pair).where(lost)).rowcount


def forget(connection: Connection, records: Collection[str]) -> None:
    """Whoever was erased is nobody's double."""
    take_turn(connection)
    for part in in_chunks(records):
        connection.execute(delete(d.pair).where(or_(d.pair.c.a.in_(part), d.pair.c.b.in_(part))))
        connection.execute(delete(d.compared).where(d.compared.c.record.in_(part)))
