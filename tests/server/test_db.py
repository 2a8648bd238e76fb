"""What is acknowledged survives a power cut: every connection asks its engine for that."""

import pytest
from sqlalchemy import text

from server.db import db, reading, snapshot, transaction
from tests.server.installation import VILLAGE


def test_every_connection_to_sqlite_waits_for_the_disk(server):
    with server.app.app_context():
        for opened in (transaction, reading, snapshot) * 2:
            with reading() as first, opened() as second:  # two at once, so that the pool opens another
                for connection in (first, second):
                    assert connection.scalar(text("PRAGMA synchronous")) == 2  # FULL; NORMAL loses the last commits
                    assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
                    assert connection.scalar(text("PRAGMA secure_delete")) == 1, "what was erased is gone from the file"
            db.engine.dispose()


@pytest.mark.postgres
def test_postgresql_answers_only_when_the_disk_has_it_however_it_was_set(postgres_settings):
    from tests.server.installation import Installation

    server = Installation(postgres_settings)
    with server.app.app_context():
        for opened in (transaction, reading, snapshot):
            with opened() as connection:
                assert connection.scalar(text("SHOW synchronous_commit")) == "on"
    assert server.enrolled(VILLAGE).sync()["acked"] == 0
    server.close()
