"""What came of claims in a year: benefits paid by programme, month and region, families by decile, children on scholarship.

Aggregates alone, and of whole calendar years: two periods that may be chosen freely would differ by one claim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from statistics import median
from typing import Any, NamedTuple

from programme import claim, outcomes
from programme.outcomes import Told
from programme.rules import load
from schemas.region import NATION, level
from schemas.region import within as lies_within
from server.db import Connection, reading
from server.store import claims as store
from server.store import regions
from server.store.regions import Region
from server.store.scoping import Scope, for_itself

PROGRAMS = ("JKK", "JKM", "JHT", "scholarship")
DECILES = tuple(range(1, 11))
UNKNOWN = "unknown"


class Sum(NamedTuple):
    """What a line is about, how many claims were paid, and what they came to; None is hidden."""

    what: str
    claims: int | None
    amount: int | None


class Outcomes(NamedTuple):
    """One region in one year. Of each table the parts that there were; None: too few to be shown, or a guard of those.

    families: by decile. children: on scholarship. days: median from the village's report to the money. accidents: by whether
    the village's report (`reported`) and the word to the branch (`told`) came in time; running: no word yet.
    broken_down: False for districts and villages, of which the totals alone are told.
    """

    region: str
    year: int
    years: list[int]
    least: int
    total: Sum
    programs: list[Sum]
    months: list[Sum]
    families: list[Sum]
    regions: list[tuple[Region, Sum]]
    children: int | None
    days: float | None
    refused: list[Sum]
    reported: list[Sum]
    told: list[Sum]
    broken_down: bool


class _Year(NamedTuple):
    """Everything of a year, of all regions, before it is cut to what may be shown."""

    paid: list[Any]
    refused: list[Any]
    accidents: list[Any]


def outcomes_of(scope: Scope, year: int, now_year: int) -> Outcomes:
    """What may be shown of a region's claims in a year."""
    since, until = f"{year:04d}-01-01", f"{year:04d}-12-31"
    least = int(load().on("outcomes_small_below", date(year, 12, 31)).value)
    with reading() as connection:
        with for_itself():  # what may be shown of a region rests on its neighbours; counts alone are read
            whole = _Year(
                store.paid(connection, since, until), store.refused(connection, since, until),
                store.accidents(connection, since, until),
            )  # fmt: skip
        days = store.waits_for_money(connection, scope, since, until)
        first = store.first_year(connection, scope)
        below = regions.children(connection, scope)
    programs, months = _told(whole.paid, lambda row: row.program, least), _told(whole.paid, lambda row: row.month, least)
    families = _told(whole.paid, _decile, least, lambda row: row.families)
    here = [row for row in whole.paid if lies_within(row.region, scope)]
    is_shown = programs.total(scope) is not None
    kids = _told([row for row in whole.paid if row.children], lambda row: "children", least, lambda row: row.children)
    refused = _told(whole.refused, lambda row: row.refused_for or row.outcome, least)
    reported = _told(whole.accidents, lambda row: row.reported_in_time, least)
    told = _told(whole.accidents, lambda row: row.told_in_time or claim.RUNNING, least)
    return Outcomes(
        scope, year, list(range(now_year, int(first or now_year) - 1, -1)), least,
        Sum("", programs.total(scope), _amount(here) if is_shown else None),
        _sums(programs, scope, PROGRAMS, here, lambda row: row.program),
        _sums(months, scope, sorted({row.month for row in here}), here, lambda row: row.month),
        _sums(families, scope, [*map(str, DECILES), UNKNOWN], here, _decile),
        [
            (each, Sum(each.code, programs.total(each.code), _amount_in(here, each.code, programs)))
            for each in below if programs.totals.get(each.code)
        ],
        kids.total(scope),
        _median(days, least) if is_shown else None,
        _counts(refused, scope), _counts(reported, scope), _counts(told, scope), level(scope) in outcomes.BROKEN_DOWN,
    )  # fmt: skip


def _median(days: Iterable[tuple[str, str]], least: int) -> float | None:
    """Of what was paid after it was reported: an old case that was written down later tells nothing of the time it took."""
    took = [(date.fromisoformat(end) - date.fromisoformat(begin)).days for begin, end in days if begin <= end]
    return median(took) if len(took) >= least else None


def _told(
    rows: Iterable[Any], part: Callable[[Any], str], least: int, count: Callable[[Any], int] = lambda row: row.claims
) -> Told:
    by_part: dict[str, dict[str, int]] = {}
    for row in rows:
        counts = by_part.setdefault(part(row), {})
        counts[row.region] = counts.get(row.region, 0) + int(count(row))
    return outcomes.told(by_part, least)


def _sums(told: Told, region: str, order: Iterable[str], rows: list[Any], part: Callable[[Any], str]) -> list[Sum]:
    """The parts of a region that it has any of, in this order."""
    return [
        Sum(each, count, _amount([row for row in rows if part(row) == each]) if count is not None else None)
        for each in order if told.parts.get(each, {}).get(region)
        for count in (told.part(each, region),)
    ]  # fmt: skip


def _counts(told: Told, region: str) -> list[Sum]:
    found: Mapping[str, Mapping[str, int]] = told.parts
    return [Sum(part, told.part(part, region), None) for part in sorted(found) if found[part].get(region)]


def _amount(rows: Iterable[Any]) -> int:
    return sum(int(row.amount) for row in rows)


def _amount_in(rows: list[Any], region: str, told: Told) -> int | None:
    return None if told.total(region) is None else _amount(row for row in rows if lies_within(row.region, region))


def _decile(row: Any) -> str:
    return UNKNOWN if row.decile is None else str(row.decile)


class Line(NamedTuple):
    """A region and a programme; of districts and villages, and beside the programmes, program is empty: all of them."""

    region: str
    program: str
    claims: int | None
    amount: int | None


def lines(connection: Connection, scope: Scope, year: int) -> list[Line]:
    """What may be shown of every region inside the scope that had any claim paid in a year: for lists that leave."""
    least = int(load().on("outcomes_small_below", date(year, 12, 31)).value)
    with for_itself():  # as above
        rows = store.paid(connection, f"{year:04d}-01-01", f"{year:04d}-12-31")
    told = _told(rows, lambda row: row.program, least)
    sums = {"": _amounts(rows)} | {each: _amounts([row for row in rows if row.program == each]) for each in PROGRAMS}
    found: list[Line] = []
    for region in sorted(told.totals, key=lambda code: "" if code == NATION else code):
        if lies_within(region, scope):
            found.append(_line(region, "", told.total(region), sums))
            found += [
                _line(region, each, told.part(each, region), sums)
                for each in PROGRAMS if told.parts.get(each, {}).get(region)
            ]  # fmt: skip
    return found


def _line(region: str, program: str, count: int | None, sums: Mapping[str, Mapping[str, int]]) -> Line:
    return Line(region, program, count, None if count is None else sums[program].get(region, 0))


def _amounts(rows: Iterable[Any]) -> dict[str, int]:
    by_village: dict[str, int] = {}
    for row in rows:
        by_village[row.region] = by_village.get(row.region, 0) + int(row.amount)
    return outcomes.summed(by_village)
