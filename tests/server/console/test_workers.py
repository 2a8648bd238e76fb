"""The desk of workers: who is found, what one sees of him, what is hidden, corrected, sent back and written into the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from schemas.change import loads
from server.actions import cover, people_index
from server.actions.entering import Entering
from server.actions.settle import desk_writes, link
from server.clock import now_ms
from server.db import transaction
from server.store import desk_tables as d
from server.store import tables as t
from tests.server.console.desk import OTHER_REGENCY, REGENCY, Village, form
from tests.server.console.world import Sitting
from tests.server.installation import NEIGHBOUR, VILLAGE, Installation, copied


class Desk(Village):
    """The village, with whoever else sits at a console, and the jobs of a minute."""

    def __init__(self, server: Installation) -> None:
        super().__init__(server)
        self.viewer, self.officer = Sitting(server, "viewer", REGENCY), Sitting(server, "officer", VILLAGE)
        self.auditor, self.staff = Sitting(server, "auditor", "id"), Sitting(server, "staff", "64")
        self.foreign, self.beside = Sitting(server, "operator", OTHER_REGENCY), Sitting(server, "officer", NEIGHBOUR)

    def minute(self) -> None:
        with self.server.app.app_context():
            cover.refresh(self.server.settings, now_ms())
            people_index.follow(self.server.settings, now_ms())

    def entries(self, record: str) -> list[tuple[str, dict[str, Any]]]:
        """Act and what it says of every entry about somebody, in order."""
        query = (
            select(d.audit.c.act, d.audit.c.about).join(d.audit_record, d.audit_record.c.audit == d.audit.c.id)
            .where(d.audit_record.c.record == record).order_by(d.audit.c.id)
        )  # fmt: skip
        with self.server.reading() as connection:
            return [(act, loads(about)) for act, about in connection.execute(query)]


@pytest.fixture(scope="module")
def desk(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    server = Installation(copied(template, tmp_path_factory.mktemp("workers") / "var"))
    yield Desk(server)
    server.close()


def search(sitting: Sitting, status: int = 200, **asked: str) -> str:
    answer = sitting.post("/console/workers", asked)
    assert answer.status_code == status
    return str(answer.get_data(as_text=True))


def page(sitting: Sitting, record: str, path: str = "", **query: Any) -> str:
    answer = sitting.get(f"/console/workers/{record}{path}", **query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return str(answer.get_data(as_text=True))


def names(html: str) -> list[str]:
    return re.findall(r'<th scope="row"[^>]*><a href="[^"]*">([^<]*)</a>', html)


def test_an_operator_finds_a_worker_by_a_misspelt_name_and_no_name_stands_in_an_address(desk: Desk) -> None:
    record = desk.registered(full_name="Wulandari Kusuma")
    desk.minute()
    html = search(desk.operator, q="wulandary")
    assert names(html) == ["Wulandari Kusuma"] and f"/console/workers/{record}" in html
    assert "wulandar" not in " ".join(re.findall(r'(?:href|action|hx-post)="([^"]*)"', html)).lower()
    assert ("search", [record]) in [(act, about.get("records")) for act, about in desk.entries(record)]


def test_a_search_by_village_says_which_village_was_meant(desk: Desk) -> None:
    desk.registered(full_name="Kartolo")
    desk.minute()
    html = search(desk.operator, q="kartolo", place="muara kman ulu")
    assert names(html) == ["Kartolo"] and "Muara Kaman Ulu" in html
    assert names(search(desk.operator, q="kartolo", place="benua puhun")) == []
    assert "Periksa ejaannya" in search(desk.operator, q="kartolo", place="zzzzzz")


def test_pages_of_a_list_follow_each_other_by_post(desk: Desk) -> None:
    records = {desk.registered(full_name=f"Berurutan {letter}") for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZABC"}
    desk.minute()
    first = search(desk.operator, q="berurutan")
    sent = form(first[first.rindex("<form") :], "/console/workers")
    second = search(desk.operator, **sent)
    shown = re.findall(r"/console/workers/([a-z0-9]+-\d+)", first + second)
    assert len(names(first)) == 25 and len(shown) == len(records) and set(shown) == records


def test_a_cursor_that_we_did_not_tell_is_refused(desk: Desk) -> None:
    for cursor in ("x", "W10", "WzAsWyIiXV0x", "A" * 500, "WzAsWzFdXQ", "ä"):
        search(desk.operator, 400, q="a", after=cursor)


def test_an_address_may_name_a_list_but_never_a_person(desk: Desk) -> None:
    desk.registered(full_name="Tersembunyi")
    desk.minute()
    named = desk.operator.get("/console/workers", q="Tersembunyi", coverage="active")
    assert named.status_code == 303 and named.headers["Location"] == "/console/workers?coverage=active"
    assert "Tersembunyi" in search(desk.operator, q="Tersembunyi", coverage="")
    assert desk.operator.get("/console/workers", coverage="in_arrears").status_code == 200


def test_htmx_gets_the_results_alone(desk: Desk) -> None:
    answer = desk.operator.post("/console/workers", {"q": "tidak ada begitu"}, headers={"HX-Request": "true"})
    text = answer.get_data(as_text=True)
    assert text.strip().startswith("<section id=\"found\"") and "<html" not in text


def test_an_officer_sees_his_village_only_and_no_number_whole(desk: Desk) -> None:
    record = desk.registered(full_name="Pak Lurus", nik="6402115207909777", monthly_income=2_500_000)
    desk.minute()
    html = search(desk.officer, q="lurus")
    assert names(html) == ["Pak Lurus"] and "6402115207909777" not in html and "640211•" in html
    seen = page(desk.officer, record)
    assert "6402115207909777" not in seen and "2.500.000" not in seen and "Betulkan" not in seen
    assert "Tampilkan isian peka" not in seen and "Siapa melihat" not in seen
    assert names(search(desk.beside, q="lurus")) == []
    assert desk.beside.get(f"/console/workers/{record}").status_code == 404
    assert desk.officer.post(f"/console/workers/{record}/show").status_code == 403


def test_a_viewer_and_another_regency_see_nobody(desk: Desk) -> None:
    record = desk.registered(full_name="Rahasia Negara")
    desk.minute()
    search(desk.viewer, 403, q="rahasia")
    assert desk.viewer.get(f"/console/workers/{record}").status_code == 403
    assert names(search(desk.foreign, q="rahasia")) == []
    for path in ("", "/looks", "/correct/phone"):
        assert desk.foreign.get(f"/console/workers/{record}{path}").status_code == 404


def test_what_is_sensitive_is_shown_on_demand_and_noted_by_its_fields(desk: Desk) -> None:
    heirs = [{"name": "Anak Sah", "relation": "anak"}]
    record = desk.registered(mother_name="Ibu Ratna", monthly_income=1_750_000, heirs=heirs)
    shut = page(desk.operator, record)
    assert not any(each in shut for each in ("Ibu Ratna", "1.750.000", "Anak Sah")) and "•••••" in shut
    opened = desk.operator.post(f"/console/workers/{record}/show")
    text = opened.get_data(as_text=True)
    assert all(each in text for each in ("Ibu Ratna", "1.750.000", "Anak Sah"))
    assert opened.headers["Cache-Control"] == "no-store"
    said = [about.get("sensitive") for act, about in desk.entries(record) if act == "open"]
    assert said == [None, ["heirs", "monthly_income", "mother_name"]]


def test_the_history_tells_who_wrote_what_in_place_of_what(desk: Desk) -> None:
    record = desk.registered(full_name="Nama Lama", rt="1")
    desk.differ(record, {"full_name": "Nama Siti"}, {"full_name": "Nama Budi"})
    before = page(desk.operator, record)
    assert before.count("berlaku") >= 2 and "isian berbeda" in before and f"/console/conflicts/{record}" in before
    assert re.search(r"<del>Nama Lama</del> → <strong>Nama Budi</strong>", before)
    sent = form(desk.operator.get(f"/console/conflicts/{record}").get_data(as_text=True), f"/console/conflicts/{record}")
    sent |= {"choose.full_name": "typed", "typed.full_name": "Nama Benar"}
    assert desk.operator.post(f"/console/conflicts/{record}", sent).status_code == 303
    after = page(desk.operator, record)
    assert "keputusan" in after and "Nama Benar" in after and "4× ditulis" in after
    assert "Siti Aminah" in after and "Budi Santoso" in after


def test_a_value_from_a_list_says_from_which_list_and_row(desk: Desk) -> None:
    record = desk.registered()
    with desk.server.app.app_context(), transaction() as connection:
        entering = Entering(connection)
        entering.prepare([], joining=[record])
        row = entering.row(record)
        home, seen, fields = row.held.home, dict(row.held.seen), {"kpj": "19012345670"}
        desk_writes(
            connection, entering, "write", "worker", record, home, seen, fields, None, now_ms(), source="list:17:2041"
        )
    assert "dari daftar 17 baris 2041" in page(desk.operator, record)


def test_a_desk_corrects_one_field_and_the_phones_are_told(desk: Desk) -> None:
    record = desk.registered(phone="+6281200000001")
    html = page(desk.operator, record, "/correct/phone")
    sent = form(html, f"/console/workers/{record}/correct/phone")
    wrong = desk.operator.post(f"/console/workers/{record}/correct/phone", sent | {"value": "bukan nomor"})
    assert wrong.status_code == 422 and "bukan nomor" in wrong.get_data(as_text=True)
    assert 'role="alert"' in wrong.get_data(as_text=True)
    done = desk.operator.post(f"/console/workers/{record}/correct/phone", sent | {"value": "0812-0000-0002"})
    assert done.status_code == 303
    assert desk.told(desk.siti, record)["fields"]["phone"] == "+6281200000002"
    assert [act for act, _ in desk.entries(record)][-1] == "write"


def test_a_correction_does_not_replace_what_came_in_since_the_page_was_opened(desk: Desk) -> None:
    record = desk.registered(rt="Jl. Lama")
    sent = form(page(desk.operator, record, "/correct/rt"), f"/console/workers/{record}/correct/rt")
    desk.siti.sync(desk.siti.change(record, {"rt": "Jl. Petugas"}))
    late = desk.operator.post(f"/console/workers/{record}/correct/rt", sent | {"value": "Jl. Meja"})
    assert late.status_code == 409 and "baru saja diubah" in late.get_data(as_text=True)
    again = form(late.get_data(as_text=True), f"/console/workers/{record}/correct/rt")
    assert again["value"] == "Jl. Meja" and "Sekarang: Jl. Petugas" in late.get_data(as_text=True)
    assert desk.operator.post(f"/console/workers/{record}/correct/rt", again).status_code == 303


@pytest.mark.parametrize("field", ["photo_ktp", "gps", "tidak_ada", "extra.tidak"])
def test_what_nobody_can_type_has_no_form(desk: Desk, field: str) -> None:
    assert desk.operator.get(f"/console/workers/{desk.registered()}/correct/{field}").status_code == 404


def test_who_only_reads_corrects_nothing(desk: Desk) -> None:
    record = desk.registered()
    assert "Betulkan" not in page(desk.auditor, record)
    for path in ("/correct/phone", "/return"):
        assert desk.auditor.post(f"/console/workers/{record}{path}", {"value": "1"}).status_code == 403


def test_a_note_goes_to_the_officers_phone(desk: Desk) -> None:
    record = desk.registered()
    assert desk.operator.post(f"/console/workers/{record}/return", {"note": " "}).status_code == 422
    assert desk.operator.post(f"/console/workers/{record}/return", {"note": "Tanya lagi alamatnya"}).status_code == 303
    notices = desk.siti.sync()["notices"]
    assert [each["text"] for each in notices if each["record"] == record] == ["Tanya lagi alamatnya"]
    assert desk.entries(record)[-1][0] == "return"


def test_payments_claims_and_months_stand_on_his_page(desk: Desk) -> None:
    record = desk.registered()
    paid = {
        "worker": record, "months": ["2026-10", "2026-11"], "programs": ["JKK", "JKM"], "amount": 33600,
        "funding": "self", "paid_on": "2026-11-02", "collected_by": "Bu RT",
    }  # fmt: skip
    claim = {"worker": record, "program": "JKK", "event": "accident", "event_date": "2026-11-12"}
    desk.siti.sync(desk.siti.change(None, paid, kind="contribution"), desk.siti.change(None, claim, kind="claim"))
    desk.minute()
    html = page(desk.operator, record)
    assert "Bu RT" in html and "belum dikonfirmasi" in html and "Okt 2026, Nov 2026" in html and "33.600" not in html
    assert "Klaim" in html and "Kecelakaan" not in html
    assert 'class="m-' in html and "dibayar, belum dikonfirmasi" in html
    opened = desk.operator.post(f"/console/workers/{record}/show").get_data(as_text=True)
    assert "Rp33.600" in opened and "Kecelakaan" in opened


def test_joined_records_name_who_joined_them_and_are_found_by_either(desk: Desk) -> None:
    first, second = desk.registered(full_name="Satu Orang"), desk.registered(full_name="Satu Orang")
    with desk.server.app.app_context():
        link(first, second, True, "KTP sama", None, now_ms())
    html = page(desk.operator, second)
    assert "gabungan 2" in html and "KTP sama" in html and max(first, second) in html


def test_everybody_who_looked_at_him_is_named_the_last_first(desk: Desk) -> None:
    record = desk.registered()
    page(desk.staff, record), page(desk.auditor, record)
    html = page(desk.operator, record)
    table = html[html.index("Siapa melihat"):]
    places = [table.index(each) for each in ("operator 64.02", "auditor id", "staff 64 ")]
    assert places == sorted(places)


def test_a_long_list_of_looks_goes_on(desk: Desk) -> None:
    record = desk.registered()
    for _ in range(26):
        page(desk.auditor, record)
    html = page(desk.operator, record)
    more = re.search(rf'href="(/console/workers/{record}/looks\?before=\d+)"', html)
    assert more
    assert desk.operator.get(more[1]).status_code == 200
    assert desk.operator.get(f"/console/workers/{record}/looks", before="x'").status_code == 200
    assert desk.officer.get(f"/console/workers/{record}/looks").status_code == 403


def test_whose_use_is_restricted_bears_it_on_his_page(desk: Desk) -> None:
    record = desk.registered()
    with desk.server.app.app_context(), transaction() as connection:
        connection.execute(insert(d.restriction), [{"record": record, "region": VILLAGE, "since": now_ms(), "reason": "-"}])
    assert "Pemakaian data orang ini dibatasi" in page(desk.operator, record)


def test_a_visit_that_names_him_is_told(desk: Desk) -> None:
    record = desk.registered()
    said = {"purpose": "monitoring", "text": "Ditemui di kebun", "extra.worker": record}
    visit = {"village": VILLAGE, "date": "2026-11-02"} | said
    desk.siti.sync(desk.siti.change(None, visit, kind="visit"))
    with desk.server.reading() as connection:
        kept = connection.scalar(select(t.record.c.fields).where(t.record.c.kind == "visit"))
    assert record in kept and "Ditemui di kebun" in page(desk.operator, record)
    assert "Ditemui di kebun" not in page(desk.operator, desk.registered())
