"""The page of coverage: every number beside its denominator, and what was frozen beside today."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import insert, text

from programme import months
from server.actions.coverage_pages import COMPARED
from server.clock import day_at, now_ms
from server.console import coverage as desk
from server.db import transaction
from server.store import programme_tables as p
from tests.server.console.world import Sitting
from tests.server.figured import figure, freeze
from tests.server.installation import Installation, copied

NOW = months.of_day(day_at(now_ms(), "64"))
KUTIM, KUKAR, BERAU, PASER = "64.08.05.2018", "64.02.11.2005", "64.03.04.2003", "64.01.03.2002"
TODAY = "2026-11-26"


@pytest.fixture(scope="module")
def server(template, tmp_path_factory) -> Iterator[Installation]:
    """Kutai Timur's reported numbers; a small village; one without a denominator; one as they should be."""
    made = Installation(copied(template, tmp_path_factory.mktemp("coverage") / "var"))
    with made.app.app_context(), transaction() as connection:
        for back in range(6):
            month = NOW - back
            figure(connection, KUTIM, month, 51_086, active=77_074)
            figure(connection, BERAU, month, 22, active=8, proposed=3)
            figure(connection, PASER, month, None, active=12)
            figure(connection, KUKAR, month, 1_000, active=400 - 10 * back, jkk=450, jkm=410, jht=90, in_arrears=25,
                   inactive=14, unconfirmed=7, segment=9, wage_earners=6, wage_earners_active=2, apparatus=3,
                   apparatus_active=3)
        freeze(connection, TODAY, [NOW, NOW - 1])
        connection.execute(insert(p.closed_month), {"month": NOW - 1, "day": TODAY, "at": 0})
    yield made
    made.close()


@pytest.fixture(scope="module")
def viewer(server: Installation) -> Sitting:
    return Sitting(server, "viewer", "64")


def page(sitting: Sitting, path: str = "/console/coverage", **query: str) -> str:
    answer = sitting.get(path, **query)
    assert answer.status_code == 200, answer.status_code
    return answer.get_data(as_text=True)


def row(html: str, name: str) -> str:
    """The words of a region's row."""
    found = next(each for each in re.findall(r"<tr>\s*<th scope=\"row\".*?</tr>", html, re.S) if f">{name}</a>" in each)
    return " ".join(re.sub("<[^>]*>", " ", found).split())


def test_kutai_timurs_150_percent_is_shown_as_it_is_with_what_to_do(viewer: Sitting) -> None:
    html = page(viewer)
    assert "150,9 % jumlah pekerja perlu diperiksa 77.074 51.086" in row(html, "Kabupaten Kutai Timur")
    assert "hitung ulang jumlah pekerjanya" in html and "Di atas 100 %" in html


def test_of_few_workers_there_are_a_count_and_an_interval_and_no_percentage_of_their_own(viewer: Sitting) -> None:
    told = row(page(viewer), "Kabupaten Berau")
    assert "8 / 22 antara 19,7 % dan 57,0 %" in told and "36," not in told


def test_without_a_denominator_nothing_is_made_up(viewer: Sitting) -> None:
    assert "belum bisa dihitung 12 –" in row(page(viewer), "Kabupaten Paser")


def test_each_programme_has_its_own_numerator(viewer: Sitting) -> None:
    html = page(viewer, within="64.02.11")
    expected = {"JKK dan JKM": "400 40,0 %", "JKK (kecelakaan kerja)": "450 45,0 %", "JHT (hari tua)": "90 9,0 %"}
    for name, told in expected.items():
        assert re.search(re.escape(name) + r"\s+" + told, " ".join(re.sub("<[^>]*>", " ", html).split())), name
    assert "45,0 %" in row(page(viewer, within="64.02.11", program="JKK"), "Muara Kaman Ulu")


def test_wage_earners_and_village_staff_stand_apart(viewer: Sitting) -> None:
    html = " ".join(re.sub("<[^>]*>", " ", page(viewer, within="64.02.11")).split())
    assert "Penerima upah 6 2" in html and "Perangkat desa 3 3" in html


@pytest.mark.parametrize("sort, first", [("rate", "Kutai Timur"), ("count", "Kutai Timur"), ("name", "Kabupaten Berau")])
def test_the_regions_are_sorted_by_links(viewer: Sitting, sort: str, first: str) -> None:
    rows = re.findall(r'<th scope="row" data-label="Wilayah"><a data-row [^>]*>([^<]*)', page(viewer, sort=sort))
    assert first in rows[0]


def test_the_map_leads_deeper_and_the_trend_says_its_numbers(viewer: Sitting) -> None:
    html = page(viewer)
    assert re.search(r'<a href="/console/coverage\?within=64\.08"><title>Kutai Timur: 150,9 %', html)
    assert html.count('class="chart"') == 2 and "Lihat angkanya" in html
    assert " style=" not in html


def test_a_month_that_has_not_begun_or_is_none_is_this_month(viewer: Sitting) -> None:
    for month in ("2099-01", "x", "2026-13", "0001-01"):
        assert "(berjalan)" in page(viewer, month=month)
    assert "(berjalan)" not in page(viewer, month=months.text(NOW - 2))


def test_an_empty_region_says_what_to_do_first(server: Installation) -> None:
    assert "Angka muncul beberapa menit sesudah" in page(Sitting(server, "staff", "73"))


def test_regions_without_anything_are_named_below_the_table_and_fill_no_rows(viewer: Sitting) -> None:
    html = page(viewer, within="64.02.11")
    assert html.count("<th scope=\"row\" data-label=\"Wilayah\"><a data-row") == 1
    assert "jumlah pekerjanya belum diisi: 19" in html and "within=64.02.11.2004" in html


def test_a_village_has_neither_map_nor_parts_and_tells_its_source(viewer: Sitting) -> None:
    html = page(viewer, within=KUKAR)
    assert 'class="map"' not in html and "Wilayah di bawahnya" not in html and "sumber belum diisi" in html


def test_a_foreign_region_is_refused(viewer: Sitting) -> None:
    assert viewer.get("/console/coverage", within="65").status_code == 403
    assert viewer.get("/console/coverage/days", within="65").status_code == 403


def test_what_was_frozen_is_shown_beside_what_has_changed(server: Installation, viewer: Sitting) -> None:
    with server.app.app_context(), transaction() as connection:
        connection.execute(text(f"UPDATE figure SET active = 380 WHERE village = '{KUKAR}' AND month = {NOW - 1}"))
    html = page(viewer, "/console/coverage/days", day=TODAY, month=months.text(NOW - 1), within="64.02.11")
    told = " ".join(re.sub("<[^>]*>", " ", html).split())
    assert "segel utuh" in told and "Aktif 390 380 −10" in told
    assert "Muara Kaman Ulu 390 39,0 % 380 38,0 %" in told


def test_a_broken_seal_is_cried_out(server: Installation, viewer: Sitting) -> None:
    with server.app.app_context(), transaction() as connection:
        freeze(connection, "2026-11-25", [NOW])
        for act in ("delete", "update"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS snapshot_{act}"))
        connection.execute(text("UPDATE snapshot SET active = 1 WHERE day = '2026-11-25'"))
    assert "SEGEL RUSAK" in page(viewer, "/console/coverage/days", day="2026-11-25")


@pytest.mark.parametrize(
    "query", [{"day": "2020-01-01"}, {"day": "x"}, {"day": TODAY, "month": "x"}, {"day": "2026-11-26'--"}]
)
def test_a_day_that_was_never_frozen_is_not_there(viewer: Sitting, query: dict[str, str]) -> None:
    assert viewer.get("/console/coverage/days", **query).status_code == 404


def test_it_speaks_english(viewer: Sitting) -> None:
    html = page(viewer, lang="en")
    assert "Coverage: " in html and "check the number of workers" in html
    page(viewer, lang="id")


def test_whatever_is_compared_has_a_name() -> None:
    assert {*COMPARED, "eligible"} <= set(desk.COUNTED)
