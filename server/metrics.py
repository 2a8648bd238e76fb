"""What is counted for Prometheus: batches and what became of changes; no names, no records."""

from __future__ import annotations

from collections.abc import Collection

from prometheus_client import Counter, Gauge

from server.store.changes import Verdict
from server.store.counts import Counts

BATCHES = Counter("sambung_batches_total", "Sync requests that were answered")
CHANGES = Counter("sambung_changes_total", "Changes told a result, by what became of them", ["status"])
DATABASE = Gauge("sambung_database_up", "1 when the database answers")
LEADING = Gauge("sambung_scheduler_leading", "1 when this process runs the scheduled jobs")
WAITING = Gauge("sambung_waiting_changes", "Changes that are received and not merged yet")
WAITING_AGE = Gauge("sambung_waiting_oldest_seconds", "How long the oldest of them has waited")
CONFLICTS = Gauge("sambung_conflict_records", "Records that wait for a person")
CONFLICT_AGE = Gauge("sambung_conflict_oldest_seconds", "How long the oldest of them has waited")
DEVICES = Gauge("sambung_devices", "Devices that may sync", ["silent"])


def count_batch(verdicts: Collection[Verdict]) -> None:
    BATCHES.inc()
    by_status: dict[str, int] = {}
    for verdict in verdicts:
        by_status[verdict.status] = by_status.get(verdict.status, 0) + 1
    for status, number in by_status.items():
        CHANGES.labels(status).inc(number)


def show(counts: Counts | None, leading: bool, now: int) -> None:
    """Set what is told as of now. counts: of the database, None when it did not answer. leading: runs the jobs."""
    LEADING.set(leading)
    DATABASE.set(counts is not None)
    if counts is None:
        return
    WAITING.set(counts.waiting)
    WAITING_AGE.set(_age(counts.oldest_waiting, now))
    CONFLICTS.set(counts.conflicts)
    CONFLICT_AGE.set(_age(counts.oldest_conflict, now))
    DEVICES.labels("yes").set(counts.silent_devices)
    DEVICES.labels("no").set(counts.devices - counts.silent_devices)


def _age(since: int | None, now: int) -> float:
    return max(0, now - since) / 1000 if since is not None else 0
