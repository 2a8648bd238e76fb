"""What a branch's list costs: half a million rows, as a workbook and as text, laid beside 300,000 workers.

One child process fills the store and another does the work, so that its memory is its own; the yardstick is reading the
same rows and doing nothing.
"""

from __future__ import annotations

import csv
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import orjson
import xlsxwriter

from bench.report import Row, at_most
from bench.workers import worker
from schemas.change import Change
from schemas.kinds import kind_of
from server.actions import lists, lists_work
from server.actions.initialise import initialise
from server.actions.people_index import person_of
from server.app import create_app
from server.clock import now_ms
from server.config import Settings
from server.db import Connection, reading, transaction
from server.imports import sheets
from server.store import lists as store
from server.store import people_drawn, regions
from server.store import tables as t
from server.store.bulk import add, in_chunks
from server.store.list_parts import parts_of
from server.store.records import RecordRow
from server.store.scoping import Scope
from sync.held import first

WORKERS, ROWS, ACCEPTED = 300_000, 500_000, 2_000
REGION = Scope("64")
HEADS = ("No", "NIK", "Nama Peserta", "No KPJ", "Tgl Lahir", "BLTH", "Program", "Total Iuran", "Tgl Bayar", "Status")
READ_SECONDS = {"csv": 60.0, "xlsx": 150.0}
MATCH_SECONDS, MOST_MIB = 400.0, 700.0


def measure() -> list[Row]:
    told: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("csv", "xlsx"):
            for step in ("fill", "work"):
                asked = [sys.executable, "-m", "bench.lists", step, kind, f"{folder}/{kind}", str(WORKERS), str(ROWS)]
                done = subprocess.run(asked, capture_output=True, text=True, check=True)
            found = orjson.loads(done.stdout.strip().splitlines()[-1])
            told += [
                at_most(f"{kind}: {ROWS:,} rows read, CPU", found["read"], READ_SECONDS[kind], "s",
                        f"{found['read'] / found['floor']:.1f} times a bare pass over the file"),
                at_most(f"{kind}: the same beside {WORKERS:,} workers, CPU", found["match"], MATCH_SECONDS, "s"),
                at_most(f"{kind}: memory at most, of it {found['before']:.0f} MiB before", found["memory"], MOST_MIB, "MiB"),
                at_most(f"{kind}: a row accepted, CPU", found["accept"] * 1000, 20, "ms"),
            ]  # fmt: skip
    return told


# In the child ---------------------------------------------------------------------------------------------------------


def people(count: int, villages: list[str], rng: random.Random) -> Iterator[tuple[str, dict]]:
    for n in range(count):
        village = villages[n % len(villages)]
        yield village, worker(n, village, rng) | {"registered_at": "2026-01-10"}


def fill(connection: Connection, count: int, rng: random.Random) -> list[dict]:
    """Workers and their contribution for November, as if they had been synced and the index had followed."""
    villages = [region.code for region in regions.below(connection, REGION, 4) if len(region.code) == 13]
    positions = dict.fromkeys(villages, 0)
    told, rows, index = [], [], []
    for n, (village, fields) in enumerate(people(count, villages, rng)):
        for kind, said in (("worker", fields), ("contribution", paid(f"bench-{2 * n + 1}"))):
            seq = 2 * n + 1 + (kind == "contribution")
            change = Change("bench", seq, kind, f"bench-{seq}", village, {}, None, 1, 1, said)
            row = RecordRow(change.record, first(change, kind_of(kind)))
            positions[village] += 1
            row.version, row.position = 1, positions[village]
            rows.append(row.columns())
            if kind == "worker":
                index.append(_Drawn(rows[-1]))
        told.append(fields)
    for part in in_chunks(rows, 5000):
        add(connection, t.record, part)
    add(connection, t.stream, [{"village": v, "position": p, "desk_seq": 0, "covered": p} for v, p in positions.items()])
    for drawn in in_chunks(index, 5000):
        people_drawn.put_people(connection, [person_of(each, False) for each in drawn])
    for village, position in positions.items():
        people_drawn.note_followed(connection, village, position)
    return told


class _Drawn:
    """A record's row as the index of people reads it."""

    def __init__(self, columns: dict) -> None:
        self.__dict__.update(columns, waits=False, derived=None, created_at=now_ms())


def paid(worker_: str) -> dict:
    return {"worker": worker_, "months": ["2026-11"], "programs": ["JKK", "JKM"], "amount": 16_800, "funding": "self",
            "paid_on": "2026-11-03"}  # fmt: skip


def listed(told: list[dict], count: int, rng: random.Random) -> Iterator[list[str]]:
    """The branch's rows: all who are known here, some of them misspelt, and as many others as there is room for."""
    for n in range(count):
        if n < len(told):
            nik, name, born = told[n]["nik"], told[n]["full_name"].upper(), told[n]["birth_date"]
            if n % 50 == 0:
                nik = f"{nik[:4]}{(int(nik[4:6]) + 1) % 100:02d}{nik[6:]}"
        else:
            other = worker(n + 10_000_000, "64.02.11.2005", rng)
            nik, name, born = other["nik"], other["full_name"], other["birth_date"]
        day = date.fromisoformat(born)
        paid_for = ("Nov 2026", "JKK, JKM", "16800", "05/11/2026", "Aktif")
        yield [str(n + 1), nik, name, f"2{n:010d}", f"{day:%d-%m-%Y}", *paid_for]


def write(path: Path, kind: str, rows: Iterator[list[str]]) -> None:
    if kind == "csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(HEADS)
            writer.writerows(rows)
        return
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("Peserta")
    for at, row in enumerate([list(HEADS), *rows]):
        for column, text in enumerate(row):
            sheet.write_string(at, column, text)
    book.close()


def prepare(kind: str, folder: Path, workers: int, rows: int) -> None:
    rng, settings = random.Random(7), Settings(data_dir=folder)
    folder.mkdir(parents=True, exist_ok=True)
    with create_app(settings).app_context():
        initialise(settings, now_ms())
        with transaction() as connection:
            told = fill(connection, workers, rng)
        write(folder / f"list.{kind}", kind, listed(told, rows, rng))


def child(kind: str, folder: Path) -> dict[str, float]:
    settings = Settings(data_dir=folder)
    with create_app(settings).app_context():
        before = memory()
        number = bring(folder / f"list.{kind}", settings)
        found = lists.one(REGION, number)
        columns = {int(at): field for at, field in (found.mapping or {})["columns"].items()}
        lists.map_columns(REGION, number, columns, None, None, now_ms())
        measured = {"before": before, "floor": seconds(lambda: bare(number, settings))}
        match = lists_work._STEPS[store.MATCHING]
        spent: list[float] = []
        lists_work._STEPS[store.MATCHING] = lambda *given: timed(spent, match, *given)
        both = seconds(lambda: lists_work.work(settings, now_ms()))
        measured |= {"match": spent[0], "read": both - spent[0], "memory": memory()}
        print(lists.one(REGION, number).totals, file=sys.stderr)
        return measured | {"accept": accepted(number, settings)}


def bring(path: Path, settings: Settings) -> int:
    wanted = lists.Wanted("members", "bench", REGION, "2026-11-20", path.stat().st_size)
    number = lists.begin(wanted, None, settings, now_ms())
    with path.open("rb") as file:
        at = 0
        while part := file.read(lists.PART_BYTES):
            at = lists.add_part(REGION, number, at, part, settings, now_ms())
    return number


def bare(number: int, settings: Settings) -> int:
    with parts_of(settings, number).open() as file:
        return sum(1 for _ in sheets.rows(file, lists.shape_of(lists.one(REGION, number))))


def accepted(number: int, settings: Settings) -> float:
    """CPU seconds of a row: some of the safe ones, chosen as a person would."""
    with reading() as connection:
        rows = store.found(connection, REGION, number, store.SAFE, (store.OPEN,), None, ACCEPTED)
    for part in in_chunks(rows, lists.MOST_AT_ONCE):
        lists.decide(REGION, number, store.SAFE, [row.number for row in part], True, None, now_ms())
        with transaction() as connection:
            store.change(connection, number, state=store.READY)
    with transaction() as connection:
        store.change(connection, number, state=store.ACCEPTING)
    return seconds(lambda: lists_work.work(settings, now_ms())) / len(rows)


def timed(spent: list[float], act, *given):
    began = time.process_time()
    try:
        return act(*given)
    finally:
        spent.append(time.process_time() - began)


def seconds(work) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def memory() -> float:
    """MiB, the most that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    step_, kind_, folder_, workers_, rows_ = sys.argv[1:]
    if step_ == "fill":
        prepare(kind_, Path(folder_), int(workers_), int(rows_))
    else:
        print(orjson.dumps(child(kind_, Path(folder_))).decode())
