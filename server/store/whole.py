"""The whole database as rows: read out for a backup, taken down and filled again from one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, LargeBinary, column, delete, func, insert, inspect, select, table, text, update

from server.store import audit
from server.store import tables as t
from server.store.bulk import put
from server.store.files import File, all_files

AT_ONCE = 1000
NOT_KEPT = frozenset({"session", "enrolment", "recovery", "refusal", "upload"})
"""What a restore would void: who is signed in, codes not used yet, who was refused of late, and uploads on their way."""
MAIL_JUMP = 1_000_000
"""By so much the numbers of a device's mail go on after a restore: none that it was told before comes again."""
_VERSIONS = "alembic_version"


class Layout(NamedTuple):
    """A table's columns, and which of them hold bytes."""

    name: str
    columns: list[str]
    bytes: list[str]


def layouts() -> list[Layout]:
    return [
        Layout(
            str(each.name),
            [str(c.name) for c in each.columns],
            [str(c.name) for c in each.columns if isinstance(c.type, LargeBinary)],
        )
        for each in t.metadata.sorted_tables
        if each.name not in NOT_KEPT
    ]


def rows_of(connection: Connection, layout: Layout) -> Iterator[Sequence[Any]]:
    """Every row of a table, a few at a time in memory."""
    whole = t.metadata.tables[layout.name]
    query = select(*(whole.c[name] for name in layout.columns)).execution_options(yield_per=AT_ONCE)
    yield from connection.execute(query)


def fill(connection: Connection, layout: Layout, rows: Sequence[Sequence[Any]]) -> None:
    """Add rows to a table whose columns may be those of an older version."""
    if rows:
        place = table(layout.name, *(column(name) for name in layout.columns))
        if layout.name == "audit_head":  # the migration began a chain of its own
            connection.execute(delete(place))
        connection.execute(insert(place), [dict(zip(layout.columns, row, strict=True)) for row in rows])


def take_stock(connection: Connection) -> None:
    """Count what is there now. PostgreSQL plans by its last count, and after so many rows at once it would read whole
    tables to find a few, until it counts by itself; SQLite needs none.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("ANALYZE"))


def revision(connection: Connection) -> str | None:
    """The migration that the tables are at; None where there are none."""
    if not inspect(connection).has_table(_VERSIONS):
        return None
    return connection.scalar(text(f"SELECT version_num FROM {_VERSIONS}"))


def take_down(connection: Connection) -> None:
    """Drop every table of ours and what guards them; others that share the database are let alone."""
    there = set(inspect(connection).get_table_names())
    names = [name for name in [*(each.name for each in t.metadata.sorted_tables), _VERSIONS] if name in there]
    guards = _guards(connection, names)
    for name in names:
        connection.execute(text(f'DROP TABLE "{name}"'))
    for guard in guards:
        connection.execute(text(f"DROP FUNCTION {guard}"))


def _guards(connection: Connection, names: Sequence[str]) -> list[str]:
    """PostgreSQL keeps a trigger's function apart from its table."""
    if connection.dialect.name != "postgresql":
        return []
    query = text(
        "SELECT DISTINCT tgfoid::regprocedure::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE NOT tgisinternal AND relname = ANY(:names) AND relnamespace = current_schema()::regnamespace"
    )
    return list(connection.scalars(query, {"names": list(names)}))


def go_on_numbering(connection: Connection) -> None:
    """Let what the database numbers by itself go on behind what was filled in. SQLite does so unasked."""
    connection.execute(update(t.device).values(mailed=t.device.c.mailed + MAIL_JUMP))
    if connection.dialect.name != "postgresql":
        return
    for each in t.metadata.sorted_tables:
        key = each.autoincrement_column
        if key is not None:
            last = connection.scalar(select(func.max(key)))
            query = text("SELECT setval(pg_get_serial_sequence(:name, :key), :last, :used)")
            connection.execute(query, {"name": each.name, "key": key.name, "last": last or 1, "used": last is not None})


# What must outlive a restore ---------------------------------------------------------------------------------------


class Outliving(NamedTuple):
    """What the database that is replaced knows, and a backup may not.

    devices: every id given out. revoked: device -> (hash of its token, when). erased: record -> reason, at, village.
    closed: name -> when the account was closed. keys: rows of `server_key`. files: whose contents lie on the disk.
    """

    devices: set[str]
    revoked: dict[str, tuple[bytes, int]]
    erased: dict[str, dict[str, Any]]
    closed: dict[str, int]
    keys: list[dict[str, Any]]
    files: list[File]


def outliving(connection: Connection) -> Outliving:
    if revision(connection) is None:
        return Outliving(set(), {}, {}, {}, [], [])
    device, account = t.device.c, t.account.c
    return Outliving(
        set(connection.scalars(select(device.id))),
        {
            row.id: (row.token_hash or b"", row.revoked_at)
            for row in connection.execute(
                select(device.id, device.token_hash, device.revoked_at).where(device.revoked_at.is_not(None))
            )
        },
        {
            row.record: {"reason": row.reason, "at": row.at} | ({"village": row.home} if row.home else {})
            for row in connection.execute(
                select(t.erasure, t.record.c.home).outerjoin(t.record, t.record.c.id == t.erasure.c.record)
            )
        },
        {
            row.name: row.closed_at
            for row in connection.execute(select(account.name, account.closed_at).where(account.closed_at.is_not(None)))
        },
        [dict(row._mapping) for row in connection.execute(select(t.server_key))],
        list(all_files(connection)) if inspect(connection).has_table(t.file.name) else [],
    )


def audit_behind(connection: Connection, last: int, digest: bytes) -> audit.Held:
    """The entries of the audit log that a backup with this end does not have."""
    if not inspect(connection).has_table("audit"):
        return audit.Held([], {})
    return audit.held_behind(connection, last, digest)


def close_accounts(connection: Connection, closed: dict[str, int]) -> None:
    for name, at in closed.items():
        is_open = (t.account.c.name == name) & t.account.c.closed_at.is_(None)
        connection.execute(update(t.account).where(is_open).values(closed_at=at))


def all_keys(connection: Connection) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(select(t.server_key))]


def put_keys(connection: Connection, rows: list[dict[str, Any]]) -> None:
    put(connection, t.server_key, rows)


def revoke_again(connection: Connection, revoked: dict[str, tuple[bytes, int]]) -> None:
    """Devices that were revoked stay so; one that the backup never knew gets a row, so that it is told why."""
    for device, (token_hash, at) in sorted(revoked.items()):
        values: dict[str, Any] = {"revoked_at": func.coalesce(t.device.c.revoked_at, at)}
        if token_hash:
            values["token_hash"] = token_hash
        if connection.execute(update(t.device).where(t.device.c.id == device).values(**values)).rowcount:
            continue
        connection.execute(insert(t.device).values(
            id=device, officer=None, name="", platform="", token_hash=token_hash or None, enrolled_at=at, acked=0,
            effective_at=0, offset_ms=0, mailed=0, heard_epoch="", contact_at=None, status="{}", former=None,
            attempt_hash=None, successor=None, forked_at=None, silent_since=None, revoked_at=at,
        ))  # fmt: skip
