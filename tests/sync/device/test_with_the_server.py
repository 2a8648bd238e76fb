"""The same promises, kept by the real server: the device was written from the protocol alone, and so was this."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from waitress import create_server

from server.actions.enrol import make_code
from server.actions.initialise import initialise
from server.app import create_app
from server.clock import now_ms
from server.config import Settings
from sync.device.client import Client
from sync.device.outbox import Outbox
from sync.device.simulate import simulate
from tests.sync.device.conftest import KAMAN, NUR, TERATAK, stranger
from tests.sync.device.test_client import Line, clone

VILLAGES = [(KAMAN, "Muara Kaman Ulu"), (TERATAK, "Teratak")]


class Real(NamedTuple):
    url: str
    code: Callable[[str, list[str]], str]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("var"), device_requests_per_minute=100_000)
    app = create_app(settings)
    with app.app_context():
        initialise(settings, now_ms())
    serving = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=serving.run, daemon=True)
    thread.start()

    def code(officer: str, villages: list[str]) -> str:
        with app.app_context():
            return make_code(officer, villages, settings, now_ms()).code

    yield Real(f"http://127.0.0.1:{serving.effective_port}", code)
    serving.close()


@pytest.fixture
def phone(real: Real, tmp_path: Path) -> Callable[..., Client]:
    def enrolled(officer: str, *villages: str) -> Client:
        client = stranger(real.url, tmp_path / f"{officer}.db")
        client.enrol(real.code(officer, list(villages or (KAMAN,))), officer)
        return client

    return enrolled


@pytest.mark.parametrize("seed", [4417, 4418])
def test_a_village_of_bad_lines_and_wrong_clocks_agrees_with_the_server(real, seed):
    report = simulate(real.url, real.code, VILLAGES, officers=6, records=60, seed=seed, losses=0.3, patience=20)
    assert report.disagreements == []
    assert report.records == 60 and report.conflicts and report.quarantined and report.retries


def test_fifty_up_and_fifty_down_is_one_request_and_nothing_new_is_under_200_bytes_each_way(real, phone):
    siti, budi = phone("Siti", TERATAK), phone("Budi", TERATAK)
    siti.sync()
    for client in (siti, budi):
        for n in range(50):
            client.outbox.save("worker", None, TERATAK, {**NUR, "full_name": f"Warga {n}"})
    budi.sync()
    before = siti.tally.requests
    siti.sync()
    assert siti.tally.requests == before + 1
    siti.sync()
    up, down = siti.tally.bytes_up, siti.tally.bytes_down
    siti.sync()
    assert siti.tally.bytes_up - up < 200 and siti.tally.bytes_down - down < 200


def test_a_lost_enrolment_and_lost_answers_cost_nothing(real, tmp_path):
    siti = stranger(real.url, tmp_path / "siti.db")
    siti.http = Line("answer lost", "cut reply", "good", "answer lost", "cut reply")
    code = real.code("Siti", [KAMAN])
    for _ in range(3):
        try:
            siti.enrol(code)
        except Exception:
            continue
    siti.outbox.save("worker", None, KAMAN, NUR)
    siti.keep_syncing(sleep=lambda _: None)
    assert siti.outbox.counts() == {"merged": 1} and siti.ask_again() == []


def test_a_twin_goes_on_under_a_new_name_and_both_see_both(real, phone, tmp_path):
    siti = phone("Siti")
    shared = siti.outbox.save("worker", None, KAMAN, NUR).record
    siti.sync()
    twin = clone(siti, tmp_path / "twin.db")
    siti.outbox.save("worker", None, KAMAN, {**NUR, "full_name": "Arbain"})
    siti.outbox.save("worker", shared, None, {"notes": "di kebun"})
    siti.sync()
    made = twin.outbox.save("worker", None, KAMAN, {**NUR, "full_name": "Masitah"}).record
    twin.outbox.save("worker", shared, None, {"address": "Gg. Ulin 2"})
    twin.sync()
    siti.sync()
    assert twin.outbox.copies.resolve(made) == made  # that id is now Arbain's
    for client in (siti, twin):
        names = [client.outbox.open(record).fields.get("full_name") for record in client.outbox.records(KAMAN)]
        assert {"Arbain", "Masitah"} <= set(names)
        assert client.outbox.open(shared).fields["notes"] == "di kebun"
        assert client.outbox.open(shared).fields["address"] == "Gg. Ulin 2"
    assert twin.outbox.open(shared).conflicts == {}


def test_a_phone_set_back_finds_out(real, phone, tmp_path):
    siti = phone("Siti")
    siti.outbox.save("worker", None, KAMAN, NUR)
    siti.sync()
    back = clone(siti, tmp_path / "back.db")
    siti.outbox.save("worker", None, KAMAN, NUR)
    siti.sync()
    back.sync()
    assert back.outbox.disk.get("device") != siti.outbox.disk.get("device")
    assert sorted(back.outbox.records(KAMAN)) == sorted(siti.outbox.records(KAMAN))


def test_a_worker_who_moves_leaves_one_village_and_appears_in_the_other(phone):
    siti, tuti = phone("Siti"), phone("Tuti", TERATAK)
    record = siti.outbox.save("worker", None, KAMAN, NUR).record
    siti.sync()
    siti.outbox.save("worker", record, None, {"village": TERATAK})
    siti.sync()
    tuti.sync()
    assert siti.outbox.open(record) is None and siti.outbox.copies.gone(record) == "moved"
    assert tuti.outbox.open(record).fields["village"] == TERATAK


def test_a_token_that_nobody_knows_asks_for_a_new_code(real, tmp_path):
    from sync.device.client import NeedsCode

    stray = Client(real.url, Outbox(tmp_path / "stray.db"), rng=random.Random(1))
    stray.enrol(real.code("Siti", [KAMAN]))
    stray.outbox.note(token="x" * 43)
    with pytest.raises(NeedsCode):
        stray.sync()
