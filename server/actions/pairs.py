"""Likely doubles as desks look at them: a list of pairs, and one pair with all that helps to decide."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from schemas.region import common, within
from server.actions.desk_pages import BadCursor, Page
from server.db import reading
from server.store import duplicates as store
from server.store import regions
from server.store.duplicates import OPEN, Asked, Held, Key, Paid, Pair, Writer
from server.store.scoping import for_itself

__all__ = ["Asked"]

MOST_PAID = 200  # contributions shown of a pair
MOST_COUNTED = 1000
_ID = r"([A-Za-z0-9:_.-]{1,64})"
_PLACE = re.compile(rf"([0-9]{{1,15}}(?:\.[0-9]{{1,20}})?(?:e-[0-9]{{1,3}})?)~{_ID}~{_ID}\Z")


class Side(NamedTuple):
    """One of a pair. held: None where he lives outside the region: of him his village alone is told."""

    record: str
    home: str
    held: Held | None


class Row(NamedTuple):
    pair: Pair
    sides: tuple[Side, Side]


def listing(scope: str, asked: Asked, cursor: str | None, limit: int) -> Page:
    """Pairs (`Row`) that concern a region, with those of the two who live there. Raises BadCursor."""
    after = _place(cursor, asked.by_age)
    with reading() as connection:
        pairs = store.listing(connection, scope, asked, after, limit + 1)
        told = pairs[:limit]
        people = store.people_in(connection, scope, {each for pair in told for each in pair.key})
    rows = [Row(pair, _sides(pair, people)) for pair in told]
    last = told[-1] if len(pairs) > limit else None
    place = None if last is None else last.found_at if asked.by_age else repr(last.probability)
    return Page(rows, f"{place}~{last.a}~{last.b}" if last else None)


def _sides(pair: Pair, people: Mapping[str, Held]) -> tuple[Side, Side]:
    a, b = people.get(pair.a), people.get(pair.b)
    return Side(pair.a, a.home if a else pair.home_a, a), Side(pair.b, b.home if b else pair.home_b, b)


def _place(cursor: str | None, by_age: bool) -> tuple[Any, ...] | None:
    if cursor is None:
        return None
    found = _PLACE.match(cursor)
    if not found:
        raise BadCursor
    return (int(float(found[1])) if by_age else float(found[1])), found[2], found[3]


class Opened(NamedTuple):
    """A pair as a desk decides on it. decides: the smallest region that holds both; other: of him who lives elsewhere."""

    pair: Pair
    sides: tuple[Side, Side]
    paid: list[Paid]
    writers: list[Writer]
    carrier: str | None
    decides: str
    masked: str | None

    @property
    def here(self) -> bool:
        return all(side.held is not None for side in self.sides)


def open_pair(scope: str, a: str, b: str) -> Opened | None:
    """One pair that concerns the region; None when there is none."""
    with reading() as connection:
        pair = store.one(connection, scope, (min(a, b), max(a, b)))
        if pair is None:
            return None
        people = store.people_in(connection, scope, pair.key)
        paid = store.paid_for(connection, scope, pair.key, MOST_PAID)
        writers = store.writers_of(connection, scope, pair.key)
        with for_itself():  # which record carries both, and of a neighbour elsewhere no more than first letters
            standing = store.standings(connection, pair.key)
            elsewhere = store.people_in(connection, "id", set(pair.key) - people.keys())
    sides = _sides(pair, people)
    carriers = {standing[each].carrier for each in pair.key if each in standing}
    carrier = carriers.pop() if len(carriers) == 1 else None
    masked = next((_masked(str(held.fields.get("full_name") or "")) for held in elsewhere.values()), None)
    return Opened(pair, sides, paid, writers, carrier, common([side.home for side in sides]) or "id", masked)


def _masked(name: str) -> str:
    """`N••• H•••`: enough to speak of on the telephone, too little to know somebody by."""
    return " ".join(word[0] + "•••" for word in name.split())


def next_open(scope: str, asked: Asked, after: Pair) -> Key | None:
    """The pair that follows in the list, where both live in the region: what can be decided next."""
    place: tuple[Any, ...] | None = (after.found_at if asked.by_age else after.probability, after.a, after.b)
    with reading() as connection:
        for start in (place, None):
            for pair in store.listing(connection, scope, asked._replace(state=OPEN), start, 20):
                if pair.key != after.key and all(within(home, scope) for home in (pair.home_a, pair.home_b)):
                    return pair.key
    return None


def count_open(scope: str) -> tuple[int, int]:
    """How many pairs wait in the region, and how many of them bear one NIK; no more than `MOST_COUNTED` are counted."""
    with reading() as connection:
        return store.count_open(connection, scope, MOST_COUNTED)


def names_of(codes: Collection[str]) -> dict[str, str]:
    with reading() as connection:
        return regions.names(connection, list(codes))
