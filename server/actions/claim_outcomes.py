"""What came of claims in a year: benefits paid by programme, month and region, families by decile, children on scholarship.

Aggregates alone, and of whole calendar years: two periods that may be chosen freely would differ by one claim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from statistics import median
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from programme import claim, outcomes
from programme.outcomes import Told
from programme.rules import load
from schemas.region import NATION, level
from schemas.region import within as lies_within
from server.db import Connection, engine, reading
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
    """Everything of a year, of all regions, before it is cut to what may be shown. paid: by what -> rows of regencies."""

    villages: list[tuple[str, int, int]]
    paid: Mapping[str, list[Any]]
    refused: list[Any]
    accidents: list[Any]


def outcomes_of(scope: Scope, year: int, now_year: int) -> Outcomes:
    """What may be shown of a region's claims in a year."""
    least = _least(year)
    with reading() as connection:
        whole = _worked_out(connection, year)
        if scope not in whole.of_regions:
            days = store.waits_for_money(connection, scope, *_days(year))
            whole.of_regions[scope] = _median(days, least), store.first_year(connection, scope)
        middle, first = whole.of_regions[scope]
        below = regions.children(connection, scope)
    programs, months, families, kids = whole.programs, whole.months, whole.families, whole.kids
    refused, reported, told, amounts = whole.refused, whole.reported, whole.told, whole.amounts
    is_large, is_shown = level(scope) in outcomes.BROKEN_DOWN, programs.total(scope) is not None
    return Outcomes(
        scope, year, list(range(now_year, int(first or now_year) - 1, -1)), least, _line(scope, "", programs, amounts),
        _sums(programs, scope, PROGRAMS, whole.paid["program"]),
        _sums(months, scope, sorted(months.parts), whole.paid["month"]),
        _sums(families, scope, [*map(str, DECILES), UNKNOWN], whole.paid["decile"]),
        [(each, _line(each.code, each.code, programs, amounts)) for each in below if programs.totals.get(each.code)],
        kids.total(scope) if is_large else None, middle if is_shown else None,
        _counts(refused, scope), _counts(reported, scope), _counts(told, scope), is_large,
    )  # fmt: skip


class _WorkedOut(NamedTuple):
    """What may be told of any region in a year. paid: as of `_Year`; of_regions: median of days, first year of all."""

    paid: Mapping[str, list[Any]]
    programs: Told
    months: Told
    families: Told
    kids: Told
    refused: Told
    reported: Told
    told: Told
    amounts: Mapping[str, int]
    of_regions: dict[str, tuple[float | None, str | None]]


MOST_YEARS = 3
_REMEMBERED: WeakKeyDictionary[Any, dict[int, tuple[int, _WorkedOut]]] = WeakKeyDictionary()
"""Database -> year -> the drawing of claims from which it was worked out: what to hide takes seconds in a whole nation."""


def _worked_out(connection: Connection, year: int) -> _WorkedOut:
    """All of a year, worked out once for each drawing of claims, whoever asks."""
    known = _REMEMBERED.setdefault(engine(), {})
    drawing = store.drawing(connection)  # read first: what is read after it is not older
    if year not in known or known[year][0] != drawing:
        with for_itself():  # what may be shown of a region rests on its neighbours; counts alone are read
            worked_out = _work_out(_read(connection, year), _least(year))
        for other in sorted(known.keys() - {year})[: max(0, len(known) + 1 - MOST_YEARS)]:
            known.pop(other, None)
        known[year] = drawing, worked_out
        return worked_out
    return known[year][1]


def keep_ready() -> None:
    """Work out the years anew that somebody looked at before: a job does it, so that nobody waits for it."""
    for year in list(_REMEMBERED.get(engine(), {})):
        with reading() as connection:
            _worked_out(connection, year)


def _work_out(whole: _Year, least: int) -> _WorkedOut:
    return _WorkedOut(
        whole.paid, _of_programs(whole, least), _told(whole.paid["month"], _part, least),
        _told(whole.paid["decile"], _part, least, _families),
        _told(whole.paid["program"], lambda row: "children", least, lambda row: int(row.children)),
        _told(whole.refused, lambda row: row.refused_for or row.outcome, least),
        _told(whole.accidents, lambda row: row.reported_in_time, least),
        _told(whole.accidents, lambda row: row.told_in_time or claim.RUNNING, least), _amounts(whole.villages), {},
    )  # fmt: skip


def _days(year: int) -> tuple[str, str]:
    return f"{year:04d}-01-01", f"{year:04d}-12-31"


def _least(year: int) -> int:
    return int(load().on("outcomes_small_below", date(year, 12, 31)).value)


def _read(connection: Connection, year: int) -> _Year:
    days = _days(year)
    paid = {part: store.paid_in_regencies(connection, part, *days) for part in store.PARTS}
    return _Year(
        store.paid_in_villages(connection, *days), paid, store.refused(connection, *days),
        store.accidents(connection, *days),
    )  # fmt: skip


def _median(days: Iterable[tuple[str, str]], least: int) -> float | None:
    """Of what was paid after it was reported: an old case that was written down later tells nothing of the time it took."""
    took = [(date.fromisoformat(end) - date.fromisoformat(begin)).days for begin, end in days if begin <= end]
    return median(took) if len(took) >= least else None


def _part(row: Any) -> str:
    return UNKNOWN if row.part is None else str(row.part)


def _families(row: Any) -> int:
    return int(row.families)


def _of_programs(whole: _Year, least: int) -> Told:
    """Programmes of regencies and above, and all of them together down to the villages."""
    return outcomes.told(
        _by_part(whole.paid["program"], _part, _claims), least, {village: count for village, count, _ in whole.villages}
    )


def _told(
    rows: Iterable[Any], part: Callable[[Any], str], least: int, count: Callable[[Any], int] | None = None
) -> Told:
    return outcomes.told(_by_part(rows, part, count or _claims), least)


def _claims(row: Any) -> int:
    return int(row.claims)


def _by_part(
    rows: Iterable[Any], part: Callable[[Any], str], count: Callable[[Any], int]
) -> dict[str, dict[str, int]]:
    by_part: dict[str, dict[str, int]] = {}
    for row in rows:
        counts = by_part.setdefault(part(row), {})
        counts[row.regency] = counts.get(row.regency, 0) + count(row)
    return by_part


def _sums(told: Told, region: str, order: Iterable[str], rows: list[Any]) -> list[Sum]:
    """The parts of a region that it has any of, in this order."""
    here = [row for row in rows if lies_within(row.regency, region)]
    found = []
    for each in order:
        if told.parts.get(each, {}).get(region):
            count = told.part(each, region)
            amount = sum(int(row.amount) for row in here if _part(row) == each)
            found.append(Sum(each, count, amount if count is not None else None))
    return found


def _counts(told: Told, region: str) -> list[Sum]:
    return [Sum(part, told.part(part, region), None) for part in sorted(told.parts) if told.parts[part].get(region)]


def _line(region: str, what: str, told: Told, amounts: Mapping[str, int]) -> Sum:
    count = told.total(region)
    return Sum(what, count, None if count is None else amounts.get(region, 0))


def _amounts(villages: Iterable[tuple[str, int, int]]) -> dict[str, int]:
    return outcomes.summed({village: amount for village, _, amount in villages})


class Line(NamedTuple):
    """A region and a programme; of districts and villages, and beside the programmes, program is empty: all of them."""

    region: str
    program: str
    claims: int | None
    amount: int | None


def lines(connection: Connection, scope: Scope, year: int) -> list[Line]:
    """What may be shown of every region inside the scope that had any claim paid in a year: for lists that leave."""
    with for_itself():  # as above
        whole = _read(connection, year)
    told, rows = _of_programs(whole, _least(year)), whole.paid["program"]
    amounts = _amounts(whole.villages)
    found: list[Line] = []
    for region in sorted(told.totals, key=lambda code: "" if code == NATION else code):
        if lies_within(region, scope):
            total = _line(region, "", told, amounts)
            found.append(Line(region, "", total.claims, total.amount))
            if level(region) in outcomes.BROKEN_DOWN:
                found += [Line(region, *each) for each in _sums(told, region, PROGRAMS, rows)]
    return found
