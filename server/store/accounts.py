"""People who sign in, their sessions, and refusals that are counted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, or_, select, update

from server.store import tables as t
from server.store.bulk import add, change_rows
from server.store.scoping import inside


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


def by_id(connection: Connection, account: int) -> Account | None:
    """An account, also one that was closed meanwhile."""
    row = connection.execute(select(*_ACCOUNT).where(t.account.c.id == account)).first()
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


def add_account(
    connection: Connection, name: str, password: str, role: str, region: str, now: int, must_change: bool = False
) -> int:
    values: dict[str, Any] = {
        "name": name, "password": password, "role": role, "region": region, "made_at": now, "must_change": must_change,
    }  # fmt: skip
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


def change_account(connection: Connection, account: int, **values: Any) -> None:
    change_rows(connection, t.account, "id", [{"key": account, **values}])


# As an administrator looks after them ---------------------------------------------------------------------------------


class Listed(NamedTuple):
    """An account as a list shows it; nothing by which anybody could sign in."""

    id: int
    name: str
    role: str
    region: str
    made_at: int
    closed_at: int | None
    must_change: bool
    seen_at: int | None
    officer: int | None
    officer_name: str | None
    has_second_factor: bool


_LISTED = select(
    t.account.c.id, t.account.c.name, t.account.c.role, t.account.c.region, t.account.c.made_at, t.account.c.closed_at,
    t.account.c.must_change, t.account.c.seen_at, t.account.c.officer, t.officer.c.name,
    t.account.c.sealed_totp.is_not(None),
).select_from(t.account.outerjoin(t.officer, t.officer.c.id == t.account.c.officer))  # fmt: skip


def listing(
    connection: Connection, scope: str, are_open: bool, role: str, text: str, after: int | None, most: int
) -> list[Listed]:
    """The region's accounts by name, behind the one with a number; with a role or a text only those."""
    query = _LISTED.where(inside(t.account.c.region, scope), _IS_OPEN if are_open else ~_IS_OPEN)
    if role:
        query = query.where(t.account.c.role == role)
    if text:
        query = query.where(func.lower(t.account.c.name).contains(text.lower(), autoescape=True))
    if after is not None:
        before = t.account.alias("before")
        query = query.where(t.account.c.name > select(before.c.name).where(before.c.id == after).scalar_subquery())
    return [Listed(*row) for row in connection.execute(query.order_by(t.account.c.name).limit(most))]


def listed(connection: Connection, scope: str, account: int) -> Listed | None:
    row = connection.execute(_LISTED.where(t.account.c.id == account, inside(t.account.c.region, scope))).first()
    return Listed(*row) if row else None


_IS_OPEN = t.account.c.closed_at.is_(None)


def lock_account(connection: Connection, account: int) -> tuple[Account, int | None] | None:
    """Somebody's account, locked, and when it was closed."""
    query = select(*_ACCOUNT, t.account.c.closed_at).where(t.account.c.id == account).with_for_update()
    row = connection.execute(query).first()
    return (Account(*row[:-1]), row[-1]) if row else None


def lock_admins(connection: Connection) -> list[tuple[int, str]]:
    """All who may sign in as administrators, locked: number and region. Two can't remove each other in one moment."""
    query = select(t.account.c.id, t.account.c.region).where(t.account.c.role == "admin", _IS_OPEN)
    return [(number, region) for number, region in connection.execute(query.order_by(t.account.c.id).with_for_update())]


class Session(NamedTuple):
    token_hash: bytes
    door: str
    began_at: int
    expires_at: int


def sessions_of(connection: Connection, account: int, now: int) -> list[Session]:
    """Somebody's sessions that last, the newest first; one that still wants the second factor is none yet."""
    query = (
        select(t.session.c.token_hash, t.session.c.door, t.session.c.began_at, t.session.c.expires_at)
        .where(t.session.c.account == account, t.session.c.expires_at > now, t.session.c.door != "half")
        .order_by(t.session.c.began_at.desc())
    )  # fmt: skip
    return [Session(bytes(row[0]), *row[1:]) for row in connection.execute(query)]


def refusals_by_key(connection: Connection, door: str, keys: Collection[str], since: int) -> Mapping[str, tuple[int, int]]:
    """Of each of these callers that was refused since a moment: how often, and when first."""
    query = (
        select(t.refusal.c.key, func.count(), func.min(t.refusal.c.at))
        .where(t.refusal.c.door == door, t.refusal.c.at > since, t.refusal.c.key.in_(list(keys)))
        .group_by(t.refusal.c.key)
    )  # fmt: skip
    return {key: (int(count), first) for key, count, first in connection.execute(query)}


def drop_refusals_of(connection: Connection, door: str, key: str) -> int:
    return connection.execute(delete(t.refusal).where(t.refusal.c.door == door, t.refusal.c.key == key)).rowcount


def names(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """Account -> its name, also of those that were closed."""
    query = select(t.account.c.id, t.account.c.name).where(t.account.c.id.in_(sorted(ids)))
    return {number: name for number, name in connection.execute(query)} if ids else {}
