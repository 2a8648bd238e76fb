"""Each village's stream: the order in which its records changed, which cursors point into, and its lock.

Positions are given out under the lock of the village's row, so they become visible in their order: a reader who sees
position 12 has seen all that will ever be below it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Connection, select, text
from sqlalchemy.exc import OperationalError

from server.store import tables as t
from server.store.bulk import add_missing, among, change_rows

_STREAM = (
    select(t.stream.c.village, t.stream.c.position, t.stream.c.desk_seq)
    .where(among(t.stream.c.village, "villages"))
    .order_by(t.stream.c.village)
)
_Rows = list[Any]  # (village, position, desk_seq)
_LOCK = _STREAM.with_for_update(key_share=True)
_LOCK_FREE = _STREAM.with_for_update(key_share=True, skip_locked=True)


class Streams:
    """The streams that one transaction has locked."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._positions: dict[str, int] = {}
        self._desk_seqs: dict[str, int] = {}
        self._moved: set[str] = set()

    def lock(
        self, villages: Collection[str], wait_ms: int | None = None, are_enough: Callable[[], bool] | None = None
    ) -> bool:
        """Lock villages in the order of their codes, so that no two transactions wait for each other.

        wait_ms: how long to wait for a busy one; then only those that are free are locked. None: as long as it takes.
        are_enough: asked when they are locked; if not, they are let go again, and False is returned: then lock more,
        in their order. Without a False, call it once a transaction.
        """
        wanted = sorted(set(villages))
        if self._connection.dialect.name == "sqlite":  # whose writers wait at BEGIN
            there = self._lock_all(wanted)
            self._note(there if len(there) == len(wanted) else self._make_and_lock(wanted))
            return True
        attempt = self._connection.begin_nested()
        rows = self._lock_patiently(self._lock_all, wanted, wait_ms)
        if rows is not None and len(rows) < len(wanted):
            attempt.rollback()
            attempt = self._connection.begin_nested()
            rows = self._lock_patiently(self._make_and_lock, wanted, wait_ms)
        if rows is None:  # the wait was too long: take what is free, the rest is merged on the schedule
            attempt.rollback()
            attempt = self._connection.begin_nested()
            rows = list(self._connection.execute(_LOCK_FREE, {"villages": wanted}))
        self._note(rows)
        if are_enough is None or are_enough():
            attempt.commit()
            return True
        attempt.rollback()
        self._positions.clear()
        return False

    def _note(self, rows: _Rows) -> None:
        for village, position, desk_seq in rows:
            self._positions[village] = position
            self._desk_seqs[village] = desk_seq

    def _lock_patiently(
        self, how: Callable[[list[str]], _Rows], wanted: list[str], wait_ms: int | None
    ) -> _Rows | None:
        """None where the wait was in vain; the savepoint must then be given up."""
        if wait_ms is None:
            return how(wanted)
        try:
            self._connection.execute(text(f"SET LOCAL lock_timeout = {int(wait_ms)}"))
            rows = how(wanted)
            self._connection.execute(text("SET LOCAL lock_timeout = 0"))
            return rows
        except OperationalError:
            return None

    def _lock_all(self, wanted: list[str]) -> _Rows:
        return list(self._connection.execute(_LOCK, {"villages": wanted}))

    def _make_and_lock(self, wanted: list[str]) -> _Rows:
        """A village that nothing was ever written to begins its stream; one by one, since a new row is a lock too."""
        rows: _Rows = []
        for village in wanted:
            add_missing(self._connection, t.stream, [{"village": village, "position": 0, "desk_seq": 0, "covered": 0}])
            rows += self._lock_all([village])
        return rows

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
