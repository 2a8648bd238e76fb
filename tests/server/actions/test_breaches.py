"""A breach names everybody whom it touches, and stays open until they and the agency were told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from schemas.change import from_ms
from server import audit
from server.actions import breaches
from server.actions.breaches import Noted, Wrong
from server.actions.settle import NoSuchRecord
from server.clock import now_ms
from server.db import reading, transaction
from server.store import desk_tables as d
from server.store import scoping
from server.store import tables as t
from server.store.accounts import Account
from server.store.scoping import Scope
from tests.server.installation import ELSEWHERE, NEIGHBOUR, VILLAGE, WORKER, Installation, copied

REGENCY, FAR = Scope("64.02"), Scope("64.03")
HOURS = 60 * 60 * 1000


class Desk:
    """A village with two phones, and a phone of another regency."""

    def __init__(self, server: Installation) -> None:
        self.server = server
        self.siti, self.budi = server.enrolled(VILLAGE), server.enrolled(VILLAGE, NEIGHBOUR)
        self.far = server.enrolled(ELSEWHERE)
        self.near = Account(server.person("operator", "64.02").id, "operator", "-", "operator", "64.02")
        for number, phone in enumerate((self.siti, self.siti, self.budi, self.far), 9201):
            nik = f"{'6403055207900000'[:12] if phone is self.far else '640211520790'}{number}"
            phone.sync(phone.change(None, WORKER | {"nik": nik, "full_name": f"=Pekerja {number}"}))
        seen = {self.siti.id: 2}
        self.budi.sync(self.budi.change(f"{self.siti.id}-2", {"village": NEIGHBOUR}, seen=seen, village=VILLAGE))

    def noted(self, **more: Any) -> int:
        given = {
            "source": "device", "source_id": self.siti.id, "what": "HP hilang", "data": "nama, NIK", "measures": "",
            "happened": "di pasar", "noticed_at": now_ms(),
        } | more  # fmt: skip
        return breaches.note(Noted(**given), self.near, now_ms())

    def affected(self, number: int) -> set[str]:
        with reading() as connection:
            return set(connection.scalars(select(d.breach_person.c.record).where(d.breach_person.c.breach == number)))


@pytest.fixture(scope="module")
def desk(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    server = Installation(copied(template, tmp_path_factory.mktemp("breaches") / "var"))
    with server.app.app_context():
        yield Desk(server)
    server.close()


def test_a_lost_phone_touches_all_whom_it_may_have_held_also_who_moved_away_and_nobody_else(desk):
    siti, budi = desk.siti.id, desk.budi.id
    assert desk.affected(desk.noted()) == {f"{siti}-1", f"{siti}-2"}, "the second has moved away since"
    assert desk.affected(desk.noted(source_id=budi)) == {f"{siti}-1", f"{siti}-2", f"{budi}-1"}
    desk.noted()
    with reading() as connection:
        row = connection.execute(select(d.breach).order_by(d.breach.c.id.desc())).first()
    assert row.region == VILLAGE and row.due_at - row.noticed_at == 72 * HOURS and row.rule == "clock-breach-2022"


def test_who_came_after_the_phone_was_last_heard_is_not_touched_by_its_loss(desk):
    lost = desk.server.enrolled(VILLAGE)
    lost.sync()
    desk.siti.sync(desk.siti.change(None, WORKER | {"nik": "6402115207909299"}, at=from_ms(now_ms())))
    late = f"{desk.siti.id}-{desk.siti.seq}"
    assert late in desk.affected(desk.noted(source_id=lost.id)), "when it was last heard is known to the minute"
    with transaction() as connection:
        heard = now_ms() - 2 * HOURS
        connection.execute(update(t.device).where(t.device.c.id == lost.id).values(contact_at=heard))
    earlier = desk.affected(desk.noted(source_id=lost.id))
    assert late not in earlier and f"{desk.siti.id}-1" in earlier


def test_a_file_that_got_out_touches_those_who_stood_in_it(desk):
    with scoping.asking_within(None):
        audit.look("export", region="64.02", records=[f"{desk.siti.id}-1", f"{desk.budi.id}-1"], what="workers")
    with reading() as connection:
        entry = connection.scalar(select(d.audit.c.id).where(d.audit.c.act == "export"))
    number = desk.noted(source="export", source_id=str(entry))
    assert desk.affected(number) == {f"{desk.siti.id}-1", f"{desk.budi.id}-1"}


def test_others_are_written_one_by_one_and_each_must_be_known(desk):
    number = desk.noted(source="other", source_id="", numbers=f"{desk.siti.id}-1\n6402115207909203")
    assert desk.affected(number) == {f"{desk.siti.id}-1", f"{desk.budi.id}-1"}
    with pytest.raises(Wrong) as wrong:
        desk.noted(source="other", source_id="", numbers=f"{desk.siti.id}-1 6402115207909998")
    assert "6402115207909998" not in str(wrong.value.errors), "a whole NIK is not said back"


def test_a_phone_or_an_entry_of_another_regency_is_not_there(desk):
    for more in ({"source_id": desk.far.id}, {"source_id": "nobody"}, {"source": "export", "source_id": "999999"},
                 {"source": "export", "source_id": "x"}):  # fmt: skip
        with pytest.raises(Wrong) as wrong:
            desk.noted(**more)
        assert "source_id" in wrong.value.errors
    number = desk.noted()
    with scoping.asking_within(FAR):
        assert breaches.look(FAR, number, None) is None and breaches.affected_csv(FAR, number) is None
    with pytest.raises(NoSuchRecord):
        breaches.close(FAR, number, desk.near, now_ms())


def test_it_is_closed_only_when_all_were_told_and_what_was_done_is_written(desk):
    number = desk.noted(noticed_at=now_ms() - 80 * HOURS)
    assert breaches.how_many(REGENCY, now_ms())[1] >= 1, "overdue"
    for step in (
        lambda: breaches.tell(REGENCY, number, "people", now_ms(), desk.near, now_ms()),
        lambda: breaches.tell(REGENCY, number, "authority", now_ms(), desk.near, now_ms()),
        lambda: breaches.write(REGENCY, number, {"measures": "HP dicabut"}, desk.near),
    ):
        with pytest.raises(Wrong):
            breaches.close(REGENCY, number, desk.near, now_ms())
        step()
    breaches.close(REGENCY, number, desk.near, now_ms())
    with pytest.raises(NoSuchRecord):
        breaches.tell(REGENCY, number, "people", now_ms(), desk.near, now_ms())


def test_the_list_of_those_affected_runs_nothing_in_a_spreadsheet(desk):
    number = desk.noted()
    with scoping.asking_within(REGENCY):
        text = breaches.affected_csv(REGENCY, number)
    assert text.startswith("\ufeffnomor_catatan,") and "'=Pekerja 9201" in text and ",=Pekerja" not in text
    with reading() as connection:
        assert connection.scalar(select(d.audit.c.id).where(d.audit.c.act == "download")) is not None
