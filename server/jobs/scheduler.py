"""The clock itself: every node watches, one leads, and the leader's APScheduler runs the timetable."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask

from server import log
from server.config import Settings
from server.db import reading
from server.jobs.leader import Leadership, leadership
from server.jobs.run import run
from server.jobs.timetable import Job, When, timetable
from server.store import runs

THREADS = 4  # so that a long backup does not keep the merge waiting

# Jobs are code, not data: nothing is stored in APScheduler's own stores. A run that is due while its last one still
# works is left out, and several that were missed are made up for by one.
_RULES = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it would warn of each run left out


class Scheduler:
    """Leads when nobody else does. `start` returns at once; `stop` waits for the jobs that are at work."""

    def __init__(self, app: Flask, settings: Settings, jobs: Mapping[str, Job] | None = None) -> None:
        self._app, self._settings = app, settings
        self._jobs = timetable(settings) if jobs is None else jobs
        self._leadership: Leadership = leadership(settings)
        self._ticking: BackgroundScheduler | None = None
        self._stopped = threading.Event()
        self._watch = threading.Thread(target=self._keep_watch, name="scheduler-watch", daemon=True)

    @property
    def is_leading(self) -> bool:
        return self._ticking is not None

    def start(self) -> None:
        self._watch.start()

    def stop(self) -> None:
        self._stopped.set()
        self._watch.join()
        self._resign(wait=True)
        self._leadership.give_up()

    def _keep_watch(self) -> None:
        while not self._stopped.is_set():
            try:
                self._look()
            except Exception as error:  # whatever it is, the next look may succeed, and no other thread would notice
                log.failed(error)
                self._resign(wait=False)
            self._stopped.wait(self._settings.leader_seconds)

    def _look(self) -> None:
        if self._ticking is not None and not self._leadership.is_held():
            self._resign(wait=False)
        if self._ticking is None and self._leadership.take():
            self._lead()

    def _lead(self) -> None:
        log.said("leading")
        ticking = BackgroundScheduler(
            timezone=UTC, job_defaults=_RULES, executors={"default": ThreadPoolExecutor(THREADS)}
        )
        for job in self._jobs.values():
            ticking.add_job(self._tick, self._trigger(job.when), [job], id=job.name, next_run_time=self._due(job))
        ticking.start()
        self._ticking = ticking

    def _resign(self, wait: bool) -> None:
        ticking, self._ticking = self._ticking, None
        if ticking is not None:
            log.said("not leading any more")
            ticking.shutdown(wait)

    def _tick(self, job: Job) -> None:
        if not self._leadership.is_held():
            return  # another node may lead by now; the watch will see it too
        try:
            with self._app.app_context():
                done = run(job, self._settings, partial(log.failed, job=job.name))
            if done.rows and done.ended_at:
                log.said("job", job=job.name, rows=done.rows, ms=done.ended_at - done.started_at)
        except Exception as error:  # the database is gone; the job's own errors are kept by `run`
            log.failed(error, job=job.name)

    def _trigger(self, when: When) -> BaseTrigger:
        if isinstance(when, timedelta):
            return IntervalTrigger(seconds=when.total_seconds(), timezone=UTC)
        return CronTrigger(hour=when.hour, minute=when.minute, timezone=ZoneInfo(self._settings.timezone))

    def _due(self, job: Job) -> datetime:
        """When a new leader runs it first: on from the last run, whoever made it, so that a night is made up for."""
        with self._app.app_context(), reading() as connection:
            last = runs.last_start(connection, job.name)
        return due(self._trigger(job.when), last, datetime.now(UTC))


def due(trigger: BaseTrigger, last: int | None, now: datetime) -> datetime:
    """The first run after one that began at `last` (milliseconds; None: never), at once if that is past.

    A job by the hour that never ran waits for its hour. A last run in the future was told by a wrong clock.
    """
    began = None if last is None else datetime.fromtimestamp(last / 1000, UTC)
    if began is None or began > now:
        return now if isinstance(trigger, IntervalTrigger) else trigger.get_next_fire_time(None, now)
    return max(now, trigger.get_next_fire_time(began, began))
