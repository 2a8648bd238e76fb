"""The log: every change that was received. Rows are only ever added; the law's erasure alone blanks what they held."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b, sha256
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, bindparam, func, or_, select, tuple_, update

from schemas.change import Change, dumps, loads
from server.store import tables as t
from server.store.bulk import add, among, among_dots, in_chunks

MERGED, RECEIVED, QUARANTINED = "merged", "received", "quarantined"

_CHANGE = (
    t.change.c.device, t.change.c.seq, t.change.c.kind, t.change.c.record, t.change.c.village, t.change.c.seen,
    t.change.c.at, t.change.c.effective, t.change.c.received, t.change.c.fields,
)  # fmt: skip
SENT_COLUMNS = tuple(
    t.change.c[name] for name in ("seq", "kind", "record", "village", "seen", "at", "form", "fields", "sent")
)
_FINAL_STATUS = func.coalesce(t.outcome.c.status, t.change.c.status)
_IS_MERGED = or_(t.change.c.status == MERGED, t.outcome.c.status == MERGED)
_WITH_OUTCOME = t.change.outerjoin(
    t.outcome, and_(t.outcome.c.device == t.change.c.device, t.outcome.c.seq == t.change.c.seq)
)
_HASHES = select(t.change.c.seq, t.change.c.hash).where(
    t.change.c.device == bindparam("device"), among(t.change.c.seq, "seqs")
)
_HISTORIES = select(*_CHANGE).select_from(_WITH_OUTCOME).where(among(t.change.c.record, "records"), _IS_MERGED)
_WAITING = select(t.waiting.c.record).where(t.waiting.c.device == bindparam("device"))


class Verdict(NamedTuple):
    """What became of a change, as it now stands. errors: {field: [codes]}."""

    seq: int
    record: str
    status: str
    version: int | None
    errors: Mapping[str, list[str]]
    fields: tuple[str, ...]


def read_change(row: Row[Any] | Sequence[Any]) -> Change:
    """A row of the ten columns of `_CHANGE` as the law knows it."""
    device, seq, kind, record, village, seen, at, effective, received, fields = row
    return Change(
        device, seq, kind, record, village, loads(seen), at, effective, received,
        None if fields is None else loads(fields),
    )  # fmt: skip


def row_of(
    change: Change, officer: int | None, form: str | None, digest: bytes, status: str, version: int | None = None
) -> dict[str, Any]:
    """A row for `append`, of a change that was taken as it was sent."""
    return {
        "device": change.device, "seq": change.seq, "record": change.record, "kind": change.kind,
        "village": change.village, "officer": officer, "form": form, "at": change.at, "effective": change.effective,
        "received": change.received, "seen": dumps(change.seen) if change.seen else "{}",
        "fields": None if change.fields is None else dumps(change.fields), "sent": None, "hash": digest,
        "status": status, "version": version, "errors": None,
    }  # fmt: skip


def known_hashes(connection: Connection, device: str, seqs: Collection[int]) -> dict[int, bytes]:
    """Of those seqs of a device that the log has: the hash of what was sent."""
    return {seq: digest for seq, digest in connection.execute(_HASHES, {"device": device, "seqs": seqs})}


def append(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Add rows to the log; each gets its `row_hash`."""
    for row in rows:
        row["row_hash"] = row_hash(row)
    add(connection, t.change, rows)


_HASHED = itemgetter(
    "device", "seq", "record", "kind", "village", "officer", "form", "at", "effective", "received", "seen", "status",
    "version", "errors",
)  # fmt: skip


def row_hash(row: Mapping[str, Any]) -> bytes:
    """16 bytes over what a row of the log holds: its `hash` is of what was sent, and this is of what was made of it."""
    fields, sent = row["fields"], row["sent"]
    # The long texts as they are, behind the length of each: to write JSON into JSON would cost more than the hash.
    ends = (None if fields is None else len(fields), None if sent is None else len(sent))
    told = dumps((*_HASHED(row), *ends)) + (fields or "") + (sent or "")
    return blake2b(told.encode(), digest_size=16).digest()


def sealed(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the audit log keeps of rows of one device: whose, which seqs, and a hash over their hashes.

    So the log of changes stands under the audit log's chain, and still does when an erasure has taken the values.
    """
    ordered = sorted(rows, key=itemgetter("seq"))
    seqs = [row["seq"] for row in ordered]
    digest = seal_of((row["hash"], row["row_hash"]) for row in ordered)
    return {"device": ordered[0]["device"], "seqs": runs(seqs), "changes": len(seqs), "log": digest}


def seal_of(hashes: Iterable[tuple[bytes, bytes | None]]) -> str:
    """One hash over the rows' two; rows from before there was an audit log have the first alone."""
    return sha256(b"".join(bytes(sent) + bytes(held or b"") for sent, held in hashes)).hexdigest()


def runs(numbers: Iterable[int]) -> list[list[int]]:
    """Rising numbers as runs without gaps: [[first, last], …]."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def histories(connection: Connection, records: Collection[str]) -> dict[str, list[Change]]:
    """All merged changes addressed to each of the records."""
    found: dict[str, list[Change]] = {record: [] for record in records}
    for row in connection.execute(_HISTORIES, {"records": records}):
        change = read_change(row)
        found[change.record].append(change)
    return found


class Addressed(NamedTuple):
    """All merged changes addressed to one record, and for each the version that it made of the record."""

    record: str
    changes: list[Change]
    versions: list[int]


_ADDRESSED = (
    select(*_CHANGE, func.coalesce(t.outcome.c.version, t.change.c.version, 0))
    .select_from(_WITH_OUTCOME).where(_IS_MERGED).order_by(t.change.c.record)
)  # fmt: skip


def villages_named(connection: Connection, records: Collection[str]) -> set[str]:
    """The homes that the changes addressed to these records claimed."""
    query = select(t.change.c.village).distinct().where(among(t.change.c.record, "records"), _IS_MERGED)
    return set(connection.scalars(query.select_from(_WITH_OUTCOME), {"records": records}))


def all_merged(connection: Connection, under: str | None = None) -> Iterator[Addressed]:
    """Every record of the log with its merged changes, in the order of ids, a few at a time in memory.

    under: only the ids that begin so; it ends with a colon.
    """
    query = _ADDRESSED.execution_options(yield_per=2000)
    if under is not None:
        query = query.where(t.change.c.record >= under, t.change.c.record < under[:-1] + ";")
    yield from _addressed(connection.execute(query))


def addressed_to(connection: Connection, records: Collection[str]) -> list[Addressed]:
    """Of each of these records of which the log has any: its merged changes."""
    query = _ADDRESSED.where(among(t.change.c.record, "records"))
    return list(_addressed(connection.execute(query, {"records": records})))


def _addressed(rows: Iterable[Any]) -> Iterator[Addressed]:
    for record, some in groupby(rows, key=itemgetter(3)):
        held = [(read_change(row[:10]), row[10]) for row in some]
        yield Addressed(record, [change for change, _ in held], [made for _, made in held])


def last_seqs(connection: Connection) -> dict[str, int]:
    """Device or desk -> the highest seq of its that the log has."""
    query = select(t.change.c.device, func.max(t.change.c.seq)).group_by(t.change.c.device)
    return {device: seq for device, seq in connection.execute(query)}


def waits_wrongly(connection: Connection) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Dots of changes that were only received and do not wait, and of those that wait though nothing is to come."""
    open_ones = (
        select(t.change.c.device, t.change.c.seq).select_from(_WITH_OUTCOME)
        .where(t.change.c.status == RECEIVED, t.outcome.c.status.is_(None))
    )  # fmt: skip
    waiting = select(t.waiting.c.device, t.waiting.c.seq)
    forgotten = connection.execute(open_ones.except_(waiting)).all()
    idle = connection.execute(waiting.except_(open_ones)).all()
    return sorted((device, seq) for device, seq in forgotten), sorted((device, seq) for device, seq in idle)


def drop_waiting(connection: Connection, dots: Collection[tuple[str, int]]) -> None:
    for part in in_chunks(dots, 200):
        connection.execute(t.waiting.delete().where(tuple_(t.waiting.c.device, t.waiting.c.seq).in_(part)))


def count_merged(connection: Connection, village: str | None) -> int:
    """Merged changes that were not erased, of all records or of those at home in a village."""
    query = (
        select(func.count()).select_from(_WITH_OUTCOME).where(_IS_MERGED, t.change.c.fields.is_not(None))
    )  # fmt: skip
    if village is not None:
        carrier = t.record.alias()
        home = func.coalesce(carrier.c.home, t.record.c.home)
        here = select(t.record.c.id).outerjoin(carrier, carrier.c.id == t.record.c.carrier).where(home == village)
        query = query.where(t.change.c.record.in_(here))
    return int(connection.scalar(query) or 0)


def verdicts(connection: Connection, device: str, seqs: Collection[int]) -> list[Verdict]:
    """What became of a device's changes, as told again when they come again."""
    query = (
        select(
            t.change.c.seq, t.change.c.record, _FINAL_STATUS, func.coalesce(t.outcome.c.version, t.change.c.version),
            func.coalesce(t.outcome.c.errors, t.change.c.errors), t.change.c.fields,
        )
        .select_from(_WITH_OUTCOME)
        .where(t.change.c.device == device, among(t.change.c.seq, "seqs"))
        .order_by(t.change.c.seq)
    )  # fmt: skip
    return [
        Verdict(seq, record, status, version, loads(errors) if errors else {}, tuple(loads(fields) if fields else ()))
        for seq, record, status, version, errors, fields in connection.execute(query, {"seqs": seqs})
    ]


def quarantined_sent(connection: Connection, device: str, seq: int) -> str | None:
    """What was sent in a quarantined change, as JSON; None when there is none such, or it was erased."""
    query = select(*SENT_COLUMNS).select_from(_WITH_OUTCOME).where(
        t.change.c.device == device, t.change.c.seq == seq, _FINAL_STATUS == QUARANTINED
    )  # fmt: skip
    row = connection.execute(query).first()
    return sent_text(row._mapping) if row else None


def sent_text(row: Mapping[Any, Any]) -> str | None:
    """What was sent, of a row with `SENT_COLUMNS`: kept whole where it says more than they do, else put together."""
    if row["sent"] is not None or row["fields"] is None:
        return row["sent"]
    said = {name: row[name] for name in ("seq", "kind", "record", "village", "at", "form") if row[name] is not None}
    return dumps(said | {"seen": loads(row["seen"]), "fields": loads(row["fields"])})


def by_dots(connection: Connection, dots: Collection[tuple[str, int]]) -> dict[tuple[str, int], Change]:
    """The changes of these dots that the log has."""
    found = {}
    for part in in_chunks(dots, 200):
        for row in connection.execute(select(*_CHANGE).where(among_dots(t.change.c.device, t.change.c.seq, part))):
            change = read_change(row)
            found[(change.device, change.seq)] = change
    return found


def authors(connection: Connection, dots: Collection[tuple[str, int]]) -> dict[tuple[str, int], int | None]:
    """Who held the device, or sat at the desk, when these changes were made."""
    found: dict[tuple[str, int], int | None] = {}
    for part in in_chunks(dots, 200):
        query = select(t.change.c.device, t.change.c.seq, t.change.c.officer)
        for device, seq, who in connection.execute(query.where(among_dots(t.change.c.device, t.change.c.seq, part))):
            found[device, seq] = who
    return found


class Hand(NamedTuple):
    """Who made a change (see `authors`), and when it came in."""

    author: int | None
    received: int


def hands(connection: Connection, dots: Collection[tuple[str, int]]) -> dict[tuple[str, int], Hand]:
    """By whom each of these changes was made, and when."""
    found: dict[tuple[str, int], Hand] = {}
    for part in in_chunks(dots, 200):
        query = select(t.change.c.device, t.change.c.seq, t.change.c.officer, t.change.c.received)
        for device, seq, *hand in connection.execute(query.where(among_dots(t.change.c.device, t.change.c.seq, part))):
            found[device, seq] = Hand(*hand)
    return found


def add_waiting(connection: Connection, rows: list[dict[str, Any]]) -> None:
    add(connection, t.waiting, rows)


def waiting_records(connection: Connection, device: str) -> set[str]:
    """The records to which a change of the device waits as received."""
    return set(connection.scalars(_WAITING, {"device": device}))


def settle_waiting(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Say what became of changes that waited. rows: device, seq, status, version, errors, at."""
    if not rows:
        return
    add(connection, t.outcome, rows)
    for part in in_chunks([(row["device"], row["seq"]) for row in rows], 200):
        connection.execute(t.waiting.delete().where(tuple_(t.waiting.c.device, t.waiting.c.seq).in_(part)))


def blank(connection: Connection, records: Iterable[str]) -> None:
    """The law's erasure: the values go for good; dots, times, `seen` and hashes stay, also of what was quarantined."""
    for part in in_chunks(list(records)):
        connection.execute(
            update(t.change).where(t.change.c.record.in_(part)).values(fields=None, sent=None, errors=None)
        )
