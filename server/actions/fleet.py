"""The devices as an operator sees them: who syncs, who is silent, what each said of itself, who may no longer.

A device may serve villages of several regions. It is seen by whoever one of them belongs to, and managed by him to whose
region all of them belong.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from schemas.change import from_ms, loads
from schemas.region import common, within
from server import audit, ledger
from server.actions.settle import OutsideRegion
from server.config import Settings
from server.db import Connection, reading, transaction
from server.store import devices
from server.store.accounts import Account
from server.store.devices import Device

LONGEST_NAME = 100


class NoSuchDevice(LookupError):
    """There is no such device here, or what is wanted of it can't be done any more because it was revoked."""


class BadName(ValueError):
    """A phone can't be called that: nothing is written, too much, or signs that can't be seen."""


def list_devices(now: int, silent_days: int | None = None) -> list[dict[str, Any]]:
    """Every device, longest silent first; with `silent_days` those not heard for so many days.

    What a device says of itself (`app`, `queued`, `oldest`, `persisted`, `free_bytes`) is as of its last contact.
    clock_offset_seconds: what its clock lacked then; below zero it was ahead.
    """
    since = None if silent_days is None else now - int(timedelta(days=silent_days).total_seconds() * 1000)
    with reading() as connection:
        return [shown(row) for row in devices.listing(connection, since)]


SAID = {"app": str, "queued": int, "oldest": str, "persisted": bool, "free_bytes": int}


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A device's row, with `officer_name` and `villages`, as it is told; what it said of itself if it can be read."""
    said = {key: value for key, value in loads(row["status"]).items() if type(value) is SAID.get(key)}
    return {
        "id": row["id"], "officer": row["officer_name"], "villages": row["villages"], "name": row["name"],
        "enrolled": _time(row["enrolled_at"]), "last_contact": _time(row["contact_at"]), "acked": row["acked"],
        **{key: said.get(key) for key in SAID},
        "clock_offset_seconds": round(row["offset_ms"] / 1000), "silent_since": _time(row["silent_since"]),
        "forked": _time(row["forked_at"]), "revoked": _time(row["revoked_at"]), "successor": row["successor"],
    }  # fmt: skip


def _time(ms: int | None) -> str | None:
    return None if ms is None else from_ms(ms)


def managed(connection: Connection, device: str, account: Account | None) -> Device:
    """The device, locked, for who may manage it; None is an administrator at the machine.

    Raises NoSuchDevice also where it serves nothing of his region; OutsideRegion where it serves others besides.
    """
    known = devices.lock(connection, device)
    if known is None:
        raise NoSuchDevice(device)
    if account is not None:
        inside = [within(village, account.region) for village in known.villages]
        if not any(inside):
            raise NoSuchDevice(device)
        if not all(inside):
            raise OutsideRegion(device)
    return known


def rename(device: str, name: str, account: Account | None = None) -> None:
    """Call a phone by what the desk knows it by. Raises NoSuchDevice, OutsideRegion, BadName."""
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME or not plain.isprintable():
        raise BadName(device)
    with transaction() as connection:
        known = managed(connection, device, account)
        devices.change_device(connection, device, name=plain)
        audit.note(connection, "rename-device", region=common(known.villages), device=device)


def revoke(device: str, settings: Settings, now: int, account: Account | None = None) -> bool:
    """The device may no longer; harmless to repeat. False when there is no such device. Raises OutsideRegion.

    It is noted beside the database before this returns, so that no older backup lets the device in again.
    """
    with transaction() as connection:
        try:
            known = managed(connection, device, account)
        except NoSuchDevice:
            return False
        token_hash = devices.revoke(connection, device, now)
        assert token_hash is not None  # its row is locked
        if known.revoked_at is None:
            audit.note(connection, "revoke", region=common(known.villages), device=device)
        ledger.note(settings.data_dir, revoked=device, token=token_hash.hex(), at=now)
    return True
