"""Lists that go out: the table of what was asked for, and the rows that are read for them, a few at a time in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    func,
    or_,
    select,
    union,
    update,
)

from schemas.change import Change, loads
from server.store import desk_tables as d
from server.store import tables as t
from server.store.accounts import _ACCOUNT, Account
from server.store.bulk import among, in_chunks
from server.store.changes import _CHANGE, _IS_MERGED, _WITH_OUTCOME, read_change
from server.store.records import one_with
from server.store.scoping import for_itself, inside

AT_ONCE = 1000
LAST_NUMBER = (1 << 63) - 1  # what a database can count to
WAITING, WORKING, READY, FAILED, GONE = "waiting", "working", "ready", "failed", "gone"


class Export(NamedTuple):
    """A list that somebody asked for. asked: JSON. Times in milliseconds; touched_at grows with each sign of life."""

    id: int
    account: int
    region: str
    what: str
    format: str
    asked: str
    state: str
    rows: int
    done_rows: int
    size: int | None
    error: str | None
    made_at: int
    touched_at: int
    expires_at: int | None


_EXPORT = tuple(d.export.c[name] for name in Export._fields)


def add_export(
    connection: Connection, account: int, region: str, what: str, format_: str, asked: str, now: int
) -> int:
    made = connection.execute(d.export.insert().values(
        account=account, region=region, what=what, format=format_, asked=asked, state=WAITING, rows=0, done_rows=0,
        size=None, error=None, made_at=now, touched_at=now, expires_at=None,
    ))  # fmt: skip
    return int(made.inserted_primary_key[0])  # type: ignore[index]


def of_account(connection: Connection, scope: str, account: int, most: int) -> list[Export]:
    """What somebody asked for inside a region, the newest first; what he threw away or is past its time stays told."""
    query = select(*_EXPORT).where(d.export.c.account == account, inside(d.export.c.region, scope))
    return [Export(*row) for row in connection.execute(query.order_by(d.export.c.id.desc()).limit(most))]


def count_open(connection: Connection, scope: str, account: int) -> int:
    """How many of somebody's are still to be made."""
    query = select(func.count()).select_from(d.export).where(
        d.export.c.account == account, d.export.c.state.in_((WAITING, WORKING)), inside(d.export.c.region, scope)
    )  # fmt: skip
    return int(connection.scalar(query) or 0)


def read_export(connection: Connection, scope: str, account: int, number: int) -> Export | None:
    """His own, and in the region; None for anybody else's."""
    if number > LAST_NUMBER:
        return None
    query = select(*_EXPORT).where(
        d.export.c.id == number, d.export.c.account == account, inside(d.export.c.region, scope)
    )
    row = connection.execute(query).first()
    return Export(*row) if row else None


def to_make(connection: Connection, stale: int) -> list[Export]:
    """What waits, and what somebody began who has given no sign of life since `stale`; the oldest first."""
    dead = and_(d.export.c.state == WORKING, d.export.c.touched_at < stale)
    query = select(*_EXPORT).where(or_(d.export.c.state == WAITING, dead)).order_by(d.export.c.id)
    return [Export(*row) for row in connection.execute(query)]


def take(connection: Connection, export: Export, now: int) -> int | None:
    """Make it ours, from its beginning; gives the sign of life to go on with, None when another was quicker."""
    begun = {"state": WORKING, "rows": 0, "done_rows": 0}
    return _change(connection, export.id, export.state, export.touched_at, now, begun)


def tell(connection: Connection, export: int, touched: int, now: int, **what: Any) -> int | None:
    """Say how far it is, or how it ended. touched: the last sign of life; None is given when it is no longer ours."""
    return _change(connection, export, WORKING, touched, now, what)


def _change(
    connection: Connection, export: int, state: str, touched: int, now: int, what: dict[str, Any]
) -> int | None:
    """Whoever has the last sign of life has the export: two nodes never write one file for long."""
    alive = max(now, touched + 1)
    mine = and_(d.export.c.id == export, d.export.c.state == state, d.export.c.touched_at == touched)
    done = connection.execute(update(d.export).where(mine).values(what | {"touched_at": alive}))
    return alive if done.rowcount == 1 else None


def throw_away(connection: Connection, account: int, number: int) -> bool:
    """His own file goes before its time, or is not made at all."""
    mine = and_(d.export.c.id == number, d.export.c.account == account, d.export.c.state != GONE)
    return connection.execute(update(d.export).where(mine).values(state=GONE)).rowcount == 1


def expire(connection: Connection, now: int) -> int:
    """Files past their time count as gone from here on; gives how many."""
    past = and_(d.export.c.state == READY, d.export.c.expires_at <= now)
    return connection.execute(update(d.export).where(past).values(state=GONE)).rowcount


def drop_old(connection: Connection, before: int) -> int:
    """What went long ago is no longer told on the page; the audit log keeps it."""
    old = and_(d.export.c.state.in_((GONE, FAILED)), d.export.c.made_at < before)
    return connection.execute(delete(d.export).where(old)).rowcount


def holds_withdrawn(connection: Connection, export: Export) -> bool:
    """Whether the log says that somebody is in it who was erased, or whose data was restricted, since it was made."""
    in_it = select(d.audit_record.c.record).join(d.audit, d.audit.c.id == d.audit_record.c.audit).where(
        d.audit.c.act == "export", d.audit.c.about.contains(f'"export":{export.id},"filters"', autoescape=True)
    )  # fmt: skip
    gone = in_it.join(t.erasure, t.erasure.c.record == d.audit_record.c.record).where(t.erasure.c.at >= export.made_at)
    kept = in_it.join(d.restriction, d.restriction.c.record == d.audit_record.c.record).where(
        d.restriction.c.since >= export.made_at
    )  # fmt: skip
    return any(connection.execute(query.limit(1)).first() is not None for query in (gone, kept))


def ready(connection: Connection) -> list[Export]:
    """Whatever can be fetched by whoever asked for it."""
    return [Export(*row) for row in connection.execute(select(*_EXPORT).where(d.export.c.state == READY))]


def with_files(connection: Connection) -> set[int]:
    """The numbers of those whose file may lie on the disk."""
    return set(connection.scalars(select(d.export.c.id).where(d.export.c.state.in_((READY, WORKING)))))


# Records as they stand today -----------------------------------------------------------------------------------------

_STANDS = and_(or_(t.record.c.carrier.is_(None), t.record.c.carrier == t.record.c.id), t.record.c.erased.is_(False))
_STANDING = tuple(
    t.record.c[name] for name in ("id", "kind", "home", "fields", "conflicts", "waiting_since", "created_at")
)  # fmt: skip


class Standing(NamedTuple):
    """A record as it stands, today or on a day.

    conflicts: field -> its heads. updated_at: when the last change that it is made of came. Times in milliseconds.
    """

    record: str
    kind: str
    home: str
    fields: dict[str, Any]
    conflicts: dict[str, list[dict[str, Any]]]
    waiting_since: int | None
    created_at: int
    updated_at: int = 0
    coverage: str | None = None


def _standing(row: Any) -> Standing:
    record, kind, home, fields, conflicts, since, created = row
    return Standing(record, kind, home, loads(fields), loads(conflicts) if conflicts else {}, since, created)


def _here(kind: str | None, scope: str) -> ColumnElement[bool]:
    """The records of a kind that stand in a region; without a kind those that wait for a person."""
    of_kind = t.record.c.waiting_since.is_not(None) if kind is None else t.record.c.kind == kind
    return and_(_STANDS, of_kind, inside(t.record.c.home, scope))


def count_standing(connection: Connection, kind: str | None, scope: str) -> int:
    return int(connection.scalar(select(func.count()).select_from(t.record).where(_here(kind, scope))) or 0)


def standing(connection: Connection, kind: str | None, scope: str) -> Iterator[list[Standing]]:
    """The region's records of a kind, village by village; all of one moment where the connection is a snapshot."""
    query = select(*_STANDING).where(_here(kind, scope)).order_by(t.record.c.home, t.record.c.position)
    for rows in connection.execute(query.execution_options(yield_per=AT_ONCE)).partitions(AT_ONCE):
        found = [_standing(row) for row in rows]
        ids = [each.record for each in found]
        times, states = _updated(connection, ids), _coverage(connection, ids, scope)
        yield [
            each._replace(updated_at=times.get(each.record, 0), coverage=states.get((each.record, each.home)))
            for each in found
        ]


def standing_of(connection: Connection, ids: Collection[str], scope: str) -> dict[str, Standing]:
    """Each of these ids -> the record that carries it, where that stands in the region."""
    named = t.record.alias("named")
    carried = t.record.c.id == func.coalesce(named.c.carrier, named.c.id)
    query = select(named.c.id, *_STANDING).join(t.record, carried).where(
        among(named.c.id, "ids"), t.record.c.erased.is_(False), inside(t.record.c.home, scope)
    )  # fmt: skip
    return {row[0]: _standing(row[1:]) for row in connection.execute(query, {"ids": ids})} if ids else {}


_MOMENT = func.coalesce(t.outcome.c.at, t.change.c.received)
"""When a merged change came in: of one that waited, when it was taken in."""


def _updated(connection: Connection, ids: list[str]) -> dict[str, int]:
    """Record -> when the last change came of all that it is made of."""
    carrier = func.coalesce(t.record.c.carrier, t.record.c.id)
    query = (
        select(carrier, func.max(_MOMENT))
        .select_from(_WITH_OUTCOME.join(t.record, t.record.c.id == t.change.c.record))
        .where(_IS_MERGED, or_(among(t.record.c.id, "ids"), among(t.record.c.carrier, "ids"))).group_by(carrier)
    )
    with for_itself():  # times alone, of records that were found inside the region
        return {record: int(at) for record, at in connection.execute(query, {"ids": ids})}


def last_writers(connection: Connection, records: Mapping[str, int | None]) -> dict[str, str | None]:
    """Record -> the account that wrote it last, by its name; None: the machine. Records of desks alone.

    records: each with the moment up to which to look, itself left out; None: up to now.
    """
    query = select(t.change.c.record, _MOMENT, t.change.c.seq, t.change.c.officer).select_from(_WITH_OUTCOME).where(
        among(t.change.c.record, "records"), _IS_MERGED
    )  # fmt: skip
    last: dict[str, tuple[int, int, int | None]] = {}
    with for_itself():  # of records that were found inside the region: who wrote, not what
        for record, moment, seq, author in connection.execute(query, {"records": list(records)}) if records else ():
            until = records[record]
            if until is None or moment < until:
                last[record] = max(last.get(record, (0, 0, None)), (moment, seq, author), key=itemgetter(0, 1))
    names = account_names(connection, {author for _, _, author in last.values() if author is not None})
    return {record: names.get(author or 0) for record, (_, _, author) in last.items()}


def _coverage(connection: Connection, ids: list[str], scope: str) -> dict[tuple[str, str], str]:
    """(worker, village) -> the state of his membership there."""
    query = select(t.cover.c.record, t.cover.c.village, t.cover.c.state).where(
        among(t.cover.c.record, "ids"), inside(t.cover.c.village, scope)
    )  # fmt: skip
    return {(record, village): state for record, village, state in connection.execute(query, {"ids": ids})}


def restricted(connection: Connection) -> set[str]:
    """Every record of people whose data is kept and not used, with all that it is one with."""
    with for_itself():  # to leave them out, wherever they are
        named = set(connection.scalars(select(d.restriction.c.record)))
        return one_with(connection, named) if named else named


# Records as they stood on a day --------------------------------------------------------------------------------------


class Told(NamedTuple):
    """A merged change, and when it came in."""

    change: Change
    moment: int


def ever_here(connection: Connection, kind: str | None, scope: str) -> Iterator[list[str]]:
    """Ids of the records of a kind (None: of any) that are or were at home in a region, joined ones among them.

    Where a record was and is no longer a tombstone stands; of an erased one nothing is left to list.
    """
    of_kind = t.record.c.kind != "link" if kind is None else t.record.c.kind == kind
    lives = and_(of_kind, t.record.c.erased.is_(False))
    here = select(t.record.c.id).where(lives, inside(t.record.c.home, scope))
    left = select(t.record.c.id).join(t.gone, t.gone.c.record == t.record.c.id).where(
        lives, inside(t.gone.c.village, scope)
    )  # fmt: skip
    rows = connection.execute(union(here, left).execution_options(yield_per=AT_ONCE))
    for part in rows.partitions(AT_ONCE):
        yield [row[0] for row in part]


def count_ever_here(connection: Connection, kind: str | None, scope: str) -> int:
    """About how many `ever_here` will give: those that moved away are left out."""
    of_kind = t.record.c.kind != "link" if kind is None else t.record.c.kind == kind
    query = select(func.count()).select_from(t.record).where(of_kind, inside(t.record.c.home, scope))
    return int(connection.scalar(query) or 0)


def told_of(connection: Connection, records: Collection[str]) -> dict[str, list[Told]]:
    """All merged changes addressed to each of the records, whenever they came."""
    query = select(*_CHANGE, _MOMENT).select_from(_WITH_OUTCOME).where(among(t.change.c.record, "records"), _IS_MERGED)
    return _by_record(connection.execute(query.order_by(t.change.c.record), {"records": records}))


def told_of_links(connection: Connection) -> dict[str, list[Told]]:
    """The same of every record that joins two others or tells them apart."""
    query = select(*_CHANGE, _MOMENT).select_from(_WITH_OUTCOME).where(
        t.change.c.record >= "link:", t.change.c.record < "link;", _IS_MERGED
    )  # fmt: skip
    return _by_record(connection.execute(query.order_by(t.change.c.record)))


def _by_record(rows: Iterable[Any]) -> dict[str, list[Told]]:
    told = (Told(read_change(row[:10]), int(row[10])) for row in rows)
    return {record: list(some) for record, some in groupby(told, key=lambda each: each.change.record)}


# Figures -------------------------------------------------------------------------------------------------------------

FIGURES = ("month", "village", *t.COUNTS, "eligible", "eligible_month")


def figures(connection: Connection, scope: str, first: int, last: int, day: str | None) -> Iterator[list[Any]]:
    """Figures by village and month (`FIGURES`) between two months; as they are, or as they were kept on a day."""
    of = t.figure if day is None else t.snapshot
    query = select(*(of.c[name] for name in FIGURES)).where(of.c.month.between(first, last), inside(of.c.village, scope))
    if day is not None:
        query = query.where(t.snapshot.c.day == day)
    rows = connection.execute(query.order_by(of.c.month, of.c.village).execution_options(yield_per=AT_ONCE))
    yield from map(list, rows.partitions(AT_ONCE))


def kept_day(connection: Connection, day: str) -> str | None:
    """The last day up to this one whose figures were kept."""
    return connection.scalar(select(func.max(t.snapshot.c.day)).where(t.snapshot.c.day <= day))


# Doubles, and the log ------------------------------------------------------------------------------------------------


def pairs(connection: Connection, scope: str) -> Iterator[list[Any]]:
    """Pairs that may be one person, both inside the region."""
    columns = ("a", "b", "home_a", "home_b", "same_nik", "probability", "by", "state", "found_at", "comparisons")
    query = select(*(d.pair.c[name] for name in columns)).where(
        inside(d.pair.c.home_a, scope), inside(d.pair.c.home_b, scope)
    )  # fmt: skip
    rows = connection.execute(query.order_by(d.pair.c.a, d.pair.c.b).execution_options(yield_per=AT_ONCE))
    yield from map(list, rows.partitions(AT_ONCE))


def audit_entries(connection: Connection, scope: str, since: int, until: int) -> Iterator[list[Any]]:
    """The audit log's entries of a region between two moments, in the order of the chain."""
    query = select(d.audit).where(
        d.audit.c.at >= since, d.audit.c.at < until, inside(d.audit.c.region, scope)
    ).order_by(d.audit.c.id)  # fmt: skip
    rows = connection.execute(query.execution_options(yield_per=AT_ONCE))
    yield from map(list, rows.partitions(AT_ONCE))


def account_names(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    return {
        number: name for part in in_chunks(ids)
        for number, name in connection.execute(select(t.account.c.id, t.account.c.name).where(t.account.c.id.in_(part)))
    }  # fmt: skip


def device_names(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Device -> the officer who holds it, of devices that are named in records of the region."""
    query = select(t.device.c.id, t.officer.c.name).join(t.officer, t.officer.c.id == t.device.c.officer)
    with for_itself():  # who wrote what stands in a record of the region is told with it
        return {
            device: name for part in in_chunks(ids)
            for device, name in connection.execute(query.where(t.device.c.id.in_(part)))
        }  # fmt: skip


def account_of(connection: Connection, account: int) -> Account | None:
    """An account that is still open."""
    query = select(*_ACCOUNT).where(t.account.c.id == account, t.account.c.closed_at.is_(None))
    row = connection.execute(query).first()
    return Account(*row) if row else None
