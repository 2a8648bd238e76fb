"""Make or migrate the database's tables."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic is imported where it works: most that starts here only asks whether the tables are today's, or nothing of it.

_MIGRATIONS = Path(__file__).parent.parent / "migrations"


def _config(connection: Connection | None = None) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the tables to today's shape, or to that of an older revision; nothing happens where they are."""
    from alembic import command

    command.upgrade(_config(connection), revision)


def is_known(revision: str) -> bool:
    """Whether this is a revision of today's migrations: one of a newer version is not."""
    from alembic.script import ScriptDirectory

    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def is_current(connection: Connection) -> bool:
    """Whether the tables have today's shape."""
    from alembic.runtime.migration import MigrationContext

    at = MigrationContext.configure(connection).get_current_heads()
    return set(at) == _heads()


@lru_cache
def _heads() -> set[str]:
    from alembic.script import ScriptDirectory

    return set(ScriptDirectory.from_config(_config()).get_heads())


def is_writable(connection: Connection) -> bool:
    """Whether this database takes writes: a standby of PostgreSQL does not. SQLite was asked when the writer began."""
    if connection.dialect.name != "postgresql":
        return True
    return not connection.scalar(text("SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'"))
