"""What it costs to be told 50 changes of others out of 100,000 records, and what one device's line carries."""

from __future__ import annotations

import gzip
import random
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import orjson

from bench.filling import fill
from bench.phones import Phone, Village, read
from bench.process import Process
from bench.report import Row, at_most
from bench.served import VILLAGE, Served
from bench.workers import worker
from server.store.streams import positions
from sync.device.client import Client
from sync.device.outbox import Outbox

RECORDS, CHANGED, REPEATS = 100_000, 50, 31


def measure() -> list[Row]:
    with TemporaryDirectory(prefix="sambung-bench-") as folder:
        return [*_pulling(Path(folder) / "pull"), *_one_device(Path(folder) / "device")]


def _pulling(folder: Path) -> list[Row]:
    folder.mkdir()
    server, village, rng = Served(folder), Village(VILLAGE), random.Random(5)
    fill(server, village, RECORDS, 0, rng)
    editor, phone = server.phone(), server.phone()
    for each in (editor, phone):
        _stand_at_the_end(server, each)
    _edit_each(server, editor, rng, village)
    body, times, spent = phone.body([]), [], []
    for _ in range(REPEATS):  # the same cursor each time, so the same 50
        began, before = time.perf_counter(), time.process_time()
        answer = server.post(phone, body)
        times.append(time.perf_counter() - began)
        spent.append(time.process_time() - before)
    told = read(answer)
    server.close()
    number = len(told["records"])
    for row in told["records"]:
        row["fields"].pop("photo_ktp")
    bare = f"{len(gzip.compress(orjson.dumps(told), 6)) / 1000:.1f} without photos' hashes"
    what = f"{number} changes of others out of {RECORDS:,} records"
    return [
        at_most(f"{what}: server", median(spent) * 1000, 10, "ms CPU", f"{median(times) * 1000:.1f} ms by the clock"),
        at_most(
            f"{what}: answer",
            len(answer.body) / 1000,
            6,
            "kB",
            f"whole records, gzip; {bare}",
        ),
    ]


def _edit_each(server: Served, phone: Phone, rng: random.Random, village: Village) -> None:
    """One edit in each of 50 records."""
    few = Village(village.code)
    for record in rng.sample(sorted(village.made_of), CHANGED):
        few.made_of[record], few.last[record] = village.made_of[record], village.last[record]
        server.sync(phone, phone.body(phone.edits(1, rng, few, stale=0)))
        del few.made_of[record], few.last[record]


def _stand_at_the_end(server: Served, phone: Phone) -> None:
    """As if it had been told everything: its cursor behind the last position."""
    with server.reading() as connection:
        heads = positions(connection, phone.villages)
    phone.cursors = {village: 2 * head for village, head in heads.items()} | {"device": 0}


def _one_device(folder: Path) -> list[Row]:
    """The device in Python over real HTTP; its tally counts bodies as they travel, headers apart."""
    folder.mkdir()
    rng = random.Random(3)
    with Process(folder / "server") as process:
        ours, theirs = (_device(process, folder, name) for name in ("ours", "theirs"))
        records = [_register(ours, number, rng) for number in range(CHANGED)]
        for _ in range(3):  # the batch grows with each success; then all is known to both
            ours.sync()
            theirs.sync()
        for number, record in enumerate(records):
            theirs.outbox.save("worker", record, None, _edit(number))
        theirs.sync()
        for number in range(CHANGED):
            _register(ours, CHANGED + number, rng)
        requests, up, down = _carried(ours)
        nothing = _carried(ours)
    what = f"push {CHANGED} registrations, pull {CHANGED} records"
    return [
        at_most(f"{what}: requests", requests, 1, "requests"),
        at_most(f"{what}: body up", up / 1000, 8, "kB"),
        at_most(f"{what}: body down", down / 1000, 8, "kB"),
        at_most("a sync with nothing new: body up", nothing[1], 200, "bytes"),
        at_most("a sync with nothing new: body down", nothing[2], 200, "bytes"),
    ]


def _device(process: Process, folder: Path, name: str) -> Client:
    client = Client(process.url, Outbox(folder / f"{name}.db"))
    client.enrol(process.code(VILLAGE))
    return client


def _register(client: Client, number: int, rng: random.Random) -> str:
    saved = client.outbox.save("worker", None, VILLAGE, worker(number, VILLAGE, rng), form="worker@2")
    assert saved is not None
    return saved.record


def _edit(number: int) -> dict[str, object]:
    return {"phone": f"+62813{number:08d}", "address": f"Jalan Mulawarman {number}", "monthly_income": 1_500_000}


def _carried(client: Client) -> tuple[int, int, int]:
    """Requests, and bytes of bodies up and down, of one sync."""
    tally = client.tally
    before = tally.requests, tally.bytes_up, tally.bytes_down
    client.sync()
    return tally.requests - before[0], tally.bytes_up - before[1], tally.bytes_down - before[2]
