"""What protecting people costs: people x contribution x months by who pays, month by month, each by the rules of its time.

A discount is thus in a sum exactly where `contribution.due` gives one: never where public money pays, and not in a month
after it has ended. Sums are whole rupiah.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from programme import months
from programme.contribution import PROGRAMS, Due, Used, due
from programme.rules import Rules

__all__ = [
    "Lapse", "Lasts", "Line", "Month", "Plan", "Reach", "Share", "Totals", "in_order", "lapse", "lasts", "plan", "reach",
    "totals",
]  # fmt: skip

MOST_MONTHS = 240
"""How far `lasts` looks ahead: who gives for twenty years asks another question."""


@dataclass(frozen=True, slots=True)
class Line:
    """So many people from `first` to `last` (`YYYY-MM`, both included), paid by one source.

    people: None is as many as `amount` pays for. amount: what there is, in rupiah; None is as much as it takes.
    income: a month, of those it is for; sector: `transport` or another.
    """

    record: str
    funding: str
    first: str
    last: str
    people: int | None
    programs: frozenset[str]
    income: int | None = None
    amount: int | None = None
    sector: str | None = None


@dataclass(frozen=True, slots=True)
class Month:
    """One month of a line. people: who are paid for; wanted: who were meant to be. each: what one person costs.

    parts: rupiah by programme, their sum is `cost`. left: of the line's amount after this month; None where none is given.
    """

    month: str
    wanted: int
    people: int
    each: Due
    parts: dict[str, int]
    cost: int
    left: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A line month by month. needed: what all of its people cost for all of its months; lacking: what of it is not there.

    lasts_until: the last month in which everybody is paid for, None where there is none; ends: the first one in which not
    everybody is, None where the money reaches to the end. rules: what the sums rest on, each once.
    """

    line: Line
    people: int
    months: tuple[Month, ...]
    parts: dict[str, int]
    cost: int
    needed: int
    left: int | None
    lasts_until: str | None
    ends: str | None
    rules: tuple[Used, ...]

    @property
    def person_months(self) -> int:
        return sum(month.people for month in self.months)

    @property
    def lacking(self) -> int:
        return self.needed - self.cost

    @property
    def has_discount(self) -> bool:
        return any(month.each.total < month.each.full for month in self.months)


def plan(line: Line, rules: Rules) -> Plan:
    """Work a line out. As long as the money lasts everybody is paid for; in the month in which it does not, as many as it
    pays for, and from then on nobody: whoever is left out one month is not taken up again the next by a few rupiah.

    Raises ValueError and NoRule as `contribution.due`.
    """
    over = months.span(line.first, line.last)
    dues = [_due(line.income, line.sector, line.programs, line.funding, month, rules) for month in over]
    per_person = sum(each.total for each in dues)
    wanted = line.people if line.people is not None else (line.amount or 0) // per_person if per_person else 0
    told: list[Month] = []
    left, lasts_until, ends = line.amount, None, None
    for month, each in zip(over, dues, strict=True):
        people = 0 if ends else wanted
        if left is not None and people * each.total > left:
            people = left // each.total
        if people == wanted and ends is None:
            lasts_until = month
        elif ends is None:
            ends = month
        cost = people * each.total
        left = None if left is None else left - cost
        parts = {program: people * amount for program, amount in each.parts.items()}
        told.append(Month(month, wanted, people, each, parts, cost, left))
    return Plan(
        line, wanted, tuple(told), _added(month.parts for month in told), sum(month.cost for month in told),
        wanted * per_person, left, lasts_until if wanted else None, ends, _once(each.rules for each in dues),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Totals:
    """Several lines together. people: the most in any one month, for lines may follow each other with the same people.

    by_month: month -> (people paid for, rupiah); parts: rupiah by programme; by_funding: source -> rupiah.
    """

    people: int
    person_months: int
    parts: dict[str, int]
    cost: int
    needed: int
    by_month: dict[str, tuple[int, int]]
    by_funding: dict[str, int]

    @property
    def a_month(self) -> int:
        """Rupiah a month on the average of the months that cost something, rounded up."""
        used = sum(1 for _, cost in self.by_month.values() if cost)
        return -(-self.cost // used) if used else 0


def totals(plans: Iterable[Plan]) -> Totals:
    """The sum of lines; of no lines all is 0."""
    plans = list(plans)
    by_month: dict[str, tuple[int, int]] = {}
    by_funding: dict[str, int] = {}
    for one in plans:
        by_funding[one.line.funding] = by_funding.get(one.line.funding, 0) + one.cost
        for month in one.months:
            people, cost = by_month.get(month.month, (0, 0))
            by_month[month.month] = people + month.people, cost + month.cost
    return Totals(
        max((people for people, _ in by_month.values()), default=0), sum(one.person_months for one in plans),
        _added(one.parts for one in plans), sum(one.cost for one in plans), sum(one.needed for one in plans),
        dict(sorted(by_month.items())), by_funding,
    )  # fmt: skip


# How far a sum goes ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reach:
    """people for all of the months, what they cost, what is left; per_person: rupiah for one of them, all months."""

    people: int
    spent: int
    left: int
    per_person: int
    rules: tuple[Used, ...]


def reach(
    amount: int, over: Sequence[str], income: int | None, sector: str | None, programs: Collection[str], funding: str | None,
    rules: Rules,
) -> Reach:  # fmt: skip
    """How many people a sum protects for all of these months. Raises as `contribution.due`, and ValueError for no months."""
    if not over:
        raise ValueError("no months")
    dues = [_due(income, sector, frozenset(programs), funding, month, rules) for month in over]
    per_person = sum(each.total for each in dues)
    people = amount // per_person if per_person else 0
    return Reach(people, people * per_person, amount - people * per_person, per_person, _once(each.rules for each in dues))


@dataclass(frozen=True, slots=True)
class Lasts:
    """months: how many are paid for everybody, from the first on; until: the last of them, None where there is none.

    next_due: what the month after it would cost; None where the sum reaches as far as is looked (`MOST_MONTHS`).
    """

    months: int
    until: str | None
    spent: int
    left: int
    next_due: int | None
    rules: tuple[Used, ...]


def lasts(
    amount: int, people: int, first: str, income: int | None, sector: str | None, programs: Collection[str],
    funding: str | None, rules: Rules,
) -> Lasts:  # fmt: skip
    """For how many months a sum protects so many people. Raises as `contribution.due`."""
    left, start, used = amount, months.number(first), []
    for number in range(start, start + MOST_MONTHS):
        each = _due(income, sector, frozenset(programs), funding, months.text(number), rules)
        used.append(each.rules)
        if people * each.total > left:
            until = months.text(number - 1) if number > start else None
            return Lasts(number - start, until, amount - left, left, people * each.total, _once(used))
        left -= people * each.total
    return Lasts(MOST_MONTHS, months.text(start + MOST_MONTHS - 1), amount - left, left, None, _once(used))


@dataclass(frozen=True, slots=True)
class Share:
    """What one of several sources pays for: people for all of the months."""

    funding: str
    amount: int
    people: int
    spent: int
    left: int
    per_person: int


def in_order(
    people: int, over: Sequence[str], sources: Iterable[tuple[str, int]], income: int | None, sector: str | None,
    programs: Collection[str], rules: Rules,
) -> tuple[list[Share], int]:  # fmt: skip
    """Spend several sources one after the other, each on as many whole people as it pays for; gives who is left without.

    sources: (funding, rupiah). Nobody is paid from two of them: that would be funded twice.
    """
    shares, without = [], people
    for funding, amount in sources:
        far = reach(amount, over, income, sector, programs, funding, rules)
        taken = min(without, far.people)
        without -= taken
        spent = taken * far.per_person
        shares.append(Share(funding, amount, taken, spent, amount - spent, far.per_person))
    return shares, without


# When it ends ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lapse:
    """What becomes of somebody whose last paid month is `last_paid` when nobody goes on paying.

    arrears_on: the first day on which he is in arrears; inactive_on: the first on which his cover has lapsed.
    unpaid: how many months in a row are then unpaid.
    """

    last_paid: str
    arrears_on: date
    inactive_on: date
    unpaid: int


def lapse(last_paid: str, rules: Rules) -> Lapse:
    """By the due day and the limit of arrears that are in force then, as `coverage` counts them."""
    number = months.number(last_paid)
    arrears_on = _after_due(number + 1, rules)
    for unpaid in range(1, MOST_MONTHS):
        limit = rules.on("arrears_limit", months.first_day(number + unpaid)).value
        if unpaid >= limit:
            return Lapse(last_paid, arrears_on, _after_due(number + unpaid, rules), unpaid)
    raise ValueError("no limit of arrears is ever reached")


def _after_due(month: int, rules: Rules) -> date:
    first = months.first_day(month)
    return first + timedelta(days=rules.on("due_day", first).value)


@lru_cache(maxsize=8192)
def _due(
    income: int | None, sector: str | None, programs: frozenset[str], funding: str | None, month: str, rules: Rules
) -> Due:  # fmt: skip
    return due(income, sector, programs, funding, month, rules)


def _added(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in parts:
        for program, amount in one.items():
            found[program] = found.get(program, 0) + amount
    return {program: found[program] for program in PROGRAMS if program in found}


def _once(many: Iterable[Iterable[Used]]) -> tuple[Used, ...]:
    return tuple(dict.fromkeys(used for some in many for used in some))
