"""Make or migrate the database: tables, regions, the first epoch, the server's keys, the forms that come with it."""

from __future__ import annotations

import secrets

from server.actions.auditing import seal_what_was_there
from server.actions.forms import publish_shipped
from server.config import Settings
from server.db import reading, transaction
from server.sealing import make_secret_file, new_key_pair, read_secret, seal
from server.store import life
from server.store.regions import load_regions
from server.store.schema import is_current, migrate

EPOCH_LETTERS = "abcdefghijkmnopqrstuvwxyz23456789"


def new_epoch() -> str:
    """Six random letters: enough that no two lives of a database share a name."""
    return "".join(secrets.choice(EPOCH_LETTERS) for _ in range(6))


def initialise(settings: Settings, now: int) -> list[str]:
    """Make what is missing; harmless to repeat. Gives the names of secret files made, which the admin must keep."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    files = {"secret": settings.secret, "backup.key": settings.backup_key}
    made = [name for name, given in files.items() if not given and make_secret_file(settings.data_dir / name)]
    with transaction() as connection:
        migrate(connection)
        load_regions(connection)
        seal_what_was_there(connection, now)
        if not life.is_begun(connection):
            life.begin_life(connection, new_epoch(), now)
        if life.newest_key(connection) is None:
            public, private = new_key_pair()
            secret = read_secret(settings.secret, settings.data_dir / "secret")
            life.add_key(connection, "1", public, seal(secret, private, "server key 1"), now)
    publish_shipped(now)
    return made


def is_initialised() -> bool:
    """Whether the database is made, and of today's shape; it must be reachable."""
    with reading() as connection:
        return is_current(connection) and life.is_begun(connection)
