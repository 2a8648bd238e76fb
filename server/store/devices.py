"""Devices, officers and enrolment codes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update

from schemas.change import dumps, loads
from server.store import tables as t
from server.store.bulk import add, add_missing, among, change_rows, in_chunks
from server.store.life import Life


class Device(NamedTuple):
    """A device's row as far as its calls need it, its villages sorted, and the database's life. Times in milliseconds."""

    id: str
    officer: int | None
    acked: int
    effective_at: int
    offset_ms: int
    mailed: int
    heard_epoch: str
    contact_at: int | None
    status: str
    successor: str | None
    forked_at: int | None
    silent_since: int | None
    revoked_at: int | None
    wants: bool
    life: Life
    villages: tuple[str, ...]


class Officer(NamedTuple):
    id: int
    name: str


_DEVICE = select(
    *(t.device.c[name] for name in Device._fields if name not in ("life", "villages")),
    t.life.c.epoch, t.life.c.restored, t.device_village.c.village,
).select_from(
    t.device.join(t.life, t.life.c.id == 1).outerjoin(t.device_village, t.device_village.c.device == t.device.c.id)
).order_by(t.device_village.c.village)  # fmt: skip
_BY_TOKEN = _DEVICE.where(t.device.c.token_hash == bindparam("token_hash"))
_BY_ID = _DEVICE.where(t.device.c.id == bindparam("id"))
_ACKED = select(t.device.c.id, t.device.c.acked, t.device.c.heard_epoch).where(among(t.device.c.id, "ids"))
_LOCK = _BY_ID.with_for_update(key_share=True, of=t.device)


def _read(rows: Sequence[Row[Any]]) -> Device | None:
    if not rows:
        return None
    *columns, epoch, restored, _ = rows[0]
    return Device(*columns, Life(epoch, bool(restored)), tuple(row[-1] for row in rows if row[-1] is not None))


def by_token(connection: Connection, token_hash: bytes) -> Device | None:
    return _read(connection.execute(_BY_TOKEN, {"token_hash": token_hash}).all())


def by_id(connection: Connection, device: str) -> Device | None:
    return _read(connection.execute(_BY_ID, {"id": device}).all())


def lock(connection: Connection, device: str) -> Device | None:
    """The device's row, locked: two requests of one device wait for each other, and for nobody else."""
    return _read(connection.execute(_LOCK, {"id": device}).all())


def token_hash(connection: Connection, device: str) -> bytes | None:
    """The SHA-256 of its token, which is the key that both ends of a bundle share."""
    return connection.scalar(select(t.device.c.token_hash).where(t.device.c.id == device))


def change_device(connection: Connection, device: str, **values: Any) -> None:
    change_rows(connection, t.device, "id", [{"key": device, **values}])


def add_device(connection: Connection, values: dict[str, Any], villages: Collection[str]) -> None:
    add(connection, t.device, [values])
    add(connection, t.device_village, [{"device": values["id"], "village": village} for village in sorted(villages)])
    rows = [{"village": village, "position": 0, "desk_seq": 0, "covered": 0} for village in sorted(villages)]
    add_missing(connection, t.stream, rows)


def exists(connection: Connection, device: str) -> bool:
    return connection.scalar(select(t.device.c.id).where(t.device.c.id == device)) is not None


def acked_and_epoch(connection: Connection, devices: Collection[str]) -> dict[str, tuple[int, str]]:
    """device -> (highest durable seq, epoch in which it was last heard), of those that there are."""
    return {device: (acked, epoch) for device, acked, epoch in connection.execute(_ACKED, {"ids": devices})}


def villages_of(connection: Connection, devices: Collection[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {device: [] for device in devices}
    for part in in_chunks(devices):
        rows = connection.execute(
            select(t.device_village.c.device, t.device_village.c.village)
            .where(t.device_village.c.device.in_(part)).order_by(t.device_village.c.village)
        )  # fmt: skip
        for device, village in rows:
            found[device].append(village)
    return {device: tuple(villages) for device, villages in found.items()}


def officer(connection: Connection, officer_id: int) -> Officer | None:
    row = connection.execute(select(t.officer.c.id, t.officer.c.name).where(t.officer.c.id == officer_id)).first()
    return Officer(*row) if row else None


def district_of(connection: Connection, officer_id: int) -> str | None:
    return connection.scalar(select(t.officer.c.district).where(t.officer.c.id == officer_id))


def officer_named(connection: Connection, name: str, district: str) -> int:
    """The officer of that name in the district, a new one if there is none."""
    known = connection.scalar(
        select(t.officer.c.id).where(t.officer.c.name == name, t.officer.c.district == district).order_by(t.officer.c.id)
    )
    if known is not None:
        return int(known)
    made = connection.execute(t.officer.insert().values(name=name, district=district))
    return int(made.inserted_primary_key[0])


def add_code(connection: Connection, code_hash: bytes, officer_id: int, villages: Collection[str], expires_at: int) -> None:
    add(connection, t.enrolment, [{
        "code_hash": code_hash, "officer": officer_id, "villages": dumps(sorted(villages)),
        "expires_at": expires_at, "attempt_hash": None, "device": None,
    }])  # fmt: skip


class Code(NamedTuple):
    officer: int
    villages: tuple[str, ...]
    expires_at: int
    attempt_hash: bytes | None
    device: str | None


def lock_code(connection: Connection, code_hash: bytes) -> Code | None:
    row = connection.execute(
        select(
            t.enrolment.c.officer, t.enrolment.c.villages, t.enrolment.c.expires_at,
            t.enrolment.c.attempt_hash, t.enrolment.c.device,
        ).where(t.enrolment.c.code_hash == code_hash).with_for_update()
    ).first()  # fmt: skip
    return Code(row[0], tuple(loads(row[1])), *row[2:]) if row else None


def use_code(connection: Connection, code_hash: bytes, device: str, attempt_hash: bytes | None) -> None:
    connection.execute(
        update(t.enrolment).where(t.enrolment.c.code_hash == code_hash).values(device=device, attempt_hash=attempt_hash)
    )


def put_recovery(connection: Connection, device: str, code_hash: bytes, expires_at: int) -> None:
    """A recovery code of the device's, in the place of any that it had."""
    connection.execute(delete(t.recovery).where(t.recovery.c.device == device))
    add(connection, t.recovery, [{"code_hash": code_hash, "device": device, "expires_at": expires_at}])


def lock_recovery(connection: Connection, code_hash: bytes, now: int) -> str | None:
    """Whose this recovery code is, if it still holds."""
    query = select(t.recovery.c.device).where(t.recovery.c.code_hash == code_hash, t.recovery.c.expires_at > now)
    return connection.scalar(query.with_for_update())


def drop_recovery(connection: Connection, code_hash: bytes) -> None:
    connection.execute(delete(t.recovery).where(t.recovery.c.code_hash == code_hash))


def drop_old_recoveries(connection: Connection, now: int) -> int:
    return connection.execute(delete(t.recovery).where(t.recovery.c.expires_at <= now)).rowcount


def attempt_of_successor(connection: Connection, device: str) -> bytes | None:
    return connection.scalar(select(t.device.c.attempt_hash).where(t.device.c.id == device))


def listing(connection: Connection, silent_since: int | None = None) -> list[dict[str, Any]]:
    """Every device with its officer and villages; with `silent_since` those not heard since that moment."""
    query = (
        select(t.device, t.officer.c.name.label("officer_name"))
        .outerjoin(t.officer, t.officer.c.id == t.device.c.officer)
        .order_by(t.device.c.contact_at.is_not(None), t.device.c.contact_at, t.device.c.id)
    )
    if silent_since is not None:
        last = func.coalesce(t.device.c.contact_at, t.device.c.enrolled_at)
        query = query.where(last < silent_since, t.device.c.revoked_at.is_(None))
    rows = [dict(row._mapping) for row in connection.execute(query)]
    villages = villages_of(connection, [row["id"] for row in rows])
    return [row | {"villages": list(villages[row["id"]])} for row in rows]


def mark_silent(connection: Connection, before: int, now: int) -> int:
    """Mark the devices not heard since `before`, and take the mark from those heard again; gives how many are silent."""
    last = func.coalesce(t.device.c.contact_at, t.device.c.enrolled_at)
    is_silent = (last < before) & t.device.c.revoked_at.is_(None)
    connection.execute(update(t.device).where(is_silent, t.device.c.silent_since.is_(None)).values(silent_since=now))
    connection.execute(update(t.device).where(~is_silent, t.device.c.silent_since.is_not(None)).values(silent_since=None))
    return int(connection.scalar(select(func.count()).select_from(t.device).where(is_silent)) or 0)


def revoke(connection: Connection, device: str, now: int) -> bytes | None:
    """Revoke; gives the token's hash, which is kept beside the database. None when there is no such device."""
    query = select(t.device.c.token_hash, t.device.c.revoked_at).where(t.device.c.id == device)
    row = connection.execute(query).first()
    if row is None:
        return None
    change_device(connection, device, revoked_at=row.revoked_at or now)
    return row[0] or b""


def add_lost(connection: Connection, device: str, runs: Collection[tuple[int, int]], now: int) -> None:
    add(connection, t.lost, [{"device": device, "first": first, "last": last, "at": now} for first, last in runs])


def add_evidence(connection: Connection, rows: list[dict[str, Any]]) -> None:
    add_missing(connection, t.evidence, rows)


# Mail: results told later, and notices ------------------------------------------------------------------------------


def send_mail(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Leave results and notices for devices. rows: device, seq, record, code, at; numbered when they are first told."""
    add(connection, t.mail, [{"position": None} | row for row in rows])


def number_mail(connection: Connection, device: str, mailed: int, most: int) -> int:
    """Give positions to mail that was never told, under the device's lock; gives the last position then."""
    unnumbered = (t.mail.c.device == device, t.mail.c.position.is_(None))
    query = select(t.mail.c.id).where(*unnumbered).order_by(t.mail.c.id).limit(most)
    fresh = list(connection.scalars(query))
    if fresh:
        connection.execute(
            update(t.mail).where(t.mail.c.id == bindparam("key")).values(position=bindparam("position")),
            [{"key": key, "position": mailed + n} for n, key in enumerate(fresh, 1)],
        )
        change_device(connection, device, mailed=mailed + len(fresh))
    return mailed + len(fresh)


def drop_mail(connection: Connection, device: str, confirmed: int) -> None:
    connection.execute(delete(t.mail).where(t.mail.c.device == device, t.mail.c.position <= confirmed))


_MAIL = select(t.mail).where(t.mail.c.device == bindparam("device")).order_by(t.mail.c.position, t.mail.c.id)


def read_mail(connection: Connection, device: str) -> list[dict[str, Any]]:
    """All that lies there for the device; what was never told has no position yet."""
    return [dict(row._mapping) for row in connection.execute(_MAIL, {"device": device})]
