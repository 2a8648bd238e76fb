"""The desk of lists, as central staff use it at a month's end: page by page, with a script and without."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from server.actions import lists_work
from server.actions.lists import PART_BYTES
from server.clock import now_ms
from server.console.door import csrf_of
from server.store.desk_tables import audit, audit_record
from tests.server.actions.test_lists import (
    BUDI,
    MONTH_END,
    SITI,
    WORKER_HEADS,
    as_csv,
    fields_of,
    line,
    village,
    worker_line,
)
from tests.server.console.world import Sitting
from tests.server.installation import Installation, copied

FORM = {"purpose": "members", "title": "Peserta Oktober", "as_of": "2026-11-20"}


class Staff(Sitting):
    """Central staff of a regency."""

    def bring(self, content: bytes, **form: str) -> str:
        """Without a script: the form with its file. Gives the list's page."""
        sent = FORM | form | {"file": (io.BytesIO(content), "Data Siti Aminah.csv")}
        answer = self.post("/console/lists", sent, content_type="multipart/form-data")
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return str(answer.headers["Location"])

    def read(self, page: str) -> str:
        """Take the columns as they were guessed, and wait for the work to be done."""
        text = self.get(page).get_data(as_text=True)
        chosen = {}
        for part in text.split("<select name=")[1:]:
            name = part.split('"')[1]
            options = part.split("</select>")[0].split("<option value=")[1:]
            chosen[name] = next((each.split('"')[1] for each in options if " selected" in each), "")
        answer = self.post(f"{page}/columns", chosen | {"do": "start"})
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return self.work(page)

    def work(self, page: str) -> str:
        with self.server.app.app_context():
            lists_work.work(self.server.settings, now_ms())
        return str(self.get(page).get_data(as_text=True))


@pytest.fixture(scope="module")
def server(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(copied(template, tmp_path_factory.mktemp("lists") / "var"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def people(server: Installation) -> tuple[str, str]:
    _, siti, budi = village(server)
    return siti, budi


@pytest.fixture(scope="module")
def staff(server: Installation, people: Any) -> Staff:
    return Staff(server, "staff", "64.02")


def test_staff_bring_a_list_without_any_script_and_see_how_it_would_be_read(staff):
    page = staff.bring(as_csv([*MONTH_END, line(SITI, "Siti", born="31/02/1990")]))
    text = staff.get(page).get_data(as_text=True)
    assert "Kolom mana berisi apa?" in text and SITI in text and "Tanggal ini tidak terbaca" in text
    assert "Data Siti Aminah" not in text, "the file's own name is not kept"


def test_what_is_lacking_is_said_beside_its_field(staff):
    sent = {"purpose": "members", "title": "", "as_of": "2099-01-01", "csrf": csrf_of(staff.token)}
    answer = staff.client.post("/console/lists", data=sent | {"file": (io.BytesIO(b"x"), "x.csv")})
    assert answer.status_code == 422 and "Beri nama" in answer.get_data(as_text=True)


def test_columns_that_are_needed_must_be_named(staff):
    page = staff.bring(as_csv([("640", "x")], ("Angka", "Kata")) + b"\r\n1;2")
    text = staff.get(page).get_data(as_text=True)
    assert "tidak bisa dibaca" in text or "Kolom mana" in text


def test_a_month_end_is_accepted_at_once_and_says_before_and_after_what_is_written(server, staff, people):
    page = staff.bring(as_csv([*MONTH_END, line("6402111010809009", "Orang Lain")]))
    text = staff.read(page)
    for said in ("Cocok, siap diterima <strong>2</strong>", "Hanya di daftar <strong>1</strong>", "iuran dikonfirmasi"):
        assert said in text
    answer = staff.post(f"{page}/accept", {"verdict": "safe"})
    assert answer.status_code == 303
    assert "sedang ditulis" in staff.get(page).get_data(as_text=True)
    done = staff.work(page)
    assert "Sudah ditulis dari daftar ini" in done and fields_of(server, people[0])["kpj"] == "21001"
    with server.reading() as connection:
        acts = set(connection.scalars(select(audit.c.act)))
    assert {"list-in", "accept-list", "list"} <= acts


def test_the_same_file_again_is_said_to_be_known_and_has_nothing_to_write(staff):
    page = staff.bring(as_csv([*MONTH_END, line("6402111010809009", "Orang Lain")]))
    assert "persis sama sudah pernah diunggah" in staff.get(page).get_data(as_text=True)
    text = staff.read(page)
    assert "Sudah sama <strong>2</strong>" in text and "Cocok, siap diterima <strong>0</strong>" in text


def test_rows_with_errors_are_downloaded_safe_for_a_spreadsheet(staff):
    rows = [line(SITI, "=HYPERLINK(1)", born="x"), line("x", "Budi"), line(BUDI, "=cmd|x")]
    page = staff.bring(as_csv(rows))
    staff.read(page)
    answer = staff.get(f"{page}/report/errors")
    text = answer.get_data().decode("utf-8-sig")
    assert answer.content_type.startswith("text/csv") and "attachment" in answer.headers["Content-Disposition"]
    assert text.splitlines()[0] == "Baris;Kolom;Masalah;Problem" and "2;Tanggal lahir;" in text and "can't be read" in text
    differs = staff.get(f"{page}/report/differences").get_data().decode("utf-8-sig")
    assert "'=cmd|x" in differs and f"'{BUDI}" in differs
    assert staff.get(f"{page}/report/everything").status_code == 404


def test_the_log_names_whom_a_downloaded_report_tells_of(server, staff, people):
    differs = staff.bring(as_csv([line(SITI, "Nama Lain Sekali")]))
    others = staff.bring(as_csv([worker_line("6402111010809009", "Orang Lain")], WORKER_HEADS), purpose="workers")
    for page, what, whom in ((differs, "differences", people[0]), (others, "only-here", people[1])):
        staff.read(page)
        assert staff.get(f"{page}/report/{what}").get_data()
        with server.reading() as connection:
            newest = connection.scalar(select(func.max(audit.c.id)).where(audit.c.act == "download"))
            named = set(connection.scalars(select(audit_record.c.record).where(audit_record.c.audit == newest)))
        assert whom in named


def test_rows_that_differ_are_chosen_one_by_one(server, staff, people):
    page = staff.bring(as_csv([line(SITI, "Nurhayati", "31001"), line(BUDI, "Budi Santoso", "31002")]))
    staff.read(page)
    text = staff.get(f"{page}?tab=differs").get_data(as_text=True)
    assert "<del>21001</del>" in text and "<ins>31001</ins>" in text
    assert staff.post(f"{page}/rows", {"verdict": "differs", "row": "2", "do": "accept"}).status_code == 303
    staff.work(page)
    assert staff.post(f"{page}/rows", {"verdict": "differs", "row": "3", "do": "leave"}).status_code == 303
    assert [fields_of(server, each)["kpj"] for each in people] == ["31001", "21002"]
    assert staff.post(f"{page}/rows", {"verdict": "differs", "do": "accept"}).status_code == 422


def test_somebody_who_is_only_alike_is_shown_beside_the_row_and_confirmed(server, staff, people):
    slip = BUDI[:4] + "99" + BUDI[6:]
    page = staff.bring(as_csv([line(slip, "Budi Santoso", born="12/07/1990")]))
    text = staff.read(page)
    assert "Siapa orangnya?" in text and f'value="{people[1]}"' in text and "beda" in text
    answer = staff.post(f"{page}/rows", {"verdict": "likely", "row": "2", "who-2": people[1], "do": "accept"})
    assert answer.status_code == 303
    assert "Ada yang berbeda <strong>1</strong>" in staff.work(page)


def test_new_workers_of_a_first_load_are_made_from_the_page(server, staff):
    page = staff.bring(as_csv([worker_line("6402115507929003", "Rina Marlina")], WORKER_HEADS), purpose="workers")
    assert "Hanya di daftar <strong>1</strong>" in staff.read(page)
    assert staff.post(f"{page}/accept", {"verdict": "only_there"}).status_code == 303
    assert "pekerja baru" in staff.work(page)


def test_a_script_brings_a_file_part_by_part_and_goes_on_where_it_was(staff):
    content = as_csv(MONTH_END) + b"\r\n" * PART_BYTES
    headers = {"Accept": "application/json"}
    begun = staff.post("/console/lists", FORM | {"size": str(len(content))}, headers=headers)
    assert begun.status_code == 201
    part = begun.json["part"]

    def send(at: int, data: bytes) -> Any:
        sent = {"X-CSRF": csrf_of(staff.token), **headers}
        return staff.client.post(f"{part}?offset={at}", data=data, headers=sent, content_type="application/octet-stream")

    assert send(0, content[:PART_BYTES]).json == {"got": PART_BYTES}
    ahead = send(2 * PART_BYTES, content[2 * PART_BYTES :])
    assert (ahead.status_code, ahead.json["got"]) == (409, PART_BYTES)
    text = staff.get(begun.json["page"]).get_data(as_text=True)
    assert f'data-got="{PART_BYTES}"' in text and "data-last-sha" in text
    assert send(PART_BYTES, content[PART_BYTES : 2 * PART_BYTES]).status_code == 200
    assert send(2 * PART_BYTES, content[2 * PART_BYTES :]).json == {"got": len(content)}
    assert "Kolom mana berisi apa?" in staff.get(begun.json["page"]).get_data(as_text=True)
    assert send(0, b"x").status_code == 409, "what is whole is not written over"


def test_a_page_that_looks_again_is_told_when_nothing_is_new(staff):
    text = staff.get("/console/lists").get_data(as_text=True)
    mark = text.split("was=")[1].split('"')[0].split("&")[0]
    answer = staff.client.get(f"/console/lists?was={mark}", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.get_data()) == (204, b"")


def test_what_waits_stands_on_the_first_page(staff):
    assert "Daftar untuk dicocokkan" in staff.get("/console/").get_data(as_text=True)


def test_an_auditor_sees_a_list_and_can_not_accept(server, staff):
    page = staff.bring(as_csv([line(SITI, "Sulaiman")]))
    staff.read(page)
    auditor = Staff(server, "auditor", "64.02")
    text = auditor.get(f"{page}?tab=differs").get_data(as_text=True)
    assert "Sulaiman" in text.title() and "Ikuti daftar" not in text and "Hapus berkas" not in text
    assert auditor.post(f"{page}/rows", {"verdict": "differs", "row": "2", "do": "accept"}).status_code == 403
    assert Staff(server, "staff", "64.03").get(page).status_code == 404


def test_a_list_is_put_away_with_all_that_it_says(server, staff):
    page = staff.bring(as_csv([line(SITI, "Sulaiman")]))
    staff.read(page)
    assert staff.post(f"{page}/drop").status_code == 303
    text = staff.get(page).get_data(as_text=True)
    assert "sudah dihapus" in text and "Sulaiman" not in text and SITI not in text
    assert staff.post(f"{page}/rows", {"verdict": "differs", "row": "2", "do": "accept"}).status_code == 409
