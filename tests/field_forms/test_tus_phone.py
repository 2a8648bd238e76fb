"""A phone's photos against the real server, through a line that breaks in the middle of every one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.browser.line import Line
from tests.field_forms.vitest import needs_node, run, served_in
from tests.protocol.world import WORKER, Served

pytestmark = needs_node
SIZES = [60_000, 1_500, 150_000, 38_000]
CHUNK = 64 * 1024


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from served_in(tmp_path_factory.mktemp("photos"))


@pytest.fixture
def line(served: Served) -> Iterator[Line]:
    made = Line(served.port)
    yield made
    made.close()


def photographed(served: Served, village: str, url: str, out: Path) -> dict[str, Any]:
    people = [WORKER | {"nik": f"640211520790{9100 + n}", "full_name": f"Rukayah Contoh {n}"} for n in range(len(SIZES))]
    run("carried.test.ts", {
        "what": "photos", "url": url, "code": served.code(village), "village": village, "workers": people,
        "sizes": SIZES, "out": str(out),
    })  # fmt: skip
    return json.loads((out / "told.json").read_text())


def assert_all_are_there(served: Served, told: dict[str, Any]) -> None:
    for file in told["sent"]:
        answer = served.call("GET", f"/api/v1/files/{file['sha256']}", token=told["token"])
        assert (answer.status, sha256(answer.body).hexdigest()) == (200, file["sha256"])
        assert len(answer.body) == file["size"]


def test_photos_of_workers_arrive_whole_after_their_data_on_a_good_line(served, line, tmp_path):
    told = photographed(served, served.village(), line.url, tmp_path)
    assert_all_are_there(served, told)
    assert told["syncs"] == 1
    assert line.passed[0] < sum(SIZES) + 30_000  # nothing is sent twice


def test_photos_get_through_a_line_that_cuts_every_connection_and_no_more_than_a_chunk_is_lost_at_a_cut(
    served, line, tmp_path
):
    line.cut_up, line.most_cuts = 20_000, 14
    told = photographed(served, served.village(), line.url, tmp_path)
    assert line.cuts >= 3
    assert_all_are_there(served, told)
    assert line.passed[0] < sum(SIZES) + line.cuts * min(CHUNK, 20_000) + 60_000


def test_photos_get_through_when_it_is_the_answers_that_are_lost(served, line, tmp_path):
    line.cut_down, line.most_cuts = 900, 12
    told = photographed(served, served.village(), line.url, tmp_path)
    assert line.cuts >= 1
    assert_all_are_there(served, told)
