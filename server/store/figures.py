"""Figures of villages, added up for any region: as they are, or as they were frozen on a day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Table, case, func, select

from schemas.change import loads
from schemas.region import NATION
from server.store import tables as t
from server.store.cover import ELIGIBLE

LENGTH_BELOW = {0: 2, 2: 5, 5: 8, 8: 13, 13: 13}
"""Of a region's code (0: the nation) -> of the codes one level below it."""


class Sums(NamedTuple):
    """A region's figures, added up over its villages.

    counts: None for what was not counted yet when these figures were frozen. eligible: workers of those `villages` that
    have a denominator, None where none has; active_there: the active of these villages; without: villages that have
    figures and no denominator; oldest, newest: months of the denominators.
    """

    counts: dict[str, int | None]
    eligible: int | None
    active_there: int
    villages: int
    without: int
    oldest: int | None
    newest: int | None


def below(connection: Connection, code: str, month: int, day: str | None = None) -> dict[str, Sums]:
    """Code -> figures of a month, of the regions one level below that have any; of a village its own.

    day: as they were frozen on that day; None: as they are.
    """
    return {part: sums for part, _, sums in _summed(connection, code, [month], day, _part(code))}


def by_month(connection: Connection, code: str, months: Sequence[int]) -> dict[int, Sums]:
    """Month -> the region's figures, of the months that have any."""
    return {month: sums for _, month, sums in _summed(connection, code, months, None, None)}


def below_by_month(connection: Connection, code: str, months: Sequence[int]) -> dict[str, dict[int, Sums]]:
    """Code -> month -> figures, of the regions one level below."""
    found: dict[str, dict[int, Sums]] = {}
    for part, month, sums in _summed(connection, code, months, None, _part(code)):
        found.setdefault(part, {})[month] = sums
    return found


def _part(code: str) -> int:
    return LENGTH_BELOW[0 if code == NATION else len(code)]


def _summed(
    connection: Connection, code: str, months: Sequence[int], day: str | None, length: int | None
) -> list[tuple[str, int, Sums]]:
    """Part of the region, month, sums. length: of the parts' codes; None: of the region as a whole."""
    of = t.figure if day is None else t.snapshot
    query = _sums(of, length).where(of.c.month.in_(list(months)))  # single months: the key leads with them
    if day is not None:
        query = query.where(t.snapshot.c.day == day)
    rows = connection.execute(_inside(query, of.c.village, code))
    return [(row[0] if length else code, row[1], _read(row)) for row in rows]


def _sums(of: Table, length: int | None) -> Select[Any]:
    known = of.c.eligible.is_not(None)
    part = func.substr(of.c.village, 1, length) if length else None
    groups = [of.c.month] if part is None else [part, of.c.month]
    return select(
        of.c.month if part is None else part,
        of.c.month,
        *(func.sum(of.c[name]) for name in t.COUNTS),
        func.sum(of.c.eligible),
        func.sum(case((known, of.c.active), else_=0)),
        func.sum(case((known, 1), else_=0)),
        func.sum(case((known, 0), else_=1)),
        func.min(of.c.eligible_month),
        func.max(of.c.eligible_month),
    ).group_by(*groups).order_by(*groups)  # fmt: skip


def _read(row: Any) -> Sums:
    counted = 2 + len(t.COUNTS)
    return Sums(
        {name: None if n is None else int(n) for name, n in zip(t.COUNTS, row[2:counted], strict=True)},
        None if row[counted] is None else int(row[counted]),
        *(int(n) for n in row[counted + 1 : counted + 4]),
        *row[counted + 4 :],
    )


def _inside(query: Select[Any], column: Any, code: str) -> Select[Any]:
    if code == NATION:
        return query
    return query.where(column >= code, column < code + "/")  # what follows "." in a code comes before "/"


def entered(connection: Connection, denominators: Collection[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """Village -> the fields of its `eligible` record, for these (village, month)."""
    ids = [f"{ELIGIBLE}:{village}:{month}" for village, month in denominators]
    query = select(t.record.c.id, t.record.c.fields).where(t.record.c.id.in_(ids), t.record.c.erased.is_(False))
    return {record.split(":")[1]: loads(fields) for record, fields in connection.execute(query)}


def first_month(connection: Connection, code: str) -> int | None:
    """The earliest month of which a region has figures."""
    return connection.scalar(_inside(select(func.min(t.figure.c.month)), t.figure.c.village, code))


def oldest_day(connection: Connection, code: str) -> str | None:
    """The day up to which all villages of a region are drawn; None where none is yet."""
    return connection.scalar(_inside(select(func.min(t.stream.c.covered_on)), t.stream.c.village, code))
