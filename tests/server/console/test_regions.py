"""The desk of regions: the tree with its targets, and villages that end, split or get another name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from server.actions import succession
from server.clock import day_at, now_ms
from server.jobs import on_demand
from server.store import tables as t
from tests.server.console.world import Sitting
from tests.server.installation import NEIGHBOUR, VILLAGE, WORKER, Installation, copied

NEW = "64.02.11.2901"
TREE = "/console/regions"


@pytest.fixture(scope="module")
def made(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    server = Installation(copied(template, tmp_path_factory.mktemp("regions") / "var"))
    for village in (VILLAGE, NEIGHBOUR):
        phone = server.enrolled(village)
        phone.sync(*(phone.change(fields=WORKER | {"rt": rt}) for rt in ("001", "002")))
    yield server
    server.close()


@pytest.fixture(scope="module")
def admin(made: Installation) -> Sitting:
    return Sitting(made, "admin", "64")


def page(sitting: Sitting, code: str) -> str:
    return sitting.get(f"{TREE}/{code}", lang="id").get_data(as_text=True)


def today() -> str:
    return day_at(now_ms(), VILLAGE).isoformat()


def homes(made: Installation) -> list[str]:
    with made.reading() as connection:
        return sorted(connection.scalars(select(t.record.c.home).where(t.record.c.kind == "worker")))


def test_the_tree_shows_each_part_with_its_phones_and_names_before_codes(made, admin):
    text = admin.get(TREE, within="64.02", lang="id").get_data(as_text=True)
    assert "Muara Kaman" in text and 'data-label="HP">2' in text
    assert admin.get(TREE, within="63").status_code == 403
    assert admin.get(f"{TREE}/63.01").status_code == 404 and admin.get(f"{TREE}/64.99").status_code == 404


def test_a_target_is_set_shown_with_its_progress_and_not_by_an_operator(made, admin):
    year = day_at(now_ms(), "64.02").year
    bad = admin.post(f"{TREE}/64.02/target", {"year": str(year), "workers": "banyak"})
    assert bad.status_code == 422 and 'value="banyak"' in bad.get_data(as_text=True)
    assert admin.post(f"{TREE}/64.02/target", {"year": str(year)}).status_code == 422
    assert admin.post(f"{TREE}/64.02/target", {"year": "soon", "workers": "1"}).status_code == 400
    assert admin.post(f"{TREE}/64.02/target", {"year": str(year), "workers": "1.200"}).status_code == 303
    assert "0 / 1.200" in page(admin, "64.02")
    assert "0 / 1.200" in admin.get(TREE, within="64", lang="id").get_data(as_text=True)
    operator = Sitting(made, "operator", "64")
    assert operator.post(f"{TREE}/64.02/target", {"year": str(year), "workers": "1"}).status_code == 403
    assert "Simpan target" not in page(operator, "64.02")


def test_a_share_is_written_as_people_write_it(made, admin):
    assert admin.post(f"{TREE}/64/target", {"year": "2027", "rate": "42,5 %"}).status_code == 303
    assert "42,5 %" in page(admin, "64")


def test_a_region_is_added_and_renamed_and_what_is_wrong_stays_in_the_form(made, admin):
    wrong = admin.post(f"{TREE}/64.02.11/add", {"code": "64.03.01.2001", "name": "Salah"})
    assert wrong.status_code == 422 and 'value="64.03.01.2001"' in wrong.get_data(as_text=True)
    assert admin.post(f"{TREE}/64.02.11/add", {"code": NEW, "name": "Muara Kaman Baru"}).status_code == 303
    assert admin.post(f"{TREE}/{NEW}/rename", {"name": "Kaman Baru"}).status_code == 303
    assert "Kaman Baru" in page(admin, NEW)
    assert admin.post(f"{TREE}/{NEW}/rename", {"name": " "}).status_code == 422


def test_a_district_with_another_code_is_noted_on_its_own_page(made, admin):
    said = {"other": "64.02.98", "since": today(), "why": "UU uji"}
    assert "Semua desanya ganti kode" in page(admin, "64.02.01")
    assert admin.post(f"{TREE}/64.02.01/end", said | {"other": "64.02"}).status_code == 422
    assert admin.post(f"{TREE}/64.02.01/end", said).status_code == 303
    assert "64.02.98" in page(admin, "64.02.01") and "Kode ini berakhir" in page(admin, "64.02.01")
    assert "Meneruskan" in page(admin, "64.02.98")


def test_a_village_that_splits_is_divided_by_rt_and_the_rest_stays(made, admin):
    said = {"new": NEW, "since": today(), "why": "Perda uji", "ends": "no"}
    assert admin.post(f"{TREE}/{NEIGHBOUR}/end", said | {"why": ""}).status_code == 422
    assert admin.post(f"{TREE}/{NEIGHBOUR}/end", said).status_code == 303
    text = page(admin, NEIGHBOUR)
    assert "RT 001" in text and "Pindahkan" in text and "RT 001" not in page(Sitting(made, "viewer", "64"), NEIGHBOUR)
    assert admin.post(f"{TREE}/{NEIGHBOUR}/assign", {"new": NEW}).status_code == 422
    moved = admin.post(f"{TREE}/{NEIGHBOUR}/assign", {"new": NEW, "part": "001/"})
    assert moved.status_code == 303 and homes(made).count(NEW) == 1 and homes(made).count(NEIGHBOUR) == 1


def test_a_village_that_ends_hands_on_by_itself_and_says_so(made, admin):
    answer = admin.post(f"{TREE}/{VILLAGE}/end", {"other": NEW, "since": today(), "why": "Permendagri uji", "ends": "yes"})
    assert answer.status_code == 303
    with made.app.app_context():
        for _ in range(100):
            if on_demand.at_work("succession") is None:
                break
            time.sleep(0.05)
        succession.move_on(made.settings, now_ms())
    assert VILLAGE not in homes(made)
    text = page(admin, VILLAGE)
    assert "Tidak ada pekerja yang tertinggal" in text and "Diteruskan oleh" in text and "Kaman Baru" in text
    assert "Meneruskan" in page(admin, NEW)
    assert "berakhir" in admin.get(TREE, within="64.02.11", lang="id").get_data(as_text=True)
