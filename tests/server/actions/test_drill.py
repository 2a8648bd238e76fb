"""The newest backup is really restored, by the real command, and what does not come back is told loudly."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from server.actions import backup
from server.actions.drill import DrillFailed, drill, last_drills, when_due
from server.actions.settle import link
from server.actions.tidy import tidy
from server.clock import now_ms
from server.jobs.run import run
from server.jobs.timetable import timetable
from server.store import desk_tables as d
from tests.server.installation import DAY_MS, VILLAGE, WORKER, Installation


def fill(server: Installation) -> None:
    """Four workers of whom two are joined, one in conflict, and a change that was set aside."""
    phone, other = server.enrolled(VILLAGE), server.enrolled(VILLAGE)
    people = [phone.change(None, WORKER | {"full_name": f"Orang {n}"}) for n in range(4)]
    phone.sync(*people, phone.change(None, {"nik": "x"}))
    other.sync(other.change(f"{phone.id}-3", {"full_name": "Lain"}, seen={}))
    with server.app.app_context():
        link(f"{phone.id}-1", f"{phone.id}-2", True, "kartu sama", None, now_ms())


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.slow])])
def kept(request: pytest.FixtureRequest) -> Installation:
    server = Installation(request.getfixturevalue("settings" if request.param == "sqlite" else "postgres_settings"))
    request.addfinalizer(server.close)
    fill(server)
    with server.app.app_context():
        backup.nightly(server.settings, now_ms())
    return server


def test_the_newest_backup_comes_back_whole_beside_the_server_and_leaves_nothing_behind(kept):
    before = kept.counts()
    lying = {path.name for path in kept.settings.data_dir.iterdir()}
    with kept.app.app_context():
        done = drill(kept.settings, now_ms())
        told = last_drills()
    # three people, for two are one; the record of the link; six changes that merged, and the link
    assert (done.is_good, done.records, done.changes) == (True, 4, 6)
    assert told[0]._replace(id=0) == done and done.backup_at is not None
    after = kept.counts()
    assert {name for name in after if after[name] != before[name]} == {"drill"}
    with kept.reading() as connection:
        newest = connection.execute(select(d.audit.c.act, d.audit.c.about).order_by(d.audit.c.id.desc())).first()
    assert newest is not None and newest.act == "backup" and '"drill":true' in newest.about
    assert {path.name for path in kept.settings.data_dir.iterdir()} == lying


def test_a_broken_backup_fails_the_job_and_says_why(server):
    with server.app.app_context():
        backup.nightly(server.settings, now_ms())
        newest = backup.kept(server.settings.backups)[0]
        content = bytearray(newest.read_bytes())
        content[-20] ^= 1
        newest.write_bytes(content)
        failures: list[Exception] = []
        done = run(timetable(server.settings)["drill"], server.settings, failures.append)
        assert done.error == "DrillFailed" and "cut or altered" in str(failures[0])
        last = last_drills()[0]
    assert not last.is_good and "cut or altered" in (last.why or "")


def test_a_backup_whose_copy_holds_less_than_it_says_fails(server, monkeypatch):
    from server.actions import drill as drills

    fill(server)
    monkeypatch.setattr(drills, "_sambung", lambda folder, *words: '{"records": 4, "changes": 5}')
    with server.app.app_context():
        backup.nightly(server.settings, now_ms())
        with pytest.raises(DrillFailed, match="4 records and 5 changes, the backup has 4 and 6"):
            drill(server.settings, now_ms())


def test_the_copy_that_a_killed_drill_left_is_thrown_away(server):
    left = server.settings.data_dir / ".work-left"
    left.mkdir()
    (left / "sambung.db").write_text("people")
    with server.app.app_context():
        tidy(server.settings, now_ms())
        assert left.exists()  # it may be at work
        tidy(server.settings, now_ms() + DAY_MS)
    assert not left.exists()


def test_a_drill_is_due_after_its_days_and_not_before_there_is_a_backup(server, monkeypatch):
    from server.actions import drill as drills

    tried: list[int] = []
    monkeypatch.setattr(drills, "_try", lambda *given: tried.append(1) or drills.Found(0, 0))
    settings = replace(server.settings, drill_days=7)
    now = now_ms()
    with server.app.app_context():
        assert when_due(settings, now) == 0
        backup.nightly(settings, now)
        assert [when_due(settings, now + day * DAY_MS) for day in (0, 1, 6, 7, 8)] == [1, 0, 0, 1, 0]
    assert len(tried) == 2


def test_a_photo_that_is_lost_beside_the_backup_fails_the_drill(server, monkeypatch):
    from server.actions import drill as drills
    from server.actions.drill import _look_at_photos
    from server.store.files import File

    with server.app.app_context():
        known = File("a" * 64, 1, "image/webp", "x", 1)
        monkeypatch.setattr(drills.files, "all_files", lambda connection: [known])
        path = server.settings.backups / "sambung-x.backup"
        with pytest.raises(DrillFailed, match="1 are missing"):
            _look_at_photos(path, ["a" * 64, "b" * 64], b"0" * 32)  # the other one was erased since
