"""What coverage is drawn from and into: who was touched, his record and payments, the cover rows, the figures."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, or_, select, union, update

from schemas.change import dumps, loads
from server.store import tables as t
from server.store.bulk import add, among, change_rows, in_chunks, put
from server.store.programme_tables import held_payment

WORKER, CONTRIBUTION, ELIGIBLE = "worker", "contribution", "eligible"
FIGURE = (*t.COUNTS, "eligible", "eligible_month")

_IS_ITSELF = or_(t.record.c.carrier.is_(None), t.record.c.carrier == t.record.c.id)
_DUE = select(t.stream.c.village, t.stream.c.position > t.stream.c.covered, t.stream.c.covered_on).where(
    or_(
        t.stream.c.position > t.stream.c.covered,
        t.stream.c.covered_on.is_(None),
        t.stream.c.covered_on != bindparam("west"),
        t.stream.c.covered_on != bindparam("east"),
    )
)
_CALLED = select(t.record.c.id, t.record.c.kind, t.record.c.refers).where(
    t.record.c.home == bindparam("village"),
    t.record.c.position > bindparam("after"),
    t.record.c.kind.in_((WORKER, CONTRIBUTION)),
)
_TOUCHED = select(t.touched.c.id, t.touched.c.record, t.touched.c.passed_on).where(
    t.touched.c.village == bindparam("village")
)
_WHOLE = union(
    select(t.record.c.id).where(
        t.record.c.home == bindparam("village"), t.record.c.kind == WORKER, t.record.c.erased.is_(False), _IS_ITSELF
    ),
    select(t.cover.c.record).where(t.cover.c.village == bindparam("village")),
)
_CARRIERS = select(t.record.c.id, t.record.c.carrier).where(
    among(t.record.c.id, "ids"), t.record.c.carrier != t.record.c.id
)
_MEMBERS = select(t.record.c.id, t.record.c.carrier).where(among(t.record.c.carrier, "ids"))
_PEOPLE = select(
    t.record.c.id, t.record.c.home, t.record.c.fields, t.record.c.heads, t.record.c.incomplete, t.record.c.created_at,
    t.record.c.status_at, t.record.c.derived, and_(_IS_ITSELF, t.record.c.erased.is_(False)).label("stands"),
).where(among(t.record.c.id, "ids"), t.record.c.kind == WORKER)  # fmt: skip
_BEHIND = (
    select(t.record.c.id, t.record.c.refers)
    .join(t.stream, t.stream.c.village == t.record.c.home)
    .where(
        or_(among(t.record.c.id, "ids"), among(t.record.c.refers, "ids")),
        t.record.c.home != bindparam("village"), t.record.c.position > t.stream.c.covered,
    )
)  # fmt: skip
_HANDED = select(t.touched.c.record).where(
    among(t.touched.c.record, "ids"), or_(t.touched.c.village == bindparam("village"), t.touched.c.passed_on.is_(False))
)
_HELD = (
    select(held_payment.c.worker)
    .join(t.stream, t.stream.c.village == held_payment.c.region)
    .where(among(held_payment.c.worker, "ids"), t.stream.c.position > t.stream.c.covered)
)  # fmt: skip
SHARE = ("state", "first_month", "letters", "why_not", "programs", "segment", "tasks")
"""What a village counts of a worker, as `server.actions.membership.Share` has it."""
_COVER = select(t.cover.c.village, t.cover.c.record, *(t.cover.c[name] for name in SHARE)).where(
    among(t.cover.c.record, "ids")
)
_STORY = (t.cover.c.first_month, t.cover.c.letters, t.cover.c.programs, t.cover.c.segment)
_STORIES = select(*_STORY, func.count()).where(t.cover.c.village == bindparam("village")).group_by(*_STORY)
_FIGURES = select(t.figure.c.month, *(t.figure.c[name] for name in FIGURE)).where(
    t.figure.c.village == bindparam("village")
)


class Standing(NamedTuple):
    """position: the last of the village's stream; covered: up to where coverage followed it, and for which day."""

    position: int
    covered: int
    covered_on: str | None


class Called(NamedTuple):
    """Who must be drawn by what a stream says. workers: new or changed; referred: whose payments changed."""

    workers: set[str]
    referred: set[str]


def due(connection: Connection, west: str, east: str) -> list[tuple[str, bool, str | None]]:
    """Village, whether its stream moved on, the day it was drawn for: at least those that moved or are of another day.

    west, east: the days at both ends of the country; while they differ, every village is told.
    """
    asked = {"west": west, "east": east}
    return [(village, bool(moved), on) for village, moved, on in connection.execute(_DUE, asked)]


def villages(connection: Connection) -> list[str]:
    return list(connection.scalars(select(t.stream.c.village).order_by(t.stream.c.village)))


def touched_villages(connection: Connection) -> list[str]:
    return list(connection.scalars(select(t.touched.c.village).distinct()))


def standing(connection: Connection, village: str) -> Standing:
    """How far the village's coverage is; its stream must be there."""
    query = select(t.stream.c.position, t.stream.c.covered, t.stream.c.covered_on).where(t.stream.c.village == village)
    return Standing(*connection.execute(query).one())


def note_covered(connection: Connection, village: str, position: int, day: str) -> None:
    connection.execute(update(t.stream).where(t.stream.c.village == village).values(covered=position, covered_on=day))


def called_since(connection: Connection, village: str, after: int) -> Called:
    workers, referred = set(), set()
    for record, kind, refers in connection.execute(_CALLED, {"village": village, "after": after}):
        if kind == WORKER:
            workers.add(record)
        elif refers:
            referred.add(refers)
    return Called(workers, referred)


def take_touched(connection: Connection, village: str) -> dict[str, bool]:
    """Whom others left to this village: record -> whether its own village has drawn it. They are taken off the list."""
    rows = connection.execute(_TOUCHED, {"village": village}).all()
    if rows:
        ids = [number for number, _, _ in rows]
        connection.execute(delete(t.touched).where(among(t.touched.c.id, "ids")), {"ids": ids})
    left: dict[str, bool] = {}
    for _, record, passed_on in rows:
        left[record] = left.get(record, True) and passed_on
    return left


def leave_touched(connection: Connection, rows: Collection[tuple[str, str, bool]]) -> None:
    """Leave workers to other villages. rows: village, record, whether its own village has drawn it."""
    add(connection, t.touched, [{"village": v, "record": r, "passed_on": p} for v, r, p in sorted(rows)])


def everybody(connection: Connection, village: str) -> set[str]:
    """Whoever may be counted in the village: its workers, and those drawn before, who may have left."""
    return set(connection.scalars(_WHOLE, {"village": village}))


def carriers(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Of those of the ids that are joined to a smaller one: the record that carries them."""
    return {record: carrier for record, carrier in connection.execute(_CARRIERS, {"ids": ids})} if ids else {}


def members(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Every id that is carried by one of these -> which one; the carriers themselves too."""
    return {record: carrier for record, carrier in connection.execute(_MEMBERS, {"ids": ids})}


def people(connection: Connection, ids: Collection[str]) -> list[Row[Any]]:
    """id, home, fields, heads (JSON), incomplete, created_at, status_at, derived, and whether it stands for itself."""
    return list(connection.execute(_PEOPLE, {"ids": ids}))


def in_flight(connection: Connection, village: str, workers: Collection[str]) -> set[str]:
    """Of these workers those of whom something changed that coverage has not followed yet: in another village's stream,
    or on the list of what villages leave to each other.
    """
    if not workers:
        return set()
    found: set[str] = set()
    for part in in_chunks(workers):
        named = {record: record for record in part} | members(connection, part)
        asked = {"village": village, "ids": list(named)}
        for record, refers in connection.execute(_BEHIND, asked):
            found.update(named[each] for each in (record, refers) if each in named)
        for query in (_HANDED, _HELD):
            found.update(named[record] for record in connection.scalars(query, asked))
    return found


def cover_of(connection: Connection, ids: Collection[str]) -> dict[str, dict[str, tuple[Any, ...]]]:
    """record -> village -> the values of `SHARE`, in all villages."""
    found: dict[str, dict[str, tuple[Any, ...]]] = {}
    for village, record, *share in connection.execute(_COVER, {"ids": ids}):
        found.setdefault(record, {})[village] = tuple(share)
    return found


def put_cover(
    connection: Connection, village: str, shares: Mapping[str, tuple[Any, ...]], there: Collection[str]
) -> None:  # fmt: skip
    """Store shares by record: the values of `SHARE`. there: records of which the village, which is locked, has a row."""
    rows = [{"village": village, "record": r} | dict(zip(SHARE, share, strict=True)) for r, share in shares.items()]
    put(connection, t.cover, [row for row in rows if row["record"] in there])
    add(connection, t.cover, [row for row in rows if row["record"] not in there])


def drop_cover(connection: Connection, village: str, records: Collection[str]) -> None:
    if records:
        lost = delete(t.cover).where(t.cover.c.village == village, among(t.cover.c.record, "ids"))
        connection.execute(lost, {"ids": records})


def tell(connection: Connection, rows: Collection[tuple[str, str | None, int]]) -> None:
    """What phones are told of records, each at a new position of its stream. rows: record, what, position."""
    told = [
        {"key": record, "derived": what, "position": position, "sole": None, "others_at": 0}
        for record, what, position in rows
    ]
    change_rows(connection, t.record, "id", told)


def tell_nothing(connection: Connection, records: Collection[str]) -> None:
    """Of records that no phone holds any more."""
    if records:
        connection.execute(update(t.record).where(among(t.record.c.id, "ids")).values(derived=None), {"ids": records})


def written(told: Mapping[str, Any] | None) -> str | None:
    """How it is stored, and compared with what is."""
    return None if told is None else dumps(told)


# Figures --------------------------------------------------------------------------------------------------------------


class Story(NamedTuple):
    """What some workers of a village have in common: see `programme.coverage.Months`, which begin with `first_month`."""

    first_month: int
    letters: str
    programs: str
    segment: str | None
    workers: int


def stories(connection: Connection, village: str) -> list[Story]:
    return [Story(*row) for row in connection.execute(_STORIES, {"village": village})]


def eligible(connection: Connection, village: str) -> dict[str, int]:
    """Month (`YYYY-MM`) -> informal workers of the village, as entered."""
    start = f"{ELIGIBLE}:{village}:"
    query = select(t.record.c.id, t.record.c.fields).where(
        t.record.c.id > start, t.record.c.id < start[:-1] + ";", t.record.c.kind == ELIGIBLE,
        t.record.c.erased.is_(False), t.record.c.incomplete.is_(False),
    )  # fmt: skip
    return {record[len(start) :]: loads(fields)["workers"] for record, fields in connection.execute(query)}


def figures(connection: Connection, village: str) -> dict[int, tuple[Any, ...]]:
    """Month (year * 12 + month - 1) -> the values of `FIGURE`."""
    return {row[0]: tuple(row[1:]) for row in connection.execute(_FIGURES, {"village": village})}


def put_figures(connection: Connection, village: str, by_month: Mapping[int, tuple[Any, ...]]) -> None:
    rows = [{"month": m, "village": village} | dict(zip(FIGURE, values, strict=True)) for m, values in by_month.items()]
    put(connection, t.figure, rows)


def drop_figures(connection: Connection, village: str, months: Collection[int]) -> None:
    if months:
        connection.execute(delete(t.figure).where(t.figure.c.village == village, t.figure.c.month.in_(months)))
