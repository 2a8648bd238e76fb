"""The story of a worker's membership, out of the log: each state, since when, what made it so, and who said that.

Nothing of it is stored. What was known on a past day is folded from the changes that had come in by then, by the same law as
today's record; what the law erased since is erased in the past too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from programme.coverage import Contribution, Worker
from programme.membership import Known, Step, Story, story
from programme.rules import load
from schemas.change import Change, Dot
from schemas.kinds import KINDS
from server.actions import confirmations, membership
from server.actions.confirmations import as_confirmed, confirming, counted
from server.actions.membership import Person
from server.clock import day_at
from server.db import Connection, reading
from server.store import changes as log
from server.store import confirmations as payments_store
from server.store import cover as cover_store
from server.store import deciding, desk_pages, records
from server.store.confirmations import Payment
from server.store.deciding import Writer
from server.store.scoping import Scope, for_itself
from sync.held import Held, hold
from sync.links import Joined, Link, group
from sync.merge import merge_record

WORKER, CONTRIBUTION = KINDS["worker"], KINDS["contribution"]
AT_ONCE = 100  # workers whose changes are in memory at a time


class Fact(NamedTuple):
    """Who said something, and when it came in (ms). list: number and row of the list it was taken from."""

    by: Writer | None
    at: int
    list: tuple[int, int | None] | None


class Told(NamedTuple):
    """A state with who made it so."""

    step: Step
    facts: list[Fact]


class Paid(NamedTuple):
    """A contribution. entered: who wrote it first; confirmed: who first confirmed it, None: nobody yet.

    known_on: the day on which its confirmation came in. is_held: a phone changed it since, and what was confirmed holds.
    """

    record: str
    months: Sequence[str]
    programs: Sequence[str]
    funding: str | None
    amount: int | None
    paid_on: str | None
    confirmed_on: str | None
    entered: Fact
    confirmed: Fact | None
    known_on: date | None
    is_held: bool


class Moved(NamedTuple):
    """He came to another village. day: by its own calendar."""

    day: date
    left: str
    came: str
    fact: Fact | None


class Membership(NamedTuple):
    """now, then: see `programme.membership.Story`. number_by, given_by: who wrote his number, and that he has his card."""

    record: str
    village: str
    day: date
    name: str | None
    now: list[Told]
    then: list[Told]
    first_active: date | None
    active_since: date | None
    paid: list[Paid]
    moves: list[Moved]
    number: str | None
    number_by: Fact | None
    given_on: str | None
    given_by: Fact | None


def story_of(scope: Scope, record: str, now: int) -> Membership | None:
    """One worker's; of a joined record that of the one that carries it. None where there is none in the region."""
    with reading() as connection:
        entry = desk_pages.entry_of(connection, scope, record)
        if entry is None or entry.kind != "worker":
            return None
        with for_itself():  # he lies in the region; what he is made of may have been written elsewhere
            return next(stories(connection, [entry.record], now), None)


def stories(connection: Connection, carriers: Collection[str], now: int) -> Iterator[Membership]:
    """Of some workers, each by the record that carries it. The caller has seen that they are in the region of who asks."""
    members: dict[str, set[str]] = {record: {record} for record in carriers}
    for record, carrier in cover_store.members(connection, list(carriers)).items():
        members[carrier].add(record)
    ids = sorted(set().union(*members.values())) if members else []
    histories = log.histories(connection, ids)
    joined = [record for each in members.values() if len(each) > 1 for record in each]
    links = records.links_among(connection, joined) if joined else []
    said = log.by_dots(connection, [link.dot for link in links])
    linked_at = {dot: change.received for dot, change in said.items()}
    payments = payments_store.paid(connection, ids)
    paid_by = log.histories(connection, [payment.record for payment in payments]) if payments else {}
    of_whom: dict[str, list[str]] = {}
    carried = {record: carrier for carrier, some in members.items() for record in some}
    for payment in payments:
        for worker in {payment.worker, *_ever_for(paid_by[payment.record])} & carried.keys():
            of_whom.setdefault(carried[str(worker)], []).append(payment.record)
    by = deciding.writers(connection, [
        change.dot for history in (*histories.values(), *paid_by.values()) for change in history
    ])  # fmt: skip
    for carrier in carriers:
        own = {record: paid_by[record] for record in dict.fromkeys(of_whom.get(carrier, ()))}
        his = [change for record in sorted(members[carrier]) for change in histories[record]]
        among = [link for link in links if link.a in members[carrier]]
        told = _Telling(carrier, members[carrier], his, among, linked_at, own, by, now).told()
        if told is not None:
            yield told


def _ever_for(history: Collection[Change]) -> set[str]:
    return {str(change.fields["worker"]) for change in history if change.fields and change.fields.get("worker")}


class _Telling:
    """One worker's story. linked_at: when the links among his records came in; paid: his payments' changes."""

    def __init__(
        self, carrier: str, members: Collection[str], history: Sequence[Change], links: Collection[Link],
        linked_at: Mapping[tuple[str, int], int], paid: Mapping[str, Sequence[Change]], by: Mapping[tuple[str, int], Writer],
        now: int,
    ) -> None:  # fmt: skip
        self.carrier, self.members, self.history, self.links = carrier, members, history, list(links)
        self.linked_at, self.paid, self.by = linked_at, paid, by
        self.rules = load()
        state = hold(merge_record(carrier, history, self._joined(self.links))) if history else None
        self.held: Held | None = state if state is not None and not state.erased else None
        self.village = self.held.home if self.held else ""
        self.day = day_at(now, self.village) if self.held else date.min

    def told(self) -> Membership | None:
        if self.held is None:
            return None
        it = story(list(self._known()), self.rules, self.day)
        person = self._person(self.held)
        return Membership(
            self.carrier, self.village, self.day, self.held.fields.get("full_name"),
            [Told(step, self._facts(step, person)) for step in it.now],
            [Told(step, self._facts(step, person)) for step in it.then],
            it.first_active, it.active_since, sorted(self._payments(), key=_by_month), list(self._moves(person)),
            self.held.fields.get("kpj"), self._fact_of("kpj"), self.held.fields.get("card_given_on"),
            self._fact_of("card_given_on"),
        )  # fmt: skip

    # What was known ---------------------------------------------------------------------------------------------------

    def _known(self) -> Iterator[Known]:
        """What was known from each day on that something of him came in."""
        came = {self._day_of(change.received) for change in self.history}
        came |= {self._day_of(change.received) for history in self.paid.values() for change in history}
        came |= {self._day_of(self.linked_at[link.dot]) for link in self.links if link.dot in self.linked_at}
        for day in sorted(came):
            yield self._known_on(day)

    def _known_on(self, day: date) -> Known:
        links = [link for link in self.links if self._day_of(self.linked_at.get(link.dot, 0)) <= day]
        one = group([self.carrier], links)[self.carrier] & set(self.members)
        by_then = [change for change in self.history if change.record in one and self._day_of(change.received) <= day]
        if not by_then:
            return Known(day, None, ())
        held = hold(merge_record(self.carrier, by_then, self._joined(links, one)))
        if held.erased:
            return Known(day, None, ())
        return Known(day, self._worker(self._person(held), by_then), tuple(self._paid_by(day, one)))

    def _joined(self, links: Collection[Link], members: Collection[str] | None = None) -> Joined | None:
        some = self.members if members is None else members
        return Joined(some, links) if len(some) > 1 else None

    def _person(self, held: Held) -> Person:
        complete = not WORKER.lacking(held.fields)
        return Person(self.carrier, held.home, held.fields, held.heads, complete, held.created_at, held.status_at)

    def _worker(self, person: Person, history: Sequence[Change]) -> Worker:
        """As he is from his registration on, wherever he lived."""
        worker = membership.worker_of(person, history)
        last = membership.stays(person, history)[-1]
        ended = membership.ended_at(last, person, history)
        if ended is None:
            return worker
        return replace(worker, ended_on=day_at(ended, person.home), ended_why=person.fields.get("status"))

    def _paid_by(self, day: date, members: Collection[str]) -> Iterator[Contribution]:
        for record, history in self.paid.items():
            by_then = [change for change in history if self._day_of(change.received) <= day]
            if not by_then:
                continue
            for part in counted([_payment(record, by_then)], {record: by_then}):
                if part.worker in members:
                    yield membership.contribution_of(record, self.carrier, part.fields)

    def _day_of(self, moment: int) -> date:
        return day_at(moment, self.village)

    # Who said so ------------------------------------------------------------------------------------------------------

    def _facts(self, step: Step, person: Person) -> list[Fact]:
        if step.why == "paid":
            found = (self._confirmation(self.paid[record]) for record in step.paid if record in self.paid)
            return [fact for fact in found if fact is not None]
        if step.why == "registered":
            return [self._fact(Dot(*person.heads["*"]))]
        if step.why in ("verified", *membership._ENDS):
            said = [change for change in self.history if (change.fields or {}).get("status") == step.why]
            until = max((change.effective for change in said), default=0)
            return [self._fact(change.dot) for change in said if change.effective == until]
        return []

    def _fact(self, dot: Dot) -> Fact:
        by = self.by.get((dot.device, dot.seq))
        at = next((change.received for change in self._all() if change.dot == dot), 0)
        return Fact(by, at, list_of(by))

    def _all(self) -> Iterator[Change]:
        yield from self.history
        for history in self.paid.values():
            yield from history

    def _fact_of(self, field: str) -> Fact | None:
        assert self.held is not None
        if field not in self.held.fields or self.held.fields[field] is None:
            return None
        head = self.held.head(field)
        return self._fact(Dot(*(head[0] if isinstance(head[0], list) else head)))

    def _confirmation(self, history: Sequence[Change]) -> Fact | None:
        said = min(confirming(history), key=lambda change: (change.received, change.seq), default=None)
        return None if said is None else self._fact(said.dot)

    def _payments(self) -> Iterator[Paid]:
        for record, history in self.paid.items():
            payment = _payment(record, history)
            is_confirmed = payment.fields.get("confirmed") is True
            held = as_confirmed(history) if is_confirmed else None
            said = {**payment.fields, **(held or {})}
            if said.get("worker") not in self.members:
                continue
            first = min(history, key=lambda change: (change.received, change.seq))
            confirmed = self._confirmation(history) if is_confirmed else None
            yield Paid(
                record, said.get("months") or (), said.get("programs") or (), said.get("funding"), said.get("amount"),
                said.get("paid_on"), said.get("confirmed_on"), self._fact(first.dot), confirmed,
                self._day_of(confirmed.at) if confirmed else None,
                held is not None and bool(confirmations.differing(payment.fields, held)),
            )  # fmt: skip

    def _moves(self, person: Person) -> Iterator[Moved]:
        lived = membership.stays(person, self.history)
        for left, came in zip(lived, lived[1:], strict=False):
            said = [
                change for change in self.history
                if change.effective == came.came_at and (change.fields or {}).get("village") == came.village
            ]  # fmt: skip
            fact = self._fact(said[0].dot) if said else None
            yield Moved(day_at(came.came_at or 0, came.village), left.village, came.village, fact)


def _payment(record: str, history: Sequence[Change]) -> Payment:
    held = hold(merge_record(record, history))
    return Payment(
        record, held.home, held.fields.get("worker"), not CONTRIBUTION.lacking(held.fields), held.fields, held.heads
    )  # fmt: skip


def _by_month(paid: Paid) -> tuple[str, str]:
    return (min(paid.months, default=""), paid.record)


def list_of(by: Writer | None) -> tuple[int, int | None] | None:
    """Number and row of the list that a desk's change took its values from."""
    kind, _, rest = (by.source or "").partition(":") if by else ("", "", "")
    number, _, row = rest.partition(":")
    if kind != "list" or not number.isdecimal():
        return None
    return int(number), int(row) if row.isdecimal() else None


__all__ = ["Fact", "Membership", "Moved", "Paid", "Story", "Told", "list_of", "stories", "story_of"]
