"""Coverage figures of a region and of the regions one level below it, for a month."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from programme import months
from programme.indicators import rate
from server.clock import day_at
from server.db import reading
from server.store import figures, regions
from server.store.figures import Sums
from server.store.scoping import for_itself
from server.store.tables import COUNTS

NAMES = {"awaiting": "awaiting_payment"}
NOT_COUNTED = ("incomplete", "segment", "age")
DIGITS = 6  # of a rate


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
        parts = {region.code for region in regions.children(connection, within)} | known.keys() or {within}
        names = regions.names(connection, [within, *parts])
        with for_itself():  # a village's number of workers, not a person
            entered = figures.entered(connection, _villages_with(known))
        as_of = figures.oldest_day(connection, within)
    return {
        "within": within,
        "name": names.get(within, within),
        "month": month,
        "as_of": as_of,
        "complete": month < current,
        "total": _told(added(known.values()), entered.get(within)),
        "regions": [
            {"code": code, "name": names.get(code, code)} | _told(known.get(code, NOTHING), entered.get(code))
            for code in sorted(parts)
        ],
    }


def added(parts: Iterable[Sums]) -> Sums:
    """The figures of several places together."""
    parts = list(parts)
    known = [part for part in parts if part.eligible is not None]
    return Sums(
        {name: sum(part.counts[name] for part in parts) for name in COUNTS},
        sum(part.eligible or 0 for part in known) if known else None,
        sum(part.active_there for part in parts),
        sum(part.villages for part in parts),
        sum(part.without for part in parts),
        min((part.oldest for part in known if part.oldest), default=None),
        max((part.newest for part in known if part.newest), default=None),
    )


NOTHING = added(())


def _villages_with(known: dict[str, Sums]) -> list[tuple[str, str]]:
    """The villages among these that have a denominator, and the month that it was entered for."""
    return [(code, months.text(sums.newest)) for code, sums in known.items() if len(code) == 13 and sums.newest]


def _told(sums: Sums, entered: dict[str, Any] | None) -> dict[str, Any]:
    counts = {NAMES.get(name, name): sums.counts[name] for name in COUNTS if name not in NOT_COUNTED}
    measured = rate(sums.active_there, sums.eligible)
    return counts | {
        "not_counted": {name: sums.counts[name] for name in NOT_COUNTED},
        "eligible": _eligible(sums, entered or {}),
        "rate": None if measured.value is None else round(measured.value, DIGITS),
        "flag": measured.flag,
        "interval": measured.interval and [round(end, DIGITS) for end in measured.interval],
    }


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
