"""Whose a device is, and in which life of the database we are."""

from __future__ import annotations

from server.db import reading
from server.store import devices, life
from server.store.devices import Device, Officer
from server.store.life import read_life


def officer_of(device: Device) -> Officer | None:
    """The officer who holds it; a device that was enrolled for none has none."""
    if device.officer is None:
        return None
    with reading() as connection:
        return devices.officer(connection, device.officer)


def epoch_now() -> str:
    with reading() as connection:
        return read_life(connection).epoch


def newest_key() -> tuple[str, str] | None:
    """Id and public half of the key to which phones seal what they hand over."""
    with reading() as connection:
        return life.newest_key(connection)
