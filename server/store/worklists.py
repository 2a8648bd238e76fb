"""What is to be done in some villages, by record ids."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, case, exists, false, func, or_, select

from schemas.change import DESK_PREFIX, loads
from server.store import desk_tables as d
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
MENDED: ColumnElement[bool] = (
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
"""Of a quarantined change: its record was written to with success since, by its own device or at a desk."""
_WITH_RETURN = _with_outcome(t.change, t.outcome).outerjoin(
    d.returned, and_(d.returned.c.device == t.change.c.device, d.returned.c.seq == t.change.c.seq)
)
_IS_ANSWERED = and_(d.returned.c.note.is_not(None), d.returned.c.note == "")
_OF_DEVICE = (
    select(t.change.c.seq, t.change.c.record, _final(t.change, t.outcome, "errors"), d.returned.c.note)
    .select_from(_WITH_RETURN)
    .where(_final(t.change, t.outcome, "status") == QUARANTINED)
)
_TO_CORRECT = (
    _OF_DEVICE.where(t.change.c.fields.is_not(None), ~MENDED, ~func.coalesce(_IS_ANSWERED, false()))
    .order_by(t.change.c.seq)
)  # fmt: skip
_CORRECTED = (
    _OF_DEVICE.with_only_columns(t.change.c.seq)
    .where(or_(MENDED, _IS_ANSWERED, t.change.c.fields.is_(None))).order_by(t.change.c.seq.desc())
)  # fmt: skip


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


class Wrong(NamedTuple):
    """A quarantined change: codes by field, and what a desk wrote to its officer about it."""

    seq: int
    record: str
    errors: dict[str, list[str]]
    note: str | None


def to_correct(connection: Connection, device: str) -> list[Wrong]:
    """A device's quarantined changes that nobody has mended, and of which no desk said that they need nothing more."""
    rows = connection.execute(_TO_CORRECT.where(t.change.c.device == device))
    return [Wrong(seq, record, loads(errors) if errors else {}, note) for seq, record, errors, note in rows]


def corrected(connection: Connection, device: str, most: int) -> list[int]:
    """The seqs of a device's quarantined changes that are no task for its officer any more, the newest first."""
    return list(connection.scalars(_CORRECTED.where(t.change.c.device == device).limit(most)))
