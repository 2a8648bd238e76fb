"""The retention schedule: nightly it drops what its rules let it drop, and finds whose record a person must decide on.

The rules are data (`programme/rules/retention.toml`). Records of people are never erased by the job, and one with a claim
or a confirmed contribution is not even proposed. The audit log is a chain, and is never cut.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from programme.rules import Rule, load_data_law
from server import audit
from server.actions.settle import erase
from server.clock import day_at
from server.config import Settings
from server.db import Connection, reading, transaction
from server.store import retention as store
from server.store.accounts import Account
from server.store.changes import runs
from server.store.retention import Due
from server.store.scoping import Scope, for_itself

DAY_MS = 24 * 60 * 60 * 1000
AT_ONCE, MOST_COUNTED = 100, 1000
CANDIDATE, WITHDRAWN = "keep_candidate", "keep_withdrawn"


def schedule() -> list[Rule]:
    """Every rule of how long things are kept, as it is today."""
    return [load_data_law().latest(name) for name in NAMES]


NAMES = (
    WITHDRAWN, CANDIDATE, "keep_member", "keep_quarantined", "keep_evidence", "keep_list", "keep_export", "keep_note",
    "keep_request", "keep_session", "keep_audit", "keep_breach",
)  # fmt: skip

_DROPS: dict[str, Callable[[Connection, int], int]] = {
    "keep_evidence": store.drop_evidence, "keep_list": store.empty_lists, "keep_export": store.drop_exports,
    "keep_note": store.drop_notes, "keep_request": store.empty_requests,
}  # fmt: skip


def run(settings: Settings, now: int) -> int:
    """Drop what has lain too long, and find whom to put before a person; gives how many rows of both."""
    return _drop(now) + _blank(now) + _find(now)


def _before(name: str, now: int) -> int | None:
    """The moment before which the job acts by a rule; None where it does not."""
    rule = load_data_law().find(name, day_at(now, "id"))
    return None if rule is None or rule.value["by"] != "job" else now - int(rule.value["days"]) * DAY_MS


def _drop(now: int) -> int:
    dropped: dict[str, int] = {}
    with transaction() as connection:
        for name, drop in _DROPS.items():
            before = _before(name, now)
            if before is not None and (count := drop(connection, before)):
                dropped[name] = count
        if dropped:
            audit.note(connection, "retention", dropped=dropped)
    return sum(dropped.values())


def _blank(now: int) -> int:
    """Empty quarantined changes. The entry names each: a check of the audit log then knows why its values are gone."""
    before, done = _before("keep_quarantined", now), 0
    while before is not None:
        with transaction() as connection:
            dots = store.old_quarantined(connection, before, store.AT_ONCE)
            if not dots:
                break
            store.blank(connection, dots)
            by_device = {device: sorted(seq for each, seq in dots if each == device) for device, _ in dots}
            told = [[device, first, last] for device, seqs in sorted(by_device.items()) for first, last in runs(seqs)]
            audit.note(connection, "retention", blanked=told)
        done += len(dots)
    return done


def _find(now: int) -> int:
    found: list[Due] = []
    with reading() as connection:
        for name, status, confirmed_only in ((WITHDRAWN, "withdrawn", True), (CANDIDATE, "proposed", False)):
            rule = load_data_law().find(name, day_at(now, "id"))
            if rule is None or rule.value["by"] != "person":
                continue
            for some in store.idle(connection, now - int(rule.value["days"]) * DAY_MS, status):
                owed = store.owed(connection, [each.record for each in some], confirmed_only)
                found += [each._replace(rule=rule.id) for each in some if each.record not in owed]
    with transaction() as connection:
        store.put_due(connection, found)
    return len(found)


# Before a person ------------------------------------------------------------------------------------------------------


class Waiting(NamedTuple):
    """Whose time has run out, with what stands in the record; from whom on the list goes on."""

    due: list[tuple[Due, dict[str, Any]]]
    next: str | None


def waiting(scope: Scope, after: str | None) -> Waiting:
    with reading() as connection:
        found = store.due(connection, scope, after, AT_ONCE + 1)
    shown = found[:AT_ONCE]
    if shown:
        audit.look("list", region=scope, records=[each.record for each, _ in shown], list="retention")
    return Waiting(shown, shown[-1][0].record if len(found) > AT_ONCE else None)


def how_many(scope: Scope) -> int:
    """No further than `MOST_COUNTED`."""
    with reading() as connection:
        return store.any_due(connection, scope, MOST_COUNTED)


def let_go(scope: Scope, records: Collection[str], account: Account, settings: Settings, now: int) -> int:
    """Erase these, whose time has run out; gives how many records went.

    Each is looked at once more: a claim or a contribution may have come since the night.
    """
    with reading() as connection:
        known = store.among_due(connection, scope, records)
        rules = {rule.id: rule.name for rule in load_data_law()}
        kept: set[str] = set()
        with for_itself():  # what a person is owed may lie in another region; nobody is told where
            for each in known:
                kept |= store.owed(connection, [each.record], rules.get(each.rule) == WITHDRAWN)
    gone = [each for each in known if each.record not in kept]
    erased: list[str] = []
    for each in gone:
        erased += erase([each.record], f"masa simpan {each.rule}", account, settings, now)
    with transaction() as connection:
        store.keep(connection, [each.record for each in known])
        if erased:
            audit.note(connection, "retention", region=scope, records=erased, erased=len(erased))
    return len(erased)
