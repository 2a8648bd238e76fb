"""People who sign in: who they are, what they may do, and in which region."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from schemas.region import within
from server import audit, totp
from server.actions.enrol import CROCKFORD
from server.auth import ADMIN, LOGIN, ROLES, TOTP_LABEL, ask_again, hash_password, is_right, locked_until, name_key
from server.config import Settings
from server.db import Connection, reading, transaction
from server.sealing import hash_token, read_secret, seal
from server.store import accounts, devices, phones, regions
from server.store.accounts import Account, Listed, Session
from server.store.regions import Region
from server.store.scoping import Scope, for_itself

LEAST_PASSWORD = 10  # characters
LONGEST_NAME = 100
_SECRET = re.compile(r"[A-Z2-7]{32}\Z")


class CannotAdd(ValueError):
    """Somebody can't be added; `why` is name, role, region, outside, password or taken."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class CannotChange(ValueError):
    """A password or second factor can't be changed; `why` is old (wrong), short, same, or code (wrong)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class NoSuchAccount(LookupError):
    """There is no such account in the region of who asks."""


class CannotManage(ValueError):
    """An account can't be managed so; `why` is self, last (administrator), closed, role, region, outside or officer."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


# His own account ------------------------------------------------------------------------------------------------------


def change_password(account: Account, old: str, new: str, token: str, now: int) -> None:
    """Somebody's own new password; his other sessions end. Raises CannotChange."""
    if not is_right(account.password, old):
        raise CannotChange("old")
    if len(new) < LEAST_PASSWORD:
        raise CannotChange("short")
    if new == old:
        raise CannotChange("same")
    hashed = hash_password(new)
    with transaction() as connection:
        accounts.change_password(connection, account.id, hashed)
        accounts.drop_sessions_of(connection, account.id, but=hash_token(token))
        audit.note(connection, "password", region=account.region)


def set_second_factor(
    account: Account, secret: str, code: str, password: str, address: str, token: str, settings: Settings, now: int
) -> None:
    """From now on he brings a code of this secret, which he has shown that his phone makes. Raises CannotChange, Refusal.

    His password is asked again: whoever found a session open must not lock its owner out. Sessions that were begun without
    the second factor end, but for the one at hand, whose token this is.
    """
    ask_again(account, password, None, address, settings, now)
    step = totp.step_of(secret, code, now) if is_secret(secret) else None
    if step is None or account.sealed_totp is not None:
        raise CannotChange("code")
    key = read_secret(settings.secret, settings.data_dir / "secret")
    with transaction() as connection:
        sealed = seal(key, secret.encode(), TOTP_LABEL)
        accounts.change_account(connection, account.id, sealed_totp=sealed, totp_step=step)
        accounts.drop_sessions_of(connection, account.id, but=hash_token(token))
        audit.note(connection, "second-factor", region=account.region, account=account.id, on=True)


def drop_second_factor(account: Account, code: str, password: str, address: str, settings: Settings, now: int) -> None:
    """He does without it from now on. Raises Refusal, TooManyRefusals."""
    if account.sealed_totp is None:
        return
    ask_again(account, password, code, address, settings, now)
    with transaction() as connection:
        _no_second_factor(connection, account)


def _no_second_factor(connection: Connection, account: Account) -> None:
    accounts.change_account(connection, account.id, sealed_totp=None, totp_step=None)
    audit.note(connection, "second-factor", region=account.region, account=account.id, on=False)


def is_secret(text: str) -> bool:
    """Whether this is a secret as `totp` makes them: a form brings it back."""
    return _SECRET.match(text) is not None


def sessions(account: int, now: int) -> list[Session]:
    with reading() as connection:
        return accounts.sessions_of(connection, account, now)


def end_other_sessions(account: Account, token: str) -> None:
    with transaction() as connection:
        accounts.drop_sessions_of(connection, account.id, but=hash_token(token))
        audit.note(connection, "sign-out", region=account.region, others=True)


# As an administrator looks after them ---------------------------------------------------------------------------------


class Person(NamedTuple):
    """An account as an administrator sees it. locked_until: a moment, where too many wrong tries lock it."""

    listed: Listed
    region_name: str
    locked_until: int | None


class People(NamedTuple):
    people: list[Person]
    next: int | None


def people_in(
    scope: Scope, are_open: bool, role: str, text: str, after: int | None, limit: int, settings: Settings, now: int
) -> People:
    """Accounts of the region by name; `after` is the number of the last one shown."""
    with reading() as connection:
        found = accounts.listing(connection, scope, are_open, role, text, after, limit + 1)
        names = regions.names(connection, [each.region for each in found])
    locked = locked_until([each.name for each in found], settings, now)
    people = [Person(each, names.get(each.region, each.region), locked.get(each.name)) for each in found[:limit]]
    return People(people, found[limit - 1].id if len(found) > limit else None)


def person_in(scope: Scope, account: int, settings: Settings, now: int) -> Person:
    """One account. Raises NoSuchAccount where it is not of the region."""
    with reading() as connection:
        found = accounts.listed(connection, scope, account) if 0 < account < 2**63 else None
        if found is None:
            raise NoSuchAccount(account)
        name = regions.names(connection, [found.region]).get(found.region, found.region)
    return Person(found, name, locked_until([found.name], settings, now).get(found.name))


def person_in_own(account: Account, settings: Settings, now: int) -> Person:
    """Somebody's own account as a page shows it to him."""
    with for_itself():  # a village's officer may be linked to one of its district
        return person_in(Scope(account.region), account.id, settings, now)


def regions_like(scope: Scope, text: str, most: int) -> list[Region]:
    """Regions inside one by a part of their name, the larger ones first; without a text, itself and those just below."""
    with reading() as connection:
        if text:
            return phones.regions_named(connection, scope, text, most)
        own = [Region(code, name) for code, name in regions.names(connection, [scope]).items()]
        return [*own, *regions.children(connection, scope)][:most]


def add_user(
    name: str, role: str, region: str, password: str, now: int, *, must_change: bool = False, by: Account | None = None
) -> int:
    """Add somebody who may sign in; gives the account's number. Raises CannotAdd.

    region: any level of the code tree, `id` for the nation; of an administrator's region or inside it. Only the
    password's hash is kept. by: the administrator, None is one at the machine.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise CannotAdd("name")
    if role not in ROLES:
        raise CannotAdd("role")
    if by is not None and not within(region, by.region):
        raise CannotAdd("outside")
    if len(password) < LEAST_PASSWORD:
        raise CannotAdd("password")
    hashed = hash_password(password)  # slow on purpose: not while the database waits
    with transaction() as connection:
        if not regions.exists(connection, region):
            raise CannotAdd("region")
        if accounts.is_taken(connection, name):
            raise CannotAdd("taken")
        number = accounts.add_account(connection, name, hashed, role, region, now, must_change)
        audit.note(connection, "account", region=region, account=number, do="add", role=role)
        return number


def new_password() -> str:
    """One that somebody can read out on the telephone, of 80 bits: 7K4Q-9WXB-2MPA-TT3E."""
    return "-".join("".join(secrets.choice(CROCKFORD) for _ in range(4)) for _ in range(4))


@contextmanager
def _managed(
    account: int, by: Account | None, do: str, *, signs_out: bool = True, **about: Any
) -> Iterator[tuple[Connection, Account]]:
    """A transaction on somebody's account, for an administrator of his region. signs_out: his sessions end with it.

    Raises NoSuchAccount, CannotManage (self, closed, and last: without him nobody could manage his region any more).
    """
    with transaction() as connection:
        admins = accounts.lock_admins(connection)
        found = accounts.lock_account(connection, account) if 0 < account < 2**63 else None
        if found is None or (by is not None and not within(found[0].region, by.region)):
            raise NoSuchAccount(account)
        who, closed_at = found
        if closed_at is not None:
            raise CannotManage("closed")
        if by is not None and by.id == who.id:
            raise CannotManage("self")
        yield connection, who
        if signs_out:
            accounts.drop_sessions_of(connection, who.id)
        audit.note(connection, "account", region=who.region, account=who.id, do=do, **about)
        if by is not None and who.role == ADMIN:
            _check_not_last(connection, who, admins)


def _check_not_last(connection: Connection, who: Account, admins: list[tuple[int, str]]) -> None:
    now_ = accounts.lock_account(connection, who.id)
    stays = now_ is not None and now_[1] is None and now_[0].role == ADMIN and within(who.region, now_[0].region)
    others = any(number != who.id and within(who.region, region) for number, region in admins)
    if not stays and not others:
        raise CannotManage("last")


def change_role(account: int, role: str, region: str, by: Account | None) -> None:
    """What somebody may do and where; he signs in anew. Raises NoSuchAccount, CannotManage."""
    if role not in ROLES:
        raise CannotManage("role")
    if by is not None and not within(region, by.region):
        raise CannotManage("outside")
    with _managed(account, by, "role", role=role, to=region) as (connection, who):
        if not regions.exists(connection, region):
            raise CannotManage("region")
        accounts.change_account(connection, who.id, role=role, region=region)


def close_account(account: int, by: Account | None, now: int) -> None:
    """He may sign in no more, for good: the log speaks of this account, so a name that returns is a new one.

    Raises NoSuchAccount, CannotManage.
    """
    with _managed(account, by, "close") as (connection, who):
        accounts.change_account(connection, who.id, closed_at=now)


def reset_password(account: int, by: Account | None) -> str:
    """A password that is told once, and that he changes when he signs in. Raises NoSuchAccount, CannotManage."""
    password = new_password()
    hashed = hash_password(password)
    with _managed(account, by, "password") as (connection, who):
        accounts.change_account(connection, who.id, password=hashed, must_change=True)
        accounts.drop_refusals_of(connection, LOGIN, name_key(who.name))
    return password


def lift_second_factor(account: int, by: Account | None) -> None:
    """For who lost his phone: he signs in by his password alone until he sets another up. Raises as the others."""
    with _managed(account, by, "second-factor") as (connection, who):
        _no_second_factor(connection, who)


def unlock(account: int, by: Account | None) -> None:
    """Wrong tries of his name count no more; those of an address do. Raises as the others."""
    with _managed(account, by, "unlock", signs_out=False) as (connection, who):
        accounts.drop_refusals_of(connection, LOGIN, name_key(who.name))


def end_sessions(account: int, by: Account | None) -> None:
    """He is signed out everywhere. Raises as the others."""
    with _managed(account, by, "sessions"):
        pass


def link_officer(account: int, officer: int | None, by: Account | None) -> None:
    """Say which officer he is as well, whose entries he may not settle; None: none. Raises as the others."""
    with _managed(account, by, "officer", signs_out=False, officer=officer) as (connection, who):
        if officer is not None and not _is_near(connection, officer, who.region):
            raise CannotManage("officer")
        accounts.change_account(connection, who.id, officer=officer)


def _is_near(connection: Connection, officer: int, region: str) -> bool:
    district = devices.district_of(connection, officer) if 0 < officer < 2**63 else None
    return district is not None and (within(district, region) or within(region, district))


def officers_near(region: str, text: str, most: int) -> list[tuple[int, str, str]]:
    """Officers who may be the one that an account of the region is: number, name, district.

    The administrator's own region holds the account's; of a village's account the officers of its district are told.
    """
    district = ".".join(region.split(".")[:3])
    with for_itself(), reading() as connection:
        return phones.officers(connection, district, most, text)


def named(name: str) -> int | None:
    """The number of the account that has this name and may sign in."""
    with reading() as connection:
        found = accounts.by_name(connection, name)
    return found.id if found else None


def everybody() -> list[Listed]:
    """All accounts, those that are closed last; for the machine's own administrator."""
    with reading() as connection:
        return [
            each for are_open in (True, False) for each in accounts.listing(connection, "id", are_open, "", "", None, 10**6)
        ]
