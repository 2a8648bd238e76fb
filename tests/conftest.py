"""What every test may ask for."""

from collections.abc import Iterator

import pytest

from tests.postgres import Cluster, Unavailable


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of this test process, started when the first test asks for it; skips where there is none."""
    try:
        with Cluster() as cluster:
            yield cluster
    except Unavailable as reason:
        pytest.skip(f"no PostgreSQL here: {reason}")


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """A fresh, empty database, gone after the test: postgresql+psycopg://..."""
    url = postgres_cluster.database()
    yield url
    postgres_cluster.drop(url)
