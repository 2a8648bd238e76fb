"""PostgreSQL with many at once: writers, movers, desks and readers, over villages that overlap."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from sqlalchemy import text

from server.actions.merge_received import merge_received
from server.actions.settle import DeskError, link, settle
from server.clock import now_ms
from server.db import db
from server.store.streams import Streams
from tests.server.installation import Installation
from tests.server.valley import FieldPhone, Stored, comparable
from tests.strategies import ILIR, SEBERANG, ULU, VILLAGES

pytestmark = pytest.mark.postgres
WRITERS = ((ULU,), (ULU, ILIR), (ILIR, SEBERANG), (SEBERANG, ULU))
ROUNDS = 25


@pytest.fixture
def server(postgres_settings):
    made = Installation(postgres_settings)
    yield made
    made.close()


class Shared:
    """What the writers know of each other: who may be met in the villages."""

    def __init__(self, seed: int) -> None:
        self.seed, self.ids, self.writing = seed, [], True
        self.lock = threading.Lock()

    def met(self, rng: Random) -> str | None:
        with self.lock:
            return rng.choice(self.ids[-12:]) if self.ids else None

    def registered(self, record: str) -> None:
        with self.lock:
            self.ids.append(record)


def officer(phone: FieldPhone, shared: Shared, number: int) -> None:
    """Registers, edits and moves people, and syncs after each few, as one does who has a line."""
    rng = Random(shared.seed + number)
    for turn in range(ROUNDS):
        for _ in range(rng.randint(1, 4)):
            known = sorted(phone.copy)
            if rng.random() < 0.35 or not known:
                record = phone.write(None, {"full_name": f"{turn}"}, rng.choice(phone.villages))
            else:
                record = rng.choice(known)
                phone.write(record, some_edit(rng), phone.copy[record]["village"])
        phone.sync(limit=rng.choice([0, 0, 1, 3000]), answer_is_lost=rng.random() < 0.1)
        for record in phone.copy:
            if record not in shared.ids:
                shared.registered(record)


def some_edit(rng: Random) -> dict[str, object]:
    what = rng.random()
    if what < 0.2:
        return {"village": rng.choice(VILLAGES)}
    return {"full_name": f"{rng.random()}"} if what < 0.6 else {"phone": f"+62812{rng.randint(10**6, 10**7 - 1)}"}


def reader(phone: FieldPhone, shared: Shared) -> None:
    while shared.writing:
        phone.sync(limit=400)


def operator(server: Installation, shared: Shared, number: int) -> None:
    """Joins, parts and settles people wherever they are, and now and then runs the merge."""
    rng = Random(shared.seed - number)
    with server.app.app_context():
        while shared.writing:
            one, other = shared.met(rng), shared.met(rng)
            try:
                if one and other and rng.random() < 0.5:
                    link(one, other, rng.random() < 0.7, "-", None, now_ms())
                elif one:
                    settle(one, None, some_edit(rng), None, now_ms())
            except DeskError:
                pass
            if rng.random() < 0.2:
                merge_received(server.settings, now_ms())
            time.sleep(0.005)


def test_nobody_misses_a_record_while_others_write_move_and_join(server):
    shared = Shared(seed=4417)
    writers = [FieldPhone(server.enrolled(*villages)) for villages in WRITERS]
    readers = [FieldPhone(server.enrolled(ULU, SEBERANG)), FieldPhone(server.enrolled(*VILLAGES))]
    with ThreadPoolExecutor(8) as threads:
        others = [threads.submit(reader, phone, shared) for phone in readers]
        others += [threads.submit(operator, server, shared, number) for number in (1, 2)]
        work = [threads.submit(officer, phone, shared, number) for number, phone in enumerate(writers)]
        try:
            for one in work:
                one.result(120)
        finally:
            shared.writing = False
        for one in others:
            one.result(60)
    with server.app.app_context():
        merge_received(server.settings, now_ms())
    for phone in [*writers, *readers]:
        phone.catch_up()
    now = Stored(server)
    now.check()
    assert len(now.rows) > 40 and any(row.is_alias for row in now.rows.values())
    for phone in [*writers, *readers]:
        assert comparable(phone.copy) == phone.told_anew()


class Held:
    """A transaction of somebody else's that holds villages until it is let go."""

    def __init__(self, server: Installation, *villages: str) -> None:
        self.server, self.villages = server, villages

    def __enter__(self) -> None:
        with self.server.app.app_context():
            self.connection = db.engine.connect()
        self.connection.begin()
        Streams(self.connection).lock(self.villages)

    def __exit__(self, *_: object) -> None:
        self.connection.rollback()
        self.connection.close()


def test_two_villages_do_not_wait_for_each_other(server):
    here, there = FieldPhone(server.enrolled(ULU)), FieldPhone(server.enrolled(ILIR))
    for phone in (here, there):
        phone.write(None, {"full_name": "Siti"}, phone.villages[0])
    with Held(server, ULU):
        before = time.monotonic()
        assert there.sync()["results"][0]["status"] == "merged"
        assert time.monotonic() - before < server.settings.village_wait_ms / 1000
    assert here.sync()["results"][0]["status"] == "merged"


@pytest.fixture
def impatient(postgres_settings):
    from dataclasses import replace

    made = Installation(replace(postgres_settings, village_wait_ms=150))
    yield made
    made.close()


def test_a_sync_into_a_busy_village_is_received_and_merges_on_the_schedule(impatient):
    phone = FieldPhone(impatient.enrolled(ULU, ILIR))
    busy = phone.write(None, {"full_name": "Siti"}, ULU)
    phone.write(None, {"full_name": "Nur"}, ILIR)
    phone.write(busy, {"full_name": "Siti Rahmah"}, ULU)
    with Held(impatient, ULU):
        assert [told["status"] for told in phone.sync()["results"]] == ["received", "merged", "received"]
    with impatient.app.app_context():
        assert merge_received(impatient.settings, now_ms()) == 2
    assert [(told["seq"], told["status"]) for told in phone.sync()["results"]] == [(1, "merged"), (3, "merged")]
    Stored(impatient).check()
    assert comparable(phone.copy) == phone.told_anew()


def test_a_reader_never_waits_for_a_writer(server):
    phone = FieldPhone(server.enrolled(*VILLAGES))
    phone.sync()
    with Held(server, *VILLAGES):
        before = time.monotonic()
        phone.sync()
        assert time.monotonic() - before < 1
    with server.reading() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
