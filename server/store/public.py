"""What the public page is made of: the frozen figures of a day, village by village. Nothing of a person is read here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from server.store import programme_tables as p
from server.store import tables as t


class Frozen(NamedTuple):
    """A village's frozen figures. anybody: how many were ever registered there, counted or not.

    jkk, jkm, jht: None of days from before they were counted. eligible, eligible_month: None without a denominator.
    """

    village: str
    anybody: int
    active: int
    jkk: int | None
    jkm: int | None
    jht: int | None
    eligible: int | None
    eligible_month: int | None


def last_seal(connection: Connection) -> tuple[str, str] | None:
    """The last frozen day, and its seal: read once a minute at the most."""
    row = connection.execute(
        select(p.snapshot_day.c.day, p.snapshot_day.c.seal).order_by(p.snapshot_day.c.day.desc()).limit(1)
    ).first()
    return (row.day, row.seal) if row else None


def villages(connection: Connection, day: str, month: int) -> Iterator[Frozen]:
    """All villages with figures of a month, as they were frozen on a day, in the order of their codes."""
    c = t.snapshot.c
    anybody: Any = c.registered + c.ended + c.incomplete + c.segment + c.age
    query = (
        select(c.village, anybody, c.active, c.jkk, c.jkm, c.jht, c.eligible, c.eligible_month)
        .where(c.day == day, c.month == month).order_by(c.village).execution_options(yield_per=5_000)
    )  # fmt: skip
    for row in connection.execute(query):
        yield Frozen(*row)


def regions(connection: Connection, longest: int) -> dict[str, str]:
    """Code -> name of all regions whose codes are no longer."""
    query = select(t.region.c.code, t.region.c.name).where(func.length(t.region.c.code) <= longest)
    return {code: name for code, name in connection.execute(query)}
