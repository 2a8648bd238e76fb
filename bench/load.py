"""Many devices at once, over real HTTP: no error, and how long they wait."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import urllib3

from bench.phones import Answer, Phone, Village
from bench.process import Process
from bench.report import Row, at_most
from bench.served import VILLAGE, Cpu

VILLAGES = [f"64.02.11.{2001 + number}" for number in range(10)]
DEVICES, BATCHES, SIZE = 50, 10, 20
PULLING, RECORDS = 100, 2_000
DEVICE_WAIT_SECONDS = 120.0


class Line:
    """One device's connection; keeps how long each answer took, in seconds, and what was no 200."""

    def __init__(self, url: str, phone: Phone) -> None:
        self.phone = phone
        self.waits: list[float] = []
        self.errors: list[str] = []
        self._url = f"{url}/api/v1/sync"
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=1, retries=False, timeout=DEVICE_WAIT_SECONDS)

    def sync(self, body: bytes) -> bool:
        """One request; tells whether there is more to come."""
        began = time.perf_counter()
        try:
            headers = self.phone.headers | _JSON
            reply = self._pool.request("POST", self._url, body=body, headers=headers, decode_content=False)
        except urllib3.exceptions.HTTPError as error:
            self.errors.append(type(error).__name__)
            return False
        self.waits.append(time.perf_counter() - began)
        if reply.status != 200:
            self.errors.append(str(reply.status))
            return False
        return bool(self.phone.take(Answer(str(reply.status), dict(reply.headers), reply.data))["more"])

    def pull(self) -> None:
        while self.sync(self.phone.body([])):
            pass


_JSON = {"Content-Type": "application/json"}


def measure() -> list[Row]:
    with TemporaryDirectory(prefix="sambung-bench-") as folder, Process(Path(folder) / "server") as process:
        return [*_pushing(process), *_pulling(process)]


def _pushing(process: Process) -> list[Row]:
    """Each registers in batches, and is told what the others of its village do."""
    lines = [Line(process.url, _enrol(process, VILLAGES[number % len(VILLAGES)])) for number in range(DEVICES)]
    work = {line: _batches(line.phone, number) for number, line in enumerate(lines)}

    def push(line: Line) -> None:
        for changes in work[line]:
            line.sync(line.phone.body(changes))

    server = Cpu(process.pid)
    began, spent = time.perf_counter(), server.of_others()
    _all_at_once(push, lines)
    passed, spent = time.perf_counter() - began, server.of_others() - spent
    waits, errors = _together(lines)
    records = DEVICES * BATCHES * SIZE
    what = f"{DEVICES} devices at once, {BATCHES} batches of {SIZE} each"
    told = f"median {_at(waits, 50):.0f} ms, p95 {_at(waits, 95):.0f} ms, longest {max(waits) * 1000:.0f} ms"
    rate = f"{records / passed:.0f} records/s; server {spent / records * 1e6:.0f} µs CPU a record"
    return [
        at_most(f"{what}: errors", len(errors), 0, "errors", _counted(errors)),
        Row("the same: wait for an answer", "–", told),
        Row("the same: throughput", "–", rate),
    ]


def _pulling(process: Process) -> list[Row]:
    """New phones, each told a whole village."""
    first = Line(process.url, _enrol(process, VILLAGE))
    rng, village = random.Random(9), Village(VILLAGE)
    for _ in range(RECORDS // 200):
        first.sync(first.phone.body(first.phone.registrations(200, rng, village)))
    lines = [Line(process.url, _enrol(process, VILLAGE)) for _ in range(PULLING)]
    began = time.perf_counter()
    _all_at_once(Line.pull, lines)
    passed = time.perf_counter() - began
    waits, errors = _together([first, *lines])
    remark = f"{_counted(errors)}; an answer: p95 {_at(waits, 95):.0f} ms"
    return [at_most(f"{PULLING} new devices, each told {RECORDS:,} records, at once", passed, 60, "s", remark)]


def _enrol(process: Process, village: str) -> Phone:
    body = orjson.dumps({"code": process.code(village)})
    reply = urllib3.request("POST", f"{process.url}/api/v1/enrol", body=body, headers=_JSON)
    told = orjson.loads(reply.data)
    return Phone(told["device"], told["token"], (village,))


def _batches(phone: Phone, number: int) -> list[list[dict[str, Any]]]:
    rng, village = random.Random(number), Village(phone.villages[0])
    return [phone.registrations(SIZE, rng, village) for _ in range(BATCHES)]


def _all_at_once(work: Callable[[Line], None], items: Sequence[Line]) -> None:
    with ThreadPoolExecutor(len(items)) as pool:
        list(pool.map(work, items))


def _together(lines: Sequence[Line]) -> tuple[list[float], list[str]]:
    return [wait for line in lines for wait in line.waits], [error for line in lines for error in line.errors]


def _counted(errors: Sequence[str]) -> str:
    return ", ".join(f"{number} x {what}" for what, number in Counter(errors).items()) or "no errors"


def _at(waits: Sequence[float], percent: int) -> float:
    """Milliseconds below which so many percent of the answers came."""
    return quantiles(waits, n=100)[percent - 1] * 1000
