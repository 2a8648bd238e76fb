"""What stands around the form, by thumb: moving to another phone, papers, practice, and files that are carried."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser.form import Person, register
from tests.browser.handset import WHOLE, Handset, until
from tests.browser.installation import ServedApp
from tests.browser.line import Line
from tests.browser.words import said
from tests.protocol.world import Phone

NEW_PIN = "731964"
MILLIMETRE = 72 / 25.4
ROWS = """store => new Promise((resolve, reject) => {
  const opening = indexedDB.open('sambung')
  opening.onerror = reject
  opening.onsuccess = () => {
    const counting = opening.result.transaction(store).objectStore(store).count()
    counting.onsuccess = () => (opening.result.close(), resolve(counting.result))
  }
})"""


def rows_in(phone: Handset, store: str) -> int:
    return int(phone.page.evaluate(ROWS, store))


def file_by(phone: Handset, label: str, folder: Path) -> Path:
    """The file that the app puts into the phone's downloads at a press."""
    with phone.page.expect_download() as coming:
        phone.press(label)
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


def paper_of(phone: Handset, path: Path) -> list[tuple[int, int]]:
    """What would be printed now: the size of each page in millimetres."""
    phone.page.pdf(path=str(path), prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", path.read_bytes())
    return [(round(float(wide) / MILLIMETRE), round(float(high) / MILLIMETRE)) for wide, high in boxes]


def saved_bundle(phone: Handset, folder: Path) -> Path:
    with phone.page.expect_download() as coming:
        phone.page.locator(".around-files button").nth(1).click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


def mark_as_handed_in(phone: Handset) -> None:
    """All that was collected; one change for each contribution."""
    phone.visit("cash")
    phone.press(said("cash.choose_all"), exact=False)
    phone.press(said("cash.mark"), exact=False)
    phone.page.get_by_label(said("cash.to")).fill("Bendahara desa")
    phone.press(said("cash.do"))
    phone.page.locator(".banner.good").wait_for()


def collected(colleague: Phone, *amounts: int) -> list[str]:
    """Contributions that Siti collected, as another device wrote them down."""
    worker = colleague.worker(full_name="Wening Contoh")
    usual = {"worker": worker, "months": ["2026-11"], "programs": ["JKK", "JKM"], "funding": "self", "paid_on": "2026-11-12"}
    changes = [
        colleague.change(kind="contribution", fields=usual | {"amount": amount, "collected_by": "Siti Aminah"})
        for amount in amounts
    ]
    assert colleague.status_of(*changes) == ["merged"] * len(amounts)
    return [change["record"] for change in changes]


# Moving ------------------------------------------------------------------------------------------------------------


def make_the_move(phone: Handset, folder: Path) -> tuple[Path, str]:
    phone.visit("moving")
    phone.page.wait_for_selector(".around-code")
    code = " ".join(phone.page.locator(".around-code span").all_inner_texts())
    phone.page.get_by_label(said("moving.repeat")).fill(code[-4:].lower())
    phone.press(said("moving.make"))
    phone.sees(said("moved.title"))
    return file_by(phone, said("moved.save"), folder), code


def arrive(phone: Handset, url: str, file: Path, code: str) -> None:
    phone.page.goto(f"{url}/app/")
    phone.press(said("start.arrive"))
    phone.page.get_by_label(said("arrive.file")).set_input_files(file)
    phone.page.get_by_label(said("arrive.code")).fill(code)
    phone.page.get_by_label(said("arrive.pin"), exact=True).fill(NEW_PIN)
    phone.page.get_by_label(said("arrive.again"), exact=True).fill(NEW_PIN)
    phone.press(said("arrive.go"))


def test_an_officer_goes_on_with_a_new_phone_where_the_old_one_stopped_without_a_signal(
    served: ServedApp,
    village: str,
    siti: Handset,
    colleague: Phone,
    handset: Callable[..., Handset],
    line: Line,
    tmp_path: Path,
):
    register(siti, served.known_form("worker"), Person(1, village))
    siti.sent()
    siti.go_offline()
    unsent = register(siti, served.known_form("worker"), Person(2, village))
    file, code = make_the_move(siti, tmp_path)
    assert Person(2, village).name.encode() not in file.read_bytes()
    siti.page.goto("about:blank")
    line.come_up()  # the new phone has the app already; all else goes without the line
    fresh = handset(line)
    fresh.page.goto(f"{line.url}/app/")
    fresh.sees(said("start.arrive"))
    until(lambda: fresh.page.evaluate(WHOLE), seconds=60)
    line.go_down()
    arrive(fresh, line.url, file, "AAAA BBBB CCCC DDDD")
    fresh.sees(said("arrive.bad"))
    fresh.page.get_by_label(said("arrive.code")).fill(code)
    fresh.press(said("arrive.go"))
    fresh.page.wait_for_selector("main.home")
    assert fresh.id == unsent.rpartition("-")[0]
    fresh.go_online()
    third = register(fresh, served.known_form("worker"), Person(3, village))
    fresh.sent()
    colleague.pull()
    assert {unsent, third} <= set(colleague.held) and len(colleague.held) == 3
    assert not fresh.complaints


def test_the_old_phone_stays_locked_until_the_officer_has_seen_the_new_one_work_and_then_keeps_nothing(
    served: ServedApp, village: str, siti: Handset, tmp_path: Path
):
    register(siti, served.known_form("worker"), Person(1, village))
    make_the_move(siti, tmp_path)
    siti.page.reload()
    siti.sees(said("moved.title"))
    assert rows_in(siti, "changes") == 1
    siti.press(said("moved.confirm"))
    siti.press(said("moved.sure_yes"))
    siti.sees(said("end.moved.title"))
    assert [rows_in(siti, store) for store in ("changes", "records", "sealed", "files")] == [0, 0, 0, 0]
    assert not siti.complaints


# Papers ------------------------------------------------------------------------------------------------------------


def test_papers_come_out_on_the_paper_that_was_chosen_and_the_slip_as_a_picture(
    served: ServedApp, village: str, siti: Handset, colleague: Phone, tmp_path: Path
):
    collected(colleague, 8400, 25200)
    record = register(siti, served.known_form("worker"), Person(1, village))
    siti.sent()
    siti.visit(f"slip/{record}")
    siti.sees(said("slip.no_proof"))
    assert paper_of(siti, tmp_path / "slip.pdf") == [(105, 148)]
    siti.page.evaluate("window.print = () => {}")
    siti.page.get_by_label(said("paper.size")).select_option("roll")
    siti.press(said("paper.print"))
    ((wide, high),) = paper_of(siti, tmp_path / "roll.pdf")
    assert wide == 58 and 90 < high < 200
    picture = file_by(siti, said("slip.share"), tmp_path).read_bytes()
    assert picture.startswith(b"\x89PNG") and int.from_bytes(picture[16:20], "big") == 720
    siti.visit("cash")
    siti.sees("Rp33.600")
    assert paper_of(siti, tmp_path / "cash.pdf") == [(210, 297)]
    siti.visit("list")
    siti.page.wait_for_selector(".list tbody tr")
    siti.page.get_by_label(said("list.sideways")).check()
    siti.page.wait_for_selector("html[data-paper=a4-wide]")
    assert paper_of(siti, tmp_path / "list.pdf") == [(297, 210)]
    assert not siti.complaints


def test_what_is_handed_in_is_marked_on_the_phone_and_known_at_the_centre(
    served: ServedApp, siti: Handset, colleague: Phone
):
    records = collected(colleague, 8400, 25200)
    siti.sent()
    mark_as_handed_in(siti)
    siti.sent()
    colleague.pull()
    for record in records:
        fields = colleague.held[record]["fields"]
        assert fields["handed_in_on"] and fields["extra.handed_in_to"] == "Bendahara desa"


# Practice ----------------------------------------------------------------------------------------------------------


def test_practising_shows_a_card_beside_the_real_form_and_leaves_nothing(served: ServedApp, siti: Handset):
    before = [siti.stored("meta", "stamp"), rows_in(siti, "drafts"), rows_in(siti, "files")]
    siti.visit("practice")
    siti.sees(said("practice.not_real"))
    siti.press(said("practice.start"))
    siti.page.wait_for_selector("form.asking")
    siti.page.locator("form.asking input[type=text]").first.type("6402110000009999")
    siti.page.wait_for_timeout(1500)  # longer than any draft waits to be kept
    assert [siti.stored("meta", "stamp"), rows_in(siti, "drafts"), rows_in(siti, "files")] == before
    assert not siti.complaints


# By hand -----------------------------------------------------------------------------------------------------------


def test_what_waits_is_carried_by_somebody_else_and_the_phone_learns_of_it_later(
    served: ServedApp, village: str, siti: Handset, colleague: Phone, tmp_path: Path
):
    siti.go_offline()
    record = register(siti, served.known_form("worker"), Person(1, village))
    siti.visit("handover")
    siti.press(said("handover.make"))
    siti.page.wait_for_selector(".around-files li")
    path = saved_bundle(siti, tmp_path)
    assert re.fullmatch(rf"sambung-{siti.id}-1-\d+\.sambung", path.name)
    answer: Any = served.call("POST", "/api/v1/bundles", data=path.read_bytes(), Content_Type="application/octet-stream")
    assert answer.status == 200
    served.merge_now()
    colleague.pull()
    assert record in colleague.held
    siti.go_online()
    siti.sent()
    assert until(lambda: len(colleague.pull()) == 1)


def test_a_revoked_phone_that_finds_no_line_is_wiped_only_after_the_officer_has_the_file(
    served: ServedApp, village: str, siti: Handset, tmp_path: Path
):
    siti.page.route("**/api/v1/bundles", lambda route: route.abort())
    siti.go_offline()
    register(siti, served.known_form("worker"), Person(1, village))
    assert served.run("revoke", siti.id).code == 0
    siti.go_online()
    until(lambda: siti.phase == "stopped", seconds=60)
    siti.visit("handover")
    siti.sees(said("revoked.title"))
    assert not siti.page.get_by_role("button", name=said("revoked.wipe")).count()
    siti.press(said("revoked.send"))
    siti.sees(said("revoked.not_taken"))
    path = saved_bundle(siti, tmp_path)
    siti.page.get_by_label(said("revoked.carried")).check()
    siti.press(said("revoked.wipe"))
    siti.press(said("revoked.yes"))
    siti.sees(said("end.wiped.title"))
    assert [rows_in(siti, store) for store in ("changes", "records", "sealed", "files")] == [0, 0, 0, 0]
    answer = served.call("POST", "/api/v1/bundles", data=path.read_bytes(), Content_Type="application/octet-stream")
    assert {result["status"] for result in answer.json["results"]} == {"quarantined"}
