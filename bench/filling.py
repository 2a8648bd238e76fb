"""A store that is full already: valid records, made by the law's own functions and written many at once."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from sqlalchemy import func, select

from bench.phones import Phone, Village
from bench.served import Served
from bench.workers import worker
from schemas.change import Change, content_hash, from_ms
from schemas.kinds import kind_of
from server.clock import now_ms
from server.db import Connection
from server.store import changes as log
from server.store import devices, records
from server.store import tables as t
from server.store.bulk import put
from server.store.records import RecordRow
from server.store.whole import take_stock
from sync.held import first

AT_ONCE = 10_000
VILLAGES = 200


def fill(server: Served, village: Village, here: int, elsewhere: int, rng: random.Random) -> Phone:
    """Store records that one phone registered: some in the village, and more in 200 others. Gives that phone."""
    phone = server.phone(village.code)
    homes = [village.code] * here
    if elsewhere:
        with server.reading() as connection:
            others = _other_villages(connection, village.code)
        homes += [others[number % len(others)] for number in range(elsewhere)]
    for start in range(0, len(homes), AT_ONCE):
        with server.transaction() as connection:
            _store(connection, phone, homes[start : start + AT_ONCE], village, rng)
    with server.transaction() as connection:
        devices.change_device(connection, phone.id, acked=phone.seq)
        _begin_streams(connection)
        take_stock(connection)  # as a store that grew day by day would have
    return phone


def _other_villages(connection: Connection, village: str) -> list[str]:
    query = select(t.region.c.code).where(func.length(t.region.c.code) == 13, t.region.c.code != village)
    return list(connection.scalars(query.order_by(t.region.c.code.desc()).limit(VILLAGES)))


def _store(connection: Connection, phone: Phone, homes: Sequence[str], village: Village, rng: random.Random) -> None:
    positions = _heads(connection)
    rows, changes = [], []
    for change in _registrations(phone, homes, rng):
        row = RecordRow(change.record, first(change, kind_of("worker")))
        row.version, row.sole = 1, phone.id
        row.position = positions[change.village] = positions.get(change.village, 0) + 1
        rows.append(row)
        sent = {"seq": change.seq, "record": change.record, "fields": change.fields}
        changes.append(log.row_of(change, None, "worker@2", content_hash(sent), log.MERGED, 1))
        if change.village == village.code:
            village.note(change.record, phone.id, change.seq)
    log.append(connection, changes)
    records.write_records(connection, rows)


def _registrations(phone: Phone, homes: Sequence[str], rng: random.Random) -> Iterator[Change]:
    now = now_ms()
    for home in homes:
        phone.seq += 1
        yield Change(
            phone.id, phone.seq, "worker", f"{phone.id}-{phone.seq}", home, {}, from_ms(now), now, now,
            worker(phone.seq, home, rng),
        )  # fmt: skip


def _begin_streams(connection: Connection) -> None:
    """Each village's stream stands where its records do; coverage counts as drawn, which is none of this bench."""
    rows = [{"village": home, "position": head, "desk_seq": 0, "covered": head} for home, head in _heads(connection).items()]
    put(connection, t.stream, rows)


def _heads(connection: Connection) -> dict[str, int]:
    """Village -> the last position of its records."""
    query = select(t.record.c.home, func.max(t.record.c.position)).group_by(t.record.c.home)
    return {home: head for home, head in connection.execute(query)}
