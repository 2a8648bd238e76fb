"""A job that somebody asks for runs once at a time, and its run is kept."""

import threading
import time
from datetime import timedelta

from server.jobs import on_demand
from server.jobs.run import last_runs
from server.jobs.timetable import Job


def test_a_job_runs_beside_the_work_and_is_not_begun_twice(server):
    go_on = threading.Event()
    job = Job("slow", ("lama", "slow"), timedelta(seconds=1), lambda settings, now: go_on.wait(10) and 7)
    with server.app.app_context():
        assert on_demand.begin(job, server.app, server.settings)
        assert on_demand.at_work("slow") is not None
        assert not on_demand.begin(job, server.app, server.settings)
        go_on.set()
        for _ in range(100):
            if on_demand.at_work("slow") is None:
                break
            time.sleep(0.05)
        (run,) = last_runs(["slow"])["slow"]
    assert run.rows == 7 and run.error is None
