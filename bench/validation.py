"""What it costs to judge 1,000 registrations, beside marshmallow alone and beside parsing them."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from datetime import date
from statistics import median

import orjson

from bench.report import Row, at_most
from bench.served import VILLAGE
from bench.workers import worker
from schemas.kinds.worker import WORKER

RECORDS, ROUNDS = 1_000, 15
TODAY = date(2026, 11, 23)


def measure() -> list[Row]:
    rng = random.Random(1)
    body = orjson.dumps([worker(number, VILLAGE, rng) for number in range(RECORDS)])
    judging, loading, parsing = _by_turns(body)
    return [
        at_most("1,000 good registrations judged, beside marshmallow's load", judging / loading, 0.1, "times",
                f"{judging:.1f} ms; marshmallow {loading:.0f} ms, parsing {parsing:.1f} ms"),
        at_most("the same: a registration", judging * 1000 / RECORDS, 5, "µs"),
    ]  # fmt: skip


def _errors(fields: dict[str, object]) -> object:
    judged = WORKER.judge(fields, desk=False, today=TODAY)
    assert not judged.errors
    return judged


def _by_turns(body: bytes) -> tuple[float, float, float]:
    """Median CPU milliseconds of judging, of marshmallow's loading and of parsing, each of all registrations."""
    taken: tuple[list[float], ...] = ([], [], [])
    for _ in range(ROUNDS):
        rows = orjson.loads(body)
        taken[0].append(_spent(map(_errors, rows)))
        taken[1].append(_spent(map(WORKER.schema.load, rows)))
        taken[2].append(_spent(map(orjson.loads, [body])))
    judging, loading, parsing = map(median, taken)
    return judging, loading, parsing


def _spent(work: Iterable[object]) -> float:
    """CPU milliseconds until all of it is done."""
    before = time.process_time()
    for _ in work:
        pass
    return (time.process_time() - before) * 1000
