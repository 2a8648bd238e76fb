"""Coverage figures of a region and of the regions one level below it: for a month, or month after month."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from programme import months
from programme.indicators import rate
from programme.rules import Rules
from server.clock import day_at
from server.db import Connection, reading
from server.store import figures, regions
from server.store.figures import Sums
from server.store.scoping import for_itself
from server.store.tables import COUNTS, NOT_KEPT_BEFORE

NAMES = {"awaiting": "awaiting_payment"}
NOT_COUNTED = ("incomplete", "segment", "age")
STATES = tuple(name for name in COUNTS if name not in (*NOT_COUNTED, *NOT_KEPT_BEFORE))
PROGRAMS = ("JKK", "JKM", "JHT")
APART = {"wage_earner": "wage_earners", "apparatus": "apparatus"}
"""Segments that are told apart -> the counts of their workers, and with `_active` of those that have JKK and JKM."""
DIGITS = 6  # of a rate
LONGEST_TREND = 120
"""Months that one trend tells at the most."""


class NotYet(ValueError):
    """The month has not begun in that region; there are no figures of the future."""


def current_month(region: str, now: int) -> str:
    """The region's own month; of the nation its western time counts."""
    return months.text(months.of_day(day_at(now, region)))


def figures_of(within: str, month: str, now: int) -> dict[str, Any]:
    """What `GET /api/v1/coverage` tells of a region that there is. The region's numbers are the sums of its parts.

    month: `YYYY-MM`. Raises NotYet.
    """
    current = current_month(within, now)
    if month > current:
        raise NotYet(month)
    with reading() as connection:
        known = figures.below(connection, within, months.number(month))
        told = region_told(connection, within, known, denominators(connection, known))
        as_of = figures.oldest_day(connection, within)
    return {"month": month, "as_of": as_of, "complete": month < current} | told


def trend_of(within: str, first: str, last: str, now: int) -> list[dict[str, Any]]:
    """A region's figures from one month (`YYYY-MM`) to another, in their order; months without figures are zeros.

    Each is told as `figures_of` tells `total`, with its `month` and whether it is `complete`. Months that have not begun
    are left out; of more than `LONGEST_TREND` the last are told.
    """
    asked, current = _months_of(within, first, last, now)
    with reading() as connection:
        known = figures.by_month(connection, within, asked)
    return [_of_month(month, current, known.get(month, NOTHING)) for month in asked]


def trends_below(within: str, first: str, last: str, now: int) -> dict[str, list[dict[str, Any]]]:
    """The same of each region one level below that has figures: code -> its months."""
    asked, current = _months_of(within, first, last, now)
    with reading() as connection:
        known = figures.below_by_month(connection, within, asked)
    return {
        code: [_of_month(month, current, there.get(month, NOTHING)) for month in asked]
        for code, there in sorted(known.items())
    }


def _months_of(within: str, first: str, last: str, now: int) -> tuple[list[int], str]:
    """The months that are told, and the region's own."""
    current = current_month(within, now)
    asked = range(months.number(first), months.number(min(last, current)) + 1)
    return list(asked)[-LONGEST_TREND:], current


def _of_month(month: int, current: str, sums: Sums) -> dict[str, Any]:
    name = months.text(month)
    return {"month": name, "complete": name < current} | told_of(sums)


def region_told(
    connection: Connection, within: str, known: dict[str, Sums], entered: dict[str, dict[str, Any]],
    rules: Rules | None = None, on: date | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A region and its parts by name, with their figures. known: of the parts; entered: fields of denominators.

    rules, on: by which the figures are told, and on which day these stood; None: by today's.
    """
    parts = {region.code for region in regions.children(connection, within)} | known.keys() or {within}
    names = regions.names(connection, [within, *parts])
    return {
        "within": within,
        "name": names.get(within, within),
        "total": told_of(added(known.values()), entered.get(within), rules, on),
        "regions": [
            {"code": code, "name": names.get(code, code)} | told_of(known.get(code, NOTHING), entered.get(code), rules, on)
            for code in sorted(parts)
        ],
    }


def added(parts: Iterable[Sums]) -> Sums:
    """The figures of several places together."""
    parts = list(parts)
    known = [part for part in parts if part.eligible is not None]
    return Sums(
        {name: _sum(part.counts[name] for part in parts) for name in COUNTS},
        sum(part.eligible or 0 for part in known) if known else None,
        sum(part.active_there for part in parts),
        sum(part.villages for part in parts),
        sum(part.without for part in parts),
        min((part.oldest for part in known if part.oldest), default=None),
        max((part.newest for part in known if part.newest), default=None),
    )


def _sum(numbers: Iterable[int | None]) -> int | None:
    """None where one of them was not counted."""
    every = list(numbers)
    return None if None in every else sum(number or 0 for number in every)


NOTHING = added(())


def denominators(connection: Connection, known: dict[str, Sums]) -> dict[str, dict[str, Any]]:
    """Of villages among these that have a denominator: the fields of the record that says it."""
    there = [(code, months.text(sums.newest)) for code, sums in known.items() if len(code) == 13 and sums.newest]
    with for_itself():  # a village's number of workers, not a person
        return figures.entered(connection, there)


def told_of(
    sums: Sums, entered: dict[str, Any] | None = None, rules: Rules | None = None, on: date | None = None
) -> dict[str, Any]:
    """Figures as they are told: counts, the rate beside its denominator, by programme, and the segments apart."""
    measured = rate(sums.active_there, sums.eligible, rules, on)
    return {NAMES.get(name, name): sums.counts[name] for name in STATES} | {
        "not_counted": {name: sums.counts[name] for name in NOT_COUNTED},
        "programs": _together({program: sums.counts[program.lower()] for program in PROGRAMS}),
        "apart": _together({
            segment: _together({"registered": sums.counts[name], "active": sums.counts[f"{name}_active"]})
            for segment, name in APART.items()
        }),
        "eligible": _eligible(sums, entered or {}),
        "rate": None if measured.value is None else round(measured.value, DIGITS),
        "flag": measured.flag,
        "interval": measured.interval and [round(end, DIGITS) for end in measured.interval],
    }  # fmt: skip


def _together(told: dict[str, Any]) -> dict[str, Any] | None:
    """None where it was not counted yet when the figures were frozen."""
    return None if None in told.values() else told


def _eligible(sums: Sums, entered: dict[str, Any]) -> dict[str, Any] | None:
    """The denominator and where it comes from; over several villages the oldest month, and of how many villages."""
    if sums.eligible is None or sums.oldest is None or sums.newest is None:
        return None
    return {
        "count": sums.eligible,
        "active": sums.active_there,
        "month": months.text(sums.oldest),
        "newest_month": months.text(sums.newest),
        "source": entered.get("source"),
        "method": entered.get("method"),
        "as_of": entered.get("as_of"),
        "villages": sums.villages,
        "villages_without": sums.without,
    }
