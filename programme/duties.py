"""What institutions owe by the presidential instruction, half a year at a time; and how agreements stand on a day.

A half is written `2026-2`: July to December 2026. A duty is a row of `rules/duties.toml`; what a region says of it is a
mapping with `state` (`not_begun`, `in_progress`, `done`) and whatever shows it. Nothing here looks at a clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from programme.rules import Rule, Rules

HALF = re.compile(r"(20[2-9][0-9])-([12])")
FIRST_YEAR, LAST_YEAR = 2020, 2099
NOT_BEGUN, IN_PROGRESS, DONE = "not_begun", "in_progress", "done"
ONCE, YEAR, EACH_HALF = "once", "year", "half"
REPORT = "report"
LEVELS = ("nation", "province", "regency", "district", "village")
DESA = "desa"
TOPICS = ("regulation", "budget", "workers", "apparatus", "guidance", "enforcement", "data", REPORT)
"""What reports count duties under."""
SHOWN_BY = {"document": ("document", "dated"), "amount": ("amount",), "people": ("people",)}
"""What `asks` names -> the fields that show it."""


# Halves ---------------------------------------------------------------------------------------------------------------


def is_half(text: str) -> bool:
    return HALF.fullmatch(text) is not None


def _parts(half: str) -> tuple[int, int]:
    """Year, and 1 or 2. Raises ValueError."""
    found = HALF.fullmatch(half)
    if found is None:
        raise ValueError(f"no half-year: {half!r}")
    return int(found[1]), int(found[2])


def half_of(day: date) -> str:
    return f"{day.year}-{1 if day.month <= 6 else 2}"


def begins(half: str) -> date:
    year, which = _parts(half)
    return date(year, 1 if which == 1 else 7, 1)


def ends(half: str) -> date:
    """Its last day."""
    year, which = _parts(half)
    return date(year, 6, 30) if which == 1 else date(year, 12, 31)


def before(half: str) -> str:
    return half_of(begins(half) - timedelta(days=1))


def after(half: str) -> str:
    return half_of(ends(half) + timedelta(days=1))


def last_halves(day: date, most: int) -> list[str]:
    """The half of a day and those before it, the newest first; none from before there was the instruction."""
    halves = [half_of(day)]
    while len(halves) < most and begins(halves[-1]) > date(2021, 6, 30):
        halves.append(before(halves[-1]))
    return halves


# Duties ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty of one institution. asks: keys of `SHOWN_BY`. every: once, year or half. suggests: see `duties.toml`.

    counted_as: under which key `tally` finds how many owe it: the level, or `desa` where a kelurahan does not.
    """

    code: str
    level: str
    topic: str
    asks: tuple[str, ...]
    every: str
    suggests: str
    institution: Mapping[str, str]
    counted_as: str
    rule: Rule

    @property
    def fields(self) -> tuple[str, ...]:
        """What its form asks for, besides its state and evidence."""
        return tuple(field for name in self.asks for field in SHOWN_BY[name])


def duties(rules: Rules, half: str, level: str | None = None) -> list[Duty]:
    """Those in force on some day of the half, in the order of the file; of one level of regions, or of all."""
    first, last = begins(half), ends(half)
    found = [
        _duty(rule) for rule in rules
        if isinstance(rule.value, Mapping) and "topic" in rule.value and rule.starts() <= last
        and (rule.valid_to is None or rule.valid_to >= first)
    ]  # fmt: skip
    newest = {duty.code: duty for duty in found}  # of two versions within one half the later one
    return [duty for duty in newest.values() if level is None or duty.level == level]


def owed_by(rules: Rules, half: str, level: str, is_kelurahan: bool = False) -> list[Duty]:
    """What one region owes in a half."""
    return [duty for duty in duties(rules, half, level) if not (is_kelurahan and duty.counted_as == DESA)]


def duty_of(rules: Rules, code: str, half: str) -> Duty | None:
    return next((duty for duty in duties(rules, half) if duty.code == code), None)


def _duty(rule: Rule) -> Duty:
    value = rule.value
    return Duty(
        rule.name, value["level"], value["topic"], tuple(value["asks"]), value["every"], value["suggests"],
        value["institution"], value.get("only", value["level"]), rule,
    )  # fmt: skip


def state_of(said: Mapping[str, Any] | None) -> str:
    """The state of a duty as a region says it; of which nothing is said nothing has begun."""
    state = (said or {}).get("state")
    return state if state in (IN_PROGRESS, DONE) else NOT_BEGUN


def lacks(duty: Duty, said: Mapping[str, Any]) -> list[str]:
    """Fields that a duty which is said to be done still lacks, so that nobody could check it."""
    if state_of(said) != DONE:
        return []
    empty = [field for field in duty.fields if said.get(field) in (None, "")]
    return [*empty, *(["evidence"] if not duty.fields and not said.get("evidence") else [])]


def carried(duty: Duty, said: Mapping[str, Any], half: str) -> dict[str, Any]:
    """What the half after begins with, of what was said in the half before it.

    What holds once is done still, with its document. A year's budget holds in its second half and begins anew in January.
    Numbers of people and evidence are of their own half-year and are said anew.
    """
    kept = {name: said[name] for name in ("responsible", "notes") if said.get(name) not in (None, "")}
    if duty.every == ONCE or (duty.every == YEAR and half.endswith("-2")):
        held = ("state", "document", "dated", "amount", "people", "evidence")
        return kept | {name: said[name] for name in held if said.get(name) not in (None, "")}
    return kept | {"state": NOT_BEGUN}


# Reports --------------------------------------------------------------------------------------------------------------


class Tally(NamedTuple):
    """Of the duties of a topic: how many are owed, and how many of them are done or under way."""

    owed: int
    done: int
    in_progress: int

    @property
    def lacking(self) -> int:
        return self.owed - self.done


def tally(owed: Mapping[str, int], states: Iterable[tuple[str, str]], known: Iterable[Duty]) -> dict[str, Tally]:
    """Topic -> its tally, in the order of `TOPICS`, of those that anybody owes.

    owed: `counted_as` -> how many regions there are. states: (code of the duty, state) of what was said. known: all duties.
    """
    by_code = {duty.code: duty for duty in known}
    counts: dict[str, list[int]] = {topic: [0, 0, 0] for topic in TOPICS}
    for duty in by_code.values():
        counts[duty.topic][0] += owed.get(duty.counted_as, 0)
    for code, state in states:
        if code in by_code and state in (DONE, IN_PROGRESS):
            counts[by_code[code].topic][1 if state == DONE else 2] += 1
    return {topic: Tally(*some) for topic, some in counts.items() if some[0]}


def report_due(half: str, rules: Rules) -> date:
    """The last day on which a half's report is in time."""
    return ends(half) + timedelta(days=int(rules.latest("report_days").value["after"]))


def reports_awaited(day: date, rules: Rules) -> list[str]:
    """The halves of which the report is awaited on a day: the one before, and this one when it is nearly over."""
    now = half_of(day)
    near = ends(now) - timedelta(days=int(rules.latest("report_days").value["before"]))
    return [before(now), *([now] if day >= near else [])]


# Agreements -----------------------------------------------------------------------------------------------------------

AHEAD, IN_FORCE, SOON, URGENT, ENDED, RENEWED, CANCELLED = (
    "ahead", "in_force", "soon", "urgent", "ended", "renewed", "cancelled",
)  # fmt: skip


class Term(NamedTuple):
    """How an agreement stands on a day. left: days until its last one, below 0 after it. unsigned: no signature is noted."""

    state: str
    left: int
    unsigned: bool


def term_of(said: Mapping[str, Any], day: date, rules: Rules) -> Term:
    """What is said to be in force is so between its first and last day only, whether or not anybody wrote that it ended."""
    begins_on, ends_on = date.fromisoformat(said["starts_on"]), date.fromisoformat(said["ends_on"])
    left, days = (ends_on - day).days, rules.latest("agreement_days").value
    state = said.get("state", IN_FORCE)
    if state == IN_FORCE:
        if left < 0:
            state = ENDED
        elif day < begins_on:
            state = AHEAD
        elif left <= days["last"]:
            state = URGENT
        elif left <= days["first"]:
            state = SOON
    elif state == RENEWED and 0 <= left and day >= begins_on:
        state = IN_FORCE  # a successor is waiting, and this one holds until its last day
    return Term(state, left, not said.get("signed_on") and state in (AHEAD, IN_FORCE, SOON, URGENT))


def awaited(said: Mapping[str, Any], day: date, rules: Rules) -> date | None:
    """The day by which somebody must see to an agreement: its last one, or the first of one that nobody has signed.

    None where nothing has to be seen to yet, any more, or at all.
    """
    days, term = rules.latest("agreement_days").value, term_of(said, day, rules)
    if said.get("state", IN_FORCE) != IN_FORCE:
        return None
    if term.state == AHEAD:
        first = date.fromisoformat(said["starts_on"])
        return first if term.unsigned and (first - day).days <= days["first"] else None
    return date.fromisoformat(said["ends_on"]) if -days["after"] <= term.left <= days["first"] else None


def follow_up(said: Mapping[str, Any]) -> dict[str, Any]:
    """What an agreement's successor begins with: the same parties for the same time, from the day after; unsigned."""
    begins_on, ends_on = date.fromisoformat(said["starts_on"]), date.fromisoformat(said["ends_on"])
    first = ends_on + timedelta(days=1)
    kept = {name: said[name] for name in ("title", "form", "parties", "subject", "responsible") if said.get(name)}
    months_long = (first.year - begins_on.year) * 12 + first.month - begins_on.month
    whole = months_long > 0 and first.day == begins_on.day
    last = _months_on(first, months_long) - timedelta(days=1) if whole else first + (ends_on - begins_on)
    return kept | {"starts_on": first.isoformat(), "ends_on": last.isoformat(), "state": IN_FORCE}


def _months_on(day: date, count: int) -> date:
    """The same day so many months later, of a shorter month its last one."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
