"""Who has not been heard for long: a phone may be lost, broken, or beyond the last signal."""

from __future__ import annotations

from datetime import timedelta

from server.config import Settings
from server.db import transaction
from server.store import devices


def mark_silent(settings: Settings, now: int) -> int:
    """Mark devices not heard for `silent_days`, and take the mark from those heard again; gives how many are silent."""
    with transaction() as connection:
        return devices.mark_silent(connection, now - _ms(settings.silent_days), now)


def _ms(days: int) -> int:
    return int(timedelta(days=days).total_seconds() * 1000)
