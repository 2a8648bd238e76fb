"""The exports' desk: what each role is offered, what is asked, how it is told, and how a file leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.actions import exporting
from server.clock import now_ms
from server.export.lists import LISTS
from server.jobs.run import run
from server.jobs.timetable import timetable
from tests.server.console.world import Sitting
from tests.server.installation import VILLAGE, WORKER, Installation, copied

ASK = {"what": "workers", "format": "csv", "purpose": "rapat cakupan kabupaten"}


@pytest.fixture(scope="module")
def house(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    server = Installation(copied(template, tmp_path_factory.mktemp("exports") / "var"))
    phone = server.enrolled(VILLAGE)
    phone.sync(phone.change(), phone.change(None, WORKER | {"full_name": "Aminah", "nik": "6402115207909002"}))
    yield server
    server.close()


def make(server: Installation) -> None:
    with server.app.app_context():
        exporting.make_waiting(server.settings, now_ms())


def files(page: str) -> list[str]:
    return re.findall(r"/console/exports/(\d+)/file", page)


def test_each_role_is_offered_the_lists_that_it_may_have(house):
    offered = {
        role: re.findall(r"/console/exports\?what=(\w+)", Sitting(house, role, "64.02").get("/console/exports").text)
        for role in ("viewer", "officer", "operator", "auditor")
    }
    people = {name for name, listed in LISTS.items() if listed.act == "see people"}
    assert people >= {"workers", "contributions", "claims", "visits", "beneficiaries"}
    assert {"coverage", "duties", "agreements", "budgets"} <= set(offered["viewer"]) and people.isdisjoint(offered["viewer"])
    assert people < set(offered["officer"]) and {"devices", "audit"}.isdisjoint(offered["officer"])
    assert "devices" in offered["operator"] and "audit" not in offered["operator"]
    assert "audit" in offered["auditor"]
    officer = Sitting(house, "officer", VILLAGE).get("/console/exports").text
    assert "whole_niks" not in officer and 'name="sensitive"' not in officer
    auditor = Sitting(house, "auditor", "64.02").get("/console/exports").text
    assert "whole_niks" in auditor and 'name="sensitive"' not in auditor


def test_staff_ask_for_a_list_watch_it_being_made_and_fetch_it(house):
    staff = Sitting(house, "staff", "64.02")
    answer = staff.post("/console/exports", ASK)
    assert answer.status_code == 303 and answer.headers["Location"].endswith("#mine")
    page = staff.get("/console/exports").text
    assert "Menunggu giliran" in page and 'hx-trigger="every 2s"' in page and files(page) == []
    address = re.search(r'hx-get="([^"]*)"', page).group(1).replace("&amp;", "&")
    asks = {"headers": {"HX-Request": "true"}}
    assert staff.client.get(address, **asks).status_code == 204  # nothing new: nothing is sent
    make(house)
    part = staff.client.get(address, **asks)
    assert part.status_code == 200 and "<html" not in part.text and "every 2s" not in part.text
    (number,) = files(part.text)
    file = staff.get(f"/console/exports/{number}/file")
    named = file.headers["Content-Disposition"]
    plain = r"sambung-workers-\d{4}-\d\d-\d\d-64\.02\.csv"
    assert re.fullmatch(rf"attachment; filename\*=UTF-8''{plain}; filename=\"{plain}\"", named)
    assert (file.headers["Cache-Control"], file.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert int(file.headers["Content-Length"]) == len(file.data) and "Aminah" in file.text
    assert Sitting(house, "admin", "64.02").get(f"/console/exports/{number}/file").status_code == 404
    assert staff.post(f"/console/exports/{number}/delete").status_code == 303
    assert staff.get(f"/console/exports/{number}/file").status_code == 404


def test_what_must_be_mended_is_told_beside_its_field_and_what_was_typed_stays(house):
    staff = Sitting(house, "staff", "64.02")
    answer = staff.post("/console/exports", ASK | {"purpose": 'a"><b>', "from": "2026-02-30", "whole_niks": "1"})
    assert answer.status_code == 422
    assert "Tulis untuk apa data ini dipakai" in answer.text and "Tulis tanggal, misalnya" in answer.text
    assert 'value="a&#34;&gt;&lt;b&gt;"' in answer.text and 'name="whole_niks" value="1" checked' in answer.text
    assert staff.get("/console/exports").text.count('class="export"') == 0
    foreign = staff.post("/console/exports", ASK | {"within": "64.03"})
    assert foreign.status_code == 403
    assert Sitting(house, "viewer", "64.02").post("/console/exports", ASK).status_code == 403
    assert staff.client.post("/console/exports", data=ASK).status_code == 403  # without the page's own token


def test_files_that_are_ready_are_told_on_the_first_page(house):
    staff = Sitting(house, "staff", "64.02")
    assert "Berkas ekspor" not in staff.get("/console/").text
    staff.post("/console/exports", ASK)
    with house.app.app_context():
        assert run(timetable(house.settings)["exports"], house.settings, print).rows == 1
    assert "Berkas ekspor" in staff.get("/console/").text


def test_a_smaller_region_is_chosen_without_losing_the_list(house):
    answer = Sitting(house, "staff", "64.02").get("/console/exports/narrow", what="claims", within="64.02.11")
    assert answer.status_code == 303 and "what=claims" in answer.headers["Location"]
    assert "within=64.02.11" in answer.headers["Location"]
