"""One installation for all tests of a process, on SQLite and once more on PostgreSQL; every test has its own villages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.protocol.world import ROOT, Desk, Phone, Served

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session", params=BOTH)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`sambung serve` on a port of its own; its scheduler rests."""
    needs_regions()
    settings = {}
    if request.param == "postgresql":
        settings["database_url"] = request.getfixturevalue("postgres_cluster").database()
    made = Served(tmp_path_factory.mktemp(f"served-{request.param}"), **settings)
    yield made
    made.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """serve("--port-less words", name="value"): an installation of the test's own, with other settings."""
    needs_regions()
    made: list[Served] = []

    def start(*words: str, **settings: str) -> Served:
        folder = tmp_path / f"served-{len(made)}"
        folder.mkdir()
        made.append(Served(folder, *words, **settings))
        return made[-1]

    yield start
    for one in made:
        one.close()


def needs_regions() -> None:
    if not (ROOT / "server" / "store" / "regions.csv.gz").is_file():
        pytest.skip("the region data is not there; `make assets` brings it")


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


# What three or more tests arrange alike.


@pytest.fixture
def shared(siti: Phone, budi: Phone) -> str:
    """A worker whom Siti registered, and whom both phones hold as they stand."""
    record = siti.worker()
    siti.pull()
    budi.pull()
    return record
