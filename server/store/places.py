"""Regions by their names, also misspelt: what a desk types when it means a village.

The names are kept in the process, since a misspelt one can only be found by looking at all; they change a few times a year.
"""

from __future__ import annotations

from bisect import bisect_left
from threading import Lock
from time import monotonic
from typing import NamedTuple
from weakref import WeakKeyDictionary

from rapidfuzz import fuzz, process
from sqlalchemy import Connection, Engine, select

from schemas.region import NATION
from server.store import tables as t
from server.store.regions import Region

LIKE_ENOUGH, AS_LIKE = 84, 4  # of 100; and how far behind the best one may be meant as well
FRESH_SECONDS = 600
LEAST_LETTERS = 3
_LEVELS = (5, 8, 13)  # code lengths of regencies, districts and villages: a province is chosen by its own page


class _Names(NamedTuple):
    """Sorted by code."""

    codes: list[str]
    names: list[str]
    plain: list[str]
    until: float


_known: WeakKeyDictionary[Engine, _Names] = WeakKeyDictionary()
_lock = Lock()


def like(connection: Connection, scope: str, text: str, most: int = 8) -> list[Region]:
    """The region's own regencies, districts and villages of that name, the nearest first; a code is taken as it is.

    Whole names come before beginnings, these before parts, and misspelt ones only where there is none of them.
    """
    wanted, known = plain(text), _names(connection)
    first, last = _range(known.codes, scope)
    if text.strip() in known.codes[first:last]:
        place = known.codes.index(text.strip(), first, last)
        return [Region(known.codes[place], known.names[place])]
    if len(wanted) < LEAST_LETTERS:
        return []
    names = known.plain[first:last]
    held = sorted(
        ((name != wanted, not name.startswith(wanted), -len(known.codes[first + place]), name), place)
        for place, name in enumerate(names) if wanted in name
    )  # fmt: skip
    places = [place for _, place in held[:most]]
    if not places:
        scored = process.extract(wanted, names, scorer=fuzz.token_sort_ratio, score_cutoff=LIKE_ENOUGH, limit=most)
        places = [place for _, score, place in scored if score >= scored[0][1] - AS_LIKE]
    return [Region(known.codes[first + place], known.names[first + place]) for place in places]


def villages_in(connection: Connection, codes: list[str], most: int = 2000) -> list[str]:
    """The villages of these regions."""
    known = _names(connection)
    found: list[str] = []
    for code in codes:
        first, last = _range(known.codes, code)
        found += [each for each in known.codes[first:last] if len(each) == _LEVELS[-1]]
    return sorted(set(found))[:most]


def plain(text: str) -> str:
    return " ".join("".join(sign if sign.isalnum() else " " for sign in text.upper()).split())


def _range(codes: list[str], scope: str) -> tuple[int, int]:
    if scope == NATION:
        return 0, len(codes)
    return bisect_left(codes, scope), bisect_left(codes, scope + "/")


def _names(connection: Connection) -> _Names:
    with _lock:
        known = _known.get(connection.engine)
        if known is None or known.until < monotonic():
            rows = connection.execute(select(t.region.c.code, t.region.c.name))
            ordered = sorted((code, name) for code, name in rows if len(code) in _LEVELS)
            known = _Names(
                [code for code, _ in ordered], [name for _, name in ordered], [plain(name) for _, name in ordered],
                monotonic() + FRESH_SECONDS,
            )  # fmt: skip
            _known[connection.engine] = known
        return known
