"""Restores that were tried: when, of which backup, and how they ended."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select

from server.store import desk_tables as d


class Drill(NamedTuple):
    """Times in milliseconds; records, changes: what the copy held. why: of one that failed, in both languages."""

    id: int
    at: int
    backup_at: int | None
    records: int | None
    changes: int | None
    seconds: float | None
    is_good: bool
    why: str | None


_DRILL = tuple(d.drill.c[name] for name in Drill._fields)


def add_drill(connection: Connection, drill: Drill) -> None:
    values = drill._asdict()
    values.pop("id")
    connection.execute(d.drill.insert().values(values))


def newest(connection: Connection, most: int = 20) -> list[Drill]:
    query = select(*_DRILL).order_by(d.drill.c.id.desc()).limit(most)
    return [Drill(*row)._replace(is_good=bool(row.is_good)) for row in connection.execute(query)]
