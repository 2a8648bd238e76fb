"""Enrol a device: an operator makes a code for an officer and some villages, a phone turns it into a token."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple

from schemas.change import DESK_PREFIX
from schemas.region import common, is_village, parent, within
from server import audit, ledger
from server.actions.settle import OutsideRegion
from server.config import Settings
from server.db import Clash, Connection, reading, transaction
from server.sealing import hash_token, new_token
from server.store import accounts, devices, life, regions
from server.store.accounts import Account
from server.store.devices import Code, Device, Officer

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DEVICE_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
DEVICE_ID_LENGTH = 6
REFUSALS_MS = 10 * 60 * 1000
DOOR = "enrol"


class EnrolmentRefused(Exception):
    """The code is wrong, used or expired; which of them is not said."""


class TooManyRefusals(Exception):
    """Too many wrong codes or passwords; `seconds` until another may be tried."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class UnknownVillage(ValueError):
    """A code can't be made for a village that there is not."""


class NewCode(NamedTuple):
    """officer: for whom it is, by number."""

    code: str
    url: str
    expires_at: int
    officer: int
    code_hash: bytes


class Enrolled(NamedTuple):
    device: str
    token: str
    officer: Officer
    villages: list[regions.Region]
    acked: int
    epoch: str
    server_key: tuple[str, str] | None


def make_code(
    officer: str, villages: Collection[str], settings: Settings, now: int, account: Account | None = None
) -> NewCode:
    """A single-use code, told once: only its hash is kept. Raises UnknownVillage, OutsideRegion.

    account: whose desk makes it, for villages of his region alone; None is an administrator at the machine.
    """
    with transaction() as connection:
        return code_within(connection, officer, villages, settings, now, account)


def code_within(
    connection: Connection, officer: str, villages: Collection[str], settings: Settings, now: int, account: Account | None
) -> NewCode:
    """As `make_code`, in a transaction that does more."""
    if not villages:
        raise UnknownVillage("-")
    for village in villages:
        if account is not None and not within(village, account.region):
            raise OutsideRegion(village)
        if not is_village(village) or not regions.exists(connection, village):
            raise UnknownVillage(village)
    code = "".join(secrets.choice(CROCKFORD) for _ in range(8))
    expires_at = now + int(timedelta(hours=settings.enrolment_hours).total_seconds() * 1000)
    officer_id = devices.officer_named(connection, officer, parent(min(villages)) or regions.NATION)
    devices.add_code(connection, _hash_code(code), officer_id, set(villages), expires_at)
    audit.note(connection, "enrol-code", region=common(villages), officer=officer_id, villages=sorted(set(villages)))
    shown = f"{code[:4]}-{code[4:]}"
    return NewCode(shown, f"{settings.public_url}/app/#{shown}", expires_at, officer_id, _hash_code(code))


def _hash_code(code: str) -> bytes:
    return hash_token("code:" + code)


def normal_code(typed: str) -> str:
    """What was typed, as Crockford reads it: no dashes, I and L are 1, O is 0."""
    plain = "".join(letter for letter in typed.upper() if letter not in "- ")
    return plain.translate(str.maketrans("ILO", "110"))


def enrol(
    code: str, attempt: str | None, name: str, platform: str, former: str | None, address: str, settings: Settings, now: int
) -> Enrolled:
    """Turn a code (or once the token of a device that goes on under a new id) into a device.

    address: of the caller, for counting refusals. Raises EnrolmentRefused, TooManyRefusals.
    """
    caller = sha256(address.encode()).hexdigest()
    check_refusals(DOOR, caller, settings, now)
    asked = _Asked(name, platform, former, hash_token("attempt:" + attempt) if attempt else None, now)
    try:
        return _enrol_once(code, asked, settings)
    except Clash:  # another phone was given the same id in this very moment: now it is known
        return _enrol_once(code, asked, settings)
    except EnrolmentRefused:
        count_refusal(DOOR, caller, now)
        raise


def _enrol_once(code: str, asked: _Asked, settings: Settings) -> Enrolled:
    with transaction() as connection:
        return _enrol(connection, code, asked, settings)


class _Asked(NamedTuple):
    name: str
    platform: str
    former: str | None
    attempt_hash: bytes | None
    now: int


def _enrol(connection: Connection, code: str, asked: _Asked, settings: Settings) -> Enrolled:
    code_hash = _hash_code(normal_code(code))
    known = devices.lock_code(connection, code_hash)
    if known is None:
        return _continue(connection, code, asked, settings)
    token = new_token()
    if known.device is not None:
        return _again(connection, known.device, known.attempt_hash, token, asked)
    if known.expires_at <= asked.now:
        raise EnrolmentRefused
    device = _new_device(connection, known, token, asked, settings)
    devices.use_code(connection, code_hash, device, asked.attempt_hash)
    return _enrolled(connection, device, token)


def _continue(connection: Connection, token: str, asked: _Asked, settings: Settings) -> Enrolled:
    """A phone that was set back, or has a twin, goes on under a new id; its old token serves once in place of a code."""
    known = devices.by_token(connection, hash_token(token))
    old = devices.lock(connection, known.id) if known else None  # as it is now: the same call may just have been answered
    if old is None or old.revoked_at is not None or old.officer is None:
        raise EnrolmentRefused
    fresh = new_token()
    if old.successor is not None:
        return _again(connection, old.successor, devices.attempt_of_successor(connection, old.id), fresh, asked)
    code = Code(old.officer, old.villages, 0, None, None)
    device = _new_device(connection, code, fresh, asked._replace(former=None), settings, continues=old)
    devices.change_device(connection, old.id, successor=device, attempt_hash=asked.attempt_hash)
    return _enrolled(connection, device, fresh)


def _again(connection: Connection, device: str, attempt_hash: bytes | None, token: str, asked: _Asked) -> Enrolled:
    """The answer was lost: the same attempt is told the same device again, until that device's first other call."""
    made = devices.lock(connection, device)
    if not asked.attempt_hash or attempt_hash != asked.attempt_hash or made is None or made.contact_at or made.revoked_at:
        raise EnrolmentRefused
    devices.change_device(connection, device, token_hash=hash_token(token))
    return _enrolled(connection, device, token)


def _new_device(
    connection: Connection, code: Code, token: str, asked: _Asked, settings: Settings, continues: Device | None = None
) -> str:
    given_back = _own_id_again(connection, asked.former)
    device = given_back or _new_id(connection, settings)
    ledger.note(settings.data_dir, device=device, at=asked.now)
    devices.add_device(
        connection,
        {
            "id": device, "officer": code.officer, "name": asked.name, "platform": asked.platform,
            "token_hash": hash_token(token), "enrolled_at": asked.now, "acked": 0, "effective_at": 0, "offset_ms": 0,
            "mailed": 0, "contact_at": None, "status": "{}",
            # Others may have seen all that a phone with its old id is about to send again: see `receive`.
            "heard_epoch": "" if given_back else life.read_life(connection).epoch,
            "former": continues.id if continues else asked.former, "attempt_hash": None, "successor": None,
            "forked_at": None, "silent_since": None, "revoked_at": None,
        },
        code.villages,
    )  # fmt: skip
    with audit.acting(f"device:{device}"):
        audit.note(connection, "enrol", region=common(code.villages), officer=code.officer)
    return device


def _own_id_again(connection: Connection, former: str | None) -> str | None:
    """A phone that was enrolled after the backup gets its id back, if this server has never known it."""
    if not former or not _is_device_id(former):
        return None
    return None if devices.exists(connection, former) else former


def _is_device_id(text: str) -> bool:
    return (
        len(text) == DEVICE_ID_LENGTH and all(letter in DEVICE_LETTERS for letter in text)
        and not text.startswith(DESK_PREFIX)
    )  # fmt: skip


def _new_id(connection: Connection, settings: Settings) -> str:
    given = ledger.given_ids(settings.data_dir)
    while True:
        device = "".join(secrets.choice(DEVICE_LETTERS) for _ in range(DEVICE_ID_LENGTH))
        if not device.startswith(DESK_PREFIX) and device not in given and not devices.exists(connection, device):
            return device


def _enrolled(connection: Connection, device: str, token: str) -> Enrolled:
    made = devices.by_id(connection, device)
    assert made is not None and made.officer is not None  # made in this transaction, for an officer
    officer = devices.officer(connection, made.officer)
    assert officer is not None
    names = regions.names(connection, list(made.villages))
    villages = [regions.Region(code, names.get(code, code)) for code in made.villages]
    key = life.newest_key(connection)
    return Enrolled(device, token, officer, villages, made.acked, life.read_life(connection).epoch, key)


def check_refusals(door: str, caller: str, settings: Settings, now: int, altogether: bool = True) -> None:
    """Raises TooManyRefusals where this caller, or all callers together, were refused too often of late."""
    since = now - REFUSALS_MS
    limits = [(caller, settings.refusals_per_address), (None, settings.refusals_altogether)]
    with reading() as connection:
        for key, most in limits if altogether else limits[:1]:
            count, first = accounts.refusals(connection, door, key, since)
            if count >= most and first is not None:
                raise TooManyRefusals(max(1, (first + REFUSALS_MS - now) // 1000))


def count_refusal(door: str, caller: str, now: int) -> None:
    with transaction() as connection:
        accounts.add_refusal(connection, door, caller, now)
        accounts.drop_refusals(connection, now - 6 * REFUSALS_MS)
