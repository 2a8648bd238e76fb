"""Run one job and keep a record of it: when, how long, about how many rows, and what went wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from flask import Flask

from server import audit, log
from server.clock import now_ms
from server.config import Settings
from server.db import reading, transaction
from server.jobs.timetable import Job, When
from server.store import runs
from server.store.runs import Run


def run(job: Job, settings: Settings, tell: Callable[[Exception], object]) -> Run:
    """Run the job now; gives its record. What it raises is told to `tell`, and kept as the error's class alone.

    An error's message may quote a worker's data, so it is kept nowhere. An error of ours that has something `plain`
    to say, numbers and names of regions alone, says that.
    """
    started = now_ms()
    with transaction() as connection:
        number = runs.begin(connection, job.name, started)
    rows, error = None, None
    try:
        with audit.acting(f"job:{job.name}"):
            rows = job.action(settings, started)
    except Exception as failure:  # a job's bug must not end the clock
        error = getattr(failure, "plain", None) or type(failure).__name__
        tell(failure)
    ended = now_ms()
    with transaction() as connection:
        runs.end(connection, number, ended, rows, error)
        runs.drop_old(connection, job.name, settings.job_runs_kept)
    return Run(number, job.name, started, ended, rows, error)


def run_apart(app: Flask, job: Job, settings: Settings) -> None:
    """Run the job now in a thread of its own, for somebody who does not wait for it."""

    def go() -> None:
        try:
            with app.app_context():
                run(job, settings, partial(log.failed, job=job.name))
        except Exception as error:  # the database is gone; the job's own errors are kept by `run`
            log.failed(error, job=job.name)

    threading.Thread(target=go, name=f"job {job.name}", daemon=True).start()


def next_run(when: When, last: int | None, now: int, zone: str) -> int:
    """When the clock will run it, in milliseconds; what is due already runs as soon as the clock leads."""
    if isinstance(when, timedelta):
        return now if last is None else max(now, last + int(when.total_seconds() * 1000))
    here = datetime.fromtimestamp(now / 1000, ZoneInfo(zone))
    today = here.replace(hour=when.hour, minute=when.minute, second=0, microsecond=0)
    coming = today if today > here else today + timedelta(days=1)
    return int(coming.timestamp() * 1000)


def newest_runs(names: Collection[str]) -> dict[str, Run]:
    """The last run of each job that ever ran."""
    with reading() as connection:
        found = {name: runs.of_job(connection, name, 1) for name in names}
    return {name: some[0] for name, some in found.items() if some}


def last_runs(names: list[str]) -> dict[str, list[Run]]:
    """The kept runs of each job, newest first."""
    with reading() as connection:
        return {name: runs.of_job(connection, name) for name in names}
