"""What coverage costs: following a batch, drawing everybody from scratch, and telling the nation's figures.

The yardstick is one plain scan of the same records in the same run: every row read, its fields parsed, nothing done.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from bench.report import Row, at_most
from bench.workers import worker
from schemas.change import Change, loads
from schemas.kinds import kind_of
from server.actions import cover
from server.actions.figures import figures_of
from server.actions.initialise import initialise
from server.app import create_app
from server.config import Settings
from server.db import Connection, reading, transaction
from server.store import tables as t
from server.store.bulk import add, in_chunks, put
from server.store.records import RecordRow
from sync.held import first

WORKERS, VILLAGES, BATCH = 100_000, 100, 200
NOW = int(datetime(2026, 12, 20, 12, tzinfo=ZoneInfo("Asia/Makassar")).timestamp() * 1000)
PAID = (tuple(f"2026-{month:02d}" for month in range(1, 7)), tuple(f"2026-{month:02d}" for month in range(7, 13)))


def seconds(work: Callable[[], object]) -> float:
    """CPU time of our process: with SQLite all that it costs, with PostgreSQL our half of it."""
    began = time.process_time()
    work()
    return time.process_time() - began


def changes(villages: list[str], number: int, rng: random.Random) -> Iterator[Change]:
    """Workers and what they paid: each registered in January, paid for half of the year or all of it."""
    for n in range(number):
        village, seq, at = villages[n % len(villages)], 3 * n + 1, NOW - 340 * 86_400_000
        fields = worker(n, village, rng) | {"registered_at": "2026-01-10"}
        yield Change("bench2", seq, "worker", f"bench2-{seq}", village, {}, None, at, at, fields)
        for paid in range(1 + n % 2):
            fields = {
                "worker": f"bench2-{seq}", "months": list(PAID[paid]), "programs": ["JKK", "JKM"], "amount": 50_400,
                "funding": "self", "paid_on": "2026-01-10", "confirmed": n % 5 > 0,
            }  # fmt: skip
            own = seq + 1 + paid
            yield Change("bench2", own, "contribution", f"bench2-{own}", village, {}, None, at, at, fields)


def fill(connection: Connection, villages: list[str], number: int, rng: random.Random) -> None:
    """Records as if they had been synced, each at a position of its village's stream."""
    positions = dict.fromkeys(villages, 0)
    rows = []
    for change in changes(villages, number, rng):
        row = RecordRow(change.record, first(change, kind_of(change.kind)))
        positions[change.village] += 1
        row.version, row.position, row.sole = 1, positions[change.village], change.device
        rows.append(row.columns())
    for part in in_chunks(rows, 5000):
        add(connection, t.record, part)
    streams = [{"village": v, "position": at, "desk_seq": 0, "covered": 0} for v, at in positions.items()]
    add(connection, t.stream, streams)


def scan() -> int:
    with reading() as connection:
        return sum(len(loads(row.fields)) for row in connection.execute(select(t.record)))


def touch(village: str) -> None:
    """A batch of edits, as far as coverage sees them: 200 records stand at new positions."""
    with transaction() as connection:
        at = connection.scalar(select(t.stream.c.position).where(t.stream.c.village == village)) or 0
        of_village = select(t.record.c.id).where(t.record.c.home == village, t.record.c.kind == "worker").limit(BATCH)
        for n, record in enumerate(connection.scalars(of_village).all(), at + 1):
            connection.execute(t.record.update().where(t.record.c.id == record).values(position=n))
        connection.execute(t.stream.update().where(t.stream.c.village == village).values(position=at + BATCH))


def fill_the_nation(connection: Connection) -> int:
    """A figure for each village of the country in one month."""
    codes = connection.scalars(select(t.region.c.code).where(func.length(t.region.c.code) == 13)).all()
    counts = dict.fromkeys(t.COUNTS, 7)
    month = {"month": 2026 * 12 + 9, "eligible": 90, "eligible_month": 2026 * 12}
    for part in in_chunks(codes, 5000):
        put(connection, t.figure, [counts | month | {"village": code} for code in part])
    return len(codes)


def measure_here(settings: Settings, number: int, rng: random.Random) -> list[Row]:
    with transaction() as connection:
        codes = select(t.region.c.code).where(t.region.c.code.startswith("64.02."), func.length(t.region.c.code) == 13)
        villages = list(connection.scalars(codes.order_by(t.region.c.code).limit(VILLAGES)))
        fill(connection, villages, number, rng)
    scanned = min(seconds(scan) for _ in range(3))
    drawn = seconds(lambda: cover.cover_all(settings, NOW))
    again = seconds(lambda: cover.cover_all(settings, NOW))
    with transaction() as connection:
        rows = connection.scalar(select(func.count()).select_from(t.cover))
        assert rows == number, rows
    followed = sorted(_follow(settings, village) for village in villages[:9])[4]
    with transaction() as connection:
        everywhere = fill_the_nation(connection)
    told = sorted(seconds(lambda: figures_of("id", "2026-10", NOW)) for _ in range(9))[4]
    name = settings.url.partition(":")[0].partition("+")[0]
    each = f"{drawn / number * 1e6:.0f} µs a worker"
    return [
        Row(f"one scan of the records of {number:,} workers and their payments, {name}", "–", f"{scanned:.1f} s"),
        Row("all their coverage from scratch, 12 months", "–", f"{drawn:.1f} s, {drawn / scanned:.1f} scans; {each}"),
        Row("the same when nothing has changed", "–", f"{again:.1f} s, {again / scanned:.1f} scans"),
        Row(f"following {BATCH} touched workers of one village", "–", f"{followed * 1000:.0f} ms"),
        at_most(f"the nation's figures of {everywhere:,} villages", told * 1000, 200, "ms"),
    ]


def _follow(settings: Settings, village: str) -> float:
    touch(village)
    return seconds(lambda: cover.refresh(settings, NOW))


def measure(number: int = WORKERS, url: str = "") -> list[Row]:
    """url: an empty database; none is a SQLite file of our own."""
    with tempfile.TemporaryDirectory(prefix="sambung-bench-") as folder:
        settings = Settings(data_dir=Path(folder), database_url=url)
        app = create_app(settings)
        with app.app_context():
            initialise(settings, NOW)
            return measure_here(settings, number, random.Random(7))


if __name__ == "__main__":
    import sys

    for row in measure(int(sys.argv[1]) if len(sys.argv) > 1 else WORKERS, *sys.argv[2:]):
        print(f"{row.what}: {row.measured} {row.verdict}")
