"""Whether the server can do its work now, and what there is to count: for monitors, never with a person's data."""

from __future__ import annotations

import shutil
from typing import NamedTuple

from server import log
from server.config import Settings
from server.db import reading, transaction
from server.store import counts, runs, schema
from server.store.counts import Counts

LEAST_FREE_BYTES = 200 * 1024 * 1024
MERGE_JOB = "merge"
MISSED_RUNS, LEAST_LATE_MS = 5, 60_000


class Ready(NamedTuple):
    """One truth for each thing that must hold; a thing that was not looked at, because another failed, is not ready."""

    database: bool
    migrations: bool
    scheduler: bool
    disk: bool


def look(settings: Settings, scheduled_since: int | None, now: int) -> Ready:
    """scheduled_since: since when this process has had a scheduler (leading or standing by), None when it has none."""
    try:
        folders = [settings.data_dir, *([settings.files] if settings.files.exists() else [])]
        disk = all(shutil.disk_usage(folder).free >= LEAST_FREE_BYTES for folder in folders)
        with transaction() as connection:  # on SQLite its mere beginning needs a file that can be written
            writable, current = schema.is_writable(connection), schema.is_current(connection)
            last = runs.last_start(connection, MERGE_JOB) if current else None
    except Exception as failure:  # whatever it is: the server can't do its work
        log.failed(failure)
        return Ready(False, False, False, False)
    late = max(MISSED_RUNS * settings.merge_seconds * 1000, LEAST_LATE_MS)
    in_time = scheduled_since is None or now - max(last or 0, scheduled_since) <= late
    return Ready(writable, current, in_time, disk)


def count() -> Counts | None:
    """What is in the database, counted; None when it can't be reached."""
    try:
        with reading() as connection:
            return counts.count(connection)
    except Exception as failure:  # the rest of the metrics is told all the same
        log.failed(failure)
        return None
