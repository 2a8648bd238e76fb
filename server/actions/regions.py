"""Look up regions: whether one is there, and what lies below it."""

from __future__ import annotations

from typing import NamedTuple

from schemas.region import is_shape, parent
from server.db import reading
from server.store import regions
from server.store.regions import Hands, Known, Region, Succession


class Below(NamedTuple):
    """A region and those below it, in the order of their codes."""

    region: Region
    regions: list[Region]


def region_exists(code: str) -> bool:
    if not is_shape(code):
        return False
    with reading() as connection:
        return regions.exists(connection, code)


def region_names(codes: list[str]) -> dict[str, str]:
    """Code -> name, of those that there are."""
    with reading() as connection:
        return regions.names(connection, codes)


def regions_below(code: str, levels: int) -> Below | None:
    """A region with what lies up to so many levels below it; None when there is no such region."""
    with reading() as connection:
        named = regions.names(connection, [code])
        if code not in named:
            return None
        return Below(Region(code, named[code]), regions.below(connection, code, levels))


def region_path(code: str) -> list[Region]:
    """The way from the nation down to a region: each with its name, the region itself last."""
    steps: list[str] = [code]
    while (above := parent(steps[0])) is not None:
        steps.insert(0, above)
    named = region_names(steps)
    return [Region(step, named[step]) for step in steps if step in named]


def region_known(code: str) -> Known | None:
    with reading() as connection:
        return regions.one(connection, code)


def known_below(code: str) -> list[Known]:
    """The regions one level below, ended ones too."""
    with reading() as connection:
        return regions.known_below(connection, code)


def hands_below(code: str) -> dict[str, Hands]:
    """Code -> phones and officers of the regions one level below."""
    with reading() as connection:
        return regions.hands_below(connection, code)


def successions_of(code: str) -> list[Succession]:
    with reading() as connection:
        return regions.successions(connection, code)
