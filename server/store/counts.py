"""What there is to count for monitors, each by an index."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from server.store import tables as t


class Counts(NamedTuple):
    """waiting: changes only received. oldest_waiting, oldest_conflict: since when, in milliseconds; None without one."""

    waiting: int
    oldest_waiting: int | None
    conflicts: int
    oldest_conflict: int | None
    devices: int
    silent_devices: int


def count(connection: Connection) -> Counts:
    waits, oldest_waiting = connection.execute(select(func.count(), func.min(t.waiting.c.since))).one()
    in_conflict = select(func.count(), func.min(t.record.c.waiting_since)).where(t.record.c.waiting_since.is_not(None))
    conflicts, oldest_conflict = connection.execute(in_conflict).one()
    ours = select(func.count(), func.count(t.device.c.silent_since)).where(t.device.c.revoked_at.is_(None))
    devices, silent = connection.execute(ours).one()
    return Counts(waits, oldest_waiting, conflicts, oldest_conflict, devices, silent)
