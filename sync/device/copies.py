"""The local copy of the villages' records: whole, as told, with the device's own merged changes worked in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from schemas.change import dumps, loads
from sync.device.disk import Disk
from sync.device.own import Own

Told = Mapping[str, Any]
NO_HOME = frozenset({"visit"})  # kinds whose field `village` says where something happened, not where the record lives


STRAY = "-"  # stands for the epoch of a copy that the server, told anew from the start, did not name


class Copy(NamedTuple):
    """A record as this device has it. fresh: False while the server has not told it since it was set back.

    seen: device -> highest seq that it is made of, as told, own changes worked in among them.
    """

    record: str
    kind: str
    village: str
    version: int
    fresh: bool
    fields: dict[str, Any]
    seen: dict[str, int]
    conflicts: dict[str, list]
    derived: dict[str, Any]


class Copies:
    """The tables `records` and `gone`. Every method that writes is called inside a transaction."""

    def __init__(self, disk: Disk, own: Own) -> None:
        self.disk, self.own = disk, own

    def get(self, record: str) -> Copy | None:
        rows = self.disk.rows(
            "SELECT record, kind, village, version, epoch != '', fields, seen, conflicts, derived FROM records"
            " WHERE record = ? AND epoch != ?",
            record,
            STRAY,
        )
        if not rows:
            return None
        return Copy(*rows[0][:5], *map(loads, rows[0][5:]))

    def resolve(self, record: str) -> str:
        """The id under which a record is known by now: joined to another, or given a new one by a new enrolment."""
        for _ in range(100):
            if self.disk.value("SELECT 1 FROM records WHERE record = ? AND epoch != ?", record, STRAY):
                return record
            onward = self.disk.value(
                'SELECT "into" FROM gone WHERE record = ? AND why = \'linked\' AND "into" IS NOT NULL', record
            ) or self.disk.value("SELECT new FROM renamed WHERE old = ?", record)
            if onward is None:
                return record
            record = onward
        return record

    def ids(self, record: str) -> list[str]:
        """The id and all that were joined to it, directly or over others."""
        known = [record]
        for name in known:
            found = self.disk.rows("SELECT record FROM gone WHERE \"into\" = ? AND why = 'linked'", name)
            known.extend(alias for (alias,) in found if alias not in known)
        return known

    def gone(self, record: str) -> str | None:
        """Why a record is no longer here: moved, linked or erased; None when it is here or was never known."""
        return self.disk.value("SELECT why FROM gone WHERE record = ?", record)

    def take(self, records: Sequence[Told], epoch: str) -> None:
        """Replace copies by what is told. One of a lower version in the same epoch is older than what is held."""
        pending = {record for (record,) in self.disk.rows("SELECT DISTINCT record FROM changes WHERE worked = 0")}
        held = self._versions([told["record"] for told in records if "gone" not in told], epoch)
        rows = []
        for told in records:
            if "gone" in told:
                self._let_go(told, pending)
            elif held.get(told["record"], 0) <= told["version"]:
                rows.append(_row(told, epoch))
        self.disk.db.table("records").upsert_all(rows, pk="record")
        if self.disk.value("SELECT 1 FROM gone LIMIT 1"):
            for row in rows:
                self.disk.do("DELETE FROM gone WHERE record = ?", row["record"])
        if pending:
            for row in rows:
                self._now_worked_in(row["record"], loads(row["seen"]), pending)

    def _versions(self, records: Sequence[str], epoch: str) -> dict[str, int]:
        held: dict[str, int] = {}
        for start in range(0, len(records), 500):
            some = records[start : start + 500]
            marks = ",".join("?" * len(some))
            sql = f"SELECT record, version FROM records WHERE epoch = ? AND record IN ({marks})"
            held.update(self.disk.rows(sql, epoch, *some))
        return held

    def _let_go(self, told: Told, pending: set[str]) -> None:
        record, into = told["record"], told.get("into")
        self.disk.do("DELETE FROM records WHERE record = ?", record)
        self.disk.db.table("gone").upsert({"record": record, "why": told["gone"], "into": into}, pk="record")
        joined = self.get(self.resolve(record)) if into else None
        if joined:
            self._now_worked_in(joined.record, joined.seen, pending)

    def _now_worked_in(self, record: str, seen: Mapping[str, int], pending: set[str]) -> None:
        ids = self.ids(record)
        if not pending.isdisjoint(ids):
            self.own.is_worked_in(ids, seen)

    def work_in(self, result: Told, epoch: str) -> None:
        """Work an own merged change into the copy, when its version says that the copy does not hold it yet.

        Told before the records of the same answer are taken: what is told back simply replaces it.
        """
        device, version = self.disk.get("device"), result.get("version")
        change = self.own.change(result["seq"])
        if change is None or type(version) is not int:
            return
        record = self.resolve(change["record"])
        copy = self.get(record) or self._made_here(change, record)
        if copy is None:
            return  # the whole record is on its way, maybe in a later answer
        if not copy.fresh or version > copy.version:
            self._write(_with(copy, change, device, version, result["status"]), epoch if copy.fresh else "")
        self.disk.do("UPDATE changes SET worked = 1 WHERE device = ? AND seq = ?", device, result["seq"])

    def _made_here(self, change: Mapping[str, Any], record: str) -> Copy | None:
        """An empty copy for a record of this device's own making; of any other the server tells the whole."""
        if self.gone(record) or not self.disk.value("SELECT 1 FROM created WHERE record = ?", record):
            return None
        return Copy(record, change["kind"], change["village"], 0, True, {}, {}, {}, {})

    def _write(self, copy: Copy, epoch: str) -> None:
        self.disk.db.table("records").upsert(_row(copy._asdict(), epoch), pk="record")

    def doubt(self) -> None:
        """The server was set back, or this device is another now: what is held stands until it is told again."""
        self.disk.do("UPDATE records SET epoch = ''")

    def part_with_doubtful(self) -> None:
        """All has been told from the start, and what was in doubt was not: moved away, joined or erased meanwhile.

        Or it was made after the backup that was restored, by a phone that has not come back yet: so it is hidden until
        it is told again, not deleted.
        """
        self.disk.do("UPDATE records SET epoch = ? WHERE epoch = ''", STRAY)

    def leave_villages(self) -> None:
        """Delete what is held of villages that are not the device's any more, once its own changes there are safe."""
        self.disk.do(
            "DELETE FROM records WHERE village NOT IN (SELECT code FROM villages WHERE mine = 1)"
            " AND NOT EXISTS (SELECT 1 FROM changes WHERE changes.device = ? AND changes.seq > ?"
            " AND (changes.village = records.village OR changes.record = records.record))",
            self.disk.get("device"), self.disk.get("acked", 0),
        )  # fmt: skip


def _row(told: Told, epoch: str) -> dict[str, Any]:
    return {
        **{name: told[name] for name in ("record", "kind", "village", "version")},
        **{name: dumps(told.get(name) or {}) for name in ("fields", "seen", "conflicts", "derived")},
        "epoch": epoch,
    }


def _with(copy: Copy, change: Mapping[str, Any], device: str, version: int, status: str) -> Copy:
    fields = {**copy.fields, **change["fields"]}
    village = fields.get("village")
    settled = change["fields"] if status == "merged" else {}
    return copy._replace(
        version=version if copy.fresh else copy.version,
        village=copy.village if copy.kind in NO_HOME or not isinstance(village, str) else village,
        fields=fields,
        seen={**copy.seen, device: max(change["seq"], copy.seen.get(device, 0))},
        conflicts={field: heads for field, heads in copy.conflicts.items() if field not in settled},
    )
