"""How much to ask of a line at a time, and how long to wait when it fails. Pure: chance is handed in."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

FIRST_BATCH = 200
LEAST_PULL = 4096
MOST_PULL = 4 * 1024 * 1024


class Pace(NamedTuple):
    """changes: how many to send at a time. pull: bytes of records to ask for; `MOST_PULL` leaves it to the server."""

    changes: int = FIRST_BATCH
    pull: int = MOST_PULL


def after_success(pace: Pace, most: int) -> Pace:
    """The line bears more than it was given: double, up to `most` changes (the server's limit)."""
    return Pace(max(1, min(pace.changes * 2, most)), min(pace.pull * 2, MOST_PULL))


def after_failure(pace: Pace, sent: int) -> Pace:
    """The line broke with `sent` changes on it: a quarter of that next time, so that something gets through soon."""
    return Pace(max(1, min(pace.changes, sent or pace.changes) // 4), max(LEAST_PULL, pace.pull // 4))


def after_too_large(pace: Pace, sent: int) -> Pace:
    """The server said 413 to `sent` changes."""
    return pace._replace(changes=max(1, min(pace.changes, sent) // 2))


def wait_seconds(attempt: int, rng: Random, asked: float | None = None, base: float = 1, most: float = 300) -> float:
    """Seconds before the next attempt.

    attempt: 0 after the first failure. Doubles each time up to `most`, and half of it is left to chance, lest all
    phones of a valley come back in the same second. asked: the server's Retry-After, never undercut.
    """
    longest = min(most, base * 2.0 ** min(attempt, 30))
    return (asked or 0.0) + longest * rng.uniform(0.5, 1.0)
