"""What coverage costs: drawing everybody from scratch, following a batch, freezing a day, telling the nation's figures.

The yardstick is one plain scan of the same records in the same run: every row read, its fields parsed, nothing done.

    .venv/bin/python -m bench coverage            a million workers on SQLite and on PostgreSQL: half an hour
    .venv/bin/python -m bench.coverage 50000      fewer, shown and not kept
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from bench.report import Row, at_most
from bench.served import Cpu, Served
from bench.sync import backends
from bench.workers import worker
from schemas.change import Change, loads
from schemas.kinds import kind_of
from server.actions import cover, snapshots
from server.actions.figures import figures_of, trend_of
from server.config import Settings
from server.db import Connection, reading, transaction
from server.store import tables as t
from server.store.bulk import add, in_chunks, put
from server.store.records import RecordRow
from server.store.whole import take_stock
from sync.held import first
from tests.postgres import Cluster, Unavailable

WORKERS, IN_A_VILLAGE, BATCH = 1_000_000, 2_000, 200
AT_ONCE = 20_000
NOW = int(datetime(2026, 12, 20, 12, tzinfo=ZoneInfo("Asia/Makassar")).timestamp() * 1000)
YEAR = tuple(f"2026-{month:02d}" for month in range(1, 13))
MOST_SCANS = {"SQLite": 20, "PostgreSQL": 30}
"""So many scans of the records may all coverage from scratch cost; following a batch may cost a scan's hundredth.

More on PostgreSQL, where each worker's record is written once more for its phones, and a new version of a row costs.
"""


def changes(villages: Sequence[str], numbers: range, rng: random.Random) -> Iterator[Change]:
    """Workers registered in January, and what was paid for their twelve months: in one payment, or in two halves."""
    for n in numbers:
        village, seq, at = villages[n % len(villages)], 3 * n + 1, NOW - 340 * 86_400_000
        fields = worker(n, village, rng) | {"registered_at": "2026-01-10"}
        yield Change("bench2", seq, "worker", f"bench2-{seq}", village, {}, None, at, at, fields)
        for own, paid in enumerate((YEAR[:6], YEAR[6:]) if n % 3 == 0 else (YEAR,), seq + 1):
            fields = {
                "worker": f"bench2-{seq}", "months": list(paid), "programs": ["JKK", "JKM"], "amount": 16_800 * len(paid),
                "funding": "self", "paid_on": "2026-01-10", "confirmed": n % 5 > 0,
            }  # fmt: skip
            yield Change("bench2", own, "contribution", f"bench2-{own}", village, {}, None, at, at, fields)


def fill(villages: Sequence[str], number: int, rng: random.Random) -> None:
    """Records as if they had been synced, each at a position of its village's stream."""
    positions = dict.fromkeys(villages, 0)
    for start in range(0, number, AT_ONCE):
        with transaction() as connection:
            store(connection, positions, changes(villages, range(start, min(number, start + AT_ONCE)), rng))
    with transaction() as connection:
        streams = [{"village": v, "position": at, "desk_seq": 0, "covered": 0} for v, at in positions.items()]
        add(connection, t.stream, streams)
        take_stock(connection)


def store(connection: Connection, positions: dict[str, int], some: Iterator[Change]) -> None:
    rows = []
    for change in some:
        row = RecordRow(change.record, first(change, kind_of(change.kind)))
        positions[change.village] += 1
        row.version, row.position, row.sole = 1, positions[change.village], change.device
        rows.append(row.columns())
    for part in in_chunks(rows, 5000):
        add(connection, t.record, part)


def scan() -> int:
    with reading() as connection:
        return sum(len(loads(row.fields)) for row in connection.execute(select(t.record)))


def touch(village: str, after: int, rng: random.Random) -> None:
    """What a batch leaves: half of it workers of the village that were edited, half new ones. after: numbers taken."""
    half = BATCH // 2
    with transaction() as connection:
        at = connection.scalar(select(t.stream.c.position).where(t.stream.c.village == village)) or 0
        of_village = select(t.record.c.id).where(t.record.c.home == village, t.record.c.kind == "worker").limit(half)
        for n, record in enumerate(connection.scalars(of_village).all(), at + 1):
            connection.execute(t.record.update().where(t.record.c.id == record).values(position=n))
        new = changes([village], range(after, after + half), rng)
        positions = {village: at + half}
        store(connection, positions, (each for each in new if each.kind == "worker"))
        connection.execute(t.stream.update().where(t.stream.c.village == village).values(position=positions[village]))


def fill_the_nation(connection: Connection) -> int:
    """A figure for each village of the country in one month."""
    codes = connection.scalars(select(t.region.c.code).where(func.length(t.region.c.code) == 13)).all()
    counts = dict.fromkeys(t.COUNTS, 7)
    month = {"month": 2026 * 12 + 9, "eligible": 90, "eligible_month": 2026 * 12}
    for part in in_chunks(codes, 5000):
        put(connection, t.figure, [counts | month | {"village": code} for code in part])
    return len(codes)


class Cost(NamedTuple):
    """Seconds of CPU, ours and the database's, and by the clock."""

    cpu: float
    clock: float

    def beside(self, scan: Cost) -> str:
        return f"{self.cpu / scan.cpu:.2g} scans ({self.spent()})"

    def spent(self) -> str:
        return f"{_short(self.cpu)} of CPU, {_short(self.clock)} by the clock"


def _short(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def cost(cpu: Cpu, work: Callable[[], object]) -> Cost:
    began = time.perf_counter()
    spent = cpu.of(work)
    return Cost(spent, time.perf_counter() - began)


def median(costs: list[Cost]) -> Cost:
    return sorted(costs)[len(costs) // 2]


def measure_here(settings: Settings, number: int, name: str, cpu: Cpu, rng: random.Random) -> list[Row]:
    with reading() as connection:
        codes = select(t.region.c.code).where(t.region.c.code.startswith("64."), func.length(t.region.c.code) == 13)
        most = max(1, number // IN_A_VILLAGE)
        villages = list(connection.scalars(codes.order_by(t.region.c.code).limit(most)))
    began = time.monotonic()
    fill(villages, number, rng)
    print(f"{name}: filled in {time.monotonic() - began:.0f} s", flush=True)

    scan_cost = median([cost(cpu, scan) for _ in range(3)])
    drawn = cost(cpu, lambda: cover.refresh(settings, NOW))
    with reading() as connection:
        rows = connection.scalar(select(func.count()).select_from(t.cover))
        assert rows == number, rows
    again = cost(cpu, lambda: cover.cover_all(settings, NOW))
    followed = median([
        _follow(settings, cpu, village, number + BATCH * n, rng) for n, village in enumerate(villages[:9])
    ])
    frozen = cost(cpu, lambda: snapshots.freeze(settings, NOW))
    with transaction() as connection:
        everywhere = fill_the_nation(connection)
    told = median([cost(cpu, lambda: figures_of("id", "2026-10", NOW)) for _ in range(9)])
    years = median([cost(cpu, lambda: trend_of("64.02", "2026-01", "2026-12", NOW)) for _ in range(9)])
    beside, batch = drawn.cpu / scan_cost.cpu, followed.cpu / scan_cost.cpu
    return [
        Row(f"{name}: one scan of the records of {number:,} workers and their payments", "–", _short(scan_cost.cpu)),
        at_most(f"{name}: all their coverage from scratch, 12 months", beside, MOST_SCANS[name], "scans",
                f"{drawn.spent()}, {drawn.cpu / number * 1e6:.0f} µs a worker"),
        Row(f"{name}: the nightly check, when nothing differs", "–", again.beside(scan_cost)),
        at_most(f"{name}: following {BATCH} new or changed workers of one village", batch, 0.01 * WORKERS / number, "scans",
                followed.spent()),
        Row(f"{name}: freezing a day of {len(villages):,} villages, two months", "–", frozen.spent()),
        at_most(f"{name}: the nation's figures of {everywhere:,} villages", told.cpu * 1000, 200, "ms"),
        at_most(f"{name}: a regency's twelve months", years.cpu * 1000, 200, "ms"),
    ]  # fmt: skip


def _follow(settings: Settings, cpu: Cpu, village: str, after: int, rng: random.Random) -> Cost:
    touch(village, after, rng)
    return cost(cpu, lambda: cover.refresh(settings, NOW))


def measure_in(folder: Path, url: str, name: str, number: int, pids: Callable[[Served], Sequence[int]]) -> list[Row]:
    """url: of an empty database; none is a SQLite file in the folder."""
    server = Served(folder, url)
    try:
        with server.app.app_context():
            return measure_here(server.settings, number, name, Cpu(*pids(server)), random.Random(7))
    finally:
        server.close()


def measure(number: int = WORKERS) -> list[Row]:
    with TemporaryDirectory(prefix="sambung-bench-") as folder:
        rows = measure_in(Path(folder), "", "SQLite", number, lambda server: ())
    try:
        with TemporaryDirectory(prefix="sambung-bench-") as folder, Cluster(durable=True) as cluster:
            rows += measure_in(Path(folder), cluster.database(), "PostgreSQL", number, backends)
    except Unavailable as why:
        rows.append(Row("PostgreSQL", "–", f"not measured: {why}"))
    return rows


if __name__ == "__main__":
    import sys

    from bench.served import say_nothing

    say_nothing()
    for row in measure(int(sys.argv[1]) if len(sys.argv) > 1 else WORKERS):
        print(f"{row.what}: {row.measured} {row.verdict}")
