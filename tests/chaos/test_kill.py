"""The server's process is killed again and again while twenty officers work: nothing acknowledged is lost or done twice."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
import urllib3
from sqlalchemy import func, select

from server.actions.enrol import make_code
from server.clock import now_ms
from server.config import Settings
from server.store import tables as t
from sync.device.simulate import simulate
from tests.server.installation import Installation

VILLAGES = [
    ("64.02.11.2005", "Muara Kaman Ulu"), ("64.02.11.2004", "Muara Kaman Ilir"),
    ("64.02.11.2003", "Bukit Jering"), ("64.02.11.2002", "Lebaho Ulaq"),
]  # fmt: skip
OFFICERS = 20
COMMAND = [sys.executable, "-c", "from server.cli import main; main()"]


class Process:
    """`sambung serve` as an administrator runs it, on one port through all its lives."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self.environment = {
            **os.environ, "SAMBUNG_DATA_DIR": str(settings.data_dir), "SAMBUNG_DATABASE_URL": settings.database_url,
            "SAMBUNG_DEVICE_REQUESTS_PER_MINUTE": "100000", "SAMBUNG_MERGE_SECONDS": "1",
        }  # fmt: skip
        self.log = log.open("ab")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = urllib3.PoolManager()

    def start(self) -> None:
        self.running = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(self.port)], env=self.environment, stdout=self.log, stderr=self.log
        )
        until = time.monotonic() + 60
        while not self.answers():
            assert self.running.poll() is None and time.monotonic() < until, "the server did not come up"
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            return self.http.request("GET", f"{self.url}/healthz", retries=False, timeout=2).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def kill(self) -> None:
        """SIGKILL: nothing of it gets to run any more."""
        self.running.kill()
        self.running.wait()

    def run(self, *command: str) -> subprocess.CompletedProcess:
        return subprocess.run([*COMMAND, *command], env=self.environment, capture_output=True, text=True)


@contextmanager
def serving(settings: Settings, log: Path) -> Iterator[Process]:
    process = Process(settings, log)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.log.close()


class Killing(threading.Thread):
    """Kills and starts the server `rounds` times, at moments drawn from the seed; then the officers go home."""

    def __init__(self, process: Process, rounds: int, seed: int) -> None:
        super().__init__()
        self.process, self.rounds, self.rng = process, rounds, Random(seed)
        self.at_work, self.home, self.killed = threading.Event(), threading.Event(), 0

    def run(self) -> None:
        try:
            self.at_work.wait(120)
            for _ in range(self.rounds):
                time.sleep(self.rng.uniform(0.2, 2.0))
                self.process.kill()
                self.killed += 1
                self.process.start()
            time.sleep(0.5)
        finally:
            self.home.set()


def survive(server: Installation, tmp_path: Path, rounds: int, seed: int) -> None:
    print(f"seed {seed}")

    def code(officer: str, villages: list[str]) -> str:
        with server.app.app_context():
            return make_code(officer, villages, server.settings, now_ms()).code

    with serving(server.settings, tmp_path / "server.log") as process:
        killing = Killing(process, rounds, seed)
        killing.start()
        report = simulate(
            process.url, code, VILLAGES, OFFICERS, 0, seed, losses=0.02, threads=6, pace=0.01, forever=True,
            stop=killing.home, patience=90, say=lambda line: killing.at_work.set(),
        )  # fmt: skip
        killing.join()
        print(report.summary())
        assert killing.killed == rounds and report.retries, "the officers met a dead server"
        assert report.changes > 10 * OFFICERS and report.disagreements == []
        replayed = process.run("replay", "--check")
        assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert holes(server) == [] and done_twice(server) == []


def holes(server: Installation) -> list[str]:
    """Devices of which the log does not have every change that was acknowledged."""
    with server.reading() as connection:
        kept = dict(connection.execute(select(t.change.c.device, func.count()).group_by(t.change.c.device)).all())
        acked = connection.execute(select(t.device.c.id, t.device.c.acked)).all()
        assert connection.scalar(select(func.count()).select_from(t.lost)) == 0
    return [device for device, seq in acked if kept.get(device, 0) != seq]


def done_twice(server: Installation) -> list[str]:
    """Records whose versions do not count their changes: 1, 2, 3 ... each made by one."""
    versions = defaultdict(list)
    with server.reading() as connection:
        made = select(t.change.c.record, func.coalesce(t.outcome.c.version, t.change.c.version)).outerjoin(
            t.outcome, (t.outcome.c.device == t.change.c.device) & (t.outcome.c.seq == t.change.c.seq)
        )
        for record, version in connection.execute(made):
            if version is not None:
                versions[record].append(version)
        stands = dict(connection.execute(select(t.record.c.id, t.record.c.version)).all())
    assert stands.keys() == versions.keys()
    return [record for record, made in versions.items() if sorted(made) != list(range(1, stands[record] + 1))]


@pytest.mark.parametrize("rounds", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_a_server_that_is_killed_loses_nothing_and_does_nothing_twice(either_server, tmp_path, rounds):
    survive(either_server, tmp_path, rounds, seed=4417 + rounds)
