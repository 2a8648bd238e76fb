"""What desks of monitoring and evaluation look for: visits and feedback, what a village is measured by, frozen cycles.

`activity` and `measure` are drawn from records and cover rows behind each village's stream; `cycle_day` and `cycle_line`
are frozen. Sums are told by region: of a code's first letters, as many as the level below it has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, case, delete, false, func, or_, select, tuple_

from schemas.change import loads
from schemas.region import NATION
from server.store import tables as t
from server.store.bulk import add_missing, among, in_chunks, put
from server.store.entries import Entry
from server.store.programme_tables import MEASURES, activity, closed_month, cycle_day, cycle_line, followed, measure
from server.store.scoping import inside
from server.store.snapshots import days_of_month

VISIT, FEEDBACK, CLAIM, SOLUTION = "visit", "feedback", "claim", "solution"
OUTREACH, MONITORING, MEETING, ACCIDENT = "outreach", "monitoring", "meeting", "accident"
OPEN_STATES = ("open", "escalated")
FIGURE_COUNTS = ("active", "in_arrears", "covered", "unconfirmed", "apparatus", "apparatus_active")
LENGTHS = {0: 2, 2: 5, 5: 8, 8: 13, 13: 13}
"""Of a code, and of those one level below it."""
VILLAGE_LENGTH = 13
DAYS_BACK = 62  # how far a month's last snapshot may lie before the day that a cycle was frozen on

_STANDS = and_(or_(t.record.c.carrier.is_(None), t.record.c.carrier == t.record.c.id), t.record.c.erased.is_(False))
_IS_OPEN = or_(activity.c.state.is_(None), activity.c.state.in_(OPEN_STATES))


def length_below(code: str) -> int:
    return LENGTHS[0 if code == NATION else len(code)]


# Following the streams -----------------------------------------------------------------------------------------------


def due(connection: Connection, what: str) -> list[str]:
    """The regions whose coverage has gone on since they were followed last."""
    there = and_(followed.c.village == t.stream.c.village, followed.c.what == what)
    query = (
        select(t.stream.c.village).outerjoin(followed, there)
        .where(t.stream.c.covered > func.coalesce(followed.c.position, -1)).order_by(t.stream.c.village)
    )  # fmt: skip
    return list(connection.scalars(query))


def followed_to(connection: Connection, what: str, village: str) -> tuple[int, int]:
    """Up to where coverage has followed the stream, and up to where it was followed here (-1: never)."""
    there = and_(followed.c.village == t.stream.c.village, followed.c.what == what)
    query = select(t.stream.c.covered, func.coalesce(followed.c.position, -1)).outerjoin(followed, there)
    row = connection.execute(query.where(t.stream.c.village == village)).first()
    return (int(row[0]), int(row[1])) if row else (0, -1)


def note_followed(connection: Connection, what: str, village: str, position: int) -> None:
    put(connection, followed, [{"what": what, "village": village, "position": position}])


def forget_followed(connection: Connection, begins: str, but: str) -> int:
    """Places noted under names that begin so, but for one of them."""
    old = delete(followed).where(followed.c.what.startswith(begins, autoescape=True), followed.c.what != but)
    return connection.execute(old).rowcount


class Told(NamedTuple):
    """A visit, feedback or claim as it stands. creator: [device, seq] of the change that began it."""

    record: str
    kind: str
    home: str
    fields: dict[str, Any]
    creator: list[Any] | None
    stands: bool


def _told(row: Any) -> Told:
    creator = loads(row.heads).get("*")
    first = (creator[0] if creator and isinstance(creator[0], list) else creator) if creator else None
    return Told(row.id, row.kind, row.home, loads(row.fields), first, bool(row.stands))


_TOLD = (t.record.c.id, t.record.c.kind, t.record.c.home, t.record.c.fields, t.record.c.heads, _STANDS.label("stands"))


def moved_on(connection: Connection, village: str, after: int) -> list[Told]:
    """What changed behind a position of a stream, of the kinds that are drawn."""
    query = select(*_TOLD).where(
        t.record.c.home == village, t.record.c.position > after, t.record.c.kind.in_((VISIT, FEEDBACK, CLAIM))
    )
    return [_told(row) for row in connection.execute(query)]


def these(connection: Connection, records: Collection[str]) -> list[Told]:
    query = select(*_TOLD).where(among(t.record.c.id, "ids"), t.record.c.kind.in_((VISIT, FEEDBACK, CLAIM)))
    return [_told(row) for row in connection.execute(query, {"ids": list(records)})] if records else []


def put_activity(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    put(connection, activity, rows)


def drop_activity(connection: Connection, records: Collection[str]) -> None:
    if records:
        connection.execute(delete(activity).where(among(activity.c.record, "ids")), {"ids": list(records)})


class Member(NamedTuple):
    """A worker whom a village counts. nik: as it is kept."""

    record: str
    state: str
    first_month: int
    letters: str
    nik: str | None
    fields: dict[str, Any]
    created_at: int


def members(connection: Connection, village: str) -> list[Member]:
    """The workers at home in a village whom it counts: of a large one some thousand."""
    query = select(
        t.cover.c.record, t.cover.c.state, t.cover.c.first_month, t.cover.c.letters, t.record.c.nik, t.record.c.fields,
        t.record.c.created_at,
    ).join(t.record, t.record.c.id == t.cover.c.record).where(
        t.cover.c.village == village, t.cover.c.why_not.is_(None), t.record.c.home == village
    )  # fmt: skip
    return [Member(*row[:5], loads(row[5]), row[6]) for row in connection.execute(query)]


def sessions_of(connection: Connection, village: str) -> list[tuple[str, str]]:
    """record, day, of the outreach sessions that a village had."""
    query = select(activity.c.record, activity.c.date).where(activity.c.purpose == OUTREACH, activity.c.home == village)
    return [(record, day) for record, day in connection.execute(query)]


def credit(connection: Connection, village: str, brought: Mapping[str, tuple[int, int]]) -> None:
    """Note what each session brought, where that is news."""
    query = select(activity).where(activity.c.purpose == OUTREACH, activity.c.home == village)
    rows = [dict(row._mapping) for row in connection.execute(query)]
    changed = []
    for row in rows:
        new, live = brought.get(row["record"], (0, 0))
        if (row["registered"], row["activated"]) != (new, live):
            changed.append(row | {"registered": new, "activated": live})
    put(connection, activity, changed)


def put_measures(connection: Connection, village: str, rows: Sequence[dict[str, Any]]) -> int:
    """Keep a village's measures by month, where they are news; months that are told no more go. Gives the rows changed."""
    there = {
        row.month: dict(row._mapping)
        for row in connection.execute(select(measure).where(measure.c.village == village, measure.c.month.in_(
            [row["month"] for row in rows])))
    }  # fmt: skip
    changed = [row for row in rows if there.get(row["month"]) != row]
    put(connection, measure, changed)
    return len(changed)


def drop_measures_before(connection: Connection, month: int) -> int:
    return connection.execute(delete(measure).where(measure.c.month < month)).rowcount


# Sums by region ------------------------------------------------------------------------------------------------------


def figures(connection: Connection, code: str, month: int, length: int, day: str | None) -> dict[str, dict[str, int | None]]:
    """Code of `length` -> the figures of a month, as they are known now or as they were frozen on a day.

    `FIGURE_COUNTS`, eligible and active_there: of the villages that have a denominator. None: it was not kept.
    """
    of = t.figure if day is None else t.snapshot
    part, known = func.substr(of.c.village, 1, length), of.c.eligible.is_not(None)
    query = select(
        part, *(func.sum(of.c[name]) for name in FIGURE_COUNTS), func.coalesce(func.sum(of.c.eligible), 0),
        func.sum(case((known, of.c.active), else_=0)),
    ).where(of.c.month == month, inside(of.c.village, code))  # fmt: skip
    if day is not None:
        query = query.where(t.snapshot.c.day == day)
    names = (*FIGURE_COUNTS, "eligible", "active_there")
    return {
        row[0]: {name: None if n is None else int(n) for name, n in zip(names, row[1:], strict=True)}
        for row in connection.execute(query.group_by(part))
    }


def frozen_day(connection: Connection, month: int, day: str, days: Sequence[str]) -> str | None:
    """The day up to `day` on which the figures of a month were frozen last. days: that day and those before it."""
    closed = connection.scalar(select(closed_month.c.day).where(closed_month.c.month == month))
    if closed is not None and closed <= day:
        return str(closed)
    return next(iter(days_of_month(connection, days, month)), None)


def measures(
    connection: Connection, code: str, length: int, first: int, last: int, days: tuple[str, str]
) -> dict[str, dict[str, int]]:
    """Code of `length` -> `MEASURES` of a period as they are known now.

    first, last: its months. days: its first and last one.
    """
    found: dict[str, dict[str, int]] = {}

    def add(rows: Any, *names: str) -> None:
        for part, *numbers in rows:
            told = found.setdefault(part, dict.fromkeys(MEASURES, 0))
            told.update(zip(names, (int(number or 0) for number in numbers), strict=True))

    part = func.substr(t.figure.c.village, 1, length)
    add(connection.execute(
        select(part, func.sum(t.figure.c.active))
        .where(t.figure.c.month == first - 1, inside(t.figure.c.village, code)).group_by(part)
    ), "before")  # fmt: skip
    part = func.substr(measure.c.village, 1, length)
    names = ("retained", "retained_of", "verified", "verified_of")
    add(connection.execute(
        select(part, *(func.sum(measure.c[name]) for name in names))
        .where(measure.c.month == last, inside(measure.c.village, code)).group_by(part)
    ), *names)  # fmt: skip
    part = func.substr(activity.c.home, 1, length)
    happened = and_(activity.c.date.between(*days), inside(activity.c.home, code), func.length(activity.c.home) >= length)
    add(connection.execute(
        select(part, func.count(), func.sum(case((activity.c.in_time.is_(True), 1), else_=0)))
        .where(activity.c.purpose == ACCIDENT, happened).group_by(part)
    ), "accidents", "in_time")  # fmt: skip
    add(connection.execute(
        select(part, func.count(), *(func.sum(activity.c[name]) for name in ("attendance", "registered", "activated")))
        .where(activity.c.purpose == OUTREACH, happened).group_by(part)
    ), "sessions", "attendance", "registered", "activated")  # fmt: skip
    return found


class Taken(NamedTuple):
    """That a cycle's measures were frozen for a day, of which months, and when."""

    day: str
    first_month: int
    last_month: int
    taken_at: int


def freeze(connection: Connection, cycle: str, taken: Taken, lines: Mapping[str, Mapping[str, int]]) -> None:
    """Keep a cycle's measures of a day, village by village; said again for that day it changes nothing."""
    if _known(connection, cycle, taken.day):
        return
    add_missing(connection, cycle_day, [{"cycle": cycle, **taken._asdict()}])
    rows = [{"cycle": cycle, "day": taken.day, "village": village, **told} for village, told in lines.items()]
    for part in in_chunks(rows, 5000):
        add_missing(connection, cycle_line, part)


def taken(connection: Connection, cycle: str, day: str) -> Taken | None:
    """Whether a cycle's measures were frozen for a day."""
    query = select(*(cycle_day.c[name] for name in Taken._fields)).where(cycle_day.c.cycle == cycle, cycle_day.c.day == day)
    row = connection.execute(query).first()
    return Taken(*row) if row else None


def _known(connection: Connection, cycle: str, day: str) -> bool:
    return taken(connection, cycle, day) is not None


def frozen_measures(connection: Connection, cycle: str, day: str, code: str, length: int) -> dict[str, dict[str, int]]:
    """Code of `length` -> `MEASURES` as they were frozen, of the villages in a region."""
    part = func.substr(cycle_line.c.village, 1, length)
    query = (
        select(part, *(func.sum(cycle_line.c[name]) for name in MEASURES))
        .where(cycle_line.c.cycle == cycle, cycle_line.c.day == day, inside(cycle_line.c.village, code)).group_by(part)
    )  # fmt: skip
    return {row[0]: dict(zip(MEASURES, map(int, row[1:]), strict=True)) for row in connection.execute(query)}


# Lists ---------------------------------------------------------------------------------------------------------------


class Activity(NamedTuple):
    """A row of `activity`."""

    record: str
    kind: str
    home: str
    purpose: str
    date: str
    state: str | None
    theme: str | None
    by: str | None
    holder: str | None
    officer: int | None
    attendance: int | None
    has_finding: bool
    in_time: bool | None
    registered: int | None
    activated: int | None


_ACTIVITY = tuple(activity.c[name] for name in Activity._fields)


def activities(
    connection: Connection, scope: str, purpose: str, *, after: tuple[str, str] | None = None, most: int | None = None,
    newest: bool = True, only: str | None = None, theme: str | None = None, holder: str | None = None,
    between: tuple[str, str] | None = None, with_finding: bool = False,
) -> list[Activity]:  # fmt: skip
    """Those of a purpose in a region, by day. after: (day, record) to go on behind. only: `open`, or a state.

    holder: the region whose desk has it, also where nobody handed it on.
    """
    query = select(*_ACTIVITY).where(activity.c.purpose == purpose, inside(activity.c.home, scope))
    if only == "open":
        query = query.where(_IS_OPEN)
    elif only:
        query = query.where(activity.c.state == only)
    if theme is not None:
        query = query.where(activity.c.theme == theme)
    if holder is not None:
        query = query.where(func.coalesce(activity.c.holder, activity.c.home) == holder)
    if between is not None:
        query = query.where(activity.c.date.between(*between))
    if with_finding:
        query = query.where(activity.c.has_finding.is_(True))
    order = (activity.c.date, activity.c.record)
    if after is not None:
        query = query.where(tuple_(*order) < after if newest else tuple_(*order) > after)
    query = query.order_by(*(each.desc() if newest else each for each in order))
    return [Activity(*row) for row in connection.execute(query.limit(most) if most else query)]


def activity_of(connection: Connection, scope: str, record: str) -> Activity | None:
    row = connection.execute(select(*_ACTIVITY).where(activity.c.record == record, inside(activity.c.home, scope))).first()
    return Activity(*row) if row else None


class Theme(NamedTuple):
    theme: str | None
    said: int
    waiting: int


def themes(connection: Connection, scope: str, between: tuple[str, str] | None = None) -> list[Theme]:
    """Feedback by theme, the most said first."""
    waiting = func.sum(case((_IS_OPEN, 1), else_=0))
    query = select(activity.c.theme, func.count(), waiting).where(
        activity.c.purpose == FEEDBACK, inside(activity.c.home, scope)
    )
    if between is not None:
        query = query.where(activity.c.date.between(*between))
    rows = connection.execute(query.group_by(activity.c.theme).order_by(func.count().desc(), activity.c.theme))
    return [Theme(theme, int(said), int(open_ or 0)) for theme, said, open_ in rows]


class Sessions(NamedTuple):
    """Outreach sessions together. key: a region's code, or an officer's number."""

    key: Any
    sessions: int
    attendance: int
    registered: int
    activated: int


def outreach(
    connection: Connection, scope: str, between: tuple[str, str], length: int | None, most: int | None = None
) -> list[Sessions]:
    """Sessions of a region between two days, by region (length of its code) or by officer (None), the most first."""
    key: ColumnElement[Any] = activity.c.officer if length is None else func.substr(activity.c.home, 1, length)
    query = (
        select(key, func.count(), *(func.coalesce(func.sum(activity.c[name]), 0)
                                    for name in ("attendance", "registered", "activated")))
        .where(activity.c.purpose == OUTREACH, inside(activity.c.home, scope), activity.c.date.between(*between))
        .group_by(key).order_by(func.count().desc(), key)
    )  # fmt: skip
    return [Sessions(row[0], *map(int, row[1:])) for row in connection.execute(query.limit(most) if most else query)]


def unanswered(connection: Connection) -> Iterator[tuple[str, str, str]]:
    """record, home, day of all feedback that nobody has answered."""
    query = select(activity.c.record, activity.c.home, activity.c.date).where(activity.c.purpose == FEEDBACK, _IS_OPEN)
    for row in connection.execute(query):
        yield row[0], row[1], row[2]


def officer_names(connection: Connection, officers: Collection[int]) -> dict[int, str]:
    return {
        number: name for part in in_chunks(officers)
        for number, name in connection.execute(select(t.officer.c.id, t.officer.c.name).where(t.officer.c.id.in_(part)))
    }  # fmt: skip


# Records -------------------------------------------------------------------------------------------------------------

_ENTRY = (
    t.record.c.id, t.record.c.kind, t.record.c.home, t.record.c.fields, t.record.c.seen, t.record.c.conflicts,
    t.record.c.created_at, t.record.c.version,
)  # fmt: skip


def entries_of(connection: Connection, scope: str, records: Collection[str]) -> dict[str, Entry]:
    """Record -> what it says, of those of these (visits too) that stand in the region."""
    found: dict[str, Entry] = {}
    for part in in_chunks(sorted(records)):
        query = select(*_ENTRY).where(t.record.c.id.in_(part), _STANDS, inside(t.record.c.home, scope))
        found |= {row[0]: _entry(row) for row in connection.execute(query)}
    return found


def above(connection: Connection, kind: str, regions: Collection[str], record: str | None = None) -> list[Entry]:
    """Those of a kind whose home is one of these very regions. record: that one alone."""
    if not regions:
        return []
    ranges = [and_(t.record.c.id >= f"{kind}:{region}:", t.record.c.id < f"{kind}:{region};") for region in regions]
    query = select(*_ENTRY).where(or_(false(), *ranges), t.record.c.kind == kind, _STANDS).order_by(t.record.c.id)
    if record is not None:
        query = query.where(t.record.c.id == record)
    return [_entry(row) for row in connection.execute(query)]


def all_of(connection: Connection, kind: str) -> Iterator[Entry]:
    """Every record of a kind that desks enter; whoever asks for them says why he may."""
    query = select(*_ENTRY).where(t.record.c.id >= f"{kind}:", t.record.c.id < f"{kind};", t.record.c.kind == kind, _STANDS)
    for row in connection.execute(query.order_by(t.record.c.id)):
        yield _entry(row)


def _entry(row: Any) -> Entry:
    record, kind, home, fields, seen, conflicts, created_at, version = row
    waits = sorted(loads(conflicts)) if conflicts else []
    return Entry(record, kind, home, record.rpartition(":")[2], loads(fields), loads(seen), waits, created_at, version)
