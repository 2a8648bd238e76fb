"""What every test may ask for."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.postgres import Cluster, Unavailable

# A machine that is busy with something else is no failure. CI draws the same villages every time; at a desk each run
# draws new ones.
settings.register_profile("village", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("village")


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
