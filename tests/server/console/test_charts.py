"""Pictures say in words what they draw, and a map of tiles loses no area."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.console.charts import Bar, Box, Series, Tile, bar_chart, line_chart, squarify, step_of, treemap


def percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def whole(markup: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<x>{markup}</x>")


def test_a_line_has_its_title_its_words_and_all_its_numbers_in_a_table() -> None:
    drawn = line_chart([Series("Rakit <b>", [0.1, None, 0.3])], ["Jan", "Feb", "Mar"], "Cakupan", percent, goal=0.5)
    svg = whole(drawn).find(".//svg[@class='chart']")
    assert svg is not None and svg.findtext("title") == "Cakupan" and svg.get("role") == "img"
    assert svg.findtext("desc") == "Rakit <b>: Jan 10 %, Mar 30 %."
    cells = [cell.text for cell in whole(drawn).findall(".//td")]
    assert cells == ["10 %", "–", "30 %"]
    assert "style=" not in drawn and "<b>" not in drawn


def test_a_month_without_a_figure_breaks_the_line_and_is_not_drawn_as_nought() -> None:
    drawn = line_chart([Series("Aktif", [1, None, 3, 4])], ["a", "b", "c", "d"], "Aktif", lambda n: f"{n:.0f}")
    path = re.search(r'class="line c0" d="([^"]+)"', drawn)
    assert path and re.sub(r"[^ML]", "", path[1]) == "MML"
    assert drawn.count("<circle") == 3


def test_without_any_figure_a_sentence_stands_in_place_of_the_picture() -> None:
    for drawn in (line_chart([Series("x", [None])], ["a"], "x", percent), bar_chart([], "x"), treemap([], "x")):
        assert "<svg" not in drawn and "Belum ada angka" in drawn


def test_a_bar_above_all_is_filled_and_hatched_and_keeps_its_number() -> None:
    drawn = bar_chart([Bar("Kutim", 1.5, "150,9 %"), Bar("Berau", 0.5, "50 %", "/x?a=1&b=2")], "Cakupan", top=1)
    rows = whole(drawn).findall(".//li")
    assert [row.find(".//rect[2]").get("width") for row in rows] == ["200", "100.0"]
    assert len(rows[0].findall(".//line")) > 2 and rows[1].findall(".//line") == []
    assert rows[0].findtext("span[@class='is']") == "150,9 %"


@pytest.mark.parametrize("share, step", [
    (None, "none"), (0, "s1"), (0.1999, "s1"), (0.2, "s2"), (0.5, "s3"), (0.799, "s4"), (0.8, "s5"), (1, "s5"),
    (1.001, "over"),
])  # fmt: skip
def test_what_lies_above_all_workers_has_no_colour_of_the_scale(share: float | None, step: str) -> None:
    assert step_of(share) == step


def test_every_tile_is_a_link_that_says_its_region_and_its_rate() -> None:
    tiles = [
        Tile("Berau", 900, 0.42, "42 %", "?within=64.03"), Tile("Paser", 10, None, "–", "?within=64.01", False),
        Tile("Kosong", 0, None, "–", "?within=64.09"),
    ]  # fmt: skip
    drawn = whole(treemap(tiles, "Peta"))
    links = drawn.findall(".//svg[@class='map']/a")
    assert [link.findtext("title") for link in links] == [
        "Berau: 42 %, 900 pekerja informal", "Paser: –, 10 terdata; jumlah pekerja belum diisi",
    ]  # fmt: skip
    assert [link.get("href") for link in drawn.findall(".//li//a")] == ["?within=64.03", "?within=64.01", "?within=64.09"]


@given(st.lists(st.floats(0.01, 1e7), min_size=1, max_size=120))
def test_the_tiles_fill_the_map_by_their_sizes_and_never_lie_on_each_other(sizes: list[float]) -> None:
    sizes = sorted(sizes, reverse=True)
    boxes = squarify(sizes, Box(0, 0, 900, 420))
    assert len(boxes) == len(sizes)
    total = sum(sizes)
    for size, box in zip(sizes, boxes, strict=True):
        assert box.w * box.h == pytest.approx(size / total * 900 * 420, rel=1e-3, abs=1e-3)
        assert box.x >= -1e-6 and box.y >= -1e-6 and box.x + box.w <= 900.001 and box.y + box.h <= 420.001
    some = boxes[:40]
    for number, a in enumerate(some):
        for b in some[number + 1 :]:
            wide = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
            high = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
            assert wide <= 1e-3 or high <= 1e-3
