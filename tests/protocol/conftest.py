"""One installation for all tests of a process; every test has villages of its own, so none disturbs another."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.protocol.world import ROOT, Desk, Phone, Served, Typist, sambung

SQLITE, POSTGRESQL = "sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A page that says ON_BOTH, since the database takes part in what it promises, meets PostgreSQL as well."""
    if "served" in metafunc.fixturenames:
        engines = [SQLITE, POSTGRESQL] if getattr(metafunc.module, "ON_BOTH", False) else [SQLITE]
        metafunc.parametrize("served", engines, indirect=True, scope="session")


@pytest.fixture(scope="session")
def typist() -> Iterator[Typist]:
    """Types the operator's commands."""
    made = Typist()
    yield made
    made.close()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory that `sambung init` makes; making one anew would cost each test seconds."""
    if not (ROOT / "server" / "store" / "regions.csv.gz").is_file():
        pytest.skip("the region data is not there; `make assets` brings it")
    folder = tmp_path_factory.mktemp("template")
    done = sambung(("init",), SAMBUNG_DATA_DIR=str(folder))
    assert done.code == 0, done.err
    return folder


@pytest.fixture(scope="session")
def served(
    request: pytest.FixtureRequest, template: Path, typist: Typist, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """`sambung serve` on a port of its own; its scheduler rests."""
    folder = tmp_path_factory.mktemp(f"served-{request.param}")
    settings = {}
    if request.param == "postgresql":
        settings["database_url"] = request.getfixturevalue("postgres_cluster").database()
    else:
        shutil.copytree(template, folder, dirs_exist_ok=True)
    made = Served(folder, typist, **settings)
    yield made
    made.close()


@pytest.fixture
def serve(template: Path, typist: Typist, tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """serve("--words", name="value"): an installation of the test's own, with other words for `serve` and settings."""
    made: list[Served] = []

    def start(*words: str, folder: Path | None = None, **settings: str) -> Served:
        if folder is None:
            folder = tmp_path / f"served-{len(made)}"
            shutil.copytree(template, folder)
        made.append(Served(folder, typist, *words, **settings))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.fixture
def village(served: Served) -> str:
    return served.village()


@pytest.fixture
def siti(served: Served, village: str) -> Phone:
    """Siti's phone."""
    return served.phone(village, officer="Siti Aminah")


@pytest.fixture
def budi(served: Served, village: str) -> Phone:
    """Budi's phone, for the same village."""
    return served.phone(village, officer="Budi Santoso")


@pytest.fixture
def desk(served: Served) -> Desk:
    """An operator for the whole nation."""
    return served.desk("operator", "id")


@pytest.fixture
def shared(siti: Phone, budi: Phone) -> str:
    """A worker whom Siti registered, and whom both phones hold as they stand."""
    record = siti.worker()
    siti.pull()
    budi.pull()
    return record
