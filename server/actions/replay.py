"""Draw every view of records again from the log alone, compare it with what is stored, and mend what differs.

Coverage is not looked at: its own job draws it anew from the records every night.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from itertools import groupby
from typing import Any, NamedTuple

from schemas.change import is_desk
from server.actions.desks import region_of
from server.actions.drawing import Links, differing, draw, sole_is_wrong, wrong_tombstones
from server.actions.entering import ERASED
from server.actions.mending import mend
from server.config import Settings
from server.db import Connection, snapshot
from server.store import changes as log
from server.store import replaying
from server.store.changes import Addressed
from server.store.life import read_life
from server.store.replaying import Tombstone


class Difference(NamedTuple):
    """Where something stored is not what the log says; never a value. column "-": the whole row."""

    table: str
    id: str
    column: str

    def __str__(self) -> str:
        return f"{self.table} {self.id}: {self.column}"


class Replayed(NamedTuple):
    """records: how many were drawn. differences: what was found (and mended, unless it was only a check)."""

    records: int
    differences: list[Difference]


def replay(settings: Settings, now: int, check: bool) -> Replayed:
    """Compare all that is stored of records with the log, as of one moment; mend it unless `check`.

    What is mended gets a new version and a new place in its village's stream, so that devices are told. Harmless to
    repeat, and while others write.
    """
    with snapshot() as connection:
        found = _compare(connection)
    if not check:
        mend(found.differences, settings, now)
    return found


def _compare(connection: Connection) -> Replayed:
    links = Links(connection)
    differences = [*_edges(connection, links), *_queues(connection), *_counters(connection)]
    records = 0
    for addressed, stored, stones in _side_by_side(connection):
        records += addressed is not None
        differences += _record(connection, links, addressed, stored, stones)
    return Replayed(records, differences)


def _side_by_side(
    connection: Connection,
) -> Iterator[tuple[Addressed | None, Mapping[str, Any] | None, list[Tombstone]]]:
    """Of each id that is anywhere: its changes, its row and its tombstones."""
    tagged = merge_by_id(
        ((each.record, 0, each) for each in log.all_merged(connection)),
        ((row["id"], 1, row) for row in replaying.stored_rows(connection)),
        ((record, 2, stones) for record, stones in replaying.all_tombstones(connection)),
    )
    for _, parts in groupby(tagged, key=lambda part: part[0]):
        told: dict[int, Any] = {which: what for _, which, what in parts}
        yield told.get(0), told.get(1), told.get(2, [])


def merge_by_id(*sources: Iterable[tuple[str, int, Any]]) -> Iterator[tuple[str, int, Any]]:
    """Several streams, each in the order of ids, as one; nothing but their ids is compared."""
    return merge(*sources, key=lambda part: part[:2])


def _record(
    connection: Connection, links: Links, addressed: Addressed | None, stored: Mapping[str, Any] | None,
    stones: list[Tombstone],
) -> Iterator[Difference]:  # fmt: skip
    if addressed is None:
        if stored is not None:
            yield Difference("record", stored["id"], "-")
        elif any(stone.why != ERASED for stone in stones):  # an erased record may be one that a restored log never had
            yield Difference("gone", stones[0].record, "-")
        return
    if stored is None:
        yield Difference("record", addressed.record, "-")
        return
    joined = links.joined(addressed.record)
    carries = joined is not None and joined.carrier == addressed.record
    members = log.addressed_to(connection, joined.members) if joined and carries else [addressed]
    row = draw(addressed, links, {each.record: each.changes for each in members})
    columns = differing(row, stored, max(version for each in members for version in each.versions))
    if joined is None and not row.held.erased and sole_is_wrong(addressed, stored):
        columns.append("sole")
    yield from (Difference("record", addressed.record, column) for column in columns)
    home = stored["home"] if row.is_alias else row.held.home
    if wrong_tombstones(row, home, addressed, links, stones):
        yield Difference("gone", addressed.record, "-")


def _edges(connection: Connection, links: Links) -> Iterator[Difference]:
    """The table of standing links; and values that an erasure must not have left."""
    for a, b in sorted({(link.a, link.b) for link in links.standing ^ replaying.all_edges(connection)}):
        yield Difference("edge", a, b)
    for record in replaying.erased_with_values(connection):
        yield Difference("change", record, "fields")


def _queues(connection: Connection) -> Iterator[Difference]:
    forgotten, idle = log.waits_wrongly(connection)
    yield from (Difference("waiting", device, str(seq)) for device, seq in sorted({*forgotten, *idle}))


def _counters(connection: Connection) -> Iterator[Difference]:
    """Numbers that were given out already must lie behind each counter, or they are given out twice."""
    acked, streams = replaying.all_acked(connection), replaying.stream_heads(connection)
    epoch = read_life(connection).epoch
    for device, seq in sorted(log.last_seqs(connection).items()):
        if not is_desk(device):
            if acked.get(device, 0) < seq:
                yield Difference("device", device, "acked")
            continue
        village = region_of(epoch, device)
        if village is not None and streams.get(village, (0, 0))[1] < seq:
            yield Difference("stream", village, "desk_seq")
    for village, position in sorted(replaying.highest_positions(connection).items()):
        if streams.get(village, (0, 0))[0] < position:
            yield Difference("stream", village, "position")
