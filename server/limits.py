"""How often one caller may call: each device and each person has a share of its own, whatever address they come from."""

from __future__ import annotations

from functools import lru_cache

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from schemas import problem
from server.clock import now_ms
from server.config import Settings
from server.problems import Refusal
from server.store.accounts import Account
from server.store.devices import Device


@lru_cache
def _limiter() -> SlidingWindowCounterRateLimiter:
    return SlidingWindowCounterRateLimiter(MemoryStorage())  # of this process: several nodes allow as many times more


def check(who: Device | Account, settings: Settings) -> None:
    """Raises Refusal (429) with Retry-After."""
    share = RateLimitItemPerMinute(settings.device_requests_per_minute)
    key = who.id if isinstance(who, Device) else f"person:{who.id}"
    if not _limiter().hit(share, key):
        reset = _limiter().get_window_stats(share, key).reset_time
        wait = max(1, round(reset - now_ms() / 1000))
        raise Refusal(problem.TOO_MANY, {"Retry-After": str(wait)}, retry_after=wait)
