"""The desk of duties and agreements: a half-year is kept, reported and carried on; what ends is followed in time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from programme import duties as pure
from server.actions import agreements, clocks, duties, entries
from server.auth import Scope
from server.clock import day_at, now_ms
from server.console.duties import TOPICS
from tests.server.console.desk import form
from tests.server.console.world import Sitting
from tests.server.installation import DAY_MS, VILLAGE, Installation, copied

REGENCY = "64.02"
NOW = pure.half_of(day_at(now_ms(), REGENCY))
BEFORE = pure.before(NOW)
RULE = duties.id_of(REGENCY, NOW, "regent_regulation")
SAID = {"institution": "Bupati Kutai Kartanegara", "state": "done", "document": "Perbup 27/2022", "dated": "2022-06-20"}


@pytest.fixture(scope="module")
def house(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    server = Installation(copied(template, tmp_path_factory.mktemp("duties") / "var"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def staff(house: Installation) -> Sitting:
    return Sitting(house, "staff", REGENCY)


def page_of(sitting: Sitting, duty: str) -> str:
    return str(sitting.get(f"/console/duties/{duty}").text)


def test_a_regency_that_begins_is_told_what_it_owes_and_how_to_begin(house: Installation) -> None:
    page = Sitting(house, "viewer", "64.03").get("/console/duties").text
    assert "Menetapkan peraturan bupati" in page and "Belum ada yang dicatat" in page
    assert page.count(">Belum mulai<") == len(duties.owed_by("64.03", NOW))
    assert "Simpan" not in page and "Kecamatan" not in page


def test_staff_say_how_far_a_duty_is_and_the_register_shows_it(house: Installation, staff: Sitting) -> None:
    page = page_of(staff, RULE)
    assert "Inpres 2/2021" in page and "dua sumber" in page and 'value="Bupati/Wali Kota"' in page
    sent = form(page, f"/console/duties/{RULE}") | SAID
    answer = staff.post(f"/console/duties/{RULE}", sent)
    assert answer.status_code == 303
    assert staff.post(f"/console/duties/{RULE}", sent).status_code == 303  # sent twice: one record, one change
    shown = staff.get(answer.headers["Location"]).text
    assert "Perbup 27/2022" in shown and "20 Jun 2022" in shown and "Bupati Kutai Kartanegara" in shown
    with house.app.app_context():
        assert len(entries.written_by(Scope(REGENCY), RULE, "state")) == 1
    for role in ("viewer", "operator", "auditor", "officer"):
        other = Sitting(house, role, REGENCY)
        assert "Perbup 27/2022" in page_of(other, RULE) and 'name="document"' not in page_of(other, RULE)
        assert other.post(f"/console/duties/{RULE}", sent | {"document": "x"}).status_code == 403


def test_a_faulty_form_comes_back_with_the_fault_beside_its_field(staff: Sitting) -> None:
    duty = duties.id_of(REGENCY, NOW, "regent_budget")
    sent = form(page_of(staff, duty), f"/console/duties/{duty}") | {"amount": "banyak", "state": "done", "institution": ""}
    answer = staff.post(f"/console/duties/{duty}", sent)
    assert answer.status_code == 422 and 'value="banyak"' in answer.text and answer.text.count('aria-invalid="true"') == 2


def test_who_had_the_page_open_is_shown_what_another_wrote(house: Installation, staff: Sitting) -> None:
    duty = duties.id_of(REGENCY, NOW, "regent_permits")
    first = form(page_of(staff, duty), f"/console/duties/{duty}") | {"state": "in_progress", "document": "Surat 1"}
    staff.post(f"/console/duties/{duty}", first)
    late = form(page_of(staff, duty), f"/console/duties/{duty}") | {"document": "Surat 3"}
    other = Sitting(house, "staff", "64")
    other.post(f"/console/duties/{duty}", form(page_of(other, duty), f"/console/duties/{duty}") | {"document": "Surat 2"})
    answer = staff.post(f"/console/duties/{duty}", late)
    assert answer.status_code == 409 and "Surat 2" in answer.text and "orang lain baru saja" in answer.text
    assert staff.post(f"/console/duties/{duty}", form(answer.text, f"/console/duties/{duty}") | {"document": "Surat 3"}
                      ).status_code == 303  # fmt: skip


def test_a_duty_that_is_none_lies_elsewhere_or_is_still_to_come_is_nowhere(staff: Sitting) -> None:
    for duty in (
        "x", f"duty:{REGENCY}:walk1", f"duty:{REGENCY}:{NOW}.regent-nothing", f"duty:64.03:{NOW}.regent-budget",
        f"duty:64:{NOW}.governor-budget", f"duty:{REGENCY}:{NOW}.governor-budget", f"duty:64.02.99:{NOW}.camat-supervision",
    ):  # fmt: skip
        assert staff.get(f"/console/duties/{duty}").status_code == 404, duty
        assert staff.post(f"/console/duties/{duty}", SAID).status_code == 404, duty
    ahead = duties.id_of(REGENCY, pure.after(NOW), "regent_regulation")
    assert 'name="document"' not in page_of(staff, ahead)
    assert staff.post(f"/console/duties/{ahead}", SAID).status_code == 404


def test_what_still_holds_is_taken_over_from_the_half_before_by_one_click(house: Installation) -> None:
    region = "64.07"
    staff = Sitting(house, "staff", region)
    for code, more in (("regent_regulation", {"document": "Perbup 19/2023"}), ("regent_workers", {"people": "4.116"})):
        duty = duties.id_of(region, BEFORE, code)
        assert staff.post(f"/console/duties/{duty}", SAID | {"key": "", "dated": ""} | more).status_code == 303
    page = staff.get("/console/duties").text
    assert "2 tugas sudah ada di semester sebelumnya" in page
    one = page_of(staff, duties.id_of(region, NOW, "regent_regulation"))
    assert 'value="Perbup 19/2023"' in one and "Belum tersimpan" in one
    assert staff.post("/console/duties/carry", {"half": NOW}).status_code == 303
    rows = {row.duty.code: row for row in register(house, region)}
    assert rows["regent_regulation"].state == "done" and rows["regent_regulation"].said["document"] == "Perbup 19/2023"
    assert rows["regent_workers"].state == "not_begun" and "people" not in rows["regent_workers"].said
    assert "sudah ada di semester sebelumnya" not in staff.get("/console/duties").text
    staff.post("/console/duties/carry", {"half": NOW})  # once more changes nothing
    with house.app.app_context():
        assert len(entries.written_by(Scope(region), rows["regent_workers"].record, "state")) == 1


def register(house: Installation, region: str) -> list[duties.Row]:
    with house.app.app_context():
        return duties.register(Scope(region), region, NOW)


def test_the_report_of_a_province_tells_who_has_and_who_lacks_and_fits_on_paper(house: Installation) -> None:
    viewer = Sitting(house, "viewer", "64")
    page = viewer.get("/console/duties/report", half=NOW).text
    assert "Kabupaten Kutai Kartanegara" in page and "Yang belum lengkap" in page and 'class="signing"' in page
    without = re.search(r"<li><strong>Peraturan</strong>: ([^<]*)</li>", page)
    assert without and "Kabupaten Berau" in without[1] and "Kartanegara" not in without[1]
    assert all(words[0] in viewer.get("/console/duties").text for topic, words in TOPICS.items() if topic != "data")
    assert viewer.get("/console/duties/report", within="64.02", half="1999-9").status_code == 200
    assert "Village staff" in viewer.get("/console/duties/report", lang="en").text
    regency = Sitting(house, "viewer", REGENCY).get("/console/duties").text
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', regency[regency.index("Siapa sudah") :])
    assert heads == ["Wilayah", "Anggaran", "Pekerja", "Perangkat desa", "Pembinaan"]  # what camat and villages owe
    small = Sitting(house, "viewer", VILLAGE).get("/console/duties/report").text
    assert "Mendaftarkan kepala desa" in small and "Yang belum lengkap" not in small


def test_the_first_page_tells_of_the_report_that_is_awaited_until_it_is_noted(house: Installation) -> None:
    region = "64.07"
    staff = Sitting(house, "staff", region)
    with house.app.app_context():
        clocks.run(house.settings, now_ms())
    page = staff.get("/console/").text
    assert "Laporan semester Inpres" in page and f"/console/duties?half={BEFORE}" in page
    assert "Laporan semester" not in Sitting(house, "viewer", region).get("/console/").text
    duty = duties.id_of(region, BEFORE, "regent_report")
    staff.post(f"/console/duties/{duty}", SAID | {"document": "045/07/2026"})
    with house.app.app_context():
        clocks.run(house.settings, now_ms())
    assert f"/console/duties?half={BEFORE}" not in staff.get("/console/").text


# Agreements -----------------------------------------------------------------------------------------------------------


def agreed(staff: Sitting, ends_in: int, title: str = "PKS iuran nelayan", **more: str) -> str:
    today = day_at(now_ms(), REGENCY)
    page = staff.get("/console/agreements/new").text
    sent = form(page, "/console/agreements") | {
        "title": title, "form": "pks", "parties": "Pemkab\nBPJS Ketenagakerjaan", "state": "in_force",
        "number": "12/PKS/2025", "signed_on": "2025-01-02", "starts_on": (today - timedelta(days=300)).isoformat(),
        "ends_on": (today + timedelta(days=ends_in)).isoformat(),
    } | more  # fmt: skip
    answer = staff.post("/console/agreements", sent)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"]).rpartition("/")[2].replace("%3A", ":")


def editing(page: str, record: str) -> dict[str, str]:
    """What the form sends in which an agreement is changed."""
    below = page[page.index(">Ubah<") :]
    return form(below, f"/console/agreements/{record}") | {"parties": "Pemkab", "subject": "", "notes": ""}


def test_an_agreement_that_will_end_is_told_of_and_followed_by_one_click(house: Installation) -> None:
    staff = Sitting(house, "staff", "64.08")
    assert "Belum ada perjanjian" in staff.get("/console/agreements").text
    soon, later = agreed(staff, 20), agreed(staff, 60, "MoU sosialisasi")
    agreed(staff, 400, "PKS data")
    page = staff.get("/console/agreements").text
    assert [page.index(text) for text in ("PKS iuran nelayan", "MoU sosialisasi", "PKS data")] == sorted(
        page.index(text) for text in ("PKS iuran nelayan", "MoU sosialisasi", "PKS data")
    )
    assert page.count(">Hampir habis<") == page.count(">Segera berakhir<") == page.count(">Berlaku<") == 1
    with house.app.app_context():
        clocks.run(house.settings, now_ms())
    assert "Perjanjian perlu ditindaklanjuti" in staff.get("/console/").text
    one = staff.get(f"/console/agreements/{soon}").text
    renewal = form(one, f"/console/agreements/{soon}/renew")
    answer = staff.post(f"/console/agreements/{soon}/renew", renewal)
    assert answer.status_code == 303
    again = staff.post(f"/console/agreements/{soon}/renew", renewal)
    assert again.headers["Location"] == answer.headers["Location"]
    follows = staff.get(answer.headers["Location"]).text
    assert "Belum mulai" in follows and "belum ditandatangani" in follows and "12/PKS/2025" not in follows
    old = staff.get(f"/console/agreements/{soon}").text
    assert "Dilanjutkan oleh" in old and ">Berlaku<" in old  # until its last day
    with house.app.app_context():
        clocks.run(house.settings, now_ms())
        found = {term.record for term in clocks.soonest(Scope("64.08"), "agreement")}
    assert soon not in found and later in found and len(found) == 2  # what follows waits for its signature


def test_an_agreement_past_its_end_is_over_though_nobody_wrote_so(house: Installation) -> None:
    staff = Sitting(house, "staff", "64.09")
    agreed(staff, -3)
    page = staff.get("/console/agreements", part="over").text
    assert ">Berakhir<" in page and "3 hari lalu" in page and "PKS iuran" not in staff.get("/console/agreements").text
    with house.app.app_context():
        clocks.run(house.settings, now_ms())
        assert clocks.counted(Scope("64.09"), "agreement", now_ms()) == (1, 1)
        assert clocks.counted(Scope("64.09"), "agreement", now_ms() - 10 * DAY_MS) == (1, 0)
    assert "sudah berakhir tanpa lanjutan" in staff.get("/console/").text


def test_an_agreement_does_not_end_before_it_begins_and_is_changed_by_who_saw_it(
    house: Installation, staff: Sitting
) -> None:  # fmt: skip
    sent = form(staff.get("/console/agreements/new").text, "/console/agreements")
    wrong = {"title": "x", "parties": "A", "starts_on": "2027-01-01", "ends_on": "2026-01-01"}
    bad = staff.post("/console/agreements", sent | wrong)
    assert bad.status_code == 422 and "lebih awal" in bad.text and 'value="2027-01-01"' in bad.text
    one = agreed(staff, 300)
    page = staff.get(f"/console/agreements/{one}").text
    stale, fresh = editing(page, one) | {"title": "PKS lama"}, editing(page, one) | {"title": "PKS baru"}
    assert staff.post(f"/console/agreements/{one}", fresh).status_code == 303
    refused = staff.post(f"/console/agreements/{one}", stale)
    assert refused.status_code == 409 and "PKS baru" in refused.text
    cancelled = editing(refused.text, one) | {"state": "cancelled"}
    assert staff.post(f"/console/agreements/{one}", cancelled).status_code == 303
    assert staff.post(f"/console/agreements/{one}/renew", {"seen": "{}"}).status_code == 422
    for role in ("viewer", "operator"):
        other = Sitting(house, role, REGENCY)
        shown = other.get(f"/console/agreements/{one}").text
        assert "PKS baru" in shown and "Ubah" not in shown and other.get("/console/agreements/new").status_code == 403
        assert other.post(f"/console/agreements/{one}/renew", {"seen": "{}"}).status_code == 403
    far = Sitting(house, "staff", "64.03")
    assert far.get(f"/console/agreements/{one}").status_code == 404
    assert far.post(f"/console/agreements/{one}", {"title": "x"}).status_code == 404


def test_what_follows_is_made_once_even_after_a_kill_between_the_two(house: Installation, staff: Sitting) -> None:
    one = agreed(staff, 40)
    with house.app.app_context():
        scope, old = Scope(REGENCY), entries.one(Scope(REGENCY), "agreement", one)
        made = agreements.begin(REGENCY, agreements.next_key(one), pure.follow_up(old.fields), None, now_ms())
        agreements.change(made, {**entries.one(scope, "agreement", made).seen}, {"number": "77/PKS"}, None, now_ms())
        assert agreements.renew(scope, one, old.seen, None, now_ms()) == made
        assert entries.one(scope, "agreement", one).fields["renewed_by"] == made
    assert date.fromisoformat(entries_field(house, made, "starts_on")) > day_at(now_ms(), REGENCY)


def entries_field(house: Installation, record: str, field: str) -> str:
    with house.app.app_context():
        return str(entries.one(Scope("id"), "agreement", record).fields[field])
