"""How often one caller may call: each device and each person has a share of its own, whatever the address."""

from __future__ import annotations

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from schemas import problem
from server.clock import now_ms
from server.problems import Refusal
from server.store.accounts import Account
from server.store.devices import Device


class Shares:
    """The shares of one process: several nodes allow as many times more."""

    def __init__(self, per_minute: int) -> None:
        self._share = RateLimitItemPerMinute(per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def take(self, who: Device | Account) -> None:
        """Count one call. Raises Refusal (429) with Retry-After."""
        key = who.id if isinstance(who, Device) else f"person:{who.id}"
        if not self._limiter.hit(self._share, key):
            reset = self._limiter.get_window_stats(self._share, key).reset_time
            wait = max(1, round(reset - now_ms() / 1000))
            raise Refusal(problem.TOO_MANY, {"Retry-After": str(wait)}, retry_after=wait)
