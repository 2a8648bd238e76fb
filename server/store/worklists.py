"""What is to be done in some villages, by record ids."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    tuple_,
)

from schemas.change import DESK_PREFIX, loads
from server.store import desk_tables as d
from server.store import tables as t
from server.store.bulk import among, in_chunks, put
from server.store.programme_tables import followup

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
_DRAWN = (
    select(t.cover.c.record, t.cover.c.letters, t.cover.c.tasks, t.record.c.heads, t.record.c.derived)
    .join(t.record, t.record.c.id == t.cover.c.record)
    .where(
        t.cover.c.village == bindparam("village"), among(t.cover.c.record, "ids"),
        or_(_LAST.in_(tuple("rRiIbB")), t.cover.c.tasks.is_not(None)),
    )
)  # fmt: skip
_KEPT = select(*followup.c).where(followup.c.village == bindparam("village"), among(followup.c.record, "ids"))
_LISTED = (
    select(followup.c.record, followup.c.what).where(among(followup.c.village, "villages")).order_by(followup.c.record)
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


class Drawn(NamedTuple):
    """What coverage says of a worker for whom there may be something to do. made: the dot of his registration."""

    record: str
    letters: str
    tasks: str | None
    made: tuple[str, int]
    since: str | None


def drawn(connection: Connection, village: str, records: Collection[str]) -> list[Drawn]:
    """Of these workers those whose month is not covered though they were active before, or who have a task."""
    rows = connection.execute(_DRAWN, {"village": village, "ids": records})
    return [
        Drawn(record, letters, tasks, _dot(loads(heads)["*"]), loads(derived).get("since") if derived else None)
        for record, letters, tasks, heads, derived in rows
    ]


def _dot(head: Any) -> tuple[str, int]:
    return head[0], head[1]


class FollowUp(NamedTuple):
    """One thing to do about one worker, as the table has it."""

    village: str
    record: str
    what: str
    is_paid: bool
    officer: int | None
    since: str | None


def kept(connection: Connection, village: str, records: Collection[str]) -> list[FollowUp]:
    return [FollowUp(*row) for row in connection.execute(_KEPT, {"village": village, "ids": records})]


def keep(connection: Connection, rows: Collection[FollowUp]) -> None:
    put(connection, followup, [row._asdict() for row in rows])


def drop(connection: Connection, village: str, rows: Collection[FollowUp]) -> None:
    for part in in_chunks(rows):
        these = tuple_(followup.c.record, followup.c.what).in_([(row.record, row.what) for row in part])
        connection.execute(delete(followup).where(followup.c.village == village, these))


def listed(connection: Connection, villages: Collection[str]) -> list[tuple[str, str]]:
    """Whom these villages have something to do about: record, what."""
    return [(record, what) for record, what in connection.execute(_LISTED, {"villages": villages})]


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
