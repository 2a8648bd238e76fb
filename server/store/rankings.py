"""What a ranking is reckoned from: everybody of a region, read once, and who stands on a decree already."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Connection, Row, func, select

from schemas.change import loads
from server.store import tables as t
from server.store.bulk import in_chunks
from server.store.desk_tables import person
from server.store.funded import names_of
from server.store.scoping import inside

AT_ONCE = 5000
NOT_TAKEN_OFF = ~t.record.c.fields.contains('"removed_on":"')
"""Of a beneficiary's record: nobody has taken the name off the list."""

_PERSON = tuple(
    person.c[name] for name in (
        "record", "home", "birth_date", "occupation", "segment", "funding", "dtsen_decile", "status", "incomplete",
        "restricted", "registered_on", "coverage",
    )
)  # fmt: skip


def everybody(connection: Connection, scope: str) -> Iterator[Row[Any]]:
    """Who lives in a region, in no order, some thousand in memory at a time."""
    query = select(*_PERSON).where(inside(person.c.home, scope)).execution_options(yield_per=AT_ONCE)
    return iter(connection.execute(query))


def these(connection: Connection, scope: str, records: Collection[str]) -> dict[str, Row[Any]]:
    """Record -> as `everybody` tells, with name and NIK; of those that live in the region."""
    found: dict[str, Row[Any]] = {}
    for part in in_chunks(records):
        query = select(*_PERSON, person.c.full_name, person.c.nik).where(
            person.c.record.in_(part), inside(person.c.home, scope)
        )
        found |= {row.record: row for row in connection.execute(query)}
    return found


def are_more_than(connection: Connection, scope: str, most: int) -> bool:
    """Whether more people than that live in the region."""
    some = select(person.c.record).where(inside(person.c.home, scope)).limit(most + 1).subquery()
    return (connection.scalar(select(func.count()).select_from(some)) or 0) > most


def said_when(connection: Connection, scope: str, records: Collection[str]) -> dict[str, str]:
    """Record -> the day of which its decile is, where it says one."""
    found: dict[str, str] = {}
    for part in in_chunks(records):
        query = select(t.record.c.id, t.record.c.fields).where(
            t.record.c.id.in_(part), t.record.c.kind == "worker", inside(t.record.c.home, scope)
        )
        for record, fields in connection.execute(query):
            at = loads(fields).get("dtsen_at")
            if isinstance(at, str):
                found[record] = at
    return found


def on_decrees(connection: Connection, decrees: Collection[str]) -> set[str]:
    """The workers whose names stand on these decrees, by the records that carry them."""
    found: set[str] = set()
    for decree in decrees:
        query = select(t.record.c.refers).where(*names_of(decree), t.record.c.erased.is_(False), NOT_TAKEN_OFF)
        found |= {record for record in connection.scalars(query) if record}
    carried: set[str] = set()
    for part in in_chunks(sorted(found)):
        carried |= set(connection.scalars(
            select(t.record.c.carrier).where(t.record.c.id.in_(part), t.record.c.carrier.is_not(None))
        ))  # fmt: skip
    return found | carried
