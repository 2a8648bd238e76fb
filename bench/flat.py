"""Whether a record costs the same in a store of a million as in an empty one."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from bench.filling import fill
from bench.phones import Phone, Village
from bench.report import Row, at_most
from bench.served import VILLAGE, Cpu, Served
from bench.sync import BATCH, WARM_UP, backends, catch_up
from tests.postgres import Cluster, Unavailable

FEW, MANY = 100_000, 1_000_000
IN_THE_VILLAGE = 3_000
ROUNDS = 30


class Store(NamedTuple):
    """A store with a village of 3,000 workers, and perhaps many elsewhere."""

    server: Served
    cpu: Cpu
    village: Village
    phones: tuple[Phone, Phone]
    rng: random.Random


def _store(folder: Path, url: str, elsewhere: int) -> Store:
    folder.mkdir()
    server, village, rng = Served(folder, url), Village(VILLAGE), random.Random(11)
    fill(server, village, IN_THE_VILLAGE, elsewhere, rng)
    phones = server.phone(), server.phone()
    for phone in phones:
        catch_up(server, phone)
    return Store(server, Cpu(*(backends(server) if url else ())), village, phones, rng)


def _cost(store: Store, number: int, make: Callable[..., list[dict[str, Any]]]) -> float:
    """CPU microseconds of one record, of one batch."""
    phone, answers = store.phones[number % 2], []
    catch_up(store.server, phone)
    body = phone.body(make(phone, BATCH, store.rng, store.village))
    spent = store.cpu.of(lambda: answers.append(store.server.post(phone, body)))
    phone.take(answers[0])
    return spent / BATCH * 1e6


def _compare(empty: Store, full: Store, what: str, where: str) -> Row:
    make: Callable[..., list[dict[str, Any]]] = Phone.edits if what == "edits" else Phone.registrations
    costs: tuple[list[float], list[float]] = ([], [])
    for number in range(WARM_UP + ROUNDS):
        for store, taken in zip((empty, full), costs, strict=True):
            taken.append(_cost(store, number, make))
    before, after = (median(taken[WARM_UP:]) for taken in costs)
    return at_most(f"{what}, {where}", after / before, 1.2, "times", f"{after:.0f} µs a record beside {before:.0f}")


def _measure(urls: tuple[str, str], elsewhere: int, where: str) -> list[Row]:
    with TemporaryDirectory(prefix="sambung-bench-") as folder, ExitStack() as stack:
        stores = []
        for name, url, more in (("empty", urls[0], 0), ("full", urls[1], elsewhere)):
            stores.append(_store(Path(folder) / name, url, more))
            stack.callback(stores[-1].server.close)
        empty, full = stores
        return [_compare(empty, full, what, where) for what in ("new workers", "edits")]


def measure(full: bool = False) -> list[Row]:
    """full: with a million records, which takes some minutes to fill; else with a hundred thousand."""
    number = MANY if full else FEW
    rows = _measure(("", ""), number, f"{number:,} records, SQLite")
    try:
        with Cluster(durable=True) as cluster:
            rows += _measure((cluster.database(), cluster.database()), number, f"{number:,} records, PostgreSQL")
    except Unavailable as why:
        rows.append(Row("PostgreSQL", "–", f"not measured: {why}"))
    return rows
