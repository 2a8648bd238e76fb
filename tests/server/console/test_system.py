"""The system's desk: settings without secrets, backups and drills, and what an administrator must not miss."""

from __future__ import annotations

from dataclasses import fields, replace

from sqlalchemy import insert, update

from server.actions import backup
from server.actions.system import SECRETS, settings_told, without_password
from server.clock import now_ms
from server.config import Settings
from server.console.settings_words import SAYS
from server.db import transaction
from server.store import desk_tables as d
from server.store import tables as t
from tests.server.console.test_jobs import newest, until
from tests.server.console.world import Sitting
from tests.server.installation import DAY_MS, Installation


def test_every_setting_is_told_and_said_in_both_languages_and_no_secret_ever(server):
    assert {each.name for each in fields(Settings)} == SAYS.keys()
    assert all(len(text) > 3 for both in SAYS.values() for text in both)
    secrets = {name: f"rahasia-{name}" for name in SECRETS}
    told = settings_told(replace(Settings(), database_url="postgresql+psycopg://u:sandi@db/x?password=sandi", **secrets))
    shown = repr(told)
    assert "sandi" not in shown.replace("kata-sandi", "") and "rahasia" not in shown
    assert without_password("postgresql+psycopg://u@db:5432/x") == "postgresql+psycopg://u@db:5432/x"
    page = Sitting(server, "auditor", "id").get("/console/system").text
    assert "SAMBUNG_BACKUP_AT" in page and "tidak dipasang" in page
    assert (server.settings.data_dir / "secret").read_text().strip() not in page


def test_a_backup_is_made_from_the_desk_and_its_age_is_shown(server):
    admin = Sitting(server, "admin", "id")
    assert "Belum ada" in admin.get("/console/system").text
    assert admin.post("/console/system/backup").status_code == 303
    until(lambda: (done := newest(server, "backup")) is not None and done.ended_at is not None)
    page = admin.get("/console/system").text
    assert "cadangan terakhir" in page and backup.kept(server.settings.backups)[0].name in page
    assert Sitting(server, "auditor", "id").post("/console/system/backup").status_code == 403
    assert Sitting(server, "operator", "id").get("/console/system").status_code == 403


def test_a_drill_that_failed_is_loud_until_one_succeeds(server):
    admin, staff = Sitting(server, "admin", "id"), Sitting(server, "staff", "id")
    assert "Latihan pemulihan" not in admin.get("/console/").text  # a young server is given its time
    add_drill(server, now_ms(), False, "Cadangan rusak. / The backup is broken.")
    first = admin.get("/console/").text
    assert "TIDAK pulih" in first and "urgent" in first and "TIDAK pulih" not in staff.get("/console/").text
    assert "Cadangan rusak." in admin.get("/console/system").text
    add_drill(server, now_ms(), True, None)
    assert "TIDAK pulih" not in admin.get("/console/").text
    assert "Pulih utuh" in admin.get("/console/system").text


def test_two_nights_without_a_backup_and_five_weeks_without_a_drill_are_told(server):
    admin = Sitting(server, "admin", "id")
    began(server, now_ms() - 3 * DAY_MS)
    first = admin.get("/console/").text
    assert "Cadangan terlambat" in first and "Latihan pemulihan" not in first
    began(server, now_ms() - 36 * DAY_MS)
    assert "Sudah lama tidak dicoba" in admin.get("/console/").text
    with server.app.app_context():
        backup.nightly(server.settings, now_ms())
    add_drill(server, now_ms() - 30 * DAY_MS, True, None)
    first = admin.get("/console/").text
    assert "Cadangan terlambat" not in first and "Latihan pemulihan" not in first


def add_drill(server: Installation, at: int, good: bool, why: str | None) -> None:
    values = {"at": at, "backup_at": at, "records": 1, "changes": 1, "seconds": 2.0, "is_good": good, "why": why}
    with server.app.app_context(), transaction() as connection:
        connection.execute(insert(d.drill).values(values))


def began(server: Installation, at: int) -> None:
    with server.app.app_context(), transaction() as connection:
        connection.execute(update(t.life).values(began_at=at))
