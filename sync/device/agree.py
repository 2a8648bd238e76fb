"""Do a phone's copy and the server's records say the same? Told by record id and part, never by value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from schemas.change import canonical, loads
from sync.device.outbox import Outbox

PARTS = ("kind", "village", "fields", "seen", "conflicts")


def disagreements(device: Outbox, fresh: Outbox, village: str) -> Iterator[str]:
    """Where `device` differs from `fresh`, which was enrolled just now and told everything of `village`."""
    ours, theirs = _held(device, village), _held(fresh, village)
    for record in sorted(ours.keys() | theirs.keys()):
        if record not in theirs:
            yield f"{record}: held here, but the server does not tell it"
        elif record not in ours:
            why = device.copies.gone(record)
            yield f"{record}: {why + ' here, but ' if why else 'not held here, though '}the server tells it"
        else:
            yield from (
                f"{record}: {part} differ"
                for part in PARTS
                if canonical(ours[record][part]) != canonical(theirs[record][part])
            )


def _held(outbox: Outbox, village: str) -> dict[str, dict[str, Any]]:
    rows = outbox.disk.rows(
        "SELECT record, kind, village, fields, seen, conflicts FROM records WHERE village = ? AND epoch != '-'", village
    )
    return {
        record: {
            "kind": kind, "village": home, "fields": _without_nulls(loads(fields)), "seen": loads(seen),
            "conflicts": loads(conflicts),
        }
        for record, kind, home, fields, seen, conflicts in rows
    }  # fmt: skip


def _without_nulls(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A cleared field and one that was never set look alike to an officer."""
    return {name: value for name, value in fields.items() if value is not None}


def missing(device: Outbox, made_of: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Own changes that the server said were merged, and that no record is made of.

    made_of: record -> its `seen`, of all records of the villages looked at; records elsewhere are not judged.
    """
    name = device.disk.get("device")
    rows = device.disk.rows(
        "SELECT seq, record FROM changes WHERE device = ? AND status IN ('merged', 'conflict')", name
    )
    for seq, record in rows:
        now = device.copies.resolve(record)
        if now in made_of and made_of[now].get(name, 0) < seq:
            yield f"{record}: change {seq} of {name} was acknowledged as merged, but the record is not made of it"
        elif now not in made_of and device.copies.gone(now) is None:
            yield f"{record}: change {seq} of {name} was acknowledged as merged, but the record is nowhere"
