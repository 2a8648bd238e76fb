"""The migrations make the very tables that the code is written for, on both engines."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from server.store.schema import is_current
from server.store.tables import metadata
from tests.server.installation import Installation


def test_what_the_migrations_made_is_what_the_tables_say(either_server: Installation) -> None:
    with either_server.reading() as connection:
        assert is_current(connection)
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    assert [each for each in differences if "alembic_version" not in str(each)] == []
