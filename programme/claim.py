"""What a claim has come to, what is due next, which papers it lacks, how he stood on the day of the event, what may be paid.

Everything is read from the claim's own fields and the rules of the day of the event. Times are the village's own wall
clock (`datetime` without a zone): Indonesia keeps no summer time, so hours may be counted on it. A sum is an estimate and
never more: BPJS decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from programme import months
from programme.contribution import Used, due
from programme.coverage import ACTIVE, IN_ARREARS, Contribution, Worker, age_on, assess
from programme.rules import NoRule, Rule, Rules

STATUSES = ("reported", "incomplete", "submitted", "decided", "paid", "handed_over", "closed")
"""What a record may say, in the order in which it only goes up."""
REPORTED, INCOMPLETE, READY, RETURNED, SUBMITTED, DECIDED, PAID, HANDED_OVER, CLOSED = (
    "reported", "incomplete", "ready", "returned", "submitted", "decided", "paid", "handed_over", "closed",
)  # fmt: skip
STAGES = (REPORTED, INCOMPLETE, READY, RETURNED, SUBMITTED, DECIDED, PAID, HANDED_OVER, CLOSED)
"""What a claim has come to by what is known of it: see `stage`."""
AT_THE_VILLAGE = frozenset({REPORTED, INCOMPLETE, READY, RETURNED})

ACCIDENT, PAPERS, SUBMIT, BACK, DECISION, PAYMENT, HANDOVER, CLOSING = (
    "accident", "papers", "submit", "returned", "decision", "payment", "handover", "closing",
)  # fmt: skip
STEPS = (ACCIDENT, PAPERS, SUBMIT, BACK, DECISION, PAYMENT, HANDOVER, CLOSING)
"""What may be due next."""

GRANTED, REFUSED, WITHDRAWN = "granted", "refused", "withdrawn"
JKK, JKM, JHT, SCHOLARSHIP = "JKK", "JKM", "JHT", "scholarship"
NO_MEMBER = "no_member"
"""Of a programme that he never asked for nor paid: JHT, mostly."""
MET, UNCLEAR, MISSED, RUNNING = "met", "unclear", "missed", "running"

_PAPERS_OF = {
    (JKK, "accident"): "papers_accident", (JKK, "illness"): "papers_illness", (JKK, "death"): "papers_death_jkk",
    (JHT, "death"): "papers_death_jht", JKK: "papers_accident", JKM: "papers_death", JHT: "papers_jht",
    SCHOLARSHIP: "papers_scholarship",
}  # fmt: skip


class Case(NamedTuple):
    """A claim as the rules ask it: days as dates; event_time None when nobody knows the hour."""

    program: str
    event: str
    event_day: date
    event_time: time | None = None
    documents: frozenset[str] = frozenset()
    status: str = REPORTED
    told_on: date | None = None
    submitted_on: date | None = None
    returned_on: date | None = None
    returned_papers: frozenset[str] = frozenset()
    outcome: str | None = None
    decided_on: date | None = None
    amount: int | None = None
    paid_on: date | None = None
    handed_on: date | None = None
    children: int | None = None
    refused_for: str | None = None


def case_of(fields: Mapping[str, Any]) -> Case | None:
    """The case that a claim's fields tell; None while what it cannot do without is lacking."""
    program, event, day = fields.get("program"), fields.get("event"), _day(fields.get("event_date"))
    if not program or not event or day is None:
        return None
    clock, handover = fields.get("event_time"), fields.get("handover") or {}
    return Case(
        program, event, day, time.fromisoformat(clock) if clock else None, frozenset(fields.get("documents") or ()),
        fields.get("status") or REPORTED, _day(fields.get("branch_told_on")), _day(fields.get("submitted_on")),
        _day(fields.get("returned_on")), frozenset(fields.get("returned_papers") or ()), fields.get("outcome"),
        _day(fields.get("decided_on")), fields.get("amount"), _day(fields.get("paid_on")), _day(handover.get("date")),
        fields.get("children"), fields.get("refused_for"),
    )  # fmt: skip


# Papers ---------------------------------------------------------------------------------------------------------------


class Paper(NamedTuple):
    """One paper of a case. name: by language. village: the village makes it itself. needed: else only where it applies.

    wanted: the branch sent the claim back for it, so that it lacks although it was there.
    """

    code: str
    name: Mapping[str, str]
    village: bool
    needed: bool
    held: bool
    wanted: bool


class Papers(NamedTuple):
    """All papers of a case in the order of its rule; what is held besides is at the end, not needed."""

    all: tuple[Paper, ...]
    rule: Rule

    @property
    def lacking(self) -> tuple[Paper, ...]:
        return tuple(paper for paper in self.all if paper.wanted or (paper.needed and not paper.held))

    @property
    def held(self) -> tuple[Paper, ...]:
        return tuple(paper for paper in self.all if paper.held and not paper.wanted)


def papers(case: Case, rules: Rules) -> Papers:
    """Which papers a case needs by the rule of its day, and which of them are there."""
    rule = papers_rule(case, rules)
    known = {row["code"]: row for row in rules.on("claim_papers", case.event_day).value}
    held, wanted = plain_codes(case.documents, rules, case.event_day), case.returned_papers
    listed = dict.fromkeys((*rule.value["needed"], *rule.value["if_any"]))
    more = dict.fromkeys(code for code in sorted(held | wanted) if code not in listed)
    needed = frozenset(rule.value["needed"])
    return Papers(
        tuple(
            Paper(
                code, {lang: known[code][lang] if code in known else code for lang in ("id", "en")},
                bool(code in known and known[code].get("village")), code in needed, code in held, code in wanted,
            )
            for code in (*listed, *more)
        ),
        rule,
    )  # fmt: skip


def papers_rule(case: Case, rules: Rules) -> Rule:
    return rules.on(_PAPERS_OF.get((case.program, case.event)) or _PAPERS_OF[case.program], case.event_day)


def plain_codes(documents: Collection[str], rules: Rules, day: date) -> frozenset[str]:
    """Papers by the codes of today, whatever an older form called them."""
    now_called = {
        old: row["code"] for row in rules.on("claim_papers", day).value for old in row.get("also", ())
    }  # fmt: skip
    return frozenset(now_called.get(code, code) for code in documents)


# What it has come to --------------------------------------------------------------------------------------------------


def stage(case: Case, rules: Rules) -> str:
    """What a claim has come to, by what supports it, and not by what somebody says that it is.

    A phone may call a claim paid: until a desk has written the decision and the day of payment it counts as submitted.
    Nothing here goes down by being written twice: a claim that the branch sent back is `returned` as long as the desk
    says so, beside a status that stays.
    """
    is_decided = case.outcome is not None and case.decided_on is not None
    if is_decided:
        is_done = case.outcome != GRANTED or (case.paid_on is not None and case.handed_on is not None)
        if case.status == CLOSED and is_done:
            return CLOSED
        if case.outcome != GRANTED or case.paid_on is None:
            return DECIDED
        return PAID if case.handed_on is None else HANDED_OVER
    if case.returned_on is not None:
        return RETURNED
    if case.submitted_on is not None or STATUSES.index(case.status) >= STATUSES.index(SUBMITTED):
        return SUBMITTED
    if not papers(case, rules).lacking:
        return READY
    return REPORTED if case.status == REPORTED else INCOMPLETE


def unsupported(case: Case, rules: Rules) -> str | None:
    """The status that the record claims beyond what supports it: the desk asks, and writes the days or leaves it."""
    come_to = stage(case, rules)
    reached = come_to if come_to in STATUSES else SUBMITTED if come_to == RETURNED else INCOMPLETE
    return case.status if STATUSES.index(case.status) > STATUSES.index(reached) else None


# Clocks ---------------------------------------------------------------------------------------------------------------


class Term(NamedTuple):
    """By when an accident must be told. by: by the earliest hour that it may have happened at, which warnings follow;
    latest: by the latest one. They differ where nobody knows the hour. rule: how many hours, and how sure that is.
    """

    by: datetime
    latest: datetime
    rule: Rule

    @property
    def is_sure(self) -> bool:
        return self.by == self.latest


class Step(NamedTuple):
    """What is due next, and the last moment for it."""

    what: str
    by: datetime


def accident_term(case: Case, rules: Rules) -> Term | None:
    """2 x 24 hours, over weekends and holidays too; None for what is no accident of JKK."""
    if case.program != JKK or case.event != "accident":
        return None
    rule = rules.on("accident_report_hours", case.event_day)
    first, last = _moments(case.event_day, case.event_time)
    hours = timedelta(hours=rule.value)
    return Term(first + hours, last + hours, rule)


def _moments(day: date, clock: time | None) -> tuple[datetime, datetime]:
    """Between which moments something of a day happened."""
    if clock is not None:
        return datetime.combine(day, clock), datetime.combine(day, clock)
    return datetime.combine(day, time()), datetime.combine(day, time.max)


def in_time(term: Term, told: datetime | date | None, now: datetime) -> str:
    """Whether it was told in time. told: a moment, or a day whose hour nobody knows; None: not yet.

    `met` and `missed` only where that is sure at whatever hours both were; `unclear` between. `running` while it may still
    be met.
    """
    if told is None:
        return RUNNING if now <= term.by else UNCLEAR if now <= term.latest else MISSED
    first, last = (told, told) if isinstance(told, datetime) else _moments(told, None)
    return MET if last <= term.by else MISSED if first > term.latest else UNCLEAR


def next_step(case: Case, reported: datetime, rules: Rules) -> Step | None:
    """What is due next; None once it is closed. reported: when the village wrote it down."""
    come_to = stage(case, rules)
    if come_to == CLOSED:
        return None
    term = accident_term(case, rules)
    if term and case.told_on is None and come_to in (REPORTED, INCOMPLETE, READY):
        return Step(ACCIDENT, term.by)
    if come_to in (REPORTED, INCOMPLETE, READY):
        what = SUBMIT if come_to == READY else PAPERS
        return Step(what, _end(reported.date(), "claim_papers_days", case, rules))
    if come_to == RETURNED:
        return Step(BACK, _end(case.returned_on or case.event_day, "claim_returned_days", case, rules))
    if come_to == SUBMITTED:
        return Step(DECISION, _end(case.submitted_on or reported.date(), "claim_decision_days", case, rules))
    decided = case.decided_on or case.event_day
    if come_to == DECIDED and case.outcome == GRANTED:
        return Step(PAYMENT, _end(decided, "claim_payment_days", case, rules))
    if come_to == PAID:
        return Step(HANDOVER, _end(case.paid_on or decided, "claim_handover_days", case, rules))
    return Step(CLOSING, _end(case.handed_on or decided, "claim_closing_days", case, rules))


def _end(day: date, rule: str, case: Case, rules: Rules) -> datetime:
    """The end of the last day: a term of 3 days from the 1st runs out when the 4th is over."""
    return datetime.combine(day + timedelta(days=rules.on(rule, case.event_day).value + 1), time())


# How he stood on the day of the event ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stood on the day of the event, by the contributions that are handed in.

    state: over JKK and JKM; program: that of the claim's own programme. payers: who paid on that day; funded: the first
    and last of the months in a row around it that the same payer paid. paid_after: every payment that covers the event's
    month came after the event, so that the branch may ask. first_active, active_since: from which the waiting months may be
    counted; full_by_first, full_by_since: whether they were over by each (None: there is no such rule on that day).
    months_paid: of the claim's programme, up to the event's month. years: whether the period for a scholarship of JKM is
    reached. rules: what this rests on.
    """

    state: str
    program: str
    arrears: int
    payers: tuple[str, ...]
    funded: tuple[str, str] | None
    paid_after: bool
    first_active: date | None
    active_since: date | None
    full_by_first: bool | None
    full_by_since: bool | None
    months_paid: int
    years: bool
    rules: tuple[Used, ...]

    @property
    def is_protected(self) -> bool | None:
        """None: in arrears, and so not for sure."""
        return True if self.program == ACTIVE else None if self.program == IN_ARREARS else False


def standing(worker: Worker, contributions: Collection[Contribution], case: Case, rules: Rules) -> Standing:
    """How he stood on the event's day. That he died, as the claim itself may tell, ends nothing before it; and who was paid
    for before a village wrote him down was a member before it did.
    """
    if worker.ended_why == "deceased":
        worker = replace(worker, ended_on=None, ended_why=None)
    paid = {number for one in contributions if one.confirmed for number in months.numbers(one.months)}
    paid_from = min(paid, default=None)
    if paid_from is not None and months.first_day(paid_from) < worker.registered_on:
        worker = replace(worker, registered_on=months.first_day(paid_from))
    cover = assess(worker, contributions, rules, case.event_day)
    program = JKM if case.program == SCHOLARSHIP else case.program
    month = months.of_day(case.event_day)
    confirmed = [one for one in contributions if one.confirmed and program in one.programs]
    named = {number for one in confirmed for number in months.numbers(one.months)}
    of_month = [one for one in confirmed if month in months.numbers(one.months)]
    after = bool(of_month) and all(one.paid_on is not None and one.paid_on > case.event_day for one in of_month)
    payers = cover.paid_by.get(program) or ()
    waiting = rules.find("jkm_waiting_months", case.event_day)
    years = rules.on("scholarship_after_years", case.event_day)
    months_paid = sum(1 for number in named if number <= month)
    return Standing(
        cover.state, cover.programs.get(program, NO_MEMBER), cover.arrears, payers,
        _funded(payers[0], confirmed, month) if len(payers) == 1 else None, after, cover.first_active,
        cover.active_since, _is_over(cover.first_active, waiting, case.event_day),
        _is_over(cover.active_since, waiting, case.event_day), months_paid, months_paid >= 12 * years.value,
        tuple(_used(rule) for rule in (waiting, years, rules.on("arrears_limit", case.event_day)) if rule),
    )  # fmt: skip


def _is_over(since: date | None, waiting: Rule | None, day: date) -> bool | None:
    if waiting is None:
        return None
    return since is not None and add_months(since, waiting.value) <= day


def add_months(day: date, count: int) -> date:
    """The same day so many months on; where that month is too short its last day."""
    month = months.of_day(day) + count
    following = months.first_day(month + 1)
    return min(months.first_day(month) + timedelta(days=day.day - 1), following - timedelta(days=1))


def _funded(payer: str, confirmed: Iterable[Contribution], month: int) -> tuple[str, str] | None:
    """The months in a row around one, or around the one before while it is not due, that this payer paid."""
    paid = {number for one in confirmed if one.funding == payer for number in months.numbers(one.months)}
    middle = month if month in paid else month - 1
    if middle not in paid:
        return None
    first = last = middle
    while first - 1 in paid:
        first -= 1
    while last + 1 in paid:
        last += 1
    return months.text(first), months.text(last)


# Estimates ------------------------------------------------------------------------------------------------------------

DEATH, FUNERAL, PERIODIC, DISABILITY, TREATMENT, INCAPACITY, INCAPACITY_LATER = (
    "death", "funeral", "periodic", "disability", "treatment", "incapacity", "incapacity_later",
)  # fmt: skip
FULL, EARLY, SAVED, PART, PART_HOUSING, MOST = "full", "early", "saved", "part", "part_housing", "scholarship_most"
MONTH, YEAR = "month", "year"


class Line(NamedTuple):
    """One benefit that may be paid. amount: whole rupiah; None: without a limit. per: month, year, or once.

    level: of a scholarship.
    """

    what: str
    amount: int | None
    per: str | None = None
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What may be paid by the rules of the event's day; BPJS decides.

    low, high: what the case may come to in one sum; None where that can't be said (an accident may cost anything). base:
    what JKK is reckoned from. why: what makes the two differ, or what it leaves out: `waiting` (how the months count
    after a lapse is not written), `yield` (what JHT earned is not known), `children` (their number and schools).
    rules: what it rests on; is_sure: whether every one of them was checked.
    """

    lines: tuple[Line, ...]
    low: int | None
    high: int | None
    base: int | None
    why: tuple[str, ...]
    rules: tuple[Used, ...]

    @property
    def is_sure(self) -> bool:
        return all(used.verified for used in self.rules)


def estimate(
    case: Case, worker: Worker, contributions: Collection[Contribution], income: int | None, sector: str | None,
    stood: Standing, rules: Rules,
) -> Estimate | None:  # fmt: skip
    """What this case may be paid, if BPJS finds it so. income: of the worker, rupiah a month; None is the lowest tier.

    It presumes that he was protected; `stood` says whether he was. None for a day before the rules begin.
    """
    try:
        if case.program == JKK:
            return _of_jkk(case, income, sector, rules)
        if case.program == JKM:
            return _of_jkm(case, stood, rules)
        if case.program == JHT:
            return _of_jht(case, contributions, income, sector, stood, rules)
        return _of_scholarship(case, rules)
    except NoRule:
        return None


def _of_jkk(case: Case, income: int | None, sector: str | None, rules: Rules) -> Estimate:
    priced = due(income, sector, {JKK}, None, months.text(months.of_day(case.event_day)), rules)
    rule, base = rules.on("jkk_benefit", case.event_day), priced.base
    value = rule.value
    death = (
        Line(DEATH, value["death_times"] * base), Line(FUNERAL, value["funeral"]), Line(PERIODIC, value["periodic"]),
    )  # fmt: skip
    table = _scholarships(case, rules)
    used = (_used(rule), *priced.rules[:1], *table.rules)
    if case.event == "death":
        total = sum(line.amount or 0 for line in death)
        return Estimate((*death, *table.lines), total, total, base, ("children",), used)
    lines = (
        Line(TREATMENT, None),
        Line(INCAPACITY, base * value["incapacity_percent"] // 100, MONTH),
        Line(INCAPACITY_LATER, base * value["incapacity_percent_after"] // 100, MONTH),
        Line(DISABILITY, value["disability_times"] * base),
        *death, *table.lines,
    )  # fmt: skip
    return Estimate(lines, None, None, base, ("children",), used)


def _of_jkm(case: Case, stood: Standing, rules: Rules) -> Estimate:
    full, early = rules.on("jkm_benefit", case.event_day), rules.find("jkm_benefit_early", case.event_day)
    waiting = rules.find("jkm_waiting_months", case.event_day)
    table = _scholarships(case, rules) if stood.years else None
    said = {stood.full_by_first, stood.full_by_since} - {None} if early and waiting else {True}
    lines = [Line(FULL, full.value)] if True in said else []
    if False in said and early:
        lines.append(Line(EARLY, early.value))
    sums = [line.amount or 0 for line in lines]
    why = (("waiting",) if len(lines) > 1 else ()) + (("children",) if table else ())
    used = tuple(_used(rule) for rule in (full, early, waiting) if rule)
    return Estimate(
        (*lines, *(table.lines if table else ())), min(sums), max(sums), None, why,
        (*used, *(table.rules if table else ())),
    )  # fmt: skip


def _of_jht(
    case: Case, contributions: Collection[Contribution], income: int | None, sector: str | None, stood: Standing,
    rules: Rules,
) -> Estimate:  # fmt: skip
    last = months.of_day(case.event_day)
    paid = sorted({
        number for one in contributions if one.confirmed and JHT in one.programs
        for number in months.numbers(one.months) if number <= last
    })  # fmt: skip
    saved, used = 0, []
    for month in paid:
        priced = due(income, sector, {JHT}, None, months.text(month), rules)
        saved += priced.full
        used += [rule for rule in priced.rules if rule not in used]
    age, partial = rules.on("jht_age", case.event_day), rules.on("jht_partial", case.event_day)
    lines = [Line(SAVED, saved)]
    began = stood.first_active
    if began and add_months(began, 12 * partial.value["after_years"]) <= case.event_day:
        lines += [
            Line(PART, saved * partial.value["percent"] // 100),
            Line(PART_HOUSING, saved * partial.value["housing_percent"] // 100),
        ]
    rules_used = (*(used or []), _used(age), _used(partial))
    return Estimate(tuple(lines), saved, saved, None, ("yield",), rules_used)


def old_enough_for_jht(worker: Worker, case: Case, rules: Rules) -> bool | None:
    """Whether a claim by age came at the age; None for other events, or without a date of birth."""
    if case.program != JHT or case.event != "age" or worker.birth_date is None:
        return None
    return age_on(worker.birth_date, case.event_day) >= int(rules.on("jht_age", case.event_day).value)


class _Table(NamedTuple):
    lines: tuple[Line, ...]
    rules: tuple[Used, ...]


def _scholarships(case: Case, rules: Rules) -> _Table:
    rule = rules.on("scholarship_table", case.event_day)
    levels = rule.value["levels"]
    children = min(case.children or rule.value["children"], rule.value["children"])
    most = children * sum(row["years"] * row["yearly"] for row in levels)
    return _Table((Line(MOST, most),), (_used(rule),))


def _of_scholarship(case: Case, rules: Rules) -> Estimate:
    """A year's sum lies between all children at the lowest level and all at the highest."""
    rule = rules.on("scholarship_table", case.event_day)
    yearly = [row["yearly"] for row in rule.value["levels"]]
    most = int(rule.value["children"])
    few, many = (min(case.children, most),) * 2 if case.children else (1, most)
    lines = tuple(Line("scholarship", row["yearly"], YEAR, row["level"]) for row in rule.value["levels"])
    total = _scholarships(case, rules)
    return Estimate(
        (*lines, *total.lines), few * min(yearly), many * max(yearly), None, ("children",), (_used(rule),)
    )  # fmt: skip


def scholarship_ends(birth_date: date, rules: Rules, day: date) -> date:
    """The birthday from which a child gets none any more; marriage or work end it sooner."""
    year = birth_date.year + int(rules.on("scholarship_table", day).value["ends_at"])
    try:
        return birth_date.replace(year=year)
    except ValueError:  # of who was born on 29 February, as everywhere here
        return date(year, 3, 1)


def _used(rule: Rule) -> Used:
    return Used(rule.id, rule.source, rule.confidence, rule.verified)


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None
