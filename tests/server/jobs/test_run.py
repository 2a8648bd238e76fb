"""Every run is recorded: when, how long, about how many rows, and what kind of error, never what the error said."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from server.jobs.run import last_runs, run
from server.jobs.timetable import Job, timetable
from server.store import tables as t


def job(action) -> Job:
    return Job("try", ("mencoba", "tries"), timedelta(seconds=1), action)


def nobody(error: Exception) -> None:
    raise AssertionError("nothing was to fail") from error


def test_a_run_is_kept_with_its_times_and_rows(server):
    with server.app.app_context():
        done = run(job(lambda settings, now: 42), server.settings, nobody)
        assert last_runs(["try"]) == {"try": [done]}
    assert (done.rows, done.error) == (42, None) and 0 <= done.ended_at - done.started_at < 60_000


def test_of_a_failure_its_kind_is_kept_and_not_what_it_says_of_a_worker(server):
    told = []

    def fail(settings, now):
        raise KeyError("Nur Hayati 6402115207909001")

    with server.app.app_context():
        done = run(job(fail), server.settings, told.append)
    assert (done.rows, done.error) == (None, "KeyError") and isinstance(told[0], KeyError)
    with server.reading() as connection:
        kept = [str(dict(row._mapping)) for row in connection.execute(select(t.job_run))]
    assert len(kept) == 1 and "Hayati" not in kept[0] and "6402" not in kept[0]


def test_a_run_that_died_half_way_stands_without_an_end(server):
    def die(settings, now):
        raise SystemExit

    with server.app.app_context():
        with pytest.raises(SystemExit):
            run(job(die), server.settings, nobody)
        assert [one.ended_at for one in last_runs(["try"])["try"]] == [None]


def test_only_the_last_runs_of_each_job_are_kept(server):
    settings = replace(server.settings, job_runs_kept=3)
    numbers = iter(range(10))
    with server.app.app_context():
        run(Job("other", ("lain", "other"), timedelta(1), lambda s, n: 0), settings, nobody)
        for _ in range(5):
            run(job(lambda s, n: next(numbers)), settings, nobody)
        kept = last_runs(["try", "other"])
    assert [one.rows for one in kept["try"]] == [4, 3, 2] and len(kept["other"]) == 1


def test_every_job_of_the_timetable_runs_on_an_installation_that_is_still_empty(either_server, tmp_path):
    settings = replace(either_server.settings, backup_dir=str(tmp_path))
    with either_server.app.app_context():
        errors = {one.name: run(one, settings, lambda error: None).error for one in timetable(settings).values()}
        again = {one.name: run(one, settings, lambda error: None).error for one in timetable(settings).values()}
    assert set(errors.values()) | set(again.values()) == {None}, json.dumps([errors, again])
