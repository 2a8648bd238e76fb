"""The desk of monitoring: a cycle from its targets to a report on paper, and what each reader is told of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from server.actions import clocks
from server.actions.listing import Listing, Wanted
from server.clock import now_ms
from server.console.cycles import read_attendees, write_attendees
from server.db import snapshot
from server.export.lists import LISTS
from server.store.scoping import Scope
from tests.server.actions.test_evaluation import ago, follows, month_ago, pays, registers, visits
from tests.server.console.world import Sitting
from tests.server.installation import VILLAGE, Installation, Phone, copied

REGENCY, DISTRICT, OTHER = "64.02", "64.02.11", "64.03"
CHROMIUM = "/usr/bin/chromium"
CONSOLE = "/console"


@pytest.fixture(scope="module")
def server(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(copied(template, tmp_path_factory.mktemp("cycles") / "var"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def staff(server: Installation) -> Sitting:
    return Sitting(server, "staff", REGENCY)


@pytest.fixture(scope="module")
def viewer(server: Installation) -> Sitting:
    return Sitting(server, "viewer", REGENCY)


@pytest.fixture(scope="module")
def phone(server: Installation) -> Phone:
    made = server.enrolled(VILLAGE)
    workers = [registers(made, 20 + number) for number in range(3)]
    pays(server, made, workers[0], [month_ago(0)], 18)
    visits(made, "outreach", 25, attendance=12, theme="iuran")
    visits(made, "monitoring", 9, finding="Bu Sumarni belum membayar.", recommendation="Kolektor dusun.", due=ago(3))
    visits(made, "feedback", 8, by="kades", theme="Sinyal", text="Pak Darmawan mengeluh sinyal.", state="open")
    visits(made, "meeting", 7, theme="Musyawarah dusun", attendance=14)
    follows(server)
    return made


def begin(staff: Sitting, title: str = "Monev 2026", **more: str) -> str:
    fields = {"title": title, "first_month": month_ago(11), "last_month": month_ago(0), "state": "running",
              "goal.rate": "40", "goal.arrears": "12,5 %", "goal.active": "1.200"} | more  # fmt: skip
    answer = staff.post(f"{CONSOLE}/cycles/new", fields)
    assert answer.status_code == 303, text_of(answer)
    return str(answer.headers["Location"]).rpartition("/")[2].split("?")[0].replace("%3A", ":")


def text_of(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


def seen(sitting: Sitting, path: str) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', sitting.get(path).get_data(as_text=True))
    assert found
    return unescape(found[1])


def do(sitting: Sitting, cycle: str, act: str, **fields: str) -> Any:
    page = f"{CONSOLE}/cycles/{cycle}"
    return sitting.post(f"{page}/{act}", {"seen": seen(sitting, page)} | fields)


def test_the_first_visit_says_what_a_cycle_is_and_how_to_begin(server: Installation) -> None:
    empty = Sitting(server, "staff", "64.09")
    page = text_of(empty.get(f"{CONSOLE}/cycles"))
    assert "Belum ada siklus monev" in page and "/console/cycles/new" in page
    reading = text_of(Sitting(server, "viewer", "64.09").get(f"{CONSOLE}/cycles"))
    assert "Operator atau staf membuatnya" in reading and "/console/cycles/new" not in reading
    says_so = {"findings": "Belum ada temuan", "meetings": "Belum ada rapat", "outreach": "Belum ada sosialisasi",
               "feedback": "Belum ada masukan", "solutions": "Papan ini masih kosong"}  # fmt: skip
    for place, says in says_so.items():
        assert says in text_of(empty.get(f"{CONSOLE}/{place}")), place


def test_staff_set_targets_as_they_write_numbers(staff: Sitting, phone: Phone) -> None:
    page = text_of(staff.get(f"{CONSOLE}/cycles/{begin(staff)}"))
    assert "≥ 40,0 %" in page and "≤ 12,5 %" in page and "≥ 1.200" in page and "belum dibekukan" in page


def test_a_target_that_is_no_number_comes_back_with_what_was_typed(staff: Sitting) -> None:
    answer = staff.post(f"{CONSOLE}/cycles/new", {"title": "Monev", "first_month": "2026-01", "last_month": "2026-06",
                                                  "state": "planned", "goal.rate": "setengah"})  # fmt: skip
    assert answer.status_code == 422 and "setengah" in text_of(answer) and "harus berupa angka" in text_of(answer)


def test_a_form_that_is_sent_twice_makes_one_cycle(staff: Sitting) -> None:
    first, second = (begin(staff, "Monev sekali", key="sekalisaja") for _ in range(2))
    assert first == second == f"cycle:{REGENCY}:sekalisaja"


def test_a_cycle_goes_from_its_findings_to_its_closing_and_stays_so(staff: Sitting, phone: Phone) -> None:
    cycle = begin(staff, "Monev lengkap")
    page = f"{CONSOLE}/cycles/{cycle}"
    offered = re.search(r'action="([^"]*/take/[^"]*)"', staff.get(page).get_data(as_text=True))
    assert offered and staff.post(unescape(offered[1])).status_code == 303
    fields = {"text": "Terlambat disetor.", "responsible": "DPMD", "due": ago(2), "indicator": "arrears", "about": DISTRICT}
    assert staff.post(f"{page}/finding", fields).status_code == 303
    told = text_of(staff.get(page))
    assert "Terlambat disetor." in told and "Bu Sumarni" in told and told.count("lewat tenggat") == 2
    refused = do(staff, cycle, "edit", title="x", conclusions="x")
    assert refused.status_code in (200, 303)
    assert do(staff, cycle, "freeze").status_code == 303
    assert do(staff, cycle, "close", conclusions=" ").status_code == 422
    assert do(staff, cycle, "close", conclusions="Naik.").status_code == 303
    closed = text_of(staff.get(page))
    assert "Naik." in closed and "Kelola siklus" not in closed and "Catat temuan" not in closed
    assert staff.get(f"{page}/edit").status_code == 409 and staff.get(f"{page}/finding").status_code == 409
    assert staff.post(f"{page}/edit", {"title": "Lain", "seen": "{}"}).status_code in (409, 422)
    finding = re.search(r'href="([^"]*/findings/finding:[^"]*)"', closed)
    assert finding
    form = text_of(staff.get(finding[1]))
    assert 'name="follow_up"' in form and 'name="recommendation"' not in form


def test_who_may_see_sums_alone_reads_a_cycle_without_an_officers_words(
    staff: Sitting, viewer: Sitting, phone: Phone
) -> None:
    cycle = begin(staff, "Monev untuk pemantau")
    page = f"{CONSOLE}/cycles/{cycle}"
    offered = re.search(r'action="([^"]*/take/[^"]*)"', staff.get(page).get_data(as_text=True))
    assert offered and staff.post(unescape(offered[1])).status_code == 303
    meeting = staff.post(f"{CONSOLE}/meetings/new", {
        "title": "Rapat monev", "date": ago(4), "cycle": cycle, "minutes": "Bu Sumarni hadir.",
        "attendees": "Sumarni; Camat; ttd\nDarmawan; Sekdes",
    }).headers["Location"]  # fmt: skip
    pages = [page, f"{page}/report", f"{CONSOLE}/findings", f"{CONSOLE}/meetings", meeting, f"{CONSOLE}/feedback",
             f"{CONSOLE}/outreach", f"{CONSOLE}/solutions"]  # fmt: skip
    for path in pages:
        answer = viewer.get(path)
        assert answer.status_code == 200, path
        for name in ("Sumarni", "Darmawan", "Siti Aminah"):
            assert name not in text_of(answer), path
    assert "Monev untuk pemantau" in text_of(viewer.get(page)) and "2 hadir" in text_of(viewer.get(page))
    for path in (f"{page}/edit", f"{page}/finding", f"{CONSOLE}/meetings/new", f"{meeting}/attendance"):
        assert viewer.get(path).status_code == 403, path
    assert "Sumarni" in text_of(staff.get(meeting)) and "Bu Sumarni belum membayar" in text_of(staff.get(f"{page}/report"))


def test_a_foreign_regency_finds_neither_cycle_nor_report(server: Installation, staff: Sitting, phone: Phone) -> None:
    cycle, far = begin(staff), Sitting(server, "staff", OTHER)
    for path in ("", "/report", "/edit", "/finding"):
        assert far.get(f"{CONSOLE}/cycles/{cycle}{path}").status_code == 404, path
    assert far.post(f"{CONSOLE}/cycles/{cycle}/freeze", {"seen": "{}"}).status_code == 404
    assert "Monev 2026" not in text_of(far.get(f"{CONSOLE}/cycles"))


def test_a_part_of_the_region_has_the_cycle_and_its_report_but_not_its_buttons(
    server: Installation, staff: Sitting, phone: Phone
) -> None:
    cycle, camat = begin(staff, "Monev kabupaten"), Sitting(server, "operator", DISTRICT)
    page = f"{CONSOLE}/cycles/{cycle}"
    told = text_of(camat.get(page))
    assert "Kecamatan Muara Kaman" in told and "Kelola siklus" not in told and "Catat temuan" in told
    assert "Kecamatan Muara Kaman" in text_of(camat.get(f"{page}/report"))
    assert camat.get(f"{page}/edit").status_code == 403 and do_blind(camat, cycle, "freeze").status_code == 403
    assert camat.post(f"{page}/finding", {"text": "Temuan kecamatan.", "about": DISTRICT}).status_code == 303
    assert "Temuan kecamatan." in text_of(staff.get(page))


def do_blind(sitting: Sitting, cycle: str, act: str) -> Any:
    return sitting.post(f"{CONSOLE}/cycles/{cycle}/{act}", {"seen": "{}"})


def test_overdue_findings_stand_on_the_first_page(server: Installation, staff: Sitting, phone: Phone) -> None:
    staff.post(f"{CONSOLE}/cycles/{begin(staff)}/finding", {"text": "Sudah lewat.", "due": ago(1), "about": REGENCY})
    with server.app.app_context():
        clocks.run(server.settings, now_ms())
    page = text_of(staff.get(f"{CONSOLE}/"))
    assert "Temuan monev" in page and "sudah lewat tenggatnya" in page


# Meetings -------------------------------------------------------------------------------------------------------------


def test_a_list_pasted_from_a_sheet_is_read_line_by_line() -> None:
    people = read_attendees("H. Ahmad, S.Sos; Camat; ttd\n\nSiti\tPetugas\tya\nBudi\n")
    assert people == [
        {"name": "H. Ahmad, S.Sos", "office": "Camat", "signed": True},
        {"name": "Siti", "office": "Petugas", "signed": True}, {"name": "Budi", "signed": False},
    ]  # fmt: skip
    assert read_attendees(write_attendees(people)) == people


def test_a_meetings_list_of_sixty_is_kept_whole_and_printed_with_rows_to_sign(staff: Sitting) -> None:
    names = "\n".join(f"Orang {number}; Ketua RT" for number in range(1, 61))
    made = staff.post(f"{CONSOLE}/meetings/new", {"title": "Rapat besar", "date": ago(1), "attendees": names})
    page = made.headers["Location"]
    assert "60 orang" in text_of(staff.get(page))
    again = text_of(staff.get(f"{page}/edit"))
    assert "Orang 60; Ketua RT" in again
    sheet = text_of(staff.get(f"{page}/attendance"))
    assert "Orang 60" in sheet and sheet.count("<tr>") == 1 + 60 + 5
    saved = staff.post(f"{page}/edit", {
        "title": "Rapat besar", "date": ago(1), "attendees": names, "place": "Tenggarong",
        "seen": seen(staff, f"{page}/edit"),
    })  # fmt: skip
    assert saved.status_code == 303 and "Tenggarong" in text_of(staff.get(page))


# On paper -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser(chromium_driver: Any) -> Iterator[Any]:
    made = chromium_driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    yield made
    made.close()


def opened(browser: Any, sitting: Sitting, path: str) -> Any:
    """The page in Chromium, every request answered by the application itself."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})

    def answer(route: Any) -> None:
        told = urlsplit(route.request.url)
        got = sitting.get(told.path + (f"?{told.query}" if told.query else ""))
        route.fulfill(status=got.status_code, headers=dict(got.headers), body=got.get_data())

    page.route("**/*", answer)
    page.goto(f"http://localhost{path}")
    return page


@pytest.mark.parametrize("region", [REGENCY, "64.03.01"], ids=["20 kecamatan", "nothing at all"])
def test_the_report_prints_on_a4_and_is_whole(
    browser: Any, server: Installation, phone: Phone, tmp_path: Path, region: str
) -> None:
    staff = Sitting(server, "staff", region)
    cycle = begin(staff, "Monev cetak")
    assert do(staff, cycle, "freeze").status_code == 303
    page = opened(browser, staff, f"{CONSOLE}/cycles/{cycle}/report")
    headings = [each.inner_text() for each in page.locator(".report h2").all()]
    wanted = {1: "Angka pokok", 2: "Indikator", 4: "Temuan", 5: "Rapat", 6: "Masukan", 7: "Solusi", 8: "Kesimpulan",
              9: "Aturan"}  # fmt: skip
    assert all(any(each.startswith(f"{number}. {word}") for each in headings) for number, word in wanted.items()), headings
    if region == REGENCY:
        assert page.locator(".by-region tbody tr").count() == 21  # and all of them together
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 900})  # what A4 leaves between its margins
    for hidden in (".bar", ".menu", ".foot", ".noprint"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert page.evaluate("getComputedStyle(document.querySelector('.report thead')).display") == "table-header-group"
    pdf = page.pdf(path=tmp_path / "laporan.pdf", prefer_css_page_size=True)
    pages = re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", pdf)
    assert 3 <= len(pages) <= 12 and {(round(float(wide)), round(float(high))) for wide, high in pages} == {(595, 842)}
    page.close()


# For programs ---------------------------------------------------------------------------------------------------------


def test_programs_get_the_report_of_any_part_and_viewers_without_words(
    server: Installation, staff: Sitting, phone: Phone
) -> None:
    cycle = begin(staff, "Monev JSON")
    assert do(staff, cycle, "freeze").status_code == 303
    path = f"/api/v1/cycles/{cycle}/report"
    whole = server.person("staff", REGENCY).get(path).json
    part = server.person("viewer", REGENCY).get(path, within=DISTRICT).json
    assert whole["frozen_on"] == whole["figures_of_day"] == part["frozen_on"] and whole["within"] == REGENCY
    told = {each["indicator"]: each for each in whole["indicators"]}
    assert told["conversions"]["numerator"] == 3 and told["conversions"]["denominator"] == 12
    of_part = next(each for each in whole["regions"] if each["code"] == DISTRICT)
    shares = {each["indicator"]: each for each in part["indicators"]}
    assert all(shares[each["indicator"]] == each for each in of_part["indicators"])
    assert server.person("staff", OTHER).get(path).status_code == 404
    assert server.person("viewer", REGENCY).get(path, within=OTHER).status_code == 403


@pytest.mark.parametrize("what", ["indicators", "sessions"])
def test_what_was_worked_out_leaves_as_a_list(server: Installation, staff: Sitting, phone: Phone, what: str) -> None:
    begin(staff, "Monev unduh")
    with server.app.app_context(), snapshot() as connection:
        wanted = Wanted(what, "csv")
        rows = [row for some in Listing(connection, Scope(REGENCY), wanted, now_ms()).rows() for row in some]
    names = [column.name for column in LISTS[what].columns]
    told = [dict(zip(names, row, strict=True)) for row in rows]
    if what == "sessions":
        (row,) = told
        assert (row["registered"], row["attendance"], row["per_attendant"]) == (3, 12, 0.25)
    else:
        keys = [row[LISTS[what].key or ""] for row in told]
        assert len(keys) == len(set(keys)) and {row["indicator"] for row in told} >= {"rate", "conversions"}
