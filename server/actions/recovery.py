"""Recover a phone whose PIN was forgotten: an operator's code, and the server opens the data key that it wrapped.

A phone seals its data key to the server's key when it is enrolled, and keeps what came of it: useless on the phone
alone, and never sent before it is needed. So neither who finds the phone nor the server alone reads what it holds.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple

from schemas.region import common
from server import audit, log
from server.actions.enrol import CROCKFORD, check_refusals, count_refusal, normal_code
from server.actions.fleet import NoSuchDevice, managed
from server.config import Settings
from server.db import Connection, transaction
from server.sealing import hash_token, read_secret, unseal
from server.store import devices, life
from server.store.accounts import Account
from sync.device.hpke import CantOpen, base64url, open_sealed, unbase64url

DOOR = "recover"
INFO = b"sambung recovery 1"
KEY_BYTES = 32


class RecoveryRefused(Exception):
    """The code is wrong, used or expired, or not of this device, or what it wrapped can't be opened: not said which."""


class NewRecovery(NamedTuple):
    """code: told once, only its hash is kept. officer: who should hold the device."""

    code: str
    officer: str | None
    expires_at: int


def make_recovery(device: str, settings: Settings, now: int, account: Account | None = None) -> NewRecovery:
    """A single-use code for one device, in the place of any before. Raises NoSuchDevice, OutsideRegion.

    account: whose desk it is; None is an administrator at the machine.
    """
    code = "".join(secrets.choice(CROCKFORD) for _ in range(8))
    expires_at = now + int(timedelta(hours=settings.recovery_hours).total_seconds() * 1000)
    with transaction() as connection:
        known = managed(connection, device, account)
        if known.revoked_at is not None:
            raise NoSuchDevice(device)
        devices.put_recovery(connection, device, _hash_code(device, code), expires_at)
        audit.note(connection, "recover", region=common(known.villages), device=device)
        officer = devices.officer(connection, known.officer) if known.officer is not None else None
    log.said("recovery-code", device=device)
    return NewRecovery(f"{code[:4]}-{code[4:]}", officer.name if officer else None, expires_at)


def recover(device: str, code: str, key_id: str, wrapped: str, address: str, settings: Settings, now: int) -> str:
    """The device's data key in base64url; the code is then used up, and by nothing else.

    address: of the caller, for counting refusals. Raises RecoveryRefused, TooManyRefusals.
    """
    caller = sha256(address.encode()).hexdigest()
    check_refusals(DOOR, caller, settings, now)
    try:
        with transaction() as connection:
            key = _recover(connection, device, code, key_id, wrapped, settings, now)
    except RecoveryRefused:
        count_refusal(DOOR, caller, now)
        raise
    log.said("recovered", device=device)
    return base64url(key)


def _recover(
    connection: Connection, device: str, code: str, key_id: str, wrapped: str, settings: Settings, now: int
) -> bytes:
    known = devices.lock(connection, device)
    code_hash = _hash_code(device, normal_code(code))
    if known is None or known.revoked_at is not None or devices.lock_recovery(connection, code_hash, now) != device:
        raise RecoveryRefused
    sealed_key = life.sealed_private(connection, key_id)
    if sealed_key is None:
        raise RecoveryRefused
    private = unseal(read_secret(settings.secret, settings.data_dir / "secret"), sealed_key, f"server key {key_id}")
    try:
        key = open_sealed(private, unbase64url(wrapped), INFO, device.encode())
    except (CantOpen, ValueError):
        raise RecoveryRefused from None
    if len(key) != KEY_BYTES:
        raise RecoveryRefused
    devices.drop_recovery(connection, code_hash)
    with audit.acting(f"device:{device}"):
        audit.note(connection, "recover", region=common(known.villages), device=device, used=True)
    return key


def _hash_code(device: str, code: str) -> bytes:
    return hash_token(f"recovery:{device}:{code}")
