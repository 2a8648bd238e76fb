"""A phone is lost: it is noted, whom it touches is found, letters are printed, and the clock runs until all were told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.console.world import Sitting
from tests.server.installation import VILLAGE, WORKER, Installation, copied

TEXTS = {"what": "HP hilang", "data": "nama dan NIK", "happened": "di pasar", "measures": ""}


@pytest.fixture(scope="module")
def server(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(copied(template, tmp_path_factory.mktemp("desk of breaches") / "var"))
    yield made
    made.close()


def test_from_the_loss_of_a_phone_to_the_closing_of_the_register(server):
    siti = server.enrolled(VILLAGE)
    siti.sync(siti.change(fields=WORKER | {"full_name": "<b>Sarinah</b>", "phone": "+628125550001"}))
    oki, far = Sitting(server, "operator", "64.02"), Sitting(server, "operator", "64.03")
    assert siti.id in page(oki.get(f"/console/breaches/new?source=device&source_id={siti.id}"))
    missing = oki.post("/console/breaches/new", {"source": "device", "source_id": "nobody"} | TEXTS)
    assert missing.status_code == 422 and "HP hilang" in missing.get_data(as_text=True), "what was typed still stands there"
    assert oki.post("/console/breaches/new", {"source": "device", "source_id": siti.id}).status_code == 422
    answer = oki.post("/console/breaches/new", {"source": "device", "source_id": siti.id} | TEXTS)
    number = int(re.search(r"/breaches/(\d+)", answer.headers["Location"])[1])
    shown = page(oki.get(f"/console/breaches/{number}"))
    assert "1 orang terdampak" in shown and "&lt;b&gt;Sarinah" in shown
    assert "Kebocoran data" in page(oki.get("/console/"))
    assert far.get(f"/console/breaches/{number}").status_code == 404
    assert far.post(f"/console/breaches/{number}/csv").status_code == 404
    letter = page(oki.get(f"/console/breaches/{number}/letters?to=people"))
    assert "&lt;b&gt;Sarinah" in letter and "nama dan NIK" in letter
    assert "Lembaga Pelindungan" in page(oki.get(f"/console/breaches/{number}/letters?to=authority"))
    told = oki.post(f"/console/breaches/{number}/csv")
    assert told.headers["Content-Disposition"] == f'attachment; filename="terdampak-{number}.csv"'
    assert "'+628125550001" in told.get_data(as_text=True)
    early = oki.post(f"/console/breaches/{number}/close")
    assert early.status_code == 422 and "harus diberi tahu dulu" in early.get_data(as_text=True)
    for step, data in (
        ("told", {"whom": "people"}), ("told", {"whom": "authority"}), ("write", TEXTS | {"measures": "HP dicabut"}),
        ("close", {}),
    ):  # fmt: skip
        assert oki.post(f"/console/breaches/{number}/{step}", data).status_code == 303, step
    assert "ditutup" in page(oki.get("/console/breaches"))
    assert oki.post(f"/console/breaches/{number}/add", {"numbers": f"{siti.id}-1"}).status_code == 404, "it is closed"


def test_thousands_of_numbers_typed_at_once_do_not_hold_up_everybody_else(server):
    oki = Sitting(server, "operator", "64.02")
    many = {"source": "other", "numbers": " ".join(map(str, range(100_000)))} | TEXTS
    answer = oki.post("/console/breaches/new", many)
    assert answer.status_code == 422 and "Paling banyak 200 nomor" in answer.get_data(as_text=True)


def page(answer: Any) -> str:
    assert answer.status_code == 200
    body: str = answer.get_data(as_text=True)
    assert "<b>Sarinah" not in body
    return body
