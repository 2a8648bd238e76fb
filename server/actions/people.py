"""People who sign in: who they are, what they may do, and in which region."""

from __future__ import annotations

from server.auth import ROLES, hash_password
from server.db import transaction
from server.store import accounts, regions

LEAST_PASSWORD = 10  # characters
LONGEST_NAME = 100


class CannotAdd(ValueError):
    """Somebody can't be added; `why` is name, role, region, password or taken."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


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
