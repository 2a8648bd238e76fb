"""Drop what has served: sessions that ended, refusals that count no more, codes that ran out, files that nothing names."""

from __future__ import annotations

from datetime import timedelta

from server.actions import drill, exports, files, lists, returning
from server.config import Settings
from server.db import transaction
from server.store import accounts, devices

REFUSALS_KEPT_MS = int(timedelta(days=1).total_seconds() * 1000)


def tidy(settings: Settings, now: int) -> int:
    """Gives how many rows were dropped. Old runs of jobs go when the job's next run is kept."""
    with transaction() as connection:
        dropped = accounts.drop_sessions(connection, now) + accounts.drop_refusals(connection, now - REFUSALS_KEPT_MS)
        dropped += devices.drop_old_recoveries(connection, now)
    returning.mark_mended(now)
    drill.tidy(settings, now)
    return dropped + files.tidy(settings, now) + exports.tidy(settings, now) + lists.tidy(settings, now)
