"""What came of claims, told without names: counts of regions, and their parts, of which small ones are hidden with a guard.

A count below the rule is hidden, and with it the next of its siblings (`programme.disclosure`), so that no subtraction gives
it away: neither a parent less its shown parts, nor a region's total less its shown programmes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from programme.disclosure import hidden
from schemas.region import NATION, level, parent

BROKEN_DOWN = frozenset({"nation", "province", "regency"})
"""Levels of which the parts are told: below them they would all be small."""

LENGTH_OF_REGENCY = 5  # of its code

Counts = Mapping[str, int]
"""Village -> how many."""


class Told(NamedTuple):
    """Of one kind of count what may be shown.

    totals: every region that has any -> its count; away: those of them that are hidden. parts: part -> region -> count, of
    nation, provinces and regencies; parts_away: part -> regions in which it is hidden.
    """

    totals: Mapping[str, int]
    away: frozenset[str]
    parts: Mapping[str, Mapping[str, int]]
    parts_away: Mapping[str, frozenset[str]]

    def total(self, region: str) -> int | None:
        """None: hidden. Nobody at all is no secret."""
        return None if region in self.away else self.totals.get(region, 0)

    def part(self, part: str, region: str) -> int | None:
        """None: hidden, or never told of such a small region."""
        if level(region) not in BROKEN_DOWN or region in self.parts_away.get(part, ()):
            return None
        return self.parts.get(part, {}).get(region, 0)


def told(by_part: Mapping[str, Counts], least: int, totals: Counts | None = None) -> Told:
    """What may be shown of counts that are made up of parts. least: fewer are hidden.

    by_part: part -> region -> how many, where a region may be a regency, since no parts are told below. totals: of villages,
    for what is told down to them; None: what the parts add up to.
    """
    every: dict[str, int] = dict(totals or {})
    if totals is None:
        for counts in by_part.values():
            for region, count in counts.items():
                every[region] = every.get(region, 0) + count
    whole = {region: count for region, count in summed(every).items() if count}
    parts = {
        part: {region: count for region, count in summed(counts).items() if count and _is_large(region)}
        for part, counts in by_part.items()
    }  # fmt: skip
    away = hidden(NATION, tree_of(whole), whole, str, least)
    shallow = tree_of([region for region in whole if _is_large(region)])
    return Told(whole, away, parts, _guarded(parts, shallow, away, least))


def _is_large(region: str) -> bool:
    return region == NATION or len(region) <= LENGTH_OF_REGENCY


def summed(counts: Counts) -> dict[str, int]:
    """The same for every region above the villages, up to the nation."""
    found: dict[str, int] = {}
    for village, count in counts.items():
        region: str | None = village
        while region is not None:
            found[region] = found.get(region, 0) + count
            region = parent(region)
    return found


def tree_of(regions: Collection[str]) -> dict[str, list[str]]:
    """Region -> those of these one level below it, in the order of their codes."""
    tree: dict[str, list[str]] = {}
    for region in sorted(regions):
        above = parent(region)
        if above is not None:
            tree.setdefault(above, []).append(region)
    return tree


def _guarded(
    parts: Mapping[str, Counts], tree: Mapping[str, list[str]], away: frozenset[str], least: int
) -> dict[str, frozenset[str]]:
    """Where each part is hidden. Two ways lead to a number, down the regions and across the parts, and each hides more until
    neither does: hiding only grows, so it ends. Only where the other way hid something is looked at again.
    """
    gone: dict[str, set[str]] = {part: set(away.intersection(counts)) for part, counts in parts.items()}
    below, across = set(parts), {region for counts in parts.values() for region in counts} - away
    while below or across:
        for part in sorted(below):
            more = hidden(NATION, tree, parts[part], str, least, None, gone[part]) - gone[part]
            gone[part] |= more
            across |= more - away
            if not more:
                below.discard(part)
        for region in across:
            for part in _across(region, parts, gone, least):
                gone[part].add(region)
                below.add(part)
        across = set()
    return {part: frozenset(regions) for part, regions in gone.items()}


def _across(
    region: str, parts: Mapping[str, Counts], gone: Mapping[str, Collection[str]], least: int
) -> list[str]:
    """What must be hidden besides in one region, whose total is shown: what is hidden together must be no small number."""
    here = sorted(part for part, counts in parts.items() if region in counts)
    closed = [part for part in here if region in gone[part]]
    open_ = [part for part in here if part not in closed]
    more: list[str] = []
    while closed and open_ and (len(closed) < 2 or sum(parts[part][region] for part in closed) < least):
        more.append(open_.pop(0))
        closed.append(more[-1])
    return more
