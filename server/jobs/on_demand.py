"""A job that somebody asks for now: it runs beside the clock, in a thread of this process, and its run is kept too."""

from __future__ import annotations

import threading
from flask import Flask

from server.clock import now_ms
from server.config import Settings
from server.jobs.run import last_runs, run_apart
from server.jobs.timetable import Job
from server.store.runs import Run

DEAD_MS = 6 * 60 * 60 * 1000
"""A run that began so long ago and did not end died with its process."""


def at_work(job: str) -> Run | None:
    """The run that is under way, on whichever node."""
    newest = next(iter(last_runs([job])[job]), None)
    alive = newest is not None and newest.ended_at is None and now_ms() - newest.started_at < DEAD_MS
    return newest if alive else None


def begin(job: Job, app: Flask, settings: Settings) -> bool:
    """Run it now and return at once; False, and nothing done, where it is under way already."""
    if at_work(job.name) is not None:
        return False
    began = threading.Event()

    def action(settings: Settings, now: int) -> int:
        began.set()
        return job.action(settings, now)

    run_apart(app, job._replace(action=action), settings)
    began.wait(5)  # so that the page that comes next shows it
    return True
