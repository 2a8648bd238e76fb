"""Figures of villages: workers counted by state, month by month, and the rate beside its denominator."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from math import sqrt

from programme import months
from programme.coverage import AGE, COVERED_LETTER, INCOMPLETE, PROGRAM_BITS, SEGMENT, STILL_LETTER, WHY_LETTER, Months
from programme.rules import Rules, load

__all__ = ["Figures", "Rate", "eligible_on", "figures", "interval", "rate", "rate_over", "tally"]

DENOMINATOR = "denominator"
SMALL = "small"
ACTIVE_LETTERS = COVERED_LETTER + STILL_LETTER + STILL_LETTER.upper()
REGISTERED_LETTERS = ACTIVE_LETTERS + "rRiIwWpP"

Mark = tuple[str, str, str | None]
"""One worker's month: his letter, the digit of his programmes, his segment (None: bpu)."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Workers of one place in one month. They add up from villages to the nation, and subtract for a refresh.

    registered: counted, registered by then and not ended; the sum of active, in_arrears, inactive, awaiting, proposed.
    covered: of the active, those for whom the month itself is covered; at the end of a month that is all of them.
    unconfirmed: of the registered, those for whom the month is paid but not confirmed; they are no numerator.
    incomplete, segment, age: kept, but not counted, by why.
    jkk, jkm, jht: of the registered, those active in that programme; active is who has JKK and JKM both.
    wage_earners, apparatus (and how many of them are active in JKK and JKM): of `segment`, told apart, in no other count.
    """

    registered: int = 0
    active: int = 0
    in_arrears: int = 0
    inactive: int = 0
    awaiting: int = 0
    proposed: int = 0
    covered: int = 0
    unconfirmed: int = 0
    ended: int = 0
    incomplete: int = 0
    segment: int = 0
    age: int = 0
    jkk: int = 0
    jkm: int = 0
    jht: int = 0
    wage_earners: int = 0
    wage_earners_active: int = 0
    apparatus: int = 0
    apparatus_active: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, name) + getattr(other, name) for name in NAMES))

    def __sub__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, name) - getattr(other, name) for name in NAMES))


NAMES = tuple(field.name for field in fields(Figures))


@dataclass(frozen=True, slots=True)
class Rate:
    """Active of eligible. Never clamped: above 1 the denominator is wrong, and hiding it would hide that.

    value: None without a denominator, and for few workers, where `interval` (Wilson, 95 %) stands for it.
    flag: None, `denominator` (more active than eligible) or `small`.
    without: of several places those that have no denominator; their workers are in neither number.
    """

    active: int
    eligible: int | None
    value: float | None
    interval: tuple[float, float] | None
    flag: str | None
    without: int = 0


def tally(told: Iterable[Months] | Mapping[Months, int], first: str) -> dict[str, Figures]:
    """Figures by month from the months of many workers, as `coverage.months_of` told them from the same `first`.

    told: the months of each worker, or each distinct story with the number of its workers.
    """
    columns: dict[int, Counter[Mark]] = {}
    # A million workers share a few thousand histories.
    for (letters, programs, segment), workers in Counter(told).items():
        for place, (letter, digit) in enumerate(zip(letters, programs, strict=True), months.number(first)):
            columns.setdefault(place, Counter())[letter, digit, segment] += workers
    return {months.text(month): figures(counts) for month, counts in sorted(columns.items())}


def figures(counts: Mapping[Mark, int]) -> Figures:
    """Figures of one month from the number of workers by letter, digit of programmes, and segment."""

    def having(letters: str, program: int = 0, segment: str | None = None) -> int:
        return sum(
            workers
            for (letter, digit, theirs), workers in counts.items()
            if letter in letters and int(digit) & program == program and segment in (None, theirs)
        )

    covered, active = having(COVERED_LETTER), having(ACTIVE_LETTERS)
    in_arrears, inactive, awaiting, proposed = having("rR"), having("iI"), having("wW"), having("pP")
    jkk, jkm, jht = (having(REGISTERED_LETTERS, bit) for bit in PROGRAM_BITS.values())
    both, kept = PROGRAM_BITS["JKK"] | PROGRAM_BITS["JKM"], WHY_LETTER[SEGMENT]
    return Figures(
        registered=active + in_arrears + inactive + awaiting + proposed,
        active=active,
        in_arrears=in_arrears,
        inactive=inactive,
        awaiting=awaiting,
        proposed=proposed,
        covered=covered,
        unconfirmed=having("BRIWP"),
        ended=having("e"),
        incomplete=having(WHY_LETTER[INCOMPLETE]),
        segment=having(kept),
        age=having(WHY_LETTER[AGE]),
        jkk=jkk,
        jkm=jkm,
        jht=jht,
        wage_earners=having(kept, 0, "wage_earner"),
        wage_earners_active=having(kept, both, "wage_earner"),
        apparatus=having(kept, 0, "apparatus"),
        apparatus_active=having(kept, both, "apparatus"),
    )


def rate(active: int, eligible: int | None, rules: Rules | None = None, on: date | None = None) -> Rate:
    """The rate of a place, with what must be said beside it.

    on: the day by whose rules it is told; None: by the newest, as figures of today are shown.
    """
    if not eligible:
        return Rate(active, eligible, None, None, DENOMINATOR if eligible == 0 and active else None)
    if active > eligible:
        return Rate(active, eligible, active / eligible, None, DENOMINATOR)
    known = rules or load()
    if eligible < (known.on("small_below", on) if on else known.latest("small_below")).value:
        return Rate(active, eligible, None, interval(active, eligible), SMALL)
    return Rate(active, eligible, active / eligible, None, None)


def rate_over(places: Iterable[tuple[int, int | None]], rules: Rules | None = None) -> Rate:
    """The rate over several places, each with its active and its eligible workers.

    A village that nobody has counted yet would lift the rate of its kecamatan, were its members taken in without it.
    """
    known, without = [], 0
    for active, eligible in places:
        if eligible is None:
            without += 1
        else:
            known.append((active, eligible))
    total = rate(sum(one for one, _ in known), sum(one for _, one in known) if known else None, rules)
    return replace(total, without=without)


def eligible_on(entered: Iterable[str], month: str) -> str | None:
    """Which of the months with a denominator serves `month`: itself, or the latest before it."""
    return max((one for one in entered if one <= month), default=None)


def interval(active: int, eligible: int) -> tuple[float, float]:
    """Wilson's interval at 95 %: honest for few workers, and for none or all of them active."""
    z = 1.959964
    share, square = active / eligible, z * z / eligible
    middle = (share + square / 2) / (1 + square)
    half = z * sqrt(share * (1 - share) / eligible + square / eligible / 4) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)
