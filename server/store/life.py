"""The database's own life: its epoch, and the keys that belong to it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select, update

from server.store import tables as t
from server.store.bulk import add


class Life(NamedTuple):
    """epoch: a fresh random name for each life. restored: a backup was restored once."""

    epoch: str
    restored: bool


_LIFE = select(t.life.c.epoch, t.life.c.restored).where(t.life.c.id == 1)


def read_life(connection: Connection) -> Life:
    """Raises LookupError before `sambung init`."""
    row = connection.execute(_LIFE).first()
    if row is None:
        raise LookupError("the database has no epoch yet")
    return Life(row[0], bool(row[1]))


def begin_life(connection: Connection, epoch: str, now: int) -> None:
    add(connection, t.life, [{"id": 1, "epoch": epoch, "restored": False, "began_at": now}])


def begin_anew(connection: Connection, epoch: str, now: int) -> None:
    """After a restore: a new epoch, with desks of new names that count from 1."""
    connection.execute(update(t.life).where(t.life.c.id == 1).values(epoch=epoch, restored=True, began_at=now))
    connection.execute(update(t.stream).values(desk_seq=0))


def is_begun(connection: Connection) -> bool:
    return connection.scalar(select(func.count()).select_from(t.life)) != 0


def newest_key(connection: Connection) -> tuple[str, str] | None:
    """Id and public half of the key by which phones seal files for the server."""
    row = connection.execute(
        select(t.server_key.c.id, t.server_key.c.public).order_by(t.server_key.c.made_at.desc(), t.server_key.c.id.desc())
    ).first()
    return (row[0], row[1]) if row else None


def sealed_private(connection: Connection, key_id: str) -> bytes | None:
    """The private half of any key that phones ever sealed to, sealed under the secret; see `server.sealing`."""
    return connection.scalar(select(t.server_key.c.sealed_private).where(t.server_key.c.id == key_id))


def add_key(connection: Connection, key_id: str, public: str, sealed_private: bytes, now: int) -> None:
    add(connection, t.server_key, [{"id": key_id, "public": public, "sealed_private": sealed_private, "made_at": now}])
