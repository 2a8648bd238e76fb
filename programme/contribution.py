"""What is due for a month: from income, sector, programmes and payer, and by which rules."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from programme.rules import Rule, Rules

__all__ = ["PROGRAMS", "Due", "Used", "due", "sum_due"]

PROGRAMS = ("JKK", "JKM", "JHT")
TRANSPORT, OTHER = "transport", "other"

# Why there is, or is not, a discount.
APPLIED, NOT_IN_FORCE, PUBLIC_MONEY, NOT_FOR_THESE = "applied", "not_in_force", "public_money", "not_for_these_programs"


@dataclass(frozen=True, slots=True)
class Used:
    """A rule that a sum rests on: its id, where it stands, and how sure it is (a tier may be surer than its table)."""

    id: str
    source: str
    confidence: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Due:
    """What one worker owes for one month, in whole rupiah.

    parts: by programme, after the discount; total: their sum; full: the sum without a discount.
    base: what the percentages are taken of. discount: `applied`, or why not.
    rules: all rules it rests on; verified: whether every one of them is.
    """

    total: int
    full: int
    parts: Mapping[str, int]
    base: int
    discount: str
    rules: tuple[Used, ...]

    @property
    def verified(self) -> bool:
        return all(used.verified for used in self.rules)


def due(
    income: int | None, sector: str | None, programs: Collection[str], funding: str | None, month: str, rules: Rules
) -> Due:
    """What is due for `month` (`YYYY-MM`) by the rules in force on its first day.

    income: whole rupiah a month, None counts as the lowest tier. sector: of the main occupation, `transport` or
    another; funding: code of the payer, None is the worker himself. Raises ValueError for an unknown programme or
    payer or a negative income, NoRule for a month before the rules begin.
    """
    if set(programs) - set(PROGRAMS):
        raise ValueError(f"no such programme for BPU: {sorted(set(programs) - set(PROGRAMS))}")
    base, tier = _base(income or 0, month, rules)
    rates = {program: rules.on(f"rate_{program.lower()}", month) for program in PROGRAMS if program in programs}
    parts = {program: _amount(rate.value, base) for program, rate in rates.items()}
    full = sum(parts.values())
    why, discount, because = _discount(sector, funding, parts, month, rules)
    if discount:
        parts = {program: amount - _off(discount, program, amount) for program, amount in parts.items()}
    tiers = (tier,) if any("percent" in rate.value for rate in rates.values()) else ()
    used = (*tiers, *(_used(rule) for rule in (*rates.values(), *because)))
    return Due(sum(parts.values()), full, parts, base, why, used)


def sum_due(
    people: int,
    over: Iterable[str],
    income: int | None,
    sector: str | None,
    programs: Collection[str],
    funding: str | None,
    rules: Rules,
) -> int:
    """Whole rupiah for so many like workers over these months, each by the rules of its own time."""
    return people * sum(due(income, sector, programs, funding, month, rules).total for month in over)


def _base(income: int, month: str, rules: Rules) -> tuple[int, Used]:
    """By lower bound: the printed upper bounds end in 99,000, and 1,099,500 would fall between two rows."""
    if income < 0:
        raise ValueError(f"an income is not negative: {income}")
    rule = rules.on("tiers", month)
    row = max((row for row in rule.value if row["from"] <= income), key=lambda row: row["from"])
    return row["base"], Used(f"{rule.id}:{row['from']}", rule.source, row["confidence"], row["confidence"] == "2")


def _amount(value: Mapping[str, Any], base: int) -> int:
    return value["rupiah"] if "rupiah" in value else _share(base, value["percent"])


def _share(amount: int, percent: int) -> int:
    # With today's tables nothing is ever rounded; a later rate that leaves a fraction is rounded up.
    return -(-amount * percent // 100)


def _off(discount: Rule, program: str, amount: int) -> int:
    return _share(amount, discount.value["percent"]) if program in discount.value["programs"] else 0


def _discount(
    sector: str | None, funding: str | None, parts: Mapping[str, int], month: str, rules: Rules
) -> tuple[str, Rule | None, tuple[Rule, ...]]:
    """Whether there is one, the rule that gives it, and the rules that decided."""
    payer = rules.find(f"payer_{funding or 'self'}", month)
    if payer is None:
        raise ValueError(f"no such payer: {funding!r}")
    rule = rules.find(f"discount_{TRANSPORT if sector == TRANSPORT else OTHER}", month)
    if rule is None:
        return NOT_IN_FORCE, None, ()
    if not set(parts) & set(rule.value["programs"]):
        return NOT_FOR_THESE, None, (rule,)
    if payer.value["public"]:
        return PUBLIC_MONEY, None, (rule, payer)
    return APPLIED, rule, (rule, payer)


def _used(rule: Rule) -> Used:
    return Used(rule.id, rule.source, rule.confidence, rule.verified)
