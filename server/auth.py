"""Who calls, and what each may do in which region. The door hands over the token; nothing here knows HTTP."""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple, NoReturn

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas import problem
from schemas.region import NATION, common, within
from server import audit, totp
from server.actions.enrol import REFUSALS_MS, check_refusals, count_refusal
from server.config import Settings
from server.db import reading, transaction
from server.problems import Refusal
from server.sealing import hash_token, new_token, read_secret, unseal
from server.store import accounts, devices, life, scoping
from server.store.accounts import Account
from server.store.devices import Device
from server.store.scoping import Scope

OFFICER, OPERATOR, STAFF, VIEWER, AUDITOR, ADMIN = "officer", "operator", "staff", "viewer", "auditor", "admin"
ROLES = (OFFICER, OPERATOR, STAFF, VIEWER, AUDITOR, ADMIN)

_DESKS = frozenset({OPERATOR, STAFF, ADMIN})

MAY: dict[str, frozenset[str]] = {
    "see figures": frozenset(ROLES),
    "see people": frozenset({OFFICER, OPERATOR, STAFF, AUDITOR, ADMIN}),
    "see whole NIKs": frozenset({OPERATOR, STAFF, AUDITOR, ADMIN}),  # others see them masked
    "see sensitive": frozenset({OPERATOR, STAFF, AUDITOR, ADMIN}),  # income, heirs, mother's name: one by one, noted
    "see conflicts": frozenset({OPERATOR, STAFF, AUDITOR, ADMIN}),
    "settle": _DESKS,  # conflicts, what was set aside, doubles: what the record of a person says
    "see devices": frozenset({OPERATOR, AUDITOR, ADMIN}),  # and who holds them
    "manage devices": frozenset({OPERATOR, ADMIN}),  # enrol, rename, hand over, revoke
    "decide": frozenset({OPERATOR, ADMIN}),  # what becomes of changes that wait too long
    "see lists": frozenset({STAFF, AUDITOR, ADMIN}),  # membership lists and others that were brought in
    "bring lists": frozenset({STAFF, ADMIN}),
    "export": frozenset(ROLES),  # of people only who may see people
    "export sensitive": _DESKS,  # mother's name, income, heirs, decile …: ticked one by one, with a purpose
    "see rights": frozenset({OPERATOR, STAFF, AUDITOR, ADMIN}),
    "handle rights": _DESKS,
    "see audit": frozenset({AUDITOR, ADMIN}),
    "see administration": frozenset({AUDITOR, ADMIN}),
    "administer": frozenset({ADMIN}),
    "run the server": frozenset({ADMIN}),  # forms, jobs, backups: what is everybody's, see `OF_ALL`
    "set targets": frozenset({STAFF, ADMIN}),
    "handle claims": _DESKS,  # papers, submission, decision, payment, handover
    "evaluate": _DESKS,  # cycles of monitoring, findings, meetings, feedback, solutions
    "plan": frozenset({STAFF, ADMIN}),  # scenarios, budget lines, rankings, decrees, villages' profiles
    "approve": frozenset({STAFF, ADMIN}),  # what somebody else proposed: a budget, a decree, a result
    "run awards": frozenset({STAFF, ADMIN}),
    "judge": frozenset({STAFF, VIEWER, AUDITOR, ADMIN}),  # give an award's villages points: aggregates alone are shown
    "keep duties": frozenset({STAFF, ADMIN}),  # duties of the presidential instruction, agreements
    "write entries": _DESKS,  # by a program, what desks enter about regions; each kind asks for its own row besides
    "own account": frozenset(ROLES),  # his password, his second factor
    "sign out": frozenset(ROLES),
}
"""What each role may do, always inside its own region only. A viewer sees aggregates, never a person."""
OF_ALL = frozenset({"run the server"})
"""What reaches every region at once, and so is done by those alone whose region is the nation."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}\Z")
LOGIN = "login"
API, CONSOLE, HALF = "api", "console", "half"
"""Where a session holds: for programs, in the console, or only to bring the second factor."""
HALF_MS = 10 * 60 * 1000
TOTP_LABEL = "second factor"


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
    """The device or person whose token this is; from here on it is he who acts. Raises Refusal (401)."""
    if not token:
        raise Refusal(problem.UNAUTHORIZED)
    token_hash = hash_token(token)
    with reading() as connection:
        device = devices.by_token(connection, token_hash)
        if device is not None and device.revoked_at is None and device.contact_at is not None:
            return _acts(device)
        account = None if device else accounts.by_session(connection, token_hash, API, now)
        restored = life.read_life(connection).restored
    if device is not None:
        return _acts(_first_call(device, now))
    if account is None:
        raise Refusal(problem.DEVICE_UNKNOWN if restored and _TOKEN.match(token) else problem.UNAUTHORIZED)
    return _acts(account)


def _acts(who: Device | Account) -> Device | Account:
    """What is read and done from now on in this request is read and done by him."""
    if isinstance(who, Account):
        audit.act_as(f"account:{who.id}")
        scoping.ask_within(Scope(who.region))
    else:
        audit.act_as(f"device:{who.id}")
    return who


def nobody_acts() -> None:
    """A request begins: whoever had this thread before is gone."""
    audit.act_as("nobody")
    scoping.ask_within(None)


def _first_call(device: Device, now: int) -> Device:
    """From its first call on a device has its token for sure: its enrolment is answered no second time."""
    if device.revoked_at is not None:
        raise Refusal(problem.DEVICE_REVOKED)
    with transaction() as connection:
        devices.change_device(connection, device.id, contact_at=now)
        with audit.acting(f"device:{device.id}"):
            audit.note(connection, "phone-day", region=common(device.villages), villages=list(device.villages))
    return device


def may(account: Account, act: str) -> bool:
    """Whether his role allows it; what reaches every region only to who has them all."""
    return account.role in MAY[act] and (act not in OF_ALL or account.region == NATION)


def allow(who: Device | Account, act: str, region: str | None = None) -> Account:
    """The person, if his role may do this in that region. Raises Refusal (403)."""
    if not isinstance(who, Account) or not may(who, act):
        raise Refusal(problem.FORBIDDEN)
    if region is not None and not within(region, who.region):
        raise Refusal(problem.OUTSIDE_REGION)
    return who


def scope_of(who: Device | Account, act: str, within_: str | None = None) -> tuple[Account, Scope]:
    """The person, and the region he asks for or his own: the only maker of a Scope. Raises Refusal (403)."""
    account = allow(who, act, within_)
    return account, Scope(within_ or account.region)


def login(name: str, password: str, code: str | None, address: str, settings: Settings, now: int) -> SignedIn:
    """A bearer token for a person who calls by a program. Raises Refusal, TooManyRefusals.

    code: of his second factor, where he has one. Somebody whose first password is still to be changed does that in
    the console before.
    """
    account = _known(name, password, address, settings, now)
    if account.must_change:
        raise Refusal(problem.PASSWORD_TO_CHANGE)
    if account.sealed_totp is not None:
        if not code:
            raise Refusal(problem.SECOND_FACTOR_NEEDED)
        _check_code(account, code, address, settings, now)
    return _begin(account, API, settings, now)


def sign_in(name: str, password: str, address: str, settings: Settings, now: int, browser: str = "") -> SignedIn:
    """A session of the console; a half one (`HALF`) where the second factor is still due. Raises as `login`.

    browser: what `known_browser` gave this one once; its wrong tries count apart.
    """
    account = _known(name, password, address, settings, now, browser)
    return _begin(account, CONSOLE if account.sealed_totp is None else HALF, settings, now)


def second_factor(
    token: str, code: str, address: str, settings: Settings, now: int, browser: str = ""
) -> SignedIn:  # fmt: skip
    """A whole session in the place of a half one. Raises Refusal (401), TooManyRefusals."""
    with reading() as connection:
        account = accounts.by_session(connection, hash_token(token), HALF, now)
    if account is None:
        raise Refusal(problem.UNAUTHORIZED)
    _check_code(account, code, address, settings, now, browser)
    logout(token)
    return _begin(account, CONSOLE, settings, now)


def of_session(token: str | None, now: int, door: str = CONSOLE) -> Account | None:
    """Whose session of the console this is; from here on it is he who acts. None: nobody's."""
    if not token:
        return None
    with reading() as connection:
        account = accounts.by_session(connection, hash_token(token), door, now)
    if account is not None:
        _acts(account)
    return account


class SignedIn(NamedTuple):
    token: str
    account: Account
    expires_at: int
    door: str


def _keys(name: str, address: str) -> list[str]:
    return [sha256(f"address:{address}".encode()).hexdigest(), name_key(name)]


def known_browser(name: str, settings: Settings) -> str:
    """What a browser in which somebody has signed in keeps, to show that next time.

    Without it anybody could lock him out for good, from wherever he is, by wrong tries of his name.
    """
    number = new_token()
    return f"{number}.{_browser_mac(name, number, settings)}"


def _browser_mac(name: str, number: str, settings: Settings) -> str:
    secret = read_secret(settings.secret, settings.data_dir / "secret")
    key = HKDF(SHA256(), 32, None, b"sambung known browsers").derive(secret)
    return hmac.digest(key, f"{number} {name}".encode(), "sha256").hex()


def _check_tries(name: str, address: str, browser: str, settings: Settings, now: int) -> list[str]:
    """Under what a wrong try would be counted: the name and the address, or the browser if it is known for this name.

    What others try counts nothing against that one. Raises TooManyRefusals.
    """
    number, _, mac = browser.partition(".")
    if mac and hmac.compare_digest(mac.encode(), _browser_mac(name, number, settings).encode()):
        keys = [sha256(f"browser:{number}".encode()).hexdigest()]
        check_refusals(LOGIN, keys[0], settings, now, altogether=False)
        return keys
    keys = _keys(name, address)
    for key in keys:
        check_refusals(LOGIN, key, settings, now)
    return keys


def name_key(name: str) -> str:
    """Under what the wrong tries of a name are counted: no name stands in the table."""
    return sha256(f"name:{name}".encode()).hexdigest()


def locked_until(names: Collection[str], settings: Settings, now: int) -> dict[str, int]:
    """Of these names those that were refused too often of late, and until when."""
    keys = {name_key(name): name for name in names}
    with reading() as connection:
        found = accounts.refusals_by_key(connection, LOGIN, keys, now - REFUSALS_MS)
    most = settings.refusals_per_address
    return {keys[key]: first + REFUSALS_MS for key, (count, first) in found.items() if count >= most}


def ask_again(account: Account, password: str, code: str | None, address: str, settings: Settings, now: int) -> None:
    """Somebody who has signed in says once more who he is: a session alone must not take his second factor away.

    code: of his second factor, where it is asked for. Wrong ones count as at the entrance. Raises Refusal, TooManyRefusals.
    """
    keys = _keys(account.name, address)
    for key in keys:
        check_refusals(LOGIN, key, settings, now)
    if not is_right(account.password, password):
        _refuse(keys, account, now)
    if code is not None:
        _check_code(account, code, address, settings, now)


def _known(name: str, password: str, address: str, settings: Settings, now: int, browser: str = "") -> Account:
    """The account of that name and password. Every wrong try counts for the name and for the address, also of a name
    that there is not, and takes as long: so names can't be tried out.
    """
    keys = _check_tries(name, address, browser, settings, now)
    nobody = _nobody()  # made before it is known whether it is needed
    with reading() as connection:
        account = accounts.by_name(connection, name)
    if not is_right(account.password if account else nobody, password) or account is None:
        _refuse(keys, account, now)
    if _hasher().check_needs_rehash(account.password):
        with transaction() as connection:
            accounts.change_account(connection, account.id, password=hash_password(password))  # a first one stays first
    return account


def _refuse(keys: list[str], account: Account | None, now: int) -> NoReturn:
    for key in keys:
        count_refusal(LOGIN, key, now)
    if account is not None:
        audit.act_as(f"account:{account.id}")
        audit.look("sign-in-refused", region=account.region)
    raise Refusal(problem.LOGIN_REFUSED)


def _check_code(account: Account, code: str, address: str, settings: Settings, now: int, browser: str = "") -> None:
    """One code of the second factor, once. Raises Refusal, TooManyRefusals."""
    keys = _check_tries(account.name, address, browser, settings, now)
    step = totp.step_of(open_totp(account, settings), code, now)
    with transaction() as connection:
        taken = step is not None and accounts.use_totp(connection, account.id, step)
    if not taken:
        _refuse(keys, account, now)


def open_totp(account: Account, settings: Settings) -> str:
    """The secret of his second factor."""
    assert account.sealed_totp is not None
    secret = read_secret(settings.secret, settings.data_dir / "secret")
    return unseal(secret, account.sealed_totp, TOTP_LABEL).decode()


def _begin(account: Account, door: str, settings: Settings, now: int) -> SignedIn:
    token = new_token()
    life_ms = HALF_MS if door == HALF else int(timedelta(hours=settings.session_hours).total_seconds() * 1000)
    with transaction() as connection:
        accounts.add_session(connection, hash_token(token), account.id, door, now + life_ms, now)
        if door != HALF:
            accounts.change_account(connection, account.id, seen_at=now)
            audit.act_as(f"account:{account.id}")
            audit.note(connection, "sign-in", region=account.region, door=door)
    return SignedIn(token, account, now + life_ms, door)


def logout(token: str) -> None:
    """End a person's session; harmless to repeat."""
    with transaction() as connection:
        if accounts.drop_session(connection, hash_token(token)):
            audit.note(connection, "sign-out")


def is_right(stored: str, password: str) -> bool:
    """Whether this is the password that was stored so."""
    try:
        return _hasher().verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
