"""The timetable's desk: how each job fared, when it comes next, and running one now."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import time as hour
from datetime import timedelta

import pytest
from sqlalchemy import select

from server.actions.cover import Differs
from server.clock import now_ms
from server.db import transaction
from server.jobs.run import next_run, newest_runs, run
from server.jobs.timetable import timetable
from server.store import desk_tables as d
from server.store import runs
from tests.server.console.world import Sitting
from tests.server.installation import DAY_MS, VILLAGE, Installation

HOUR_MS, HALF_PAST_TWO = 60 * 60 * 1000, hour(2, 30)


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def newest(server: Installation, job: str):
    with server.app.app_context():
        return newest_runs([job]).get(job)


def test_each_job_shows_its_last_run_how_long_it_took_and_what_went_wrong(server):
    def breaks(settings, now):
        raise ZeroDivisionError("Nur Hayati")

    with server.app.app_context():
        table = timetable(server.settings)
        run(table["tidy"], server.settings, print)
        run(table["silent"]._replace(action=breaks), server.settings, lambda failure: None)
        with transaction() as connection:
            runs.begin(connection, "merge", now_ms())
            runs.begin(connection, "backup", now_ms() - DAY_MS)
    auditor = Sitting(server, "auditor", "id")
    page = auditor.get("/console/jobs").text
    assert all(f">{name}</a>" in page for name in table)
    assert page.count(">gagal<") == 1 and "ZeroDivisionError" in page and "Nur" not in page
    assert page.count(">sedang berjalan<") == 1 and page.count(">terputus<") == 1
    first = auditor.get("/console/").text
    assert "Tugas terjadwal gagal" in first and "backup, silent" in first or "silent, backup" in first
    assert "ZeroDivisionError" in auditor.get("/console/jobs/silent").text
    assert "Jalankan sekarang" not in auditor.get("/console/jobs/tidy").text
    assert auditor.get("/console/jobs/no-such-job").status_code == 404
    assert auditor.post("/console/jobs/tidy/run").status_code == 403


def test_every_job_tells_when_how_long_how_many_rows_and_what_its_errors_mean(server):
    def breaks(settings, now):
        raise Differs({VILLAGE: 3})

    def fills(settings, now):
        raise OSError("/var: no space for Nur Hayati")

    with server.app.app_context():
        table = timetable(server.settings)
        for job in table.values():
            run(job._replace(action=lambda settings, now: 4711), server.settings, print)
        run(table["full-coverage"]._replace(action=breaks), server.settings, lambda failure: None)
        run(table["lists"]._replace(action=fills), server.settings, lambda failure: None)
    auditor = Sitting(server, "auditor", "id")
    page = auditor.get("/console/jobs").text
    rows = dict(re.findall(r'/console/jobs/([a-z-]+)">.*?</th>(.*?)</tr>', page, re.DOTALL))
    assert rows.keys() == table.keys()
    for name, row in rows.items():
        if name not in ("full-coverage", "lists"):
            assert "4.711" in row and "dtk" in row and ">berhasil<" in row and "<time" in row, name
    assert "Muara Kaman Ulu" in rows["full-coverage"] and "sudah dibetulkan" in rows["full-coverage"]
    assert "Disk server menolak" in rows["lists"] and "Nur" not in rows["lists"]
    assert "Disk server menolak" in auditor.get("/console/jobs/lists").text
    assert "disk refused" in auditor.get("/console/jobs", lang="en").text


def test_an_administrator_runs_a_job_now_and_it_stands_in_the_log(server):
    admin = Sitting(server, "admin", "id")
    assert admin.post("/console/jobs/tidy/run").status_code == 303
    until(lambda: (done := newest(server, "tidy")) is not None and done.ended_at is not None)
    assert newest(server, "tidy").error is None
    assert "berhasil" in admin.get("/console/jobs/tidy").text
    with server.reading() as connection:
        acts = list(connection.scalars(select(d.audit.c.act).where(d.audit.c.who == f"account:{admin.account}")))
    assert "job" in acts
    assert admin.post("/console/jobs/no-such-job/run").status_code == 404


@pytest.mark.parametrize(
    ("when", "last", "now", "expected"),
    [
        (timedelta(minutes=1), None, 5_000, 5_000), (timedelta(minutes=1), 0, 5_000, 60_000),
        (timedelta(minutes=1), 0, 90_000, 90_000),
        (HALF_PAST_TWO, None, 18 * HOUR_MS, 18 * HOUR_MS + 30 * 60_000),  # 02:00 in Makassar
        (HALF_PAST_TWO, None, 19 * HOUR_MS, 42 * HOUR_MS + 30 * 60_000),
    ],
)  # fmt: skip
def test_the_next_run_is_told_by_the_timetable(when, last, now, expected):
    assert next_run(when, last, now, "Asia/Makassar") == expected
