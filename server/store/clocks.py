"""Terms that run: what each finder of `server.actions.clocks` found, until it is met."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select

from server.store.bulk import add, among
from server.store.programme_tables import clock
from server.store.scoping import inside


class Term(NamedTuple):
    """Something of a region that must be done until `due_at` (ms). record: what it is about."""

    record: str
    region: str
    due_at: int


def keep(connection: Connection, what: str, terms: Collection[Term], now: int) -> int:
    """Make these the terms of that kind; gives how many rows changed."""
    query = select(clock.c.record, clock.c.region, clock.c.due_at).where(clock.c.what == what)
    there = {record: Term(record, region, due_at) for record, region, due_at in connection.execute(query)}
    wanted = {term.record: term for term in terms}
    gone = [record for record, term in there.items() if wanted.get(record) != term]
    new = [term for record, term in wanted.items() if there.get(record) != term]
    if gone:
        connection.execute(delete(clock).where(clock.c.what == what, among(clock.c.record, "ids")), {"ids": gone})
    add(connection, clock, [term._asdict() | {"what": what, "since": now} for term in new])
    return len(gone) + len(new)


def counted(connection: Connection, scope: str, what: str, now: int) -> tuple[int, int]:
    """How many terms of that kind run in a region, and how many of them are over."""
    late = func.count().filter(clock.c.due_at < now)
    query = select(func.count(), late).where(clock.c.what == what, inside(clock.c.region, scope))
    running, over = connection.execute(query).one()
    return int(running), int(over)


def soonest(connection: Connection, scope: str, what: str, most: int) -> list[Term]:
    """The terms of that kind that run out first."""
    query = (
        select(clock.c.record, clock.c.region, clock.c.due_at)
        .where(clock.c.what == what, inside(clock.c.region, scope))
        .order_by(clock.c.due_at, clock.c.record)
        .limit(most)
    )
    return [Term(*row) for row in connection.execute(query)]
