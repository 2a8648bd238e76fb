"""What regions say of their duties in one half-year, and how many regions owe them."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, case, func, or_, select

from schemas.change import loads
from schemas.region import NATION
from server.store import tables as t
from server.store.entries import AFTER_THE_REGION
from server.store.figures import LENGTH_BELOW
from server.store.scoping import inside

KIND = "duty"


class Said(NamedTuple):
    """What one region says of one duty."""

    record: str
    home: str
    fields: dict[str, Any]


def said_in(connection: Connection, scope: str, region: str, half: str) -> list[Said]:
    """All that was said within a region of a half-year, by the keys that begin with it."""
    query = (
        select(t.record.c.id, t.record.c.home, t.record.c.fields)
        .where(*_under(region), t.record.c.id.like(f"%:{half}.%"), inside(t.record.c.home, scope))
        .order_by(t.record.c.id)
    )
    return [Said(record, home, loads(fields)) for record, home, fields in connection.execute(query)]


LONGEST_REPORTING = 5  # characters of the codes of regions that hand in a report: the nation, provinces, regencies


def reporting(connection: Connection) -> dict[str, str]:
    """Region that hands in reports and keeps the register -> its first key, which begins with the earliest half."""
    first = func.min(t.record.c.id)
    query = select(t.record.c.home, first).where(
        *_under(NATION), func.length(t.record.c.home) <= LONGEST_REPORTING, t.record.c.id.like("%:20__-_.%")
    ).group_by(t.record.c.home)  # fmt: skip
    return {home: record.rpartition(":")[2] for home, record in connection.execute(query)}


def _under(region: str) -> tuple[ColumnElement[bool], ...]:
    low, high = (f"{KIND}:", f"{KIND};") if region == NATION else (f"{KIND}:{region}", f"{KIND}:{region}{AFTER_THE_REGION}")
    return t.record.c.id >= low, t.record.c.id < high, t.record.c.kind == KIND, t.record.c.erased.is_(False)


class Owing(NamedTuple):
    """How many regions there are below one that is told: by the length of their code; of villages those that are desa."""

    part: str
    length: int
    regions: int
    desa: int


def owing(connection: Connection, region: str, day: str) -> list[Owing]:
    """The regions under a region that had not ended on a day, by the part of it (one level below) that they lie in."""
    length = LENGTH_BELOW[0 if region == NATION else len(region)]
    part, long = func.substr(t.region.c.code, 1, length), func.length(t.region.c.code)
    is_desa = case((func.substr(t.region.c.code, 10, 1) != "1", 1), else_=0)
    query = (
        select(part, long, func.count(), func.sum(is_desa))
        .where(long >= length, or_(t.region.c.ended_on.is_(None), t.region.c.ended_on > day))
        .group_by(part, long)
    )
    if region == NATION:
        query = query.where(t.region.c.code != NATION)
    else:
        query = query.where(t.region.c.code >= region, t.region.c.code < region + "/")  # after "." comes "/"
    return [Owing(code, int(size), int(count), int(desa)) for code, size, count, desa in connection.execute(query)]
