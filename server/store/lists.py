"""Lists that were brought: their state, their rows, and what of the records is laid beside them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from schemas.change import dumps, loads
from schemas.region import within
from server.store import tables as t
from server.store.bulk import among, in_chunks, put
from server.store.desk_tables import list_file, list_mapping, list_row, person
from server.store.scoping import for_itself, inside

UPLOADING, MAPPING, READING, MATCHING, READY, ACCEPTING, DONE, FAILED = (
    "uploading", "mapping", "reading", "matching", "ready", "accepting", "done", "failed",
)  # fmt: skip
AT_WORK = (READING, MATCHING, ACCEPTING)
NEW, SAME, SAFE, DIFFERS, LIKELY, ONLY_THERE, WRONG, OUTSIDE = (
    "new", "same", "safe", "differs", "likely", "only_there", "wrong", "outside",
)  # fmt: skip
OPEN, ACCEPT, LEAVE, ACCEPTED = "open", "accept", "leave", "done"
ACCEPTABLE = (SAFE, DIFFERS, LIKELY, ONLY_THERE)
"""Verdicts of rows that come to something when they are accepted."""
WORKER, CONTRIBUTION = "worker", "contribution"
PAID_LETTERS = ("a", "B", "R", "I", "W", "P")
"""Of `programme.coverage.by_month`: covered, or paid for and not confirmed."""


class OnlyHere(NamedTuple):
    """Whom the list should have named. months: whose contribution for one of them is known here; vulnerable: who is."""

    months: tuple[str, ...] = ()
    vulnerable: bool = False


# Lists ----------------------------------------------------------------------------------------------------------------


class ListFile(NamedTuple):
    """A row of `list_file`; what is JSON there is read here."""

    id: int
    purpose: str
    account: int | None
    region: str
    title: str
    sha256: str | None
    size: int
    got: int
    format: str | None
    columns: dict[str, Any] | None
    mapping: dict[str, Any] | None
    as_of: str
    state: str
    rows: int
    done_rows: int
    totals: dict[str, Any]
    accepts: dict[str, Any] | None
    error: str | None
    made_at: int
    touched_at: int
    busy_until: int | None
    gone_at: int | None


_LIST = tuple(list_file.c[name] for name in ListFile._fields)
_JSON = ("columns", "mapping", "accepts")


def _read(row: Any) -> ListFile:
    values = dict(row._mapping)
    told = {name: loads(values[name]) if values[name] else None for name in _JSON}
    return ListFile(**(values | told | {"totals": loads(values["totals"]) if values["totals"] else {}}))


def begin(connection: Connection, **values: Any) -> int:
    made = connection.execute(insert(list_file).values(got=0, rows=0, done_rows=0, state=UPLOADING, **values))
    return int(made.inserted_primary_key[0])  # type: ignore[index]


def get(connection: Connection, scope: str, number: int) -> ListFile | None:
    """A list of the region."""
    row = connection.execute(select(*_LIST).where(list_file.c.id == number, inside(list_file.c.region, scope))).first()
    return _read(row) if row else None


def lock(connection: Connection, number: int) -> ListFile | None:
    """A list, for this transaction alone."""
    row = connection.execute(select(*_LIST).where(list_file.c.id == number).with_for_update()).first()
    return _read(row) if row else None


def page(connection: Connection, scope: str, before: int | None, most: int) -> list[ListFile]:
    """The region's lists, the newest first, older than one."""
    query = select(*_LIST).where(inside(list_file.c.region, scope)).order_by(list_file.c.id.desc()).limit(most)
    if before is not None:
        query = query.where(list_file.c.id < before)
    return [_read(row) for row in connection.execute(query)]


def in_state(connection: Connection, scope: str, states: Collection[str], most: int) -> list[ListFile]:
    query = select(*_LIST).where(list_file.c.state.in_(states), inside(list_file.c.region, scope))
    return [_read(row) for row in connection.execute(query.order_by(list_file.c.id.desc()).limit(most))]


def same_content(connection: Connection, scope: str, sha256: str, purpose: str, but: int) -> int | None:
    """An earlier list of the region with the very same file."""
    query = select(list_file.c.id).where(
        list_file.c.sha256 == sha256, list_file.c.purpose == purpose, list_file.c.id != but,
        inside(list_file.c.region, scope), list_file.c.state.in_((READY, ACCEPTING, DONE)),
    )  # fmt: skip
    found: int | None = connection.scalar(query.order_by(list_file.c.id.desc()).limit(1))
    return found


def change(connection: Connection, number: int, **values: Any) -> None:
    json = (*_JSON, "totals")
    told = {name: dumps(value) if name in json and value is not None else value for name, value in values.items()}
    connection.execute(update(list_file).where(list_file.c.id == number).values(**told))


def add_done(connection: Connection, number: int, rows: int) -> None:
    connection.execute(update(list_file).where(list_file.c.id == number).values(done_rows=list_file.c.done_rows + rows))


def add_totals(connection: Connection, number: int, more: Mapping[str, Mapping[str, int]]) -> None:
    """Add to sums that are kept by name; in a transaction that holds the list's row."""
    told = connection.scalar(select(list_file.c.totals).where(list_file.c.id == number))
    totals_: dict[str, Any] = loads(told) if told else {}
    for key, counts in more.items():
        sums = totals_.setdefault(key, {})
        for name, count in counts.items():
            sums[name] = sums.get(name, 0) + count
    change(connection, number, totals=totals_)


def at_work(connection: Connection, now: int) -> list[int]:
    """Lists that have something to do and nobody at it, the longest waiting first."""
    free = or_(list_file.c.busy_until.is_(None), list_file.c.busy_until < now)
    query = select(list_file.c.id).where(list_file.c.state.in_(AT_WORK), free)
    return list(connection.scalars(query.order_by(list_file.c.touched_at, list_file.c.id)))


def take(connection: Connection, number: int, now: int, until: int) -> bool:
    """Whether the list is ours to work on until then; False where another node was quicker."""
    free = or_(list_file.c.busy_until.is_(None), list_file.c.busy_until < now)
    mine = update(list_file).where(list_file.c.id == number, list_file.c.state.in_(AT_WORK), free)
    return connection.execute(mine.values(busy_until=until, touched_at=now)).rowcount == 1


def still_mine(connection: Connection, number: int, was: int, until: int, now: int, state: str) -> bool:
    """Go on until a later moment; False where somebody took it over, or it was put away."""
    mine = update(list_file).where(
        list_file.c.id == number, list_file.c.busy_until == was, list_file.c.state == state
    )  # fmt: skip
    return connection.execute(mine.values(busy_until=until, touched_at=now)).rowcount == 1


# Mappings that are remembered -----------------------------------------------------------------------------------------


def remembered(connection: Connection, purpose: str, headings: str) -> dict[str, str] | None:
    query = select(list_mapping.c.mapping).where(
        list_mapping.c.purpose == purpose, list_mapping.c.headings == headings
    )  # fmt: skip
    found = connection.scalar(query)
    return loads(found) if found else None


def remember(connection: Connection, purpose: str, headings: str, columns: Mapping[str, str], now: int) -> None:
    put(connection, list_mapping, [{"purpose": purpose, "headings": headings, "mapping": dumps(columns), "at": now}])


# Rows -----------------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    number: int
    said: dict[str, Any] | None
    person: bytes | None
    verdict: str
    village: str
    record: str | None
    about: dict[str, Any]
    decision: str
    decided_by: int | None
    done_at: int | None


_ROW = tuple(list_row.c[name] for name in Row._fields)


def _row(row: Any) -> Row:
    values = dict(row._mapping)
    values["said"] = loads(values["said"]) if values["said"] else None
    values["about"] = loads(values["about"]) if values["about"] else {}
    return Row(**values)


def _of(number: int) -> ColumnElement[bool]:
    return list_row.c.list == number


def _rows_in(scope: str) -> Any:
    """Rows of lists of the region."""
    return list_row.join(list_file, and_(list_file.c.id == list_row.c.list, inside(list_file.c.region, scope)))


def put_rows(connection: Connection, number: int, rows: Collection[Row]) -> None:
    """Store rows as they now are, in the place of what stood under their numbers. Who does so holds the list's row."""
    put(
        connection, list_row,
        [
            {
                "list": number, "number": row.number, "said": dumps(row.said) if row.said is not None else None,
                "person": row.person, "verdict": row.verdict, "village": row.village, "record": row.record,
                "about": dumps(row.about) if row.about else None, "decision": row.decision,
                "decided_by": row.decided_by, "done_at": row.done_at,
            }
            for row in rows
        ],
    )  # fmt: skip


def last_row(connection: Connection, number: int) -> int:
    """Up to where the file was read."""
    return connection.scalar(select(func.max(list_row.c.number)).where(_of(number))) or 0


def drop_rows(connection: Connection, number: int) -> None:
    connection.execute(delete(list_row).where(_of(number)))


def next_new(connection: Connection, number: int, most: int) -> list[Row]:
    """Rows that nobody has laid beside the records yet."""
    query = select(*_ROW).where(_of(number), list_row.c.verdict == NEW, list_row.c.decision == OPEN)
    return [_row(row) for row in connection.execute(query.order_by(list_row.c.village, list_row.c.number).limit(most))]


def unread(connection: Connection, number: int, after: int, most: int) -> list[Row]:
    """Rows with errors that name somebody by number, behind one."""
    query = select(*_ROW).where(
        _of(number), list_row.c.verdict == WRONG, list_row.c.person.is_not(None), list_row.c.number > after
    )
    return [_row(row) for row in connection.execute(query.order_by(list_row.c.number).limit(most))]


def of_people(connection: Connection, number: int, people: Collection[bytes]) -> list[Row]:
    """All rows of the list that name these people."""
    found = []
    for part in in_chunks(people):
        query = select(*_ROW).where(_of(number), list_row.c.person.in_(part))
        found += [_row(row) for row in connection.execute(query)]
    return found


def others_of_people(connection: Connection, number: int, people: Collection[bytes], but: Collection[int]) -> list[Row]:
    """Rows that name these people and were laid beside no record yet, without those at hand: nearly always none."""
    numbers: set[int] = set()
    for part in in_chunks(people):
        query = select(list_row.c.number).where(_of(number), list_row.c.person.in_(part), list_row.c.verdict == NEW)
        numbers |= set(connection.scalars(query))
    missing = sorted(numbers.difference(but))
    return [
        _row(row) for part in in_chunks(missing)
        for row in connection.execute(select(*_ROW).where(_of(number), list_row.c.number.in_(part)))
    ]  # fmt: skip


def next_to_accept(connection: Connection, number: int, verdict: str | None, most: int) -> list[Row]:
    """Rows that were accepted one by one; then, of the verdict that is being accepted, those that are open.

    Village by village, so that few are locked at once.
    """
    for of, decision in ((ACCEPTABLE, ACCEPT), ((verdict,) if verdict else (), OPEN)):
        for each in of:
            query = select(*_ROW).where(_of(number), list_row.c.verdict == each, list_row.c.decision == decision)
            query = query.order_by(list_row.c.village, list_row.c.number).limit(most)
            if rows := [_row(row) for row in connection.execute(query)]:
                return rows
    return []


def decide(
    connection: Connection, number: int, verdict: str, numbers: Collection[int], before: Collection[str], decision: str,
    by: int | None,
) -> list[int]:  # fmt: skip
    """Note what was decided on these rows, where that is still open; gives the rows."""
    told = []
    for part in in_chunks(numbers):
        query = select(list_row.c.number).where(
            _of(number), list_row.c.number.in_(part), list_row.c.verdict == verdict, list_row.c.decision.in_(before)
        )
        told += list(connection.scalars(query))
    for part in in_chunks(told):
        chosen = update(list_row).where(_of(number), list_row.c.number.in_(part))
        connection.execute(chosen.values(decision=decision, decided_by=by))
    return told


def choose(connection: Connection, number: int, row: int, record: str | None, village: str) -> None:
    """Who a likely row is: one of those shown, or nobody of them."""
    connection.execute(update(list_row).where(_of(number), list_row.c.number == row).values(record=record, village=village))


def forget_choice(connection: Connection, number: int, rows: Collection[int]) -> None:
    """Likely rows that are nobody here."""
    for part in in_chunks(rows):
        connection.execute(update(list_row).where(_of(number), list_row.c.number.in_(part)).values(record=None))


def totals(connection: Connection, number: int) -> dict[str, dict[str, int]]:
    """Verdict -> decision -> how many rows: read from an index alone."""
    query = select(list_row.c.verdict, list_row.c.decision, func.count()).where(_of(number))
    found: dict[str, dict[str, int]] = {}
    for verdict, decision, count in connection.execute(query.group_by(list_row.c.verdict, list_row.c.decision)):
        found.setdefault(verdict, {})[decision] = count
    return found


def found(
    connection: Connection, scope: str, number: int, verdict: str, decisions: Sequence[str],
    after: tuple[str, int] | None, most: int,
) -> list[Row]:  # fmt: skip
    """A list's rows of one verdict, village by village, behind (village, number)."""
    pages = []
    for decision in decisions:
        query = (
            select(*_ROW).select_from(_rows_in(scope))
            .where(_of(number), list_row.c.verdict == verdict, list_row.c.decision == decision)
            .order_by(list_row.c.village, list_row.c.number).limit(most)
        )  # fmt: skip
        if after:
            query = query.where(tuple_(list_row.c.village, list_row.c.number) > tuple_(*after))
        pages += [_row(row) for row in connection.execute(query)]
    return sorted(pages, key=lambda row: (row.village, row.number))[:most]


def rows_of(connection: Connection, scope: str, number: int, numbers: Collection[int]) -> list[Row]:
    query = select(*_ROW).select_from(_rows_in(scope)).where(_of(number), list_row.c.number.in_(list(numbers)))
    return [_row(row) for row in connection.execute(query.order_by(list_row.c.number))]


# What past its time, or by law, is dropped ----------------------------------------------------------------------------


def past_their_time(connection: Connection, before: int) -> list[int]:
    """Lists that nobody has touched since, and whose values are still here."""
    query = select(list_file.c.id).where(list_file.c.touched_at < before, list_file.c.gone_at.is_(None))
    return list(connection.scalars(query.order_by(list_file.c.id)))


def with_erased(connection: Connection) -> set[int]:
    """Lists that named somebody whom an erasure has taken since."""
    named = list_row.join(t.erasure, t.erasure.c.record == list_row.c.record)
    return set(connection.scalars(select(list_row.c.list).select_from(named).distinct()))


def with_files(connection: Connection) -> set[int]:
    """Lists whose files are still wanted."""
    return set(connection.scalars(select(list_file.c.id).where(list_file.c.gone_at.is_(None))))


def forget_values(connection: Connection, number: int, now: int) -> int:
    """What the rows say of people; which rows there were, of which records and what was decided, stays."""
    gone = update(list_row).where(_of(number)).values(said=None, person=None, about=None)
    count = connection.execute(gone).rowcount
    connection.execute(
        update(list_file).where(list_file.c.id == number)
        .values(columns=None, gone_at=now, state=case((list_file.c.state == FAILED, FAILED), else_=DONE), busy_until=None)
    )  # fmt: skip
    return count


# The records beside them ----------------------------------------------------------------------------------------------


class Stands(NamedTuple):
    """A worker as he stands: of joined records the one that carries them. members: all ids that are he."""

    record: str
    home: str
    fields: dict[str, Any]
    conflicts: frozenset[str]
    members: tuple[str, ...]


class Contribution(NamedTuple):
    """What was reported as paid for a worker. heads: see `sync.held.Held`."""

    record: str
    home: str
    worker: str
    fields: dict[str, Any]
    conflicts: frozenset[str]
    heads: dict[str, Any]


_RECORD = select(
    t.record.c.id, t.record.c.home, t.record.c.carrier, t.record.c.fields, t.record.c.conflicts, t.record.c.erased
).where(t.record.c.kind == WORKER)
_BY_NIK = select(t.record.c.id, t.record.c.nik, t.record.c.carrier).where(
    among(t.record.c.nik, "niks"), t.record.c.kind == WORKER, t.record.c.erased.is_(False)
)  # fmt: skip
_ERASED = select(t.erasure.c.record).where(among(t.erasure.c.record, "ids"))


def by_nik(connection: Connection, niks: Collection[str]) -> dict[str, set[str]]:
    """NIK -> the workers that bear it, by the records that carry them."""
    found: dict[str, set[str]] = {}
    for part in in_chunks(niks):
        for record, nik, carrier in connection.execute(_BY_NIK, {"niks": part}):
            found.setdefault(nik, set()).add(carrier or record)
    return found


def by_kpj(connection: Connection, kpjs: Collection[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for part in in_chunks(kpjs):
        query = select(person.c.record, person.c.kpj).where(person.c.kpj.in_(part))
        for record, kpj in connection.execute(query):
            found.setdefault(kpj, set()).add(record)
    return found


def born_on(connection: Connection, region: str, days: Collection[str], most: int) -> list[Any]:
    """People of the region by their birth dates, as `person` rows."""
    found: list[Any] = []
    for part in in_chunks(days):
        query = select(person).where(person.c.birth_date.in_(part), inside(person.c.home, region)).limit(most)
        found += connection.execute(query)
    return found


def erased_among(connection: Connection, ids: Collection[str]) -> set[str]:
    return {record for part in in_chunks(ids) for record in connection.scalars(_ERASED, {"ids": part})}


def standing(connection: Connection, ids: Collection[str]) -> dict[str, Stands]:
    """These workers as they stand now, under the ids asked for; whom an erasure took is not there."""
    rows = {row.id: row for row in _records(connection, ids)}
    carriers = {row.carrier for row in rows.values() if row.carrier}
    members: dict[str, list[str]] = {}
    for part in in_chunks(carriers):
        query = select(t.record.c.id, t.record.c.carrier).where(t.record.c.carrier.in_(part))
        for record, carrier in connection.execute(query):
            members.setdefault(carrier, []).append(record)
    rows |= {row.id: row for row in _records(connection, carriers - rows.keys())}
    found = {}
    for asked in ids:
        row = rows.get(rows[asked].carrier or asked) if asked in rows else None
        if row is not None and not row.erased:
            conflicts = frozenset(loads(row.conflicts)) if row.conflicts else frozenset()
            joined = tuple(sorted(members.get(row.id, [row.id])))
            found[asked] = Stands(row.id, row.home, loads(row.fields), conflicts, joined)
    return found


def standing_in(connection: Connection, scope: str, ids: Collection[str]) -> dict[str, Stands]:
    """Those of them that live in the region, for whoever may look at it."""
    here: set[str] = set()
    for part in in_chunks(ids):
        query = select(t.record.c.id).where(
            t.record.c.id.in_(part), inside(t.record.c.home, scope), t.record.c.kind == WORKER
        )  # fmt: skip
        here |= set(connection.scalars(query))
    with for_itself():  # of people who were just found inside the region
        found = standing(connection, here)
    return {record: stands for record, stands in found.items() if within(stands.home, scope)}


def _records(connection: Connection, ids: Collection[str]) -> list[Any]:
    return [row for part in in_chunks(ids) for row in connection.execute(_RECORD.where(t.record.c.id.in_(part)))]


_PAID = select(
    t.record.c.id, t.record.c.home, t.record.c.refers, t.record.c.fields, t.record.c.conflicts, t.record.c.heads
).where(t.record.c.kind == CONTRIBUTION, t.record.c.erased.is_(False)).order_by(t.record.c.id)  # fmt: skip


def contributions(connection: Connection, workers: Collection[str]) -> dict[str, list[Contribution]]:
    """Worker's record -> what was reported as paid for him."""
    found: dict[str, list[Contribution]] = {}
    for part in in_chunks(workers):
        for row in connection.execute(_PAID.where(t.record.c.refers.in_(part))):
            paid = _contribution(row)
            found.setdefault(paid.worker, []).append(paid)
    return found


def these_contributions(connection: Connection, records: Collection[str]) -> list[Contribution]:
    some = (connection.execute(_PAID.where(t.record.c.id.in_(part))) for part in in_chunks(records))
    return [_contribution(row) for rows in some for row in rows]


def _contribution(row: Any) -> Contribution:
    conflicts = frozenset(loads(row.conflicts)) if row.conflicts else frozenset()
    return Contribution(row.id, row.home, row.refers, loads(row.fields), conflicts, loads(row.heads))


# Only here ------------------------------------------------------------------------------------------------------------


class Here(NamedTuple):
    """Somebody of the region whom a list does not name."""

    record: str
    home: str
    full_name: str
    name_key: str
    nik: str | None
    kpj: str | None
    birth_date: str | None


_HERE = tuple(person.c[name] for name in Here._fields)


def _only_here(number: int, region: str, asked: OnlyHere) -> Select[Any]:
    # Written so that only the index by record serves: without statistics SQLite would take the one by list, and read
    # all of its rows once for each person.
    named = exists().where(list_row.c.record == person.c.record, list_row.c.list + 0 == number)
    query = select(*_HERE).where(inside(person.c.home, region), ~named)
    if asked.months:
        paid = exists().where(
            t.cover.c.record == person.c.record, t.cover.c.village == person.c.home, or_(*map(_is_paid, asked.months))
        )  # fmt: skip
        query = query.where(paid)
    if asked.vulnerable:
        query = query.where(person.c.vulnerable.is_(True))
    return query


def _is_paid(month: str) -> ColumnElement[bool]:
    begins = t.cover.c.first_month
    letter = func.substr(t.cover.c.letters, _number(month) - begins + 1, 1)
    return and_(begins <= _number(month), letter.in_(PAID_LETTERS))


def only_here(
    connection: Connection, number: int, region: str, asked: OnlyHere, after: tuple[str, str, str] | None, most: int
) -> list[Here]:
    """People of the region whom the list does not name, village by village; behind (home, name_key, record)."""
    place = (person.c.home, person.c.name_key, person.c.record)
    query = _only_here(number, region, asked).order_by(*place).limit(most)
    if after:
        query = query.where(tuple_(*place) > tuple_(*after))
    return [Here(*row) for row in connection.execute(query)]


def place_of(here: Here) -> tuple[str, str, str]:
    """Where somebody stands in that order."""
    return here.home, here.name_key, here.record


def place_in_order(connection: Connection, region: str, record: str) -> tuple[str, str, str] | None:
    """The same of a record; None where it is nobody of the region any more."""
    place = select(person.c.home, person.c.name_key, person.c.record)
    row = connection.execute(place.where(person.c.record == record, inside(person.c.home, region))).first()
    return (row[0], row[1], row[2]) if row else None


def count_only_here(connection: Connection, number: int, region: str, asked: OnlyHere) -> int:
    return connection.scalar(select(func.count()).select_from(_only_here(number, region, asked).subquery())) or 0


def months_named(connection: Connection, number: int) -> list[str]:
    """All months that rows of a list name."""
    query = select(list_row.c.said).where(_of(number), list_row.c.said.is_not(None)).execution_options(yield_per=5000)
    return sorted({month for (said,) in connection.execute(query) for month in loads(said).get("months") or ()})


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1
