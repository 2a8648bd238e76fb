"""What was known on a past day: the log's changes that had come in by then, folded by the same law as today's records.

What the centre knows is a function of the changes it has, so a past day needs no copy of its own. What the law has erased
since is erased in the past too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.region import within, zone
from server.db import Connection
from server.store import exports
from server.store.exports import Standing, Told
from server.store.records import link_of
from server.store.replaying import erased_ids
from server.store.scoping import Scope, for_itself
from sync.held import Held, hold
from sync.links import Joined, Link, group
from sync.merge import merge_record

Until = Callable[[str], int]
"""A village -> the moment (ms) up to which, itself left out, its changes had come in."""


def end_of(day: date) -> Until:
    """The end of a day, by each village's own clock."""
    ends: dict[str, int] = {}

    def until(village: str) -> int:
        name = zone(village)
        if name not in ends:
            midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZoneInfo(name))
            ends[name] = int(midnight.timestamp() * 1000)
        return ends[name]

    return until


class Past:
    """The records as they stood up to a moment; `connection` reads one moment of today, by whoever may see `scope`."""

    def __init__(self, connection: Connection, scope: Scope, until: Until) -> None:
        self._connection, self._scope, self._until = connection, scope, until
        with for_itself():  # which ids are one tells nothing of anybody; homes are looked at after the fold
            self._erased = erased_ids(connection)
            self._links, self._groups = self._standing_links()

    def count(self, kind: str | None) -> int:
        return exports.count_ever_here(self._connection, kind, self._scope)

    def records(self, kind: str | None) -> Iterator[list[Standing]]:
        """Those that stood in the region then; without a kind those that waited for a person."""
        done: set[str] = set()  # joined ones, which several ids lead to
        for ids in exports.ever_here(self._connection, kind, self._scope):
            carriers = {self._carrier(record) for record in ids} - done
            done |= {carrier for carrier in carriers if carrier in self._groups}
            found = self._draw(carriers)
            yield [each for each in found.values() if (each.conflicts if kind is None else each.kind == kind)]

    def of(self, ids: Collection[str]) -> dict[str, Standing]:
        """Each of these ids -> the record that carried it then, where that stood in the region."""
        drawn = self._draw({self._carrier(record) for record in ids})
        named = ((record, drawn.get(self._carrier(record))) for record in ids)
        return {record: carrier for record, carrier in named if carrier is not None}

    def _carrier(self, record: str) -> str:
        return min(self._groups.get(record, (record,)))

    def _draw(self, carriers: Collection[str]) -> dict[str, Standing]:
        members = {carrier: self._groups.get(carrier, frozenset({carrier})) for carrier in carriers}
        with for_itself():  # a home is known only after the fold; what lies outside is dropped before anybody is told
            told = exports.told_of(self._connection, sorted(set().union(*members.values()))) if members else {}
        drawn = (self._fold(carrier, ids, told) for carrier, ids in sorted(members.items()))
        return {each.record: each for each in drawn if each is not None and within(each.home, self._scope)}

    def _fold(self, carrier: str, ids: frozenset[str], told: dict[str, list[Told]]) -> Standing | None:
        by_then = [each for record in sorted(ids) for each in self._by_then(told.get(record, ()))]
        if not by_then:
            return None
        joined = Joined(ids, self._links) if len(ids) > 1 else None
        held = hold(merge_record(carrier, [each.change for each in by_then], joined))
        if held.erased or carrier in self._erased:
            return None
        return _standing(carrier, held, max(each.moment for each in by_then))

    def _by_then(self, told: Collection[Told]) -> list[Told]:
        return [each for each in told if each.moment < self._until(each.change.village)]

    def _standing_links(self) -> tuple[set[Link], dict[str, frozenset[str]]]:
        """The links that stood by then between records that were there, and the groups that they make."""
        said = []
        for record, told in exports.told_of_links(self._connection).items():
            by_then = self._by_then(told)
            if not by_then:
                continue
            state = merge_record(record, [each.change for each in by_then])
            if state.kind == "link" and not state.erased:
                a, b, same = link_of(hold(state))
                if same:
                    said.append(Link(a, b, state.fields["same"].heads[0].dot))
        there = self._there({end for link in said for end in (link.a, link.b)})
        links = {link for link in said if link.a in there and link.b in there}
        return links, group((), sorted(links))

    def _there(self, ids: set[str]) -> set[str]:
        told = exports.told_of(self._connection, sorted(ids)) if ids else {}
        return {record for record, some in told.items() if self._by_then(some)} - self._erased


def _standing(record: str, held: Held, moment: int) -> Standing:
    return Standing(
        record, held.kind, held.home, held.fields, held.conflicts, held.waiting_since, held.created_at, moment
    )


class Today:
    """The records as they stand, by the views: what `Past` says of this moment, at half its cost."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection, self._scope = connection, scope

    def count(self, kind: str | None) -> int:
        return exports.count_standing(self._connection, kind, self._scope)

    def records(self, kind: str | None) -> Iterator[list[Standing]]:
        yield from exports.standing(self._connection, kind, self._scope)

    def of(self, ids: Collection[str]) -> dict[str, Standing]:
        return exports.standing_of(self._connection, ids, self._scope)


__all__ = ["Past", "Today", "Until", "end_of"]
