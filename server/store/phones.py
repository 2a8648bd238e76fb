"""The phones of a region as its operator looks after them: all of them at once, and one with what it sent."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from schemas.change import loads
from server.store import desk_tables as d
from server.store import tables as t
from server.store.bulk import add, in_chunks
from server.store.changes import QUARANTINED
from server.store.regions import Region
from server.store.scoping import inside


class PhoneRow(NamedTuple):
    """A device's row as a desk needs it, with its officer's name."""

    id: str
    officer: int | None
    name: str
    platform: str
    enrolled_at: int
    acked: int
    offset_ms: int
    contact_at: int | None
    status: str
    former: str | None
    successor: str | None
    forked_at: int | None
    revoked_at: int | None
    officer_name: str | None


_PHONE = (
    *(t.device.c[name] for name in PhoneRow._fields if name != "officer_name"), t.officer.c.name.label("officer_name")
)  # fmt: skip
_WITH_OFFICER = t.device.outerjoin(t.officer, t.officer.c.id == t.device.c.officer)


def _serves(device: Any, scope: str, among: Collection[str] | None = None) -> ColumnElement[bool]:
    villages = t.device_village.c
    serving = exists().where(villages.device == device, inside(villages.village, scope))
    return serving if among is None else serving.where(villages.village.in_(among))


def phones(connection: Connection, scope: str, villages: Collection[str] | None = None) -> list[PhoneRow]:
    """Every phone that serves a village of the region; with `villages`, one of these."""
    query = select(*_PHONE).select_from(_WITH_OFFICER).where(_serves(t.device.c.id, scope, villages))
    return [PhoneRow(*row) for row in connection.execute(query)]


def phone(connection: Connection, scope: str, device: str) -> PhoneRow | None:
    """One phone, if it serves a village of the region."""
    query = select(*_PHONE).select_from(_WITH_OFFICER).where(t.device.c.id == device, _serves(t.device.c.id, scope))
    row = connection.execute(query).first()
    return PhoneRow(*row) if row else None


def villages_inside(connection: Connection, devices: Collection[str], scope: str) -> dict[str, list[str]]:
    """Of each device its villages of the region."""
    found: dict[str, list[str]] = {device: [] for device in devices}
    columns = t.device_village.c
    for part in in_chunks(devices):
        query = select(columns.device, columns.village).where(columns.device.in_(part), inside(columns.village, scope))
        for device, village in connection.execute(query.order_by(columns.village)):
            found[device].append(village)
    return found


def villages_altogether(connection: Connection, device: str) -> int:
    """How many villages it serves, wherever they lie."""
    query = select(func.count()).select_from(t.device_village).where(t.device_village.c.device == device)
    return int(connection.scalar(query) or 0)


class Some(NamedTuple):
    """How many there are, and of when: for what was lost the last of it, for what waits the first."""

    number: int
    at: int


def lost(connection: Connection, device: str | None = None) -> dict[str, Some]:
    """Of each device that said it no longer holds some of its changes: how many. Few ever do."""
    query = select(t.lost.c.device, func.sum(t.lost.c.last - t.lost.c.first + 1), func.max(t.lost.c.at))
    if device is not None:
        query = query.where(t.lost.c.device == device)
    return {name: Some(int(count), at) for name, count, at in connection.execute(query.group_by(t.lost.c.device))}


def waiting(connection: Connection, scope: str, device: str | None = None) -> dict[str, Some]:
    """Of each device of which changes of the region were only received: how many wait, and since when."""
    columns = t.waiting.c
    query = select(columns.device, func.count(), func.min(columns.since)).where(inside(columns.village, scope))
    if device is not None:
        query = query.where(columns.device == device)
    return {name: Some(int(count), since) for name, count, since in connection.execute(query.group_by(columns.device))}


# One phone ------------------------------------------------------------------------------------------------------------

_STATUS = func.coalesce(t.outcome.c.status, t.change.c.status)


class Sent(NamedTuple):
    """A change as a phone sent it, and what became of it; nothing of what it says but which fields.

    errors: {field: [codes]} of what was set aside. why, since: of what waits. returned: when it went back to the officer.
    """

    seq: int
    record: str
    kind: str
    village: str
    officer: str | None
    at: str | None
    received: int
    fields: tuple[str, ...]
    is_blank: bool
    status: str
    errors: dict[str, list[str]]
    why: str | None
    since: int | None
    returned: int | None


def sent_by(connection: Connection, scope: str, device: str, before: int | None, most: int) -> list[Sent]:
    """What a phone sent for the region's villages, the last first, behind one seq.

    What was set aside may claim any village: it belongs to those that the phone serves.
    """
    theirs = (
        t.change.outerjoin(t.outcome, _is_of(t.outcome)).outerjoin(t.waiting, _is_of(t.waiting))
        .outerjoin(d.returned, _is_of(d.returned)).outerjoin(t.officer, t.officer.c.id == t.change.c.officer)
    )  # fmt: skip
    query = (
        select(
            t.change.c.seq, t.change.c.record, t.change.c.kind, t.change.c.village, t.officer.c.name, t.change.c.at,
            t.change.c.received, t.change.c.fields, _STATUS, func.coalesce(t.outcome.c.errors, t.change.c.errors),
            t.waiting.c.why, t.waiting.c.since, d.returned.c.at,
        )
        .select_from(theirs)
        .where(t.change.c.device == device, or_(inside(t.change.c.village, scope), _STATUS == QUARANTINED))
        .order_by(t.change.c.seq.desc()).limit(most)
    )  # fmt: skip
    if before is not None:
        query = query.where(t.change.c.seq < before)
    rows: Any = connection.execute(query)
    return [_sent(*row) for row in rows]


def _is_of(table: Any) -> ColumnElement[bool]:
    return and_(table.c.device == t.change.c.device, table.c.seq == t.change.c.seq)


def _sent(
    seq: int, record: str, kind: str, village: str, officer: str | None, at: str | None, received: int,
    fields: str | None, status: str, errors: str | None, why: str | None, since: int | None, returned: int | None,
) -> Sent:  # fmt: skip
    named = tuple(loads(fields)) if fields else ()
    said = loads(errors) if errors else {}
    return Sent(
        seq, record, kind, village, officer, at, received, named, fields is None, status, said, why, since, returned
    )  # fmt: skip


def names_of(connection: Connection, scope: str, records: Collection[str]) -> dict[str, str]:
    """What the region's people are called to whom these records belong: a worker's own, or that of a payment's worker."""
    worker, carrier = t.record.alias("worker"), t.record.alias("carrier")
    whose = func.coalesce(t.record.c.refers, t.record.c.id)
    found = {}
    for part in in_chunks(records):
        query = (
            select(t.record.c.id, func.coalesce(carrier.c.fields, worker.c.fields))
            .select_from(
                t.record.join(worker, worker.c.id == whose).outerjoin(carrier, carrier.c.id == worker.c.carrier)
            )
            .where(
                t.record.c.id.in_(part), inside(worker.c.home, scope), worker.c.kind == "worker",
                or_(carrier.c.id.is_(None), inside(carrier.c.home, scope)), worker.c.erased.is_(False),
            )
        )  # fmt: skip
        for record, fields in connection.execute(query):
            name = loads(fields).get("full_name")
            if isinstance(name, str):
                found[record] = name
    return found


def lost_runs(connection: Connection, device: str) -> list[tuple[int, int, int]]:
    """What it said it no longer holds: (first seq, last seq, when), the last first."""
    query = select(t.lost.c.first, t.lost.c.last, t.lost.c.at).where(t.lost.c.device == device)
    return [(first, last, at) for first, last, at in connection.execute(query.order_by(t.lost.c.at.desc()).limit(100))]


def evidence(connection: Connection, device: str) -> Some | None:
    """How many changes came a second time with other content, from which seq on."""
    query = select(func.count(), func.min(t.evidence.c.seq)).where(t.evidence.c.device == device)
    count, first = connection.execute(query).one()
    return Some(int(count), first) if count else None


ENTRIES_LOOKED_AT = 600  # entries of the audit log: of a phone that calls twenty times a day a month


def heard(connection: Connection, device: str) -> list[int]:
    """When it was heard, as far as the audit log's last entries of it tell; the last first."""
    entry = d.audit.c
    query = select(entry.at).where(entry.who == f"device:{device}").order_by(entry.id.desc()).limit(ENTRIES_LOOKED_AT)
    return list(connection.scalars(query))


# Handing over ---------------------------------------------------------------------------------------------------------


class HandOver(NamedTuple):
    """A phone that another officer is to have. taken: the device that his code has made; until expires_at it makes one."""

    device: str
    officer: str | None
    at: int
    taken: str | None
    expires_at: int | None


def hand_overs(connection: Connection, scope: str, device: str | None = None) -> dict[str, HandOver]:
    """The region's phones that are being handed over, by their ids: those not revoked yet."""
    code = d.hand_over.outerjoin(t.enrolment, t.enrolment.c.code_hash == d.hand_over.c.code_hash)
    query = (
        select(d.hand_over.c.device, t.officer.c.name, d.hand_over.c.at, t.enrolment.c.device, t.enrolment.c.expires_at)
        .select_from(
            code.join(t.device, t.device.c.id == d.hand_over.c.device)
            .outerjoin(t.officer, t.officer.c.id == d.hand_over.c.officer)
        )
        .where(_serves(d.hand_over.c.device, scope))
    )  # fmt: skip
    query = query.where(t.device.c.revoked_at.is_(None)) if device is None else query.where(d.hand_over.c.device == device)
    return {row[0]: HandOver(*row) for row in connection.execute(query)}


def put_hand_over(connection: Connection, device: str, officer: int, code_hash: bytes, at: int, by: int | None) -> None:
    """Remember it, in the place of an earlier one."""
    drop_hand_over(connection, device)
    add(connection, d.hand_over, [{"device": device, "officer": officer, "code_hash": code_hash, "at": at, "by": by}])


def drop_hand_over(connection: Connection, device: str) -> bool:
    """Forget it; its code makes no device any more. False when there was none."""
    code = select(d.hand_over.c.code_hash).where(d.hand_over.c.device == device).scalar_subquery()
    connection.execute(t.enrolment.delete().where(t.enrolment.c.code_hash == code, t.enrolment.c.device.is_(None)))
    return connection.execute(d.hand_over.delete().where(d.hand_over.c.device == device)).rowcount > 0


class OpenCode(NamedTuple):
    """A code that nobody has used yet. officer, expires_at: by these it is named, since the code itself is not kept."""

    officer: int
    name: str | None
    villages: tuple[str, ...]
    expires_at: int


def open_codes(connection: Connection, scope: str, now: int) -> list[OpenCode]:
    """Codes for the region's officers that still make a device, the first to run out first."""
    query = (
        select(t.enrolment.c.officer, t.officer.c.name, t.enrolment.c.villages, t.enrolment.c.expires_at)
        .join(t.officer, t.officer.c.id == t.enrolment.c.officer)
        .where(t.enrolment.c.device.is_(None), t.enrolment.c.expires_at > now, inside(t.officer.c.district, scope))
        .order_by(t.enrolment.c.expires_at)
    )  # fmt: skip
    return [OpenCode(who, name, tuple(loads(villages)), at) for who, name, villages, at in connection.execute(query)]


def void_code(connection: Connection, officer: int, expires_at: int) -> bool:
    """It makes no device any more. False when it had made one, or there was none."""
    code = t.enrolment.c
    gone = t.enrolment.delete().where(code.officer == officer, code.expires_at == expires_at, code.device.is_(None))
    return connection.execute(gone).rowcount > 0


def officers(connection: Connection, scope: str, most: int, text: str = "") -> list[tuple[int, str, str]]:
    """Officers of the region by name: number, name, district."""
    query = select(t.officer.c.id, t.officer.c.name, t.officer.c.district).where(inside(t.officer.c.district, scope))
    if text:
        query = query.where(func.lower(t.officer.c.name).contains(text.lower(), autoescape=True))
    rows = connection.execute(query.order_by(t.officer.c.name, t.officer.c.id).limit(most))
    return [(number, name, district) for number, name, district in rows]


def villages_named(connection: Connection, scope: str, text: str, most: int) -> list[str]:
    """Codes of the region's villages whose name holds a text, or all of them; in the order of codes."""
    region = t.region.c
    query = select(region.code).where(inside(region.code, scope), func.length(region.code) == 13, region.ended_on.is_(None))
    if text:
        query = query.where(func.lower(region.name).contains(text.lower(), autoescape=True))
    return list(connection.scalars(query.order_by(region.code).limit(most)))


def regions_named(connection: Connection, scope: str, text: str, most: int) -> list[Region]:
    """Regions of any level inside one whose name holds a text: the larger ones first, none that has ended."""
    query = select(t.region.c.code, t.region.c.name).where(
        inside(t.region.c.code, scope), func.lower(t.region.c.name).contains(text.lower(), autoescape=True),
        t.region.c.ended_on.is_(None),
    ).order_by(func.length(t.region.c.code), t.region.c.code).limit(most)  # fmt: skip
    return [Region(*row) for row in connection.execute(query)]
