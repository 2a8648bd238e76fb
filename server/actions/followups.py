"""The desk of contributions and cards: who is to be reminded, asked, won back, visited or handed his card, and by whom."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from programme import months
from programme.membership import ARREARS, DUE_SOON, LAPSED
from programme.rules import load
from schemas.problem import Both
from schemas.region import level
from server.actions.desk_pages import BadCursor
from server.actions.worklists import CARD, REACTIVATED
from server.db import Connection, reading
from server.store import followups as store
from server.store import regions
from server.store.followups import Chosen, Row
from server.store.scoping import Scope
from server.vocabulary import FOLLOWUPS

MOST_ON_PAPER = 500
MOST_OFFICERS = 200
DEEP = ("district", "village")
"""Where officers are told by name, and lists of one region are short enough for a meeting."""
_PLACE = re.compile(r"([0-9.]{13})~([A-Za-z0-9:_.-]{1,64})~([a-z_0-9]{1,20})\Z")


def whats(day: date) -> list[str]:
    """What there may be to do on that day, in the order in which it is told: arrears month by month, by that day's rule."""
    limit = load().on("arrears_limit", day).value
    return [DUE_SOON, *(f"{ARREARS}_{month}" for month in range(1, limit)), LAPSED, REACTIVATED, CARD]


def next_due(day: date) -> date:
    """The due day that is not past yet."""
    rules, month = load(), months.of_day(day)
    due = months.first_day(month).replace(day=rules.on("due_day", day).value)
    if day <= due:
        return due
    after = months.first_day(month + 1)
    return after.replace(day=rules.on("due_day", after).value)


def name_of(what: str) -> Both:
    """What it is called."""
    kind, _, month = what.rpartition("_")
    if what in FOLLOWUPS or kind != ARREARS:
        return FOLLOWUPS.get(what, (what, what))
    return f"Menunggak bulan ke-{month}", f"In arrears, month {month}"


class Line(NamedTuple):
    """A region or an officer. key: its code or number; 0: whom desks registered. counts: by what is to be done."""

    key: str | int
    name: str
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


class Overview(NamedTuple):
    """regions: those one level below, of a village itself. officers: those with most to do, no more than `MOST_OFFICERS`."""

    counts: Mapping[str, int]
    regions: list[Line]
    officers: list[Line]
    more_officers: int


def overview(scope: Scope) -> Overview:
    with reading() as connection:
        parts = store.counts(connection, scope, str(scope))
        by = store.by_officer(connection, scope) if level(scope) in DEEP else {}
        names = regions.names(connection, sorted(parts))
        called = store.officers(connection, scope, [number for number in by if number])
    told = [Line(code, names.get(code, code), counts) for code, counts in sorted(parts.items())]
    officers = sorted(
        (Line(number, called.get(number, ""), counts) for number, counts in by.items()),
        key=lambda line: (-line.total, line.name, line.key),
    )
    sums: dict[str, int] = {}
    for line in told:
        for what, count in line.counts.items():
            sums[what] = sums.get(what, 0) + count
    return Overview(sums, told, officers[:MOST_OFFICERS], max(0, len(officers) - MOST_OFFICERS))


class Page(NamedTuple):
    """rows: a page of them. places: code -> name. officers, serving: who registered them, and who has their villages now."""

    rows: list[Row]
    places: Mapping[str, str]
    officers: Mapping[int, str]
    serving: Mapping[str, list[str]]
    next: str | None

    def whose(self, row: Row) -> list[str]:
        """Whose work it is: who registered him, else who has the village."""
        own = self.officers.get(row.officer or 0)
        return [own] if own else self.serving.get(row.village, [])


def page(scope: Scope, chosen: Chosen, cursor: str | None, most: int) -> Page:
    """Raises BadCursor."""
    after = _place(cursor)
    with reading() as connection:
        rows = store.page(connection, scope, chosen, after, most + 1)
        told = _told(connection, scope, rows[:most])
    return told._replace(next="~".join(rows[most - 1].place) if len(rows) > most else None)


def on_paper(scope: Scope, chosen: Chosen) -> Page:
    """All of one village or officer, by village and name, for a sheet of paper; no more than `MOST_ON_PAPER`.

    Whose data is restricted is on no sheet, which leaves the desk and is seen by others.
    """
    with reading() as connection:
        rows = store.page(connection, scope, chosen, None, MOST_ON_PAPER + 1)
        shown = [row for row in rows[:MOST_ON_PAPER] if not row.restricted]
        by_name = sorted(shown, key=lambda row: (row.village, row.name or "", row.record))
        told = _told(connection, scope, by_name)
    return told._replace(next="more" if len(rows) > MOST_ON_PAPER else None)


def every(connection: Connection, scope: Scope, chosen: Chosen) -> Iterator[Page]:
    for rows in store.every(connection, scope, chosen):
        yield _told(connection, scope, rows)


def how_many(scope: Scope, what: str, most: int) -> int:
    with reading() as connection:
        return store.how_many(connection, scope, what, most)


def _told(connection: Connection, scope: Scope, rows: Collection[Row]) -> Page:
    villages = sorted({row.village for row in rows})
    codes = sorted({*villages, *(code[:8] for code in villages)})
    numbers = {row.officer for row in rows if row.officer}
    lost = {row.village for row in rows if not row.officer}
    return Page(
        list(rows), regions.names(connection, codes), store.officers(connection, scope, numbers),
        store.serving(connection, scope, lost) if lost else {}, None,
    )  # fmt: skip


def _place(cursor: str | None) -> tuple[str, str, str] | None:
    if not cursor:
        return None
    found = _PLACE.match(cursor)
    if not found:
        raise BadCursor
    return found[1], found[2], found[3]
