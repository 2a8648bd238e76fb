"""The audit log's table: a chain of entries, each sealed to the one before it by a hash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from schemas.change import dumps, loads
from server.store import desk_tables as d
from server.store.bulk import add, in_chunks

MOST_NAMED = 500
"""Records written out in one entry; of more their number and the hash of their list stand there, which cover them too."""


class Entry(NamedTuple):
    """One look or deed. who: account:<id> | device:<id> | job:<name> | machine. about: JSON values, none of a person's."""

    at: int
    who: str
    act: str
    region: str | None
    record: str | None
    about: Mapping[str, Any]
    records: tuple[str, ...] = ()


def append(connection: Connection, entries: Sequence[Entry]) -> None:
    """Add entries to the chain's end. It locks the head until the transaction ends: call it last, see `server.db`."""
    last, digest = connection.execute(select(d.audit_head.c.last, d.audit_head.c.hash).with_for_update()).one()
    digest = bytes(digest)
    rows, named = [], []
    for number, entry in enumerate(entries, last + 1):
        row = _row(number, entry)
        digest = link(digest, row)
        rows.append(row | {"hash": digest})
        people = set(entry.records) | ({entry.record} if entry.record else set())
        named += [{"record": record, "audit": number} for record in sorted(people)]
    add(connection, d.audit, rows)
    add(connection, d.audit_record, named)
    connection.execute(update(d.audit_head).values(last=last + len(rows), hash=digest))


class Held(NamedTuple):
    """Entries of a database that is about to be replaced, and the people whom each is about."""

    rows: list[dict[str, Any]]
    named: dict[int, list[str]]


class Carried(NamedTuple):
    """How many entries went on as they were, and how many only under a new number, since they are of another chain."""

    as_they_were: int
    renumbered: int


def held_behind(connection: Connection, last: int, digest: bytes) -> Held:
    """The entries behind one that both chains have; all of them where they have none in common."""
    at = connection.scalar(select(d.audit.c.hash).where(d.audit.c.id == last)) if last else bytes(32)
    after = last if at is not None and bytes(at) == digest else 0
    rows = [dict(row._mapping) for row in all_entries(connection, after)]
    named: dict[int, list[str]] = {}
    a = d.audit_record.c
    for record, number in connection.execute(select(a.record, a.audit).where(a.audit > after).order_by(a.record)):
        named.setdefault(number, []).append(record)
    return Held(rows, named)


def carry_on(connection: Connection, held: Held) -> Carried:
    """Put these entries behind the chain's end: as they are where they go on from it, and else under a new number.

    A renumbered one says under which number and hash it stood (`was`).
    """
    last, digest = head(connection)
    rows, named, carried = [], [], 0
    for number, old in enumerate(held.rows, last + 1):
        row = old
        if old["id"] != number or link(digest, old) != bytes(old["hash"]):
            about = loads(old["about"]) | {"was": [old["id"], bytes(old["hash"]).hex()]}
            row = old | {"id": number, "about": dumps(dict(sorted(about.items())))}
        else:
            carried += 1
        digest = link(digest, row)
        rows.append(row | {"hash": digest})
        named += [{"record": record, "audit": number} for record in held.named.get(old["id"], ())]
    add(connection, d.audit, rows)
    add(connection, d.audit_record, named)
    connection.execute(update(d.audit_head).values(last=last + len(rows), hash=digest))
    return Carried(carried, len(rows) - carried)


def _row(number: int, entry: Entry) -> dict[str, Any]:
    about = dict(entry.about)
    if entry.records:
        ordered = sorted(set(entry.records))
        about |= {"people": len(ordered), "records_hash": hash_of(ordered)}
        if len(ordered) <= MOST_NAMED:
            about["records"] = ordered
    return {
        "id": number, "at": entry.at, "who": entry.who, "act": entry.act, "region": entry.region, "record": entry.record,
        "about": dumps(dict(sorted(about.items()))),
    }  # fmt: skip


def hash_of(records: Iterable[str]) -> str:
    return sha256("\n".join(records).encode()).hexdigest()


def link(before: bytes, row: Mapping[str, Any]) -> bytes:
    """The hash of an entry: SHA-256 over the hash before it and the entry's own columns as canonical JSON."""
    said = [row[name] for name in ("id", "at", "who", "act", "region", "record", "about")]
    return sha256(before + dumps(said).encode()).digest()


def all_entries(connection: Connection, after: int = 0) -> Iterator[Any]:
    """Every row behind a number, in the order of the chain, a few at a time in memory."""
    query = select(d.audit).where(d.audit.c.id > after).order_by(d.audit.c.id).execution_options(yield_per=2000)
    yield from connection.execute(query)


def hashes(connection: Connection, numbers: Iterable[int]) -> dict[int, str]:
    """Of those entries that are there: their hashes."""
    found: dict[int, str] = {}
    for part in in_chunks(list(numbers)):
        query = select(d.audit.c.id, d.audit.c.hash).where(d.audit.c.id.in_(part))
        found |= {number: bytes(digest).hex() for number, digest in connection.execute(query)}
    return found


def head(connection: Connection) -> tuple[int, bytes]:
    """The number and hash of the last entry."""
    last, digest = connection.execute(select(d.audit_head.c.last, d.audit_head.c.hash)).one()
    return int(last), bytes(digest)
