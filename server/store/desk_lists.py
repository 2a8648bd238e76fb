"""What waits at the desks besides conflicts: quarantined changes, and changes that are only received."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from server.store import tables as t
from server.store.changes import QUARANTINED

_OF_OUTCOME = and_(t.outcome.c.device == t.change.c.device, t.outcome.c.seq == t.change.c.seq)


def quarantined(connection: Connection, most: int) -> list[dict[str, Any]]:
    """Quarantined changes, the newest first: who sent what, when, and why it was set aside (`errors`, JSON of codes)."""
    query = (
        select(
            t.change.c.device, t.change.c.seq, t.change.c.kind, t.change.c.record, t.change.c.village,
            t.change.c.received, t.officer.c.name.label("officer"),
            func.coalesce(t.outcome.c.errors, t.change.c.errors).label("errors"),
        )
        .select_from(t.change.outerjoin(t.outcome, _OF_OUTCOME).outerjoin(t.officer, t.officer.c.id == t.change.c.officer))
        .where(or_(t.change.c.status == QUARANTINED, t.outcome.c.status == QUARANTINED))
        .order_by(t.change.c.received.desc(), t.change.c.device, t.change.c.seq).limit(most)
    )  # fmt: skip
    return [dict(row._mapping) for row in connection.execute(query)]


def waiting(connection: Connection, most: int) -> list[dict[str, Any]]:
    """Changes that are only received, the longest waiting first."""
    columns = (t.waiting.c.device, t.waiting.c.seq, t.waiting.c.record, t.waiting.c.village, t.waiting.c.since, t.waiting.c.why)
    query = select(*columns).order_by(t.waiting.c.since, t.waiting.c.device, t.waiting.c.seq).limit(most)
    return [dict(row._mapping) for row in connection.execute(query)]
