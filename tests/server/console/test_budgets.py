"""At the desk of budgets: scenarios beside each other, two people for one budget, sums that say what they rest on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.actions import budgets, entries
from server.clock import now_ms
from server.console.budgets import short_sum
from server.console.words import Words
from tests.server.console.desk import form
from tests.server.console.world import Sitting
from tests.server.installation import Installation, copied
from tests.server.planning import REGENCY, Office

LINE = {
    "title": "Pekerja rentan", "funding": "apbd_regency", "first_month": "2027-01", "last_month": "2027-12",
    "people": "15.000", "programs": ["JKK", "JKM"],
}  # fmt: skip


@pytest.fixture(scope="module")
def house(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    server = Installation(copied(template, tmp_path_factory.mktemp("budgets-desk") / "var"))
    yield server
    server.close()


class Desk:
    def __init__(self, house: Installation) -> None:
        self.house = house
        self.dewi, self.bayu = Sitting(house, "staff", REGENCY), Sitting(house, "staff", REGENCY)
        self.viewer, self.operator = Sitting(house, "viewer", REGENCY), Sitting(house, "operator", REGENCY)

    def begin(self, title: str, year: int = 2027) -> str:
        page = self.dewi.get("/console/budgets").get_data(as_text=True)
        sent = form(page, "/console/scenarios/new") | {"title": title, "year": str(year)}
        answer = self.dewi.post("/console/scenarios/new", sent)
        assert answer.status_code == 303
        return str(answer.headers["Location"]).split("/console", 1)[1]

    def page(self, path: str, who: Sitting | None = None) -> str:
        answer = (who or self.dewi).get("/console" + path)
        assert answer.status_code == 200, answer.status_code
        return str(answer.get_data(as_text=True))

    def does(self, page: str, act: str, who: Sitting | None = None, **said: Any) -> Any:
        who = who or self.dewi
        html = self.page(page, who)
        return who.post(f"/console{page}/{act}", form(html, f"/console{page}/{act}") | said)


@pytest.fixture
def desk(house: Installation) -> Desk:
    return Desk(house)


def test_a_scenario_is_planned_proposed_and_adopted_by_two_and_stands_beside_others(desk: Desk) -> None:
    page = desk.begin("Rencana luas")
    assert desk.does(page, "lines", **LINE).status_code == 303
    html = desk.page(page)
    assert "Rp3.024.000.000" in html and "Rp252.000.000" in html and "15.000" in html
    assert "dengan keringanan" not in html
    assert desk.does(page, "propose").status_code == 303
    assert "Anda yang mengusulkan" in desk.page(page) and "Tambah baris" not in desk.page(page)
    assert form(desk.page(page, desk.bayu), f"/console{page}/adopt")["mark"]
    assert desk.does(page, "adopt", desk.bayu).status_code == 303
    assert "Ditetapkan" in desk.page(page, desk.viewer) and "Langkah berikutnya" not in desk.page(page, desk.viewer)
    other = desk.begin("Rencana hemat")
    desk.does(other, "lines", **LINE | {"people": "5000"})
    beside = desk.page("/budgets?year=2027", desk.viewer)
    assert "Rp3.024.000.000" in beside and "Rp1.008.000.000" in beside and "−Rp2.016.000.000" in beside
    assert beside.count("terkonfirmasi Rp0 (0,0 %)") == 1, "what is adopted stands beside what was paid of it"
    printed = desk.page(page + "/print", desk.viewer)
    assert "Usulan anggaran" in printed and "dua sumber" in printed
    line = re.search(r'/console(/budgets/budget:[^"?]*)', desk.page(page))
    assert line and "terkunci" in desk.page(line[1]) and "Rp3.024.000.000" in desk.page(line[1], desk.viewer)


def test_what_is_lacking_is_said_beside_what_was_typed(desk: Desk) -> None:
    page = desk.begin("Belum jadi", 2028)
    answer = desk.does(page, "lines", **LINE | {"people": "", "title": "Nelayan Muara"})
    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    assert "Isi jumlah orang, atau jumlah uang" in html and "Nelayan Muara" in html
    assert desk.does(page, "lines", **LINE | {"first_month": "Januari"}).status_code == 422
    answer = desk.does(page, "propose")
    assert answer.status_code == 409 and "Belum ada baris" in answer.get_data(as_text=True)


def test_what_somebody_changed_meanwhile_is_shown_and_not_written_over(desk: Desk, house: Installation) -> None:
    page = desk.begin("Dua orang", 2029)
    desk.does(page, "lines", **LINE)
    line = re.search(r'/console(/budgets/budget:[^"?]*)', desk.page(page))
    assert line
    before = form(desk.page(line[1]), f"/console{line[1]}/edit")
    assert desk.does(line[1], "edit", desk.bayu, people="7000", programs=["JKK", "JKM"]).status_code == 303
    answer = desk.dewi.post(f"/console{line[1]}/edit", before | {"people": "9000", "programs": ["JKK", "JKM"]})
    assert answer.status_code == 409 and "berubah sejak halaman ini dibuka" in answer.get_data(as_text=True)
    with house.app.app_context():
        assert entries.one(Office(house).scope, "budget", line[1].split("/")[-1]).fields["people"] == 7000
    assert desk.does(line[1], "set-aside").status_code == 303
    assert "dikosongkan" in desk.page(page)
    copied = desk.does(page, "copy", title="Salinan")
    assert copied.status_code == 303 and desk.does(page, "drop").status_code == 303
    assert desk.does(page, "reopen").status_code == 303


def test_money_that_ends_early_is_told_with_the_day_on_which_cover_lapses(desk: Desk) -> None:
    page = desk.begin("Lima bulan", 2030)
    period = {"first_month": "2030-01", "last_month": "2030-12"}
    desk.does(page, "lines", **LINE | period | {"people": "100", "amount": "6.720.000"})
    html = desk.page(page, desk.viewer)
    assert "uang habis Mei 2030" in html and "16 Jul 2030" in html and "Rp13.440.000" in html


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"people": "15.000", "first": "2026-01"}, ["Rp3.024.000.000", "tidak mendapat keringanan"]),
        ({"people": "35440", "first": "2026-10", "length": "3"}, ["Rp1.786.176.000"]),
        ({"amount": "Rp3.024.000.000", "first": "2027-01"}, ["15.000</strong>", "Rp201.600"]),
        ({"people": "10", "first": "2026-12", "length": "2", "source": "sertakan"}, ["Rp252.000", "31 Des 2026"]),
        ({"people": "1000", "amount": "50400000", "first": "2027-01", "second": "dbh_sawit", "second_amount": "10000000"},
         ["3 bulan", "701 orang tidak kebagian"]),
        ({"people": "100", "first": "2026-06", "source": "apbdes"}, ["periksa ke cabang"]),
    ],
)  # fmt: skip
def test_what_it_costs_is_asked_without_a_script_and_the_answer_says_what_it_rests_on(
    desk: Desk, asked: dict[str, str], says: list[str]
) -> None:
    answer = desk.viewer.get("/console/what-if", **asked)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 200 and "Seberapa pasti" in html
    for each in says:
        assert each in html


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"people": "banyak"}, "angka bulat"), ({"people": "5", "first": "besok"}, "2027-01"),
        ({"people": "5", "length": "999"}, "1 sampai 120"), ({"people": "5", "first": "2001-01"}, "lebih baru"),
        ({"people": "5", "source": "kas"}, "sumber dana"), ({"people": "9999999999"}, "100 juta"),
    ],
)  # fmt: skip
def test_what_can_not_be_worked_out_is_told_with_what_to_write(desk: Desk, asked: dict[str, str], says: str) -> None:
    answer = desk.viewer.get("/console/what-if", **asked)
    assert answer.status_code == 422 and says in answer.get_data(as_text=True)


def test_only_staff_plan_and_approve(desk: Desk, house: Installation) -> None:
    page = desk.begin("Hak", 2041)
    for who in (desk.viewer, desk.operator):
        assert who.post(f"/console{page}/propose").status_code == 403
        assert "Skenario baru" not in desk.page("/budgets", who)


def test_whoever_approves_is_told_on_the_first_page(desk: Desk) -> None:
    page = desk.begin("Menunggu", 2042)
    desk.does(page, "lines", **LINE | {"first_month": "2042-01", "last_month": "2042-02"})
    desk.does(page, "propose")
    assert "Anggaran menunggu penetapan" in desk.page("/", desk.bayu)
    assert "Anggaran menunggu penetapan" not in desk.page("/", desk.operator)


def test_programs_and_lists_are_told_the_same(desk: Desk, house: Installation) -> None:
    viewer = house.person("viewer", REGENCY)
    told = viewer.get("/api/v1/budget", within=REGENCY, year=2027).json
    assert {each["title"]: each["amount"] for each in told["scenarios"]}["Rencana luas"] == 3_024_000_000
    assert viewer.get("/api/v1/budget", within="64.03", year=2027).status_code == 403
    assert viewer.get("/api/v1/budget", year=1999).status_code == 422
    with house.app.app_context():
        told = budgets.told_of(Office(house).scope, 2030, now_ms())
    assert told["scenarios"][0]["lines"][0]["ends"] == "2030-05"


def test_sums_beside_a_picture_are_short() -> None:
    indonesian, english = Words("id"), Words("en")
    told = [short_sum(indonesian, value) for value in (3_024_000_000, 1_500_000, 840_000, 12)]
    assert told == ["3,02 M", "1,5 jt", "840 rb", "12"]
    assert short_sum(english, 1_500_000) == "1.5 m"
