"""People who sign in: who they are, what they may do, and in which region."""

from __future__ import annotations

from server import audit
from server.auth import ROLES, hash_password, is_right
from server.db import transaction
from server.sealing import hash_token
from server.store import accounts, regions
from server.store.accounts import Account

LEAST_PASSWORD = 10  # characters
LONGEST_NAME = 100


class CannotAdd(ValueError):
    """Somebody can't be added; `why` is name, role, region, password or taken."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class CannotChange(ValueError):
    """A password can't be changed; `why` is old (wrong), short, or same."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


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


def add_user(name: str, role: str, region: str, password: str, now: int) -> int:
    """Add somebody who may sign in; gives the account's number. Raises CannotAdd.

    region: any level of the code tree, `id` for the nation. Only the password's hash is kept.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise CannotAdd("name")
    if role not in ROLES:
        raise CannotAdd("role")
    if len(password) < LEAST_PASSWORD:
        raise CannotAdd("password")
    hashed = hash_password(password)  # slow on purpose: not while the database waits
    with transaction() as connection:
        if not regions.exists(connection, region):
            raise CannotAdd("region")
        if accounts.is_taken(connection, name):
            raise CannotAdd("taken")
        return accounts.add_account(connection, name, hashed, role, region, now)
