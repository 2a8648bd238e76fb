"""The battery dies between any two statements: no entered form is lost, and none is merged twice."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from sync.device.client import Client
from sync.device.outbox import Outbox
from tests.sync.device.conftest import KAMAN, NUR, stranger

DEAD = 9


class Battery:
    """Counts what a phone does, statement by statement and request by request, and dies before the `last` one."""

    def __init__(self, last: int) -> None:
        self.left = last

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            os._exit(DEAD)

    def connect(self, path: str, **more) -> sqlite3.Connection:
        battery = self

        class Connection(sqlite3.Connection):
            def execute(self, *args):
                battery.spend()
                return super().execute(*args)

            def executemany(self, *args):
                battery.spend()
                return super().executemany(*args)

        return sqlite3.connect(path, factory=Connection, **more)

    def http(self, inner):
        battery = self

        class Line:
            def request(self, *args, **more):
                battery.spend()
                reply = inner.request(*args, **more)
                battery.spend()
                return reply

        return Line()


def in_a_process_of_its_own(work: Callable[[], None]) -> bool:
    """Whether `work` came to its end before it died."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, DEAD), "the phone's own error, not its battery"
    return code == 0


def a_day(url: str, path: Path, code: str, battery: Battery, wrote: Path) -> None:
    """Enrol, enter two forms, sync, edit one, sync. What `save` returned for is written down outside, at once."""
    import urllib3

    outbox = Outbox(path, connect=battery.connect)
    client = Client(url, outbox, rng=random.Random(3), http=battery.http(urllib3.PoolManager()))
    if not outbox.disk.get("device"):
        client.enrol(code, "Samsung A05")
    for name in ("Arbain", "Masitah"):
        _save(outbox, None, {**NUR, "full_name": name}, wrote)
    client.sync()
    _save(outbox, outbox.records(KAMAN)[0], {"phone": f"+62812{battery.left % 10**7:07d}"}, wrote)
    client.sync()


def _save(outbox: Outbox, record: str | None, fields: dict, wrote: Path) -> None:
    saved = outbox.save("worker", record, KAMAN, fields)
    if saved:
        with wrote.open("a") as file:
            file.write(f"{saved.seq}\n")


@pytest.mark.parametrize("stride", [range(0, 400, 9), pytest.param(range(0, 400), marks=pytest.mark.slow)])
def test_no_form_is_lost_wherever_the_battery_dies(served, server, tmp_path, stride):
    deaths = 0
    for last in stride:
        path, wrote = tmp_path / f"{last}.db", tmp_path / f"{last}.txt"
        code = server.code("Siti", [KAMAN])
        done = in_a_process_of_its_own(lambda: a_day(served.url, path, code, Battery(last), wrote))  # noqa: B023
        deaths += not done
        client = stranger(served.url, path)  # charged and switched on again
        if not client.outbox.disk.get("device"):
            client.enrol(code, "Samsung A05")
        client.sync()
        written = [int(line) for line in wrote.read_text().split()] if wrote.exists() else []
        device = client.outbox.disk.get("device")
        there = sorted(seq for name, seq in server.state["log"] if name == device)
        assert set(written) <= set(there)
        assert there == list(range(1, len(there) + 1))  # at most one form more: kept, but `save` had not come back
        assert len(there) - len(written) <= 1
        fresh = stranger(served.url, tmp_path / f"fresh-{last}.db")
        fresh.enrol(server.code("Budi", [KAMAN]))
        fresh.sync()
        for record in client.outbox.records():
            assert client.outbox.open(record).fields == fresh.outbox.open(record).fields
        assert client.ask_again() == []
        server.state["log"].clear()
        server.state["stream"].clear()
    assert deaths > len(stride) // 2


def test_the_twins_second_enrolment_survives_a_kill_anywhere(served, server, tmp_path):
    from tests.sync.device.test_client import clone

    siti = stranger(served.url, tmp_path / "siti.db")
    siti.enrol(server.code("Siti", [KAMAN]))
    siti.outbox.save("worker", None, KAMAN, NUR)
    siti.sync()
    twin = clone(siti, tmp_path / "twin.db")
    siti.outbox.save("worker", None, KAMAN, {**NUR, "full_name": "Arbain"})
    siti.sync()
    made = twin.outbox.save("worker", None, KAMAN, {**NUR, "full_name": "Masitah"}).record
    twin.outbox.save("contribution", None, KAMAN, {"worker": made, "amount": 16800})
    twin.outbox.disk.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before, backup = twin.outbox.path.read_bytes(), server.backup()
    for last in range(5, 150, 6):
        server.state = backup
        backup = server.backup()
        path = tmp_path / f"twin-{last}.db"
        path.write_bytes(before)
        in_a_process_of_its_own(lambda: sync_until_empty(served.url, path, Battery(last)))  # noqa: B023
        again = Client(served.url, Outbox(path), rng=random.Random(8))
        again.sync()
        new = again.outbox.disk.get("device")
        sent = [entry["sent"] for (name, _), entry in server.state["log"].items() if name == new]
        assert len(server.state["devices"]) == 2
        assert [one["fields"].get("full_name") for one in sent] == ["Masitah", None]
        assert sent[1]["fields"]["worker"] == sent[0]["record"] == f"{new}-2"


def sync_until_empty(url: str, path: Path, battery: Battery) -> None:
    import urllib3

    outbox = Outbox(path, connect=battery.connect)
    Client(url, outbox, rng=random.Random(8), http=battery.http(urllib3.PoolManager())).sync()
