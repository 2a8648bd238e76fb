"""The devices as an operator sees them: who syncs, who is silent, what each said of itself, who may no longer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from schemas.change import from_ms, loads
from server import ledger
from server.config import Settings
from server.db import reading, transaction
from server.store import devices


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


def revoke(device: str, settings: Settings, now: int) -> bool:
    """The device may no longer; harmless to repeat. False when there is no such device.

    It is noted beside the database before this returns, so that no older backup lets the device in again.
    """
    with transaction() as connection:
        token_hash = devices.revoke(connection, device, now)
        if token_hash is None:
            return False
        ledger.note(settings.data_dir, revoked=device, token=token_hash.hex(), at=now)
    return True
