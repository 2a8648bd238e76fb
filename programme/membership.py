"""The story of one membership: its states with the day each began, what made it so, and since when that is known.

Two things are told of every day, and they may differ. *As it is known now*: what today's records say of that day. *As it
was told*: what was said on that day, by what had come in until then. A payment for March that is confirmed in May makes
March active now, and leaves standing that in March, and in every figure frozen then, it was told as in arrears.

The states are those of `programme.coverage`: nothing is decided here a second time. Months in arrears are told one by one.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from programme import months
from programme.coverage import ACTIVE, ENDED, IN_ARREARS, INACTIVE, INDICATOR, NOT_YET, Contribution, Worker, assess
from programme.rules import Rules

__all__ = ["Due", "Known", "Said", "Step", "Story", "due", "said_of", "story"]

REGISTERED, VERIFIED, PAID, OVERDUE = "registered", "verified", "paid", "overdue"
"""What makes a state, besides the reasons for which one ends: withdrawn, deceased, moved_away."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was known from a day on, until the next of its kind.

    worker: None while he was not known yet, or no more. paid: his contributions, confirmed or not, in any order.
    """

    since: date
    worker: Worker | None
    paid: tuple[Contribution, ...]


class Said(NamedTuple):
    """What is said of one day. arrears: which unpaid month in a row, from 1 on; 0 in any other state."""

    state: str
    arrears: int


@dataclass(frozen=True, slots=True)
class Step:
    """A state from its first day to the day before `until` (None: it stands).

    why: registered, verified, paid, overdue, withdrawn, deceased, moved_away. month: `YYYY-MM`, the one that was paid for
    or fell due. paid: the contributions that made it active. known_on: the first day from which on it was always said
    so, not before `since`; told: what was said of `since` on that day itself, None when nothing was. learned: it began
    because something came in that day, whenever that had happened.
    """

    state: str
    arrears: int
    since: date
    until: date | None
    why: str
    month: str | None
    paid: tuple[str, ...]
    known_on: date
    told: Said | None
    learned: bool = False

    @property
    def was_told_otherwise(self) -> bool:
        return self.told != (self.state, self.arrears)


@dataclass(frozen=True, slots=True)
class Story:
    """now: by today's records, without gaps from the registration on. then: as it was told day by day.

    first_active, active_since: the two days that waiting months may be counted from, by today's records.
    """

    now: tuple[Step, ...]
    then: tuple[Step, ...]
    first_active: date | None
    active_since: date | None


def said_of(known: Known, rules: Rules, day: date) -> Said | None:
    """What these records say of a day; None while there is no such worker."""
    if known.worker is None:
        return None
    cover = assess(known.worker, known.paid, rules, day)
    return Said(cover.state, cover.arrears if cover.state == IN_ARREARS else 0)


def story(history: Collection[Known], rules: Rules, day: date) -> Story:
    """Tell a membership up to `day`, the village's own.

    history: in any order; of two of one day the one that is given last counts.
    """
    ordered = sorted({known.since: known for known in history if known.since <= day}.values(), key=lambda each: each.since)
    if not ordered or ordered[-1].worker is None:
        return Story((), (), None, None)
    latest = ordered[-1]
    assert latest.worker is not None
    cover = assess(latest.worker, latest.paid, rules, day)
    return Story(
        tuple(_with_knowledge(_now(latest, rules, day), ordered, rules)), tuple(_then(ordered, rules, day)),
        cover.first_active, cover.active_since,
    )  # fmt: skip


def _now(known: Known, rules: Rules, day: date) -> Iterator[Step]:
    worker = known.worker
    assert worker is not None
    first = max(worker.registered_on, worker.here_since or worker.registered_on)
    events = {each for each in (worker.verified_on, worker.ended_on) if each is not None}
    days = _turns(first, day, rules, {first, *events})
    yield from _closed(_step(each, _said(known, rules, each), known, rules) for each in days)


def _then(ordered: Sequence[Known], rules: Rules, day: date) -> Iterator[Step]:
    events = {known.since for known in ordered}
    for known in ordered:
        if known.worker is not None:
            own = (known.worker.registered_on, known.worker.here_since, known.worker.verified_on, known.worker.ended_on)
            events |= {each for each in own if each is not None}
    return _closed(_told(ordered, rules, _turns(ordered[0].since, day, rules, events)))


def _told(ordered: Sequence[Known], rules: Rules, days: Iterable[date]) -> Iterator[Step]:
    at = 0
    for day in days:
        while at + 1 < len(ordered) and ordered[at + 1].since <= day:
            at += 1
        known = ordered[at]
        said = said_of(known, rules, day)
        if said is None:
            continue
        before = said_of(ordered[at - 1], rules, day) if at and known.since == day else said
        yield _step(day, said, known, rules, learned=before is not None and before != said)


def _closed(steps: Iterable[Step]) -> Iterator[Step]:
    """Only where what is said changes, each until the next."""
    open_one: Step | None = None
    for step in steps:
        if open_one is not None and (step.state, step.arrears) == (open_one.state, open_one.arrears):
            continue
        if open_one is not None:
            yield replace(open_one, until=step.since)
        open_one = step
    if open_one is not None:
        yield open_one


def _said(known: Known, rules: Rules, day: date) -> Said:
    said = said_of(known, rules, day)
    assert said is not None
    return said


def _step(day: date, said: Said, known: Known, rules: Rules, learned: bool = False) -> Step:
    worker = known.worker
    assert worker is not None
    why, month = REGISTERED, None
    paid: tuple[str, ...] = ()
    if said.state == ENDED:
        why = worker.ended_why or ENDED
    elif said.state == ACTIVE:
        why = PAID
        month, paid = _paid_for(known.paid, months.of_day(day))
    elif said.state in (IN_ARREARS, INACTIVE):
        why, month = OVERDUE, months.text(_last_due(day, rules))
    elif said.state != NOT_YET and worker.verified_on and worker.verified_on <= day:
        why = VERIFIED
    return Step(said.state, said.arrears, day, None, why, month, paid, day, said, learned)


def _paid_for(contributions: Collection[Contribution], month: int) -> tuple[str | None, tuple[str, ...]]:
    """The last month up to this one that is paid for, for JKK or JKM, and by which contributions.

    Each of the two may keep him active by a month of its own; the newer one is what he was waiting for.
    """
    confirmed = [one for one in contributions if one.confirmed and one.programs & set(INDICATOR)]
    last = max((n for one in confirmed for n in months.numbers(one.months) if n <= month), default=0)
    if not last:
        return None, ()
    name = months.text(last)
    return name, tuple(sorted(one.record for one in confirmed if name in one.months))


def _with_knowledge(steps: Iterable[Step], ordered: Sequence[Known], rules: Rules) -> Iterator[Step]:
    """Since when each is said of its first day, and what was said of that day then."""
    for step in steps:
        told, known_on = None, step.since
        for known in ordered:
            said = said_of(known, rules, step.since)
            if known.since <= step.since:
                told = said
            if said != (step.state, step.arrears):
                known_on = date.max
            elif known_on == date.max:
                known_on = max(known.since, step.since)
        if told is None:  # nobody knew of him before
            known_on = max(known_on, min(known.since for known in ordered if known.worker is not None))
        yield replace(step, known_on=known_on, told=told)


def _turns(first: date, day: date, rules: Rules, events: Collection[date]) -> list[date]:
    """The days up to `day` on which a state may begin: events, first days of months, and those after a due day."""
    found = {each for each in events if first <= each <= day}
    for month in range(months.of_day(first), months.of_day(day) + 1):
        start = months.first_day(month)
        found |= {start, start + timedelta(days=_due_day(rules, month))}
    return sorted(each for each in found if first <= each <= day)


def _due_day(rules: Rules, month: int) -> int:
    return int(rules.on("due_day", months.first_day(month)).value)


def _last_due(day: date, rules: Rules) -> int:
    """The last month whose due day has passed."""
    month = months.of_day(day)
    return month if day.day > _due_day(rules, month) else month - 1


class Due(NamedTuple):
    """What is to be done about somebody's contribution: due_soon, arrears or lapsed. paid: paid for, and not confirmed.

    arrears: unpaid months in a row of one in arrears, else 0.
    """

    what: str
    arrears: int
    paid: bool


DUE_SOON, ARREARS, LAPSED = "due_soon", "arrears", "lapsed"


def due(letters: str, is_overdue: bool) -> Due | None:
    """What his months say (see `coverage.by_month`) is to be done; None: nothing.

    is_overdue: this month's due day has passed, so that its letter tells of itself; before, it tells of the month before.
    """
    last = letters[-1:]
    if last in ("b", "B"):
        return Due(DUE_SOON, 0, last == "B")
    if last in ("i", "I"):
        return Due(LAPSED, 0, last == "I")
    if last not in ("r", "R"):
        return None
    run = len(letters) - len(letters.rstrip("rR"))
    return Due(ARREARS, max(1, run if is_overdue else run - 1), last == "R")
