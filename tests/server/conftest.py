"""A server of each test's own, on a copy of a prepared database: making one anew would cost a second each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.config import Settings
from tests.postgres import Cluster
from tests.server.installation import Installation, Person, Phone, copied, filled_template, prepare

REGIONS = Path(__file__).resolve().parents[2] / "server" / "store" / "regions.csv.gz"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a SQLite database: tables, regions, an epoch, the server's keys; nobody is enrolled."""
    if not REGIONS.is_file():
        pytest.skip("the region data is not there; `make assets` brings it")
    folder = tmp_path_factory.mktemp("template")
    prepare(Settings(data_dir=folder))
    return folder


@pytest.fixture
def settings(template: Path, tmp_path: Path) -> Settings:
    """Settings over a fresh SQLite database; a test that wants others overrides this fixture."""
    return copied(template, tmp_path / "var")


@pytest.fixture
def server(settings: Settings) -> Iterator[Installation]:
    """The application on SQLite."""
    made = Installation(settings)
    yield made
    made.close()


@pytest.fixture
def postgres_settings(template: Path, tmp_path: Path, postgres_cluster: Cluster) -> Iterator[Settings]:
    """Settings over a fresh PostgreSQL database."""
    url = postgres_cluster.database(filled_template(postgres_cluster, template, tmp_path))
    yield copied(template, tmp_path / "var", database_url=url)
    postgres_cluster.drop(url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def either_server(request: pytest.FixtureRequest) -> Iterator[Installation]:
    """The application on SQLite, and once more on PostgreSQL."""
    chosen: Settings = request.getfixturevalue("settings" if request.param == "sqlite" else "postgres_settings")
    made = Installation(replace(chosen))
    yield made
    made.close()


@pytest.fixture
def app(server: Installation) -> Flask:
    return server.app


@pytest.fixture
def client(server: Installation) -> FlaskClient:
    return server.client


@pytest.fixture
def enrolled(server: Installation) -> Callable[..., Phone]:
    """enrolled("64.02.11.2005", officer="Siti") gives a phone for these villages."""
    return server.enrolled


@pytest.fixture
def person(server: Installation) -> Callable[..., Person]:
    """person("operator", "64.02") gives somebody who has signed in."""
    return server.person
