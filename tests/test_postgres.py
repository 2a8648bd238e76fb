"""The PostgreSQL that other tests lean on is real, fresh for each, and gone afterwards."""

import os

import pytest
import sqlalchemy as sa

from tests.postgres import Cluster

pytestmark = pytest.mark.postgres


@pytest.fixture
def engine(postgres_url):
    engine = sa.create_engine(postgres_url)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("test", ["the first test", "the next test"])
def test_each_test_finds_its_database_empty(engine, test):
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == []
        connection.execute(sa.text("CREATE TABLE visit (name text)"))


def test_names_are_kept_in_utf8_and_sort_by_code_point_as_in_sqlite(engine):
    with engine.connect() as connection:
        said = connection.execute(sa.text("SELECT n FROM (VALUES ('b'), ('Mu''ut'), ('É'), ('B')) v(n) ORDER BY n"))
        assert said.scalars().all() == ["B", "Mu'ut", "b", "É"]


def test_a_template_is_prepared_once_and_copied_often(postgres_cluster: Cluster):
    prepared = []

    def migrate(url):
        prepared.append(url)
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE worker AS SELECT 'Ida' AS name"))
        engine.dispose()

    for _ in range(2):
        url = postgres_cluster.database(postgres_cluster.template("migrated", migrate))
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            assert connection.execute(sa.text("SELECT name FROM worker")).scalar() == "Ida"
        postgres_cluster.drop(url)  # the open connection of the pool does not keep it
        engine.dispose()
    assert len(prepared) == 1


def test_a_server_that_ends_leaves_neither_a_process_nor_a_folder(postgres_cluster):
    with Cluster() as cluster:
        pid, folder = cluster.pid, cluster.folder
        assert folder.exists()
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
