"""A hash of the merged state: equal states have equal digests, on either engine, after a replay and after a refill.

What the server numbers or times takes no part (version, position, receipt, effective times), nor what is drawn besides
the merge. An erased record counts as not there: a server that never had it and one that blanked it hold the same.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, NamedTuple

from schemas.change import canonical, loads
from server.db import snapshot
from server.store import changes, replaying


class Digest(NamedTuple):
    """digest: hexadecimal. records: those that stand, joined ones as one. changes: the merged ones they are made of."""

    digest: str
    records: int
    changes: int


def digest(village: str | None = None) -> Digest:
    """Of everything, or of the records at home in one village and those joined to them; as of one moment."""
    state, records = sha256(), 0
    with snapshot() as connection:
        for row in replaying.standing_rows(connection, village):
            records += not row.is_alias
            state.update(canonical(_told(row)) + b"\n")
        return Digest(state.hexdigest(), records, changes.count_merged(connection, village))


def _told(row: Any) -> list[Any]:
    if row.is_alias:
        return [row.id, row.carrier]
    conflicts = loads(row.conflicts) if row.conflicts else {}
    return [
        row.id, row.kind, row.home, row.carrier, loads(row.fields), loads(row.heads), loads(row.seen),
        {field: [[head["value"], head["by"]] for head in heads] for field, heads in conflicts.items()},
    ]  # fmt: skip
