"""What is counted for Prometheus: batches and what became of changes; no names, no records."""

from __future__ import annotations

from collections.abc import Collection

from prometheus_client import Counter

from server.store.changes import Verdict

BATCHES = Counter("sambung_batches_total", "Sync requests that were answered")
CHANGES = Counter("sambung_changes_total", "Changes told a result, by what became of them", ["status"])


def count_batch(verdicts: Collection[Verdict]) -> None:
    BATCHES.inc()
    by_status: dict[str, int] = {}
    for verdict in verdicts:
        by_status[verdict.status] = by_status.get(verdict.status, 0) + 1
    for status, number in by_status.items():
        CHANGES.labels(status).inc(number)
