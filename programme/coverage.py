"""What a worker's cover is on a given day, and month by month, from confirmed contributions and the dated rules.

A month is *covered* for a programme when a confirmed contribution names the month and the programme. After its due
day an uncovered month is *unpaid*. The unpaid months in a row, counted back from the last month that fell due to the
last covered one, make the state: none active, fewer than the limit in arrears, from the limit on inactive. A covered
current month makes active at once, whatever was owed before. Never covered up to now: proposed, or once verified
awaiting payment. The overall state is the official indicator's, JKK and JKM, the worse of the two; JHT is told apart.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from math import inf
from typing import NamedTuple

from programme import months
from programme.rules import Rules

__all__ = ["Contribution", "Cover", "Months", "Worker", "assess", "by_month", "months_of", "moved", "tasks"]

NOT_YET = "not_yet"
PROPOSED = "proposed"
VERIFIED = "verified"
AWAITING = "awaiting_payment"
ACTIVE = "active"
IN_ARREARS = "in_arrears"
INACTIVE = "inactive"
ENDED = "ended"

INDICATOR = ("JKK", "JKM")
PROGRAM_BITS = {"JKK": 1, "JKM": 2, "JHT": 4}
"""What `months_of` adds up to a digit for each programme in which a worker is active."""
MOVED_AWAY = "moved_away"
INCOMPLETE, SEGMENT, AGE = "incomplete", "segment", "age"

# What `by_month` writes. A capital says besides that the month is paid for, but not confirmed.
COVERED_LETTER = "a"  # active, and the month itself is covered
STILL_LETTER = "b"  # active still: this month is not covered, but its due day has not passed
WHY_LETTER = {INCOMPLETE: "?", SEGMENT: "s", AGE: "g"}

# What is to be done about a worker, one letter each.
CARD, AGAIN = "k", "a"


@dataclass(frozen=True, slots=True)
class Worker:
    """What the merge knows of one worker, as one village sees him.

    registered_on: the village's own day; his age is judged on it, wherever he moves later.
    programs: those he asked for. segment: None is `bpu`.
    complete: False when required fields are lacking.
    ended_on, ended_why: withdrawn, deceased or moved_away, for this village.
    here_since: the day he came to this village, when that was after his registration.
    """

    record: str
    village: str
    registered_on: date
    birth_date: date | None
    segment: str | None
    programs: frozenset[str]
    funding: str | None
    complete: bool
    verified_on: date | None
    ended_on: date | None
    ended_why: str | None
    here_since: date | None = None


@dataclass(frozen=True, slots=True)
class Contribution:
    """One payment for some months (`YYYY-MM`) of some programmes; only `confirmed` ones cover."""

    record: str
    worker: str
    months: tuple[str, ...]
    programs: frozenset[str]
    funding: str | None
    amount: int
    confirmed: bool
    paid_on: date | None


@dataclass(frozen=True, slots=True)
class Cover:
    """A worker's cover on one day.

    state: over JKK and JKM, the worse of the two. since: the first day of this state without a break, not before
    the registration; None before that. programs: the state by programme; JHT only when asked for or paid.
    paid_by: who pays, by programme that is active; payers: over JKK and JKM, more than one is paid twice.
    covered: months in which JKK and JKM both are covered, later than the day included; unconfirmed: months paid for
    that still lack it. arrears: unpaid months in a row, 0 while nothing was ever covered; not carried by a payment.
    counted: whether he takes part in the figures while registered; why_not: segment, age, incomplete or None.
    first_active, active_since: two dates that waiting months may be counted from; None when not (or not now) active.
    """

    state: str
    since: date | None
    programs: dict[str, str]
    paid_by: dict[str, tuple[str, ...]]
    payers: tuple[str, ...]
    covered: tuple[str, ...]
    unconfirmed: tuple[str, ...]
    arrears: int
    counted: bool
    why_not: str | None
    first_active: date | None
    active_since: date | None


def assess(worker: Worker, contributions: Collection[Contribution], rules: Rules, day: date) -> Cover:
    """Say a worker's cover on `day`, the village's own day.

    contributions: all of this worker's, in any order, confirmed or not.
    """
    jkk, jkm, pending = _months_paid(contributions)
    month = months.of_day(day)
    why_not, limit = _why_not(worker, rules), _pace(rules, month, month)[1][0]
    outside, never = _outside(worker, day), _never_covered(worker, why_not, day)
    programs, paid_by, runs = {}, {}, {}
    for program in _programs(worker, contributions):
        named = _months_of(program, contributions)
        runs[program] = _run_on(day, named, rules)
        programs[program] = outside or _state(runs[program], limit) or never
        if programs[program] == ACTIVE:
            paid_by[program] = _payers(program, max(one for one in named if one <= month), contributions)
    story = _story(jkk, jkm, rules, day)
    state = outside or (story[-1][1] if story else never)
    return Cover(
        state=state,
        since=_since(state, worker, story, rules),
        programs=programs,
        paid_by=paid_by,
        payers=tuple(sorted({payer for program in INDICATOR for payer in paid_by.get(program, ())})),
        covered=tuple(months.text(month) for month in sorted(jkk & jkm)),
        unconfirmed=tuple(months.text(month) for month in sorted(pending - (jkk & jkm))),
        arrears=max(0 if runs[program] == inf else int(runs[program]) for program in INDICATOR),
        counted=why_not is None,
        why_not=why_not,
        first_active=next((_begins(half, rules) for half, told in story if told == ACTIVE), None),
        active_since=_begins(story[-1][0], rules) if story and story[-1][1] == ACTIVE else None,
    )


def by_month(worker: Worker, contributions: Collection[Contribution], rules: Rules, first: str, day: date) -> str:
    """The worker's months from `first` (`YYYY-MM`) to the month of `day`, one letter each.

    A letter tells the state at the end of its month, that of the last month the state on `day`:
    `a` active, the month covered; `b` active still, this month not yet covered nor due; `r` in arrears;
    `i` inactive; `w` awaiting payment; `p` proposed; `e` ended; `-` not (yet) registered here.
    A capital (`B R I W P`) says besides that the month is paid for but not confirmed.
    Who is not counted has the reason instead of a state: `?` incomplete, `s` segment, `g` age; `-` once ended.
    Empty when `first` lies after `day`.
    """
    lo, hi = months.number(first), day.year * 12 + day.month - 1
    size = hi - lo + 1
    if size <= 0:
        return ""
    start = _month_on(_came(worker), day, hi) - lo
    end = _month_on(worker.ended_on, day, hi) - lo if worker.ended_on else size
    why_not = _why_not(worker, rules)
    if why_not:
        letters = [WHY_LETTER[why_not]] * size
    else:
        letters = _letters(worker, contributions, rules, day, lo, hi)
    if end < size:
        letters[max(end, 0) :] = ("-" if why_not else "e") * (size - max(end, 0))
    if start > 0:
        letters[:start] = "-" * min(start, size)
    return "".join(letters)


class Months(NamedTuple):
    """A worker's months, one character each: their letters (`by_month`), and the programmes he was active in.

    programs: a digit a month, 1 for JKK, 2 for JKM and 4 for JHT added up: at the end of the month, of the last month
    on the day; also of who is not counted; 0 in months in which he was not here. segment: None is `bpu`.
    """

    letters: str
    programs: str
    segment: str | None = None


def months_of(worker: Worker, contributions: Collection[Contribution], rules: Rules, first: str, day: date) -> Months:
    """The letters of `by_month`, and beside each the programmes."""
    letters = by_month(worker, contributions, rules, first, day)
    segment = None if worker.segment == "bpu" else worker.segment
    return Months(letters, _digits(letters, contributions, rules, months.number(first), day), segment)


def tasks(
    cover: Cover, contributions: Collection[Contribution], rules: Rules, day: date, *, has_number: bool, has_card: bool
) -> str | None:
    """What is to be done about a worker, one letter each: `k` his card should be in his hands and is not; `a` he was
    reactivated of late, so somebody may see that it lasts. None: nothing.

    has_number: he has a member number; has_card: the day is noted on which he got his card. A card is due when he has a
    number, or when the term after a confirmed payment is over.
    """
    if cover.state != ACTIVE:
        return None
    card_days, lately = _terms(rules, day)
    due = day - timedelta(days=card_days)
    told = ""
    if not has_card and (has_number or any(c.confirmed and c.paid_on and c.paid_on < due for c in contributions)):
        told += CARD
    since, ever = cover.active_since, cover.first_active
    if since and ever and since > ever and (day - since).days < lately:
        told += AGAIN
    return told or None


@lru_cache(maxsize=64)
def _terms(rules: Rules, day: date) -> tuple[int, int]:
    return rules.on("card_within_days", day).value, rules.on("reactivated_days", day).value


def moved(worker: Worker, village: str, on: date) -> tuple[Worker, Worker]:
    """The worker as the village he left sees him, and as the one he came to: counted in one of them on each day."""
    left = replace(worker, ended_on=on, ended_why=MOVED_AWAY)
    return left, replace(worker, village=village, here_since=on)


def _letters(
    worker: Worker, contributions: Collection[Contribution], rules: Rules, day: date, lo: int, hi: int
) -> list[str]:
    jkk, jkm, pending = _months_paid(contributions)
    due_day, limits = _pace(rules, lo, hi)
    halves = _overall(jkk, jkm, lo, hi)
    ends = halves[1::2]
    if day.day <= due_day:
        ends[-1] = halves[-2]
    verified = _month_on(worker.verified_on, day, hi) if worker.verified_on else hi + 1
    letters, month = [], lo
    for run, limit in zip(ends, limits, strict=True):
        letters.append(
            "a" if not run else "r" if run < limit else "i" if run < inf else "w" if month >= verified else "p"
        )
        month += 1
    if letters[-1] == COVERED_LETTER and not (hi in jkk and hi in jkm):
        letters[-1] = STILL_LETTER
    for month in pending:
        if lo <= month <= hi and letters[month - lo] != COVERED_LETTER:
            letters[month - lo] = letters[month - lo].upper()
    return letters


_TOGETHER = frozenset(INDICATOR)
_UNSAID = "x"
_PAID_TOGETHER = str.maketrans(
    {letter: "0" for letter in "-rRiIwWpPe"} | {letter: "3" for letter in "abB"} | dict.fromkeys("?sg", _UNSAID)
)
_NOT_HERE = frozenset("-e")


def _digits(letters: str, contributions: Collection[Contribution], rules: Rules, lo: int, day: date) -> str:
    """The programmes of each month, as `Months` tells them; the letters say in which months he was here."""
    if not contributions:
        return "0" * len(letters)
    if [paid for paid in contributions if paid.programs != _TOGETHER] == []:
        told = letters.translate(_PAID_TOGETHER)  # nearly everybody's: active is active in both
        if _UNSAID not in told:
            return told
    hi = lo + len(letters) - 1
    by_program = {bit: _months_of(program, contributions) for program, bit in PROGRAM_BITS.items()}
    if letters and day.day <= _pace(rules, hi, hi)[0]:  # not due yet: the month before still covers
        for named in by_program.values():
            if hi - 1 in named:
                named.add(hi)
    digits = (
        0 if letter in _NOT_HERE else sum(bit for bit, named in by_program.items() if month in named)
        for month, letter in enumerate(letters, lo)
    )
    return "".join(map(str, digits))


def _overall(jkk: set[int], jkm: set[int], lo: int, hi: int) -> list[float]:
    halves = _unpaid(jkk, lo, hi)
    # Nearly always the two are paid together.
    return halves if jkk == jkm else list(map(max, halves, _unpaid(jkm, lo, hi)))


def _unpaid(covered: set[int], lo: int, hi: int) -> list[float]:
    """Unpaid months in a row, twice a month: up to its due day, and after it. inf while none was ever covered."""
    run: float = inf
    if covered and min(covered) < lo:
        run = lo - 1 - max(month for month in covered if month < lo)
    halves: list[float] = []
    for month in range(lo, hi + 1):
        if month in covered:
            run = 0
            halves += (0, 0)
        else:
            halves += (run, run + 1)
            run += 1
    return halves


def _story(jkk: set[int], jkm: set[int], rules: Rules, day: date) -> list[tuple[int, str]]:
    """Each change of the overall state up to `day`: the half month it began in, and the state.

    A half is month * 2, and one more after the due day. Empty while JKK or JKM was never covered.
    """
    hi = months.of_day(day)
    lo = max(min(jkk, default=hi + 1), min(jkm, default=hi + 1))
    if lo > hi:
        return []
    due_day, limits = _pace(rules, lo, hi)
    halves = _overall(jkk, jkm, lo, hi)
    if day.day <= due_day:
        halves.pop()
    story: list[tuple[int, str]] = []
    for half, run in enumerate(halves):
        state = _state(run, limits[half // 2])
        if state and (not story or story[-1][1] != state):
            story.append((lo * 2 + half, state))
    return story


def _begins(half: int, rules: Rules) -> date:
    month, overdue = divmod(half, 2)
    first = months.first_day(month)
    return first + timedelta(days=_pace(rules, month, month)[0]) if overdue else first


def _run_on(day: date, covered: set[int], rules: Rules) -> float:
    """Unpaid months in a row on `day`, of one programme by its covered months; inf when none was ever covered."""
    month = months.of_day(day)
    until_due_day, after_it = _unpaid(covered, month, month)
    return after_it if day.day > _pace(rules, month, month)[0] else until_due_day


def _state(run: float, limit: int) -> str | None:
    return ACTIVE if not run else IN_ARREARS if run < limit else INACTIVE if run < inf else None


@lru_cache(maxsize=4096)
def _pace(rules: Rules, lo: int, hi: int) -> tuple[int, tuple[int, ...]]:
    """The due day of the month `hi`, and from how many unpaid months on each month of `lo`..`hi` calls inactive."""
    limits = tuple(rules.on("arrears_limit", months.first_day(month)).value for month in range(lo, hi + 1))
    return rules.on("due_day", months.first_day(hi)).value, limits


def _month_on(event: date, day: date, hi: int) -> int:
    """The first month whose letter knows of an event: its own, or for one that comes after `day` a later one."""
    return event.year * 12 + event.month - 1 if event <= day else hi + 1


def _months_paid(contributions: Collection[Contribution]) -> tuple[set[int], set[int], set[int]]:
    """Months confirmed for JKK, for JKM, and months named by unconfirmed payments for either."""
    jkk: set[int] = set()
    jkm: set[int] = set()
    pending: set[int] = set()
    for paid in contributions:
        named, programs = months.numbers(paid.months), paid.programs
        if paid.confirmed:
            if "JKK" in programs:
                jkk.update(named)
            if "JKM" in programs:
                jkm.update(named)
        elif "JKK" in programs or "JKM" in programs:
            pending.update(named)
    return jkk, jkm, pending


def _months_of(program: str, contributions: Collection[Contribution]) -> set[int]:
    paid = (one for one in contributions if one.confirmed and program in one.programs)
    return {month for one in paid for month in months.numbers(one.months)}


def _payers(program: str, month: int, contributions: Collection[Contribution]) -> tuple[str, ...]:
    name = months.text(month)
    paid = (one for one in contributions if one.confirmed and program in one.programs and name in one.months)
    return tuple(sorted({one.funding for one in paid if one.funding}))


def _programs(worker: Worker, contributions: Collection[Contribution]) -> list[str]:
    paid = {program for one in contributions if one.confirmed for program in one.programs}
    return [*INDICATOR, *sorted((worker.programs | paid) - set(INDICATOR))]


def _came(worker: Worker) -> date:
    return max(worker.here_since or worker.registered_on, worker.registered_on)


def _outside(worker: Worker, day: date) -> str | None:
    """The state of a day on which no contribution matters here: before he came, and after he ended."""
    if day < _came(worker):
        return NOT_YET
    return ENDED if worker.ended_on and worker.ended_on <= day else None


def _never_covered(worker: Worker, why_not: str | None, day: date) -> str:
    if not worker.verified_on or worker.verified_on > day:
        return PROPOSED
    # Nobody is asked to pay for a worker who can't be a member, or whose record can't be sent in.
    return VERIFIED if why_not else AWAITING


def _since(state: str, worker: Worker, story: list[tuple[int, str]], rules: Rules) -> date | None:
    if state == NOT_YET:
        return None
    if state == ENDED:
        return max(worker.ended_on or date.min, _came(worker))
    if state in (VERIFIED, AWAITING):
        began = worker.verified_on
    else:
        began = _begins(story[-1][0], rules) if story else None
    return max(began or worker.registered_on, worker.registered_on)


def _why_not(worker: Worker, rules: Rules) -> str | None:
    """Why he is not counted: first what no completion of the record would mend."""
    segments, age_min, age_below = _limits(rules, worker.registered_on)
    if (worker.segment or "bpu") not in segments:
        return SEGMENT
    if worker.birth_date and not age_min <= age_on(worker.birth_date, worker.registered_on) < age_below:
        return AGE
    return None if worker.complete and worker.birth_date else INCOMPLETE


@lru_cache(maxsize=4096)
def _limits(rules: Rules, day: date) -> tuple[tuple[str, ...], int, int]:
    return tuple(rules.on(name, day).value for name in ("counted_segments", "age_min", "age_below"))


def age_on(birth_date: date, day: date) -> int:
    """Completed years. Who was born on 29 February completes one on 1 March of a common year."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
