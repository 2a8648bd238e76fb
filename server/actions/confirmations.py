"""What a confirmation holds: what BPJS has confirmed of a contribution stays confirmed, whatever a phone writes later.

A phone may still change a confirmed contribution: its change merges like any other, since the law knows no exception. But
cover comes of what was confirmed alone. That is what the record says by the changes of desks and by those that a confirming
desk had before it; so it is a function of the accepted changes, in any order. What a phone wrote besides counts as
paid and not confirmed, and waits at a desk: put back, or accepted by a change of the desk's own, which then holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from schemas.change import Change, is_desk
from schemas.kinds import KINDS
from server.actions import settle
from server.actions.settle import NoSuchRecord
from server.db import Connection, reading
from server.store import changes as log
from server.store import confirmations as store
from server.store import deciding, desk_pages, lists
from server.store.accounts import Account
from server.store.confirmations import HELD, Held, Payment
from server.store.deciding import Writer
from server.store.lists import Contribution
from server.store.scoping import Scope, for_itself
from sync.merge import made_of, merge_field

CONTRIBUTION = KINDS[store.CONTRIBUTION]
_MAKES_COVER = ("worker", "months", "programs")


def confirming(history: Collection[Change]) -> list[Change]:
    """The changes that said it was confirmed."""
    return [each for each in history if is_desk(each.device) and (each.fields or {}).get("confirmed") is True]


def as_confirmed(history: Collection[Change]) -> dict[str, Any] | None:
    """What was confirmed of a contribution, by field of `HELD`; None where nobody confirmed it.

    history: its accepted changes, in any order. A field that no confirming desk had before it is missing.
    """
    confirmed = confirming(history)
    if not confirmed:
        return None
    counts = [
        each for each in history
        if is_desk(each.device) or any(each.dot == by.dot or by.has_seen(each) for by in confirmed)
    ]  # fmt: skip
    said: dict[str, Any] = {}
    for field in HELD:
        setting = [each for each in counts if field in (each.fields or ())]
        if setting:
            said[field] = merge_field(setting, field, CONTRIBUTION).value
    return said


class Counts(NamedTuple):
    """A part of a contribution as coverage counts it. fields: complete ones; `confirmed` says which part it is."""

    record: str
    worker: str
    fields: Mapping[str, Any]


def counted(payments: Collection[Payment], histories: Mapping[str, Sequence[Change]]) -> Iterator[Counts]:
    """What coverage counts of payments: of one that a phone changed after its confirmation two parts.

    histories: of those that `may_be_held`.
    """
    for payment in payments:
        held = as_confirmed(histories[payment.record]) if payment.may_be_held else None
        stands = payment.worker if payment.is_complete else None
        if held is None or not differing(payment.fields, held):
            if stands is not None:
                yield Counts(payment.record, stands, payment.fields)
            continue
        # An amount that nobody had yet may be filled in: who is covered, for which months, was confirmed.
        said = {**payment.fields, **{field: value for field, value in held.items() if value is not None}}
        if all(held.get(name) for name in _MAKES_COVER) and all(said.get(field) is not None for field in HELD):
            yield Counts(payment.record, held["worker"], said)
        if stands is not None and any(payment.fields.get(name) != held.get(name) for name in _MAKES_COVER):
            yield Counts(payment.record, stands, {**payment.fields, "confirmed": False})


def differing(fields: Mapping[str, Any], held: Mapping[str, Any]) -> list[str]:
    """The fields that say something else now than was confirmed."""
    return [field for field in HELD if fields.get(field) != held.get(field)]


def paid_for(connection: Connection, workers: Collection[str]) -> list[Counts]:
    """All that counts for these workers, confirmed or not."""
    payments = store.paid(connection, workers)
    ids = [payment.record for payment in payments if payment.may_be_held]
    histories = log.histories(connection, ids) if ids else {}
    wanted = set(workers)
    return [each for each in counted(payments, histories) if each.worker in wanted]


def confirmed_in(connection: Connection, village: str) -> list[tuple[str, Mapping[str, Any]]]:
    """(worker, fields) of what was confirmed of all contributions that lie in a village: for whoever adds the money up."""
    payments = store.in_village(connection, village)
    ids = [payment.record for payment in payments if payment.may_be_held]
    parts = counted(payments, log.histories(connection, ids) if ids else {})
    return [(part.worker, part.fields) for part in parts if part.fields.get("confirmed") is True]


def laid_beside(connection: Connection, workers: Collection[str]) -> dict[str, list[Contribution]]:
    """Worker -> his contributions as a branch's list is laid beside them: of a confirmed one what was confirmed.

    One that a phone gave to another since is here with the worker for whom it was confirmed, and with the other unconfirmed.
    """
    found = lists.contributions(connection, workers)
    known = {each.record: each for some in found.values() for each in some}
    elsewhere = [record for record in store.held_for(connection, workers) if record not in known]
    known |= {each.record: each for each in lists.these_contributions(connection, elsewhere)} if elsewhere else {}
    touched = [each for each in known.values() if _may_be_held(each)]
    if not touched:
        return found
    told = {each.record for each in touched}
    kept = {worker: [each for each in some if each.record not in told] for worker, some in found.items()}
    histories, wanted = log.histories(connection, sorted(told)), set(workers)
    for each in touched:
        said = as_confirmed(histories[each.record]) or {}
        if said.get("worker") in wanted:
            kept.setdefault(said["worker"], []).append(each._replace(fields={**each.fields, **said}))
        if each.worker in wanted and each.worker != said.get("worker"):
            kept.setdefault(each.worker, []).append(each._replace(fields={**each.fields, "confirmed": None}))
    return {worker: sorted(some, key=lambda each: each.record) for worker, some in kept.items()}


def _may_be_held(paid: Contribution) -> bool:
    return Payment(paid.record, paid.home, paid.worker, True, paid.fields, paid.heads).may_be_held


def follow(connection: Connection, village: str, after: int) -> set[str]:
    """Note which confirmed contributions of a village were changed behind a position of its stream; in its own turn.

    Gives the workers for whom something was confirmed, or is no more: theirs must be drawn anew.
    """
    edited = [payment for payment in store.edited_since(connection, village, after) if payment.may_be_held]
    before = store.held_in(connection, village)
    again = {payment.record: payment for payment in edited}
    again |= {payment.record: payment for payment in store.these(connection, before.keys() - again.keys())}
    if not again and not before:
        return set()
    now: dict[str, Held] = {}
    for record, history in log.histories(connection, list(again)).items():
        found = _held(again[record], history)
        if found is not None and found.region == village:
            now[record] = found
    store.let_go(connection, before.keys() - now.keys())
    new = [held for record, held in now.items() if before.get(record) != held]
    store.hold(connection, new)
    gone = [before[record] for record in before.keys() - now.keys()]
    was = [before[held.contribution] for held in new if held.contribution in before]
    return {held.worker for held in (*new, *gone, *was)}


def _held(payment: Payment, history: Collection[Change]) -> Held | None:
    said = as_confirmed(history) if payment.may_be_held else None
    if said is None or not differing(payment.fields, said):
        return None
    return Held(payment.record, said.get("worker") or payment.worker or "", _since(history), payment.home)


def _since(history: Collection[Change]) -> int:
    """When the first change came in that no confirming desk had before it."""
    confirmed = confirming(history)
    later = [
        each.received for each in history
        if not is_desk(each.device) and not any(by.has_seen(each) for by in confirmed)
        and set(HELD) & (each.fields or {}).keys()
    ]  # fmt: skip
    return min(later, default=min(each.received for each in confirmed))


# The desk -------------------------------------------------------------------------------------------------------------


class Changed(NamedTuple):
    """A confirmed contribution that a phone changed since. differs: field, what was confirmed, what it says now.

    by: who wrote what it says now; confirmed_by: who confirmed it. names: of the workers that it speaks of.
    """

    record: str
    region: str
    worker: str
    at: int
    differs: list[tuple[str, Any, Any]]
    by: list[Writer]
    confirmed_by: Writer | None
    confirmed_on: str | None
    names: Mapping[str, str]
    seen: Mapping[str, int]


def waiting(scope: Scope, after: tuple[int, str] | None, most: int) -> tuple[list[Changed], tuple[int, str] | None]:
    """Those that wait in a region, the longest waiting first; and behind which the list goes on."""
    with reading() as connection:
        rows = store.page(connection, scope, after, most + 1)
        told = [each for row in rows[:most] if (each := _told(connection, scope, row)) is not None]
    return told, (rows[most - 1].at, rows[most - 1].contribution) if len(rows) > most else None


def how_many(scope: Scope, most: int) -> int:
    with reading() as connection:
        return store.how_many(connection, scope, most)


def _told(connection: Connection, scope: Scope, row: Held) -> Changed | None:
    entry = desk_pages.entry_of(connection, scope, row.contribution)
    if entry is None:
        return None
    with for_itself():  # it lies in his region; who wrote it may sit elsewhere
        payments = store.these(connection, [row.contribution])
        history = log.histories(connection, [row.contribution])[row.contribution]
        held = as_confirmed(history)
        if not payments or held is None:
            return None
        payment, fields = payments[0], differing(payments[0].fields, held)
        dots = {tuple(dot) for field in fields for dot in settle.dots_of(payment.heads.get(field) or payment.heads["*"])}
        confirmed = min(confirming(history), key=lambda each: (each.received, each.seq))
        by = deciding.writers(connection, [*dots, confirmed.dot])
    workers = {each for each in (held.get("worker"), payment.worker) if each}
    return Changed(
        row.contribution, payment.home, row.worker, row.at,
        [(field, held.get(field), payment.fields.get(field)) for field in fields],
        [by[dot] for dot in sorted(dots) if dot in by], by.get(confirmed.dot), payment.fields.get("confirmed_on"),
        deciding.names(connection, scope, workers), made_of(history),
    )  # fmt: skip


def decide(record: str, seen: Mapping[str, int] | None, accepts: bool, scope: Scope, account: Account, now: int) -> None:
    """Say what is confirmed from now on, by a change of the desk's: as BPJS had it, or as the phone wrote it.

    seen: as the page showed it. Raises settle.NoSuchRecord, OutsideRegion, NotSeen, and OwnEntry: nobody accepts what he
    wrote on a phone himself.
    """
    with reading() as connection:
        entry = desk_pages.entry_of(connection, scope, record)
        if entry is None or entry.kind != store.CONTRIBUTION:
            raise NoSuchRecord(record)
        with for_itself():  # found in his region just now
            payments = store.these(connection, [record])
            held = as_confirmed(log.histories(connection, [record])[record])
    if not payments or held is None or not (fields := differing(payments[0].fields, held)):
        raise NoSuchRecord(record)
    said = payments[0].fields if accepts else held
    said_now = {field: said.get(field) for field in fields}
    settle.settle(record, seen, said_now, account, now, others=fields if accepts else ())
