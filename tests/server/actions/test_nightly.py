"""What the clock does at night: a backup with rotation, and what has served its time is dropped; and who is silent."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from server.actions import keeping
from server.actions.backup import kept, nightly
from server.actions.silence import mark_silent
from server.actions.tidy import tidy
from server.clock import now_ms
from server.db import transaction
from server.store import accounts
from server.store import tables as t

DAY_MS = 24 * 3600 * 1000
FIRST_NIGHT = int(datetime(2026, 11, 1, 18, 30, tzinfo=UTC).timestamp() * 1000)


def test_the_oldest_backups_make_room_and_nobody_elses_file_does(server, tmp_path):
    settings = replace(server.settings, backup_dir=str(tmp_path / "safe"), backups_kept=2)
    with server.app.app_context():
        nightly(settings, FIRST_NIGHT)
        (settings.backups / "before-the-move.backup").write_bytes(b"kept for good")
        for night in (1, 2, 3):
            nightly(settings, FIRST_NIGHT + night * DAY_MS)
    names = sorted(file.name for file in settings.backups.iterdir())
    assert names == ["before-the-move.backup", "sambung-20261103T183000Z.backup", "sambung-20261104T183000Z.backup"]


def test_a_backup_that_fails_costs_no_older_one(server, tmp_path, monkeypatch):
    settings = replace(server.settings, backup_dir=str(tmp_path / "safe"), backups_kept=1)
    with server.app.app_context():
        nightly(settings, FIRST_NIGHT)
        before = kept(settings.backups)
        (settings.data_dir / "backup.key").unlink()
        with pytest.raises(keeping.CantKeep):
            nightly(settings, FIRST_NIGHT + DAY_MS)
    assert kept(settings.backups) == before and len(before) == 1


def test_ended_sessions_and_old_refusals_are_dropped_and_no_others(server):
    now = now_ms()
    server.person("operator", "64.02")
    with server.app.app_context():
        with transaction() as connection:
            connection.execute(t.session.insert().values(token_hash=b"old", account=1, expires_at=now - 1))
            accounts.add_refusal(connection, "login", "key", now - 2 * DAY_MS)
            accounts.add_refusal(connection, "login", "key", now)
        assert tidy(server.settings, now) == 2
        assert tidy(server.settings, now) == 0
    with server.reading() as connection:
        left = [connection.scalar(select(func.count()).select_from(table)) for table in (t.session, t.refusal)]
    assert left == [1, 1]


def test_a_phone_not_heard_for_a_week_is_marked_until_it_is_heard_again(either_server):
    phone, other = either_server.enrolled(), either_server.enrolled()
    phone.sync(phone.change())
    later = now_ms() + 8 * DAY_MS
    with either_server.app.app_context():
        assert mark_silent(either_server.settings, now_ms()) == 0
        assert mark_silent(either_server.settings, later) == 2
    phone.sync()
    with either_server.reading() as connection:
        silent = set(connection.scalars(select(t.device.c.id).where(t.device.c.silent_since.is_not(None))))
    assert silent == {other.id}
