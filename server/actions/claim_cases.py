"""What each claim has come to follows what was synced: rows of `claim_case`, which lists, clocks and reports are read from.

A row is a function of the claim's record, of the rules, and of the decile that the worker's family has; when it is drawn
plays no part. So what was followed equals what is drawn from scratch, however the work was cut (`draw_all`, every night,
which also takes up deciles that came in since).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from programme import claim
from programme.rules import load
from schemas.change import loads
from schemas.region import zone
from server import log
from server.actions import claim_outcomes
from server.config import Settings
from server.db import Connection, reading, transaction
from server.store import claims as store
from server.store.bulk import in_chunks, take_turn
from server.store.scoping import for_itself


VILLAGES_AT_ONCE = 100
"""Villages followed in one transaction: a phone that waits for the lock of SQLite does not wait long."""


def follow(settings: Settings, now: int) -> int:
    """Draw the claims that changed since the last time; gives how many. Harmless to repeat, or to run twice at once.

    Villages that fail do not stop the others; the error rises in the end.
    """
    with reading() as connection:
        behind = store.behind(connection)
    drawn, failed = 0, None
    for some in in_chunks(behind, VILLAGES_AT_ONCE):
        try:
            drawn += _follow(some)
        except Exception as error:
            log.failed(error, villages=len(some), first=some[0][0])
            failed = failed or error
    if drawn:
        claim_outcomes.keep_ready()
    if failed:
        raise failed
    return drawn


def _follow(behind: Sequence[tuple[str, int, int]]) -> int:
    drawn = 0
    with transaction() as connection:
        take_turn(connection, store.FOLLOWER)
        for village, position, done in behind:
            # A position that is visible has all that lie below it beside it: see `server/store/streams.py`.
            rows = store.touched(connection, village, done, position)
            drawn += _draw(connection, rows) if rows else 0
        store.note_followed(connection, {village: position for village, position, _ in behind})
        if drawn:
            store.note_drawing(connection)
    return drawn


def draw_all(settings: Settings, now: int) -> int:
    """Draw every claim from scratch, and drop what is of none; gives how many."""
    with reading() as connection:
        before = store.drawn(connection)
    drawn, seen = 0, set()
    with reading() as connection:
        pages = [[row.id for row in rows] for rows in store.everything(connection)]
    for ids in pages:
        seen.update(ids)
        drawn += draw(ids)
    with transaction() as connection:
        store.drop(connection, before - seen)
        store.note_drawing(connection)
    return drawn


def draw(records: Collection[str]) -> int:
    """Draw these claims at once, as a desk that just wrote to one wants to see it."""
    with for_itself(), transaction() as connection:  # the desk was let in when it wrote
        take_turn(connection, store.FOLLOWER)
        drawn = _draw(connection, store.these(connection, records))
        store.note_drawing(connection)
        return drawn


def _draw(connection: Connection, rows: Sequence[Any]) -> int:
    gone = [row.id for row in rows if row.erased]
    with for_itself():  # whom a claim is of may live in another region; of him the decile alone is kept
        deciles = store.deciles(connection, {row.refers for row in rows if row.refers and not row.erased})
    drawn = [row_of(row, deciles.get(row.refers)) for row in rows if not row.erased]
    store.keep(connection, drawn, gone)
    return len(rows)


def row_of(row: Any, decile: int | None) -> dict[str, Any]:
    """The row of one claim. row: see `server.store.claims.these`; decile: of the worker's family."""
    rules, fields, home = load(), loads(row.fields), row.home
    case, reported = claim.case_of(fields), local(row.created_at, home)
    told = {
        "record": row.id, "region": home, "worker": row.refers or "", "reported_at": row.created_at,
        "reported_on": reported.date().isoformat(), "waits": row.waiting_since is not None,
        "program": fields.get("program") or "", "event": fields.get("event") or "", "event_on": fields.get("event_date"),
        "decided_on": fields.get("decided_on"), "paid_on": None, "handed_on": None, "outcome": fields.get("outcome"),
        "refused_for": fields.get("refused_for"), "amount": fields.get("amount"), "children": fields.get("children"),
        "reported_in_time": None, "told_in_time": None, "decile": decile,
    }  # fmt: skip
    if case is None:  # what the case is somebody must complete first
        days = rules.latest("claim_papers_days").value
        due = datetime.combine(reported.date(), datetime.min.time()) + timedelta(days=days + 1)
        return told | {"stage": claim.INCOMPLETE, "step": claim.PAPERS, "due_at": moment(due, home)}
    come_to, step = claim.stage(case, rules), claim.next_step(case, reported, rules)
    told |= {"stage": come_to, "step": step and step.what, "due_at": moment(step.by, home) if step else None}
    if come_to in (claim.PAID, claim.HANDED_OVER, claim.CLOSED) and case.outcome == claim.GRANTED:
        told |= {"paid_on": fields.get("paid_on"), "handed_on": (fields.get("handover") or {}).get("date")}
    term = claim.accident_term(case, rules)
    if term is not None:
        told["reported_in_time"] = claim.in_time(term, reported, reported)
        told["told_in_time"] = claim.in_time(term, case.told_on, reported) if case.told_on else None
    return told


def local(ms: int, village: str) -> datetime:
    """A moment by the village's wall clock, without its zone."""
    return datetime.fromtimestamp(ms / 1000, ZoneInfo(zone(village))).replace(tzinfo=None)


def moment(wall: datetime, village: str) -> int:
    """A time of the village's wall clock, in milliseconds."""
    return int(wall.replace(tzinfo=ZoneInfo(zone(village))).timestamp() * 1000)
