"""Mend what a replay found: draw the views again under the villages' locks, so that devices are told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from schemas.change import is_desk
from server.actions.desks import region_of
from server.actions.drawing import Links, draw, former_homes
from server.actions.entering import ERASED, LINKED, MOVED, named_villages
from server.config import Settings
from server.db import Connection, transaction
from server.store import changes as log
from server.store import erasures, records, replaying
from server.store.bulk import in_chunks
from server.store.life import read_life
from server.store.records import RecordRow
from server.store.regions import KnownRegions
from server.store.replaying import Tombstone
from server.store.streams import Streams
from sync.place import Wait

if TYPE_CHECKING:
    from server.actions.replay import Difference

AT_ONCE = 200
"""Records mended in one transaction: others wait for their villages no longer than that takes."""


def mend(differences: Sequence[Difference], settings: Settings, now: int) -> None:
    """Set right what a comparison found; what changed since is drawn as it is now."""
    tables = {difference.table for difference in differences}
    if tables & {"device", "stream"}:
        with transaction() as connection:
            _mend_counters(connection)
    if "waiting" in tables:
        with transaction() as connection:
            _mend_waiting(connection, now)
    for part in in_chunks(_touched(differences), AT_ONCE):
        with transaction() as connection:
            redraw(connection, part, now)


def _touched(differences: Sequence[Difference]) -> list[str]:
    """The ids of all records that something is wrong with."""
    found = {d.id for d in differences if d.table in ("record", "gone", "change", "edge")}
    return sorted(found | {d.column for d in differences if d.table == "edge"})


def redraw(connection: Connection, ids: Collection[str], now: int) -> None:
    """Draw these records, and all that they are joined with, again from the log: a new version, a new position."""
    erased = set(ids) & replaying.erased_ids(connection)
    erasures.erase_values(connection, sorted(erased), None, "", now)
    _Redrawing(connection, ids).write()


class _Redrawing:
    """Some records on their way from the log to their rows, under the locks of every village they ever named."""

    def __init__(self, connection: Connection, ids: Collection[str]) -> None:
        self.connection, self.streams = connection, Streams(connection)
        self.known = KnownRegions(connection)
        touched = self._look(ids)

        def are_enough() -> bool:
            return self._look(ids) <= touched

        while not self.streams.lock(touched, are_enough=are_enough):  # somebody wrote before we had the locks
            touched |= self._villages()

    def _look(self, ids: Collection[str]) -> set[str]:
        self._read(ids)
        return self._villages()

    def _read(self, ids: Collection[str]) -> None:
        self.links = Links(self.connection)
        self.ids = sorted(self._all_joined(ids))
        self.stored = replaying.rows_of(self.connection, self.ids)
        self.stones = replaying.tombstones_of(self.connection, self.ids)
        self.log = {each.record: each for each in log.addressed_to(self.connection, self.ids)}

    def _all_joined(self, ids: Collection[str]) -> set[str]:
        """The ids, and what they are one with: by the log, by the stored rows, and by the stored links."""
        by_edges = records.links_among(self.connection, ids)
        found = {*ids, *(end for link in by_edges for end in (link.a, link.b))}
        rows = replaying.rows_of(self.connection, found)
        carriers = {row["carrier"] for row in rows.values() if row["carrier"]}
        found |= carriers | set(records.joined_with(self.connection, carriers))
        return {member for each in found for member in self.links.members(each)}

    def _villages(self) -> set[str]:
        named = {row["home"] for row in self.stored.values()} | {stone.village for stone in self.stones}
        named |= named_villages([change for each in self.log.values() for change in each.changes])
        return {village for village in named if self.known(village)}

    def write(self) -> None:
        together = {record: each.changes for record, each in self.log.items()}
        drawn = [draw(self.log[record], self.links, together) for record in self.ids if record in self.log]
        stones = self._stones(drawn)
        self._write_edges()
        records.write_records(self.connection, [self._numbered(row) for row in drawn])
        orphans = [record for record in self.ids if record in self.stored and record not in self.log]
        replaying.delete_records(self.connection, orphans)
        records.drop_gone(self.connection, [(stone.village, stone.record) for stone in self.stones])
        records.put_gone(self.connection, [
            {"village": s.village, "record": s.record, "why": s.why, "into": s.into,
             "position": self.streams.next_position(s.village)}
            for s in stones
        ])  # fmt: skip
        self.streams.write()

    def _numbered(self, row: RecordRow) -> RecordRow:
        """The row with a version and a position that no device has seen."""
        stored = self.stored.get(row.id)
        before = stored["version"] if stored else 0
        alive = [self.stored[each]["version"] for each in self.links.members(row.id) if each in self.stored]
        made = [version for each in self.links.members(row.id) for version in self.log[each].versions]
        row.version = max([before, *alive, *made]) + 1
        row.before = row.held.home if stored else None
        row.position = self.streams.next_position(row.held.home)
        return row

    def _write_edges(self) -> None:
        ids = set(self.ids)
        records.drop_edges_of(self.connection, ids)
        for link in self.links.standing:
            if link.a in ids or link.b in ids:
                records.put_edge(self.connection, link)

    def _stones(self, drawn: Sequence[RecordRow]) -> list[Tombstone]:
        """Where each record is no longer, and what is said of it there."""
        return [stone for row in drawn for stone in self._stones_of(row)] + [
            Tombstone(row["home"], record, 0, ERASED, None)
            for record, row in self.stored.items()
            if record not in self.log and row["home"] in self.streams
        ]

    def _stones_of(self, row: RecordRow) -> list[Tombstone]:
        stored = self.stored.get(row.id)
        left = {stone.village for stone in self.stones if stone.record == row.id and stone.village in self.streams}
        left |= {stored["home"]} if stored and stored["home"] in self.streams else set()
        if row.is_alias:
            return self._alias_stones(row, left)
        if row.held.erased:
            return [Tombstone(village, row.id, 0, ERASED, None) for village in sorted(left | {row.held.home})]
        left |= {village for village in former_homes(self.log[row.id]) if village in self.streams}
        return [Tombstone(village, row.id, 0, MOVED, row.held.home) for village in sorted(left - {row.held.home})]

    def _alias_stones(self, row: RecordRow, left: set[str]) -> list[Tombstone]:
        return [Tombstone(village, row.id, 0, LINKED, row.carrier) for village in sorted(left | {row.held.home})]


def _mend_counters(connection: Connection) -> None:
    epoch, heads = read_life(connection).epoch, replaying.highest_positions(connection)
    desks: dict[str, int] = {}
    for device, seq in log.last_seqs(connection).items():
        village = region_of(epoch, device) if is_desk(device) else None
        if village is not None:
            desks[village] = seq
        elif not is_desk(device):
            replaying.raise_acked(connection, device, seq)
    locked = Streams(connection)
    locked.lock({*heads, *desks})
    for village in sorted({*heads, *desks}):
        replaying.raise_stream(connection, village, heads.get(village, 0), desks.get(village, 0))


def _mend_waiting(connection: Connection, now: int) -> None:
    forgotten, idle = log.waits_wrongly(connection)
    log.drop_waiting(connection, idle)
    changes = log.by_dots(connection, forgotten).values()
    log.add_waiting(connection, [
        {"device": c.device, "seq": c.seq, "record": c.record, "village": c.village, "since": c.received,
         "why": Wait.BUSY.value}
        for c in changes
    ])  # fmt: skip
