"""Figures without people: as a country full of them would have, planted where coverage draws them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select

from programme.rules import load
from server.actions.snapshots import written_rules
from server.store import snapshots
from server.store import tables as t

NONE = dict.fromkeys((*t.COUNTS,), 0)


def figure(connection: Connection, village: str, month: int, eligible: int | None = None, **counts: int) -> None:
    """A village's figures of a month. jkk and jkm are the active unless they are said."""
    active = counts.get("active", 0)
    row: dict[str, Any] = NONE | {"jkk": active, "jkm": active, "covered": active} | counts
    row |= {"month": month, "village": village, "eligible": eligible, "eligible_month": None if eligible is None else month}
    row["registered"] = counts.get("registered", active + sum(
        counts.get(name, 0) for name in ("in_arrears", "inactive", "awaiting", "proposed")
    ))  # fmt: skip
    connection.execute(insert(t.figure), row)


def freeze(connection: Connection, day: str, months: list[int]) -> None:
    snapshots.freeze(connection, day, months, written_rules(load()), 0)


def villages_of(connection: Connection, region: str, most: int = 10_000) -> list[str]:
    """The villages there, by their codes."""
    c = t.region.c
    query = select(c.code).where(c.code > region + ".", c.code < region + "/", c.code.like("%.%.%.%")).order_by(c.code)
    return list(connection.scalars(query.limit(most)))
