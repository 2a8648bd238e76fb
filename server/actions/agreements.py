"""Agreements between institutions (MoU, PKS): what is agreed with whom and until when, and that nobody forgets to go on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

from programme import duties as pure
from programme.duties import Term
from programme.rules import load_duties
from schemas.region import NATION
from server.actions import entries
from server.actions.clocks import FINDERS
from server.actions.entries import Entry
from server.actions.entries_api import check_order
from server.actions.past import end_of
from server.actions.settle import BadFields, NotSeen
from server.clock import day_at
from server.db import Connection
from server.store import clocks as terms
from server.store import entries as store
from server.store.accounts import Account
from server.store.scoping import Scope, for_itself

KIND, ACT = "agreement", "duty"
RUNNING = (pure.URGENT, pure.SOON, pure.IN_FORCE, pure.AHEAD)


class Known(NamedTuple):
    """An agreement, and how it stands today."""

    entry: Entry
    term: Term

    @property
    def is_running(self) -> bool:
        return self.term.state in RUNNING


def known(entry: Entry, now: int) -> Known | None:
    """None for one whose days can't be read."""
    try:
        return Known(entry, pure.term_of(entry.fields, day_at(now, entry.home), load_duties()))
    except (KeyError, ValueError, TypeError):
        return None


def list_of(scope: Scope, now: int) -> list[Known]:
    """All agreements of a region: those that run, the first to expire first; then those that are over, the latest first."""
    found = [each for entry in entries.all_of(scope, KIND) if (each := known(entry, now)) is not None]
    running = sorted((each for each in found if each.is_running), key=lambda each: (each.term.left, each.entry.record))
    over = sorted((each for each in found if not each.is_running), key=lambda each: (-each.term.left, each.entry.record))
    return running + over


def begin(region: str, key: str, fields: Mapping[str, Any], account: Account | None, now: int) -> str:
    """Raises as `entries.begin`."""
    return entries.begin(KIND, region, key, fields, account, now, ACT, check=_in_order(fields))


def change(record: str, seen: Mapping[str, int], fields: Mapping[str, Any], account: Account | None, now: int) -> str:
    """Raises as `entries.change`."""
    return entries.change(KIND, record, seen, fields, account, now, ACT, check=_in_order(fields))


def _in_order(fields: Mapping[str, Any]) -> entries.Check:
    return lambda _, known: check_order({**known, **fields})


def renew(scope: Scope, record: str, seen: Mapping[str, int], account: Account | None, now: int) -> str:
    """Make the agreement that follows this one, once: gives its id, also where it was made before.

    seen: of the one that is followed. Raises settle.NoSuchRecord, OutsideRegion, NotSeen; BadFields of a cancelled one.
    """
    old = entries.one(scope, KIND, record)
    follows = old.fields.get("renewed_by")
    if follows and entries.find(scope, KIND, str(follows)):
        return str(follows)
    if old.fields.get("state") == pure.CANCELLED:
        raise BadFields({"state": ["cancelled-agreement"]})
    if any(seen.get(device, 0) < seq for device, seq in old.seen.items()):
        raise NotSeen(record)
    try:
        made = begin(old.home, next_key(record), pure.follow_up(old.fields), account, now)
    except NotSeen as there:  # a kill came between the two, and somebody has gone on with it since
        made = there.record
    entries.change(KIND, record, old.seen, {"state": pure.RENEWED, "renewed_by": made}, account, now, ACT, whole=True)
    return made


def next_key(record: str) -> str:
    """The key of what follows an agreement: of its own id, so that two clicks make one."""
    return sha256(record.encode()).hexdigest()[: entries.KEY_LENGTH]


# The clock ------------------------------------------------------------------------------------------------------------


def find_expiring(connection: Connection, now: int) -> list[terms.Term]:
    """Agreements that somebody must see to: each until its last day, or until it should have been signed."""
    with for_itself():  # the clock looks everywhere; what it finds is shown inside regions
        found = store.within(connection, NATION, KIND)
    return [
        terms.Term(entry.record, entry.home, end_of(until)(entry.home))
        for entry in found if (until := _awaited(entry, now)) is not None
    ]  # fmt: skip


def _awaited(entry: Entry, now: int) -> date | None:
    try:
        return pure.awaited(entry.fields, day_at(now, entry.home), load_duties())
    except (KeyError, ValueError, TypeError):
        return None


FINDERS[KIND] = find_expiring
