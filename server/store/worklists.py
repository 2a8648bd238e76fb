"""What is to be done in some villages, by record ids."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, case, exists, func, or_, select

from schemas.change import DESK_PREFIX, loads
from server.store import tables as t
from server.store.bulk import among

QUARANTINED = "quarantined"

_STANDS = and_(or_(t.record.c.carrier.is_(None), t.record.c.carrier == t.record.c.id), t.record.c.erased.is_(False))
_TO_DO = (
    select(t.record.c.id, t.record.c.kind, t.record.c.incomplete, t.record.c.fields, t.record.c.conflicts)
    .where(
        among(t.record.c.home, "villages"),
        or_(t.record.c.incomplete.is_(True), t.record.c.conflicts.is_not(None)),
        _STANDS,
    )
    .order_by(t.record.c.id)
)
_LAST = func.substr(t.cover.c.letters, func.length(t.cover.c.letters), 1)
_UNPAID = (
    select(t.cover.c.record, _LAST)
    .where(among(t.cover.c.village, "villages"), _LAST.in_(tuple("rRiIbB")))
    .order_by(t.cover.c.record)
)
_LATER, _LATER_OUTCOME = t.change.alias("later"), t.outcome.alias("later_outcome")


def _final(change: Any, outcome: Any, column: str) -> Any:
    return func.coalesce(outcome.c[column], change.c[column])


def _with_outcome(change: Any, outcome: Any) -> Any:
    return change.outerjoin(outcome, and_(outcome.c.device == change.c.device, outcome.c.seq == change.c.seq))


_IS_DESK = _LATER.c.device.startswith(DESK_PREFIX)
_MENDED = (
    exists()
    .select_from(_with_outcome(_LATER, _LATER_OUTCOME))
    .where(
        _LATER.c.record == t.change.c.record,
        case(
            (_LATER.c.device == t.change.c.device, _LATER.c.seq > t.change.c.seq),
            else_=and_(_IS_DESK, _LATER.c.received >= t.change.c.received),
        ),
        _final(_LATER, _LATER_OUTCOME, "status") != QUARANTINED,
    )
    .correlate(t.change)
)
_TO_CORRECT = (
    select(t.change.c.seq, t.change.c.record, _final(t.change, t.outcome, "errors"))
    .select_from(_with_outcome(t.change, t.outcome))
    .where(_final(t.change, t.outcome, "status") == QUARANTINED, t.change.c.fields.is_not(None), ~_MENDED)
    .order_by(t.change.c.seq)
)


class ToDo(NamedTuple):
    """A record that lacks something or waits for a person. conflicts: the fields that wait."""

    record: str
    kind: str
    incomplete: bool
    fields: dict[str, Any]
    conflicts: list[str]


def to_do(connection: Connection, villages: Collection[str]) -> list[ToDo]:
    return [
        ToDo(record, kind, bool(incomplete), loads(fields), sorted(loads(conflicts)) if conflicts else [])
        for record, kind, incomplete, fields, conflicts in connection.execute(_TO_DO, {"villages": villages})
    ]


def unpaid(connection: Connection, villages: Collection[str]) -> list[tuple[str, str]]:
    """Workers whose month is not covered though they were active before: id, the letter of this month."""
    return [(record, letter) for record, letter in connection.execute(_UNPAID, {"villages": villages})]


def to_correct(connection: Connection, device: str) -> list[tuple[int, str, dict[str, list[str]]]]:
    """A device's quarantined changes that nobody has mended: seq, record, codes by field.

    Mended is one whose record the device, or a desk, has written to with success since.
    """
    rows = connection.execute(_TO_CORRECT.where(t.change.c.device == device))
    return [(seq, record, loads(errors) if errors else {}) for seq, record, errors in rows]
