"""At the desk of decrees: a ranking that explains itself, a list that two people sign, and who is funded twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from server.actions import decrees, entries
from server.clock import now_ms
from server.db import transaction
from server.store import desk_tables as d
from server.store import rights
from tests.server.actions.test_exports import account, taken_out
from tests.server.console.desk import form
from tests.server.console.world import Sitting
from tests.server.installation import NEIGHBOUR, Installation, copied
from tests.server.planning import REGENCY, Office


@pytest.fixture(scope="module")
def house(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    server = Installation(copied(template, tmp_path_factory.mktemp("decrees-desk") / "var"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def office(house: Installation) -> Any:
    with house.app.app_context():
        office: Any = Office(house)
        entries.begin("profile", NEIGHBOUR, "2026", {"remoteness": 4}, office.dewi, now_ms())
        office.people = [
            office.worker(NEIGHBOUR, dtsen_decile=n + 1, occupation="fisher", full_name=f"Nama Rahasia {n}")
            for n in range(4)
        ]
        scenario = office.scenario(title="Perubahan")
        office.line_id = office.line(scenario, people=3)
        office.adopted(scenario)
        office.follows()
    office.a, office.b = Sitting(house, "staff", REGENCY), Sitting(house, "staff", REGENCY)
    office.viewer, office.operator = Sitting(house, "viewer", REGENCY), Sitting(house, "operator", REGENCY)
    return office


def text(who: Sitting, path: str, **query: Any) -> str:
    answer = who.get(f"/console{path}", **query)
    assert answer.status_code == 200, answer.status_code
    return str(answer.get_data(as_text=True))


def does(who: Sitting, page: str, action: str, **said: Any) -> Any:
    return who.post(f"/console{action}", form(text(who, page), f"/console{action}") | said)


def looked(house: Installation, act: str) -> set[str]:
    with house.reading() as connection:
        return set(connection.scalars(
            select(d.audit_record.c.record).join(d.audit, d.audit.c.id == d.audit_record.c.audit).where(d.audit.c.act == act)
        ))  # fmt: skip


def opened(house: Installation) -> set[str]:
    with house.reading() as connection:
        return {record for record in connection.scalars(select(d.audit.c.record).where(d.audit.c.act == "open")) if record}


def test_a_regency_sets_its_own_ranking_and_another_one_puts_it_in_force(office: Any) -> None:
    assert "Setelan bawaan" in text(office.viewer, "/rankings")
    sent = form(text(office.a, "/rankings"), "/console/rankings/new") | {"title": "Jauh dulu", "weights.0.weight": "60"}
    to = office.a.post("/console/rankings/new", sent).headers["Location"].split("/console")[1]
    assert "Anda yang menyusunnya" in text(office.a, to)
    assert does(office.b, to, to + "/enforce").status_code == 303
    html = text(office.viewer, to)
    assert "Berlaku" in html and ">60<" in html and "Ubah konsep" not in text(office.a, to)
    assert "Jauh dulu" in text(office.viewer, "/rankings")
    office.ranking = to


def test_the_province_opens_a_rule_of_its_regency_where_it_holds(office: Any, house: Installation) -> None:
    province, plain = Sitting(house, "viewer", REGENCY[:2]), office.ranking.partition("?")[0]
    assert f'href="/console{plain}?within={REGENCY}"' in text(province, "/rankings")
    answer = province.get(f"/console{plain}")
    assert answer.status_code == 303 and f"within={REGENCY}" in answer.headers["Location"]
    assert "Jauh dulu" in text(province, plain, within=REGENCY)


def test_the_order_is_reckoned_and_each_place_is_explained(office: Any, house: Installation) -> None:
    page = "/rankings/default"
    assert "Belum dihitung" in text(office.operator, page)
    assert does(office.operator, page, page + "/reckon").status_code == 303
    html = text(office.operator, page)
    assert html.index("Nama Rahasia 0") < html.index("Nama Rahasia 3") and "4 orang diurutkan" in html
    assert set(office.people) <= looked(house, "list")
    why = text(office.operator, f"{page}/people/{office.people[1]}")
    for each in ("desil 2", "desa tingkat 4 dari 5", "Nelayan, risiko 5 dari 5", "lama, periksa"):
        assert each in why
    points = re.findall(r"\(\+([^)]*)\)", html)
    assert any("," in each for each in points) and not any("." in each for each in points), "as Indonesians write them"
    assert office.people[1] in opened(house)
    assert "Nama Rahasia" not in text(office.viewer, page)
    assert office.viewer.get(f"/console{page}/people/{office.people[1]}").status_code == 403
    assert office.operator.get(f"/console{page}/people/nobody-1").status_code == 404


def test_an_officer_reads_who_comes_first_and_not_the_decile_that_it_rests_on(office: Any, house: Installation) -> None:
    page, officer = "/rankings/default", Sitting(house, "officer", REGENCY)
    assert "Keterpencilan 4 (+" in text(office.operator, page)
    html = text(officer, page)
    assert html.index("Nama Rahasia 0") < html.index("Nama Rahasia 3") and "(+" not in html
    assert officer.get(f"/console{page}/people/{office.people[1]}").status_code == 403


def test_a_decree_goes_from_its_line_to_two_signatures_and_its_appendix(office: Any, house: Installation) -> None:
    page = f"/decrees?budget={office.line_id}"
    sent = form(text(office.a, page), "/console/decrees/new")
    assert sent["budget"] == office.line_id and sent["first_month"] == "2026-11"
    to = office.a.post("/console/decrees/new", sent | {"programs": ["JKK", "JKM"]}).headers["Location"].split("/console")[1]
    decree = to.split("/")[-1]
    assert "Daftarnya masih kosong" in text(office.a, to)
    answer = does(office.a, to, f"{to}/fill", most="9")
    assert answer.status_code == 409 and "cukup untuk 3 orang" in answer.get_data(as_text=True)
    assert does(office.a, to, f"{to}/fill", most="3").status_code == 303
    assert "sedang dikerjakan" in text(office.a, to)
    with house.app.app_context():
        office.follows()
    html = text(office.a, to)
    assert "3 ditambahkan" in html and "Nama Rahasia 0" in html and "Keterpencilan 4" in html
    officers = text(Sitting(house, "officer", REGENCY), to)
    assert "Nama Rahasia 0" in officers and "Keterpencilan 4" not in officers
    assert "Nama Rahasia" not in text(office.viewer, to) and "6402115" not in text(office.viewer, to)
    assert office.viewer.get(f"/console{to}/print").status_code == 403
    assert does(office.a, to, f"{to}/propose").status_code == 303
    assert "Anda yang mengusulkan" in text(office.a, to) and "SK menunggu tanda tangan" in text(office.b, "/")
    answer = does(office.b, to, f"{to}/sign", number=" ")
    assert answer.status_code == 409 and "Tulis nomor" in answer.get_data(as_text=True)
    answer = does(office.b, to, f"{to}/sign", number="1", signed_on="besok")
    assert answer.status_code == 409 and "Tulis tanggalnya" in answer.get_data(as_text=True)
    assert does(office.b, to, f"{to}/sign", number="500.15/7/2026").status_code == 303
    with house.app.app_context():
        office.follows()
    assert "3 dicatat dibiayai SK ini" in text(office.a, to)
    printed = text(office.operator, f"{to}/print")
    assert "500.15/7/2026" in printed and "Nama Rahasia 2" in printed
    with house.app.app_context(), transaction() as connection:
        rights.restrict(connection, office.people[1], NEIGHBOUR, None, "permintaan", now_ms())
    assert "Nama Rahasia 0" in text(office.a, to) and "Nama Rahasia 1" not in text(office.a, to)
    assert "Nama Rahasia 1" not in text(office.operator, f"{to}/print")
    with house.app.app_context(), transaction() as connection:
        rights.lift(connection, office.people[1], [office.people[1]])
    assert "500.15/7/2026" in text(office.viewer, "/decrees")
    office.decree_id, office.decree_page = decree, to


def test_a_list_too_long_for_one_page_is_printed_by_kecamatan(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.console.decrees.MOST_PRINTED", 2)
    html = text(office.operator, f"{office.decree_page}/print")
    assert "cetak tiap kecamatan" in html and "Muara Kaman" in html and "Nama Rahasia" not in html
    assert "village=64.02.11" in html
    monkeypatch.setattr("server.console.decrees.MOST_PRINTED", 3)
    assert "Nama Rahasia 2" in text(office.operator, f"{office.decree_page}/print", village="64.02.11")
    assert "Nama Rahasia" not in text(office.operator, f"{office.decree_page}/print", village="64.02.08")
    assert "Nama Rahasia" not in text(office.operator, f"{office.decree_page}/print", village="64.03")


def test_a_page_that_watches_the_work_is_answered_with_nothing_while_nothing_is_new(office: Any) -> None:
    html = text(office.a, office.decree_page)
    assert "every 5s" not in html  # nothing is at work
    assert does(office.a, office.decree_page, f"{office.decree_page}/fund").status_code == 303
    html = text(office.a, office.decree_page)
    was = re.search(r"was=([0-9a-f]+)", html)
    assert was
    headers = {"HX-Request": "true"}
    answer = office.a.client.get(f"/console{office.decree_page}?was={was[1]}", headers=headers)
    assert answer.status_code == 204
    with office.server.app.app_context():
        office.follows()
    answer = office.a.client.get(f"/console{office.decree_page}?was={was[1]}", headers=headers)
    part = answer.get_data(as_text=True)
    assert answer.status_code == 200 and part.strip().startswith("<section") and "sudah tercatat begitu" in part


def test_who_is_funded_twice_is_taken_off_one_of_the_two(office: Any, house: Installation) -> None:
    worker = office.people[0]
    with house.app.app_context():
        scenario = office.scenario(2027, title="Provinsi")
        line = office.line(scenario, funding="apbd_province")
        office.adopted(scenario)
        other = office.decree(line, funding="apbd_province", title="Bantuan lain")
        entries.begin("beneficiary", REGENCY, decrees.name_of(other, worker).split(":")[2],
                      {"worker": worker, "decree": other}, office.dewi, now_ms(), "decree")  # fmt: skip
        office.signed(other)
        office.follows()
    html = text(office.operator, "/double-funding")
    assert "Nama Rahasia 0" in html and "500.15/7/2026" in html and "Keluarkan dari SK ini" not in html
    assert "Dibiayai dua kali" in text(office.a, "/") and office.viewer.get("/console/double-funding").status_code == 403
    rows = taken_out(house, account(house, "staff", REGENCY), "double_funding", REGENCY)
    assert [(row["Record"], row["First month"]) for row in rows] == [(worker, "2026-11")]
    assert "500.15/7/2026" in rows[0]["Decrees"]
    name = decrees.name_of(other, worker)
    answer = does(office.a, "/double-funding", f"/names/{name}/off")
    assert answer.status_code == 303 and answer.headers["Location"].endswith("/double-funding")
    with house.app.app_context():
        office.follows()
    assert "Tidak ada yang dibiayai dua kali" in text(office.a, "/double-funding")
    taken = text(office.a, f"/decrees/{other}")
    assert "dikeluarkan" in taken and "Dibayar dua kali" in taken


def test_what_was_planned_and_paid_leaves_as_a_list(office: Any, house: Installation) -> None:
    with house.app.app_context():
        office.pays(office.people[0], ["2026-11"], "apbd_regency", NEIGHBOUR, budget=office.line_id)
        office.follows()
    rows = taken_out(house, account(house, "viewer", REGENCY), "budget_lines", REGENCY, purpose="")
    own = [row for row in rows if row["Line's record"] == office.line_id]
    assert [(row["Month"], row["Rupiah, planned"], row["Rupiah, confirmed"]) for row in own] == [
        ("2026-11", "50400", "16800"), ("2026-12", "50400", "0")
    ]  # fmt: skip


def test_a_decree_is_revoked_and_its_list_is_locked_for_others(office: Any) -> None:
    to = office.decree_page
    assert office.operator.post(f"/console{to}/revoke").status_code == 403
    assert does(office.a, to, f"{to}/revoke").status_code == 303
    assert "Dicabut" in text(office.a, to)
    answer = office.a.post(f"/console{to}/fill", {"most": "1", "ranking": "default"})
    assert answer.status_code == 409
