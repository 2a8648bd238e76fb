"""Receive a device's batch: keep what is acceptable, and say of each change what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from schemas.change import Change, content_hash, dumps, is_desk
from schemas.files import MARK, files_in
from schemas.region import common
from schemas.wire import Asked
from server import audit
from server.actions.desks import desk_acked
from server.actions.entering import Entering
from server.clock import day_at
from server.config import Settings
from server.db import Connection, transaction
from server.store import changes as log
from server.store import devices, files
from server.store.changes import MERGED, QUARANTINED, Verdict
from server.store.devices import Device
from server.store.files import Named
from server.store.life import Life
from server.store.records import RecordRow, erased_among, read_records
from server.store.regions import KnownRegions
from sync.accept import RECORD_ID, Errors, Forked, Gap, Judging, Sent, Taken, judge, take
from sync.effective_time import measure_offset
from sync.held import waits_in

CONFLICT = "conflict"
_IN_COLUMNS = frozenset({"seq", "kind", "record", "village", "seen", "at", "form", "fields"})
_LONGEST_STATUS = 2000
CONTACT_MS = 60_000
_DAY_MS = 24 * 60 * 60 * 1000


class Receipt(NamedTuple):
    """acked: what is durable now. verdicts: of every change of the request that was taken, by seq.

    wants: whether the device's changes may name files that are still wanted of it.
    """

    acked: int
    epoch: str
    verdicts: list[Verdict]
    wants: bool


class Refused(Exception):
    """Nothing of the batch was taken: it began too late (`seq` is None), or says otherwise what it said under `seq`."""

    def __init__(self, acked: int, epoch: str, seq: int | None = None) -> None:
        super().__init__("forked" if seq else "gap")
        self.acked, self.epoch, self.seq = acked, epoch, seq


class Revoked(Exception):
    """The device was revoked while its request was on its way: nothing of it is taken."""


def receive(asked: Asked, device: Device, arrived_at: int, settings: Settings, *, by_hand: bool = False) -> Receipt:
    """Keep what is acceptable in a batch; durable when this returns, and harmless to repeat.

    device: as it was when the call came in. arrived_at: when the request began to arrive, in milliseconds.
    by_hand: it came in a bundle, from whoever carried it: that says nothing of the device itself, and of a revoked
    one all is set aside.
    Raises Revoked, or Refused; of a fork's batch the evidence is kept then, of any other refused one nothing.
    """
    if not by_hand and _has_nothing_to_say(asked, device, arrived_at):
        return Receipt(device.acked, device.life.epoch, [], device.wants)
    try:
        with transaction() as connection:
            return _receive(connection, asked, device.id, arrived_at, settings, by_hand)
    except Refused as refusal:
        if refusal.seq:
            with transaction() as connection:
                _keep_evidence(connection, asked.changes, device.id, refusal.seq, arrived_at, by_hand)
        raise


def _has_nothing_to_say(asked: Asked, device: Device, now: int) -> bool:
    """A phone that only asks need not cost a write each time: its contact is known to the minute."""
    return (
        not asked.changes and asked.lost_to <= device.acked and device.heard_epoch == device.life.epoch
        and device.contact_at is not None and now - device.contact_at < CONTACT_MS and device.silent_since is None
    )  # fmt: skip


def _receive(
    connection: Connection, asked: Asked, device_id: str, arrived_at: int, settings: Settings, by_hand: bool
) -> Receipt:
    device = devices.lock(connection, device_id)
    assert device is not None  # the door has just seen it, and a device's row is never deleted
    if device.revoked_at is not None and not by_hand:
        raise Revoked
    taken, hashes = _take(connection, asked, device, settings.max_changes)
    batch = _Batch(connection, device, measure_offset(asked.sent_at, arrived_at, device.offset_ms), arrived_at, by_hand)
    verdicts = batch.keep(taken, hashes, settings.village_wait_ms)
    devices.add_lost(connection, device.id, taken.lost, arrived_at)
    heard = {} if by_hand else {
        "offset_ms": batch.offset, "heard_epoch": _heard_in(asked, device, taken), "contact_at": arrived_at,
        "silent_since": None, "status": _status(asked, device, taken.acked),
    }  # fmt: skip
    if not by_hand and (device.contact_at is None or day_of(device.contact_at) != day_of(arrived_at)):
        # What a phone was told it may show all day without a line: one entry a day says so.
        audit.note(connection, "phone-day", region=common(device.villages), villages=list(device.villages))
    devices.change_device(
        connection, device.id, acked=taken.acked, effective_at=batch.previous, wants=batch.wants, **heard
    )
    verdicts += as_they_stand(connection, device.id, taken.known)
    return Receipt(taken.acked, device.life.epoch, sorted(verdicts, key=lambda verdict: verdict.seq), batch.wants)


def day_of(moment: int) -> int:
    """The day, of universal time, of a moment in milliseconds."""
    return moment // _DAY_MS


def _heard_in(asked: Asked, device: Device, taken: Taken) -> str:
    """The life in which the device was last heard to its end.

    After a restore a phone first learns that it was set back, then sends again, maybe in many batches. Until it says
    of this life that nothing more is to come, others may have seen changes of its that we do not have yet.
    """
    if not device.life.restored:
        return device.life.epoch
    queued = asked.status.get("queued")
    is_all = not asked.changes or (type(queued) is int and queued <= len(taken.new))
    return device.life.epoch if is_all and asked.epoch == device.life.epoch else device.heard_epoch


def _status(asked: Asked, device: Device, acked: int) -> str:
    """What it says of itself; and how many changes are `left` on it by this answer, since `queued` counts those it sends."""
    queued = asked.status.get("queued")
    status = dict(asked.status)
    if type(queued) is int:
        status["left"] = max(0, queued - len({change["seq"] for change in asked.changes if change["seq"] <= acked}))
    text = dumps(status)
    return text if asked.status and len(text) <= _LONGEST_STATUS else device.status


def _take(connection: Connection, asked: Asked, device: Device, most: int) -> tuple[Taken, dict[int, bytes]]:
    """Sort the batch; gives the hashes of what is new besides."""
    hashes: dict[int, bytes] = {}

    def hash_of(sent: Sent) -> bytes:
        hashes[sent["seq"]] = content_hash(sent)
        return hashes[sent["seq"]]

    repeated = [change["seq"] for change in asked.changes if change["seq"] <= device.acked]
    known = log.known_hashes(connection, device.id, repeated) if repeated else {}
    try:
        return take(asked.changes, device.acked, known, hash_of, asked.lost_to, most), hashes
    except Forked as fork:
        raise Refused(device.acked, device.life.epoch, fork.seq) from None
    except Gap:
        raise Refused(device.acked, device.life.epoch) from None


class _Batch:
    """What is taken of one request, on its way into the log and the views. previous: see `sync.accept.judge`."""

    def __init__(self, connection: Connection, device: Device, offset: int, arrived_at: int, by_hand: bool) -> None:
        self.connection, self.device, self.by_hand = connection, device, by_hand
        self.offset, self.arrived_at, self.previous = offset, arrived_at, device.effective_at
        self.wants = device.wants
        self._named: list[Named] = []

    def keep(self, taken: Taken, hashes: Mapping[int, bytes], wait_ms: int) -> list[Verdict]:
        if not taken.new and not taken.late:
            return []
        by = self._judging([*taken.late, *taken.new])
        judged = [self._judge(sent, by) for sent in taken.new]
        if self.device.revoked_at is not None:
            for _, _, errors in judged:
                errors["device"] = ["device-revoked"]
        late = [(sent, judge(sent, by, self.previous)[0], {"seq": ["lost-before"]}) for sent in taken.late]
        entering = Entering(self.connection, wait_ms)
        wrong = {change.record for _, change, errors in [*late, *judged] if errors}
        good = [change for _, change, errors in judged if not errors]
        entering.prepare(good, mentioned=wrong, of=self.device.villages)
        waiting = _Waiting(log.waiting_records(self.connection, self.device.id), self.arrived_at)
        rows = [self._enter(entering, waiting, *each, hashes) for each in [*late, *judged]]
        entering.write()
        log.append(self.connection, rows)
        audit.note(self.connection, "sync", region=self._region(), **log.sealed(rows), **self._carried())
        log.add_waiting(self.connection, waiting.rows)
        self._want_files()
        return [
            verdict_of(row, change, errors, entering)
            for row, (_, change, errors) in zip(rows, [*late, *judged], strict=True)
        ]

    def _carried(self) -> dict[str, Any]:
        return {"by_hand": True} if self.by_hand else {}

    def _region(self) -> str | None:
        """Where it is looked for in the audit log: the device's village, or what its villages lie in together."""
        return common(self.device.villages)

    def _judging(self, sent: Sequence[Sent]) -> Judging:
        villages = self.device.villages
        return Judging(
            self.device.id, frozenset(villages), self.offset, self.arrived_at,
            day_at(self.arrived_at, villages[0] if villages else "id"),
            seen_limits(self.connection, self.device.life, sent), KnownRegions(self.connection),
        )  # fmt: skip

    def _judge(self, sent: Sent, by: Judging) -> tuple[Sent, Change, Errors]:
        change, errors = judge(sent, by, self.previous)
        self.previous = change.effective
        return sent, change, errors

    def _enter(
        self, entering: Entering, waiting: _Waiting, sent: Sent, change: Change, errors: Errors, hashes: Mapping[int, bytes]
    ) -> dict[str, Any]:
        """Let one change enter if it was good by itself; gives its row of the log, and adds to `errors` what it met."""
        as_sent = change.fields is sent.get("fields")
        status, version = QUARANTINED, None
        if not errors:
            entered = entering.enter(change, self.device.villages, waiting.records, as_sent=as_sent)
            status, version = entered.status, entered.version
            if entered.why:
                waiting.add(change, entered.why.value)
            if entered.complaint:
                errors["record"] = [entered.complaint]
        if entering.is_erased(change.record):
            change = change._replace(fields=None)
        elif errors:
            change = change._replace(fields={})
        row = log.row_of(change, self.device.officer, _form(sent), hashes[change.seq], status, version)
        if errors:
            row["errors"] = dumps(errors)
        if change.fields is not None and (errors or not as_sent or sent.keys() - _IN_COLUMNS):
            row["sent"] = dumps(sent)
        if version == 1:
            entering.keep_text(change.record, row["fields"])
        # Also of what was set aside: whoever corrects it, or takes it up, needs the photo too.
        for told in (row["fields"], row["sent"]):
            if told is not None and MARK in told:
                self._note_files(change, sent.get("fields") if errors else change.fields)
        return row

    def _note_files(self, change: Change, fields: Any) -> None:
        self._named += [Named(file.sha256, change.record, change.village) for file in files_in(fields)]

    def _want_files(self) -> None:
        if self._named:
            wanted = files.name(self.connection, self.device.id, self.device.villages, self._named, self.arrived_at)
            self.wants = self.wants or wanted


class _Waiting:
    """The records to which a change of this device waits, and the rows of those that begin to wait now."""

    def __init__(self, records: set[str], now: int) -> None:
        self.records, self.now = records, now
        self.rows: list[dict[str, Any]] = []

    def add(self, change: Change, why: str) -> None:
        self.records.add(change.record)
        self.rows.append({
            "device": change.device, "seq": change.seq, "record": change.record, "village": change.village,
            "since": self.now, "why": why,
        })  # fmt: skip


def verdict_of(row: Mapping[str, Any], change: Change, errors: Errors, entering: Entering) -> Verdict:
    """What became of a change that entered just now."""
    waits = tuple(entering.conflicts_of(change)) if row["status"] == MERGED else ()
    return Verdict(change.seq, change.record, CONFLICT if waits else row["status"], row["version"], errors, waits)


def as_they_stand(connection: Connection, device: str, seqs: Sequence[int]) -> list[Verdict]:
    """What became of changes that were received before, as it now stands; `fields` are those that wait for a person."""
    if not seqs:
        return []
    known = log.verdicts(connection, device, seqs)
    rows = _with_carriers(connection, [verdict.record for verdict in known if verdict.status == MERGED])
    return [_as_it_stands(verdict, rows.get(verdict.record), device) for verdict in known]


def _with_carriers(connection: Connection, ids: Iterable[str]) -> dict[str, RecordRow]:
    rows = read_records(connection, set(ids))
    carriers = read_records(connection, {row.carrier for row in rows.values() if row.is_alias and row.carrier})
    return {record: carriers[row.carrier] if row.is_alias and row.carrier else row for record, row in rows.items()}


def _as_it_stands(verdict: Verdict, row: RecordRow | None, device: str) -> Verdict:
    waits = ()
    if verdict.status == MERGED and row is not None and row.held.conflicts:
        waits = tuple(waits_in(row.held, (device, verdict.seq), verdict.fields))
    return verdict._replace(status=CONFLICT if waits else verdict.status, fields=waits)


def seen_limits(connection: Connection, life: Life, sent: Sequence[Sent]) -> Callable[[str], int | None]:
    """For each device named in a `seen`: its highest durable seq; None where a restored server can't know it."""
    named = {device for change in sent if type(change.get("seen")) is dict for device in change["seen"]}
    named = {device for device in named if device.isascii() and device.isalnum() and len(device) <= 40}
    if not named:
        return lambda device: 0
    desks = {device for device in named if is_desk(device)}
    limits: dict[str, int | None] = dict.fromkeys(named, None if life.restored else 0)
    for device, (acked, heard) in devices.acked_and_epoch(connection, named - desks).items():
        limits[device] = None if life.restored and heard != life.epoch else acked
    limits |= desk_acked(connection, life, desks)
    return lambda device: limits.get(device, 0)


def _form(sent: Sent) -> str | None:
    form = sent.get("form")
    return form if type(form) is str and len(form) <= 100 and form.isprintable() else None


def _record_of(sent: Sent) -> str:
    """The record that a change names, where it can be read: by it an erasure finds what is to go."""
    record = sent.get("record")
    return record if type(record) is str and RECORD_ID.match(record) else ""


def _keep_evidence(
    connection: Connection, sent: Sequence[Sent], device_id: str, first: int, now: int, by_hand: bool
) -> None:
    """What a twin or a phone that was set back says otherwise: for the operator to look at, never merged."""
    device = devices.lock(connection, device_id)
    assert device is not None
    differing = [change for change in sent if change["seq"] >= first]
    erased = erased_among(connection, {_record_of(change) for change in differing})
    rows = [
        {
            "device": device_id, "seq": change["seq"], "hash": content_hash(change),
            "record": _record_of(change), "sent": "{}" if _record_of(change) in erased else dumps(change), "at": now,
        }  # fmt: skip
        for change in differing
    ]
    devices.add_evidence(connection, rows)
    heard = {} if by_hand else {"contact_at": now}
    devices.change_device(connection, device_id, forked_at=device.forked_at or now, **heard)
