"""How often one caller may call: each device and each person has a share of its own, whatever the address."""

from __future__ import annotations

from collections import Counter
from threading import Lock

from schemas import problem
from server.clock import now_ms
from server.problems import Refusal
from server.store.accounts import Account
from server.store.devices import Device

MINUTE_MS = 60_000


class Shares:
    """The shares of one process: several nodes allow as many times more."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._minute = 0
        self._now: Counter[str] = Counter()  # calls of this minute
        self._before: Counter[str] = Counter()  # and of the one before it
        self._one_at_a_time = Lock()

    def take(self, who: Device | Account) -> None:
        """Count one call. Raises Refusal (429) with Retry-After."""
        self.take_as(who.id if isinstance(who, Device) else f"person:{who.id}")

    def take_as(self, key: str) -> None:
        """Count one call of whatever goes by that key. Raises Refusal (429) with Retry-After."""
        minute, passed_ms = divmod(now_ms(), MINUTE_MS)
        with self._one_at_a_time:
            self._turn_to(minute)
            # Of the minute before, the part counts that is less than a minute ago.
            taken = self._now[key] + self._before[key] * (1 - passed_ms / MINUTE_MS)
            if taken < self._per_minute:
                self._now[key] += 1
                return
        wait = max(1, round((MINUTE_MS - passed_ms) / 1000))
        raise Refusal(problem.TOO_MANY, {"Retry-After": str(wait)}, retry_after=wait)

    def _turn_to(self, minute: int) -> None:
        if minute != self._minute:
            self._before = self._now if minute == self._minute + 1 else Counter()
            self._minute, self._now = minute, Counter()
