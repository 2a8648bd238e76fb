"""What has lain for longer than it may: what the schedule drops by itself, and whom it puts before a person."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, func, or_, select, tuple_, update

from schemas.change import loads
from server.store import desk_tables as d
from server.store import tables as t
from server.store.bulk import add_missing, in_chunks
from server.store.scoping import inside

AT_ONCE = 500
WORKER, CLAIM, CONTRIBUTION = "worker", "claim", "contribution"
WITHDRAWN, PROPOSED = "withdrawn", "proposed"


class Due(NamedTuple):
    """A record whose time has run out, by which rule, and from when on nothing was done with it."""

    record: str
    home: str
    rule: str
    since: int


# What the job drops ---------------------------------------------------------------------------------------------------


def old_quarantined(connection: Connection, before: int, most: int) -> list[tuple[str, int]]:
    """Dots of quarantined changes received before a moment whose content is still here."""
    c, o = t.change.c, t.outcome.c
    said = or_(c.fields.is_not(None), c.sent.is_not(None))
    at_once = select(c.device, c.seq).where(c.status == "quarantined", c.received < before, said)
    later = (
        select(c.device, c.seq).join(t.outcome, and_(o.device == c.device, o.seq == c.seq))
        .where(o.status == "quarantined", c.received < before, said)
    )  # fmt: skip
    rows = connection.execute(at_once.union(later).order_by("device", "seq").limit(most))
    return [(device, seq) for device, seq in rows]


def blank(connection: Connection, dots: Collection[tuple[str, int]]) -> None:
    """Their values go; dots, times and hashes stay, and no desk's note to their officer is left."""
    c, r = t.change.c, d.returned.c
    for part in in_chunks(list(dots), 200):
        nothing = {"fields": None, "sent": None, "errors": None}
        connection.execute(update(t.change).where(tuple_(c.device, c.seq).in_(part)).values(**nothing))
        connection.execute(delete(d.returned).where(tuple_(r.device, r.seq).in_(part)))


def drop_evidence(connection: Connection, before: int) -> int:
    return connection.execute(delete(t.evidence).where(t.evidence.c.at < before)).rowcount


def empty_lists(connection: Connection, before: int) -> int:
    """What the rows of lists said that nobody has touched since."""
    old = select(d.list_file.c.id).where(d.list_file.c.touched_at < before)
    rows = (d.list_row.c.list.in_(old), d.list_row.c.said.is_not(None))
    return connection.execute(update(d.list_row).where(*rows).values(said=None, about=None)).rowcount


def drop_exports(connection: Connection, before: int) -> int:
    e = d.export.c
    gone = (e.state.in_(("gone", "failed")), e.touched_at < before)
    return connection.execute(delete(d.export).where(*gone)).rowcount


def drop_notes(connection: Connection, before: int) -> int:
    old = (t.mail.c.note.is_not(None), t.mail.c.at < before)
    return connection.execute(delete(t.mail).where(*old)).rowcount


def empty_requests(connection: Connection, before: int) -> int:
    r = d.rights_request.c
    old = (r.closed_at < before, or_(r.note != "", r.answer.is_not(None)))
    return connection.execute(update(d.rights_request).where(*old).values(note="", answer=None)).rowcount


# Whom it puts before a person -----------------------------------------------------------------------------------------


def idle(connection: Connection, before: int, status: str) -> Iterator[list[Due]]:
    """Workers' records of a status (proposed: also where nothing is said) that nothing was received about since a moment.

    A part at a time, in the order of ids; `rule` is still empty.
    """
    r, p, c = t.record.c, d.person.c, t.change.c
    last = select(func.max(c.received)).where(c.record == r.id).correlate(t.record).scalar_subquery()
    after = ""
    while True:
        query = (
            select(r.id, r.home, last).join(d.person, p.record == r.id)
            .where(p.status == status, r.id > after, r.created_at < before).order_by(r.id).limit(AT_ONCE)
        )  # fmt: skip
        rows = connection.execute(query).all()
        yield [Due(record, home, "", int(at or 0)) for record, home, at in rows if (at or 0) < before]
        if len(rows) < AT_ONCE:
            return
        after = rows[-1][0]


def owed(connection: Connection, records: Collection[str], confirmed_only: bool) -> set[str]:
    """Of these workers those with a claim or with a contribution (a confirmed one), also under an id joined with theirs."""
    named = t.record.alias("named")
    carrier = func.coalesce(named.c.carrier, named.c.id)
    query = (
        select(carrier, t.record.c.kind, t.record.c.fields)
        .join(named, named.c.id == t.record.c.refers)
        .where(carrier.in_(list(records)), t.record.c.kind.in_((CLAIM, CONTRIBUTION)), t.record.c.erased.is_(False))
    )  # fmt: skip
    return {
        record for record, kind, fields in connection.execute(query)
        if kind == CLAIM or not confirmed_only or loads(fields).get("confirmed")
    }  # fmt: skip


def put_due(connection: Connection, found: Collection[Due]) -> None:
    """In the place of what was found before."""
    connection.execute(delete(d.retention_due))
    add_missing(connection, d.retention_due, [each._asdict() for each in found])


def due(connection: Connection, scope: str, after: str | None, most: int) -> list[tuple[Due, dict[str, Any]]]:
    """Those of the region with what stands in their records, by record, behind one."""
    q, r = d.retention_due.c, t.record.c
    query = (
        select(q.record, q.home, q.rule, q.since, r.fields).join(t.record, r.id == q.record)
        .where(inside(q.home, scope), r.erased.is_(False)).order_by(q.record).limit(most)
    )  # fmt: skip
    rows = connection.execute(query if after is None else query.where(q.record > after))
    return [(Due(*row[:4]), loads(row[4])) for row in rows]


def among_due(connection: Connection, scope: str, records: Collection[str]) -> list[Due]:
    q = d.retention_due.c
    query = select(q.record, q.home, q.rule, q.since).where(q.record.in_(list(records)), inside(q.home, scope))
    return [Due(*row) for row in connection.execute(query)]


def keep(connection: Connection, records: Collection[str]) -> None:
    connection.execute(delete(d.retention_due).where(d.retention_due.c.record.in_(list(records))))


def any_due(connection: Connection, scope: str, most: int) -> int:
    """How many, no further than `most`."""
    q = d.retention_due.c
    return len(connection.execute(select(q.record).where(inside(q.home, scope)).limit(most)).all())

