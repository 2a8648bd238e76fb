"""What confirmed contributions came out of which money, village by village, and whom two pay for.

`funded` and `double_funding` are drawn behind the streams of villages and of the regions whose decrees name people; see
`server.actions.funded`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, delete, func, or_, select, text

from schemas.change import dumps, loads
from schemas.region import NATION
from server.store import programme_tables as p
from server.store import tables as t
from server.store.bulk import among, in_chunks, put
from server.store.desk_tables import person
from server.store.scoping import inside

WHAT = "funded"
KINDS = ("worker", "contribution", "link", "beneficiary", "decree")
_TURN = 0x66756E64  # PostgreSQL's advisory lock of whoever draws: of two the later must not write what is older

_DUE = (
    select(t.stream.c.village)
    .outerjoin(p.followed, and_(p.followed.c.village == t.stream.c.village, p.followed.c.what == WHAT))
    .where(t.stream.c.position > func.coalesce(p.followed.c.position, 0))
    .order_by(t.stream.c.village)
)
_CARRIERS = select(t.record.c.id, t.record.c.carrier, t.record.c.home, t.record.c.erased).where(
    among(t.record.c.id, "ids"), t.record.c.kind == "worker"
)
_MEMBERS = select(t.record.c.id, t.record.c.carrier).where(among(t.record.c.carrier, "ids"))
_REFERRING = select(t.record.c.id, t.record.c.refers, t.record.c.home, t.record.c.fields).where(
    among(t.record.c.refers, "ids"), t.record.c.erased.is_(False), t.record.c.incomplete.is_(False)
)
_PAID, _NAMED = _REFERRING.where(t.record.c.kind == "contribution"), _REFERRING.where(t.record.c.kind == "beneficiary")


def take_turn(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})


def due(connection: Connection) -> list[str]:
    """Villages and other regions whose stream has moved on since it was followed last."""
    return list(connection.scalars(_DUE))


def standing(connection: Connection, region: str) -> tuple[int, int]:
    """How far its stream is, and up to where it was followed."""
    query = (
        select(t.stream.c.position, func.coalesce(p.followed.c.position, 0))
        .outerjoin(p.followed, and_(p.followed.c.village == t.stream.c.village, p.followed.c.what == WHAT))
        .where(t.stream.c.village == region)
    )
    row = connection.execute(query).first()
    return (row[0], row[1]) if row else (0, 0)


def note_followed(connection: Connection, region: str, position: int) -> None:
    put(connection, p.followed, [{"what": WHAT, "village": region, "position": position}])


def forget_all(connection: Connection) -> None:
    """Everything is drawn again from the records."""
    take_turn(connection)
    connection.execute(delete(p.funded))
    connection.execute(delete(p.double_funding))
    connection.execute(delete(p.followed).where(p.followed.c.what == WHAT))


class Moved(NamedTuple):
    id: str
    kind: str
    refers: str | None
    position: int
    fields: str
    heads: str
    carrier: str | None
    erased: bool


_MOVED = tuple(t.record.c[name] for name in Moved._fields)


def moved(connection: Connection, region: str, after: int, most: int) -> list[Moved]:
    """What changed in a region behind a position of its stream, in its order."""
    query = (
        select(*_MOVED)
        .where(t.record.c.home == region, t.record.c.position > after, t.record.c.kind.in_(KINDS))
        .order_by(t.record.c.position).limit(most)
    )  # fmt: skip
    return [Moved(*row) for row in connection.execute(query)]


def whom_it_names(connection: Connection, decree: str) -> list[str]:
    """The workers of all names of a decree, also of those taken off."""
    return list(connection.scalars(
        select(t.record.c.refers).where(*names_of(decree), t.record.c.refers.is_not(None)).order_by(t.record.c.id)
    ))  # fmt: skip


def names_of(decree: str) -> tuple[Any, ...]:
    """Conditions on `record`: the names of a decree, one range of ids. decree: `decree:<region>:<key>`."""
    _, region, key = decree.split(":")
    start = f"beneficiary:{region}:{key}"
    return t.record.c.id > start + ".", t.record.c.id < start + "/", t.record.c.kind == "beneficiary"


def doubled_among(connection: Connection, ids: Collection[str]) -> set[str]:
    found: set[str] = set()
    for part in in_chunks(ids):
        found |= set(connection.scalars(select(p.double_funding.c.record).where(p.double_funding.c.record.in_(part))))
    return found


class People(NamedTuple):
    """of: id -> the record that carries it; homes: carrier -> its home, None where it was erased."""

    of: dict[str, str]
    homes: dict[str, str | None]


def people(connection: Connection, ids: Collection[str]) -> People:
    """The people behind these ids of workers, with all ids that each of them goes by."""
    rows = list(connection.execute(_CARRIERS, {"ids": list(ids)}))
    of = {row.id: row.carrier or row.id for row in rows}
    carriers = {row.carrier for row in rows if row.carrier}
    if carriers:
        of |= {record: carrier for record, carrier in connection.execute(_MEMBERS, {"ids": list(carriers)})}
    missing = carriers - {row.id for row in rows}
    rows += list(connection.execute(_CARRIERS, {"ids": list(missing)})) if missing else []
    homes = {row.id: None if row.erased else row.home for row in rows if (row.carrier or row.id) == row.id}
    return People(of, homes)


class Told(NamedTuple):
    """A contribution or a beneficiary of somebody."""

    record: str
    worker: str
    home: str
    fields: dict[str, Any]


def paid(connection: Connection, ids: Collection[str]) -> list[Told]:
    """What was paid for these workers, complete and not erased."""
    return [Told(row[0], row[1], row[2], loads(row[3])) for row in connection.execute(_PAID, {"ids": list(ids)})]


def named(connection: Connection, ids: Collection[str]) -> list[Told]:
    """The names of decrees that these workers stand on."""
    return [Told(row[0], row[1], row[2], loads(row[3])) for row in connection.execute(_NAMED, {"ids": list(ids)})]


def decrees(connection: Connection, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Decree -> what it says."""
    found: dict[str, dict[str, Any]] = {}
    for part in in_chunks(sorted(ids)):
        query = select(t.record.c.id, t.record.c.fields).where(
            t.record.c.id.in_(part), t.record.c.kind == "decree", t.record.c.erased.is_(False)
        )
        found |= {record: loads(fields) for record, fields in connection.execute(query)}
    return found


Key = tuple[int, str, str]  # month, funding, budget line or ""


def funded_in(connection: Connection, village: str) -> dict[Key, tuple[int, int]]:
    query = select(p.funded.c.month, p.funded.c.funding, p.funded.c.budget, p.funded.c.people, p.funded.c.amount).where(
        p.funded.c.village == village
    )
    return {(row[0], row[1], row[2]): (row[3], row[4]) for row in connection.execute(query)}


def put_funded(connection: Connection, village: str, rows: Mapping[Key, tuple[int, int]]) -> None:
    put(connection, p.funded, [
        {"village": village, "month": key[0], "funding": key[1], "budget": key[2], "people": people, "amount": amount}
        for key, (people, amount) in rows.items()
    ])  # fmt: skip


def drop_funded(connection: Connection, village: str, keys: Collection[Key]) -> None:
    for month, funding, budget in keys:
        connection.execute(delete(p.funded).where(
            p.funded.c.village == village, p.funded.c.month == month, p.funded.c.funding == funding,
            p.funded.c.budget == budget,
        ))  # fmt: skip


def put_doubles(connection: Connection, ids: Collection[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Of these ids the rows given are doubled, and no others. rows: of `double_funding`, `about` as JSON values."""
    wanted = {row["record"]: dict(row) | {"about": dumps(row["about"])} for row in rows}
    before: dict[str, dict[str, Any]] = {}
    for part in in_chunks(sorted(ids)):
        query = select(p.double_funding).where(p.double_funding.c.record.in_(part))
        before |= {row.record: dict(row._mapping) for row in connection.execute(query)}
    put(connection, p.double_funding, [row for record, row in wanted.items() if before.get(record) != row])
    for part in in_chunks(sorted(before.keys() - wanted.keys())):
        connection.execute(delete(p.double_funding).where(p.double_funding.c.record.in_(part)))


# Reading for the desks ------------------------------------------------------------------------------------------------


class Paid(NamedTuple):
    """Sums of a region. budget: empty where the contributions name no line, nor any decree says it."""

    month: int
    funding: str
    budget: str
    people: int
    amount: int


def summed(connection: Connection, region: str, first: int, last: int) -> list[Paid]:
    """What was confirmed in a region in these months (both included), by payer and line."""
    c = p.funded.c
    query = (
        select(c.month, c.funding, c.budget, func.sum(c.people), func.sum(c.amount))
        .where(c.month >= first, c.month <= last).group_by(c.month, c.funding, c.budget)
        .order_by(c.month, c.funding, c.budget)
    )  # fmt: skip
    return [Paid(m, f, b, int(n), int(a)) for m, f, b, n, a in connection.execute(_in(query, region))]


def of_lines(connection: Connection, lines: Collection[str]) -> list[tuple[str, int, str, int, int]]:
    """(line, month, funding, people, rupiah) confirmed for these budget lines, wherever."""
    found = []
    c = p.funded.c
    for part in in_chunks(sorted(lines)):
        query = (
            select(c.budget, c.month, c.funding, func.sum(c.people), func.sum(c.amount))
            .where(c.budget.in_(part)).group_by(c.budget, c.month, c.funding).order_by(c.budget, c.month, c.funding)
        )
        found += [(b, m, f, int(n), int(a)) for b, m, f, n, a in connection.execute(query)]
    return found


def by_village(connection: Connection, region: str, first: int, last: int) -> Iterator[tuple[str, Paid]]:
    """Rows of the villages, in the order of their codes."""
    c = p.funded.c
    query = (
        select(c.village, c.month, c.funding, c.budget, c.people, c.amount).where(c.month >= first, c.month <= last)
        .order_by(c.village, c.month, c.funding, c.budget)
    )
    for row in connection.execute(_in(query, region)):
        yield row[0], Paid(*row[1:])


def _in(query: Select[Any], region: str) -> Select[Any]:
    if region == NATION:
        return query
    return query.where(p.funded.c.village >= region, p.funded.c.village < region + "/")


def doubled(
    connection: Connection, scope: str, last_from: int, after: tuple[str, str] | None, most: int
) -> list[Row[Any]]:  # fmt: skip
    """Whom two pay for in that month or later: home, record, months, about, and who he is (null while not indexed).

    after: home and record to go on behind.
    """
    d = p.double_funding
    query = (
        select(
            d.c.home, d.c.record, d.c.first_month, d.c.last_month, d.c.about, person.c.full_name, person.c.nik,
            person.c.restricted,
        )
        .select_from(d.outerjoin(person, person.c.record == d.c.record))
        .where(d.c.last_month >= last_from, inside(d.c.home, scope))
        .order_by(d.c.home, d.c.record).limit(most)
    )  # fmt: skip
    if after:
        query = query.where(or_(d.c.home > after[0], and_(d.c.home == after[0], d.c.record > after[1])))
    return list(connection.execute(query))


def how_many_doubled(connection: Connection, scope: str, last_from: int, most: int) -> int:
    """How many, counted up to `most`."""
    d = p.double_funding
    some = select(d.c.record).where(d.c.last_month >= last_from, inside(d.c.home, scope)).limit(most).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0


def all_rows(connection: Connection) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Everything that was drawn, in order: for comparing."""
    funded = connection.execute(select(p.funded).order_by(p.funded.c.village, p.funded.c.month, p.funded.c.funding,
                                                          p.funded.c.budget))  # fmt: skip
    double = connection.execute(select(p.double_funding).order_by(p.double_funding.c.record))
    return [tuple(row) for row in funded], [tuple(row) for row in double]
