"""The drill: a server is lost while phones are out, the backup is restored, and the phones fill it up again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from schemas.change import is_desk, loads
from server import ledger
from server.actions.digest import digest
from server.actions.enrol import make_code
from server.actions.fleet import revoke
from server.actions.keeping import backup, restore
from server.actions.merge_received import merge_received
from server.actions.settle import erase, link, settle
from server.clock import now_ms
from server.serving import Service, listen, url_of
from server.store import tables as t
from sync.device.agree import disagreements
from sync.device.client import Client, DeviceRevoked, NeedsCode
from sync.device.outbox import Outbox
from sync.device.simulate import simulate
from tests.server.installation import NEIGHBOUR, VILLAGE, WORKER, Installation
from tests.server.story import check

VILLAGES = [(VILLAGE, "Muara Kaman Ulu"), (NEIGHBOUR, "Muara Kaman Ilir")]


@dataclass
class Drill:
    """An installation that serves real HTTP, and phones with a file each."""

    server: Installation
    folder: Path
    url: str = ""
    phones: dict[str, Client] = field(default_factory=dict)

    def code(self, officer: str, villages: list[str]) -> str:
        with self.server.app.app_context():
            return make_code(officer, villages, self.server.settings, now_ms()).code

    def phone(self, officer: str, *villages: str) -> Client:
        client = Client(self.url, Outbox(self.folder / f"{officer}.db"), rng=Random(officer))
        client.enrol(self.code(officer, list(villages or [VILLAGE])), officer)
        self.phones[officer] = client
        return client

    def at_the_desk(self, act: Callable[..., Any], *args: Any) -> Any:
        with self.server.app.app_context():
            return act(*args)

    def sync_all(self, *names: str) -> None:
        """Until everybody has heard of everybody's changes."""
        for _ in range(3):
            for name in names or self.phones:
                self.phones[name].sync()
            self.at_the_desk(merge_received, self.server.settings, now_ms())

    def rows(self, *but: str) -> dict[str, Any]:
        """What each standing record holds, apart from what the server numbers or times."""
        names = ("kind", "home", "carrier", "fields", "heads", "seen")
        query = select(t.record.c.id, *(t.record.c[name] for name in names)).where(t.record.c.erased.is_(False))
        with self.server.reading() as connection:
            return {
                row.id: [row.kind, row.home, row.carrier, loads(row.fields), loads(row.heads), loads(row.seen)]
                for row in connection.execute(query)
                if row.id not in but
            }

    def merged(self) -> set[tuple[str, int]]:
        """The dots of phones' changes that stand in records."""
        with self.server.reading() as connection:
            final = connection.execute(
                select(t.change.c.device, t.change.c.seq, t.change.c.status, t.outcome.c.status.label("later"))
                .outerjoin(t.outcome, (t.outcome.c.device == t.change.c.device) & (t.outcome.c.seq == t.change.c.seq))
                .where(t.change.c.fields.is_not(None))
            )
            stands = [row for row in final if "merged" in (row.status, row.later) and not is_desk(row.device)]
            return {(row.device, row.seq) for row in stands}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def drill(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Drill]:
    chosen = request.getfixturevalue("settings" if request.param == "sqlite" else "postgres_settings")
    server = Installation(replace(chosen, max_changes=3))  # so that refilling takes several batches a phone
    taken = listen("127.0.0.1", 0)
    service = Service(server.app, server.settings, taken, scheduled=False)
    thread = threading.Thread(target=service.run)
    thread.start()
    made = Drill(server, tmp_path, url_of(taken))
    yield made
    service.stop()
    thread.join(20)
    for phone in made.phones.values():
        phone.outbox.close()
    server.close()


def register(phone: Client, name: str, **more: Any) -> str:
    return phone.outbox.save("worker", None, VILLAGE, WORKER | {"full_name": name} | more).record


def edit(who: Client, record: str, **fields: Any) -> None:
    assert who.outbox.save("worker", record, None, fields)


def set_out(drill: Drill) -> dict[str, str]:
    """Before the backup: four officers, their workers, a conflict that is settled, two records that are joined."""
    siti, budi, wati = drill.phone("siti"), drill.phone("budi"), drill.phone("wati", VILLAGE, NEIGHBOUR)
    drill.phone("tono")
    ids = {name: register(siti, name) for name in ("Nur", "Aminah", "Rahmah", "Hasanah", "Ida")}
    ids["twin"] = register(budi, "Nur")
    drill.sync_all()
    for phone in (siti, budi):
        edit(phone, ids["Aminah"], full_name=f"Aminah {phone.outbox.disk.get('device')}")
    drill.sync_all()
    drill.at_the_desk(settle, ids["Aminah"], None, {"full_name": "Siti Aminah"}, None, now_ms())
    drill.at_the_desk(link, ids["Nur"], ids["twin"], True, "NIK sama", None, now_ms())
    drill.sync_all()
    assert wati.outbox.open(ids["twin"]).record == min(ids["Nur"], ids["twin"])
    return ids


def go_on(drill: Drill, ids: dict[str, str]) -> None:
    """After the backup, all acknowledged: what the phones can tell again."""
    siti, budi, wati = (drill.phones[name] for name in ("siti", "budi", "wati"))
    yanti = drill.phone("yanti")
    for number in range(5):
        ids[f"new {number}"] = register(siti, f"Baru {number}")
    ids["of yanti"] = register(yanti, "Dari Yanti")
    siti.sync(), yanti.sync(), budi.sync()
    edit(budi, ids["new 4"], notes="dilihat Budi")
    edit(budi, ids["of yanti"], rt="007")
    edit(budi, ids["Nur"], phone="+628125550001")
    budi.sync(), wati.sync()
    edit(wati, ids["of yanti"], rw="001")
    edit(wati, ids["Rahmah"], village=NEIGHBOUR)
    edit(siti, ids["Rahmah"], notes="masih di sini")
    edit(siti, ids["Hasanah"], full_name="Hasanah binti A")
    edit(wati, ids["Hasanah"], full_name="Hasanah binti B")
    drill.sync_all("siti", "budi", "wati", "yanti")


def lose_the_server(drill: Drill, path: Path) -> str:
    return drill.at_the_desk(restore, path, drill.server.settings, now_ms()).epoch


def come_back(drill: Drill, *names: str) -> None:
    """One request each at first, so that others ask while not all is told again; then everybody to the end."""
    for name in names:
        phone = drill.phones[name]
        try:
            for _ in range(2):
                phone._round()
        except NeedsCode:
            phone.enrol(drill.code(name, [VILLAGE]), name)
    drill.sync_all(*names)


def quarantined(drill: Drill) -> list[Any]:
    with drill.server.reading() as connection:
        found = connection.execute(select(t.change).where(t.change.c.status == "quarantined")).all()
        late = connection.execute(select(t.outcome).where(t.outcome.c.status == "quarantined")).all()
    return [(row.device, row.seq, row.errors) for row in [*found, *late]]


def agree(drill: Drill, *names: str) -> None:
    """A phone enrolled just now is told what the others hold."""
    for village, _ in VILLAGES:
        checker = drill.phone(f"pemeriksa {village}", village)
        checker.sync()
        for name in names:
            if village in drill.phones[name].outbox.villages():
                assert list(disagreements(drill.phones[name].outbox, checker.outbox, village)) == []


OUT = ("siti", "budi", "wati", "yanti")


BUDI_FIRST = ("budi", "wati", "yanti", "siti")  # who has seen the most of what others have yet to tell again


@pytest.mark.parametrize("first", [BUDI_FIRST, pytest.param(OUT, marks=pytest.mark.slow)], ids=lambda names: names[0])
def test_phones_fill_a_restored_server_up_to_where_it_was(drill, tmp_path, first):
    ids = set_out(drill)
    drill.at_the_desk(backup, tmp_path / "one.backup", drill.server.settings, now_ms())
    go_on(drill, ids)
    state, merged = drill.at_the_desk(digest), drill.merged()
    assert quarantined(drill) == [] and check(drill.server) == []
    yanti = drill.phones["yanti"].outbox.disk.get("device")
    epoch = lose_the_server(drill, tmp_path / "one.backup")
    assert drill.at_the_desk(digest) != state
    come_back(drill, *first)
    assert quarantined(drill) == [], "whoever comes first has seen what others have yet to send again"
    assert drill.phones["yanti"].outbox.disk.get("device") == yanti
    assert {drill.phones[name].outbox.disk.get("epoch") for name in OUT} == {epoch}
    assert drill.merged() == merged
    assert drill.at_the_desk(digest) == state
    assert check(drill.server) == []
    agree(drill, *OUT)


def test_what_desks_did_since_is_asked_again_but_never_revived(drill, tmp_path):
    ids = set_out(drill)
    drill.at_the_desk(backup, tmp_path / "one.backup", drill.server.settings, now_ms())
    go_on(drill, ids)
    rosa, path = drill.phone("rosa"), tmp_path / "one.backup"
    register(rosa, "Dari Rosa")
    rosa.sync()
    given = ledger.given_ids(drill.server.settings.data_dir)
    act, now = drill.at_the_desk, now_ms()
    act(settle, ids["Hasanah"], None, {"full_name": "Hasanah"}, None, now)
    act(link, ids["new 0"], ids["new 1"], True, "orang yang sama", None, now)
    for name in ("tono", "rosa"):
        assert act(revoke, drill.phones[name].outbox.disk.get("device"), drill.server.settings, now)
    unwanted = [ids[name] for name in ("Ida", "new 2", "of yanti")]
    erased = {*act(erase, unwanted, "atas permintaan", None, drill.server.settings, now)}
    by_desks = {ids[name] for name in ("Hasanah", "new 0", "new 1")} | {f"link:{ids['new 0']}:{ids['new 1']}"}
    drill.sync_all("siti", "budi")  # they have seen the desk's doings; wati and yanti have not
    edit(drill.phones["siti"], ids["Hasanah"], notes="setelah diputuskan")
    edit(drill.phones["budi"], ids["new 1"], rt="002")
    edit(drill.phones["wati"], ids["new 2"], rt="003")
    drill.sync_all("siti", "budi")
    before = drill.rows(*by_desks, *erased)
    with drill.server.reading() as connection:
        desks = set(connection.scalars(select(t.change.c.device).where(t.change.c.device.startswith("hq"))))

    lose_the_server(drill, path)
    for name in ("tono", "rosa"):
        with pytest.raises(DeviceRevoked):
            drill.phones[name].sync()
    come_back(drill, *OUT)

    assert check(drill.server) == []
    assert {errors for _, _, errors in quarantined(drill)} == {'{"record":["record-erased"]}'}
    of_rosa = drill.phones["rosa"].outbox.disk.get("device") + "-"  # who is revoked can't tell it again
    after = drill.rows(*by_desks, *erased)
    assert after == {record: held for record, held in before.items() if not record.startswith(of_rosa)}
    with drill.server.reading() as connection:
        for record in erased:
            log = connection.execute(
                select(t.change.c.fields, t.change.c.sent).where(t.change.c.record == record)
            ).all()
            assert all(row == (None, None) for row in log)
            row = connection.execute(select(t.record).where(t.record.c.id == record)).first()
            assert row is None or row.fields == "{}"
        for phone in (drill.phones[name] for name in OUT):
            assert not erased & set(phone.outbox.records(VILLAGE, "worker"))

    act(settle, ids["Hasanah"], None, {"full_name": "Hasanah"}, None, now_ms())
    act(link, ids["new 0"], ids["new 1"], True, "orang yang sama", None, now_ms())
    drill.sync_all(*OUT)
    with drill.server.reading() as connection:
        now_desks = set(connection.scalars(select(t.change.c.device).where(t.change.c.device.startswith("hq"))))
        fresh = now_desks - desks
    assert len(fresh) == 1 and quarantined(drill) and check(drill.server) == []
    agree(drill, *OUT)
    new = {drill.phone(f"baru {number}").outbox.disk.get("device") for number in range(5)}
    assert not new & given


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_officers_at_work_hardly_notice_that_their_server_was_set_back(drill, tmp_path, seed):
    """Officers on bad lines register and edit; meanwhile a backup is made, and later, while they sync, restored."""
    print(f"seed {seed}")
    made, rounds = tmp_path / "one.backup", []

    def say(line: str) -> None:
        rounds.append(line)
        if len(rounds) == 3:
            drill.at_the_desk(backup, made, drill.server.settings, now_ms())
        if len(rounds) == 7:
            lose_the_server(drill, made)
        drill.at_the_desk(merge_received, drill.server.settings, now_ms())

    stop = threading.Event()

    def merge_now_and_then() -> None:
        while not stop.wait(0.3):
            drill.at_the_desk(merge_received, drill.server.settings, now_ms())

    merging = threading.Thread(target=merge_now_and_then)
    merging.start()
    try:
        report = simulate(drill.url, drill.code, VILLAGES, 6, 300, seed, losses=0.1, threads=3, patience=60, say=say)
    finally:
        stop.set()
        merging.join()
    assert len(rounds) > 8, "the server was set back before they were through"
    assert report.disagreements == []
    assert check(drill.server) == []
