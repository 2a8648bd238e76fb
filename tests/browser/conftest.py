"""Phones in a real Chromium against the real server, with a line between them that can really be cut."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import harness
from tests.browser.handset import Handset
from tests.browser.installation import APP, ServedApp
from tests.browser.line import Line
from tests.protocol.conftest import template, typist  # noqa: F401
from tests.protocol.world import Phone, Typist


@pytest.fixture(scope="session")
def playwright(chromium_driver: Any) -> Any:
    if not (APP / "index.html").is_file():
        pytest.skip("the phone's app was not built; `make setup` builds it")
    return chromium_driver


@pytest.fixture(scope="session")
def served(
    playwright: Any, template: Path, typist: Typist, tmp_path_factory: pytest.TempPathFactory  # noqa: F811
) -> Iterator[ServedApp]:  # fmt: skip
    """One installation for all: each test has its own village. Its scheduler rests: a test says itself when a job runs."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(template, folder, dirs_exist_ok=True)
    made = ServedApp(folder, typist)
    yield made
    made.close()


@pytest.fixture
def own_served(playwright: Any, template: Path, typist: Typist, tmp_path: Path) -> Iterator[ServedApp]:  # noqa: F811
    """An installation of the test's own, which it may kill, restore, or publish anew."""
    folder = tmp_path / "served"
    shutil.copytree(template, folder)
    made = ServedApp(folder, typist)
    yield made
    made.close()


@pytest.fixture
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    """The line of the phone under test; to the test's own server where it has one."""
    own = "own_served" if "own_served" in request.fixturenames else "served"
    made = Line(request.getfixturevalue(own).port)
    yield made
    made.close()


@pytest.fixture
def handset(playwright: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Handset]]:
    """handset(line): a new phone with nothing on it; handset(line, profile=its folder) starts one again. Or an address."""
    made: list[Handset] = []

    def start(where: Line | str, profile: Path | None = None, **more: Any) -> Handset:
        url, line = (where, None) if isinstance(where, str) else (where.url, where)
        made.append(Handset(playwright, url, profile or tmp_path / f"phone-{len(made)}", line=line, **more))
        return made[-1]

    yield start
    keep = os.environ.get("SHOTS")  # a folder for what the phones last showed
    complaints = [complaint for one in made for complaint in one.complaints]
    for number, one in enumerate(made):
        if keep:
            one.shot(Path(keep) / f"{request.node.name}-{number}.png")
        one.close()
    assert not complaints, complaints


@pytest.fixture
def siti(handset: Callable[..., Handset], line: Line, request: pytest.FixtureRequest, village: str) -> Handset:
    """Siti's phone, enrolled for the village, with forms and all: the first screen stands."""
    own = "own_served" if "own_served" in request.fixturenames else "served"
    phone = handset(line)
    phone.enrol(request.getfixturevalue(own).code(village))
    return phone


@pytest.fixture
def village(request: pytest.FixtureRequest) -> str:
    """A village that no other test knows."""
    own = "own_served" if "own_served" in request.fixturenames else "served"
    return request.getfixturevalue(own).village()


@pytest.fixture
def colleague(request: pytest.FixtureRequest, village: str) -> Phone:
    """Budi's phone, for the same village: one that speaks the protocol without a browser."""
    own = "own_served" if "own_served" in request.fixturenames else "served"
    return request.getfixturevalue(own).phone(village, officer="Budi Santoso")


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app's core, bundled for a bare page."""
    return harness.build(tmp_path_factory.mktemp("harness"))
