"""Records found to be the same person: joined by links, parted by undoing them (protocol section 4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from schemas.change import Change, Dot


class Link(NamedTuple):
    """A standing link, and the dot of the change by which it stands."""

    a: str
    b: str
    dot: Dot


def link_id(a: str, b: str) -> str:
    """The id of the record that says whether two others are the same person; raises ValueError when they are one id."""
    if a == b:
        raise ValueError("a record can't be linked with itself")
    return f"link:{min(a, b)}:{max(a, b)}"


def group(start: Iterable[str], links: Collection[Link]) -> dict[str, frozenset[str]]:
    """For each id in `start` and each id that a chain of standing links leads to: all ids that are one with it."""
    found: dict[str, set[str]] = {record: {record} for record in start}
    for link in links:
        one, other = found.setdefault(link.a, {link.a}), found.setdefault(link.b, {link.b})
        if one is not other:
            one |= other
            for record in other:
                found[record] = one
    return {record: frozenset(members) for record, members in found.items()}


class Joined:
    """Records that are one for now: the smallest id carries what they hold.

    links: the standing links among `members`, each with the dot by which it stands.
    """

    def __init__(self, members: Collection[str], links: Collection[Link]) -> None:
        self.members = frozenset(members)
        self.links = tuple(sorted(link for link in links if link.a in self.members and link.b in self.members))
        self.carrier = min(self.members)
        self.dots = tuple(link.dot for link in self.links)
        self._groups: dict[frozenset[Link], dict[str, frozenset[str]]] = {}

    def has_seen(self, a: Change, b: Change) -> bool:
        """Across ids a change has seen another only when it has seen links by which the two are one now."""
        if not a.has_seen(b):
            return False
        if a.record == b.record:
            return True
        seen = frozenset(link for link in self.links if a.has_seen(link.dot))
        if seen not in self._groups:
            self._groups[seen] = group(self.members, seen)
        return b.record in self._groups[seen][a.record]
