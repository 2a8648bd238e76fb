"""Rows of a list beside the records: who each is, by number first, by likeness where no number tells, and what differs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from schemas import nik as nik_
from schemas.region import within
from server.actions import confirmations
from server.db import Connection
from server.imports import claims
from server.imports.claims import Differs, Known, Line, Paid, Plan
from server.imports.purposes import MEMBERS, WORKERS
from server.linkage.online import Likely, likely
from server.linkage.people import Person, swapped
from server.store import lists, people_index
from server.store.lists import ListFile, Row, Stands

MOST_CANDIDATES = 5
MOST_BORN = 20_000  # people looked at for one chunk of rows
_FIRST_OF_JANUARY = "-01-01"


class Group(NamedTuple):
    """All rows of one person that are to be judged together, and others of his that stand beside them."""

    rows: list[Row]

    @property
    def lines(self) -> list[Line]:
        return [Line(row.number, row.said) for row in self.rows if row.said is not None]


class Judged(NamedTuple):
    """What became of a group: its rows as they now are, and what would be written: {"kpj": 1, "confirm": 2, …}."""

    rows: list[Row]
    verdict: str
    writes: dict[str, int]


def grouped(rows: Iterable[Row]) -> list[Group]:
    """By person; a row that names nobody by number stands alone."""
    found: dict[Any, list[Row]] = {}
    for row in sorted(rows):
        found.setdefault(row.person or row.number, []).append(row)
    return [Group(each) for each in found.values()]


class Matching:
    """Reads at once what many groups need, then judges one after the other."""

    def __init__(self, connection: Connection, found: ListFile, groups: Sequence[Group], today: date, key: bytes) -> None:
        self._connection, self._list, self._today, self._key = connection, found, today, key
        said = [claims.merged(group.lines) for group in groups]
        self._niks = lists.by_nik(connection, {each["nik"] for each in said if each.get("nik")})
        kpjs = {number for each in said if (number := people_index.plain_kpj(each.get("kpj")))}
        self._kpjs = lists.by_kpj(connection, kpjs)
        made = {claims.worker_id(each, key) for each in said} if found.purpose == WORKERS else set()
        numbered = {record for each in (*self._niks.values(), *self._kpjs.values()) for record in each}
        chosen = {row.record for group in groups for row in group.rows if row.record}
        self._standing: dict[str, Stands] = {}
        self._look_up(numbered | made | chosen)
        self._erased = lists.erased_among(connection, made)
        members = {record for stands in self._standing.values() for record in stands.members}
        self._paid = confirmations.laid_beside(connection, members) if found.purpose == MEMBERS else {}
        self._born: dict[str, list[Person]] | None = None
        self._groups = groups

    def _look_up(self, ids: Collection[str]) -> None:
        """Each by the id asked for and by that of the record that carries it: they may have been joined just now."""
        found = lists.standing(self._connection, ids)
        self._standing |= found | {stands.record: stands for stands in found.values()}

    def judge(self, group: Group) -> Judged:
        """Who it is and what differs. Whoever lives outside the list's region is not told of: his rows are emptied."""
        if not group.lines:
            return self._all(group, lists.OUTSIDE)
        if wrong := claims.contradict(self._list.purpose, group.lines):
            return self._contradicting(group, wrong)
        return self._judge_one(group)

    def _judge_one(self, group: Group) -> Judged:
        said = claims.merged(group.lines)
        numbered = self.numbered(said)
        here = [record for record in numbered if within(self._standing[record].home, self._list.region)]
        if numbered and not here:
            return self._all(group, lists.OUTSIDE)
        if len(here) > 1:
            return self._likely(group, [(record, None, ()) for record in here])
        if here:
            return self.weighed(group, here[0])
        if self._list.purpose == WORKERS and claims.worker_id(said, self._key) in self._erased:
            return self._all(group, lists.WRONG, {"errors": [["record", "record-erased"]]})
        if "village" in said and said["village"] is None:
            return self._all(group, lists.OUTSIDE)
        alike = self._alike(said)
        if alike:
            return self._likely(group, [(each.person.record, *each.likeness[::2]) for each in alike])
        return self._all(group, lists.ONLY_THERE, village=said.get("village") or "")

    def numbered(self, said: Mapping[str, Any]) -> list[str]:
        """The records that bear its numbers, each by the one that carries it; where the NIK tells, the other need not."""
        found = set(self._niks.get(said.get("nik") or "", ()))
        found |= self._kpjs.get(people_index.plain_kpj(said.get("kpj")) or "", set())
        if not found and self._list.purpose == WORKERS:
            found = {claims.worker_id(said, self._key)}
        return sorted({self._standing[record].record for record in found if record in self._standing})

    def named(self, row: Row) -> Row:
        """A row that can't be read all the same names somebody by his number: he is not missing in the list."""
        here = [record for record in self.numbered(row.said or {}) if within(self._standing[record].home, self._list.region)]
        return row._replace(record=here[0]) if len(here) == 1 else row

    def known(self, record: str) -> Known | None:
        stands = self._standing.get(record)
        if stands is None:
            return None
        paid = [
            Paid(each.record, each.fields, each.conflicts)
            for member in stands.members for each in self._paid.get(member, ())
        ]  # fmt: skip
        return Known(stands.record, stands.home, stands.fields, stands.conflicts, paid)

    def stands(self, record: str) -> Stands:
        return self._standing[record]

    def paid_homes(self, record: str) -> dict[str, str]:
        """Contribution -> home, of one worker's."""
        members = self._standing[record].members
        return {each.record: each.home for member in members for each in self._paid.get(member, ())}

    def plan(self, group: Group, record: str) -> Plan:
        known = self.known(record)
        assert known is not None
        return claims.weigh(self._list.purpose, group.lines, known, self._list.as_of, self._key)

    def weighed(self, group: Group, record: str) -> Judged:
        """The group is this worker: what agrees and what differs."""
        plan, stands = self.plan(group, record), self._standing[record]
        verdict = lists.DIFFERS if plan.differs else lists.SAME if plan.is_empty else lists.SAFE
        writes = writes_of(plan, stands.record)
        about: dict[str, Any] = {"differs": [list(each) for each in plan.differs]} if plan.differs else {}
        if writes:
            about["writes"] = writes
        return self._all(group, verdict, about, stands.home, stands.record, writes)

    def _likely(self, group: Group, told: Sequence[tuple[str, float | None, Collection[Any]]]) -> Judged:
        candidates = [[record, score, [list(each) for each in why]] for record, score, why in told[:MOST_CANDIDATES]]
        homes = [self._standing[record].home for record, *_ in candidates if record in self._standing]
        # Whoever may be meant is not told as missing in the list meanwhile.
        return self._all(group, lists.LIKELY, {"candidates": candidates}, homes[0] if homes else "", told[0][0])

    def _contradicting(self, group: Group, wrong: Mapping[int, int]) -> Judged:
        """Rows that can't both be true are told; what else the list says of the person stands."""
        told = [
            row._replace(verdict=lists.WRONG, about={"errors": [["nik", f"twice-in-list:{wrong[row.number]}"]]})
            for row in group.rows if row.number in wrong
        ]  # fmt: skip
        rest = [row for row in group.rows if row.number not in wrong]
        if not rest:
            return Judged(told, lists.WRONG, {})
        judged = self._judge_one(Group(rest))
        return judged._replace(rows=[*told, *judged.rows])

    def _all(
        self, group: Group, verdict: str, about: Mapping[str, Any] | None = None, village: str = "",
        record: str | None = None, writes: dict[str, int] | None = None,
    ) -> Judged:  # fmt: skip
        keeps = verdict != lists.OUTSIDE
        rows = [
            row._replace(
                verdict=verdict, about=dict(about or {}), village=village, record=record, decision=lists.OPEN,
                said=row.said if keeps else None, person=row.person if keeps else None,
            )
            for row in group.rows
        ]  # fmt: skip
        return Judged(rows, verdict, writes or {})

    # By likeness ------------------------------------------------------------------------------------------------------

    def _alike(self, said: Mapping[str, Any]) -> list[Likely]:
        who = person_of(said)
        if said.get("village"):
            rows = people_index.candidates(self._connection, who, self._list.region)
            near = [people_index.as_person(row) for row in rows]
        else:
            near = [person for day in _days(said, self._today) for person in self._born_on(day)]
        found = likely(who, near)[:MOST_CANDIDATES]
        unknown = [each.person.record for each in found if each.person.record not in self._standing]
        self._look_up(unknown)
        return [each for each in found if each.person.record in self._standing]

    def _born_on(self, day: str) -> list[Person]:
        """The people of the region with that birth date; read once for all rows at hand that have no village."""
        if self._born is None:
            said = (claims.merged(group.lines) for group in self._groups)
            lost = (each for each in said if not each.get("village") and not self.numbered(each))
            wanted = {each for one in lost for each in _days(one, self._today)}
            self._born = {}
            for row in lists.born_on(self._connection, self._list.region, wanted, MOST_BORN):
                self._born.setdefault(row.birth_date, []).append(people_index.as_person(row))
        return self._born.get(day, [])


def person_of(said: Mapping[str, Any]) -> Person:
    """A row as it is compared with people."""
    return Person(
        "", said.get("village"), said.get("nik"), said.get("kk_number"), said.get("full_name"), said.get("birth_date"),
        said.get("sex"), said.get("mother_name"), said.get("phone"),
    )  # fmt: skip


def _days(said: Mapping[str, Any], today: date) -> set[str]:
    """Birth dates under which somebody may stand whose NIK was mistyped; a first of January stands for too many."""
    days = {said["birth_date"], swapped(said["birth_date"])} if said.get("birth_date") else set()
    if said.get("nik"):
        days.add(nik_.birth_date(said["nik"], today).isoformat())
    return {day for day in days if day and not day.endswith(_FIRST_OF_JANUARY)}


def writes_of(plan: Plan, worker: str) -> dict[str, int]:
    """What a plan would write, counted: fields of the worker, contributions confirmed, contributions added."""
    found: dict[str, int] = {}
    for record, fields in plan.decided(worker).items():
        for name in fields if record == worker else ("confirm",):
            found[name] = found.get(name, 0) + 1
    if plan.new:
        found["new"] = len(plan.new)
    return found


def differs_of(about: Mapping[str, Any]) -> list[Differs]:
    return [Differs(*told) for told in about.get("differs", ())]
