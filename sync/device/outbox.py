"""The outbox and the local copy in one SQLite file: what an officer entered is on disk before `save` returns."""

from __future__ import annotations

import math
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from schemas.change import canonical, dumps, from_ms, loads, to_ms
from sync.device.copies import Copies, Copy
from sync.device.disk import Connect, Disk
from sync.device.own import FINAL, Batch, Own
from sync.device.pace import Pace

Clock = Callable[[], int]
DEEPEST = 50  # of the 64 levels that a whole request may have
ENVELOPE_BYTES = 4096  # kept free in a body for what goes beside the changes


class NotEnrolled(Exception):
    """There is no device id yet to name a record or a change with: enrol first."""


class AlreadyEnrolled(Exception):
    """The file belongs to a device that the server knows."""


class Unsendable(ValueError):
    """What the form holds could never be sent: too large, too deep, or a number that JSON does not know."""


class Opened(NamedTuple):
    """A record as an officer sees it: the copy with his own newer changes on top.

    seen: what stands for it in a change made from here. version 0: only here so far. waiting: own changes in it that
    the copy does not hold yet.
    """

    record: str
    kind: str
    village: str
    version: int
    fields: dict[str, Any]
    seen: dict[str, int]
    conflicts: dict[str, list]
    derived: dict[str, Any]
    waiting: int


class Saved(NamedTuple):
    seq: int
    record: str


class Asked(NamedTuple):
    """What a request was made from; an answer is read against it, whatever happened here meanwhile."""

    device: str
    epoch: str | None
    acked: int
    cursors: dict[str, int]
    batch: Batch


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Outbox:
    """One device's file. Nothing is kept in memory: several may be open on one file, one to type in, one to sync."""

    def __init__(self, path: str | Path, *, clock: Clock = now_ms, connect: Connect = sqlite3.connect) -> None:
        self.path, self.clock = Path(path), clock
        self.disk = Disk(path, connect)
        self.own = Own(self.disk)
        self.copies = Copies(self.disk, self.own)

    def close(self) -> None:
        self.disk.close()

    # What the officer does

    def save(
        self,
        kind: str,
        record: str | None,
        village: str | None,
        fields: Mapping[str, Any],
        *,
        opened: Opened | None = None,
        form: str | None = None,
    ) -> Saved | None:
        """Keep what was entered, as one change; None when nothing differs from what was there.

        record: None makes a new one. village: the home as known; may be None for a record that is held.
        opened: the record as the form was opened with it, if that was some time ago.
        Durable when it returns. Raises NotEnrolled, and Unsendable before anything is kept.
        """
        must_be_sendable(fields)
        with self.disk.transaction():
            if not self.disk.get("device"):
                raise NotEnrolled("Enrol this device first.")
            before = opened or (self.open(record) if record else None)
            if before:
                record, village = before.record, village or before.village
                fields = {name: value for name, value in fields.items() if _differs(before.fields.get(name), value)}
            if not fields:
                return None
            if not village:
                raise ValueError("The home village of a new record must be given.")
            return self._keep(kind, record or self.own.new_record_id(), village, before, fields, form)

    def _keep(
        self, kind: str, record: str, village: str, before: Opened | None, fields: Mapping[str, Any], form: str | None
    ) -> Saved:
        change: dict[str, Any] = {"kind": kind, "record": record, "village": village, "at": from_ms(self.clock())}
        change |= {"form": form or f"{kind}@1", "fields": dict(fields)}
        if before and before.seen:
            change["seen"] = before.seen
        limit = self.disk.get("limits", {}).get("max_bytes")
        if limit and len(dumps(change).encode()) + ENVELOPE_BYTES > limit:
            raise Unsendable(f"One form must stay under {limit} bytes.")
        return Saved(self.own.add(change, creates=before is None), record)

    def correct(self, seq: int, fields: Mapping[str, Any]) -> Saved | None:
        """Answer a quarantined change by a new one: what it held and should still hold, with these fields set right."""
        wrong = self.own.change(seq)
        if wrong is None:
            raise KeyError(seq)
        before = self.open(wrong["record"])
        if before:
            before = before._replace(seen=self._no_newer(before.seen, wrong.get("seen", {})))
        fields = {**wrong["fields"], **fields}
        saved = self.save(wrong["kind"], wrong["record"], wrong["village"], fields, opened=before)
        if saved:
            with self.disk.transaction():
                self.disk.do(
                    "UPDATE changes SET corrected_by = ? WHERE device = ? AND seq = ?",
                    saved.seq, self.disk.get("device"), seq,
                )  # fmt: skip
        return saved

    def _no_newer(self, seen: Mapping[str, int], known: Mapping[str, int]) -> dict[str, int]:
        """What is repeated was written without knowing what others did since: it stands beside that, replacing none."""
        formers = {device for (device,) in self.disk.rows("SELECT device FROM formers")}
        least = {device: seq if device in formers else min(seq, known.get(device, 0)) for device, seq in seen.items()}
        return {device: seq for device, seq in least.items() if seq > 0}

    def open(self, record: str) -> Opened | None:
        """The record as it now stands for the officer, under the id that it now has; None when it is not here."""
        record = self.copies.resolve(record)
        copy, ids = self.copies.get(record), self.copies.ids(record)
        waiting = self.own.not_worked_in(ids)
        if copy is None and (not waiting or self.copies.gone(record)):
            return None
        first = copy or _blank(waiting[0])
        fields = dict(first.fields)
        for change in waiting:
            fields |= change["fields"]
        seen = self._seen(ids, first.seen, copy is None or first.fresh)
        return Opened(
            record, first.kind, first.village, first.version, fields, seen, first.conflicts, first.derived, len(waiting)
        )

    def _seen(self, ids: Sequence[str], told: Mapping[str, int], fresh: bool) -> dict[str, int]:
        """What a change made from here has seen: what the copy was made of, and what this file did under former ids."""
        seen = {device: seq for device, seq in told.items() if device != self.disk.get("device")}
        marks = ",".join("?" * len(ids))
        for former, up_to in self.disk.rows("SELECT device, up_to FROM formers"):
            did = self.disk.value(f"SELECT 1 FROM changes WHERE device = ? AND record IN ({marks})", former, *ids)
            if did or former in seen:
                # A copy from before the new enrolment may hold what the twin and we said under one seq.
                seen[former] = up_to if not fresh else max(up_to, seen.get(former, 0))
        return {device: seq for device, seq in seen.items() if seq > 0}

    def records(self, village: str | None = None, kind: str | None = None) -> list[str]:
        """Ids of the records here, own unsent ones among them."""
        sql = (
            "SELECT record FROM records WHERE (?1 IS NULL OR village = ?1) AND (?2 IS NULL OR kind = ?2)"
            " AND epoch != '-'"
            " UNION SELECT record FROM changes WHERE worked = 0 AND (?1 IS NULL OR village = ?1)"
            " AND (?2 IS NULL OR kind = ?2) AND record NOT IN (SELECT record FROM gone)"
        )
        return [record for (record,) in self.disk.rows(sql, village, kind)]

    def villages(self) -> dict[str, str | None]:
        """Code and name (None where it was never told) of the villages of this device."""
        return dict(self.disk.rows("SELECT code, name FROM villages WHERE mine = 1 ORDER BY code"))

    def to_correct(self) -> list[dict[str, Any]]:
        """Own changes that were quarantined and not corrected since: {"change", "errors"}."""
        rows = self.disk.rows(
            "SELECT body, result FROM changes WHERE status = 'quarantined' AND corrected_by IS NULL ORDER BY life, seq"
        )
        return [{"change": loads(body), "errors": loads(result).get("errors", {})} for body, result in rows]

    def notices(self) -> list[dict[str, Any]]:
        return list(self.disk.db.table("notices").rows)

    def counts(self) -> dict[str, int]:
        """How many own changes stand where: by last told status, and `unanswered` for those never answered."""
        return dict(self.disk.rows("SELECT coalesce(status, 'unanswered'), count(*) FROM changes GROUP BY 1"))

    # What the client does

    def ask(self, pace: Pace) -> Asked:
        """What the next request is made from."""
        limits = self.disk.get("limits", {})
        most = min(pace.changes, limits.get("max_changes", pace.changes))
        room = limits.get("max_bytes", 1 << 20) - ENVELOPE_BYTES
        return Asked(
            self.disk.get("device"),
            self.disk.get("epoch"),
            self.disk.get("acked", 0),
            dict(self.disk.rows("SELECT name, value FROM cursors")),
            self.own.next_batch(most, room),
        )

    def status(self) -> dict[str, Any]:
        """What the operator may know of this phone: how much waits, since when, and how full it is."""
        oldest = self.disk.value(
            "SELECT body FROM changes WHERE device = ? AND seq > ? ORDER BY seq LIMIT 1",
            self.disk.get("device"), self.disk.get("acked", 0),
        )  # fmt: skip
        free = shutil.disk_usage(self.path.parent).free
        about = {"queued": self.own.waiting(), "persisted": True, "free_bytes": free}
        return about | ({"oldest": loads(oldest)["at"]} if oldest else {})

    def take(self, answer: Mapping[str, Any], asked: Asked) -> bool:
        """Take in an answer of the server, whole or not at all. Returns whether to ask again for what it tells."""
        with self.disk.transaction():
            if self.disk.get("device") != asked.device:
                return True  # enrolled anew meanwhile: this was for the former self
            set_back = self._stand(answer["epoch"], answer["acked"], asked)
            self._note(answer["results"], answer["epoch"])
            self.copies.take(answer["records"], answer["epoch"])
            # In another epoch the server told all from the start. Set back within one, it went on from our cursors,
            # which mean nothing any more.
            again = set_back and answer["epoch"] == asked.epoch
            if not again:
                self._move_cursors(answer["cursors"], {} if set_back else asked.cursors)
                if not answer.get("more"):
                    self.copies.part_with_doubtful()
            self._hear(answer.get("notices", []))
            self._look_for_twin(answer["acked"], asked)
            self._keep_house(to_ms(answer["server_time"]))
            return again

    def take_standing(self, epoch: str | None, acked: int, asked: Asked) -> None:
        """The server took nothing, and said where it stands (409 gap)."""
        with self.disk.transaction():
            if self.disk.get("device") == asked.device:
                self._stand(epoch or asked.epoch or "", acked, asked)
                self._look_for_twin(acked, asked)

    def _stand(self, epoch: str, acked: int, asked: Asked) -> bool:
        """Note how far the server has us. Returns whether that is less than it was: then all goes up and down again."""
        set_back = epoch != asked.epoch or acked < asked.acked
        if set_back:
            self._start_again(acked)
        known = acked if set_back else max(acked, self.disk.get("acked", 0))
        self.disk.put({"epoch": epoch, "acked": min(known, self.disk.get("last_seq", 0))})
        return set_back

    def _start_again(self, acked: int) -> None:
        self.disk.do("DELETE FROM cursors")
        self.copies.doubt()
        self.own.send_again(after=acked)

    def _note(self, results: Sequence[Mapping[str, Any]], epoch: str) -> None:
        self.own.note(results)
        for result in sorted(results, key=lambda result: result["seq"]):
            if result["status"] in FINAL:
                self.copies.work_in(result, epoch)

    def _move_cursors(self, cursors: Mapping[str, int], before: Mapping[str, int]) -> None:
        self.disk.db.table("cursors").upsert_all(
            [{"name": name, "value": value} for name, value in cursors.items() if before.get(name) != value], pk="name"
        )
        if cursors.keys() - {"device"} != self.villages().keys():
            self._live_in({code: None for code in cursors if code != "device"})

    def _live_in(self, villages: Mapping[str, str | None]) -> None:
        self.disk.do("UPDATE villages SET mine = 0")
        for code, name in villages.items():
            self.disk.do(
                "INSERT INTO villages (code, name, mine) VALUES (?, ?, 1)"
                " ON CONFLICT (code) DO UPDATE SET mine = 1, name = coalesce(excluded.name, name)",
                code, name,
            )  # fmt: skip
        ours = "SELECT 'device' UNION SELECT code FROM villages WHERE mine"
        self.disk.do(f"DELETE FROM cursors WHERE name NOT IN ({ours})")

    def _hear(self, notices: Sequence[Mapping[str, Any]]) -> None:
        names = ("id", "record", "text", "at")
        self.disk.db.table("notices").upsert_all([{name: one.get(name) for name in names} for one in notices], pk="id")

    def _look_for_twin(self, acked: int, asked: Asked) -> None:
        """More acknowledged than was ever given out here: a twin, or this file was set back (promise 1)."""
        if acked > self.disk.get("last_seq", 0):
            first = self.own.first_unanswered(after=asked.acked)
            self.disk.put({"forked_from": first, "acked": first - 1})

    def _keep_house(self, now: int | None) -> None:
        """Only the server's clock counts the 30 days: a phone that thinks it is 2031 must not drop today's work."""
        if now is None:
            return
        self.own.acknowledge(self.disk.get("acked", 0), now)
        self.own.forget_old(now)
        self.copies.leave_villages()

    # Who this device is

    def begin_enrolment(self, code: str, draw_attempt: Callable[[], str]) -> dict[str, str]:
        """What to enrol with: the same `attempt` for the same code, also after a kill, until an answer came."""
        with self.disk.transaction():
            device, again = self.disk.get("device"), self.disk.get("unknown") or self.disk.get("forked_from")
            if device and not again:
                raise AlreadyEnrolled(f"This file belongs to device {device}; another officer needs a file of his own.")
            trying = self.disk.get("attempt", {})
            if trying.get("code") != code:
                trying = {"code": code, "attempt": draw_attempt()}
                self.disk.put({"attempt": trying})
            return trying | ({"former": device} if self.disk.get("unknown") else {})

    def become(self, answer: Mapping[str, Any]) -> None:
        """Be the device that the server says we are, and carry over what it does not have of our former self."""
        with self.disk.transaction():
            former, device = self.disk.get("device"), answer["device"]
            if former == device:
                self._start_again(answer["acked"])
            elif former:
                self._become_another(former, device, to_ms(answer["server_time"]) or 0)
            names = ("device", "token", "officer", "epoch", "acked", "limits", "server_key")
            self.disk.put({name: answer[name] for name in names if name in answer})
            self.disk.put({"attempt": {}, "forked_from": None, "unknown": False})
            self._live_in({village["code"]: village.get("name") for village in answer["villages"]})

    def _become_another(self, former: str, device: str, now: int) -> None:
        first = self.disk.get("forked_from") or self.disk.get("acked", 0) + 1
        self.own.acknowledge(first - 1, now)
        self.own.adopt(device, self.disk.get("life", 0) + 1, first)
        self.disk.put({"life": self.disk.get("life", 0) + 1})
        self.disk.db.table("formers").upsert({"device": former, "up_to": first - 1}, pk="device")
        self.disk.do("DELETE FROM cursors")
        self.copies.doubt()
        # Under the old ids of what we carry over stands, if anything, what the twin made: it is told again.
        self.disk.do("DELETE FROM records WHERE record IN (SELECT old FROM renamed)")

    def note(self, **what: Any) -> None:
        """Keep one of the things that there is one of: unknown, revoked, forked_from, pace, name, platform."""
        with self.disk.transaction():
            self.disk.put(what)

    def give_up(self, seq: int) -> None:
        with self.disk.transaction():
            self.own.give_up(seq)


def _differs(before: Any, value: Any) -> bool:
    return canonical(before) != canonical(value)


def _blank(change: Mapping[str, Any]) -> Copy:
    return Copy(change["record"], change["kind"], change["village"], 0, True, {}, change.get("seen", {}), {}, {})


def must_be_sendable(value: Any, depth: int = 0) -> None:
    """Raise Unsendable for what would make the server refuse the body as a whole, and every later one with it."""
    if depth > DEEPEST:
        raise Unsendable("The answers are nested too deep.")
    if isinstance(value, float) and not math.isfinite(value):
        raise Unsendable("Not a number.")
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
    for each in inner:
        must_be_sendable(each, depth + 1)
