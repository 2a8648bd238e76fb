"""Requests of people about their own data, restrictions that stand, and all that is held of one person."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, tuple_, update

from schemas.change import loads
from server.store import desk_tables as d
from server.store import tables as t
from server.store.bulk import in_chunks
from server.store.changes import SENT_COLUMNS, sent_text
from server.store.programme_tables import double_funding, followup
from server.store.scoping import inside

OPEN, DONE, REFUSED = "open", "done", "refused"
MOST_COUNTED = 1000
WORKER = "worker"


class Request(NamedTuple):
    """A row of `rights_request`; times in milliseconds."""

    id: int
    kind: str
    record: str
    region: str
    asked_by: str
    proven_by: str
    rule: str
    asked_at: int
    due_at: int
    state: str
    note: str
    answer: str | None
    opened_by: int | None
    closed_by: int | None
    closed_at: int | None


_R = d.rights_request.c
_REQUEST = tuple(_R[name] for name in Request._fields)


class Person(NamedTuple):
    """A worker's record as it stands."""

    record: str
    home: str
    fields: dict[str, Any]


# Finding --------------------------------------------------------------------------------------------------------------


def by_number(connection: Connection, scope: str, number: str, most: int = 10) -> list[Person]:
    """The workers of the region with that record id or NIK; of a joined one the record that carries it."""
    named = t.record.alias("named")
    carrier = func.coalesce(named.c.carrier, named.c.id)
    ids = select(carrier).where((named.c.id == number) | (named.c.nik == number), named.c.kind == WORKER)
    r = t.record.c
    query = select(r.id, r.home, r.fields).where(r.id.in_(ids), r.erased.is_(False), inside(r.home, scope))
    return [Person(record, home, loads(fields)) for record, home, fields in connection.execute(query.limit(most))]


def names(connection: Connection, scope: str, records: Collection[str]) -> dict[str, str]:
    """Record -> the name that stands in it, of those in the region."""
    found: dict[str, str] = {}
    r = t.record.c
    for part in in_chunks(list(records)):
        query = select(r.id, r.fields).where(r.id.in_(part), r.erased.is_(False), inside(r.home, scope))
        found |= {record: loads(fields).get("full_name") or "" for record, fields in connection.execute(query)}
    return found


# Requests -------------------------------------------------------------------------------------------------------------


def add_request(connection: Connection, values: dict[str, Any]) -> int:
    made: Any = connection.execute(insert(d.rights_request).values(**values, state=OPEN))
    return int(made.inserted_primary_key[0])


def request(connection: Connection, scope: str, number: int) -> Request | None:
    row = connection.execute(select(*_REQUEST).where(_R.id == number, inside(_R.region, scope))).first()
    return Request(*row) if row else None


def requests(
    connection: Connection, scope: str, is_open: bool, after: tuple[int, int] | None, most: int
) -> list[Request]:
    """Open ones, what is due first, behind (due_at, id); or closed ones, the newest first, behind (closed_at, id)."""
    query = select(*_REQUEST).where(inside(_R.region, scope))
    if is_open:
        place = (_R.due_at, _R.id)
        query = query.where(_R.state == OPEN).order_by(*place)
        query = query.where(tuple_(*place) > tuple_(*after)) if after else query
    else:
        place = (_R.closed_at, _R.id)
        query = query.where(_R.state != OPEN).order_by(*(column.desc() for column in place))
        query = query.where(tuple_(*place) < tuple_(*after)) if after else query
    return [Request(*row) for row in connection.execute(query.limit(most))]


def of_record(connection: Connection, records: Collection[str]) -> list[Request]:
    query = select(*_REQUEST).where(_R.record.in_(list(records))).order_by(_R.id)
    return [Request(*row) for row in connection.execute(query)]


def waiting(connection: Connection, scope: str, now: int) -> tuple[int, int]:
    """How many requests are open, and how many of them are overdue; no more are counted than `MOST_COUNTED`."""
    due = select(_R.due_at).where(_R.state == OPEN, inside(_R.region, scope)).limit(MOST_COUNTED)
    found = list(connection.scalars(due))
    return len(found), sum(at < now for at in found)


def close_request(connection: Connection, number: int, state: str, answer: str, by: int | None, now: int) -> bool:
    """False where it was closed already."""
    is_it = (_R.id == number, _R.state == OPEN)
    values = {"state": state, "answer": answer, "closed_by": by, "closed_at": now}
    return connection.execute(update(d.rights_request).where(*is_it).values(**values)).rowcount == 1


# Restrictions ---------------------------------------------------------------------------------------------------------


def restrict(connection: Connection, record: str, region: str, by: int | None, reason: str, now: int) -> None:
    """The record's data is kept and not used from now on; harmless to repeat."""
    if restriction(connection, [record]) is None:
        row = {"record": record, "region": region, "since": now, "by": by, "reason": reason}
        connection.execute(insert(d.restriction).values(**row))
    _mark(connection, record, True)


def lift(connection: Connection, record: str, joined: Collection[str]) -> None:
    """joined: all ids under which the person is known."""
    connection.execute(delete(d.restriction).where(d.restriction.c.record.in_(list(joined))))
    _mark(connection, record, False)


def _mark(connection: Connection, record: str, restricted: bool) -> None:
    """In the index of people at once, which otherwise would show it only when the record changes next."""
    connection.execute(update(d.person).where(d.person.c.record == record).values(restricted=restricted))


def restriction(connection: Connection, records: Collection[str]) -> Any | None:
    """The one that stands over any of these ids of one person."""
    query = select(d.restriction).where(d.restriction.c.record.in_(list(records))).order_by(d.restriction.c.since)
    return connection.execute(query).first()


def restrictions(connection: Connection, scope: str, after: str | None, most: int) -> list[Any]:
    """Those that stand in the region, by record, behind one."""
    c = d.restriction.c
    query = select(d.restriction).where(inside(c.region, scope)).order_by(c.record).limit(most)
    return list(connection.execute(query.where(c.record > after) if after else query))


# All that is held of one person ---------------------------------------------------------------------------------------


def referring(connection: Connection, records: Collection[str]) -> list[Any]:
    """What is about these workers: id, kind, home, fields of contributions, claims and names on decrees, by kind and id."""
    r, carried = t.record.c, t.record.c.carrier
    query = (
        select(r.id, r.kind, r.home, r.fields)
        .where(r.refers.in_(list(records)), r.erased.is_(False), carried.is_(None) | (carried == r.id))
        .order_by(r.kind, r.id)
    )  # fmt: skip
    return list(connection.execute(query))


def sent_changes(connection: Connection, records: Collection[str]) -> list[dict[str, Any]]:
    """Every change ever received about these records, also what was set aside: who sent what, when, by which source."""
    c = t.change.c
    status = func.coalesce(t.outcome.c.status, c.status)
    query = (
        select(
            c.device, c.officer, c.received, c.effective, status.label("became"), t.officer.c.name.label("officer_name"),
            t.account.c.name.label("account_name"), *SENT_COLUMNS,
        )
        .select_from(
            t.change.outerjoin(t.outcome, (t.outcome.c.device == c.device) & (t.outcome.c.seq == c.seq))
            .outerjoin(t.officer, (t.officer.c.id == c.officer) & ~c.device.startswith("hq"))
            .outerjoin(t.account, (t.account.c.id == c.officer) & c.device.startswith("hq"))
        )
        .where(c.record.in_(list(records))).order_by(c.received, c.device, c.seq)
    )  # fmt: skip
    found = []
    for row in connection.execute(query):
        text = sent_text(row._mapping)
        found.append({
            "at": row.effective, "received": row.received, "device": row.device, "seq": row.seq, "record": row.record,
            "by": row.officer_name or row.account_name, "source": row.form, "became": row.became,
            "fields": loads(text).get("fields") if text else None,
        })  # fmt: skip
    return found


def covered(connection: Connection, records: Collection[str]) -> list[Any]:
    """village, state, first_month, letters of each village's part of their months."""
    c = t.cover.c
    query = select(c.village, c.state, c.first_month, c.letters).where(c.record.in_(list(records)))
    return list(connection.execute(query.order_by(c.first_month, c.village)))


def funded_twice(connection: Connection, records: Collection[str]) -> list[Any]:
    """home, first_month, last_month where two pay for them."""
    c = double_funding.c
    return list(connection.execute(select(c.home, c.first_month, c.last_month).where(c.record.in_(list(records)))))


def followed_up(connection: Connection, records: Collection[str]) -> list[Any]:
    """village, what, since of what is to be done about their contributions and cards."""
    c = followup.c
    there = select(t.cover.c.village).where(t.cover.c.record.in_(list(records)))
    query = select(c.village, c.what, c.since).where(c.village.in_(there), c.record.in_(list(records)))
    return list(connection.execute(query.order_by(c.village, c.what)))


def files_named(connection: Connection, records: Collection[str]) -> list[Any]:
    """sha256, size, type, at of each photo and signature that a change about these records names and that is here."""
    query = (
        select(t.file.c.sha256, t.file.c.size, t.file.c.type, func.min(t.naming.c.at).label("at"))
        .join(t.naming, t.naming.c.sha256 == t.file.c.sha256)
        .where(t.naming.c.record.in_(list(records)))
        .group_by(t.file.c.sha256, t.file.c.size, t.file.c.type).order_by(t.file.c.sha256)
    )  # fmt: skip
    return list(connection.execute(query))


def looked_at(connection: Connection, records: Collection[str], most: int) -> list[Any]:
    """The newest entries of the audit log about these records."""
    c = d.audit_record.c
    ids = select(c.audit).where(c.record.in_(list(records))).distinct().order_by(c.audit.desc()).limit(most)
    return list(connection.execute(select(d.audit).where(d.audit.c.id.in_(ids)).order_by(d.audit.c.id.desc())))


def phones_of(connection: Connection, villages: Collection[str]) -> list[Any]:
    """device, officer's name, when last heard, of the phones that hold these villages' data and were not revoked."""
    serving = select(t.device_village.c.device).where(t.device_village.c.village.in_(list(villages)))
    query = (
        select(t.device.c.id, t.officer.c.name, t.device.c.contact_at)
        .outerjoin(t.officer, t.officer.c.id == t.device.c.officer)
        .where(t.device.c.id.in_(serving), t.device.c.revoked_at.is_(None)).order_by(t.device.c.id)
    )  # fmt: skip
    return list(connection.execute(query))


def list_rows(connection: Connection, records: Collection[str]) -> list[Any]:
    """What lists that were brought in said of these records: title, purpose, as_of, number, said."""
    r, f = d.list_row.c, d.list_file.c
    query = (
        select(f.title, f.purpose, f.as_of, r.number, r.said).join(d.list_file, f.id == r.list)
        .where(r.record.in_(list(records))).order_by(r.list, r.number)
    )  # fmt: skip
    return list(connection.execute(query))


def breaches_of(connection: Connection, records: Collection[str]) -> list[Any]:
    b, p = d.breach.c, d.breach_person.c
    query = select(b.id, b.noticed_at, b.what, b.people_told_at).join(d.breach_person, p.breach == b.id)
    return list(connection.execute(query.where(p.record.in_(list(records))).order_by(b.id)))

