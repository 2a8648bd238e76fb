"""Every page of the console in a real browser: by keyboard and screen reader, on laptop and phone, light on the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from server.app import create_app
from server.config import Settings
from server.console.door import OFFERED, Offered
from tests.browser.handset import CHROMIUM
from tests.browser.test_for_everybody import WIDE, faults
from tests.protocol.conftest import template, typist  # noqa: F401
from tests.protocol.world import Served, Typist
from tests.server.console.world import World, build, filled
from tests.server.installation import Installation, copied

create_app(Settings())  # which offers the pages; no database is touched

SIZES = {"laptop": (1280, 800), "phone": (360, 640)}
FIRST_BYTES, LATER_BYTES = 100_000, 20_000
PAGES = [each for each in OFFERED if each.method == "GET" and each.act is not None]
NO_PAGE = ("photo", "download")
"""What answers with something else than a page."""


@dataclass
class Console:
    """An administrator's browser before a served installation in which every word is an attack."""

    served: Served
    world: World
    context: Any
    complaints: list[str]

    def open(self, path: str, size: tuple[int, int]) -> Any:
        page = self.context.new_page()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.on("console", lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(self.served.url + path)
        page.wait_for_load_state("networkidle")
        return page


@pytest.fixture(scope="module")
def console(
    playwright: Any, template: Path, typist: Typist, tmp_path_factory: pytest.TempPathFactory  # noqa: F811
) -> Iterator[Console]:  # fmt: skip
    folder = tmp_path_factory.mktemp("desks") / "var"
    filling = Installation(copied(template, folder))
    world = build(filling)
    filling.close()
    served = Served(folder, typist)
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    context = browser.new_context(locale="id-ID")
    context.add_cookies([{"name": "sambung", "value": world.people["admin"].token, "url": served.url}])
    yield Console(served, world, context, [])
    browser.close()
    served.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_the_menu_can_be_reached_with_scripts_and_without(console: Console, size: str, scripts: bool) -> None:
    context = console.context.browser.new_context(java_script_enabled=scripts, locale="id-ID")
    context.add_cookies(console.context.cookies())
    page = context.new_page()
    page.set_viewport_size(dict(zip(("width", "height"), SIZES[size], strict=True)))
    page.goto(console.served.url + "/console/")
    if not (scripts and size == "laptop"):
        page.locator("#menu > summary").click(timeout=3000)
    page.locator("#menu").get_by_role("link", name="Cari pekerja").click(timeout=3000)
    assert page.url.endswith("/console/workers")
    context.close()


@pytest.mark.parametrize("page", [pytest.param(each, id=each.rule) for each in PAGES if not each.name.startswith(NO_PAGE)])
def test_a_page_is_for_everybody_and_runs_nothing_that_a_phone_sent(console: Console, page: Offered) -> None:
    console.complaints.clear()
    wrong: list[str] = []
    path = filled(page.rule, page.name, console.world.home)
    assert path is not None
    answer = console.context.request.get(console.served.url + path, max_redirects=0)
    if not answer.headers.get("content-type", "").startswith("text/html"):
        return
    for name, size in SIZES.items():
        shown = console.open(path, size)
        wrong += [f"{name}: {fault}" for fault in faults(shown)]
        if shown.evaluate(WIDE) > 0:
            wrong.append(f"{name}: scrolls sideways by {shown.evaluate(WIDE)} px")
        shown.close()
    expected = "Failed to load resource" if answer.status >= 400 else "\0"
    assert [said for said in console.complaints if expected not in said] == []
    assert wrong == []


def test_pages_are_light_on_a_poor_line(console: Console) -> None:
    first = console.context.new_page()
    sizes: list[int] = []
    first.on("requestfinished", lambda request: sizes.append(_size_of(request)))
    first.goto(console.served.url + "/console/")
    first.wait_for_load_state("networkidle")
    assert 0 < sum(sizes) < FIRST_BYTES
    later = {}
    for each in PAGES:
        path = filled(each.rule, each.name, console.world.home)
        headers = {"Accept-Encoding": "gzip"}
        answer = console.context.request.get(console.served.url + str(path), headers=headers, max_redirects=0)
        if answer.headers.get("content-type", "").startswith("text/html"):
            later[each.rule] = int(answer.headers.get("content-length", 0))
    assert {rule: size for rule, size in later.items() if size >= LATER_BYTES} == {}
    first.close()


def _size_of(request: Any) -> int:
    told = request.sizes()
    return int(told["responseBodySize"] + told["responseHeadersSize"])


def test_what_is_chosen_with_the_keyboard_is_seen(console: Console) -> None:
    page = console.open("/console/", SIZES["laptop"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.close()
