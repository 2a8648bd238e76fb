"""Figures as they were frozen on a day: the rows, the seal over them, and the rules that they were told by.

Triggers refuse to change any of it. The seal finds what somebody changed who could go around them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import JSON, Connection, Text, cast, func, literal, select, text

from schemas.change import dumps
from server.store import programme_tables as p
from server.store import tables as t
from server.store.bulk import add_missing, copy_missing
from server.store.cover import FIGURE

_ROW = ("month", "village", *FIGURE)
_AT_ONCE = 5_000


class Day(NamedTuple):
    """A day whose figures were frozen. seal, rules, taken_at: None of days from before there were seals."""

    day: str
    rows: int
    seal: str | None
    rules: str | None
    taken_at: int | None


def freeze(connection: Connection, day: str, months: Collection[int], body: str, now: int) -> int:
    """Keep the figures of some months as they are, sealed, and the rules beside them; gives the rows kept.

    0, and nothing is kept, when that day is kept already. body: the rules as JSON.
    """
    if connection.dialect.name == "postgresql":  # another node may be at it this moment; SQLite's writers take turns
        connection.execute(text("LOCK TABLE snapshot_day IN SHARE ROW EXCLUSIVE MODE"))
    if one(connection, day) is not None:
        return 0
    shown = select(literal(day, Text()), *(t.figure.c[name] for name in _ROW)).where(t.figure.c.month.in_(list(months)))
    copy_missing(connection, t.snapshot, ("day", *_ROW), shown)
    rules = hashlib.sha256(body.encode()).hexdigest()
    rows, seal = sealed(connection, day, rules)
    add_missing(connection, p.kept_rules, [{"hash": rules, "body": body, "kept_at": now}])
    told = {"day": day, "taken_at": now, "rows": rows, "seal": seal, "rules": rules}
    add_missing(connection, p.snapshot_day, [told])
    return rows


def sealed(connection: Connection, day: str, rules: str) -> tuple[int, str]:
    """The number of a day's rows, and the seal that fits them and the hash of the rules: one line of JSON for each,
    in the order of month and village, of what is not null (so that columns added later break no seal).
    """
    digest = hashlib.sha256(_line({"day": day, "rules": rules}))
    query = (
        select(*(t.snapshot.c[name] for name in _ROW)).where(t.snapshot.c.day == day)
        .order_by(t.snapshot.c.month, t.snapshot.c.village).execution_options(yield_per=_AT_ONCE)
    )  # fmt: skip
    rows = 0
    for row in connection.execute(query):
        digest.update(_line({name: value for name, value in zip(_ROW, row, strict=True) if value is not None}))
        rows += 1
    return rows, digest.hexdigest()


def _line(told: dict[str, Any]) -> bytes:
    return dumps(dict(sorted(told.items()))).encode() + b"\n"


def one(connection: Connection, day: str) -> Day | None:
    """What is known of a day; None when no figures were frozen on it."""
    kept = connection.execute(select(p.snapshot_day).where(p.snapshot_day.c.day == day)).first()
    if kept is not None:
        return Day(kept.day, kept.rows, kept.seal, kept.rules, kept.taken_at)
    rows = connection.scalar(select(func.count()).select_from(t.snapshot).where(t.snapshot.c.day == day))
    return Day(day, rows, None, None, None) if rows else None


def days(connection: Connection) -> list[Day]:
    """All frozen days, the newest first."""
    known = {row.day: Day(row.day, row.rows, row.seal, row.rules, row.taken_at) for row in _all(connection)}
    older = [day for day in _days_of_rows(connection) if day not in known]
    found = [*known.values(), *(each for day in older if (each := one(connection, day)))]
    return sorted(found, reverse=True)


def _all(connection: Connection) -> Iterable[Any]:
    return connection.execute(select(p.snapshot_day))


def _days_of_rows(connection: Connection) -> list[str]:
    """Day after day by the key, in one query: there may be a million rows, and few days."""
    first = select(func.min(t.snapshot.c.day).label("day")).cte("days", recursive=True)
    later = select(func.min(t.snapshot.c.day)).where(t.snapshot.c.day > first.c.day).scalar_subquery()
    every = first.union_all(select(later).where(first.c.day.is_not(None)))
    return list(connection.scalars(select(every.c.day).where(every.c.day.is_not(None))))


def months(connection: Connection, day: str) -> list[int]:
    """The months of which a day's figures were frozen."""
    query = select(t.snapshot.c.month).where(t.snapshot.c.day == day).distinct().order_by(t.snapshot.c.month)
    return list(connection.scalars(query))


def days_of_month(connection: Connection, days: Collection[str], month: int) -> list[str]:
    """Of these days those on which figures of a month were frozen, the newest first; one query, however many there are."""
    told = literal(dumps(list(days)), Text())
    if connection.dialect.name == "postgresql":
        asked = func.json_array_elements_text(cast(told, JSON)).table_valued("value")
    else:
        asked = func.json_each(told).table_valued("value")
    there = select(t.snapshot.c.day).where(t.snapshot.c.day == asked.c.value, t.snapshot.c.month == month).exists()
    return sorted(connection.scalars(select(asked.c.value).where(there)), reverse=True)


def rules(connection: Connection, digest: str) -> str | None:
    """The body of kept rules, as JSON."""
    return connection.scalar(select(p.kept_rules.c.body).where(p.kept_rules.c.hash == digest))


# Months that were closed ----------------------------------------------------------------------------------------------


def closed(connection: Connection) -> dict[int, str]:
    """Month -> the frozen day that tells its closing figures."""
    query = select(p.closed_month.c.month, p.closed_month.c.day)
    return {month: day for month, day in connection.execute(query.order_by(p.closed_month.c.month))}


def close(connection: Connection, months: Collection[int], day: str, now: int) -> None:
    """Note that a day tells the closing figures of these months; what was closed before stays."""
    add_missing(connection, p.closed_month, [{"month": month, "day": day, "at": now} for month in sorted(months)])
