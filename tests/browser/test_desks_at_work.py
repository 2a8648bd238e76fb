"""An operator's morning and central staff's month end, in a real browser before a served installation."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.browser.handset import CHROMIUM
from tests.browser.installation import ServedApp
from tests.protocol.world import PASSWORD, WORKER, Phone

LAPTOP = {"width": 1280, "height": 800}
DAY_MS = 24 * 60 * 60 * 1000
MONTH = "2026-11"


@dataclass
class Worker:
    """Somebody at a desk: a browser of his own, and what it complained of."""

    page: Any
    url: str
    complaints: list[str]

    def goes_to(self, path: str) -> None:
        self.page.goto(self.url + path)

    def reads(self) -> str:
        return str(self.page.inner_text("main"))

    def presses(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def clicks(self, name: str, role: str = "button") -> None:
        self.page.get_by_role(role, name=name).first.click()


@pytest.fixture
def signed_in(playwright: Any, served: ServedApp) -> Iterator[Callable[[str, str], Worker]]:
    """signed_in(role, region): somebody who comes in by the entrance."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    made: list[Worker] = []

    def come_in(role: str, region: str) -> Worker:
        desk = served.desk(role, region)
        page = browser.new_context(locale="id-ID", viewport=LAPTOP, accept_downloads=True).new_page()
        worker = Worker(page, served.url, [])
        page.on("console", lambda said: worker.complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: worker.complaints.append(str(error)))
        worker.goes_to("/console/")
        page.fill("[name=name]", desk.name)
        page.fill("[name=password]", PASSWORD)
        page.click("main button")
        page.wait_for_url("**/console/")
        made.append(worker)
        return worker

    yield come_in
    assert [said for one in made for said in one.complaints] == []
    browser.close()


def set_back(served: ServedApp, device: str, days: int) -> None:
    """The phone was last heard so many days ago: nobody waits that long for a test."""
    with sqlite3.connect(served.folder / "sambung.db") as writing:
        writing.execute("UPDATE device SET contact_at = contact_at - ? WHERE id = ?", (days * DAY_MS, device))


def differ(siti: Phone, budi: Phone, number: int) -> str:
    """Both know a worker; each writes another name, unseen by the other. Gives the record."""
    record = siti.worker(nik=f"640211520790{9100 + number}", full_name=f"Warga {number}")
    budi.pull()
    siti.sync(siti.edit(record, full_name=f"Warga Siti {number}"))
    budi.sync(budi.edit(record, full_name=f"Warga Budi {number}"))
    return record


def test_an_operators_morning(served: ServedApp, village: str, signed_in: Callable[[str, str], Worker]) -> None:
    siti, budi = served.phone(village), served.phone(village, officer="Budi Santoso")
    silent = served.phone(village, officer="Lawing Ikau")
    silent.pull()
    set_back(served, silent.id, 12)
    records = [differ(siti, budi, number) for number in (1, 2, 3)]
    wrong = siti.change(fields=WORKER | {"nik": "640211520790911", "full_name": "Kurang Satu"})
    assert siti.status_of(wrong) == ["quarantined"]
    rina = signed_in("operator", village)
    text = rina.reads()
    assert "HP perlu ditolong" in text and "Isian berbeda" in text and "Perlu dibetulkan" in text

    rina.clicks("HP petugas", "link")
    row = rina.page.get_by_role("row").filter(has_text="Lawing Ikau")
    assert "12 hari" in row.inner_text() and "Diam" in row.inner_text()
    row.get_by_role("link", name="Lawing Ikau", exact=True).click()
    assert "12 hari" in rina.reads() and "telepon" in rina.reads().lower()

    rina.goes_to("/console/conflicts")
    rina.page.get_by_role("link", name="Warga").first.click()
    for _ in records:  # by the keyboard alone
        rina.page.wait_for_selector("#decide")
        before = rina.page.url
        rina.presses("2", "Enter")
        rina.page.wait_for_function("before => location.href !== before", arg=before)
    assert "Tidak ada" in rina.reads()
    for phone in (siti, budi):
        held = phone.pull()
        assert all(not held[record].get("conflicts") for record in records)
    assert {siti.held[record]["fields"]["full_name"] for record in records} == {
        budi.held[record]["fields"]["full_name"] for record in records
    }

    rina.goes_to("/console/corrections")
    rina.page.get_by_role("link", name="Kurang Satu").click()
    assert "640211520790911" in rina.reads()
    rina.page.fill("article textarea[name=note]", "NIK kurang satu angka; lihat lagi KTP-nya.")
    rina.clicks("Kembalikan")
    rina.page.wait_for_selector(".said")
    told = siti.send()
    assert any("kurang satu angka" in notice["text"] for notice in told["notices"])
    lists = served.call("GET", "/api/v1/worklists", token=siti.token).json
    assert any("kurang satu angka" in (entry.get("note") or "") for entry in lists["to_correct"])


def test_back_from_a_person_finds_the_search_again_until_somebody_else_signs_in(
    served: ServedApp, village: str, signed_in: Callable[[str, str], Worker]
) -> None:
    phone = served.phone(village, officer="Wati Lestari")
    change = phone.change(fields=WORKER | {"nik": "6402115207909871", "full_name": "Zubaidah Ringkai"})
    assert phone.status_of(change) == ["merged"]
    assert served.run("jobs", "run", "people").code == 0
    operator = signed_in("operator", village)
    page = operator.page

    def finds() -> None:
        page.wait_for_selector("#found table >> text=Zubaidah Ringkai")
        assert page.input_value("[name=q]") == "zubaida ringkai" and "zubaida" not in page.url

    operator.goes_to("/console/workers")
    page.fill("[name=q]", "zubaida ringkai")
    operator.presses("Enter")
    finds()
    page.click("text=Zubaidah Ringkai")
    page.wait_for_selector("h1 >> text=Zubaidah Ringkai")
    page.go_back()
    finds()
    page.click("text=Zubaidah Ringkai")
    page.click("text=← Cari pekerja")
    finds()
    operator.goes_to("/console/workers")
    assert page.input_value("[name=q]") == "", "who comes anew begins anew"
    page.click("header details.drop summary")
    operator.clicks("Keluar")
    page.wait_for_url("**/console/entrance*")
    page.wait_for_function("() => sessionStorage.getItem('sambung.search') === null", timeout=5000)


def branch_list(rows: list[tuple[str, str, str, str]]) -> bytes:
    """What a branch sends: member number, NIK, name and birth date of each, all paid for the month."""
    text = StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(["KPJ", "NIK", "Nama Peserta", "Tgl Lahir", "Program", "Periode", "Iuran", "Tgl Bayar"])
    writer.writerows([(*row, "JKK+JKM", f"{MONTH[5:]}-{MONTH[:4]}", "8400", "05/11/2026") for row in rows])
    return ("\ufeff" + text.getvalue()).encode()


def test_central_staffs_month_end(
    served: ServedApp, village: str, signed_in: Callable[[str, str], Worker], tmp_path: Path
) -> None:
    siti = served.phone(village)
    known = [siti.worker(nik=f"640211520790{9200 + n}", full_name=f"Rahmat Hidayat {word}", birth_date="1990-07-12")
             for n, word in enumerate(("Noor", "Ilham", "Basri"))]  # fmt: skip
    twice = siti.worker(nik="6402115207909200", full_name="Rahmat Hidayat Nor", birth_date="1990-07-12")
    paid = siti.change(None, {
        "worker": known[0], "months": [MONTH], "programs": ["JKK", "JKM"], "amount": 8400, "funding": "self",
        "paid_on": "2026-11-02",
    }, kind="contribution")  # fmt: skip
    siti.sync(paid)
    for job in ("people", "duplicates", "coverage"):
        assert served.run("jobs", "run", job).code == 0
    wati = signed_in("staff", village)

    file = tmp_path / "cabang.csv"
    file.write_bytes(branch_list([
        ("26000000001", "6402115207909201", "Rahmat Hidayat Ilham", "12/07/1990"),
        ("26000000002", "6402115207909202", "Rahmat Hidayat Basri", "12/07/1990"),
        ("26000000003", "6402115207909999", "Belum Dikenal", "01/02/1988"),
        ("26000000004", "64021152079099", "Nomor Pendek", "01/02/1988"),
    ]))  # fmt: skip
    number = bring(wati, served, file)
    assert "Aman" in wati.reads() or "Cocok" in wati.reads()
    wati.page.locator("details.ask > summary", has_text="Terima semua").click()
    wati.page.get_by_role("button", name="Ya, terima semua").click()
    assert served.run("jobs", "run", "lists").code == 0
    wati.goes_to(f"/console/lists/{number}")
    assert "Sudah ditulis" in wati.reads()
    held = siti.pull()
    assert {held[record]["fields"].get("kpj") for record in known[1:]} == {"26000000001", "26000000002"}

    before = served.run("digest", "--json").json["digest"]
    bring(wati, served, file)
    assert served.run("digest", "--json").json["digest"] == before  # the same file again changes nothing
    assert wati.page.get_by_role("button", name="Ya, terima semua").count() == 0

    wati.goes_to("/console/duplicates")
    wati.page.get_by_role("row").filter(has_text="NIK sama").get_by_role("link").first.click()
    wati.page.fill("[name=reason]", "NIK dan tanggal lahir sama")
    wati.clicks("Satu orang: gabungkan")
    wati.page.wait_for_selector(".said")
    siti.pull()
    assert len({known[0], twice} & siti.held.keys()) == 1

    wati.goes_to("/console/exports?what=workers")
    wati.page.check("[name=format][value=csv]")
    wati.page.fill("[name=purpose]", "Laporan akhir bulan kepada dinas")
    wati.clicks("Buat berkas")
    assert served.run("jobs", "run", "exports").code == 0
    wati.goes_to("/console/exports?what=workers")
    with wati.page.expect_download() as started:
        wati.page.locator("#mine a[download]").first.click()
    text = Path(started.value.path()).read_text(encoding="utf-8-sig")
    assert "Rahmat Hidayat Ilham" in text and "6402115207909201" not in text  # masked unless asked for
    assert "Rahmat" not in started.value.suggested_filename


def bring(wati: Worker, served: ServedApp, file: Path) -> str:
    """Upload a list of the branch, say which column is which, and have it matched; gives its number."""
    wati.goes_to("/console/lists")
    form = wati.page.locator("form[enctype]")
    if not form.is_visible():  # it stands open where no list was brought yet
        wati.page.locator("summary", has_text="Unggah daftar").click()
    form.locator("[name=purpose][value=members]").check()
    form.locator("[name=title]").fill("Daftar cabang November")
    form.locator("[name=as_of]").fill("2026-11-26")
    form.locator("[type=file]").set_input_files(str(file))
    form.get_by_role("button").last.click()
    wati.page.wait_for_url("**/console/lists/*")
    number = wati.page.url.partition("?")[0].rpartition("/")[2]
    wati.page.wait_for_selector("button[value=start]")
    wati.page.click("button[value=start]")
    assert served.run("jobs", "run", "lists").code == 0
    wati.goes_to(f"/console/lists/{number}")
    return number
