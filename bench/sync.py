"""What a sync request of 200 new workers, and of 200 edits, costs beside its floors."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from sqlalchemy import text

from bench import floors
from bench.phones import Phone, Village, read
from bench.report import Row, at_most
from bench.served import VILLAGE, Cpu, Served
from tests.postgres import Cluster, Unavailable

BATCH, ROUNDS, WARM_UP = 200, 30, 6


class Scene(NamedTuple):
    """A served village with two phones, and the floors beside it."""

    server: Served
    receiving: floors.Receiving
    storing: Any
    cpu: Cpu
    village: Village
    phones: tuple[Phone, Phone]
    rng: random.Random


class Round(NamedTuple):
    """CPU microseconds of one record, in one batch."""

    ours: float
    receiving: float
    storing: float
    anchor: float

    @property
    def ratio(self) -> float:
        return self.ours / (self.receiving + self.storing)


@contextmanager
def on_sqlite() -> Iterator[Scene]:
    with TemporaryDirectory(prefix="sambung-bench-") as folder:
        (Path(folder) / "ours").mkdir()
        server = Served(Path(folder) / "ours")
        yield scene(server, floors.Sqlite(Path(folder) / "floor.db"), Cpu())
        server.close()


@contextmanager
def on_postgres() -> Iterator[Scene]:
    """Raises Unavailable."""
    with Cluster(durable=True) as cluster, TemporaryDirectory(prefix="sambung-bench-") as folder:
        server = Served(Path(folder), cluster.database())
        floor = floors.Postgres(cluster.database())
        yield scene(server, floor, Cpu(floor.pid, *backends(server)))
        floor.db.close()
        server.close()


def backends(server: Served) -> list[int]:
    """The processes that work for this server in PostgreSQL."""
    theirs = "datname = current_database() AND backend_type = 'client backend'"
    query = text(f"SELECT pid FROM pg_stat_activity WHERE {theirs}")
    with server.reading() as connection:
        return list(connection.scalars(query))


def scene(server: Served, storing: Any, cpu: Cpu) -> Scene:
    return Scene(
        server, floors.Receiving(), storing, cpu, Village(VILLAGE), (server.phone(), server.phone()), random.Random(7)
    )


def registering(on: Scene, rounds: int = ROUNDS) -> Round:
    """Batches of new workers."""

    def batch(number: int) -> Round:
        phone = on.phones[0]
        changes = phone.registrations(BATCH, on.rng, on.village)
        return _measure(on, phone, changes, on.storing.add)

    return _middle(batch, rounds)


def editing(on: Scene, rounds: int = ROUNDS) -> Round:
    """Batches of edits by two phones, each told first what the other did."""

    def batch(number: int) -> Round:
        phone = on.phones[number % 2]
        catch_up(on.server, phone)
        return _measure(on, phone, phone.edits(BATCH, on.rng, on.village), on.storing.replace)

    return _middle(batch, rounds)


def catch_up(server: Served, phone: Phone) -> None:
    while read(server.sync(phone, phone.body([])))["more"]:
        pass


def _measure(on: Scene, phone: Phone, changes: Sequence[dict[str, Any]], store: Callable[[Any], None]) -> Round:
    """One batch, and then its floors, of the same body and the same rows."""
    body, answers = phone.body(changes), []
    ours = on.cpu.of(lambda: answers.append(on.server.post(phone, body)))
    told = phone.take(answers[0])
    assert all(result["status"] in ("merged", "conflict") for result in told["results"])
    rows = floors.stored(on.server, changes, phone.id)
    costs = ours, on.cpu.of(on.receiving.take, body), on.cpu.of(store, rows), _anchor(on, changes)
    return Round(*(seconds / len(changes) * 1e6 for seconds in costs))


def _anchor(on: Scene, changes: Sequence[dict[str, Any]]) -> float:
    rows = floors.anchor_rows(changes)
    is_new = all(len(row) == 27 for row in rows)
    return on.cpu.of(on.storing.anchor, rows) if is_new and isinstance(on.storing, floors.Sqlite) else 0.0


def _middle(batch: Callable[[int], Round], rounds: int) -> Round:
    """The median of each cost over all rounds but the first few."""
    taken = [batch(number) for number in range(WARM_UP + rounds)][WARM_UP:]
    return Round(*(median(costs) for costs in zip(*taken, strict=True)))


def measure_sqlite() -> list[Row]:
    with on_sqlite() as on:
        new, edits = registering(on), editing(on)
    anchor = new.ours / (new.receiving + new.anchor)
    return [
        _row("200 new workers, SQLite", new, 3),
        Row("the same beside the simpler floor of one table of 26 columns", "–", f"{anchor:.2f} times"),
        _row("200 edits by two phones, a tenth of them stale, SQLite", edits, 4),
    ]


def measure_postgres() -> list[Row]:
    try:
        with on_postgres() as on:
            return [
                _row("200 new workers, PostgreSQL, client and backend", registering(on), 5),
                _row("200 edits by two phones, a tenth of them stale, PostgreSQL", editing(on), 5),
            ]
    except Unavailable as why:
        return [Row("PostgreSQL", "–", f"not measured: {why}")]


def _row(what: str, costs: Round, goal: float) -> Row:
    said = f"{costs.ours:.0f} µs a record; receiving {costs.receiving:.1f}, storing {costs.storing:.1f}"
    return at_most(what, costs.ratio, goal, "times", said)


def measure() -> list[Row]:
    return [*measure_sqlite(), *measure_postgres()]
