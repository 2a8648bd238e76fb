"""The device's own changes: given a seq once, kept unaltered, sent until they are answered for, kept 30 days more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from schemas.change import dumps, loads
from sync.device.disk import Disk

KEPT_MS = 30 * 24 * 3600 * 1000
FINAL = ("merged", "conflict")


class Batch(NamedTuple):
    """What to send next. texts: JSON of each change, by seq. lost_to: up to where this device holds nothing more."""

    seqs: list[int]
    texts: list[str]
    lost_to: int | None


class Own:
    """The outbox's table. Every method that writes is called inside a transaction."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk

    def new_record_id(self) -> str:
        count = self.disk.get("last_record", 0) + 1
        self.disk.put({"last_record": count})
        return f"{self.disk.get('device')}-{count}"

    def add(self, change: Mapping[str, Any], creates: bool) -> int:
        """Give the change its seq and keep it, both or neither. Returns the seq."""
        device, seq = self.disk.get("device"), self.disk.get("last_seq", 0) + 1
        self.disk.put({"last_seq": seq})
        self._insert(device, self.disk.get("life", 0), {"seq": seq, **change})
        if creates:
            self.disk.db.table("created").insert(
                {"record": change["record"], "device": device, "seq": seq}, ignore=True
            )
        return seq

    def _insert(self, device: str, life: int, change: Mapping[str, Any]) -> None:
        about = {name: change[name] for name in ("seq", "kind", "record", "village")}
        fresh = {"device": device, "life": life, "body": dumps(change), "worked": 0, "given_up": 0}
        self.disk.db.table("changes").insert({**about, **fresh})

    def next_batch(self, most: int, max_bytes: int) -> Batch:
        """What was acknowledged but never answered for, then an unbroken run from `acked + 1` on.

        At most `most` changes and `max_bytes` of JSON, but at least one. A run ends where this device holds nothing;
        when it would begin there, `lost_to` owns up to that.
        """
        acked, last = self.disk.get("acked", 0), self.disk.get("last_seq", 0)
        batch, run, room, lost_to = Batch([], [], None), acked, max_bytes, None
        for seq, text in self._to_send(acked, most):
            room -= len(text.encode()) + 1
            if batch.seqs and room < 0:
                return batch._replace(lost_to=lost_to)
            if seq > run + 1:
                if run > acked:
                    return batch._replace(lost_to=lost_to)
                lost_to = seq - 1
            run = max(run, seq)
            batch.seqs.append(seq)
            batch.texts.append(text)
        if run == acked and acked < last and len(batch.seqs) < most:
            lost_to = last
        return batch._replace(lost_to=lost_to)

    def _to_send(self, acked: int, most: int) -> Iterable[tuple[int, str]]:
        return self.disk.rows(
            "SELECT seq, body FROM changes WHERE device = ? AND given_up = 0 AND (seq > ? OR status IS NULL)"
            " ORDER BY seq LIMIT ?",
            self.disk.get("device"), acked, most,
        )  # fmt: skip

    def all_waiting(self) -> list[tuple[int, str]]:
        """(seq, JSON text) of the unbroken run that the server has not acknowledged, from `acked + 1` on."""
        rows = self.disk.rows(
            "SELECT seq, body FROM changes WHERE device = ? AND given_up = 0 AND seq > ? ORDER BY seq",
            self.disk.get("device"), self.disk.get("acked", 0),
        )  # fmt: skip
        first = self.disk.get("acked", 0) + 1
        return [row for place, row in enumerate(rows) if row[0] == first + place]

    def waiting(self) -> int:
        """How many changes the server has not yet acknowledged."""
        return max(0, self.disk.get("last_seq", 0) - self.disk.get("acked", 0))

    def unanswered(self) -> int:
        """How many are acknowledged, but their answer was lost on the way."""
        return self.disk.value(
            "SELECT count(*) FROM changes WHERE device = ? AND seq <= ? AND status IS NULL AND given_up = 0",
            self.disk.get("device"), self.disk.get("acked", 0),
        )  # fmt: skip

    def first_unanswered(self, after: int) -> int:
        """The lowest seq above `after` for which the server has not shown that it has this very change."""
        for (seq,) in self.disk.rows(
            "SELECT seq FROM changes WHERE device = ? AND seq > ? AND status IS NOT NULL ORDER BY seq",
            self.disk.get("device"), after,
        ):  # fmt: skip
            if seq != after + 1:
                break
            after = seq
        return after + 1

    def acknowledge(self, up_to: int, now: int) -> None:
        self.disk.do(
            "UPDATE changes SET acknowledged_at = ? WHERE device = ? AND seq <= ? AND acknowledged_at IS NULL",
            now, self.disk.get("device"), up_to,
        )  # fmt: skip

    def note(self, results: Sequence[Mapping[str, Any]]) -> None:
        """Keep what became of each; a quarantined one is never part of what the device shows as the record."""
        device = self.disk.get("device")
        for result in results:
            self.disk.do(
                "UPDATE changes SET status = ?, result = ?, worked = max(worked, ?) WHERE device = ? AND seq = ?",
                result["status"], dumps(result), int(result["status"] == "quarantined"), device, result["seq"],
            )  # fmt: skip

    def change(self, seq: int, device: str | None = None) -> dict[str, Any] | None:
        """The change as sent, or None when it is no longer held."""
        text = self.disk.value(
            "SELECT body FROM changes WHERE device = ? AND seq = ?", device or self.disk.get("device"), seq
        )
        return None if text is None else loads(text)

    def not_worked_in(self, records: Sequence[str]) -> list[dict[str, Any]]:
        """Own changes that the local copy of these ids does not hold yet, oldest first."""
        marks = ",".join("?" * len(records))
        return [
            loads(text)
            for (text,) in self.disk.rows(
                f"SELECT body FROM changes WHERE worked = 0 AND record IN ({marks}) ORDER BY life, seq", *records
            )
        ]

    def is_worked_in(self, records: Sequence[str], seen: Mapping[str, int]) -> None:
        """The copy just told is made of what `seen` says: own changes among it are in it, or were quarantined."""
        marks = ",".join("?" * len(records))
        for device, seq in seen.items():
            self.disk.do(
                f"UPDATE changes SET worked = 1 WHERE worked = 0 AND device = ? AND seq <= ? AND record IN ({marks})",
                device, seq, *records,
            )  # fmt: skip

    def give_up(self, seq: int) -> None:
        """The server can't ever take this one: it stays here, and `lost_to` steps over it."""
        self.disk.do("UPDATE changes SET given_up = 1 WHERE device = ? AND seq = ?", self.disk.get("device"), seq)

    def send_again(self, after: int) -> None:
        """The server no longer has what lies beyond `after`: as if it had never been sent."""
        self.disk.do(
            "UPDATE changes SET status = NULL, result = NULL, acknowledged_at = NULL, worked = 0"
            " WHERE device = ? AND seq > ?",
            self.disk.get("device"), after,
        )  # fmt: skip

    def forget_old(self, now: int) -> None:
        """Drop what was answered for more than 30 days ago, by the server's clock. What waits to be corrected stays."""
        self.disk.do(
            "DELETE FROM changes WHERE acknowledged_at < ? AND (life < ? OR status IN (?, ?)"
            " OR (status = 'quarantined' AND corrected_by IS NOT NULL))",
            now - KEPT_MS, self.disk.get("life", 0), *FINAL,
        )  # fmt: skip

    def adopt(self, device: str, life: int, first: int) -> None:
        """Carry what begins at `first` over to a new device id (protocol section 3, promise 4).

        Counted again from 1; `seen` names the former self up to `first - 1`; records that these changes make get new
        ids, also where others refer to them.
        """
        former = self.disk.get("device")
        fresh = self._rename(former, device, first)
        moved = self.disk.rows(
            "SELECT seq, body, given_up, corrected_by FROM changes WHERE device = ? AND seq >= ? ORDER BY seq",
            former, first,
        )  # fmt: skip
        seqs = {seq: new_seq for new_seq, (seq, *_) in enumerate(moved, 1)}
        self.disk.do("DELETE FROM changes WHERE device = ? AND seq >= ?", former, first)
        for seq, text, given_up, corrected_by in moved:
            self._insert(device, life, _under_new_id(loads(text), seqs[seq], fresh, former, first - 1))
            self.disk.do(
                "UPDATE changes SET given_up = ?, corrected_by = ? WHERE device = ? AND seq = ?",
                given_up, seqs.get(corrected_by), device, seqs[seq],
            )  # fmt: skip
        for old, new in fresh.items():
            self._recreate(old, new, device, seqs)
        self.disk.put({"last_seq": len(moved)})

    def _rename(self, former: str, device: str, first: int) -> dict[str, str]:
        rows = self.disk.rows("SELECT record FROM created WHERE device = ? AND seq >= ?", former, first)
        return {record: device + record.removeprefix(former) for (record,) in rows if record.startswith(f"{former}-")}

    def _recreate(self, old: str, new: str, device: str, seqs: Mapping[int, int]) -> None:
        seq = self.disk.value("SELECT seq FROM created WHERE record = ?", old)
        self.disk.do("DELETE FROM created WHERE record = ?", old)
        self.disk.db.table("created").insert({"record": new, "device": device, "seq": seqs.get(seq, 1)})
        self.disk.db.table("renamed").upsert({"old": old, "new": new}, pk="old")


def _under_new_id(
    change: dict[str, Any], seq: int, fresh: Mapping[str, str], former: str, up_to: int
) -> dict[str, Any]:
    record = change["record"]
    moved = {**change, "seq": seq, "record": fresh.get(record, record), "fields": refer_to(change["fields"], fresh)}
    if up_to and record not in fresh:
        moved["seen"] = {**change.get("seen", {}), former: up_to}
    return moved


def refer_to(value: Any, fresh: Mapping[str, str]) -> Any:
    """The same value, in which every text that is one of the old ids is the new one."""
    if isinstance(value, str):
        return fresh.get(value, value)
    if isinstance(value, Mapping):
        return {key: refer_to(inner, fresh) for key, inner in value.items()}
    if isinstance(value, list):
        return [refer_to(inner, fresh) for inner in value]
    return value
