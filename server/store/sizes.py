"""How large the database is, and how old the server's keys are."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, func, select, text

from server.store import tables as t


def database_bytes(connection: Connection, file: Path | None) -> int | None:
    """On the disk, with what is not folded in yet; None where the engine does not say."""
    if connection.dialect.name == "postgresql":
        return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    if file is None:
        return None
    parts = (file, file.with_name(file.name + "-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())


def keys_made(connection: Connection) -> tuple[int, int | None]:
    """How many keys phones may have sealed to, and when the newest was made."""
    count, newest = connection.execute(select(func.count(), func.max(t.server_key.c.made_at))).one()
    return int(count), newest


def began_at(connection: Connection) -> int:
    """When this life of the database began."""
    return int(connection.scalar(select(t.life.c.began_at)) or 0)
