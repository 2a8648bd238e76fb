"""What everybody may read: frozen figures of regions down to villages, small numbers hidden, the rest rounded.

Only villages that have a denominator take part, so that counts and rates are of the same villages: from the difference
of two kinds of totals what is hidden could be worked out. How many are left out is said. Free texts stay inside; a
denominator's source is told by its kind.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import date
from threading import Lock
from typing import Any, NamedTuple

from programme import disclosure, months
from programme.disclosure import Counted, Shown
from programme.rules import Rules, load
from schemas.problem import Both
from schemas.region import NATION
from server.actions import snapshots
from server.db import Connection, reading
from server.store import figures, public, regions
from server.store import snapshots as kept
from server.store.public import Frozen
from server.store.scoping import for_itself

LEVELS = (2, 5, 8, 13)  # lengths of codes: province, regency, kecamatan, village
MONTHS_SHOWN = 12
LOOK_AGAIN_SECONDS = 60
DAYS_KEPT = 16
"""Frozen days that are remembered: of the trend's months the large regions alone."""
RULES = ("counted_segments", "due_day", "small_below", "public_least", "public_round")
"""By which the numbers of the page are told."""

SOURCES: tuple[tuple[tuple[str, ...], Both], ...] = (
    (("bps", "sakernas", "sensus penduduk", "podes"), ("BPS", "Statistics Indonesia (BPS)")),
    (("dtsen", "dtks"), ("data sosial ekonomi (DTSEN)", "socio-economic register (DTSEN)")),
    (("musdes", "musyawarah"), ("musyawarah desa", "village meeting")),
    (("prodeskel", "profil desa", "sid", "monografi"), ("profil desa", "village profile")),
    (("dinas", "disnaker", "kecamatan"), ("dinas", "government office")),
    (("pendataan", "data desa", "kantor desa", "rt", "perangkat"), ("pendataan desa", "village count")),
)
"""Words in what was entered -> what everybody is told: what officers write may name somebody."""
OTHER: Both = ("sumber lain", "another source")
NOT_SAID: Both = ("sumber belum diisi", "source not entered")


class Line(NamedTuple):
    """A region as everybody may see it. eligible: its villages' denominators added up; None without any.

    is_empty: nobody was ever registered there. shown: rounded, None is hidden. share: made of the rounded number, 0 to 1
    and more; None where hidden, or of few workers. oldest, newest: months of the denominators. with_, without: villages
    that take part, and those that have no denominator. source: of a village.
    """

    code: str
    name: str
    eligible: int | None
    shown: Shown
    is_empty: bool
    share: float | None
    is_small: bool
    oldest: str | None
    newest: str | None
    with_: int
    without: int
    source: Both | None = None


class Page(NamedTuple):
    """A region, its parts, and its months. day: when all of it was frozen. trend: month -> share; None where hidden."""

    day: str
    month: str
    is_complete: bool
    line: Line
    path: list[tuple[str, str]]
    parts: list[Line]
    trend: list[tuple[str, float | None]]
    rules: Rules
    has_programs: bool


class _Sum:
    """What is added up of a region's villages."""

    __slots__ = ("active", "anybody", "eligible", "jht", "jkk", "jkm", "newest", "oldest", "with_", "without")

    def __init__(self) -> None:
        self.active = self.jkk = self.jkm = self.jht = self.anybody = self.eligible = self.with_ = self.without = 0
        self.oldest: int | None = None
        self.newest: int | None = None

    def add(self, row: Frozen) -> None:
        if row.eligible is None or row.eligible_month is None:
            self.without += 1
            return
        self.with_ += 1
        self.eligible += row.eligible
        self.anybody += row.anybody
        self.active += row.active
        self.jkk += row.active if row.jkk is None else row.jkk
        self.jkm += row.active if row.jkm is None else row.jkm
        self.jht += row.jht or 0
        self.oldest = row.eligible_month if self.oldest is None else min(self.oldest, row.eligible_month)
        self.newest = row.eligible_month if self.newest is None else max(self.newest, row.eligible_month)


class _Tree(NamedTuple):
    """A frozen month of the whole country, as it may be shown."""

    sums: Mapping[str, _Sum]
    parts: Mapping[str, list[str]]
    shown: Mapping[str, Shown]
    has_programs: bool


def tree_of(rows: Iterable[Frozen], rules: Rules, deepest: int = 13) -> _Tree:
    """Add the villages up, and hide what must be hidden. deepest: length of the codes that are kept of it."""
    sums: dict[str, _Sum] = {NATION: _Sum()}
    parts: dict[str, list[str]] = {NATION: []}
    has_programs = True
    for row in rows:
        has_programs = has_programs and row.jkk is not None
        above = NATION
        sums[NATION].add(row)
        for length in LEVELS:
            code = row.village[:length]
            if code not in sums:
                sums[code] = _Sum()
                parts[code] = []
                parts[above].append(code)
            sums[code].add(row)
            above = code
    counts = {code: Counted(s.active, s.jkk, s.jkm, s.jht) for code, s in sums.items() if s.with_ and s.anybody}
    least, base = rules.latest("public_least").value, rules.latest("public_round").value
    shown = disclosure.published(NATION, parts, counts, lambda code: (sums[code].eligible, code), least, base)
    if deepest < LEVELS[-1]:
        sums = {code: each for code, each in sums.items() if len(code) <= deepest}
        shown = {code: each for code, each in shown.items() if len(code) <= deepest}
        parts = {}
    return _Tree(sums, parts, shown, has_programs)


class Publication:
    """What is published now, remembered: each frozen day is read once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._trees: OrderedDict[tuple[str, str, int, int], _Tree] = OrderedDict()
        self._names: dict[str, str] = {}
        self._last: tuple[str, str] | None = None
        self._looked = float("-inf")

    def last(self) -> tuple[str, str] | None:
        """The last frozen day and its seal; looked up anew once a minute."""
        now = time.monotonic()
        if now - self._looked >= LOOK_AGAIN_SECONDS:
            with reading() as connection:
                self._last = public.last_seal(connection)
            self._looked = now
        return self._last

    def page(self, code: str | None) -> Page | None:
        """A region's page (no village has one); None where there is no such region, or nothing was frozen yet.

        code: None is the country, or the one province of which there are figures.
        """
        last = self.last()
        if last is None:
            return None
        with reading() as connection, for_itself():  # numbers that were frozen, and regions' names
            return self._page(connection, last, code)

    def _page(self, connection: Connection, last: tuple[str, str], code: str | None) -> Page | None:
        day, seal = last
        frozen = kept.months(connection, day)
        if not frozen:
            return None
        month = max(frozen)
        tree = self._tree(connection, day, seal, month, 13)
        code = code or _top(tree)
        names = self._names_of(connection)
        if code not in names or len(code) > 8:
            return None
        parts = {region.code: region.name for region in regions.children(connection, code)}
        entered = self._sources(connection, tree, parts) if len(code) == 8 else {}
        steps = [NATION, *(code[:length] for length in LEVELS if length <= len(code) and code != NATION)]
        rules = snapshots.rules_of(day)
        return Page(
            day, months.text(month), month < months.of_day(date.fromisoformat(day)), _line(code, names[code], tree, rules),
            [(step, names[step]) for step in steps if step in names],
            [
                _line(part, name, tree, rules, entered.get(part, NOT_SAID) if len(part) == 13 else None)
                for part, name in sorted(parts.items(), key=lambda p: p[1])
            ],
            self._trend(connection, code, last, month, tree, rules) if len(code) <= 5 else [], rules, tree.has_programs,
        )  # fmt: skip

    def _tree(self, connection: Connection, day: str, seal: str, month: int, deepest: int) -> _Tree:
        key = day, seal, month, deepest
        with self._lock:  # one makes it, the others wait and find it
            if key not in self._trees:
                self._trees[key] = tree_of(public.villages(connection, day, month), load(), deepest)
                while len(self._trees) > DAYS_KEPT:
                    self._trees.popitem(last=False)
            self._trees.move_to_end(key)
            return self._trees[key]

    def _trend(
        self, connection: Connection, code: str, last: tuple[str, str], month: int, tree: _Tree, rules: Rules
    ) -> list[tuple[str, float | None]]:
        """The closing shares of the months before, each as it was frozen, and this one."""
        closed, told = kept.closed(connection), []
        for each in range(month - MONTHS_SHOWN + 1, month):
            if (day := closed.get(each)) is not None and day <= last[0]:
                told.append((each, _line(code, "", self._tree(connection, day, "", each, 5), rules).share))
            elif each in kept.months(connection, last[0]):
                told.append((each, _line(code, "", self._tree(connection, *last, each, 5), rules).share))
        told.append((month, _line(code, "", tree, rules).share))
        return [(months.text(each), share) for each, share in told]

    def _names_of(self, connection: Connection) -> dict[str, str]:
        if not self._names:
            self._names = public.regions(connection, 8)
        return self._names

    @staticmethod
    def _sources(connection: Connection, tree: _Tree, villages: Mapping[str, str]) -> dict[str, Both]:
        there = {code: tree.sums[code].newest for code in villages if code in tree.sums}
        asked = [(code, months.text(month)) for code, month in there.items() if month is not None]
        return {code: source_of(said.get("source")) for code, said in figures.entered(connection, asked).items()}


def _top(tree: _Tree) -> str:
    provinces = tree.parts[NATION]
    return provinces[0] if len(provinces) == 1 else NATION


def _line(code: str, name: str, tree: _Tree, rules: Rules, source: Both | None = None) -> Line:
    found = tree.sums.get(code) or _Sum()
    is_empty = code not in tree.shown
    shown = Shown(0, 0, 0, 0) if is_empty else tree.shown[code]
    is_small = 0 < found.eligible < rules.latest("small_below").value
    share = None
    if found.eligible and not is_small and shown.active is not None:
        share = shown.active / found.eligible
    return Line(
        code, name, found.eligible if found.with_ else None, shown, is_empty, share, is_small, _text(found.oldest),
        _text(found.newest), found.with_, found.without, source,
    )  # fmt: skip


def _text(month: int | None) -> str | None:
    return None if month is None else months.text(month)


def source_of(entered: Any) -> Both:
    """What everybody is told of a denominator's source: its kind, in words of ours."""
    if not isinstance(entered, str) or not entered.strip():
        return NOT_SAID
    words = f" {' '.join(''.join(sign if sign.isalnum() else ' ' for sign in entered.casefold()).split())} "
    return next((says for parts, says in SOURCES if any(f" {part} " in words for part in parts)), OTHER)
