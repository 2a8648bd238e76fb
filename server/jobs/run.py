"""Run one job and keep a record of it: when, how long, about how many rows, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable

from server import audit
from server.clock import now_ms
from server.config import Settings
from server.db import reading, transaction
from server.jobs.timetable import Job
from server.store import runs
from server.store.runs import Run


def run(job: Job, settings: Settings, tell: Callable[[Exception], object]) -> Run:
    """Run the job now; gives its record. What it raises is told to `tell`, and kept as the error's class alone.

    An error's message may quote a worker's data, so it is kept nowhere.
    """
    started = now_ms()
    with transaction() as connection:
        number = runs.begin(connection, job.name, started)
    rows, error = None, None
    try:
        with audit.acting(f"job:{job.name}"):
            rows = job.action(settings, started)
    except Exception as failure:  # a job's bug must not end the clock
        error = type(failure).__name__
        tell(failure)
    ended = now_ms()
    with transaction() as connection:
        runs.end(connection, number, ended, rows, error)
        runs.drop_old(connection, job.name, settings.job_runs_kept)
    return Run(number, job.name, started, ended, rows, error)


def last_runs(names: list[str]) -> dict[str, list[Run]]:
    """The kept runs of each job, newest first."""
    with reading() as connection:
        return {name: runs.of_job(connection, name) for name in names}
