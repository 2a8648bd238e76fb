"""Coverage as the desk shows it: by programme, month after month, with its target; and beside what was frozen on a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import ceil
from typing import Any, NamedTuple

from programme import months
from programme.indicators import Rate, rate
from programme.rules import Rules
from server.actions import figures, snapshots
from server.actions.targets import Progress, progress_of, targets_for
from server.db import reading
from server.store import coverage_pages as store
from server.store.coverage_pages import There

BOTH, PROGRAMS = "both", ("both", "JKK", "JKM", "JHT")
NO_ONE = There((0, 0, 0, 0), None, (0, 0, 0, 0))


class Measured(NamedTuple):
    """One programme of one place. active: of all its villages; rate: of those that have a denominator. Both may be None
    where that was not counted yet.
    """

    active: int | None
    rate: Rate | None


class Branch(NamedTuple):
    """A region: told as `figures.figures_of` tells it, measured by programme, with its target of the year.

    gap: workers that are lacking to the target; below 0 it is passed; None without one, or where it can't be said.
    """

    code: str
    name: str
    told: Mapping[str, Any]
    measured: Mapping[str, Measured]
    progress: Progress | None
    gap: int | None


class Page(NamedTuple):
    """trend: month -> by programme. as_of: the day up to which all villages are drawn."""

    month: str
    current: str
    as_of: str | None
    own: Branch
    parts: list[Branch]
    trend: Mapping[str, Mapping[str, Measured]]


def page(within: str, month: str, length: int, now: int) -> Page:
    """A region's figures of a month, with `length` months up to it. Raises figures.NotYet."""
    told = figures.figures_of(within, month, now)
    number = months.number(month)
    with reading() as connection:
        known = store.by_part(connection, within, number)
        past = store.by_month(connection, within, range(number - length + 1, number + 1))
    codes = [each["code"] for each in told["regions"]]
    wanted = targets_for([within, *codes], int(month[:4]))
    own = _branch(within, told["name"], told["total"], past.get(number, NO_ONE), wanted.get(within), month)
    parts = [
        _branch(each["code"], each["name"], each, known.get(each["code"], NO_ONE), wanted.get(each["code"]), month)
        for each in told["regions"]
    ]
    trend = {months.text(each): measured(past.get(each, NO_ONE)) for each in range(number - length + 1, number + 1)}
    began = next((each for each in sorted(past) if any(past[each].all_of) or past[each].eligible), number)
    trend = {each: there for each, there in trend.items() if each >= months.text(began)}
    return Page(month, figures.current_month(within, now), told["as_of"], own, parts, trend)


def measured(there: There, rules: Rules | None = None, on: date | None = None) -> dict[str, Measured]:
    return {
        program: Measured(everywhere, None if count is None else rate(count, there.eligible, rules, on))
        for program, count, everywhere in zip(PROGRAMS, there.counts, there.all_of, strict=True)
    }


def _branch(
    code: str, name: str, told: Mapping[str, Any], there: There, target: dict[str, Any] | None, month: str
) -> Branch:
    progress = gap = None
    if target is not None:
        progress = progress_of(int(month[:4]), target, told["active"], told["rate"])
        wanted = target.get("workers")
        if not wanted and target.get("rate") and there.eligible:
            wanted = ceil(there.eligible * target["rate"] / 100)
        gap = None if not wanted else wanted - told["active"]
    return Branch(code, name, told, measured(there), progress, gap)


# Frozen days ----------------------------------------------------------------------------------------------------------


class Then(NamedTuple):
    """One count that was frozen, and what the same month says now."""

    name: str
    then: int | None
    now: int | None


class Beside(NamedTuple):
    """A region's figures as they were known on a day, with what became of them.

    frozen: as `snapshots.figures_of`. measured: by the rules of that day. now: the same month as it is known today.
    changed: of the region; parts: code, name, active then and now, rate then and now (`Measured` of both).
    rules: those of that day that the figures rest on, as `Rules.describe` tells them.
    """

    frozen: dict[str, Any]
    measured: Mapping[str, Measured]
    now: dict[str, Any]
    changed: list[Then]
    parts: list[tuple[str, str, Measured, Measured]]
    rules: list[dict[str, Any]]


COMPARED = ("registered", "active", "in_arrears", "inactive", "awaiting_payment", "proposed", "unconfirmed", "ended")
RULES = ("counted_segments", "small_below", "due_day", "arrears_limit", "age_min", "age_below")


def beside(within: str, day: str, month: str | None, lang: str, now: int) -> Beside:
    """What was frozen on a day, beside today. Raises snapshots.NotFrozen."""
    frozen = snapshots.figures_of(within, day, month)
    month = str(frozen["month"])
    today = figures.figures_of(within, min(month, figures.current_month(within, now)), now)
    rules, on = snapshots.rules_of(day), date.fromisoformat(day)
    with reading() as connection:
        then = store.by_part(connection, within, months.number(month), day)
        later = store.by_part(connection, within, months.number(month))
    changed = [Then(name, frozen["total"][name], today["total"][name]) for name in COMPARED]
    before, after = frozen["total"]["eligible"], today["total"]["eligible"]
    changed.append(Then("eligible", before and before["count"], after and after["count"]))
    parts = [
        (each["code"], each["name"], measured(then.get(each["code"], NO_ONE), rules, on)[BOTH],
         measured(later.get(each["code"], NO_ONE))[BOTH])
        for each in frozen["regions"]
    ]  # fmt: skip
    told = [rule for rule in rules.describe(lang) if rule["name"] in RULES and _in_force(rule, day)]
    return Beside(frozen, measured(added(then), rules, on), today, changed, parts, told)


def added(parts: Mapping[str, There]) -> There:
    """The sums of several places together."""
    if not parts:
        return NO_ONE

    def together(numbers: list[int | None]) -> int | None:
        return None if None in numbers else sum(number or 0 for number in numbers)

    some = list(parts.values())
    known = [each.eligible for each in some if each.eligible is not None]
    return There(
        tuple(together([each.counts[n] for each in some]) for n in range(4)), sum(known) if known else None,
        tuple(together([each.all_of[n] for each in some]) for n in range(4)),
    )  # fmt: skip


def _in_force(rule: Mapping[str, Any], day: str) -> bool:
    return (rule["valid_from"] or "") <= day <= (rule["valid_to"] or "9999")
