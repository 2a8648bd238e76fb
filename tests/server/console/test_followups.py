"""The desk of contributions and cards: who is told of, to whom, and what becomes of payments that a phone changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from server.actions import people_index
from server.db import transaction
from server.store import desk_tables as d
from server.store import rights
from server.store.programme_tables import followup
from tests.server.console.desk import form
from tests.server.console.world import Sitting
from tests.server.installation import NEIGHBOUR, VILLAGE, Installation, copied
from tests.server.village import Days, days_of

REGENCY, FAR = "64.02", "64.03"
TODAY = "2026-11-20"
PLAIN = {"registered_at": "2026-01-05", "phone": "0812-3456-7890"}


class Story:
    """One village on 20 November, with somebody in each list, and those who look."""

    def __init__(self, days: Days) -> None:
        self.days = days
        days.day("2026-01-05")
        self.people = {name: days.register(full_name=name, nik=None, nik_reason="-", **PLAIN) for name in (
            "Tunggak Satu", "Tunggak Dua", "Putus Lama", "Aktif Lagi", "Belum Kartu", "Lunas Semua",
        )}  # fmt: skip
        self.paid: dict[str, str] = {}
        for name, *paid in (
            ("Tunggak Satu", "2026-10"), ("Tunggak Dua", "2026-09"), ("Putus Lama", "2026-02"), ("Aktif Lagi", "2026-03"),
            ("Belum Kartu", "2026-11"), ("Lunas Semua", "2026-11"),
        ):  # fmt: skip
            self.paid[name] = days.pay(self.people[name], *paid)
        days.desk(self.people["Lunas Semua"], kpj="21009", card_given_on="2026-11-02")
        days.desk(self.people["Belum Kartu"], kpj="21001")
        for name in ("Tunggak Satu", "Tunggak Dua", "Putus Lama", "Aktif Lagi"):
            days.desk(self.people[name], card_given_on="2026-01-05")
        days.day("2026-11-10").pay(self.people["Aktif Lagi"], "2026-11")
        self.days.day(TODAY)
        self.minute()
        server = days.server
        self.operator, self.staff = Sitting(server, "operator", REGENCY), Sitting(server, "staff", "64")
        self.viewer, self.foreign = Sitting(server, "viewer", REGENCY), Sitting(server, "operator", FAR)

    def minute(self) -> None:
        self.days.refresh()
        self.days.do(people_index.follow, self.days.settings, self.days.now)


@pytest.fixture(scope="module")
def story(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    server = Installation(copied(template, tmp_path_factory.mktemp("followups") / "var"))
    with days_of(server) as days:
        yield Story(days)
    server.close()


def page(sitting: Sitting, status: int = 200, path: str = "/console/followups", **asked: str) -> str:
    answer = sitting.get(path, **asked)
    assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
    return str(answer.get_data(as_text=True))


def named(html: str) -> set[str]:
    return set(re.findall(r"data-row>([^<]+)</a>", html))


def test_each_list_holds_whom_it_should(story):
    whom = {
        "arrears_1": {"Tunggak Satu"}, "arrears_2": {"Tunggak Dua"}, "lapsed": {"Putus Lama"},
        "reactivated": {"Aktif Lagi"}, "card": {"Belum Kartu"}, "due_soon": set(),
    }  # fmt: skip
    for what, people in whom.items():
        assert named(page(story.operator, what=what)) == people, what
    assert named(page(story.operator)) == set().union(*whom.values())


def test_it_is_told_by_region_and_by_officer_with_their_numbers(story):
    html = page(story.staff, within="64.02.11")
    assert "Siti Aminah" in html and "Tunggak Satu" in html and "+6281234567890" in html
    assert "Tagih sekarang: sesudah 15 Des 2026 perlindungannya putus" in html
    assert "Siti Aminah" not in re.sub(r"(?s)<h2 id=.people.*", "", page(story.staff, within="64"))  # per officer: deep down


def test_whose_payment_is_not_confirmed_yet_is_not_asked_again(story):
    story.days.pay(story.people["Tunggak Satu"], "2026-11", confirm=False)
    story.minute()
    assert named(page(story.operator, what="arrears_1", paid="yes")) == {"Tunggak Satu"}
    assert named(page(story.operator, what="arrears_1", paid="no")) == set()
    assert "tunggu daftar dari cabang BPJS" in page(story.operator, what="arrears_1")


def test_the_sheet_for_a_meeting_holds_the_whole_village(story):
    html = page(story.operator, path="/console/followups/paper", within=VILLAGE)
    assert all(name in html for name in story.people if name != "Lunas Semua") and "+6281234567890" in html
    assert "terlalu besar" in page(story.operator, path="/console/followups/paper")


def test_whose_data_is_restricted_is_on_no_sheet_and_at_the_desk_without_his_number(story):
    days, record = story.days, story.people["Putus Lama"]

    def does(what, *about):
        with transaction() as connection:
            what(connection, *about)

    days.do(does, rights.restrict, record, VILLAGE, None, "permintaan", days.now)
    html = page(story.operator, path="/console/followups/paper", within=VILLAGE)
    assert "Putus Lama" not in html and "Tunggak Satu" in html and "tidak ada di lembar ini" in html
    assert "pemakaian dibatasi" in page(story.operator, what="lapsed")
    days.do(does, rights.lift, record, [record])
    assert "Putus Lama" in page(story.operator, path="/console/followups/paper", within=VILLAGE)


def test_a_viewer_and_another_regency_see_nobody(story):
    assert story.viewer.get("/console/followups").status_code == 403
    assert named(page(story.foreign)) == set()
    assert story.foreign.get("/console/followups", within=VILLAGE).status_code == 403


def test_every_look_is_noted_with_whom_it_showed(story):
    page(story.operator, what="lapsed")
    query = (
        select(d.audit.c.about).join(d.audit_record, d.audit_record.c.audit == d.audit.c.id)
        .where(d.audit_record.c.record == story.people["Putus Lama"], d.audit.c.act == "list")
    )  # fmt: skip
    with story.days.server.reading() as connection:
        assert any('"followups"' in about for about in connection.scalars(query))


def test_pages_go_on_where_the_last_one_ended(story, monkeypatch):
    monkeypatch.setattr("server.console.followups.ON_A_PAGE", 2)
    seen: list[str] = []
    html = page(story.operator)
    for _ in range(10):
        seen += re.findall(r"data-row>([^<]+)</a>", html)
        on = re.search(r'href="(/console/followups\?[^"]*after=[^"]*)" rel="next"', html)
        if not on:
            break
        html = str(story.operator.get(on[1].replace("&amp;", "&").partition("#")[0]).get_data(as_text=True))
    assert len(seen) == len(set(seen)) == 5
    assert story.operator.get("/console/followups", after="nonsense").status_code == 400


def test_a_card_that_the_phone_notes_as_handed_over_goes_from_the_list(story):
    record = story.days.register(full_name="Kartu Baru", **PLAIN)
    story.days.pay(record, "2026-11")
    story.days.desk(record, kpj="21010")
    story.minute()
    assert "Kartu Baru" in named(page(story.operator, what="card"))
    story.days.write("worker", {"card_given_on": TODAY}, record)
    story.minute()
    assert "Kartu Baru" not in named(page(story.operator, what="card"))


def test_what_a_phone_changed_after_bpjs_confirmed_it_is_shown_and_put_back(story):
    payment = story.paid["Lunas Semua"]
    story.days.write("contribution", {"months": ["2026-11", "2026-12"], "amount": 33600}, payment)
    story.minute()
    html = page(story.operator, path="/console/followups/changed")
    assert "Lunas Semua" in html and "Des 2026" in html and "Rp33.600" in html and "Siti Aminah" in html
    assert story.viewer.get("/console/followups/changed").status_code == 403
    assert "Lunas Semua" not in page(story.foreign, path="/console/followups/changed")
    sent = form(html, "/console/followups/changed") | {"record": payment, "do": "keep"}
    del sent["csrf"]  # each brings his own
    assert story.foreign.post("/console/followups/changed", sent).status_code == 404
    stale = {**sent, "seen": "{}"}
    assert story.operator.post("/console/followups/changed", stale).status_code == 409
    assert story.operator.post("/console/followups/changed", sent).status_code == 303
    story.minute()
    assert "Lunas Semua" not in page(story.operator, path="/console/followups/changed")


def test_a_workers_page_tells_his_story_and_who_confirmed_what(story):
    html = page(story.operator, path=f"/console/workers/{story.people['Putus Lama']}")
    assert "Riwayat kepesertaan" in html and "Lewat jatuh tempo, belum dibayar: Mei 2026" in html
    assert "Didata" in html or "Iuran dikonfirmasi untuk Feb 2026" in html


def test_a_neighbours_officer_is_no_other_villages(story):
    with story.days.server.reading() as connection:
        homes = set(connection.scalars(select(followup.c.village)))
    assert homes == {VILLAGE} and NEIGHBOUR not in homes


def test_somebody_is_due_soon_until_the_fifteenth_and_in_arrears_from_the_sixteenth(story):
    story.days.day("2026-12-15")
    story.minute()
    soon = named(page(Sitting(story.days.server, "operator", REGENCY), what="due_soon"))
    story.days.day("2026-12-16")
    story.minute()
    late = named(page(Sitting(story.days.server, "operator", REGENCY), what="arrears_1"))
    assert {"Belum Kartu", "Lunas Semua"} <= soon and soon <= late
