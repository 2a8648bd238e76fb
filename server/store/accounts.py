"""People who sign in, their sessions, and refusals that are counted."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, or_, select, update

from server.store import tables as t
from server.store.bulk import add


class Account(NamedTuple):
    id: int
    name: str
    password: str
    role: str
    region: str
    must_change: bool = False
    sealed_totp: bytes | None = None
    officer: int | None = None


_ACCOUNT = tuple(t.account.c[name] for name in Account._fields)


def by_name(connection: Connection, name: str) -> Account | None:
    query = select(*_ACCOUNT).where(t.account.c.name == name, t.account.c.closed_at.is_(None))
    row = connection.execute(query).first()
    return Account(*row) if row else None


def by_session(connection: Connection, token_hash: bytes, door: str, now: int) -> Account | None:
    """Whose session this is at that door, while it lasts."""
    query = (
        select(*_ACCOUNT)
        .join(t.session, t.session.c.account == t.account.c.id)
        .where(
            t.session.c.token_hash == token_hash, t.session.c.door == door, t.session.c.expires_at > now,
            t.account.c.closed_at.is_(None),
        )
    )  # fmt: skip
    row = connection.execute(query).first()
    return Account(*row) if row else None


def add_account(connection: Connection, name: str, password: str, role: str, region: str, now: int) -> int:
    values: dict[str, Any] = {"name": name, "password": password, "role": role, "region": region, "made_at": now}
    made = connection.execute(t.account.insert().values(**values, closed_at=None))
    return int(made.inserted_primary_key[0])


def change_password(connection: Connection, account: int, password: str) -> None:
    """A new hash, chosen by himself: nobody else knows it now."""
    known = t.account.c.id == account
    connection.execute(update(t.account).where(known).values(password=password, must_change=False))


def use_totp(connection: Connection, account: int, step: int) -> bool:
    """Whether this step's code had not been used yet: it serves once, and none before it serves any more."""
    unused = or_(t.account.c.totp_step.is_(None), t.account.c.totp_step < step)
    used = update(t.account).where(t.account.c.id == account, unused).values(totp_step=step)
    return connection.execute(used).rowcount == 1


def add_session(connection: Connection, token_hash: bytes, account: int, door: str, expires_at: int, now: int) -> None:
    drop_sessions(connection, now)
    add(connection, t.session, [{
        "token_hash": token_hash, "account": account, "door": door, "expires_at": expires_at, "began_at": now,
    }])  # fmt: skip


def drop_sessions_of(connection: Connection, account: int, but: bytes | None = None) -> None:
    """All of somebody's sessions end; one may go on."""
    query = delete(t.session).where(t.session.c.account == account)
    connection.execute(query if but is None else query.where(t.session.c.token_hash != but))


def drop_session(connection: Connection, token_hash: bytes) -> bool:
    """Whether there was such a whole session."""
    ended = delete(t.session).where(t.session.c.token_hash == token_hash).returning(t.session.c.door)
    return any(door != "half" for door in connection.scalars(ended))


def add_refusal(connection: Connection, door: str, key: str, now: int) -> None:
    add(connection, t.refusal, [{"door": door, "key": key, "at": now}])


def refusals(connection: Connection, door: str, key: str | None, since: int) -> tuple[int, int | None]:
    """How many refusals there were at a door since a moment (of one caller, or altogether), and when the first was."""
    query = select(func.count(), func.min(t.refusal.c.at)).where(t.refusal.c.door == door, t.refusal.c.at > since)
    if key is not None:
        query = query.where(t.refusal.c.key == key)
    count, first = connection.execute(query).one()
    return int(count), first


def drop_refusals(connection: Connection, before: int) -> int:
    return connection.execute(delete(t.refusal).where(t.refusal.c.at < before)).rowcount


def drop_sessions(connection: Connection, now: int) -> int:
    """Drop the sessions that have ended; gives how many."""
    return connection.execute(delete(t.session).where(t.session.c.expires_at <= now)).rowcount


def is_taken(connection: Connection, name: str) -> bool:
    """Whether somebody has or had this name: the log may still speak of him."""
    return connection.scalar(select(t.account.c.id).where(t.account.c.name == name)) is not None
