"""Where a judged change meets its record: does it merge, wait, or go to quarantine (protocol section 3, promises 5, 7)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import Enum

from schemas.change import Change, is_desk
from schemas.kinds import Kind
from sync.held import Held


class Wait(Enum):
    """Why a change is only `received` for now; the value is what is stored and shown to operators."""

    BUSY = "busy"  # another transaction holds the village
    RECORD = "record"  # another device's record, which is not here yet
    ORDER = "order"  # an earlier change of the same device to this record waits


MERGE = "merge"
Placed = str | Wait
"""MERGE, a Wait, or the code of the complaint for which it is quarantined."""


def place(
    change: Change,
    kind: Kind,
    held: Held | None,
    villages: Collection[str],
    home_as_seen: Callable[[], str | None],
    may_create: bool = False,
) -> Placed:
    """Say what becomes of a change that was good by itself.

    held: its record (or the one that it is joined in), None when it is not here. villages: of the device.
    home_as_seen: where the record was for the author; asked only when he is not in its village today.
    may_create: an operator lets it create another device's record.
    """
    if is_desk(change.device):
        return MERGE
    if held is None:
        return _create(change, kind, villages, may_create)
    if held.kind != change.kind:
        return "kind-differs"
    if held.erased:
        return "record-erased"
    if change.seq <= held.seen.get(change.device, 0):
        return "below-seen"
    if held.home in villages or home_as_seen() in villages:
        return MERGE
    return "outside-village"


def _create(change: Change, kind: Kind, villages: Collection[str], may_create: bool) -> Placed:
    fixed = kind.fixed_id(change.record)
    if fixed is not None:
        return MERGE if fixed in villages else "outside-village"
    if not may_create and not change.record.startswith(change.device + "-"):
        return Wait.RECORD
    return MERGE if change.village in villages else "outside-village"
