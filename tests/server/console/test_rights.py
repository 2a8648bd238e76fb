"""Somebody asks about his own data at the desk: he is found, the clock runs, it is done or refused, and a letter says so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from server.actions.settle import settle
from server.clock import now_ms
from server.db import transaction
from server.store import desk_tables as d
from server.store import tables as t
from tests.server.console.world import Sitting
from tests.server.installation import DAY_MS, ELSEWHERE, VILLAGE, WORKER, Installation, Phone, copied

HOSTILE = '"><img src=x onerror=alert(1)>'


class Desk:
    def __init__(self, server: Installation) -> None:
        self.server = server
        self.siti: Phone = server.enrolled(VILLAGE)
        self.oki, self.far = Sitting(server, "operator", "64.02"), Sitting(server, "operator", "64.03")
        self.tari = Sitting(server, "auditor", "64")
        self.numbers = iter(range(9400, 9999))

    def worker(self, **more: Any) -> str:
        fields = WORKER | {"nik": f"640211520790{next(self.numbers)}", "full_name": f"Sarinah {HOSTILE}"} | more
        self.siti.sync(self.siti.change(None, fields))
        return f"{self.siti.id}-{self.siti.seq}"

    def asked(self, kind: str, record: str, **more: Any) -> int:
        given = {"record": record, "kind": kind, "asked_by": "person", "proven_by": "card", "note": HOSTILE, "asked_at": ""}
        answer = self.oki.post("/console/rights/new", given | more)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return int(re.search(r"/rights/(\d+)", answer.headers["Location"])[1])

    def row(self, number: int) -> Any:
        with self.server.reading() as connection:
            return connection.execute(select(d.rights_request).where(d.rights_request.c.id == number)).one()

    def record(self, record: str) -> Any:
        with self.server.reading() as connection:
            return connection.execute(select(t.record).where(t.record.c.id == record)).one()


@pytest.fixture(scope="module")
def desk(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    server = Installation(copied(template, tmp_path_factory.mktemp("desk of rights") / "var"))
    yield Desk(server)
    server.close()


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    body: str = answer.get_data(as_text=True)
    assert HOSTILE not in body
    return body


def test_a_nik_that_was_typed_leads_to_the_form_and_no_nik_stands_in_an_address(desk):
    nik = json.loads(desk.record(desk.worker()).fields)["nik"]
    answer = desk.oki.post("/console/rights/find", {"number": nik})
    assert nik in text(answer) and 'name="proven_by"' in text(answer)
    assert desk.oki.post("/console/rights/find", {"number": "6402115207909399"}).status_code == 422
    assert desk.far.post("/console/rights/find", {"number": nik}).status_code == 422


def test_what_is_typed_wrongly_stands_in_the_form_again_with_what_to_do(desk):
    given = {"record": desk.worker(), "kind": "access", "asked_by": "heir", "proven_by": "card", "note": "dari anaknya"}
    answer = desk.oki.post("/console/rights/new", given | {"asked_at": "besok"})
    assert answer.status_code == 422 and "tidak terbaca" in answer.get_data(as_text=True)
    answer = desk.oki.post("/console/rights/new", given)
    body = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "surat kuasa" in body and "dari anaknya" in body


def test_the_first_page_says_how_many_wait_and_that_some_are_late(desk):
    number = desk.asked("access", desk.worker())
    with desk.server.app.app_context(), transaction() as connection:
        late = update(d.rights_request).where(d.rights_request.c.id == number).values(due_at=now_ms() - DAY_MS)
        connection.execute(late)
    assert "sudah lewat waktunya" in text(desk.oki.get("/console/"))
    assert "lewat 1 hari" in text(desk.oki.get("/console/rights"))


def test_one_persons_data_is_handed_over_as_a_file_and_each_time_it_is_noted(desk):
    record = desk.worker()
    number = desk.asked("access", record)
    page = text(desk.oki.get(f"/console/rights/{number}"))
    assert "Unduh untuk dibaca" in page
    read = desk.oki.post(f"/console/rights/{number}/file", {"format": "html"})
    assert "attachment" in read.headers["Content-Disposition"] and "Sarinah" not in read.headers["Content-Disposition"]
    assert "Sarinah &#34;&gt;" in text(read) and "Siapa yang pernah melihat" in text(read)
    told = json.loads(desk.oki.post(f"/console/rights/{number}/file", {"format": "json"}).data)
    assert told["fields"]["full_name"] == f"Sarinah {HOSTILE}"
    assert "download" in [look["act"] for look in told["looked_at"]], "that of a moment ago stands in it already"
    assert desk.oki.post(f"/console/rights/{number}/file", {"format": "exe"}).status_code == 400
    assert desk.far.post(f"/console/rights/{number}/file", {"format": "json"}).status_code == 404
    assert desk.oki.post(f"/console/rights/{number}/carry-out", {"answer": "Diserahkan di kantor desa."}).status_code == 303
    assert "Diserahkan di kantor desa." in text(desk.tari.get(f"/console/rights/{number}/letter"))


def test_a_correction_changes_what_was_typed_otherwise_and_nothing_else(desk):
    record = desk.worker()
    number = desk.asked("correction", record)
    page = text(desk.oki.get(f"/console/rights/{number}"))
    assert 'name="field.full_name"' in page
    before = json.loads(desk.record(record).fields)
    sent = {f"field.{name}": before[name] for name in ("full_name", "nik", "birth_date", "sex", "occupation")}
    wrong = desk.oki.post(f"/console/rights/{number}/carry-out", sent | {"field.birth_date": "2090-01-01"})
    assert wrong.status_code == 422 and desk.row(number).state == "open"
    assert desk.oki.post(f"/console/rights/{number}/carry-out", sent | {"field.full_name": "Sarinah Dua"}).status_code == 303
    after = json.loads(desk.record(record).fields)
    assert after == before | {"full_name": "Sarinah Dua"}


def test_a_withdrawal_a_restriction_and_its_lifting_are_each_done_by_one_button(desk):
    record = desk.worker()
    for kind, says in (("withdrawal", "ditarik"), ("restriction", "dibatasi"), ("lifting", "dicabut")):
        number = desk.asked(kind, record)
        assert desk.oki.post(f"/console/rights/{number}/carry-out", {"answer": ""}).status_code == 303
        assert says in text(desk.oki.get(f"/console/rights/{number}/letter"))
        if kind == "restriction":
            assert "Cabut" in text(desk.oki.get("/console/rights?show=restricted"))
            assert 'value="lifting"' in text(desk.oki.post(f"/console/rights/restricted/{record}/lift"))
    again = desk.oki.post(f"/console/rights/{number}/carry-out", {})
    assert again.status_code == 422 and "ditutup orang lain" in again.get_data(as_text=True)


def test_a_refusal_says_why_in_the_letter(desk):
    number = desk.asked("erasure", desk.worker())
    assert desk.oki.post(f"/console/rights/{number}/refuse", {"reason": " "}).status_code == 422
    assert desk.oki.post(f"/console/rights/{number}/refuse", {"reason": "Masih ada klaim."}).status_code == 303
    assert "Masih ada klaim." in text(desk.oki.get(f"/console/rights/{number}/letter"))


def test_an_erasure_takes_the_record_and_leaves_the_request(desk):
    record = desk.worker()
    number = desk.asked("erasure", record)
    assert "tidak punya iuran" in text(desk.oki.get(f"/console/rights/{number}"))
    assert desk.oki.post(f"/console/rights/{number}/carry-out", {}).status_code == 303
    assert desk.record(record).erased
    assert "(sudah dihapus)" in text(desk.oki.get(f"/console/rights/{number}"))
    assert "(sudah dihapus)" in text(desk.oki.get("/console/rights?show=closed"))


def test_an_auditor_reads_and_does_nothing(desk):
    number = desk.asked("access", desk.worker())
    page = text(desk.tari.get(f"/console/rights/{number}"))
    assert "carry-out" not in page and "refuse" not in page
    assert desk.tari.post(f"/console/rights/{number}/refuse", {"reason": "x"}).status_code == 403


def test_who_has_moved_away_is_no_more_shown_to_where_he_asked(desk):
    record = desk.worker()
    number = desk.asked("access", record)
    with desk.server.app.app_context():
        settle(record, None, {"village": ELSEWHERE}, None, now_ms())
    for path in ("", "/letter"):
        shown = desk.oki.get(f"/console/rights/{number}{path}")
        assert shown.status_code == 200 and "Sarinah" not in shown.get_data(as_text=True)
    assert "sudah pindah ke wilayah lain" in desk.oki.get(f"/console/rights/{number}").get_data(as_text=True)
    assert desk.oki.post(f"/console/rights/{number}/file", {"format": "json"}).status_code == 404
    above = Sitting(desk.server, "operator", "64").get(f"/console/rights/{number}")
    assert "Sarinah" in above.get_data(as_text=True), "who has both regions goes on"
    assert desk.oki.post(f"/console/rights/{number}/refuse", {"reason": "Sudah pindah."}).status_code == 303
