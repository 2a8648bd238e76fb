"""The public page: for anybody, on a poor line, of nobody in particular."""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import insert

from programme import months
from server.actions.public import source_of
from server.db import transaction
from server.store import programme_tables as p
from tests.server.figured import figure, freeze, villages_of
from tests.server.installation import Installation, copied

MONTH = months.number("2026-11")
HOME = "64.02.11"  # a kecamatan with many villages


@pytest.fixture(scope="module")
def server(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """East Kalimantan with figures of all its villages, of two months; two days frozen."""
    made = Installation(copied(template, tmp_path_factory.mktemp("public") / "var"))
    with made.app.app_context(), transaction() as connection:
        for number, village in enumerate(villages_of(connection, "64")):
            figure(connection, village, MONTH - 1, 140 + number % 300, active=number % 90, jht=number % 7)
            if village.startswith(HOME) or number % 50:
                eligible = None if village == f"{HOME}.2009" else 140 + number % 300
                figure(connection, village, MONTH, eligible, active=number % 100, jht=number % 9)
        figure(connection, "65.01.01.2001", MONTH, 25, active=9)
        freeze(connection, "2026-11-05", [MONTH - 1])
        connection.execute(insert(p.closed_month), {"month": MONTH - 1, "day": "2026-11-05", "at": 0})
        freeze(connection, "2026-11-26", [MONTH])
    yield made
    made.close()


def text(server: Installation, path: str, **headers: str) -> str:
    answer = server.client.get(path, headers=headers)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def rows(page: str) -> dict[str, list[str]]:
    """Region -> the cells of its row."""
    found = {}
    for row in re.findall(r'<tr><th scope="row">(.*?)</tr>', page):
        cells = [" ".join(re.sub("<[^>]*>", " ", cell).split()) for cell in row.split("<td")]
        found[cells[0]] = [cell.partition(">")[2].strip() if ">" in cell else cell for cell in cells[1:]]
    return found


def test_anybody_reads_it_and_goes_down_to_the_villages(server: Installation) -> None:
    country, province = text(server, "/publik"), text(server, "/publik/64")
    assert 'href="/publik/64?lang=id"' in country and 'href="/publik/64.02?lang=id"' in province
    kecamatan = text(server, f"/publik/{HOME}")
    assert "Muara Kaman Ulu" in kecamatan and "disamarkan" in kecamatan
    assert "/publik/64.02.11.2005" not in kecamatan, "a village has no page of its own"


def test_no_count_under_five_and_none_that_is_not_rounded_is_shown(server: Installation) -> None:
    for path in ("/publik", "/publik/64", "/publik/64.02", f"/publik/{HOME}"):
        for name, cells in rows(text(server, path)).items():
            for cell in cells[1:3]:
                shown = re.sub(r"[^0-9]", "", cell.split('">')[-1])
                assert not shown or int(shown) == 0 or int(shown) % 5 == 0, (path, name, cell)


def test_a_page_fits_the_poorest_line_and_is_one_request(server: Installation) -> None:
    sizes = {}
    for path in ("/publik", "/publik/64", "/publik/64.02", f"/publik/{HOME}", "/publik/64.03"):
        answer = server.client.get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Encoding"] == "gzip"
        sizes[path] = len(answer.data) + sum(len(f"{name}: {value}\r\n") for name, value in answer.headers.items())
        page = gzip.decompress(answer.data).decode()
        assert "<script" not in page and " style=" not in page and "<img" not in page and "@import" not in page
        assert re.findall(r'(?:src|href)="(?!/|\?|#|data:,|https://github.com)', page) == []
    assert max(sizes.values()) < 10_000, sizes


def test_its_policy_lets_its_own_style_in_and_nothing_else(server: Installation) -> None:
    answer = server.client.get("/publik")
    (style,) = re.findall("<style>(.*?)</style>", answer.get_data(as_text=True), re.S)
    told = base64.b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{told}'" in answer.headers["Content-Security-Policy"]


def test_it_is_kept_by_caches_and_told_not_to_have_changed(server: Installation) -> None:
    first = server.client.get("/publik/64.02")
    assert first.headers["Cache-Control"].startswith("public, max-age=") and "Set-Cookie" not in first.headers
    again = server.client.get("/publik/64.02", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and again.data == b""
    assert {"Accept-Language", "Accept-Encoding"} <= set(first.headers["Vary"].split(", "))


def test_it_speaks_english_to_whoever_asks(server: Installation) -> None:
    for page in (text(server, "/publik?lang=en"), text(server, "/publik", **{"Accept-Language": "en"})):
        assert '<html lang="en">' in page and "Informal workers who are covered" in page
    assert '<html lang="id">' in text(server, "/publik?lang=xx")


def test_what_changes_during_the_day_is_not_seen_before_it_is_frozen(server: Installation) -> None:
    before = text(server, f"/publik/{HOME}")
    with server.app.app_context(), transaction() as connection:
        figure(connection, f"{HOME}.2001", MONTH + 1, 200, active=199)
    assert text(server, f"/publik/{HOME}") == before


def test_a_village_without_a_denominator_takes_no_part_and_is_said_to_lack_it(server: Installation) -> None:
    page = text(server, f"/publik/{HOME}")
    lacking = [name for name, cells in rows(page).items() if "jumlah pekerja belum diisi" in cells[0]]
    assert len(lacking) == 1 and "1 desa belum mengisi" in page


def test_few_workers_have_a_count_and_no_percentage(server: Installation) -> None:
    page = text(server, "/publik/65?lang=id")
    assert "pekerja sedikit, tanpa persen" in page and "36 %" not in page and "40 %" not in page


def test_the_trend_is_of_closed_months(server: Installation) -> None:
    page = text(server, "/publik/64")
    assert "Okt 2026" in page and "Nov 2026" in page and page.count('<th scope="row">Okt 2026') == 1


@pytest.mark.parametrize("path", ["/publik/64.02.11.2005", "/publik/99", "/publik/64'--", "/publik/64.99.99", "/publik/x"])
def test_there_is_no_page_of_a_village_or_of_what_is_no_region(server: Installation, path: str) -> None:
    assert server.client.get(path).status_code == 404


def test_whoever_runs_the_server_can_turn_it_off(server: Installation) -> None:
    assert 'href="/publik?lang=id"' in text(server, "/")
    hushed = Installation(replace(server.settings, public_page="no"))
    assert hushed.client.get("/publik").status_code == hushed.client.get("/publik/64").status_code == 404
    assert "/publik" not in hushed.client.get("/").get_data(as_text=True)
    hushed.close()


def test_before_anything_was_frozen_it_says_when_to_look_again(template: Path, tmp_path: Path) -> None:
    new = Installation(copied(template, tmp_path / "var"))
    page = text(new, "/publik")
    assert "Belum ada angka untuk umum" in page
    assert new.client.get("/publik/64").status_code == 404
    new.close()


def test_robots_may_read_it_and_nothing_else(server: Installation) -> None:
    told = text(server, "/robots.txt")
    assert "Disallow: /console/" in told and "Disallow: /api/" in told and "publik" not in told


@pytest.mark.parametrize("entered, told", [
    ("BPS, Sakernas Agustus 2025", "BPS"), ("Menurut Pak Budi (0812 3456 7890)", "sumber lain"),
    ("  ", "sumber belum diisi"), (None, "sumber belum diisi"), ("Musyawarah desa 12 Jan", "musyawarah desa"),
    ("pendataan RT", "pendataan desa"),
    ("Rtini", "sumber lain"),
])  # fmt: skip
def test_of_what_officers_wrote_as_a_source_only_its_kind_is_told(entered: str | None, told: str) -> None:
    assert source_of(entered)[0] == told
