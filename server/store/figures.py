"""Figures of villages, added up for any region; and as they were frozen on a day."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Text, case, func, literal, select

from schemas.change import loads
from schemas.region import NATION
from server.store import tables as t
from server.store.bulk import copy_missing
from server.store.cover import ELIGIBLE, FIGURE

_LENGTH_BELOW = {0: 2, 2: 5, 5: 8, 8: 13, 13: 13}  # of a code, and of those one level below it


class Sums(NamedTuple):
    """A region's figures, added up over its villages.

    eligible: workers of those `villages` that have a denominator, None where none has; active_there: the active of
    these villages; without: villages that have figures and no denominator; oldest, newest: months of the denominators.
    """

    counts: dict[str, int]
    eligible: int | None
    active_there: int
    villages: int
    without: int
    oldest: int | None
    newest: int | None


def below(connection: Connection, code: str, month: int) -> dict[str, Sums]:
    """Code -> figures of a month, of the regions one level below that have any; of a village its own."""
    length = _LENGTH_BELOW[0 if code == NATION else len(code)]
    part = func.substr(t.figure.c.village, 1, length)
    known = t.figure.c.eligible.is_not(None)
    query = select(
        part,
        *(func.sum(t.figure.c[name]) for name in t.COUNTS),
        func.sum(t.figure.c.eligible),
        func.sum(case((known, t.figure.c.active), else_=0)),
        func.sum(case((known, 1), else_=0)),
        func.sum(case((known, 0), else_=1)),
        func.min(t.figure.c.eligible_month),
        func.max(t.figure.c.eligible_month),
    ).where(t.figure.c.month == month)
    rows = connection.execute(_inside(query, t.figure.c.village, code).group_by(part).order_by(part))
    counted = len(t.COUNTS)
    return {
        row[0]: Sums(
            {name: int(n) for name, n in zip(t.COUNTS, row[1 : counted + 1], strict=True)},
            None if row[counted + 1] is None else int(row[counted + 1]),
            *(int(n) for n in row[counted + 2 : counted + 5]),
            *row[counted + 5 :],
        )
        for row in rows
    }


def _inside(query: Select[Any], column: Any, code: str) -> Select[Any]:
    if code == NATION:
        return query
    return query.where(column >= code, column < code + "/")  # what follows "." in a code comes before "/"


def entered(connection: Connection, denominators: Collection[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """Village -> the fields of its `eligible` record, for these (village, month)."""
    ids = [f"{ELIGIBLE}:{village}:{month}" for village, month in denominators]
    query = select(t.record.c.id, t.record.c.fields).where(t.record.c.id.in_(ids), t.record.c.erased.is_(False))
    return {record.split(":")[1]: loads(fields) for record, fields in connection.execute(query)}


def oldest_day(connection: Connection, code: str) -> str | None:
    """The day up to which all villages of a region are drawn; None where none is yet."""
    return connection.scalar(_inside(select(func.min(t.stream.c.covered_on)), t.stream.c.village, code))


def freeze(connection: Connection, day: str, months: Collection[int]) -> int:
    """Keep the figures of some months as they are; gives the rows kept, 0 when that day is kept already."""
    if connection.scalar(select(t.snapshot.c.day).where(t.snapshot.c.day == day).limit(1)) is not None:
        return 0
    names = ("month", "village", *FIGURE)
    shown = select(literal(day, Text()), *(t.figure.c[name] for name in names)).where(t.figure.c.month.in_(months))
    copy_missing(connection, t.snapshot, ("day", *names), shown)  # another node may be at it this moment
    return int(connection.scalar(select(func.count()).where(t.snapshot.c.day == day)) or 0)
