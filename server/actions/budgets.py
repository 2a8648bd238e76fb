"""Scenarios and budget lines: what they cost month by month, beside each other and beside what was paid; adopting one.

A scenario and its lines are records of one region, so that one lock holds them all: what two people agree on (`propose`,
`adopt`) is looked at under it. Of a region and year one scenario is adopted at a time; its lines are changed by nobody
until it is reopened.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from programme import budget, months
from programme.budget import Line, Plan, Totals
from programme.rules import NoRule, load
from schemas.problem import Both
from schemas.region import NATION, parent, within
from server.actions import entries, settle
from server.actions.entries import Entry
from server.actions.figures import current_month
from server.db import Connection, reading
from server.store import decrees as lists
from server.store import entries as store
from server.store import figures, funded, regions
from server.store.accounts import Account
from server.store.scoping import Scope, for_itself

SCENARIO, BUDGET, DECREE = "scenario", "budget", "decree"
DRAFT, PROPOSED, ADOPTED, DROPPED = "draft", "proposed", "adopted", "dropped"
MOST_MONTHS = 36
"""Of one line: a budget is of a year, and a line may reach into the next two."""
OFF_BY = 0.05
"""From which share on what was paid is told as more, or less, than was planned."""


class PlanRefused(settle.DeskError):
    """It can't be done so; nothing was changed. says: what to do. field: of the form, where it is one's fault."""

    def __init__(self, says: Both, field: str | None = None) -> None:
        super().__init__(says[1])
        self.says, self.field = says, field


# What a line costs ----------------------------------------------------------------------------------------------------


def line_of(entry: Entry) -> Line | None:
    """A budget line as the programme reckons it; None where it is not filled in so far that anything can be said."""
    said = entry.fields
    if any(said.get(name) is None for name in ("funding", "first_month", "last_month")) or not said.get("programs"):
        return None
    if said.get("people") is None and said.get("amount") is None:
        return None
    if not 0 <= months.number(said["last_month"]) - months.number(said["first_month"]) < MOST_MONTHS:
        return None
    return Line(
        entry.record, said["funding"], said["first_month"], said["last_month"], said.get("people"),
        frozenset(said["programs"]), said.get("income"), said.get("amount"),
    )  # fmt: skip


def plan_of(entry: Entry) -> Plan | None:
    """What a line costs; None as `line_of`, or where no rule says what was due so long ago."""
    line = line_of(entry)
    try:
        return None if line is None else budget.plan(line, load())
    except NoRule:
        return None


class Planned(NamedTuple):
    """A line with what it costs. plan: None where it says too little."""

    entry: Entry
    plan: Plan | None


class Told(NamedTuple):
    """A scenario with its lines and their sum."""

    entry: Entry
    lines: list[Planned]
    totals: Totals

    @property
    def state(self) -> str:
        return str(self.entry.fields.get("state") or DRAFT)


def scenarios_of(scope: Scope, year: int | None = None) -> list[Told]:
    """The scenarios in a region, those of one year where it is told; the adopted one first, then by title."""
    with reading() as connection:
        some = [
            each for each in store.within(connection, scope, SCENARIO)
            if year is None or each.fields.get("year") == year
        ]  # fmt: skip
        lines = _lines(connection, scope, {each.record for each in some})
    told = [_told(each, lines.get(each.record, [])) for each in some]
    order = {ADOPTED: 0, PROPOSED: 1, DRAFT: 2, DROPPED: 3}
    return sorted(told, key=lambda each: (order.get(each.state, 4), str(each.entry.fields.get("title")), each.entry.record))


def years_of(scope: Scope) -> list[int]:
    """The years that scenarios are of, the newest first."""
    with reading() as connection:
        found = {each.fields.get("year") for each in store.within(connection, scope, SCENARIO)}
    return sorted((year for year in found if isinstance(year, int)), reverse=True)


def scenario_told(scope: Scope, record: str) -> Told:
    """Raises settle.NoSuchRecord."""
    entry = entries.one(scope, SCENARIO, record)
    with reading() as connection:
        lines = _lines(connection, scope, {record}, entry.home)
    return _told(entry, lines.get(record, []))


def _lines(
    connection: Connection, scope: str, scenarios: Collection[str], region: str | None = None
) -> dict[str, list[Entry]]:  # fmt: skip
    found: dict[str, list[Entry]] = {}
    for each in store.within(connection, scope, BUDGET, region):
        if each.fields.get("scenario") in scenarios:
            found.setdefault(each.fields["scenario"], []).append(each)
    return found


def _told(entry: Entry, lines: Sequence[Entry]) -> Told:
    told = sorted((Planned(each, plan_of(each)) for each in lines), key=_order)
    return Told(entry, told, budget.totals(each.plan for each in told if each.plan))


def _order(one: Planned) -> tuple[str, str, str]:
    said = one.entry.fields
    return str(said.get("first_month")), str(said.get("title")), one.entry.record


class Difference(NamedTuple):
    """What a scenario has more (or, below 0, less) than another one."""

    people: int
    person_months: int
    cost: int


def difference(one: Totals, other: Totals) -> Difference:
    return Difference(one.people - other.people, one.person_months - other.person_months, one.cost - other.cost)


# Writing --------------------------------------------------------------------------------------------------------------


def begin_scenario(region: str, key: str, fields: Mapping[str, Any], account: Account | None, now: int) -> str:
    """Raises as `entries.begin`."""
    return entries.begin(SCENARIO, region, key, {**fields, "state": DRAFT}, account, now, "plan")


def change_scenario(
    record: str, seen: Mapping[str, int], fields: Mapping[str, Any], account: Account | None, now: int
) -> None:  # fmt: skip
    """Change what a draft says. Raises as `entries.change`, and PlanRefused."""
    entries.change(SCENARIO, record, seen, fields, account, now, "plan", check=_is_draft)


def copy_scenario(scope: Scope, record: str, key: str, title: str, account: Account | None, now: int) -> str:
    """A draft like this one, with lines of its own: to change something in, and lay beside it. Gives its id."""
    told = scenario_told(scope, record)
    said = {**told.entry.fields, "title": title, "state": DRAFT}
    copied = entries.begin(SCENARIO, told.entry.home, key, said, account, now, "plan")
    for number, line in enumerate(told.lines):
        fields, check = {**line.entry.fields, "scenario": copied}, _its_scenario_is_draft(copied)
        entries.begin(BUDGET, told.entry.home, f"{key}-{number}", fields, account, now, "plan", check=check)
    return copied


def begin_line(scenario: Entry, key: str, fields: Mapping[str, Any], account: Account | None, now: int) -> str:
    """A new line of a draft. Raises as `entries.begin`, and PlanRefused."""
    check_line(fields)
    given = {**fields, "scenario": scenario.record}
    check = _its_scenario_is_draft(scenario.record)
    return entries.begin(BUDGET, scenario.home, key, given, account, now, "plan", check=check)


def change_line(
    line: Entry, seen: Mapping[str, int], fields: Mapping[str, Any], account: Account | None, now: int
) -> None:  # fmt: skip
    """Raises as `entries.change`, and PlanRefused."""
    check_line({**line.fields, **fields})
    check = _its_scenario_is_draft(str(line.fields.get("scenario")))
    entries.change(BUDGET, line.record, seen, fields, account, now, "plan", check=check)


def set_aside(line: Entry, account: Account | None, now: int) -> None:
    """A line that is not wanted any more is for nobody: what it said before stays in its history."""
    change_line(line, line.seen, {"people": 0, "amount": 0}, account, now)


def check_line(fields: Mapping[str, Any]) -> None:
    """What the line's fields say together. Raises PlanRefused."""
    if fields.get("people") is None and fields.get("amount") is None:
        raise PlanRefused((
            "Isi jumlah orang, atau jumlah uang yang tersedia, atau keduanya.",
            "Write how many people, or how much money there is, or both.",
        ), "people")  # fmt: skip
    first, last = fields.get("first_month"), fields.get("last_month")
    if isinstance(first, str) and isinstance(last, str) and len(first) == len(last) == 7:
        try:
            length = months.number(last) - months.number(first) + 1
        except ValueError:
            return  # the field's own fault, which its kind tells
        if length < 1:
            raise PlanRefused(("Bulan terakhir harus sama atau sesudah bulan pertama.",
                               "The last month must not come before the first."), "last_month")  # fmt: skip
        if length > MOST_MONTHS:
            raise PlanRefused((f"Paling lama {MOST_MONTHS} bulan dalam satu baris; bagi menjadi beberapa baris.",
                               f"At most {MOST_MONTHS} months in a line; split it into several."), "last_month")  # fmt: skip


def _is_draft(connection: Connection, said: Mapping[str, Any]) -> None:
    if said.get("state") != DRAFT:
        raise PlanRefused((
            "Skenario ini sudah diusulkan atau ditetapkan, jadi terkunci. Buka kembali dulu, atau salin menjadi yang baru.",
            "This scenario has been proposed or adopted and is locked. Reopen it first, or copy it into a new one.",
        ))  # fmt: skip


def _its_scenario_is_draft(scenario: str) -> entries.Check:
    def check(connection: Connection, said: Mapping[str, Any]) -> None:
        with for_itself():  # it lies in the region whose lock we have
            found = store.these(connection, NATION, [scenario]).get(scenario)
        if found is None:
            raise settle.NoSuchRecord(scenario)
        _is_draft(connection, found.fields)

    return check


# Four eyes ------------------------------------------------------------------------------------------------------------


def lines_mark(lines: Iterable[Planned]) -> str:
    """A short text that is another one as soon as any line says something else."""
    told = sorted((each.entry.record, each.entry.version) for each in lines)
    return sha256(repr(told).encode()).hexdigest()[:16]


def propose(record: str, seen: Mapping[str, int], account: Account | None, now: int) -> None:
    """Raises as `entries.change`, and PlanRefused where there is nothing to propose."""
    region = record.split(":")[1]

    def check(connection: Connection, said: Mapping[str, Any]) -> None:
        _is_draft(connection, said)
        if not any(each.plan and each.plan.cost for each in _lines_now(connection, region, record)):
            raise PlanRefused(("Belum ada baris yang memakan biaya. Isi dulu baris anggarannya.",
                               "No line costs anything yet. Fill in the budget lines first."))  # fmt: skip

    entries.change(SCENARIO, record, seen, {"state": PROPOSED}, account, now, "plan", check=check)


def adopt(record: str, seen: Mapping[str, int], mark: str, account: Account | None, now: int) -> None:
    """Adopt what somebody else proposed. mark: `lines_mark` of what he saw. Raises as `entries.change`, and PlanRefused."""
    region = record.split(":")[1]

    def check(connection: Connection, said: Mapping[str, Any]) -> None:
        if said.get("state") != PROPOSED:
            raise PlanRefused(("Skenario ini tidak sedang diusulkan. Muat ulang halamannya.",
                               "This scenario is not proposed at the moment. Load the page again."))  # fmt: skip
        if lines_mark(_lines_now(connection, region, record)) != mark:
            raise settle.NotSeen(record)
        with for_itself():  # of the region whose lock we have
            others = store.of_region(connection, NATION, SCENARIO, region)
        for other in others:
            is_adopted = other.fields.get("state") == ADOPTED and other.fields.get("year") == said.get("year")
            if is_adopted and other.record != record:
                title = other.fields.get("title")
                raise PlanRefused((
                    f"Untuk tahun ini sudah ada anggaran yang ditetapkan: {title}. Buka kembali yang itu dulu.",
                    f"For this year a budget is adopted already: {title}. Reopen that one first.",
                ))  # fmt: skip

    entries.change(
        SCENARIO, record, seen, {"state": ADOPTED}, account, now, "approve", others=("state",), whole=True, check=check
    )


def reopen(record: str, seen: Mapping[str, int], account: Account | None, now: int) -> None:
    """Back to a draft, whose lines can be changed. Raises as `entries.change`, PlanRefused where a decree rests on it."""
    region = record.split(":")[1]

    def check(connection: Connection, said: Mapping[str, Any]) -> None:
        if said.get("state") not in (PROPOSED, ADOPTED, DROPPED):
            raise PlanRefused(("Skenario ini sudah terbuka.", "This scenario is open already."))
        lines = {each.entry.record for each in _lines_now(connection, region, record)}
        with for_itself():  # of the region whose lock we have
            found = store.of_region(connection, NATION, DECREE, region)
        for each in found:
            if each.fields.get("budget") in lines and each.fields.get("state") in (PROPOSED, "signed"):
                name = each.fields.get("number") or each.fields.get("title")
                raise PlanRefused((
                    f"SK {name} memakai anggaran ini. Cabut atau kembalikan SK itu dulu, atau salin skenarionya.",
                    f"Decree {name} spends this budget. Revoke it or send it back first, or copy the scenario.",
                ))  # fmt: skip

    entries.change(SCENARIO, record, seen, {"state": DRAFT}, account, now, "plan", check=check)


def drop(record: str, seen: Mapping[str, int], account: Account | None, now: int) -> None:
    """A draft that nobody wants. Raises as `entries.change`, and PlanRefused."""
    entries.change(SCENARIO, record, seen, {"state": DROPPED}, account, now, "plan", check=_is_draft)


def _lines_now(connection: Connection, region: str, scenario: str) -> list[Planned]:
    with for_itself():  # of the region whose lock we have
        found = store.of_region(connection, NATION, BUDGET, region)
    return [Planned(each, plan_of(each)) for each in found if each.fields.get("scenario") == scenario]


def is_adopted(connection: Connection, scenario: str | None) -> bool:
    """Whether a scenario is adopted, under whatever lock the caller has."""
    with for_itself():  # asked for a decree of the same region
        found = store.these(connection, NATION, [scenario] if scenario else []).get(scenario or "")
    return found is not None and found.fields.get("state") == ADOPTED


# Plan and realisation -------------------------------------------------------------------------------------------------


class Spent(NamedTuple):
    """One month of a line or of a source. over, under: paid more, or once past less, than planned, by `OFF_BY`."""

    month: str
    planned_people: int
    planned: int
    people: int
    amount: int
    over: bool
    under: bool


class Realised(NamedTuple):
    """A line, or a source as a whole, beside what was confirmed. guessed: of `amount` what only the payer tells."""

    months: list[Spent]
    planned: int
    amount: int
    guessed: int

    @property
    def over(self) -> bool:
        return self.amount > self.planned * (1 + OFF_BY)

    @property
    def share(self) -> float | None:
        return self.amount / self.planned if self.planned else None


class Beside(NamedTuple):
    """A scenario beside what was paid. by_line: line -> what came of it; by_funding: source -> the same, all lines together.

    unplanned: source -> rupiah that was paid in the scenario's months and belongs to none of its lines; unsure: source ->
    rupiah that may belong to several lines, and nothing says to which.
    """

    by_line: dict[str, Realised]
    by_funding: dict[str, Realised]
    unplanned: dict[str, int]
    unsure: dict[str, int]
    this_month: str


Sum = tuple[int, int]  # people, rupiah


def beside(told: Told, now: int) -> Beside:
    """Lay a scenario beside the contributions that were confirmed in its region.

    A payment belongs to the line that it names; else to that of the decree by which this payer pays for him
    (`server.actions.funded`); else to the only line with this source in that month, where there is just one.
    """
    plans = [each for each in told.lines if each.plan and each.plan.months]
    region, this_month = told.entry.home, current_month(told.entry.home, now)
    over = sorted({month.month for each in plans if each.plan for month in each.plan.months})
    if not over:
        return Beside({}, {}, {}, {}, this_month)
    ids = {each.entry.record for each in told.lines}
    with reading() as connection:
        rows = funded.summed(connection, region, months.number(over[0]), months.number(over[-1]))
        named = funded.of_lines(connection, ids)
    by_line: dict[str, dict[str, Sum]] = {record: {} for record in ids}
    for line, number, _, people, amount in named:
        month = months.text(number)
        by_line[line][month] = _plus(by_line[line].get(month), (people, amount))
    guessed: dict[str, int] = {}
    unplanned: dict[str, int] = {}
    unsure: dict[str, int] = {}
    by_payer: dict[str, dict[str, Sum]] = {}
    for row in rows:
        month = months.text(row.month)
        if row.funding == "self" or month not in over:
            continue
        by_payer.setdefault(row.funding, {})
        if row.budget:
            if row.budget not in ids:
                unplanned[row.funding] = unplanned.get(row.funding, 0) + row.amount
            continue
        lines = [
            each.entry.record for each in plans
            if each.plan and each.plan.line.funding == row.funding and each.plan.line.first <= month <= each.plan.line.last
        ]  # fmt: skip
        if len(lines) == 1:
            by_line[lines[0]][month] = _plus(by_line[lines[0]].get(month), (row.people, row.amount))
            guessed[lines[0]] = guessed.get(lines[0], 0) + row.amount
        else:
            kept = unsure if lines else unplanned
            kept[row.funding] = kept.get(row.funding, 0) + row.amount
    realised = {
        each.entry.record: _realised(each.plan, by_line[each.entry.record], guessed.get(each.entry.record, 0), this_month)
        for each in plans if each.plan
    }  # fmt: skip
    sources = {each.plan.line.funding for each in plans if each.plan}
    by_funding = {
        source: _together([realised[each.entry.record] for each in plans if each.plan and each.plan.line.funding == source],
                          this_month)
        for source in sorted(sources)
    }  # fmt: skip
    return Beside(realised, by_funding, unplanned, unsure, this_month)


def _plus(one: Sum | None, other: Sum) -> Sum:
    return (one[0] + other[0], one[1] + other[1]) if one else other


def _realised(plan: Plan, paid: Mapping[str, Sum], guessed: int, this_month: str) -> Realised:
    planned = {month.month: (month.people, month.cost) for month in plan.months}
    told = [
        _spent(month, planned.get(month, (0, 0)), paid.get(month, (0, 0)), this_month)
        for month in sorted(planned.keys() | paid.keys())
    ]  # fmt: skip
    return Realised(told, plan.cost, sum(amount for _, amount in paid.values()), guessed)


def _together(parts: Sequence[Realised], this_month: str) -> Realised:
    planned: dict[str, Sum] = {}
    paid: dict[str, Sum] = {}
    for part in parts:
        for one in part.months:
            planned[one.month] = _plus(planned.get(one.month), (one.planned_people, one.planned))
            paid[one.month] = _plus(paid.get(one.month), (one.people, one.amount))
    told = [_spent(month, planned[month], paid[month], this_month) for month in sorted(planned)]
    return Realised(told, sum(p.planned for p in parts), sum(p.amount for p in parts), sum(p.guessed for p in parts))


def _spent(month: str, planned: Sum, paid: Sum, this_month: str) -> Spent:
    over = paid[1] > planned[1] * (1 + OFF_BY)
    under = month < this_month and paid[1] < planned[1] * (1 - OFF_BY)
    return Spent(month, *planned, *paid, over, under)


# When the money ends --------------------------------------------------------------------------------------------------


class Ending(NamedTuple):
    """What comes after a line has ended, or where its money has.

    people: who are left without. at: the first month that nobody pays for all of them. lapse: what becomes of them.
    rest: the months to the end of the year. to_go_on: rupiah by the same source for these months; himself: rupiah that one
    of them would pay by himself, month by month, and without a discount (full). villages: where they live, by the decrees of
    this line; unnamed: of how many no decree says who they are.
    """

    line: Entry
    people: int
    at: str
    lapse: budget.Lapse | None
    rest: list[str]
    to_go_on: int
    himself: int
    full: int
    himself_discount_until: str | None
    villages: list[tuple[str, str, int]]
    unnamed: int
    is_short: bool


def endings(scope: Scope, told: Told) -> list[Ending]:
    """How each line ends, in the order of the months: also one that ends as it was planned to, with nothing after it."""
    year = int(told.entry.fields.get("year") or 0)
    found = []
    for each in told.lines:
        plan = each.plan
        if plan is None or not plan.people:
            continue
        at = plan.ends or months.text(months.number(plan.line.last) + 1)
        rest = list(months.span(at, max(f"{year}-12", plan.line.last)))
        if not rest:
            continue
        found.append(_ending(scope, each.entry, plan, at, rest))
    return sorted(found, key=lambda ending: (ending.at, ending.line.record))


def _ending(scope: Scope, entry: Entry, plan: Plan, at: str, rest: list[str]) -> Ending:
    line, rules = plan.line, load()
    dues = [budget.plan(_for_one(line, "self", month), rules).months[0].each for month in rest]
    on = [budget.plan(_for_one(line, line.funding, month), rules).cost for month in rest]
    partly = next((month.people for month in plan.months if month.month == at), 0)
    people = plan.people - partly
    with_discount = [month for month, each in zip(rest, dues, strict=True) if each.total < each.full]
    with reading() as connection:
        some = _decrees_of(connection, scope, entry)
        counts = lists.by_village(connection, scope, some)
        names = regions.names(connection, sorted(counts))
    villages = [(village, names.get(village, village), count) for village, count in counts.items()]
    lapse = budget.lapse(months.text(months.number(at) - 1), rules) if plan.lasts_until else None
    return Ending(
        entry, people, at, lapse, rest, sum(on) * plan.people - partly * on[0], sum(each.total for each in dues),
        sum(each.full for each in dues), with_discount[-1] if with_discount else None,
        villages, max(0, plan.people - sum(counts.values())), plan.ends is not None,
    )  # fmt: skip


def _for_one(line: Line, funding: str, month: str) -> Line:
    return Line(line.record, funding, month, month, 1, line.programs, line.income, None, line.sector)


def _decrees_of(connection: Connection, scope: str, line: Entry) -> list[str]:
    return [
        each.record for each in store.within(connection, scope, DECREE, line.home)
        if each.fields.get("budget") == line.record and each.fields.get("state") in ("proposed", "signed")
    ]  # fmt: skip


class Outlook(NamedTuple):
    """A month to come. others: active now and not by this scenario's sources, taken to stay so; funded: whom it pays for.

    rate: of both among the eligible workers; None without a denominator.
    """

    month: str
    others: int
    funded: int
    rate: float | None


class Expected(NamedTuple):
    """Coverage as it would become. eligible: the denominator that it is measured by; active: now."""

    months: list[Outlook]
    eligible: int | None
    active: int


def expected(told: Told, now: int) -> Expected:
    """Whom the scenario covers month by month, beside those who are covered without it, of today's eligible workers."""
    region, this = told.entry.home, months.number(current_month(told.entry.home, now))
    sources = {each.plan.line.funding for each in told.lines if each.plan}
    with reading() as connection:
        sums = figures.by_month(connection, region, [this]).get(this)
        paid = funded.summed(connection, region, this - 1, this)
    active, eligible = (sums.counts["active"] or 0, sums.eligible) if sums else (0, None)
    by_month = {month: sum(row.people for row in paid if row.month == month and row.funding in sources)
                for month in (this - 1, this)}  # fmt: skip
    others = max(0, active - max(by_month.values()))
    told_months = [
        Outlook(month, others, people, (others + people) / eligible if eligible else None)
        for month, (people, _) in told.totals.by_month.items()
    ]
    return Expected(told_months, eligible, active)


# Asking what if -------------------------------------------------------------------------------------------------------


class Answer(NamedTuple):
    """What so many people cost, or how far a sum goes. alone: the same people, each paying for himself."""

    plan: Plan | None
    reach: budget.Reach | None
    lasts: budget.Lasts | None
    alone: Plan | None
    shares: list[budget.Share]
    without: int


def what_if(
    people: int | None, amount: int | None, first: str, length: int, source: str, income: int | None, sector: str,
    programs: Collection[str], second: tuple[str, int] | None = None,
) -> Answer:  # fmt: skip
    """people or amount, or both. second: another source, spent after the first. Raises ValueError, NoRule."""
    rules, last = load(), months.text(months.number(first) + length - 1)
    over = months.span(first, last)
    kinds = frozenset(programs)
    told = alone = far = long = None
    shares: list[budget.Share] = []
    without = 0
    if people is not None:
        told = budget.plan(Line("", source, first, last, people, kinds, income, amount, sector), rules)
        alone = budget.plan(Line("", "self", first, last, people, kinds, income, None, sector), rules)
    if amount is not None:
        far = budget.reach(amount, over, income, sector, kinds, source, rules)
        if people:
            long = budget.lasts(amount, people, first, income, sector, kinds, source, rules)
    if people and amount is not None and second is not None:
        shares, without = budget.in_order(people, over, [(source, amount), second], income, sector, kinds, rules)
    return Answer(told, far, long, alone, shares, without)


# For programs ---------------------------------------------------------------------------------------------------------


def told_of(scope: Scope, year: int, now: int) -> dict[str, Any]:
    """The year's scenarios of a region with their lines, planned and confirmed: sums, nobody's name."""
    return {"within": str(scope), "year": year, "scenarios": [_as_json(each, now) for each in scenarios_of(scope, year)]}


def _as_json(told: Told, now: int) -> dict[str, Any]:
    paid = beside(told, now)
    return {
        "scenario": told.entry.record, "region": told.entry.home, "title": told.entry.fields.get("title"),
        "state": told.state, "people": told.totals.people, "person_months": told.totals.person_months,
        "amount": told.totals.cost, "needed": told.totals.needed, "programs": told.totals.parts,
        "months": [{"month": month, "people": people, "amount": cost}
                   for month, (people, cost) in told.totals.by_month.items()],
        "lines": [_line_as_json(each, paid.by_line.get(each.entry.record)) for each in told.lines],
        "unplanned": paid.unplanned, "unsure": paid.unsure,
    }  # fmt: skip


def _line_as_json(line: Planned, paid: Realised | None) -> dict[str, Any]:
    said, plan = line.entry.fields, line.plan
    return {
        "budget": line.entry.record, "title": said.get("title"), "funding": said.get("funding"),
        "first_month": said.get("first_month"), "last_month": said.get("last_month"),
        "people": plan.people if plan else said.get("people"), "amount": plan.cost if plan else None,
        "needed": plan.needed if plan else None, "ends": plan.ends if plan else None,
        "confirmed": paid.amount if paid else 0,
        "months": [
            {"month": each.month, "planned_people": each.planned_people, "planned": each.planned, "people": each.people,
             "amount": each.amount}
            for each in (paid.months if paid else [])
        ],
    }  # fmt: skip


def region_above(code: str) -> list[str]:
    """A region and all that it lies in, the region first."""
    found: list[str] = [code]
    while (above := parent(found[-1])) is not None:
        found.append(above)
    return found


def lies_in(code: str, region: str) -> bool:
    return within(code, region)
