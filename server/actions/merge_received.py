"""Merge what was only received: the scheduled run, and an operator's decision on what has waited too long."""

from __future__ import annotations

from typing import Any

from schemas.change import Change, dumps
from schemas.region import common, within
from server import audit
from server import log as log_lines
from server.actions.entering import Entered, Entering
from server.actions.settle import NoSuchRecord, OutsideRegion
from server.config import Settings
from server.db import Connection, reading, transaction
from server.store import changes as log
from server.store import devices, waiting
from server.store.accounts import Account
from server.store.changes import QUARANTINED, RECEIVED
from server.store.waiting import Waiting

MOST_AT_ONCE = 1000


def merge_received(settings: Settings, now: int) -> int:
    """Let enter what can enter by now; gives how many changes did. Several nodes may do it at once.

    One device a transaction, and a device that somebody else is at is passed over: its turn comes again. One that
    fails does not stop the others; its error rises in the end.
    """
    with reading() as connection:
        ripe = waiting.ripe_devices(connection)
    done, failed = 0, None
    for device in ripe:
        try:
            done += _merge_device(device, settings, now)
        except Exception as error:
            log_lines.failed(error, device=device)
            failed = failed or error
    if failed:
        raise failed
    return done


def _merge_device(device: str, settings: Settings, now: int) -> int:
    with transaction() as connection:
        if not waiting.try_lock_device(connection, device):
            return 0
        all_waiting = waiting.of_device(connection, device)
        # What waits behind a change that makes its record can enter in the same run.
        waking = {each.record for each in all_waiting if each.is_ripe}
        ripe = [each for each in all_waiting if each.record in waking][:MOST_AT_ONCE]
        return _Decided(connection, device, ripe, settings, now).let_enter(all_waiting)


class _Decided:
    """Waiting changes of one device on their way into the views."""

    def __init__(
        self, connection: Connection, device: str, ripe: list[Waiting], settings: Settings, now: int, act: str = "merge"
    ) -> None:
        """act: what the audit log calls it."""
        self.connection, self.device, self.now, self.act = connection, device, now, act
        self.changes = log.by_dots(connection, [(each.device, each.seq) for each in ripe])
        self.villages = devices.villages_of(connection, [device])[device]
        self.became: dict[int, str] = {}
        self.entering = Entering(connection, settings.village_wait_ms)
        # A fold may bring a record back to where it was once. A sync locks what is likely; the schedule, what is possible.
        touched = {change.record for change in self.changes.values()}
        self.entering.prepare(list(self.changes.values()), joining=touched, of=self.villages)

    def let_enter(self, all_waiting: list[Waiting], create: int | None = None, refuse: int | None = None) -> int:
        """In seq order; what can't enter yet holds back the device's later ones to that record.

        create: a seq that an operator lets create its record. refuse: one that he sends to quarantine.
        """
        blocked: set[str] = set()
        outcomes: list[dict[str, Any]] = []
        for each in all_waiting:
            change = self.changes.get((each.device, each.seq))
            if change is None:
                blocked.add(each.record)
                continue
            entered = self._enter(change, blocked, create, refuse)
            if entered.status == RECEIVED:
                blocked.add(each.record)
            else:
                outcomes.append(self._outcome(change, entered))
        self.entering.write()
        log.settle_waiting(self.connection, outcomes)
        # Whoever was erased while the change waited: it is not to be kept here either.
        late = {change.record for change in self.changes.values() if self.entering.is_erased(change.record)}
        log.blank(self.connection, late)
        self.became = {outcome["seq"]: outcome["status"] for outcome in outcomes}
        if outcomes:
            audit.note(self.connection, self.act, region=common(self.villages), **self._said(outcomes))
        letters = [{"device": o["device"], "seq": o["seq"], "record": None, "code": None, "at": self.now} for o in outcomes]
        devices.send_mail(self.connection, letters)
        return len(outcomes)

    def _said(self, outcomes: list[dict[str, Any]]) -> dict[str, Any]:
        became = {
            status: log.runs(sorted(outcome["seq"] for outcome in outcomes if outcome["status"] == status))
            for status in {outcome["status"] for outcome in outcomes}
        }
        return {"device": self.device, "became": became}

    def _enter(self, change: Change, blocked: set[str], create: int | None, refuse: int | None) -> Entered:
        if change.seq == refuse:
            return Entered(QUARANTINED, complaint="operator-refused")
        return self.entering.enter(change, self.villages, blocked, may_create=change.seq == create)

    def _outcome(self, change: Change, entered: Entered) -> dict[str, Any]:
        errors = dumps({"record": [entered.complaint]}) if entered.complaint else None
        return {
            "device": change.device, "seq": change.seq, "status": entered.status, "version": entered.version,
            "errors": errors, "at": self.now,
        }  # fmt: skip


def decide_waiting(
    device: str, seq: int, create: bool, account: Account | None, settings: Settings, now: int
) -> str:
    """An operator lets a waiting change create its record, or sends it to quarantine; gives its status then.

    Raises NoSuchRecord when it does not wait (any more), OutsideRegion.
    """
    with transaction() as connection:
        devices.lock(connection, device)
        all_waiting = waiting.of_device(connection, device)
        one = next((each for each in all_waiting if each.seq == seq), None)
        if one is None:
            raise NoSuchRecord(f"{device} {seq}")
        if account is not None and not within(one.village, account.region):
            raise OutsideRegion(f"{device} {seq}")
        decided = _Decided(connection, device, [one], settings, now, "decide-waiting")
        decided.let_enter(all_waiting, create=seq if create else None, refuse=None if create else seq)
        about = {"device": device, "seq": seq, "do": "create" if create else "refuse"}
        audit.note(connection, "decide-waiting", region=one.village, record=one.record, **about)
        return decided.became.get(seq, RECEIVED)  # let create, it may still lie outside its device's villages
