"""The desk of claims: which are open and what is due next, all that is known of one, and each step from report to closed.

A step is a change of the village's desk's own, like any other; it merges with what phones still send. A status only goes
up, so what the branch sends back is said beside it (`returned_on`), until it is sent in again. Nothing here decides what is
paid: that is written down when the branch has said it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from programme import claim
from programme.claim import Case, Estimate, Papers, Standing, Term
from programme.contribution import Used
from programme.coverage import Contribution, Worker
from programme.rules import load
from schemas.occupations import OCCUPATIONS
from schemas.problem import Both
from server.actions import claim_cases, confirmations, membership, settle
from server.actions.claim_cases import local, moment
from server.actions.desk_pages import BadCursor
from server.actions.membership import Person
from server.actions.stories import Story
from server.clock import day_at
from server.db import Connection, reading
from server.store import claims as store
from server.store import deciding, desk_pages, exports, records, regions
from server.store.accounts import Account
from server.store.claims import Filter, Named
from server.store.deciding import Writer
from server.store.scoping import Scope, for_itself

ACT = "claim"
_CURSOR = re.compile(r"([0-2])~([0-9]{1,15})~([A-Za-z0-9:_.-]{1,64})\Z")
_DAY_CURSOR = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})~([A-Za-z0-9:_.-]{1,64})\Z")
MOST_ACTS = 60


class Wrong(Exception):
    """What was typed can't be taken. errors: field -> what to do, in both languages."""

    def __init__(self, errors: Mapping[str, Both]) -> None:
        super().__init__(", ".join(errors))
        self.errors = dict(errors)


# Lists ----------------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """One claim of a list. case: a row of `claim_case`. worker: None where he stands in another region by now."""

    case: Any
    worker: Named | None
    is_late: bool


class Page(NamedTuple):
    """villages: code -> name. next: the cursor of the next page."""

    rows: list[Row]
    villages: Mapping[str, str]
    next: str | None


def page(scope: Scope, chosen: Filter, cursor: str | None, most: int, now: int) -> Page:
    """Open claims, the most pressing first: accidents, then what is due soonest. Raises BadCursor."""
    after = _place(_CURSOR, cursor)
    with reading() as connection:
        place = store.Place(int(after[0]), int(after[1]), after[2]) if after else None
        found = store.listed(connection, scope, chosen, place, most + 1, now)
        rows, villages = _with_workers(connection, scope, found[:most], now)
    last = found[most - 1] if len(found) > most else None
    return Page(rows, villages, f"{last.rank}~{last.moment}~{last.record}" if last else None)


def _with_workers(
    connection: Connection, scope: Scope, found: Collection[Any], now: int
) -> tuple[list[Row], dict[str, str]]:
    people = store.workers(connection, scope, {row.worker for row in found})
    codes = {code for row in found for code in (row.region, row.region[:8], row.region[:5])}
    rows = [Row(row, people.get(row.worker), row.due_at is not None and row.due_at < now) for row in found]
    return rows, regions.names(connection, sorted(codes))


def _place(pattern: re.Pattern[str], cursor: str | None) -> tuple[str, ...] | None:
    if not cursor:
        return None
    found = pattern.match(cursor)
    if found is None:
        raise BadCursor
    return found.groups()


def waiting(scope: Scope, now: int) -> dict[str, tuple[int, int]]:
    """Next step -> how many open claims, and how many of them are past their time."""
    with reading() as connection:
        return store.waiting(connection, scope, now)


class Given(NamedTuple):
    """One handover. named: what may be said in public, None where the family did not agree, or its data is restricted."""

    case: Any
    handover: Mapping[str, Any]
    worker: Named | None
    named: str | None


class Register(NamedTuple):
    rows: list[Given]
    villages: Mapping[str, str]
    next: str | None


def handovers(scope: Scope, since: date, until: date, cursor: str | None, most: int) -> Register:
    """What was handed over between two days, the newest first. Raises BadCursor."""
    after = _place(_DAY_CURSOR, cursor)
    with reading() as connection:
        place = (after[0], after[1]) if after else None
        found = store.handed_over(connection, scope, since.isoformat(), until.isoformat(), place, most + 1)
        shown = found[:most]
        said = store.fields_of(connection, scope, [row.record for row in shown])
        people = store.workers(connection, scope, {row.worker for row in shown})
        hushed = exports.restricted(connection)
        rows = [_given(row, said.get(row.record, {}), people.get(row.worker), hushed) for row in shown]
        codes = {code for row in shown for code in (row.region, row.region[:8])}
        villages = regions.names(connection, sorted(codes))
    last = found[most - 1] if len(found) > most else None
    return Register(rows, villages, f"{last.handed_on}~{last.record}" if last else None)


def _given(case: Any, fields: Mapping[str, Any], worker: Named | None, hushed: Collection[str]) -> Given:
    handover = fields.get("handover") or {}
    may_name = handover.get("publicity_consent") is True and case.worker not in hushed and case.record not in hushed
    if worker is not None and worker.record in hushed:
        may_name = False
    return Given(case, handover, worker, handover.get("recipient") if may_name else None)


# One claim ------------------------------------------------------------------------------------------------------------


class Clock(NamedTuple):
    """2 x 24 hours of an accident. reported, told: in time by the village's report, and by the branch having been told."""

    term: Term
    by_ms: int
    reported: str
    told: str


class Act(NamedTuple):
    """One change of the claim: who, when, and what it set."""

    by: Writer
    received: int
    effective: int
    fields: Mapping[str, Any]


class Look(NamedTuple):
    """All that is known of a claim.

    case: None while the event, its day or the programme is lacking. stood: how he stood on the event's day by what is known
    now; stood_then: by what was confirmed when the village reported it, where that differs. claimed: the status that the
    record says beyond what supports it.
    """

    record: str
    home: str
    fields: Mapping[str, Any]
    seen: Mapping[str, int]
    version: int
    created_at: int
    lacks: list[str]
    conflicts: list[str]
    case: Case | None
    stage: str
    claimed: str | None
    step: str | None
    due_at: int | None
    clock: Clock | None
    papers: Papers | None
    worker: Named | None
    worker_id: str | None
    is_restricted: bool
    stood: Standing | None
    stood_then: Standing | None
    old_enough: bool | None
    estimate: Estimate | None
    known_on: date
    acts: list[Act]
    villages: Mapping[str, str]

    @property
    def name(self) -> str | None:
        return self.worker.fields.get("full_name") if self.worker else None


def look(scope: Scope, record: str, now: int) -> Look | None:
    """A claim as it now stands; None where there is none in the region."""
    with reading() as connection:
        entry = desk_pages.entry_of(connection, scope, record)
        if entry is None or entry.kind != "claim":
            return None
        with for_itself():  # it lies in his region; whom it is of may live, and have paid, elsewhere
            row = records.read_records(connection, [entry.record])[entry.record]
            acts = _acts(connection, Story.read(connection, row))
            named = row.held.fields.get("worker")
            life = _life(connection, named) if named else None
            hushed = exports.restricted(connection)
        worker = store.workers(connection, scope, [named]).get(named) if named else None
        home, fields = row.held.home, row.held.fields
        villages = regions.names(connection, [home, home[:8], home[:5]])
    told = _told(row.held.created_at, home, fields, life, now)
    return Look(
        record=row.id, home=home, fields=fields, seen=row.held.seen, version=row.version,
        created_at=row.held.created_at, lacks=row.kind.lacking(fields), conflicts=sorted(row.held.conflicts or ()),
        worker=worker, worker_id=named, is_restricted=bool({row.id, named, worker and worker.record} & hushed),
        known_on=day_at(now, home), acts=acts, villages=villages, **told,
    )  # fmt: skip


_OF_A_CASE = ("claimed", "step", "due_at", "clock", "papers", "stood", "stood_then", "old_enough", "estimate")


def _told(created_at: int, home: str, fields: Mapping[str, Any], life: _Life | None, now: int) -> dict[str, Any]:
    """What the rules say of a claim, by the names of `Look`."""
    case, rules, reported = claim.case_of(fields), load(), local(created_at, home)
    if case is None:
        return dict.fromkeys(_OF_A_CASE) | {"case": None, "stage": claim.INCOMPLETE}
    step, term = claim.next_step(case, reported, rules), claim.accident_term(case, rules)
    clock = None
    if term is not None:
        here = local(now, home)
        clock = Clock(
            term, moment(term.by, home), claim.in_time(term, reported, here), claim.in_time(term, case.told_on, here)
        )
    stood = then = guess = old_enough = None
    if life is not None:
        stood = claim.standing(life.worker, life.paid, case, rules)
        then = claim.standing(life.worker, life.known_by(reported.date()), case, rules)
        guess = claim.estimate(case, life.worker, life.paid, life.income, life.sector, stood, rules)
        old_enough = claim.old_enough_for_jht(life.worker, case, rules)
    return {
        "case": case, "stage": claim.stage(case, rules), "claimed": claim.unsupported(case, rules),
        "step": step and step.what, "due_at": moment(step.by, home) if step else None, "clock": clock,
        "papers": claim.papers(case, rules), "stood": stood, "stood_then": then if then != stood else None,
        "old_enough": old_enough, "estimate": guess,
    }  # fmt: skip


class _Life(NamedTuple):
    """A worker with all that was paid for him. confirmed_on: of each payment the day on which it was confirmed, if known."""

    worker: Worker
    paid: list[Contribution]
    confirmed_on: dict[str, str]
    income: int | None
    sector: str | None

    def known_by(self, day: date) -> list[Contribution]:
        """The payments as they were known on a day: what was confirmed later was not yet."""
        later = {record for record, on in self.confirmed_on.items() if on > day.isoformat()}
        return [replace(one, confirmed=False) if one.record in later else one for one in self.paid]


def _life(connection: Connection, named: str) -> _Life | None:
    row = records.read_records(connection, [named]).get(named)
    if row is not None and row.carrier and row.carrier != row.id:
        row = records.read_records(connection, [row.carrier]).get(row.carrier)
    if row is None or row.held.erased or row.held.kind != "worker":
        return None
    fields, held = row.held.fields, row.held
    person = Person(
        row.id, held.home, fields, held.heads, not row.kind.lacking(fields), held.created_at, held.status_at
    )  # fmt: skip
    history = list(Story.read(connection, row).changes.values()) if person.has_a_story else []
    worker = membership.worker_of(person, history)
    if fields.get("status") in ("withdrawn", "deceased") and held.status_at is not None:
        worker = replace(worker, ended_on=day_at(held.status_at, held.home), ended_why=fields["status"])
    members = sorted(records.joined_with(connection, [row.carrier])) if row.carrier else [row.id]
    paid = confirmations.paid_for(connection, members)
    confirmed_on = {record: told["confirmed_on"] for record, _, told in paid if told.get("confirmed_on")}
    occupation = OCCUPATIONS.get(fields.get("occupation") or "")
    return _Life(
        worker, [membership.contribution_of(record, row.id, told) for record, _, told in paid], confirmed_on,
        fields.get("monthly_income"), occupation.sector if occupation else None,
    )  # fmt: skip


def _acts(connection: Connection, story: Story) -> list[Act]:
    """The claim's changes, the newest first."""
    newest = sorted(story.changes.values(), key=lambda one: (one.received, one.device, one.seq), reverse=True)[:MOST_ACTS]
    by = deciding.writers(connection, [change.dot for change in newest])
    return [
        Act(by[change.device, change.seq], change.received, change.effective, change.fields or {}) for change in newest
    ]


def used_rules(seen: Look) -> list[Used]:
    """Every rule that the page rests on, once."""
    used: dict[str, Used] = {}
    for part in (seen.stood, seen.estimate):
        used |= {rule.id: rule for rule in part.rules} if part else {}
    return list(used.values())


# Steps ----------------------------------------------------------------------------------------------------------------

_NOT_BACK: dict[str, Any] = {"returned_on": None, "returned_papers": None, "returned_why": None}
TODAY: Both = ("Tanggal ini belum tiba. Periksa tahunnya.", "This day has not come yet. Check the year.")
NEEDED: Both = ("Isian ini wajib. Tanyakan, lalu isi.", "This is required. Ask, and fill it in.")


def _raised(seen: Look, status: str) -> str:
    """A status only goes up: what stands higher stays."""
    stands = seen.fields.get("status") or claim.REPORTED
    return max(stands, status, key=claim.STATUSES.index)


def _day_after(
    seen: Look, field: str, text: str | None, after: str | None, now: int, errors: dict[str, Both]
) -> str | None:
    """A day that was typed: needed, not in the future, not before another one. Notes what is wrong."""
    if not text:
        errors[field] = NEEDED
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        errors[field] = ("Tanggalnya tidak terbaca. Pilih dari kalender.", "The day can't be read. Choose it again.")
        return None
    if day > day_at(now, seen.home):
        errors[field] = TODAY
    elif after and text < after:
        shown = date.fromisoformat(after)
        errors[field] = (
            f"Tidak mungkin sebelum {shown:%d-%m-%Y}. Periksa tanggalnya.",
            f"It can't be before {shown:%d-%m-%Y}. Check the day.",
        )
    return text


def _write(
    seen: Look, known: Mapping[str, int], fields: Mapping[str, Any], errors: Mapping[str, Both], account: Account, now: int
) -> None:
    """Write a step and draw the claim anew. Raises Wrong, and as `settle`."""
    if errors:
        raise Wrong(errors)
    settle.settle(seen.record, known, fields, account, now, ACT)
    claim_cases.draw([seen.record])


def hold_papers(seen: Look, known: Mapping[str, int], codes: Collection[str], account: Account, now: int) -> None:
    """Which papers are there. What the branch wanted and is ticked again is no longer wanted."""
    case = seen.case
    if case is None:
        raise Wrong({"documents": ("Lengkapi dulu kejadian dan programnya.", "Complete the event and programme first.")})
    held = sorted(set(codes))
    fields: dict[str, Any] = {"documents": held}
    if case.returned_papers:
        fields["returned_papers"] = [code for code in sorted(case.returned_papers) if code not in held] or None
    lacking = claim.papers(case._replace(documents=frozenset(held)), load()).lacking
    if lacking and seen.stage in claim.AT_THE_VILLAGE:
        fields["status"] = _raised(seen, claim.INCOMPLETE)
    _write(seen, known, fields, {}, account, now)


def tell_branch(seen: Look, known: Mapping[str, int], day: str | None, account: Account, now: int) -> None:
    """The branch was told of the accident."""
    errors: dict[str, Both] = {}
    told = _day_after(seen, "branch_told_on", day, seen.fields.get("event_date"), now, errors)
    _write(seen, known, {"branch_told_on": told}, errors, account, now)


def submit(seen: Look, known: Mapping[str, int], day: str | None, anyway: bool, account: Account, now: int) -> None:
    """The papers went to the branch: the first time, or again after it sent them back.

    anyway: though some lack, which somebody must mean.
    """
    errors: dict[str, Both] = {}
    after = max(filter(None, (seen.fields.get("event_date"), seen.fields.get("returned_on"))), default=None)
    sent = _day_after(seen, "submitted_on", day, after, now, errors)
    if seen.case is None:
        errors["submitted_on"] = ("Lengkapi dulu kejadian dan programnya.", "Complete the event and programme first.")
    elif not anyway and seen.papers is not None and seen.papers.lacking:
        errors["anyway"] = (
            "Masih ada berkas yang kurang. Centang bila tetap diajukan.",
            "Papers still lack. Tick this if it is sent in all the same.",
        )
    fields = {"submitted_on": sent, "status": _raised(seen, claim.SUBMITTED)} | _NOT_BACK
    _write(seen, known, fields, errors, account, now)


def send_back(
    seen: Look, known: Mapping[str, int], day: str | None, wanted: Collection[str], why: str, account: Account, now: int
) -> None:
    """The branch wants more: the status stays, and beside it stands what it wants."""
    errors: dict[str, Both] = {}
    if seen.stage not in (claim.SUBMITTED, claim.RETURNED):
        errors["returned_on"] = ("Hanya yang sudah diajukan bisa dikembalikan.", "Only what was sent in can come back.")
    back = _day_after(seen, "returned_on", day, seen.fields.get("submitted_on"), now, errors)
    if not wanted and not why:
        errors["returned_why"] = ("Centang berkasnya, atau tulis alasannya.", "Tick the papers, or write why.")
    fields = {"returned_on": back, "returned_papers": sorted(set(wanted)) or None, "returned_why": why or None}
    _write(seen, known, fields, errors, account, now)


def decide(seen: Look, known: Mapping[str, int], said: Mapping[str, Any], account: Account, now: int) -> None:
    """What the branch decided. said: outcome, decided_on, amount, children, refused_for, refusal, as typed."""
    errors: dict[str, Both] = {}
    outcome = said.get("outcome")
    if outcome not in (claim.GRANTED, claim.REFUSED, claim.WITHDRAWN):
        errors["outcome"] = ("Pilih keputusannya.", "Choose what was decided.")
    if seen.stage in claim.AT_THE_VILLAGE and outcome != claim.WITHDRAWN:
        errors["outcome"] = (
            "Catat dulu kapan klaim ini diajukan ke cabang.", "Note first when this claim was sent to the branch."
        )  # fmt: skip
    if seen.stage in (claim.PAID, claim.HANDED_OVER, claim.CLOSED) and outcome != claim.GRANTED:
        errors["outcome"] = (
            "Sudah dibayar, jadi tidak bisa ditolak atau ditarik.", "It is paid, so it can't be refused or withdrawn."
        )  # fmt: skip
    after = seen.fields.get("submitted_on") or seen.fields.get("event_date")
    decided = _day_after(seen, "decided_on", said.get("decided_on"), after, now, errors)
    is_granted = outcome == claim.GRANTED
    if is_granted and not (type(said.get("amount")) is int and said["amount"] > 0):
        errors["amount"] = ("Tulis jumlah dari surat keputusan.", "Write the sum of the branch's letter.")
    if outcome == claim.REFUSED and not said.get("refused_for"):
        errors["refused_for"] = ("Pilih jenis alasannya; ia ikut dihitung.", "Choose the kind of reason; it is counted.")
    fields: dict[str, Any] = {
        "outcome": outcome, "decided_on": decided, "status": _raised(seen, claim.DECIDED),
        "amount": said.get("amount") if is_granted else None, "children": said.get("children") if is_granted else None,
        "refused_for": said.get("refused_for") if outcome == claim.REFUSED else None,
        "refusal": None if is_granted else said.get("refusal"),
    } | _NOT_BACK  # fmt: skip
    _write(seen, known, fields, errors, account, now)


def pay(seen: Look, known: Mapping[str, int], day: str | None, account: Account, now: int) -> None:
    """The money has come."""
    errors: dict[str, Both] = {}
    if seen.fields.get("outcome") != claim.GRANTED or not seen.fields.get("decided_on"):
        errors["paid_on"] = ("Catat dulu keputusan cabang.", "Note the branch's decision first.")
    paid = _day_after(seen, "paid_on", day, seen.fields.get("decided_on"), now, errors)
    _write(seen, known, {"paid_on": paid, "status": _raised(seen, claim.PAID)}, errors, account, now)


def hand_over(seen: Look, known: Mapping[str, int], said: Mapping[str, Any], account: Account, now: int) -> None:
    """The handover. said: date, place, by, recipient, publicity_consent. Whether it may be public is asked, yes or no."""
    errors: dict[str, Both] = {}
    if seen.stage not in (claim.PAID, claim.HANDED_OVER, claim.CLOSED):
        errors["date"] = ("Catat dulu kapan uangnya dibayar.", "Note first when the money was paid.")
    day = _day_after(seen, "date", said.get("date"), seen.fields.get("paid_on"), now, errors)
    for field in ("place", "by", "recipient"):
        if not said.get(field):
            errors[field] = NEEDED
    if said.get("publicity_consent") not in (True, False):
        errors["publicity_consent"] = (
            "Tanyakan kepada keluarga, lalu jawab ya atau tidak.", "Ask the family, and answer yes or no."
        )  # fmt: skip
    handover = {name: said.get(name) for name in ("place", "by", "recipient", "publicity_consent")} | {"date": day}
    _write(seen, known, {"handover": handover, "status": _raised(seen, claim.HANDED_OVER)}, errors, account, now)


def close(seen: Look, known: Mapping[str, int], account: Account, now: int) -> None:
    """All is done: refused, withdrawn, or handed over."""
    errors: dict[str, Both] = {}
    is_unpaid = seen.stage == claim.DECIDED and seen.fields.get("outcome") != claim.GRANTED
    if seen.stage != claim.HANDED_OVER and not is_unpaid:
        errors["close"] = (
            "Yang bisa ditutup: klaim yang sudah diserahkan, ditolak, atau ditarik.",
            "What can be closed: a claim that was handed over, refused or withdrawn.",
        )
    _write(seen, known, {"status": claim.CLOSED}, errors, account, now)


FACTS = ("program", "event", "event_date", "event_time", "event_place", "chronology")
"""What of the event a desk may correct on the claim's page."""


def correct(seen: Look, known: Mapping[str, int], said: Mapping[str, Any], account: Account, now: int) -> None:
    """What is known better of the event. said: fields of `FACTS`, those that differ are written."""
    fields = {name: value for name, value in said.items() if name in FACTS and value != seen.fields.get(name)}
    errors: dict[str, Both] = {}
    if not fields:
        errors["facts"] = ("Belum ada yang berubah.", "Nothing has changed yet.")
    if fields.get("event_date", "") and not errors:
        _day_after(seen, "event_date", fields["event_date"], None, now, errors)
    _write(seen, known, fields, errors, account, now)
