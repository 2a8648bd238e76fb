"""The server's clock: the one place that asks what time it is. All else is handed the time."""

from __future__ import annotations

import time
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from schemas.region import zone


def now_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


@lru_cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def day_at(ms: int, village: str) -> date:
    """The village's own calendar day at that moment."""
    return day_in(ms, zone(village))


def day_in(ms: int, zone_name: str) -> date:
    """The calendar day in a time zone at that moment."""
    return datetime.fromtimestamp(ms / 1000, _zone(zone_name)).date()
