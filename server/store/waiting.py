"""Changes that are received, and wait to be merged."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, exists, or_, select

from server.store import tables as t
from sync.place import Wait

_HAS_RECORD = exists().where(t.record.c.id == t.waiting.c.record)


class Waiting(NamedTuple):
    device: str
    seq: int
    record: str
    village: str
    since: int
    why: str
    is_ripe: bool


def ripe_devices(connection: Connection) -> list[str]:
    """The devices of which something that waits may be able to enter now."""
    query = select(t.waiting.c.device).distinct().where(or_(t.waiting.c.why == Wait.BUSY.value, _HAS_RECORD))
    return list(connection.scalars(query.order_by(t.waiting.c.device)))


def of_device(connection: Connection, device: str) -> list[Waiting]:
    """All that waits of a device, in seq order. is_ripe: its record is here, or it waited for its village alone."""
    query = (
        select(t.waiting, or_(t.waiting.c.why == Wait.BUSY.value, _HAS_RECORD).label("is_ripe"))
        .where(t.waiting.c.device == device).order_by(t.waiting.c.seq)
    )  # fmt: skip
    return [Waiting(*row) for row in connection.execute(query)]


def try_lock_device(connection: Connection, device: str) -> bool:
    """Take the device's row if nobody has it: another node, or a sync of the device's own, is at it otherwise."""
    query = select(t.device.c.id).where(t.device.c.id == device).with_for_update(key_share=True, skip_locked=True)
    return connection.scalar(query) is not None
