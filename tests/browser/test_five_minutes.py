"""Central staff's first five minutes with the demo: from a regency that is behind to its cost, its decree and its award."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.auth import CONSOLE
from server.clock import now_ms
from server.db import reading, transaction
from server.demo.story import tell_story
from server.sealing import hash_token, new_token
from server.store import accounts
from tests.browser.handset import CHROMIUM
from tests.protocol.conftest import template, typist  # noqa: F401
from tests.protocol.world import Served, Typist
from tests.server.installation import DAY_MS, Installation, copied

REGENCY = "Kabupaten Kutai Kartanegara"


@pytest.fixture(scope="module")
def desk(
    playwright: Any, template: Path, typist: Typist, tmp_path_factory: pytest.TempPathFactory  # noqa: F811
) -> Iterator[Any]:  # fmt: skip
    """The browser of `staf`, who has just signed in to an installation that the story was told on."""
    folder = tmp_path_factory.mktemp("five-minutes") / "var"
    told, token = Installation(copied(template, folder)), new_token()
    with told.app.app_context():
        tell_story(told.app, told.settings, now_ms(), lambda village: None)
        with reading() as connection:
            staff = accounts.by_name(connection, "staf")
        assert staff is not None
        with transaction() as connection:
            accounts.add_session(connection, hash_token(token), staff.id, CONSOLE, now_ms() + DAY_MS, now_ms())
    told.close()
    served = Served(folder, typist)
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    context = browser.new_context(locale="id-ID", viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": "sambung", "value": token, "url": served.url}])
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda said: page.complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(served.url + "/console/coverage")
    yield page
    browser.close()
    served.close()


def shown(page: Any) -> str:
    return " ".join(str(page.inner_text("main")).split())


def follow(page: Any, name: str) -> str:
    """The next step of the way from coverage to award; gives what is shown there."""
    page.locator("nav.thread").get_by_role("link", name=name).click()
    page.wait_for_load_state()
    return shown(page)


def test_staff_go_from_a_regency_that_is_behind_to_the_budget_and_the_award(desk: Any) -> None:
    whole = shown(desk)
    rate = re.search(r"([0-9]+,[0-9]) %", whole)
    assert rate and 5 < float(rate[1].replace(",", ".")) < 60
    assert re.search(r"aktif dari [0-9.]+ pekerja informal", whole)
    desk.locator("table").get_by_role("link", name=REGENCY).first.click()
    desk.wait_for_load_state()
    behind = shown(desk)
    assert REGENCY.split(" ", 1)[1] in behind and "Target" in behind
    why = follow(desk, "Sebabnya")
    assert "Tidak aktif lagi" in why and "Petugas desa" in why
    desk.get_by_role("link", name=re.compile("Berapa biaya melindungi mereka")).click()
    desk.wait_for_load_state()
    assert "Rp" in shown(desk)
    assert "Keterpencilan" in follow(desk, "Siapa didahulukan")
    assert "Ditandatangani" in follow(desk, "SK penerima")
    money = follow(desk, "Anggaran dan yang dibayar")
    assert "Rp" in money and "Ditetapkan" in money
    best = follow(desk, "Penghargaan")
    desk.get_by_role("link", name=re.compile("Kutai Kartanegara")).last.click()
    desk.wait_for_load_state()
    assert "Pemenang" in best and re.search(r"Segel|disegel", shown(desk))
    assert desk.complaints == []


def test_what_everybody_sees_is_light_and_names_nobody(desk: Any) -> None:
    url = re.match(r"https?://[^/]+", desk.url)
    assert url is not None
    answer = desk.context.browser.new_context(locale="id-ID").request.get(url[0] + "/publik")
    assert answer.status == 200 and int(answer.headers["content-length"]) < 10_000
    assert "public" in answer.headers["cache-control"]
