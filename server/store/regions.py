"""The tree of regions: provinces, regencies, districts (kecamatan) and villages, by their Kemendagri codes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, or_, select, update

from schemas.change import loads
from schemas.region import is_shape, parent
from server.store import desk_tables as d
from server.store import tables as t
from server.store.bulk import add, add_missing, in_chunks
from server.store.regions_data import read_regions
from server.store.scoping import inside

NATION, NATION_NAME = "id", "Indonesia"
_CODE_LENGTHS = (0, 2, 5, 8, 13)  # of the nation and each level below it


class Region(NamedTuple):
    code: str
    name: str


class KnownRegions:
    """Says of a code whether there is such a region; asks the database once for each."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, bool] = {}

    def __call__(self, code: str) -> bool:
        if code not in self._known:
            self._known[code] = is_shape(code) and exists(self._connection, code)
        return self._known[code]


def load_regions(connection: Connection) -> int:
    """Fill the table from the package's data where it is still empty; gives how many rows were added."""
    if connection.scalar(select(func.count()).select_from(t.region)):
        return 0
    rows = [{"code": NATION, "name": NATION_NAME, "parent": ""}]
    rows += [{"code": code, "name": name, "parent": parent(code) or NATION} for code, name in read_regions()]
    for part in in_chunks(rows, 10_000):
        add(connection, t.region, part)
    return len(rows)


def exists(connection: Connection, code: str) -> bool:
    return connection.scalar(select(t.region.c.code).where(t.region.c.code == code)) is not None


def names(connection: Connection, codes: list[str]) -> dict[str, str]:
    """Code -> name, of those that there are."""
    return {
        code: name
        for part in in_chunks(codes)
        for code, name in connection.execute(select(t.region.c.code, t.region.c.name).where(t.region.c.code.in_(part)))
    }


def children(connection: Connection, code: str) -> list[Region]:
    """The regions one level below, in the order of their codes."""
    query = select(t.region.c.code, t.region.c.name).where(t.region.c.parent == code).order_by(t.region.c.code)
    return [Region(*row) for row in connection.execute(query)]


def below(connection: Connection, code: str, levels: int) -> list[Region]:
    """What lies up to so many levels below a region, in the order of codes: of a province some thousand rows."""
    longest = _CODE_LENGTHS[min(_CODE_LENGTHS.index(_length(code)) + levels, len(_CODE_LENGTHS) - 1)]
    query = select(t.region.c.code, t.region.c.name).order_by(t.region.c.code).where(
        func.length(t.region.c.code) <= longest, t.region.c.code != NATION
    )  # fmt: skip
    if code != NATION:  # "/" comes next after "."
        query = query.where(t.region.c.code > code + ".", t.region.c.code < code + "/")
    return [Region(*row) for row in connection.execute(query)]


def _length(code: str) -> int:
    return 0 if code == NATION else len(code)


# What follows what ----------------------------------------------------------------------------------------------------


class Known(NamedTuple):
    """A region as it is kept. added_at: of one that a desk added. ended_on: the day from which others follow it."""

    code: str
    name: str
    added_at: int | None
    ended_on: str | None


class Succession(NamedTuple):
    """From `since` on `new` follows `old`, or took a part of it (then `old` goes on). ended_on: of the old one."""

    old: str
    new: str
    since: str
    why: str
    ended_on: str | None


_KNOWN = tuple(t.region.c[name] for name in Known._fields)


def one(connection: Connection, code: str) -> Known | None:
    row = connection.execute(select(*_KNOWN).where(t.region.c.code == code)).first()
    return Known(*row) if row else None


def known_below(connection: Connection, code: str) -> list[Known]:
    """The regions one level below, ended ones too, in the order of their codes."""
    query = select(*_KNOWN).where(t.region.c.parent == code).order_by(t.region.c.code)
    return [Known(*row) for row in connection.execute(query)]


def known_under(connection: Connection, code: str) -> list[Known]:
    """A region and all below it, of whatever level, in the order of codes: what is above comes before what is below."""
    query = select(*_KNOWN).where(inside(t.region.c.code, code)).order_by(t.region.c.code)
    return [Known(*row) for row in connection.execute(query)]


def add_region(connection: Connection, code: str, name: str, now: int) -> None:
    add(connection, t.region, [{
        "code": code, "name": name, "parent": parent(code) or NATION, "added_at": now, "ended_on": None,
    }])  # fmt: skip


def rename(connection: Connection, code: str, name: str) -> None:
    connection.execute(update(t.region).where(t.region.c.code == code).values(name=name))


def end(connection: Connection, code: str, day: str) -> None:
    connection.execute(update(t.region).where(t.region.c.code == code).values(ended_on=day))


def add_successions(
    connection: Connection, old: str, new: Collection[str], since: str, why: str, by: int | None, now: int
) -> None:
    rows = [{"old": old, "new": code, "since": since, "why": why, "by": by, "at": now} for code in sorted(set(new))]
    add_missing(connection, d.succession, rows)


def successions(connection: Connection, of: str | None = None) -> list[Succession]:
    """All of them, or those that a region is a part of: some dozen a year in a province."""
    s = d.succession.c
    query = (
        select(s.old, s.new, s.since, s.why, t.region.c.ended_on)
        .join(t.region, t.region.c.code == s.old).order_by(s.old, s.new)
    )  # fmt: skip
    if of is not None:
        query = query.where(or_(s.old == of, s.new == of))
    return [Succession(*row) for row in connection.execute(query)]


def month_ended(connection: Connection, village: str) -> str | None:
    """The month (`YYYY-MM`) from which a village counts nobody any more."""
    day = connection.scalar(select(t.region.c.ended_on).where(t.region.c.code == village))
    return day[:7] if day else None


# Who is where ---------------------------------------------------------------------------------------------------------

_LENGTH_BELOW = {0: 2, 2: 5, 5: 8, 8: 13, 13: 13}


class Hands(NamedTuple):
    phones: int
    officers: int


def hands_below(connection: Connection, code: str) -> dict[str, Hands]:
    """Code -> phones not revoked and officers who hold them, of the regions one level below; of a village its own."""
    village, device = t.device_village.c.village, t.device.c
    part = func.substr(village, 1, _LENGTH_BELOW[_length(code)])
    query = (
        select(part, func.count(device.id.distinct()), func.count(device.officer.distinct()))
        .select_from(t.device_village.join(t.device, device.id == t.device_village.c.device))
        .where(device.revoked_at.is_(None), inside(village, code)).group_by(part)
    )  # fmt: skip
    return {row[0]: Hands(row[1], row[2]) for row in connection.execute(query)}


def _workers_at(village: str) -> list[Any]:
    c = t.record.c
    return [
        inside(c.home, village), c.kind == "worker", c.erased.is_(False), or_(c.carrier.is_(None), c.carrier == c.id),
    ]  # fmt: skip


def count_workers_at(connection: Connection, village: str) -> int:
    return int(connection.scalar(select(func.count()).select_from(t.record).where(*_workers_at(village))) or 0)


def workers_at(connection: Connection, village: str, after: str | None, most: int) -> list[str]:
    """Workers at home in a village, by their ids, behind one."""
    query = select(t.record.c.id).where(*_workers_at(village)).order_by(t.record.c.id).limit(most)
    return list(connection.scalars(query.where(t.record.c.id > after) if after is not None else query))


class Neighbourhood(NamedTuple):
    """rt, rw: as officers wrote them; "" where nothing is said."""

    rt: str
    rw: str
    records: list[str]


def neighbourhoods(connection: Connection, village: str) -> list[Neighbourhood]:
    """The workers of a village by RT and RW: of a large village some thousand."""
    found: dict[tuple[str, str], list[str]] = {}
    query = select(t.record.c.id, t.record.c.fields).where(*_workers_at(village)).execution_options(yield_per=1000)
    for record, fields in connection.execute(query):
        said = loads(fields)
        found.setdefault((str(said.get("rt") or ""), str(said.get("rw") or "")), []).append(record)
    return [Neighbourhood(rt, rw, sorted(ids)) for (rt, rw), ids in sorted(found.items())]


def moved_from(connection: Connection, village: str) -> dict[str, int]:
    """New home -> how many records that were once at home in a village are there now."""
    query = select(t.gone.c.into, func.count()).where(t.gone.c.village == village, t.gone.c.why == "moved")
    return {into: int(count) for into, count in connection.execute(query.group_by(t.gone.c.into)) if into}


def share_phones(connection: Connection, old: str, new: Collection[str], both_ways: bool) -> int:
    """Phones of a village get those that follow it; both_ways: and the other way round. Gives how many rows were added."""
    there = {
        village: set(connection.scalars(select(t.device_village.c.device).where(t.device_village.c.village == village)))
        for village in {old, *new}
    }
    wanted = {(device, village) for village in new for device in there[old] - there[village]}
    if both_ways:
        wanted |= {(device, old) for village in new for device in there[village] - there[old]}
    add_missing(connection, t.device_village, [{"device": device, "village": village} for device, village in sorted(wanted)])
    rows = [{"village": village, "position": 0, "desk_seq": 0, "covered": 0} for village in sorted({v for _, v in wanted})]
    add_missing(connection, t.stream, rows)
    return len(wanted)


def move_accounts(connection: Connection, old: str, new: str) -> int:
    """Who signs in for a village that ended signs in for the one that follows it."""
    moved = update(t.account).where(t.account.c.region == old, t.account.c.closed_at.is_(None)).values(region=new)
    return connection.execute(moved).rowcount


# Targets --------------------------------------------------------------------------------------------------------------


def targets(connection: Connection, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Record -> what it says (and its `seen`), of those of these targets that there are: numbers, and no person."""
    found: dict[str, dict[str, Any]] = {}
    for part in in_chunks(ids):
        query = select(t.record.c.id, t.record.c.fields, t.record.c.seen).where(
            t.record.c.id.in_(part), t.record.c.kind == "target", t.record.c.erased.is_(False)
        )
        found |= {row.id: loads(row.fields) | {"seen": loads(row.seen)} for row in connection.execute(query)}
    return found


def targets_of(connection: Connection, code: str) -> dict[str, dict[str, Any]]:
    """Year -> what a region's target says."""
    start = f"target:{code}:"
    query = select(t.record.c.id, t.record.c.fields, t.record.c.seen).where(
        t.record.c.id > start, t.record.c.id < start[:-1] + ";", t.record.c.kind == "target", t.record.c.erased.is_(False)
    )
    return {row.id[len(start) :]: loads(row.fields) | {"seen": loads(row.seen)} for row in connection.execute(query)}
