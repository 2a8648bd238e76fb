"""Claims as desks see them: what each has come to (`claim_case`), drawn behind the streams, listed and added up."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, literal, or_, select, update
from sqlalchemy import case as sql_case

from schemas.change import loads
from schemas.region import NATION
from server.store import tables as t
from server.store.bulk import add_missing, among, in_chunks, put
from server.store.programme_tables import claim_case as case
from server.store.programme_tables import followed
from server.store.scoping import inside

CLAIM = "claim"
FOLLOWER = "claims"
"""Under which name `followed` keeps how far they are drawn."""

DRAWING = "claims drawn"
"""Under which name `followed` keeps how often."""

AT_ONCE = 500

_DUE = (
    select(t.stream.c.village, t.stream.c.position, func.coalesce(followed.c.position, 0))
    .outerjoin(followed, and_(followed.c.village == t.stream.c.village, followed.c.what == FOLLOWER))
    .where(t.stream.c.position > func.coalesce(followed.c.position, 0))
    .order_by(t.stream.c.village)
)
_DRAWN_FROM = (
    t.record.c.id, t.record.c.home, t.record.c.fields, t.record.c.refers, t.record.c.erased, t.record.c.created_at,
    t.record.c.waiting_since,
)  # fmt: skip


# Drawing --------------------------------------------------------------------------------------------------------------


def behind(connection: Connection) -> list[tuple[str, int, int]]:
    """Villages whose stream has moved on: code, its position, up to where claims were drawn."""
    return [(village, position, done) for village, position, done in connection.execute(_DUE)]


def touched(connection: Connection, village: str, after: int, up_to: int) -> list[Row[Any]]:
    """The village's claims between two positions of its stream, erased ones too; see `_DRAWN_FROM`."""
    query = select(*_DRAWN_FROM).where(
        t.record.c.home == village, t.record.c.position > after, t.record.c.position <= up_to, t.record.c.kind == CLAIM
    )
    return list(connection.execute(query))


def these(connection: Connection, records: Collection[str]) -> list[Row[Any]]:
    query = select(*_DRAWN_FROM).where(among(t.record.c.id, "ids"), t.record.c.kind == CLAIM)
    return list(connection.execute(query, {"ids": list(records)}))


def everything(connection: Connection) -> Iterator[Sequence[Any]]:
    """All claims that there are, by their ids, some hundred at a time."""
    after = ""
    query = select(*_DRAWN_FROM).where(t.record.c.kind == CLAIM).order_by(t.record.c.id).limit(AT_ONCE)
    while rows := connection.execute(query.where(t.record.c.id > after)).all():
        yield rows
        after = rows[-1].id


def note_followed(connection: Connection, up_to: Mapping[str, int]) -> None:
    """Village -> position up to which its claims are drawn."""
    put(connection, followed, [{"what": FOLLOWER, "village": v, "position": position} for v, position in up_to.items()])


def keep(connection: Connection, rows: Sequence[dict[str, Any]], gone: Collection[str]) -> None:
    put(connection, case, rows)
    drop(connection, gone)


def drop(connection: Connection, records: Collection[str]) -> None:
    for part in in_chunks(records):
        connection.execute(delete(case).where(case.c.record.in_(part)))


def drawing(connection: Connection) -> int:
    """The number of times that rows were drawn or dropped: as long as it stands, they are what they were."""
    query = select(followed.c.position).where(followed.c.what == DRAWING, followed.c.village == NATION)
    return connection.scalar(query) or 0


def note_drawing(connection: Connection) -> None:
    """Rows were drawn or dropped. Said last of all, since others who draw wait for this one row."""
    one_more = update(followed).where(followed.c.what == DRAWING, followed.c.village == NATION)
    add_missing(connection, followed, [{"what": DRAWING, "village": NATION, "position": 0}])
    connection.execute(one_more.values(position=followed.c.position + 1))


def drawn(connection: Connection) -> set[str]:
    """Every claim that has a row."""
    return set(connection.scalars(select(case.c.record)))


def deciles(connection: Connection, ids: Collection[str]) -> dict[str, int | None]:
    """Worker, by the id that a claim names -> the decile of his family."""
    found: dict[str, int | None] = {}
    for part in in_chunks(sorted(ids), AT_ONCE):
        named = workers(connection, NATION, part)
        found |= {record: worker.fields.get("dtsen_decile") for record, worker in named.items()}
    return found


# Lists ----------------------------------------------------------------------------------------------------------------


class Filter(NamedTuple):
    """Which claims: of a stage, a next step, a programme; only those past their time; the open ones or the closed."""

    stage: str | None = None
    step: str | None = None
    program: str | None = None
    late: bool = False
    is_open: bool = True


_RANK = sql_case((case.c.step == "accident", 0), (case.c.step == "closing", 2), else_=1)
"""An accident's hours come before everything, and what only has to be closed comes last."""


class Place(NamedTuple):
    """After which claim a list goes on. rank: 0 among closed ones; moment: when it is due, or was reported."""

    rank: int
    moment: int
    record: str


def listed(
    connection: Connection, scope: str, chosen: Filter, after: Place | None, most: int, now: int
) -> list[Row[Any]]:
    """Open claims, the most pressing first; closed ones the newest first. Each row has its `rank` besides."""
    c = case.c
    rank = _RANK if chosen.is_open else literal(0)
    moment, key = (c.due_at, c.due_at) if chosen.is_open else (c.reported_at, -c.reported_at)
    query = select(case, rank.label("rank"), moment.label("moment")).where(inside(c.region, scope), *_chosen(chosen, now))
    if after is not None:
        at = after.moment if chosen.is_open else -after.moment
        same = rank == after.rank
        query = query.where(
            or_(rank > after.rank, and_(same, key > at), and_(same, key == at, c.record > after.record))
        )
    return list(connection.execute(query.order_by(rank, key, c.record).limit(most)))


def _chosen(chosen: Filter, now: int) -> list[ColumnElement[bool]]:
    c = case.c
    wanted: list[ColumnElement[bool]] = [c.due_at.is_not(None) if chosen.is_open else c.due_at.is_(None)]
    for column, value in ((c.stage, chosen.stage), (c.step, chosen.step), (c.program, chosen.program)):
        if value:
            wanted.append(column == value)
    if chosen.late:
        wanted.append(c.due_at < now)
    return wanted


def waiting(connection: Connection, scope: str, now: int) -> dict[str, tuple[int, int]]:
    """Next step -> how many open claims, and how many of them are past their time."""
    late = func.count().filter(case.c.due_at < now)
    query = (
        select(case.c.step, func.count(), late)
        .where(case.c.due_at.is_not(None), inside(case.c.region, scope))
        .group_by(case.c.step)
    )
    return {step: (count, over) for step, count, over in connection.execute(query)}


def running(connection: Connection, step: str) -> list[tuple[str, str, int]]:
    """Claims, village and last moment of one next step, in all regions."""
    query = select(case.c.record, case.c.region, case.c.due_at).where(case.c.due_at.is_not(None), case.c.step == step)
    return [(record, region, due) for record, region, due in connection.execute(query)]


def handed_over(
    connection: Connection, scope: str, since: str, until: str, after: tuple[str, str] | None, most: int
) -> list[Row[Any]]:
    """Claims handed over between two days, the newest first. after: (day, record)."""
    c = case.c
    query = select(case).where(c.handed_on >= since, c.handed_on <= until, inside(c.region, scope))
    if after is not None:
        query = query.where(or_(c.handed_on < after[0], and_(c.handed_on == after[0], c.record > after[1])))
    return list(connection.execute(query.order_by(c.handed_on.desc(), c.record).limit(most)))


def fields_of(connection: Connection, scope: str, records: Collection[str]) -> dict[str, dict[str, Any]]:
    """What the records of these claims say, where they lie in the region."""
    query = select(t.record.c.id, t.record.c.fields).where(
        among(t.record.c.id, "ids"), t.record.c.erased.is_(False), inside(t.record.c.home, scope)
    )
    return {record: loads(fields) for record, fields in connection.execute(query, {"ids": list(records)})}


class Named(NamedTuple):
    """The worker that a claim is of. record: of joined ones the one that carries them."""

    record: str
    home: str
    fields: dict[str, Any]


def workers(connection: Connection, scope: str, ids: Collection[str]) -> dict[str, Named]:
    """The workers of these ids that stand in the region: by the id that they are named by."""
    if not ids:
        return {}
    named, carrier = t.record.alias("named"), t.record
    query = (
        select(named.c.id, carrier.c.id, carrier.c.home, carrier.c.fields)
        .join(carrier, carrier.c.id == func.coalesce(named.c.carrier, named.c.id))
        .where(among(named.c.id, "ids"), carrier.c.erased.is_(False), inside(carrier.c.home, scope))
    )
    return {
        record: Named(standing, home, loads(fields))
        for record, standing, home, fields in connection.execute(query, {"ids": list(ids)})
    }


# Outcomes -------------------------------------------------------------------------------------------------------------


_REGENCY = func.substr(case.c.region, 1, 5).label("regency")


def paid_in_villages(connection: Connection, since: str, until: str) -> list[tuple[str, int, int]]:
    """Village, claims paid between two days, what they came to; of all: what may be shown of one rests on the others."""
    c = case.c
    amount = func.sum(func.coalesce(c.amount, 0))
    query = select(c.region, func.count(), amount).where(c.paid_on >= since, c.paid_on <= until)
    return [(village, count, int(total)) for village, count, total in connection.execute(query.group_by(c.region))]


PARTS: dict[str, ColumnElement[Any]] = {
    "program": case.c.program, "month": func.substr(case.c.paid_on, 1, 7), "decile": case.c.decile,
}  # fmt: skip


def paid_in_regencies(connection: Connection, part: str, since: str, until: str) -> list[Row[Any]]:
    """Regency, the part (a key of `PARTS`), claims, families, amount, children of what was paid between two days."""
    c = case.c
    by = (_REGENCY, PARTS[part].label("part"))
    query = select(
        *by, func.count().label("claims"), func.count(c.worker.distinct()).label("families"),
        func.sum(func.coalesce(c.amount, 0)).label("amount"), func.sum(func.coalesce(c.children, 0)).label("children"),
    ).where(c.paid_on >= since, c.paid_on <= until)  # fmt: skip
    return list(connection.execute(query.group_by(*by)))


def waits_for_money(connection: Connection, scope: str, since: str, until: str) -> list[tuple[str, str]]:
    """The days of report and of payment of what was paid between two days."""
    query = select(case.c.reported_on, case.c.paid_on).where(
        case.c.paid_on >= since, case.c.paid_on <= until, inside(case.c.region, scope)
    )
    return [(reported, paid_on) for reported, paid_on in connection.execute(query)]


def refused(connection: Connection, since: str, until: str) -> list[Row[Any]]:
    """What was refused or withdrawn between two days, of all regencies: regency, outcome, refused_for, claims."""
    c = case.c
    by = (_REGENCY, c.outcome, c.refused_for)
    query = select(*by, func.count().label("claims")).where(
        c.decided_on >= since, c.decided_on <= until, c.outcome.in_(("refused", "withdrawn"))
    )
    return list(connection.execute(query.group_by(*by)))


def accidents(connection: Connection, since: str, until: str) -> list[Row[Any]]:
    """Accidents that villages reported between two days, of all regencies: regency, in time by report, by word, claims."""
    c = case.c
    by = (_REGENCY, c.reported_in_time, c.told_in_time)
    query = select(*by, func.count().label("claims")).where(
        c.reported_on >= since, c.reported_on <= until, c.reported_in_time.is_not(None)
    )
    return list(connection.execute(query.group_by(*by)))


def first_year(connection: Connection, scope: str) -> str | None:
    """The year of the first payment in a region; None where there was none yet."""
    query = select(func.min(case.c.paid_on)).where(case.c.paid_on.is_not(None), inside(case.c.region, scope))
    day = connection.scalar(query)
    return day[:4] if day else None
