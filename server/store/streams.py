"""Each village's stream: the order in which its records changed, which cursors point into, and its lock.

Positions are given out under the lock of the village's row, so they become visible in their order: a reader who sees
position 12 has seen all that will ever be below it.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, select, text, update
from sqlalchemy.exc import OperationalError

from server.store import tables as t
from server.store.bulk import add_missing, in_chunks


class Streams:
    """The streams that one transaction has locked."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._positions: dict[str, int] = {}
        self._desk_seqs: dict[str, int] = {}
        self._moved: set[str] = set()

    def lock(self, villages: Collection[str], wait_ms: int | None = None) -> None:
        """Lock villages in the order of their codes, so that no two transactions wait for each other.

        Call it once a transaction. wait_ms: how long to wait for a busy one; then only those that are free are
        locked. None: as long as it takes.
        """
        wanted = sorted(set(villages))
        if not wanted:
            return
        query = select(t.stream.c.village, t.stream.c.position, t.stream.c.desk_seq).where(
            t.stream.c.village.in_(bindparam("villages", expanding=True))
        )
        self._make(wanted)
        if self._connection.dialect.name == "sqlite":
            rows = [row for part in in_chunks(wanted) for row in self._connection.execute(query, {"villages": part})]
        else:
            rows = self._lock_rows(query.order_by(t.stream.c.village), wanted, wait_ms)
        for village, position, desk_seq in rows:
            self._positions[village] = position
            self._desk_seqs[village] = desk_seq

    def _make(self, wanted: list[str]) -> None:
        there = {
            village
            for part in in_chunks(wanted)
            for village in self._connection.scalars(select(t.stream.c.village).where(t.stream.c.village.in_(part)))
        }
        rows = [{"village": v, "position": 0, "desk_seq": 0, "covered": 0} for v in wanted if v not in there]
        add_missing(self._connection, t.stream, rows)

    def _lock_rows(self, query, wanted: list[str], wait_ms: int | None) -> list:  # type: ignore[no-untyped-def, type-arg]
        if wait_ms is None:
            return list(self._connection.execute(query.with_for_update(key_share=True), {"villages": wanted}))
        try:
            with self._connection.begin_nested():
                self._connection.execute(text(f"SET LOCAL lock_timeout = {int(wait_ms)}"))
                rows = list(self._connection.execute(query.with_for_update(key_share=True), {"villages": wanted}))
                self._connection.execute(text("SET LOCAL lock_timeout = 0"))
                return rows
        except OperationalError:  # the wait was too long: take what is free, the rest is merged on the schedule
            free = query.with_for_update(key_share=True, skip_locked=True)
            return list(self._connection.execute(free, {"villages": wanted}))

    def __contains__(self, village: str) -> bool:
        return village in self._positions

    def next_position(self, village: str) -> int:
        self._positions[village] += 1
        self._moved.add(village)
        return self._positions[village]

    def next_desk_seq(self, village: str) -> int:
        self._desk_seqs[village] += 1
        self._moved.add(village)
        return self._desk_seqs[village]

    def write(self) -> None:
        """Note how far each stream has moved."""
        if self._moved:
            self._connection.execute(
                update(t.stream).where(t.stream.c.village == bindparam("key"))
                .values(position=bindparam("position"), desk_seq=bindparam("desk_seq")),
                [
                    {"key": village, "position": self._positions[village], "desk_seq": self._desk_seqs[village]}
                    for village in sorted(self._moved)
                ],
            )  # fmt: skip
            self._moved.clear()


def desk_seqs(connection: Connection, villages: Collection[str]) -> dict[str, int]:
    """Village -> the last seq that its desk gave out."""
    query = select(t.stream.c.village, t.stream.c.desk_seq).where(t.stream.c.village.in_(bindparam("v", expanding=True)))
    return {village: seq for part in in_chunks(villages) for village, seq in connection.execute(query, {"v": part})}


def positions(connection: Connection, villages: Collection[str]) -> dict[str, int]:
    """Village -> the last position that its stream gave out; a village without a stream has 0."""
    query = select(t.stream.c.village, t.stream.c.position).where(t.stream.c.village.in_(bindparam("v", expanding=True)))
    found = dict.fromkeys(villages, 0)
    for part in in_chunks(villages):
        found.update((village, position) for village, position in connection.execute(query, {"v": part}))
    return found
