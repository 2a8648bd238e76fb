"""Each village's stream: the order in which its records changed, which cursors point into, and its lock.

Positions are given out under the lock of the village's row, so they become visible in their order: a reader who sees
position 12 has seen all that will ever be below it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, select, text
from sqlalchemy.exc import OperationalError

from server.store import tables as t
from server.store.bulk import add_missing, among, change_rows

_STREAM = (
    select(t.stream.c.village, t.stream.c.position, t.stream.c.desk_seq)
    .where(among(t.stream.c.village, "villages"))
    .order_by(t.stream.c.village)
)
_LOCK = _STREAM.with_for_update(key_share=True)
_LOCK_FREE = _STREAM.with_for_update(key_share=True, skip_locked=True)


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
        rows = self._lock_rows(wanted, wait_ms)
        if len(rows) < len(wanted):
            self._make(wanted)
            rows = self._lock_rows(wanted, wait_ms)
        for village, position, desk_seq in rows:
            self._positions[village] = position
            self._desk_seqs[village] = desk_seq

    def _make(self, wanted: list[str]) -> None:
        """A village that nothing was ever written to begins its stream."""
        rows = [{"village": village, "position": 0, "desk_seq": 0, "covered": 0} for village in wanted]
        add_missing(self._connection, t.stream, rows)

    def _lock_rows(self, wanted: list[str], wait_ms: int | None) -> list[Row[Any]]:
        if wait_ms is None or self._connection.dialect.name == "sqlite":  # whose writers wait at BEGIN
            return list(self._connection.execute(_LOCK, {"villages": wanted}))
        try:
            with self._connection.begin_nested():
                self._connection.execute(text(f"SET LOCAL lock_timeout = {int(wait_ms)}"))
                rows = list(self._connection.execute(_LOCK, {"villages": wanted}))
                self._connection.execute(text("SET LOCAL lock_timeout = 0"))
                return rows
        except OperationalError:  # the wait was too long: take what is free, the rest is merged on the schedule
            return list(self._connection.execute(_LOCK_FREE, {"villages": wanted}))

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
            change_rows(
                self._connection, t.stream, "village",
                [
                    {"key": village, "position": self._positions[village], "desk_seq": self._desk_seqs[village]}
                    for village in sorted(self._moved)
                ],
            )  # fmt: skip
            self._moved.clear()


def desk_seqs(connection: Connection, villages: Collection[str]) -> dict[str, int]:
    """Village -> the last seq that its desk gave out."""
    return {village: seq for village, _, seq in connection.execute(_STREAM, {"villages": villages})}


def positions(connection: Connection, villages: Collection[str]) -> dict[str, int]:
    """Village -> the last position that its stream gave out; a village without a stream has 0."""
    found = {village: position for village, position, _ in connection.execute(_STREAM, {"villages": villages})}
    return dict.fromkeys(villages, 0) | found
