"""What an award is scored from, village by village, and the runs that were scored: kept as they were, never changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, case, exists, func, select

from schemas.change import dumps, loads
from server.store import desk_tables as d
from server.store import programme_tables as p
from server.store import tables as t
from server.store.bulk import add, in_chunks
from server.store.scoping import for_itself, inside
from server.store.snapshots import days_of_month

_AT_ONCE = 10_000
CONFIRMED = '"confirmed":true'  # as `schemas.change.dumps` writes it
ACCIDENT = "accident"


class Frozen(NamedTuple):
    """A village's figures of a month as they were frozen; apparatus_active is None where snapshots had none yet."""

    active: int
    eligible: int | None
    eligible_month: int | None
    apparatus_active: int | None


class Person(NamedTuple):
    """What is looked at of somebody, to be counted and forgotten."""

    home: str
    nik: str | None
    birth_date: str | None
    sex: str | None
    status: str
    incomplete: bool
    registered_on: str | None


class Story(NamedTuple):
    """So many members of a village with one and the same history of months."""

    village: str
    first_month: int
    letters: str
    people: int


class Happened(NamedTuple):
    """Accidents of a village and those told in time; the months in which it took part in monitoring."""

    accidents: int
    in_time: int
    months: frozenset[str]


class Line(NamedTuple):
    village: str
    criterion: str
    numerator: float | None
    denominator: float | None
    value: float | None
    points: float | None
    evidence: dict[str, Any]


class Standing(NamedTuple):
    """why: the signs of padded data with their numbers, also those that put nobody out; its numbers are no person's."""

    village: str
    band: str
    score: float | None
    is_out: bool
    why: list[dict[str, Any]]


# What it is scored from -----------------------------------------------------------------------------------------------


def frozen(connection: Connection, scope: str, day: str, month: int) -> dict[str, Frozen]:
    """Village -> its figures of a month as they were frozen on a day."""
    of = t.snapshot.c
    query = select(of.village, of.active, of.eligible, of.eligible_month, of.apparatus_active).where(
        of.day == day, of.month == month, inside(of.village, scope)
    )
    return {village: Frozen(*rest) for village, *rest in connection.execute(query)}


def active_then(connection: Connection, scope: str, month: int, days: Sequence[str]) -> tuple[dict[str, int], str | None]:
    """Village -> active members of a month, by the newest of these frozen days that holds it; and that day.

    Where none does, as the figures say today (and no day).
    """
    day = next(iter(days_of_month(connection, days, month)), None)
    of = t.figure if day is None else t.snapshot
    query = select(of.c.village, of.c.active).where(of.c.month == month, inside(of.c.village, scope))
    if day is not None:
        query = query.where(t.snapshot.c.day == day)
    return {village: active for village, active in connection.execute(query)}, day


def stories(connection: Connection, scope: str) -> Iterator[Story]:
    """The members' months, village by village; whoever is of another segment stands apart and is not told."""
    of = t.cover.c
    query = (
        select(of.village, of.first_month, of.letters, func.count())
        .where(inside(of.village, scope), of.segment.is_(None))
        .group_by(of.village, of.first_month, of.letters)
        .execution_options(yield_per=_AT_ONCE)
    )
    for row in connection.execute(query):
        yield Story(*row)


def people(connection: Connection, scope: str) -> Iterator[Person]:
    """Everybody who stands in the index of people."""
    of = d.person.c
    query = (
        select(of.home, of.nik, of.birth_date, of.sex, of.status, of.incomplete, of.registered_on)
        .where(inside(of.home, scope))
        .execution_options(yield_per=_AT_ONCE)
    )
    for row in connection.execute(query):
        yield Person(*row)


def pairs(connection: Connection, scope: str) -> Counter[str]:
    """Village -> pairs of records that may be, or were found to be, one person; one across two villages is both's."""
    found: Counter[str] = Counter()
    for mine, other in ((d.pair.c.home_a, d.pair.c.home_b), (d.pair.c.home_b, d.pair.c.home_a)):
        query = select(mine, func.count()).where(inside(mine, scope), d.pair.c.state.in_(("open", "joined")))
        if mine is d.pair.c.home_b:
            query = query.where(mine != other)
        for village, number in connection.execute(query.group_by(mine)):
            found[village] += number
    return found


def orphans(connection: Connection, scope: str) -> Counter[str]:
    """Village -> confirmed contributions whose worker is not there.

    First whom anything refers to is laid beside who is there, by the index alone; then the few that are left are read.
    """
    worker = t.record.alias()
    missing = (
        select(t.record.c.refers)
        .where(t.record.c.refers.is_not(None), ~exists().where(worker.c.id == t.record.c.refers))
        .distinct()
    )
    with for_itself():  # whom nobody knows has no region; what refers to him is cut to the scope below
        ids = list(connection.scalars(missing))
    found: Counter[str] = Counter()
    for part in in_chunks(ids):
        query = select(t.record.c.home, func.count()).where(
            t.record.c.refers.in_(part), t.record.c.kind == "contribution", t.record.c.erased.is_(False),
            t.record.c.fields.contains(CONFIRMED, autoescape=True), inside(t.record.c.home, scope),
        )  # fmt: skip
        for village, number in connection.execute(query.group_by(t.record.c.home)):
            found[village] += number
    return found


def happened(connection: Connection, scope: str, first: str, last: str) -> dict[str, Happened]:
    """Village -> accidents and part in monitoring from the day `first` to the day `last`."""
    of = p.activity.c
    month = func.substr(of.date, 1, 7)
    in_time_ = func.sum(case((of.in_time.is_(True), 1), else_=0))
    told = select(of.home, of.purpose, month, func.count(), in_time_).where(
        inside(of.home, scope), of.date >= first, of.date <= last
    )
    accidents: Counter[str] = Counter()
    in_time: Counter[str] = Counter()
    met: dict[str, set[str]] = {}
    for home, purpose, then, number, good in connection.execute(told.group_by(of.home, of.purpose, month)):
        if purpose == ACCIDENT:
            accidents[home] += number
            in_time[home] += int(good or 0)
        else:
            met.setdefault(home, set()).add(then)
    return {
        home: Happened(accidents[home], in_time[home], frozenset(met.get(home, ())))
        for home in accidents.keys() | met.keys()
    }


# Runs -----------------------------------------------------------------------------------------------------------------


def last_run(connection: Connection, award: str) -> int:
    """The number of the last run; 0 before the first."""
    return connection.scalar(select(func.max(p.award_standing.c.run)).where(p.award_standing.c.award == award)) or 0


def keep_run(
    connection: Connection, award: str, run: int, lines: Collection[Line], standings: Collection[Standing]
) -> None:
    """Keep what was scored, for good."""
    add(connection, p.award_line, [
        line._asdict() | {"award": award, "run": run, "evidence": dumps(line.evidence)} for line in lines
    ])  # fmt: skip
    add(connection, p.award_standing, [
        each._asdict() | {"award": award, "run": run, "why": dumps(each.why)} for each in standings
    ])  # fmt: skip


def lines(connection: Connection, award: str, run: int, village: str | None = None) -> list[Line]:
    """What villages came to, in the order of villages and criteria. Whose award it is, the caller has looked at."""
    of = p.award_line.c
    query = select(of.village, of.criterion, of.numerator, of.denominator, of.value, of.points, of.evidence).where(
        of.award == award, of.run == run, *(() if village is None else (of.village == village,))
    )
    return [Line(*row[:6], loads(row[6])) for row in connection.execute(query.order_by(of.village, of.criterion))]


def standings(connection: Connection, award: str, run: int) -> list[Standing]:
    of = p.award_standing.c
    query = select(of.village, of.band, of.score, of.is_out, of.why).where(and_(of.award == award, of.run == run))
    return [Standing(*row[:4], loads(row[4])) for row in connection.execute(query.order_by(of.village))]
