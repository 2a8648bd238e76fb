"""Figures by programme over the villages that have a denominator: only these may stand in a rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, case, func, select

from schemas.region import NATION
from server.store import tables as t
from server.store.figures import LENGTH_BELOW

COLUMNS = ("active", "jkk", "jkm", "jht")


class There(NamedTuple):
    """Of the villages that have a denominator: active in both, in JKK, JKM and JHT, and workers. all_of: of all villages.

    None where nothing was counted by programme yet when the figures were frozen, or no village has a denominator.
    """

    counts: tuple[int | None, ...]
    eligible: int | None
    all_of: tuple[int | None, ...]


def by_part(connection: Connection, code: str, month: int, day: str | None = None) -> dict[str, There]:
    """Code -> sums of the regions one level below, of a month; as they are, or as they were frozen on a day."""
    return {part: told for part, _, told in _read(connection, code, [month], day, True)}


def by_month(connection: Connection, code: str, months: Sequence[int]) -> dict[int, There]:
    """Month -> the region's own sums."""
    return {month: told for _, month, told in _read(connection, code, months, None, False)}


def _read(
    connection: Connection, code: str, months: Sequence[int], day: str | None, parted: bool
) -> list[tuple[str, int, There]]:
    of = t.figure if day is None else t.snapshot
    part = func.substr(of.c.village, 1, LENGTH_BELOW[0 if code == NATION else len(code)]).label("part")
    known = of.c.eligible.is_not(None)
    groups = [of.c.month, *([part] if parted else [])]
    query = select(
        *groups, *(func.sum(case((known, of.c[name]), else_=0)) for name in COLUMNS), func.sum(of.c.eligible),
        *(func.sum(of.c[name]) for name in COLUMNS), func.count(of.c.jkk), func.count(),
    ).where(of.c.month.in_(list(months))).group_by(*groups)  # fmt: skip
    if day is not None:
        query = query.where(t.snapshot.c.day == day)
    if code != NATION:
        query = query.where(of.c.village >= code, of.c.village < code + "/")  # "/" comes next after "."
    found, first, size = [], len(groups), len(COLUMNS)
    for row in connection.execute(query):
        counts = [None if number is None else int(number) for number in row[first:]]
        has_programs = counts[-2] == counts[-1]

        there = There(
            _whole(counts[:size], has_programs), counts[size], _whole(counts[size + 1 : 2 * size + 1], has_programs)
        )  # fmt: skip
        found.append((row[1] if parted else code, row[0], there))
    return found


def _whole(numbers: Sequence[int | None], has_programs: bool) -> tuple[int | None, ...]:
    """Where some villages were not counted by programme yet, a sum of the others would mislead."""
    return tuple(numbers) if has_programs else (numbers[0], *(None for _ in numbers[1:]))
