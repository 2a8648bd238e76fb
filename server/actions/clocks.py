"""The clocks that run: reports of accidents, agreements that expire, findings and feedback that wait.

Each kind of term has a finder, which says from the records alone what runs now; so a run that comes late, or twice, ends in
the same rows. Desks show them on the first page, the soonest first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from programme import claim
from server import log
from server.config import Settings
from server.db import Connection, reading, transaction
from server.store import claims
from server.store import clocks as store
from server.store.clocks import Term
from server.store.scoping import Scope

Finder = Callable[[Connection, int], Collection[Term]]

def _of_claims(step: str) -> Finder:
    """Claims of which this is due next."""
    return lambda connection, now: [Term(*found) for found in claims.running(connection, step)]


FINDERS: dict[str, Finder] = {
    "accident": _of_claims(claim.ACCIDENT),
    **{f"claim_{step}": _of_claims(step) for step in claim.STEPS if step != claim.ACCIDENT},
}
"""Kind of term -> who finds them (connection, now in ms)."""


def run(settings: Settings, now: int) -> int:
    """Find all terms anew; gives the rows that changed. A finder that fails does not stop the others; its error rises."""
    changed, failed = 0, None
    for what, find in FINDERS.items():
        try:
            with transaction() as connection:
                changed += store.keep(connection, what, find(connection, now), now)
        except Exception as error:
            log.failed(error, clock=what)
            failed = failed or error
    if failed:
        raise failed
    return changed


def counted(scope: Scope, what: str, now: int) -> tuple[int, int]:
    """How many terms of that kind run in the region, and how many are over."""
    with reading() as connection:
        return store.counted(connection, scope, what, now)


def soonest(scope: Scope, what: str, most: int = 50) -> list[Term]:
    with reading() as connection:
        return store.soonest(connection, scope, what, most)
