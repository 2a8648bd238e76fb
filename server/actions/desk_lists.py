"""What waits at the desks besides conflicts, as it is listed; values of people are not in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from schemas.change import from_ms, loads
from schemas.problem import complain
from server.config import Settings
from server.db import reading
from server.store import desk_lists

MOST = 1000


def list_quarantine(lang: str) -> list[dict[str, Any]]:
    """Quarantined changes, the newest first, with what is wrong with each field in words."""
    with reading() as connection:
        rows = desk_lists.quarantined(connection, MOST)
    return [row | {"received": from_ms(row["received"]), "errors": _in_words(row["errors"], lang)} for row in rows]


def _in_words(errors: str | None, lang: str) -> dict[str, list[str]]:
    return {field: [complain(code, lang) for code in codes] for field, codes in loads(errors or "{}").items()}


def list_waiting(settings: Settings, now: int) -> list[dict[str, Any]]:
    """Changes that are only received; `overdue` ones have waited so long that an operator decides."""
    with reading() as connection:
        rows = desk_lists.waiting(connection, MOST)
    late = now - int(timedelta(days=settings.waiting_days).total_seconds() * 1000)
    return [row | {"since": from_ms(row["since"]), "overdue": row["since"] <= late} for row in rows]
