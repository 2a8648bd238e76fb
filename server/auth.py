"""Who calls, and what each may do in which region. The door hands over the token; nothing here knows HTTP."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from schemas import problem
from schemas.region import within
from server.actions.enrol import check_refusals, count_refusal
from server.config import Settings
from server.db import reading, transaction
from server.problems import Refusal
from server.sealing import hash_token, new_token
from server.store import accounts, devices, life
from server.store.accounts import Account
from server.store.devices import Device

OFFICER, OPERATOR, STAFF, VIEWER, AUDITOR, ADMIN = "officer", "operator", "staff", "viewer", "auditor", "admin"
ROLES = (OFFICER, OPERATOR, STAFF, VIEWER, AUDITOR, ADMIN)

MAY: dict[str, frozenset[str]] = {
    "see figures": frozenset(ROLES),
    "see people": frozenset({OFFICER, OPERATOR, STAFF, AUDITOR, ADMIN}),
    "see conflicts": frozenset({OPERATOR, STAFF, AUDITOR, ADMIN}),
    "settle": frozenset({OPERATOR, STAFF, ADMIN}),
    "see devices": frozenset({OPERATOR, AUDITOR, ADMIN}),  # and who holds them
    "decide": frozenset({OPERATOR, ADMIN}),  # what becomes of changes that wait too long
    "sign out": frozenset(ROLES),
}
"""What each role may do, always inside its own region only. A viewer sees aggregates, never a person."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_LOGIN = "login"


@lru_cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's floor: sync must not starve


@lru_cache
def _nobody() -> str:
    """A hash to check against where there is no such name: it takes as long, so that names can't be tried out."""
    return _hasher().hash(new_token())


def hash_password(password: str) -> str:
    return _hasher().hash(password)


def caller(token: str | None, now: int) -> Device | Account:
    """The device or person whose token this is. Raises Refusal (401)."""
    if not token:
        raise Refusal(problem.UNAUTHORIZED)
    token_hash = hash_token(token)
    with reading() as connection:
        device = devices.by_token(connection, token_hash)
        if device is not None and device.revoked_at is None and device.contact_at is not None:
            return device
        account = None if device else accounts.by_session(connection, token_hash, now)
        restored = life.read_life(connection).restored
    if device is not None:
        return _first_call(device, now)
    if account is None:
        raise Refusal(problem.DEVICE_UNKNOWN if restored and _TOKEN.match(token) else problem.UNAUTHORIZED)
    return account


def _first_call(device: Device, now: int) -> Device:
    """From its first call on a device has its token for sure: its enrolment is answered no second time."""
    if device.revoked_at is not None:
        raise Refusal(problem.DEVICE_REVOKED)
    with transaction() as connection:
        devices.change_device(connection, device.id, contact_at=now)
    return device


def allow(who: Device | Account, act: str, region: str | None = None) -> Account:
    """The person, if his role may do this in that region. Raises Refusal (403)."""
    if not isinstance(who, Account) or who.role not in MAY[act]:
        raise Refusal(problem.FORBIDDEN)
    if region is not None and not within(region, who.region):
        raise Refusal(problem.OUTSIDE_REGION)
    return who


def login(name: str, password: str, address: str, settings: Settings, now: int) -> tuple[str, Account, int]:
    """A bearer token for a person, the account, and when the token ends. Raises Refusal, TooManyRefusals."""
    keys = [sha256(f"address:{address}".encode()).hexdigest(), sha256(f"name:{name}".encode()).hexdigest()]
    for key in keys:
        check_refusals(_LOGIN, key, settings, now)
    nobody = _nobody()  # made before it is known whether it is needed
    with reading() as connection:
        account = accounts.by_name(connection, name)
    if not _is_right(account.password if account else nobody, password) or account is None:
        for key in keys:
            count_refusal(_LOGIN, key, now)
        raise Refusal(problem.LOGIN_REFUSED)
    token = new_token()
    expires_at = now + int(timedelta(hours=settings.session_hours).total_seconds() * 1000)
    with transaction() as connection:
        accounts.add_session(connection, hash_token(token), account.id, expires_at, now)
        if _hasher().check_needs_rehash(account.password):
            accounts.change_password(connection, account.id, hash_password(password))
    return token, account, expires_at


def logout(token: str) -> None:
    """End a person's session; harmless to repeat."""
    with transaction() as connection:
        accounts.drop_session(connection, hash_token(token))


def _is_right(stored: str, password: str) -> bool:
    try:
        return _hasher().verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
