"""A database of before there were files: what its changes name is wanted as soon as it is migrated."""

from __future__ import annotations

from hashlib import sha256

from server.db import db, transaction
from server.store import schema
from tests.server.api.test_files import photo, worker_with
from tests.server.installation import VILLAGE, Installation


def test_photos_named_before_there_were_files_are_asked_for(either_server: Installation) -> None:
    siti = either_server.enrolled(VILLAGE)
    siti.sync(worker_with(siti, photo()), siti.change())
    with either_server.app.app_context():
        with transaction() as connection:
            from alembic import command

            command.downgrade(schema._config(connection), "0002")
            assert not schema.is_current(connection)
        with transaction() as connection:
            schema.migrate(connection)
        db.engine.dispose()
    assert siti.sync()["wanted"] == [f"sha256:{sha256(photo()).hexdigest()}"]
