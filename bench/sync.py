"""What a sync request costs the server, against the two floors: receiving it at all, and storing the same rows at all.

CPU seconds of the process (and of PostgreSQL's backend), per 1,000 records; both sides in one run, alternating.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
from flask import Flask, request

from bench.workers import worker
from schemas.change import from_ms
from server.actions.enrol import make_code
from server.actions.initialise import initialise
from server.app import create_app
from server.clock import now_ms
from server.config import Settings

VILLAGE = "64.02.11.2005"
BATCH = 200


class Measured:
    """A server with one enrolled device, called in process: what is measured is ours, not the network's."""

    def __init__(self, folder: Path, url: str = "", villages: tuple[str, ...] = (VILLAGE,)) -> None:
        self.settings = Settings(data_dir=folder, database_url=url, device_requests_per_minute=10**9)
        self.app = create_app(self.settings)
        self.client = self.app.test_client()
        with self.app.app_context():
            initialise(self.settings, now_ms())
        self.device, self.token = self.enrol(villages)
        self.seq, self.cursors = 0, {}

    def enrol(self, villages: tuple[str, ...]) -> tuple[str, str]:
        with self.app.app_context():
            code = make_code("Petugas", villages, self.settings, now_ms()).code
        made = self.client.post("/api/v1/enrol", json={"code": code}).get_json()
        return made["device"], made["token"]

    def body(self, changes: list[dict[str, Any]], cursors: dict[str, int] | None = None) -> bytes:
        message = {"sent_at": from_ms(now_ms()), "changes": changes, "cursors": cursors or self.cursors}
        return gzip.compress(orjson.dumps(message), 6)

    def post(self, body: bytes, token: str | None = None) -> dict[str, Any]:
        answer = self.client.post(
            "/api/v1/sync", data=body,
            headers={"Authorization": f"Bearer {token or self.token}", "Content-Encoding": "gzip"},
        )  # fmt: skip
        assert answer.status_code == 200, answer.get_data()
        told: dict[str, Any] = answer.get_json()
        self.cursors = told["cursors"]
        return told

    def new_workers(self, rng: random.Random, count: int = BATCH) -> list[dict[str, Any]]:
        changes = []
        for _ in range(count):
            self.seq += 1
            changes.append({
                "seq": self.seq, "kind": "worker", "record": f"{self.device}-{self.seq}", "village": VILLAGE,
                "at": "2026-11-20T08:11:12.003Z", "form": "worker@2", "fields": worker(self.seq, VILLAGE, rng),
            })  # fmt: skip
        return changes

    def edits(self, rng: random.Random, of: int, count: int = BATCH) -> list[dict[str, Any]]:
        changes = []
        for _ in range(count):
            self.seq += 1
            changes.append({
                "seq": self.seq, "kind": "worker", "record": f"{self.device}-{rng.randint(1, of)}", "village": VILLAGE,
                "at": "2026-11-21T08:11:12.003Z", "form": "worker@2",
                "fields": {"phone": f"+62813{self.seq:08d}", "address": f"Jalan {self.seq}", "monthly_income": 1_500_000},
            })  # fmt: skip
        return changes


def receiving_floor() -> Callable[[bytes], None]:
    """Bare Flask that inflates and parses, and stores nothing."""
    app = Flask("floor")

    @app.post("/")
    def take() -> str:
        orjson.loads(gzip.decompress(request.get_data()))
        return "{}"

    client = app.test_client()
    return lambda body: client.post("/", data=body).close()


class StoringFloor:
    """Raw SQLite `executemany` of the same values into one table, at the same durability."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")
        self.names: list[str] = []

    def store(self, rows: list[dict[str, Any]]) -> None:
        if not self.names:
            self.names = list(rows[0])
            self.db.execute(f"CREATE TABLE worker (id TEXT PRIMARY KEY, {', '.join(self.names)})")
        values = [(row["id"], *(row.get(n) for n in self.names)) for row in rows]
        marks = ",".join("?" * (len(self.names) + 1))
        self.db.execute("BEGIN IMMEDIATE")
        self.db.executemany(f"INSERT OR REPLACE INTO worker VALUES ({marks})", values)
        self.db.execute("COMMIT")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        m = Measured(Path(folder))
        rng = random.Random(7)
        for _ in range(3):
            m.post(m.body(m.new_workers(rng)))
        rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
        receive = receiving_floor()
        db = sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL"); db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE TABLE w (id TEXT PRIMARY KEY, " + ",".join(f"c{i}" for i in range(26)) + ")")
        ours, floor_r, floor_s, edits = [], [], [], []
        for _ in range(rounds):
            changes = m.new_workers(rng)
            body = m.body(changes)
            t = time.process_time(); m.post(body); ours.append(time.process_time() - t)
            t = time.process_time(); receive(body); floor_r.append(time.process_time() - t)
            rows = [(c["record"], *(json.dumps(v) if isinstance(v, (list, dict)) else v for v in c["fields"].values())) for c in changes]
            t = time.process_time(); db.execute("BEGIN IMMEDIATE"); db.executemany("INSERT INTO w VALUES (" + ",".join("?" * 27) + ")", rows); db.execute("COMMIT"); floor_s.append(time.process_time() - t)
        n = m.seq
        for _ in range(rounds):
            body = m.body(m.edits(rng, 600))
            t = time.process_time(); m.post(body); edits.append(time.process_time() - t)
        f = lambda x: statistics.median(x) / BATCH * 1e6
        print(f"new {f(ours):.1f} us/rec, receive floor {f(floor_r):.1f}, store floor {f(floor_s):.1f}, ratio {f(ours)/(f(floor_r)+f(floor_s)):.2f}; edits {f(edits):.1f}")


if __name__ == "__main__":
    main()
