"""A decree's list of names, and the work of filling it or of having it take effect."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, case, func, literal, or_, select, update

from schemas.change import dumps, loads
from server.store import programme_tables as p
from server.store import tables as t
from server.store.bulk import in_chunks
from server.store.desk_tables import list_file, list_row, person, restriction
from server.store.funded import names_of
from server.store.people_index import within
from server.store.rankings import NOT_TAKEN_OFF
from server.store.scoping import for_itself, inside

WAITING, WORKING, DONE, FAILED = "waiting", "working", "done", "failed"
LEASE_MS = 5 * 60 * 1000
"""Work that nobody touched for so long has lost its process: somebody else goes on with it."""

# The list -------------------------------------------------------------------------------------------------------------


class Mark(NamedTuple):
    """How a list is now. standing: names on it; taken_off: names that were; last: position of its last change of all."""

    standing: int
    taken_off: int
    last: int

    def __str__(self) -> str:
        return f"{self.standing}.{self.taken_off}.{self.last}"


def mark(connection: Connection, scope: str, decree: str) -> Mark:
    """Two lists of one decree with the same mark hold the same names."""
    stands = case((NOT_TAKEN_OFF, 1), else_=0)
    query = select(func.count(), func.sum(stands), func.max(t.record.c.position)).where(
        *names_of(decree), t.record.c.erased.is_(False), inside(t.record.c.home, scope)
    )
    total, standing, last = connection.execute(query).one()
    return Mark(int(standing or 0), int(total or 0) - int(standing or 0), int(last or 0))


class Name(NamedTuple):
    """A name of a list. worker: his record as it is now, None where it is gone; village: where he lives."""

    record: str
    worker: str | None
    village: str | None
    full_name: str | None
    nik: str | None
    birth_date: str | None
    occupation: str | None
    funding: str | None
    coverage: str | None
    restricted: bool
    fields: dict[str, Any]


_WORKER = t.record.alias("worker")
_WHO = tuple(
    person.c[name] for name in (
        "record", "home", "full_name", "nik", "birth_date", "occupation", "funding", "coverage", "restricted", "name_key",
    )
)  # fmt: skip
_ORDER = (person.c.home, person.c.name_key, person.c.record)
Place = tuple[str, str, str]
"""Village, name as it is sorted, and record of the last person seen."""
MANY = 3000
"""From how many names on a list is read in pieces of the people's own order, and not sorted whole."""
AT_ONCE = 500


def names(
    connection: Connection, scope: str, decree: str, village: str | None = None, after: Place | None = None,
    most: int | None = None, standing: bool = False,
) -> list[Name]:  # fmt: skip
    """Names of a list by village and name, of people who live in the region that is asked within.

    standing: none that was taken off.
    """
    if most is not None and _are_many(connection, decree):
        return _names_of_many(connection, scope, decree, village, after, most, standing)
    b, w = t.record, _WORKER
    query = (
        select(b.c.id, b.c.fields, *_WHO)
        .select_from(b.join(w, w.c.id == b.c.refers).join(person, person.c.record == func.coalesce(w.c.carrier, w.c.id)))
        .where(*names_of(decree), b.c.erased.is_(False), *_here(scope, village, after))
        .order_by(*_ORDER, b.c.id)
    )
    if standing:
        query = query.where(NOT_TAKEN_OFF)
    rows = connection.execute(query.limit(most) if most else query)
    return [_name(row[0], row[1], row[2:]) for row in rows]


def _here(scope: str, village: str | None, after: Place | None) -> list[Any]:
    asked: list[Any] = [within(person.c.home, scope, [village] if village else None)]
    if after:
        home, name, record = after
        asked.append(or_(
            person.c.home > home, and_(person.c.home == home, person.c.name_key > name),
            and_(person.c.home == home, person.c.name_key == name, person.c.record > record),
        ))  # fmt: skip
    return asked


def _name(beneficiary: str, fields: str, who: Sequence[Any]) -> Name:
    return Name._make((beneficiary, *who[:8], bool(who[8]), loads(fields)))


def _are_many(connection: Connection, decree: str) -> bool:
    some = select(t.record.c.id).where(*names_of(decree)).limit(MANY + 1).subquery()
    with for_itself():  # a count that decides how the list is read
        return (connection.scalar(select(func.count()).select_from(some)) or 0) > MANY


def _names_of_many(
    connection: Connection, scope: str, decree: str, village: str | None, after: Place | None, most: int, standing: bool
) -> list[Name]:  # fmt: skip
    """As `names`: people in their order, some at a time, and of these whoever is on the list."""
    found: list[Name] = []
    while len(found) < most:
        some = select(*_WHO).where(*_here(scope, village, after)).order_by(*_ORDER).limit(AT_ONCE)
        people = list(connection.execute(some))
        if not people:
            break
        ids = [row.record for row in people]
        # Whoever is joined with somebody may be listed under either record.
        aliases = select(t.record.c.id, t.record.c.carrier).where(t.record.c.carrier.in_(ids))
        with for_itself():  # of people who were just found inside the region
            carried = {record: carrier for record, carrier in connection.execute(aliases)}
        query = select(t.record.c.refers, t.record.c.id, t.record.c.fields).where(
            t.record.c.refers.in_([*ids, *carried.keys() - set(ids)]), *names_of(decree), t.record.c.erased.is_(False)
        )
        if standing:
            query = query.where(NOT_TAKEN_OFF)
        named: dict[str, list[tuple[str, str]]] = {}
        with for_itself():  # as above
            for worker, record, fields in connection.execute(query):
                named.setdefault(carried.get(worker, worker), []).append((record, fields))
        for row in people:
            found += [_name(record, fields, row) for record, fields in sorted(named.get(row.record, ()))]
        last = people[-1]
        after = (last.home, last.name_key, last.record)
    return found[:most]


def place_of(connection: Connection, scope: str, beneficiary: str) -> Place | None:
    """Where a name stands in the order of `names`; None where nobody of the region bears it any more."""
    b, w = t.record, _WORKER
    query = (
        select(*_ORDER)
        .select_from(b.join(w, w.c.id == b.c.refers).join(person, person.c.record == func.coalesce(w.c.carrier, w.c.id)))
        .where(b.c.id == beneficiary, inside(person.c.home, scope))
    )
    row = connection.execute(query).first()
    return (row[0], row[1], row[2]) if row else None


def by_village(connection: Connection, scope: str, decrees: Collection[str]) -> dict[str, int]:
    """Village -> how many standing names of these decrees live there; inside the region that is asked within."""
    b, w = t.record, _WORKER
    found: dict[str, int] = {}
    for decree in decrees:
        query = (
            select(w.c.home, func.count())
            .select_from(b.join(w, w.c.id == b.c.refers))
            .where(*names_of(decree), b.c.erased.is_(False), NOT_TAKEN_OFF, inside(w.c.home, scope))
            .group_by(w.c.home)
        )
        for village, count in connection.execute(query):
            found[village] = found.get(village, 0) + count
    return dict(sorted(found.items()))


def next_names(connection: Connection, decree: str, after: str, most: int) -> list[tuple[str, str]]:
    """(beneficiary, worker) of standing names behind an id, in the order of ids."""
    query = (
        select(t.record.c.id, t.record.c.refers)
        .where(*names_of(decree), t.record.c.id > after, t.record.c.erased.is_(False), NOT_TAKEN_OFF)
        .order_by(t.record.c.id).limit(most)
    )  # fmt: skip
    return [(row[0], row[1]) for row in connection.execute(query)]


def derived(connection: Connection, workers: Collection[str]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Worker -> (the record that carries him, what was worked out of his membership); whom the law erased is in none."""
    w, c = t.record, _WORKER
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for part in in_chunks(workers):
        query = (
            select(w.c.id, c.c.id, c.c.derived)
            .select_from(w.join(c, c.c.id == func.coalesce(w.c.carrier, w.c.id)))
            .where(w.c.id.in_(part), c.c.erased.is_(False))
        )
        found |= {row[0]: (row[1], loads(row[2]) if row[2] else {}) for row in connection.execute(query)}
    return found


def restricted_among(connection: Connection, workers: Collection[str]) -> set[str]:
    found: set[str] = set()
    for part in in_chunks(workers):
        found |= set(connection.scalars(select(restriction.c.record).where(restriction.c.record.in_(part))))
    return found


# Lists that were brought ----------------------------------------------------------------------------------------------


class Brought(NamedTuple):
    id: int
    title: str
    rows: int
    known: int


def brought(connection: Connection, scope: str) -> list[Brought]:
    """Lists of a decree that were read and matched: the newest first. known: rows that are somebody whom we know."""
    query = (
        select(list_file.c.id, list_file.c.title, list_file.c.rows)
        .where(list_file.c.purpose == "decree", list_file.c.state.in_(("ready", "done")), inside(list_file.c.region, scope))
        .order_by(list_file.c.id.desc()).limit(20)
    )  # fmt: skip
    found = []
    for number, title, rows in connection.execute(query).all():
        known = select(func.count()).select_from(list_row).where(*_taken(number))
        found.append(Brought(number, title, rows or 0, connection.scalar(known) or 0))
    return found


def _taken(number: int) -> tuple[Any, ...]:
    """Rows that stand for somebody: written, or saying nothing that the record does not say."""
    return (
        list_row.c.list == number, list_row.c.record.is_not(None),
        or_(list_row.c.decision == "done", and_(list_row.c.verdict == "same", list_row.c.decision != "leave")),
    )  # fmt: skip


def rows_of(connection: Connection, number: int, after: int, most: int) -> list[tuple[int, str]]:
    """(row, worker) of those behind a row's number."""
    query = select(list_row.c.number, list_row.c.record).where(*_taken(number), list_row.c.number > after)
    return [(row[0], row[1]) for row in connection.execute(query.order_by(list_row.c.number).limit(most))]


# Work that goes on in pieces ------------------------------------------------------------------------------------------


class Work(NamedTuple):
    """asked: {"do": rank | list | fund | preview, …}. totals: what came of it, by word."""

    id: int
    decree: str
    region: str
    asked: dict[str, Any]
    account: int | None
    state: str
    rows: int
    done_rows: int
    totals: dict[str, Any]
    error: str | None
    made_at: int
    touched_at: int


_WORK = tuple(p.decree_work.c[name] for name in Work._fields)


def _work(row: Any) -> Work:
    values = dict(row._mapping)
    values["asked"], values["totals"] = loads(values["asked"]), loads(values["totals"]) if values["totals"] else {}
    return Work(**values)


def begin_work(
    connection: Connection, decree: str, region: str, asked: dict[str, Any], account: int | None, now: int, rows: int = 0
) -> int:  # fmt: skip
    made = connection.execute(p.decree_work.insert().values(
        decree=decree, region=region, asked=dumps(asked), account=account, state=WAITING, rows=rows, done_rows=0,
        made_at=now, touched_at=now,
    ))  # fmt: skip
    return int(made.inserted_primary_key[0]) if made.inserted_primary_key else 0


def work_waiting(connection: Connection, now: int) -> list[int]:
    """What is to be done, the oldest first: what waits, and what lost its process."""
    w = p.decree_work.c
    lost = and_(w.state == WORKING, w.touched_at < now - LEASE_MS)
    return list(connection.scalars(select(w.id).where(or_(w.state == WAITING, lost)).order_by(w.id)))


def take_work(connection: Connection, number: int, now: int) -> Work | None:
    """Take it, so that nobody else does; None where somebody has it, or it is done."""
    w = p.decree_work.c
    free = or_(w.state == WAITING, and_(w.state == WORKING, w.touched_at < now - LEASE_MS))
    touched = literal(now)
    taken = connection.execute(update(p.decree_work).where(w.id == number, free).values(state=WORKING, touched_at=touched))
    if not taken.rowcount:
        return None
    row = connection.execute(select(*_WORK).where(w.id == number)).first()
    return _work(row) if row else None


def keep_work(connection: Connection, work: Work, mine: int, **values: Any) -> bool:
    """Note what was done, if it is still ours: touched at `mine` last. False where somebody else went on with it."""
    for name in ("asked", "totals"):
        if name in values:
            values[name] = dumps(values[name])
    w = p.decree_work.c
    kept = connection.execute(
        update(p.decree_work).where(w.id == work.id, w.touched_at == mine, w.state == WORKING).values(**values)
    )
    return bool(kept.rowcount)


def work_of(connection: Connection, scope: str, decree: str, most: int = 10) -> list[Work]:
    """What was and is done for a decree (or a ranking), the newest first."""
    w = p.decree_work.c
    query = select(*_WORK).where(w.decree == decree, inside(w.region, scope)).order_by(w.id.desc()).limit(most)
    return [_work(row) for row in connection.execute(query)]


def is_at_work(connection: Connection, decree: str) -> bool:
    w = p.decree_work.c
    query = select(w.id).where(w.decree == decree, w.state.in_((WAITING, WORKING))).limit(1)
    return connection.scalar(query) is not None


def drop_work(connection: Connection, decree: str, region: str, but: int) -> None:
    """Of rankings that were looked at only the newest of a region is kept."""
    w = p.decree_work.c
    connection.execute(p.decree_work.delete().where(
        w.decree == decree, w.region == region, w.id != but, w.state.in_((DONE, FAILED))
    ))  # fmt: skip
