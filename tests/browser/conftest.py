"""Phones in a real Chromium against the real server, with a line between them that can really be cut."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.handset import CHROMIUM, Handset
from tests.browser.line import Line
from tests.protocol.conftest import template, typist  # noqa: F401
from tests.protocol.world import ROOT, Phone, Served, Typist

APP = ROOT / "field_forms" / "app"


@pytest.fixture(scope="session")
def playwright() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}")
    if not (APP / "index.html").is_file():
        pytest.skip("the phone's app was not built; `make setup` builds it")
    with sync_api.sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def served(template: Path, typist: Typist, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:  # noqa: F811
    """One installation for the tests of a page; its scheduler rests, so a test says itself when a job runs."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(template, folder, dirs_exist_ok=True)
    made = Served(folder, typist)
    yield made
    made.close()


@pytest.fixture
def line(served: Served) -> Iterator[Line]:
    made = Line(served.port)
    yield made
    made.close()


@pytest.fixture
def handset(playwright: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Handset]]:
    """handset(url): a new phone with nothing on it; handset(url, profile=its folder) starts one again."""
    made: list[Handset] = []

    def start(url: str, profile: Path | None = None, **more: Any) -> Handset:
        made.append(Handset(playwright, url, profile or tmp_path / f"phone-{len(made)}", **more))
        return made[-1]

    yield start
    keep = os.environ.get("SHOTS")  # a folder for what the phones last showed
    for number, one in enumerate(made):
        if keep:
            one.shot(Path(keep) / f"{request.node.name}-{number}.png")
        one.close()


@pytest.fixture
def village(served: Served) -> str:
    return served.village()


@pytest.fixture
def colleague(served: Served, village: str) -> Phone:
    """Budi's phone, for the same village: one that speaks the protocol without a browser."""
    return served.phone(village, officer="Budi Santoso")
