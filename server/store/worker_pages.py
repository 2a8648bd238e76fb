"""What a worker's page is made of beside his record: payments and claims, visits, cover, phones, and who has looked."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, func, or_, select

from schemas.change import loads
from server.store import desk_tables as d
from server.store import tables as t
from server.store.bulk import among
from server.store.scoping import inside

_STANDS = and_(or_(t.record.c.carrier.is_(None), t.record.c.carrier == t.record.c.id), t.record.c.erased.is_(False))
_WHOLE = (
    t.record.c.id, t.record.c.home, t.record.c.fields, t.record.c.incomplete, t.record.c.waiting_since,
    t.record.c.created_at,
)  # fmt: skip


class Other(NamedTuple):
    """A record that is about a worker. at: when it was made."""

    record: str
    home: str
    fields: dict[str, Any]
    incomplete: bool
    waits: bool
    at: int


def referring(connection: Connection, scope: str, workers: Collection[str], kind: str, most: int) -> list[Other]:
    """Records of a kind that are of one of these workers, the newest first."""
    query = select(*_WHOLE).where(
        among(t.record.c.refers, "ids"), t.record.c.kind == kind, _STANDS, inside(t.record.c.home, scope)
    )
    return _others(connection, query, most, ids=list(workers))


def visits_naming(connection: Connection, scope: str, village: str, workers: Collection[str], most: int) -> list[Other]:
    """The village's visits in which one of these workers is named."""
    named = or_(*(t.record.c.fields.contains(f'"{worker}"', autoescape=True) for worker in workers))
    query = select(*_WHOLE).where(
        t.record.c.home == village, t.record.c.kind == "visit", _STANDS, named, inside(t.record.c.home, scope)
    )
    return _others(connection, query, most)


def _others(connection: Connection, query: Select[Any], most: int, **given: Any) -> list[Other]:
    newest = query.order_by(t.record.c.created_at.desc(), t.record.c.id).limit(most)
    return [
        Other(row.id, row.home, loads(row.fields), bool(row.incomplete), row.waiting_since is not None, row.created_at)
        for row in connection.execute(newest, given)
    ]


def cover(connection: Connection, scope: str, record: str) -> list[Row[Any]]:
    """village, state, first_month, letters, why_not, of each village of the region that he lived in."""
    c = t.cover.c
    query = select(c.village, c.state, c.first_month, c.letters, c.why_not).order_by(c.first_month, c.village)
    return list(connection.execute(query.where(c.record == record, inside(c.village, scope))))


class Holder(NamedTuple):
    """A phone that holds the village's data. heard_at: when it last called; None: never."""

    device: str
    name: str
    officer: str | None
    heard_at: int | None


def holders(connection: Connection, scope: str, village: str) -> list[Holder]:
    """The phones that serve a village now, the one heard last first."""
    serves = and_(t.device_village.c.device == t.device.c.id, t.device_village.c.village == village)
    query = (
        select(t.device.c.id, t.device.c.name, t.officer.c.name, t.device.c.contact_at)
        .select_from(t.device.join(t.device_village, serves).outerjoin(t.officer, t.officer.c.id == t.device.c.officer))
        .where(t.device.c.revoked_at.is_(None), t.device.c.successor.is_(None), inside(t.device_village.c.village, scope))
        .order_by(func.coalesce(t.device.c.contact_at, 0).desc(), t.device.c.id)
    )
    return [Holder(*row) for row in connection.execute(query)]


class Look(NamedTuple):
    """An entry of the audit log that is about a worker. name: of the account, or of the phone with its officer."""

    number: int
    at: int
    who: str
    act: str
    name: str | None
    role: str | None


def looks(connection: Connection, records: Collection[str], before: int | None, most: int) -> list[Look]:
    """Who looked at these records or changed them, the newest first, behind one. The caller has seen that they are his."""
    c = d.audit_record.c
    numbers = select(c.audit).where(c.record.in_(list(records))).distinct().order_by(c.audit.desc()).limit(most)
    if before is not None:
        numbers = numbers.where(c.audit < before)
    some = numbers.subquery()
    entries = select(d.audit.c.id, d.audit.c.at, d.audit.c.who, d.audit.c.act).join(some, some.c.audit == d.audit.c.id)
    rows = connection.execute(entries.order_by(d.audit.c.id.desc())).all()
    named = _names(connection, {row.who for row in rows})
    return [Look(row.id, row.at, row.who, row.act, *named.get(row.who, (None, None))) for row in rows]


def _names(connection: Connection, who: Collection[str]) -> dict[str, tuple[str | None, str | None]]:
    accounts = [int(each.partition(":")[2]) for each in who if each.startswith("account:")]
    devices = [each.partition(":")[2] for each in who if each.startswith("device:")]
    people = select(t.account.c.id, t.account.c.name, t.account.c.role).where(t.account.c.id.in_(accounts))
    phones = (
        select(t.device.c.id, t.device.c.name, t.officer.c.name)
        .outerjoin(t.officer, t.officer.c.id == t.device.c.officer).where(t.device.c.id.in_(devices))
    )  # fmt: skip
    found: dict[str, tuple[str | None, str | None]] = {}
    found |= {f"account:{number}": (name, role) for number, name, role in connection.execute(people)}
    found |= {f"device:{device}": (officer or name, None) for device, name, officer in connection.execute(phones)}
    return found


def doubles(connection: Connection, scope: str, records: Collection[str]) -> list[tuple[str, str]]:
    """Pairs of one of these records with another that may be the same person, where nobody has decided yet."""
    p, ids = d.pair.c, list(records)
    query = select(p.a, p.b).where(
        or_(p.a.in_(ids), p.b.in_(ids)), p.state == "open", inside(p.home_a, scope), inside(p.home_b, scope)
    )
    return [(a, b) for a, b in connection.execute(query.order_by(p.a, p.b).limit(20))]


def restricted_since(connection: Connection, scope: str, records: Collection[str]) -> tuple[int, str] | None:
    """Since when, and why, the use of his data is restricted."""
    c = d.restriction.c
    row = connection.execute(
        select(c.since, c.reason).where(c.record.in_(list(records)), inside(c.region, scope)).order_by(c.since)
    ).first()
    return (row.since, row.reason) if row else None
