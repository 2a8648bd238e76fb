"""The work on lists, by the job `lists`: read the file, lay its rows beside the records, write what was accepted.

Each step goes on in short transactions and notes in the same how far it is, so a kill costs one of them at most. Who
works on a list holds it for a while and says so again with each step; another node takes over when he falls silent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from datetime import date

from schemas.kinds import kind_of
from schemas.region import within
from server import clock
from server.actions import people_index
from server.actions.entering import Entering
from server.actions.lists import counted, mapped_of, only_here_asked, shape_of, state_after
from server.actions.lists_match import Group, Judged, Matching, differs_of, grouped
from server.actions.settle import desk_writes
from server.clock import day_in
from server.config import Settings
from server.db import Clash, Connection, Unreachable, reading, snapshot, transaction
from server.imports import claims, sheets
from server.imports.faults import BadList
from server.imports.places import Places
from server.imports.purposes import MEMBERS, WORKERS
from server.imports.reading import Faults, Reader, Said, person_of
from server.store import accounts, list_parts, lists, regions
from server.store.accounts import Account
from server.store.lists import ListFile, Row
from server.store.list_parts import Lost
from schemas.region import NATION, zone

READ_AT_ONCE = 1000  # rows stored in one transaction
MATCH_AT_ONCE = 500
ACCEPT_AT_ONCE = 40  # rows written in one transaction: their villages are locked so long
LEASE_MS = 2 * 60 * 1000
_MOST_IN_VAIN = 5
_LEVELS = 4  # from the nation down to its villages
_BEAT_ROWS = 20_000  # that a killed run had read already, and are passed over


class TakenOver(Exception):
    """Another node works on the list now, or it was put away."""


class CameBetween(Exception):
    """Somebody registered or paid between the look and the lock: nothing was written, it is looked at anew."""


class Turn:
    """Our hold on a list, in one of its states."""

    def __init__(self, number: int, state: str, until: int) -> None:
        self.number, self.state, self.until = number, state, until
        self._next = until

    def goes_on(self, connection: Connection) -> None:
        """In the transaction of a step, before it writes: nobody else does the same meanwhile. Raises TakenOver."""
        now = clock.now_ms()
        self._next = max(now + LEASE_MS, self.until + 1)
        if not lists.still_mine(connection, self.number, self.until, self._next, now, self.state):
            raise TakenOver

    def went_on(self) -> None:
        """The step's transaction was committed."""
        self.until = self._next


def work(settings: Settings, now: int) -> int:
    """Do what is to be done on all lists; gives how many rows it was about. Harmless to repeat, or to run twice at once."""
    done = 0
    with reading() as connection:
        waiting = lists.at_work(connection, now)
    for number in waiting:
        done += _work_on(number, settings, now)
    return done


_Step = Callable[[ListFile, "Turn", Settings], int]


def _work_on(number: int, settings: Settings, now: int) -> int:
    done = 0
    while True:
        until = clock.now_ms() + LEASE_MS
        with transaction() as connection:
            if not lists.take(connection, number, clock.now_ms(), until):
                return done
        with reading() as connection:
            found = lists.get(connection, NATION, number)
        if found is None or found.state not in _STEPS:
            return done  # put away in this moment
        turn = Turn(number, found.state, until)
        try:
            done += _STEPS[found.state](found, turn, settings)
        except TakenOver:
            return done
        except (BadList, Lost) as bad:
            _fail(turn, bad.code if isinstance(bad, BadList) else "lost")
            return done
        except (Unreachable, Clash):
            _let_go(turn)  # it is tried again
            raise
        except Exception:
            _fail(turn, "internal")
            raise


def _fail(turn: Turn, code: str) -> None:
    with suppress(TakenOver), transaction() as connection:
        turn.goes_on(connection)
        lists.change(connection, turn.number, state=lists.FAILED, error=code, busy_until=None, touched_at=clock.now_ms())


def _let_go(turn: Turn) -> None:
    with suppress(TakenOver), transaction() as connection:
        turn.goes_on(connection)
        lists.change(connection, turn.number, busy_until=None)


# Reading --------------------------------------------------------------------------------------------------------------


def _read(found: ListFile, turn: Turn, settings: Settings) -> int:
    """Every row below the headings as our fields. One goes on behind the last row that was stored."""
    reader = reader_of(found)
    with reading() as connection:
        after = lists.last_row(connection, found.id)
    done, waiting, passed = 0, [], 0
    with list_parts.parts_of(settings, found.id).open() as file:
        for row in sheets.rows(file, shape_of(found)):
            if row.number <= after:
                passed += 1
                if passed % _BEAT_ROWS == 0:
                    _store(found, turn, [])
                continue
            waiting.append(_as_read(found.purpose, row.number, *reader.read(row)))
            if len(waiting) >= READ_AT_ONCE:
                done += _store(found, turn, waiting)
                waiting = []
    done += _store(found, turn, waiting)
    with transaction() as connection:
        turn.goes_on(connection)
        if not lists.last_row(connection, found.id):
            raise BadList("no-rows")
        lists.change(connection, found.id, state=lists.MATCHING, rows=passed + done, done_rows=0, busy_until=None)
    return done


def reader_of(found: ListFile) -> Reader:
    """What reads the list's rows, for the region and the day that it was brought for."""
    with reading() as connection:
        names = {region.code: region.name for region in regions.below(connection, found.region, _LEVELS)}
        names |= regions.names(connection, [found.region, found.region[:8]])
    places = Places(found.region, names)
    return Reader(found.purpose, mapped_of(found), places, date.fromisoformat(found.as_of), _today(found))


def _today(found: ListFile) -> date:
    return day_in(clock.now_ms(), zone(found.region))


def _as_read(purpose: str, number: int, said: Said, faults: Faults) -> Row:
    errors = {"errors": [list(fault) for fault in faults]} if faults else {}
    verdict = lists.WRONG if faults else lists.NEW
    return Row(number, said, person_of(said), verdict, said.get("village") or "", None, errors, lists.OPEN, None, None)


def _store(found: ListFile, turn: Turn, rows: list[Row]) -> int:
    with transaction() as connection:
        turn.goes_on(connection)
        lists.put_rows(connection, found.id, rows)
        lists.add_done(connection, found.id, len(rows))
    turn.went_on()
    return len(rows)


# Matching -------------------------------------------------------------------------------------------------------------


def _match(found: ListFile, turn: Turn, settings: Settings) -> int:
    """Every row beside the records: looked up without holding anybody up, then noted in one short transaction."""
    people_index.follow(settings, clock.now_ms())  # whoever was synced a moment ago is found as well
    done, today, key = 0, _today(found), list_parts.key_of_ids(settings)
    while True:
        with snapshot() as connection:  # as of one moment: else somebody joined in between is half the one, half the other
            rows = lists.next_new(connection, found.id, MATCH_AT_ONCE)
            if not rows:
                break
            groups = grouped(_with_others(connection, found.id, rows))
            matching = Matching(connection, found, groups, today, key)
            judged = [matching.judge(group) for group in groups]
        done += _note(found, turn, judged)
    _name_the_unread(found, turn, today, key)
    _sum_up(found, turn)
    return done


def _name_the_unread(found: ListFile, turn: Turn, today: date, key: bytes) -> None:
    """Rows with errors come to nothing, but whom they name by number is not missing in the list."""
    after = 0
    while True:
        with reading() as connection:
            rows = lists.unread(connection, found.id, after, MATCH_AT_ONCE)
            if not rows:
                return
            matching = Matching(connection, found, [Group([row]) for row in rows if row.said], today, key)
            named = [matching.named(row) for row in rows if row.said]
        with transaction() as connection:
            turn.goes_on(connection)
            lists.put_rows(connection, found.id, [row for row in named if row.record])
        turn.went_on()
        after = rows[-1].number


def _with_others(connection: Connection, number: int, rows: Collection[Row]) -> list[Row]:
    """These rows, and those of the same people wherever in the list they stand."""
    people = {row.person for row in rows if row.person}
    here = {row.number for row in rows}
    return [*rows, *lists.others_of_people(connection, number, people, here)]


def _note(found: ListFile, turn: Turn, judged: Collection[Judged]) -> int:
    rows = [row for each in judged for row in each.rows]
    writes: dict[str, dict[str, int]] = {}
    with transaction() as connection:
        turn.goes_on(connection)
        erased = lists.erased_among(connection, {row.record for row in rows if row.record})
        rows = [row._replace(said=None, person=None, about={}) if row.record in erased else row for row in rows]
        lists.put_rows(connection, found.id, rows)
        lists.add_done(connection, found.id, len(rows))
        for each in filter(lambda each: each.writes, judged):
            sums = writes.setdefault(f"writes_{each.verdict}", {})
            for name, count in each.writes.items():
                sums[name] = sums.get(name, 0) + count
        lists.add_totals(connection, found.id, writes)
    turn.went_on()
    return len(rows)


def _sum_up(found: ListFile, turn: Turn) -> None:
    """How many rows came out how, and whom the list does not name though he is here."""
    with reading() as connection:
        months = lists.months_named(connection, found.id) if found.purpose == MEMBERS else []
        asked = only_here_asked(found._replace(totals={"months": months}))
        count = lists.count_only_here(connection, found.id, found.region, asked)
    with transaction() as connection:
        turn.goes_on(connection)
        now = lists.lock(connection, found.id)
        assert now is not None
        totals = counted(connection, now) | {"months": months, "only_here": count}
        state = state_after(now, totals)
        lists.change(connection, found.id, state=state, totals=totals, busy_until=None, done_rows=now.rows)


# Writing what was accepted --------------------------------------------------------------------------------------------


def _accept(found: ListFile, turn: Turn, settings: Settings) -> int:
    """What was accepted becomes changes of the villages' desks, some rows in one transaction, village by village."""
    done, vain = 0, 0
    while True:
        try:
            number = _accept_some(found, turn, list_parts.key_of_ids(settings))
        except CameBetween:
            vain += 1
            if vain > _MOST_IN_VAIN:
                _let_go(turn)
                raise TakenOver from None  # the next run goes on
            continue
        if not number:
            return done
        done, vain = done + number, 0


def _accept_some(found: ListFile, turn: Turn, key: bytes) -> int:
    verdict = found.accepts["verdict"] if found.accepts else None
    with transaction() as connection:
        turn.goes_on(connection)
        rows = lists.next_to_accept(connection, found.id, verdict, ACCEPT_AT_ONCE)
        if not rows:
            now = lists.lock(connection, found.id)
            assert now is not None
            totals = counted(connection, now)
            # Somebody may have been registered meanwhile whom the list calls new.
            state = lists.MATCHING if lists.NEW in totals["rows"] else state_after(now, totals)
            lists.change(connection, found.id, state=state, accepts=None, busy_until=None, totals=totals)
            return 0
        village = rows[0].village
        rows = [row for row in rows if row.village == village]
        writing = _Writing(connection, found, verdict, key)
        became = writing.write(rows)
        lists.put_rows(connection, found.id, became)
        lists.add_done(connection, found.id, len(became))
        lists.add_totals(connection, found.id, {"written": writing.written})
    turn.went_on()
    return len(became)


class _Writing:
    """One transaction's worth of accepted rows. written: changes made, by what they were: {"confirm": 3, …}."""

    def __init__(self, connection: Connection, found: ListFile, verdict: str | None, key: bytes) -> None:
        self._connection, self._list, self._verdict, self._key = connection, found, verdict, key
        self._now, self._today = clock.now_ms(), _today(found)
        self._entering = Entering(connection)
        self._accounts: dict[int | None, Account | None] = {None: None}
        self.written: dict[str, int] = {}

    def write(self, rows: Collection[Row]) -> list[Row]:
        """What becomes of the rows, and of those that stand for the same people. Nothing is written twice: each claim
        is laid beside the record as it now is, under its village's lock."""
        groups = grouped(self._with_accepted(rows))
        before = Matching(self._connection, self._list, groups, self._today, self._key)
        ids, villages = self._touched(before, groups)
        self._entering.prepare([], also=ids, villages=villages)
        matching = Matching(self._connection, self._list, groups, self._today, self._key)  # under the locks
        again, homes = self._touched(matching, groups)
        if not (again <= ids and homes <= villages):
            raise CameBetween
        return [row for group in groups for row in self._one(matching, group)]

    def _with_accepted(self, rows: Collection[Row]) -> list[Row]:
        """The rows with those of the same people that are accepted as well: they are one claim."""
        people = {row.person for row in rows if row.person}
        others = [
            row for row in lists.of_people(self._connection, self._list.id, people)
            if row.decision == lists.ACCEPT or (row.decision == lists.OPEN and row.verdict == self._verdict)
        ]  # fmt: skip
        return list({row.number: row for row in (*rows, *others)}.values())

    def _touched(self, matching: Matching, groups: Iterable[Group]) -> tuple[set[str], set[str]]:
        """All records that may be written, and the villages they lie in."""
        ids, villages = set(), set()
        for group in groups:
            record = self._record_of(matching, group)
            if record is None:
                if self._list.purpose == WORKERS and group.lines:
                    said = claims.merged(group.lines)
                    ids.add(claims.worker_id(said, self._key))
                    villages.add(said.get("village") or "")
                continue
            homes = matching.paid_homes(record)
            plan = matching.plan(group, record)
            ids |= {record, *homes, *plan.new}
            villages |= {matching.stands(record).home, *homes.values()}
        return ids, villages - {""}

    def _record_of(self, matching: Matching, group: Group) -> str | None:
        """Who the group is: as it was matched or chosen; of somebody new whoever bears his number by now."""
        if not group.lines:
            return None
        chosen = {row.record for row in group.rows if row.record}
        if chosen:
            record = min(chosen)
            return matching.stands(record).record if matching.known(record) else None
        here = [
            record for record in matching.numbered(claims.merged(group.lines))
            if within(matching.stands(record).home, self._list.region)
        ]  # fmt: skip
        return here[0] if len(here) == 1 else None

    def _one(self, matching: Matching, group: Group) -> list[Row]:
        record = self._record_of(matching, group)
        if record is not None and within(matching.stands(record).home, self._list.region):
            return self._onto(matching, group, record)
        if group.lines and not any(row.record for row in group.rows) and self._list.purpose == WORKERS:
            return self._new_worker(matching, group)
        return [row._replace(decision=lists.LEAVE) for row in group.rows]  # erased since, or moved away

    def _onto(self, matching: Matching, group: Group, record: str) -> list[Row]:
        """Write onto a record that is here; or, where it differs in what nobody has looked at, leave that to be decided."""
        plan = matching.plan(group, record)
        looked_at = {tuple(map(str, each)) for row in group.rows for each in differs_of(row.about)}
        decided = all(row.decision == lists.ACCEPT for row in group.rows)
        if any(tuple(map(str, each)) not in looked_at for each in plan.differs) or (plan.differs and not decided):
            return matching.weighed(group, record).rows
        errors = self._faults(plan, record)
        if errors:
            return [row._replace(verdict=lists.WRONG, decision=lists.OPEN, about={"errors": errors}) for row in group.rows]
        source, account = self._source(group), self._account(group)
        homes = matching.paid_homes(record) | {record: matching.stands(record).home}
        for one, fields in sorted(plan.decided(record).items()):
            row = self._entering.row(one)
            assert row is not None
            kind = "worker" if one == record else "contribution"
            desk_writes(
                self._connection, self._entering, "accept-list", kind, row.id, row.held.home, dict(row.held.seen), fields,
                account, self._now, source=source,
            )  # fmt: skip
            self._count(fields if one == record else ("confirm",))
        for one, fields in sorted(plan.new.items()):
            if self._entering.row(one) is None and not self._entering.is_erased(one):
                desk_writes(
                    self._connection, self._entering, "accept-list", "contribution", one, homes[record], {}, fields,
                    account, self._now, source=source,
                )  # fmt: skip
                self._count(("new",))
        return self._done(group, record, homes[record])

    def _new_worker(self, matching: Matching, group: Group) -> list[Row]:
        record, fields = claims.new_worker(claims.merged(group.lines), self._key)
        home = fields.get("village")
        judged = kind_of("worker").judge(fields, desk=True, today=self._today)
        errors = [[field, codes[0]] for field, codes in judged.errors.items()]
        if not home:
            errors.append(["village", "village-missing"])
        elif self._entering.is_erased(record):
            errors.append(["record", "record-erased"])
        elif matching.numbered(claims.merged(group.lines)) or self._entering.row(record) is not None:
            return [row._replace(verdict=lists.NEW, decision=lists.OPEN) for row in group.rows]
        if errors:
            return [row._replace(verdict=lists.WRONG, decision=lists.OPEN, about={"errors": errors}) for row in group.rows]
        assert home is not None
        desk_writes(
            self._connection, self._entering, "accept-list", "worker", record, home, {}, judged.fields,
            self._account(group), self._now, source=self._source(group),
        )  # fmt: skip
        self._count(("worker",))
        return self._done(group, record, home)

    def _faults(self, plan: claims.Plan, worker: str) -> list[list[str]]:
        told = [("worker" if record == worker else "contribution", each) for record, each in plan.decided(worker).items()]
        told += [("contribution", each) for each in plan.new.values()]
        return [
            [field, codes[0]] for kind, fields in told
            for field, codes in kind_of(kind).judge(dict(fields), desk=True, today=self._today).errors.items()
        ]  # fmt: skip

    def _done(self, group: Group, record: str, home: str) -> list[Row]:
        return [
            row._replace(decision=lists.ACCEPTED, record=record, village=home, done_at=self._now,
                         decided_by=row.decided_by or (self._list.accepts or {}).get("by"))
            for row in group.rows
        ]  # fmt: skip

    def _source(self, group: Group) -> str:
        return f"list:{self._list.id}:{min(row.number for row in group.rows)}"

    def _account(self, group: Group) -> Account | None:
        number = group.rows[0].decided_by or (self._list.accepts or {}).get("by") or self._list.account
        if number is not None and number not in self._accounts:
            self._accounts[number] = accounts.by_id(self._connection, number)
        return self._accounts[number]

    def _count(self, names: Iterable[str]) -> None:
        for name in names:
            self.written[name] = self.written.get(name, 0) + 1


_STEPS: dict[str, _Step] = {lists.READING: _read, lists.MATCHING: _match, lists.ACCEPTING: _accept}
