"""Phones as the protocol wants them, over a real server, and what must hold of the store whatever they do.

A `FieldPhone` keeps its copy by section 3 alone: it works in what is told, and of its own changes those whose version
is above its copy's. In the end its copy is what a new phone would be told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from schemas.change import Change, from_ms
from server.store import changes as log
from server.store import records, tables
from tests import reference
from tests.builders import held, shown
from tests.server.installation import Installation, Phone

TOLD_OF_A_RECORD = ("kind", "village", "version", "seen", "fields", "conflicts")
START = 1_760_000_000_000


class FieldPhone:
    """written: all its changes. told: seq -> result. copy: record -> as told. gone: what it was told is not here."""

    def __init__(self, phone: Phone) -> None:
        self.phone, self.id, self.villages = phone, phone.id, phone.villages
        self.written: list[dict[str, Any]] = []
        self.told: dict[int, dict[str, Any]] = {}
        self.copy: dict[str, dict[str, Any]] = {}
        self.gone: set[str] = set()
        self.cursors: dict[str, int] = {}
        self.acked = 0

    def write(self, record: str | None, fields: Mapping[str, Any], village: str, **more: Any) -> str:
        """One more change, of a new record when none is named; `seen` is what the copy was made of."""
        seq = len(self.written) + 1
        record = record or f"{self.id}-{seq}"
        seen = {device: at for device, at in self.copy.get(record, {}).get("seen", {}).items() if device != self.id}
        change = {
            "seq": seq, "kind": "worker", "record": record, "village": village, "at": from_ms(START + seq * 1000),
            "seen": seen, "fields": dict(fields),
        }  # fmt: skip
        self.written.append(change | more)
        return record

    def sync(self, most: int = 100, *, answer_is_lost: bool = False, limit: int = 0) -> dict[str, Any] | None:
        """Send again from the first change without a result on, `most` at a time; work the answer in if it arrives."""
        known = next((n for n in range(len(self.written)) if n + 1 not in self.told), len(self.written))
        asked = {"changes": self.written[known : known + most], "cursors": self.cursors, "limit": limit}
        response = self.phone.post(asked)
        assert response.status_code == 200, response.get_data(as_text=True)
        if answer_is_lost:
            return None
        answer: dict[str, Any] = response.json
        self.take_in(answer)
        return answer

    def take_in(self, answer: Mapping[str, Any]) -> None:
        assert self.acked <= answer["acked"] <= len(self.written)
        self.acked = answer["acked"]
        for result in sorted(answer["results"], key=lambda result: result["seq"]):
            self._take_result(result)
        for record in answer["records"]:
            self._take_record(record)
        assert set(answer["cursors"]) == {*self.villages, "device"}
        self.cursors = answer["cursors"]

    def _take_result(self, result: dict[str, Any]) -> None:
        before = self.told.get(result["seq"], {})
        assert before.get("version") in (None, result.get("version")), "a version, once told, stays"
        assert before.get("status") != "quarantined" or result["status"] == "quarantined"
        self.told[result["seq"]] = result
        change = self.written[result["seq"] - 1]
        record, version = change["record"], result.get("version", 0)
        if record in self.gone or version <= self.copy.get(record, {}).get("version", 0):
            return
        if record not in self.copy:
            if version != 1:
                return
            self.copy[record] = {"kind": change["kind"], "record": record, "village": change["village"], "seen": {},
                                 "fields": {}}  # fmt: skip
        copy = self.copy[record]
        copy["village"] = change["fields"].get("village") or copy["village"]
        copy["fields"] = copy["fields"] | change["fields"]
        copy["seen"] = copy["seen"] | {self.id: result["seq"]}
        copy["version"] = version
        left = {name: told for name, told in copy.pop("conflicts", {}).items() if name not in change["fields"]}
        copy |= {"conflicts": left} if left else {}

    def _take_record(self, told: dict[str, Any]) -> None:
        record = told["record"]
        if "gone" in told:
            self.gone.add(record)
            self.copy.pop(record, None)
        elif told["version"] >= self.copy.get(record, {}).get("version", 0):
            self.gone.discard(record)
            self.copy[record] = told

    def catch_up(self, limit: int = 0) -> None:
        """Sync until there is nothing left to send and nothing more to be told."""
        for _ in range(2000):
            answer = self.sync(limit=limit)
            if not answer["more"] and not answer["results"]:
                return
        raise AssertionError("the server never comes to an end")

    def told_anew(self, limit: int = 0) -> dict[str, dict[str, Any]]:
        """What a phone of these villages without a cursor is told, page by page."""
        cursors: dict[str, int] = {}
        told: dict[str, dict[str, Any]] = {}
        for _ in range(2000):
            answer = self.phone.post({"changes": [], "cursors": cursors, "limit": limit}).json
            for record in answer["records"]:
                told.pop(record["record"], None)
                if "gone" not in record:
                    told[record["record"]] = record
            if not answer["more"]:
                return comparable(told)
            cursors = {village: answer["cursors"][village] for village in self.villages}
        raise AssertionError("the server never comes to an end")


def comparable(copy: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Records without what the server works out of them: that takes no part in merging, and is told with the record."""
    return {record: {name: told.get(name) for name in TOLD_OF_A_RECORD} for record, told in copy.items()}


class Stored:
    """Everything that the store holds of records, read in one go."""

    def __init__(self, server: Installation) -> None:
        with server.reading() as connection:
            self.rows = {row.id: row for row in records.all_rows(connection)}
            addressed = set(connection.scalars(select(tables.change.c.record)))
            self.changes: list[Change] = sum(log.histories(connection, addressed).values(), [])
            everything = connection.execute(select(tables.change.c.device, tables.change.c.seq, tables.change.c.status))
            self.statuses = {(device, seq): status for device, seq, status in everything}
            outcomes = connection.execute(
                select(tables.outcome.c.device, tables.outcome.c.seq, tables.outcome.c.status)
            )
            self.outcomes = {(device, seq): status for device, seq, status in outcomes}
            waiting = select(tables.waiting.c.device, tables.waiting.c.seq, tables.waiting.c.record)
            self.waits_for = {(device, seq): record for device, seq, record in connection.execute(waiting)}
            self.waiting = set(self.waits_for)
            self.gone = {
                (row.village, row.record): row for row in connection.execute(select(tables.gone))
            }  # fmt: skip
            self.streams = dict(connection.execute(select(tables.stream.c.village, tables.stream.c.position)).all())
            self.edges = {tuple(row) for row in connection.execute(select(tables.edge))}

    def check(self) -> None:
        self._check_records()
        self._check_log()
        self._check_streams()

    def _check_records(self) -> None:
        """Carried on step by step, the views say what the slow twin makes of the whole log."""
        links = reference.standing_links(self.changes)
        assert self.edges == set(links)
        world = reference.world(self.changes)
        assert self.rows.keys() == world.keys()
        for record, state in world.items():
            row = self.rows[record]
            if isinstance(state, str):
                assert (row.carrier, row.held.fields) == (state, {}), record
                continue
            joined = len(reference.one_with(record, links)) > 1
            assert row.carrier == (record if joined else None), record
            assert shown(row.held) == state, record
            assert row.held == held(record, self.changes, links), record

    def _check_log(self) -> None:
        received = {dot for dot, status in self.statuses.items() if status == "received"}
        assert self.waiting == received - self.outcomes.keys()
        merged = {dot for dot, status in (self.statuses | self.outcomes).items() if status == "merged"}
        assert merged == {tuple(one.dot) for one in self.changes}
        for (device, seq), record in self.waits_for.items():
            assert not [one for one in self.changes if one.device == device and one.record == record and one.seq > seq]

    def _check_streams(self) -> None:
        """Each position is given once; what is gone from a village is not at home there."""
        places = [(row.held.home, row.position) for row in self.rows.values()]
        places += [(village, tomb.position) for (village, _), tomb in self.gone.items()]
        assert len(set(places)) == len(places)
        assert all(0 < position <= self.streams[village] for village, position in places)
        for (village, record), tomb in self.gone.items():
            row = self.rows[record]
            if tomb.why == "moved":
                assert row.held.home != village or row.is_alias or row.held.erased, (village, record)
            elif tomb.why == "linked":
                assert row.carrier == tomb.into, record
            else:
                assert row.held.erased, record
