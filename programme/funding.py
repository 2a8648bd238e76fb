"""Which money a confirmed contribution came out of, and whom two pay for in one month.

Months are whole numbers (`programme.months`). A name on a decree stands from the decree's first month to its last; from the
month in which the decree is revoked, or the name is taken off the list, it stands no more.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from programme import months

__all__ = ["Doubles", "Named", "doubles", "line_of", "named", "shares"]

SIGNED, REVOKED = "signed", "revoked"


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody's name on a decree. budget: the line that it spends, if it says one; first, last: months it stands in."""

    record: str
    decree: str
    budget: str | None
    funding: str
    first: int
    last: int


def named(
    record: str, decree: str, budget: str | None, funding: str, first: str, last: str, state: str, revoked_on: str | None,
    removed_on: str | None,
) -> Named | None:  # fmt: skip
    """A name as it stands; None where the decree was never signed, or the name stood in no month."""
    if state not in (SIGNED, REVOKED):
        return None
    start, ends = months.number(first), [months.number(last)]
    ends += [months.of_day(date.fromisoformat(day)) - 1 for day in (revoked_on, removed_on) if day]
    return Named(record, decree, budget, funding, start, min(ends)) if start <= min(ends) else None


def shares(amount: int, over: Iterable[str]) -> list[tuple[int, int]]:
    """Of a payment for several months what falls on each: (month, rupiah), which together are all of it."""
    numbers = sorted({months.number(month) for month in over})
    count = len(numbers)
    return [(month, amount * (n + 1) // count - amount * n // count) for n, month in enumerate(numbers)]


def line_of(names: Iterable[Named], funding: str, month: int) -> str | None:
    """The budget line of a payment that names none: that of the decree by which this payer pays for him in that month.

    None where no decree says, or two say different lines.
    """
    found = {one.budget for one in names if one.funding == funding and one.first <= month <= one.last}
    return found.pop() if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Doubles:
    """Where two pay. decrees: two names, and the first and last month in which both stand; paid: month and its payers."""

    decrees: tuple[tuple[Named, Named, int, int], ...]
    paid: tuple[tuple[int, tuple[str, ...]], ...]

    @property
    def months(self) -> tuple[int, int] | None:
        """The first and last month that is paid twice; None where none is."""
        ends = [month for _, _, first, last in self.decrees for month in (first, last)] + [month for month, _ in self.paid]
        return (min(ends), max(ends)) if ends else None


def doubles(names: Collection[Named], paid: Iterable[tuple[int, str]]) -> Doubles:
    """names: of one person, of whatever decrees; on one decree he stands twice where two records turned out to be one man.

    paid: month and payer of each confirmed contribution to JKK or JKM.
    """
    both = []
    for one, other in combinations(sorted(names, key=lambda each: (each.first, each.decree, each.record)), 2):
        first, last = max(one.first, other.first), min(one.last, other.last)
        if first <= last and one.record != other.record:
            both.append((one, other, first, last))
    payers: dict[int, set[str]] = {}
    for month, payer in paid:
        payers.setdefault(month, set()).add(payer)
    twice = ((month, tuple(sorted(some))) for month, some in sorted(payers.items()) if len(some) > 1)
    return Doubles(tuple(both), tuple(twice))
