"""Auditors read who looked at and changed what, find it by person, by who and by day, and see whether the chain holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from server import audit
from server.actions import auditing, trail
from server.clock import now_ms
from server.db import transaction
from server.store import desk_tables as d
from server.store import scoping
from server.store.auditing import Asked
from server.store.scoping import Scope
from tests.server.api.world import DISTRICT, World, build
from tests.server.console.world import Sitting
from tests.server.installation import DAY_MS, ELSEWHERE, VILLAGE, Installation, copied


@pytest.fixture(scope="module")
def world(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    server = Installation(copied(template, tmp_path_factory.mktemp("audit desk") / "var"))
    made = build(server)
    operator = server.person("operator", DISTRICT)
    for path in ("conflicts", "quarantine", "waiting?all=1"):
        operator.get(f"/api/v1/{path}")
    yield made
    server.close()


@pytest.fixture(scope="module")
def tari(world: World) -> Sitting:
    return Sitting(world.server, "auditor", "64.02")


def page(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    body: str = answer.get_data(as_text=True)
    return body


def rows(answer: Any) -> list[str]:
    return re.findall(r"<tr>\n<td data-label=.*?</tr>", page(answer), re.S)


def test_an_entry_is_told_in_plain_words(world, tari):
    shown = page(tari.get("/console/audit"))
    assert "HP Siti Aminah" in shown and "mengirim perubahan dari HP" in shown and "2 perubahan" in shown
    assert "melihat daftar" in shown and "isian berbeda" in shown
    assert "looked at a list" in page(tari.get("/console/audit?lang=en"))
    tari.get("/console/audit?lang=id")


def test_reading_the_log_is_an_entry_itself(world, tari):
    tari.get("/console/audit", record=world.record)
    with world.server.reading() as connection:
        last = connection.execute(select(d.audit).order_by(d.audit.c.id.desc()).limit(1)).one()
    assert (last.act, last.who, last.record) == ("read-log", f"account:{tari.account}", world.record)
    assert "membaca catatan jejak" in page(tari.get("/console/audit"))


def test_it_is_found_by_person_by_who_by_act_and_by_day(world, tari):
    by_person = rows(tari.get("/console/audit", record=world.record))
    assert by_person and len(by_person) < len(rows(tari.get("/console/audit")))
    by_phone = rows(tari.get("/console/audit", who=world.siti.id))
    assert by_phone and all("HP Siti Aminah" in row for row in by_phone)
    assert "Tidak ada nama itu" in page(tari.get(tari.get("/console/audit", who="nobody like that").headers["Location"]))
    by_act = rows(tari.get("/console/audit", act="sync"))
    assert by_act and all("mengirim perubahan" in row for row in by_act)
    today = datetime.now(UTC) + timedelta(hours=8)
    assert rows(tari.get("/console/audit", since=f"{today:%Y-%m-%d}"))
    assert rows(tari.get("/console/audit", until=f"{today - timedelta(days=1):%Y-%m-%d}")) == []
    assert rows(tari.get("/console/audit", since=f"{today + timedelta(days=1):%Y-%m-%d}")) == []
    assert rows(tari.get("/console/audit", since="kemarin")), "what is no day is no filter"


def test_nothing_of_another_region_is_told(world, tari):
    assert "Petugas Jauh" not in page(tari.get("/console/audit"))
    assert rows(tari.get("/console/audit", record=world.far_record)) == []
    assert rows(tari.get("/console/audit", who=world.far.id)) == []
    far = Sitting(world.server, "auditor", "64.03")
    assert "Petugas Jauh" in page(far.get("/console/audit")) and "Siti Aminah" not in page(far.get("/console/audit"))


def test_pages_follow_each_other_without_a_gap(world):
    with world.server.app.app_context():
        for _ in range(120):
            audit.look("list", region=VILLAGE, records=["x-1"], list="conflicts")
        seen: list[int] = []
        before = None
        with scoping.asking_within(Scope(DISTRICT)):
            while True:
                read = trail.read(Scope(DISTRICT), Asked(act="list"), before)
                seen += [line.id for line in read.lines]
                before = read.next
                if before is None:
                    break
    with world.server.reading() as connection:
        query = select(d.audit.c.id).where(d.audit.c.act == "list", d.audit.c.region.startswith(DISTRICT))
        assert seen == sorted(connection.scalars(query), reverse=True) and len(seen) >= 120


def test_the_first_entry_of_a_day_is_found_among_many(world):
    with world.server.app.app_context(), world.server.reading() as connection:
        from server.store.auditing import _first_since

        rows = connection.execute(select(d.audit.c.id, d.audit.c.at).order_by(d.audit.c.id)).all()
        for number, at in (rows[0], rows[len(rows) // 2], rows[-1]):
            found = _first_since(connection, at)
            assert found <= number and all(each.at >= at for each in rows if each.id >= found)
        assert _first_since(connection, now_ms() + DAY_MS) == rows[-1].id + 1
        assert _first_since(connection, 0) == 1
    assert ELSEWHERE


def test_the_chain_is_checked_by_a_button_and_a_break_is_shouted_about(world, tari):
    rina = Sitting(world.server, "admin", "id")
    assert tari.post("/console/audit/verify").status_code == 303
    assert "Rantai utuh" in page(tari.get("/console/audit"))
    with world.server.app.app_context(), transaction() as connection:
        connection.execute(text("DROP TRIGGER audit_fixed"))
        old = connection.scalar(select(d.audit.c.who).where(d.audit.c.id == 9))
        connection.execute(update(d.audit).where(d.audit.c.id == 9).values(who="account:99"))
    assert tari.post("/console/audit/verify").status_code == 303
    shown = page(tari.get("/console/audit"))
    assert "Rantai putus di nomor 9" in shown and "bukan yang ditulis" in shown
    assert "Rantai catatan jejak putus" in page(rina.get("/console/"))
    with world.server.app.app_context():
        with transaction() as connection:
            connection.execute(update(d.audit).where(d.audit.c.id == 9).values(who=old))
        auditing.check(world.server.settings, now_ms())
    assert "Rantai utuh" in page(tari.get("/console/audit"))


def test_what_is_typed_as_a_filter_and_may_name_a_person_gets_into_no_entry(world, tari):
    for filters in ({"record": "6402115207909001"}, {"record": "Sarinah"}, {"who": "Sarinah Tanpa"}, {"who": "job:Sarinah"}):
        answer = tari.get("/console/audit", act="list", **filters)
        assert answer.status_code == 303 and answer.headers["Location"] == "/console/audit?act=list", "it leaves the address"
        assert page(tari.get(answer.headers["Location"])).count('class="said"') == 1
    with world.server.reading() as connection:
        entries = [repr(row) for row in connection.execute(select(d.audit).where(d.audit.c.act == "read-log"))]
    assert entries and not [entry for entry in entries if "6402115207909001" in entry or "Sarinah" in entry]
