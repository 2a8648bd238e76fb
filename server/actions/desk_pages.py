"""What desks look through. A page is asked for by its cursor, which only the server understands."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Any, NamedTuple

from schemas.change import MAX_SEQ
from server.actions.fleet import shown
from server.actions.send import record_json
from server.db import reading
from server.store import desk_pages
from server.store.desk_pages import Kept

DAY_MS = 24 * 60 * 60 * 1000
_RECORD_PLACE = re.compile(r"([0-9]{1,15})~([A-Za-z0-9:_.-]{1,64})\Z")
_CHANGE_PLACE = re.compile(r"([0-9]{1,15})~([a-z0-9]{1,40})~([0-9]{1,16})\Z")
_DEVICE = re.compile(r"[a-z0-9]{1,40}\Z")


class BadCursor(ValueError):
    """A cursor that was not told by us."""


class Page(NamedTuple):
    """Some entries, and the cursor from which the list goes on; None at its end."""

    entries: list[Any]
    next: str | None


def conflicts(scope: str, cursor: str | None, limit: int, most: int, lang: str) -> Page:
    """Records that wait for a person, as JSON texts (protocol section 3), longest waiting first.

    limit: how many; most: how many characters, though one is told however long it is. Raises BadCursor.
    """
    found = _match(_RECORD_PLACE, cursor)
    with reading() as connection:
        waiting = desk_pages.conflicts(connection, scope, (int(found[1]), found[2]) if found else None, limit + 1)
        sizes = accumulate(conflict.size for conflict in waiting[:limit])
        told = waiting[: max(1, sum(size <= most for size in sizes))]
        entries = desk_pages.entries(connection, scope, [conflict.record for conflict in told])
    texts = [record_json(entries[conflict.record], lang) for conflict in told if conflict.record in entries]
    return Page(texts, f"{told[-1].since}~{told[-1].record}" if len(waiting) > len(told) else None)


def record_told(scope: str, record: str, lang: str) -> str | None:
    """A record as it now is, as JSON; None when it is not in the region."""
    with reading() as connection:
        entry = desk_pages.entry_of(connection, scope, record)
    return record_json(entry, lang) if entry else None


def quarantined(scope: str, cursor: str | None, limit: int) -> Page:
    """Quarantined changes (`Kept`), the newest first. Raises BadCursor."""
    place = _change_place(cursor)
    with reading() as connection:
        return _page_of(desk_pages.quarantined(connection, scope, place, limit + 1), limit)


def waiting(scope: str, until: int, cursor: str | None, limit: int) -> Page:
    """Received changes (`Kept`) that have waited since `until` or longer, longest waiting first. Raises BadCursor."""
    place = _change_place(cursor)
    with reading() as connection:
        return _page_of(desk_pages.waiting(connection, scope, until, place, limit + 1), limit)


def devices(scope: str, silent_days: int | None, cursor: str | None, limit: int, now: int) -> Page:
    """Devices that serve the region, as `fleet` shows them; with `silent_days` the silent ones. Raises BadCursor."""
    found = _match(_DEVICE, cursor)
    before = None if silent_days is None else now - silent_days * DAY_MS
    with reading() as connection:
        rows = desk_pages.devices(connection, scope, before, found[0] if found else None, limit + 1)
    entries = [shown(row) | {"lost": row["lost"]} for row in rows[:limit]]
    return Page(entries, rows[limit - 1]["id"] if len(rows) > limit else None)


def _page_of(rows: list[Kept], limit: int) -> Page:
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(rows[:limit], f"{last.moment}~{last.device}~{last.seq}" if last else None)


def _change_place(cursor: str | None) -> tuple[int, str, int] | None:
    found = _match(_CHANGE_PLACE, cursor)
    if found and int(found[3]) > MAX_SEQ:
        raise BadCursor
    return (int(found[1]), found[2], int(found[3])) if found else None


def _match(form: re.Pattern[str], cursor: str | None) -> re.Match[str] | None:
    if cursor is None:
        return None
    found = form.match(cursor)
    if not found:
        raise BadCursor
    return found
