"""Monitoring and evaluation: indicators of a place over a period, held against targets; what an outreach session brought.

Each indicator is one pure formula over what was counted. It gives a numerator and a denominator beside its value, and
where nothing can be said it says why: no number is made up, and none is clamped.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import NamedTuple

from programme.coverage import COVERED_LETTER, STILL_LETTER
from programme.indicators import SMALL, rate
from programme.rules import Rules

__all__ = [
    "ABOUT", "INDICATORS", "About", "Counted", "Credit", "Judged", "Result", "Session", "conversions", "in_time", "judged",
    "measured", "overdue_from", "retention",
]  # fmt: skip

Both = tuple[str, str]
ACTIVE_LETTERS = COVERED_LETTER + STILL_LETTER + STILL_LETTER.upper()

MET, MISSED, UNKNOWN = "met", "missed", "unknown"
NO_DENOMINATOR, NOTHING_YET, NOT_KEPT = "no_denominator", "nothing_yet", "not_kept"
"""Why nothing can be said, besides `small`: nobody counted; nothing of the kind happened; it was not kept that day."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of one place. None: it was not kept. Places add up, and what is not kept of one is of none.

    active to apparatus_active: figures of the last month (`programme.indicators.Figures`); eligible, active_there: of the
    villages that have a denominator. before: active at the end of the month before the period. retained, retained_of:
    see `retention`. verified, verified_of: counted workers with a valid NIK and a verified registration, and all of them.
    accidents: work accidents of the period; in_time: those whose first report reached the branch in time. sessions,
    attendance, registered, activated: outreach of the period with what followed each.
    """

    active: int | None = 0
    eligible: int | None = 0
    active_there: int | None = 0
    in_arrears: int | None = 0
    covered: int | None = 0
    unconfirmed: int | None = 0
    apparatus: int | None = 0
    apparatus_active: int | None = 0
    before: int | None = 0
    retained: int | None = 0
    retained_of: int | None = 0
    verified: int | None = 0
    verified_of: int | None = 0
    accidents: int | None = 0
    in_time: int | None = 0
    sessions: int | None = 0
    attendance: int | None = 0
    registered: int | None = 0
    activated: int | None = 0

    def __add__(self, other: Counted) -> Counted:
        return Counted(**{name: _sum(getattr(self, name), getattr(other, name)) for name in COUNTED})


COUNTED = tuple(field.name for field in fields(Counted))


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


class Result(NamedTuple):
    """value: a share (1 is all), or of `active` a number; None where it can't be said, and `why` not.

    interval: of a share over few. flag: `denominator` above 1: the denominator is wrong, and that is shown.
    """

    indicator: str
    value: float | None
    numerator: int | None
    denominator: int | None
    why: str | None = None
    interval: tuple[float, float] | None = None
    flag: str | None = None


class Judged(NamedTuple):
    """A result beside its target. target: percent of a share, else a number; None: none was set."""

    result: Result
    target: float | None
    verdict: str | None


class About(NamedTuple):
    """An indicator in words. is_share: told in percent. low_is_good: its target is what may be reached at most."""

    name: Both
    says: Both
    numerator: Both
    denominator: Both
    source: Both
    is_share: bool = True
    low_is_good: bool = False


# The formulas ---------------------------------------------------------------------------------------------------------


def _share(indicator: str, part: int | None, whole: int | None, empty: str = NOTHING_YET) -> Result:
    if part is None or whole is None:
        return Result(indicator, None, part, whole, NOT_KEPT)
    return Result(indicator, part / whole, part, whole) if whole else Result(indicator, None, part, whole, empty)


def coverage(counted: Counted, rules: Rules) -> Result:
    """Active members of eligible workers, in villages that have a denominator.

    Source: SDG and RPJMN indicator 8.8.1(a), BPU members in JKK and JKM of all BPU workers. Under the rule `small_below`
    no rate is told, only its interval (Wilson, 95 %); above 1 it is flagged.
    """
    if counted.active_there is None:
        return Result("rate", None, None, None, NOT_KEPT)
    told = rate(counted.active_there, counted.eligible or None, rules)
    why = None if told.value is not None else SMALL if told.flag == SMALL else NO_DENOMINATOR
    return Result("rate", told.value, told.active, told.eligible, why, told.interval, None if why else told.flag)


def active(counted: Counted, rules: Rules) -> Result:
    """Active members: a number, not a share. Source: UCJ counts active members on the day of the snapshot."""
    return Result("active", counted.active, counted.active, None, NOT_KEPT if counted.active is None else None)


def growth(counted: Counted, rules: Rules) -> Result:
    """How many more are active than before the period began, as a share of those. Below 0 it shrank.

    Source: criterion "growth since the last period" of best-village awards; our formula.
    """
    if counted.active is None or counted.before is None:
        return Result("growth", None, None, counted.before, NOT_KEPT)
    return _share("growth", counted.active - counted.before, counted.before)


def retained(counted: Counted, rules: Rules) -> Result:
    """Active in each of the last twelve months, of those active in the first of them; see `retention`.

    Source: criterion "members active 12 months" of best-village awards; our formula.
    """
    return _share("retention", counted.retained, counted.retained_of)


def arrears(counted: Counted, rules: Rules) -> Result:
    """Members in arrears of all members who are active or in arrears. Source: F19, sustained membership; our formula.

    Who has not paid for the limit of months (rule `arrears_limit`) is a member no more, and in neither number.
    """
    whole = _sum(counted.active, counted.in_arrears)
    return _share("arrears", counted.in_arrears, whole)


def verified(counted: Counted, rules: Rules) -> Result:
    """Counted workers with a valid NIK and a verified registration, of all counted ones.

    Source: criterion "data quality (valid or verified NIK)" of best-village awards; our formula.
    """
    return _share("verified", counted.verified, counted.verified_of)


def unconfirmed(counted: Counted, rules: Rules) -> Result:
    """Paid but not confirmed for the month, of all for whom it is paid.

    Source: a month is covered when the branch has confirmed it; our formula.
    """
    return _share("unconfirmed", counted.unconfirmed, _sum(counted.covered, counted.unconfirmed))


def claims_in_time(counted: Counted, rules: Rules) -> Result:
    """Work accidents of the period whose first report reached the branch in time (rule `accident_report_hours`).

    One that was not reported yet is not in time. Source: the 2 x 24 hour rule of JKK.
    """
    return _share("claims_in_time", counted.in_time, counted.accidents)


def converted(counted: Counted, rules: Rules) -> Result:
    """Workers newly registered after an outreach session (rule `conversion_days`), for each who came to one.

    Source: our setting; above 1 is possible, since those who came tell others.
    """
    return _share("conversions", counted.registered, counted.attendance)


def apparatus(counted: Counted, rules: Rules) -> Result:
    """Registered village apparatus with active JKK and JKM, told apart from BPU coverage. Source: UU 3/2024 (Desa)."""
    return _share("apparatus", counted.apparatus_active, counted.apparatus)


FORMULAS: Mapping[str, Callable[[Counted, Rules], Result]] = {
    "rate": coverage, "active": active, "growth": growth, "retention": retained, "arrears": arrears,
    "verified": verified, "unconfirmed": unconfirmed, "claims_in_time": claims_in_time, "conversions": converted,
    "apparatus": apparatus,
}  # fmt: skip
INDICATORS = tuple(FORMULAS)

OURS: Both = ("Rumus kami", "Our formula")
BEST_VILLAGE: Both = ("Kriteria desa terbaik; rumus kami", "Best-village criteria; our formula")

ABOUT: Mapping[str, About] = {
    "rate": About(
        ("Cakupan", "Coverage"), ("Peserta aktif dari pekerja informal.", "Active members of the informal workers."),
        ("peserta aktif", "active members"), ("pekerja informal", "informal workers"),
        ("SDG/RPJMN 8.8.1(a)", "SDG/RPJMN 8.8.1(a)"),
    ),
    "active": About(
        ("Peserta aktif", "Active members"), ("Jumlah orang, bukan persen.", "A number of people, no share."),
        ("peserta aktif", "active members"), ("", ""), ("Cara hitung UCJ", "As UCJ counts"), is_share=False,
    ),
    "growth": About(
        ("Pertumbuhan", "Growth"), ("Tambahan peserta aktif sejak sebelum periode.",
                                    "More active members than before the period."),
        ("tambahan peserta aktif", "more active members"), ("aktif sebelum periode", "active before the period"),
        BEST_VILLAGE,
    ),
    "retention": About(
        ("Bertahan 12 bulan", "Retention, 12 months"),
        ("Aktif terus selama 12 bulan.", "Active in each of the last 12 months."),
        ("aktif terus", "active throughout"), ("aktif 12 bulan yang lalu", "active 12 months ago"),
        BEST_VILLAGE,
    ),
    "arrears": About(
        ("Menunggak", "In arrears"), ("Makin rendah makin baik.", "The lower the better."),
        ("menunggak", "in arrears"), ("aktif atau menunggak", "active or in arrears"), OURS,
        low_is_good=True,
    ),
    "verified": About(
        ("NIK terverifikasi", "Verified NIK"),
        ("NIK sah dan pendaftarannya sudah diperiksa.", "A valid NIK, and the registration was checked."),
        ("NIK sah dan terverifikasi", "valid and verified"), ("pekerja yang dihitung", "counted workers"),
        BEST_VILLAGE,
    ),
    "unconfirmed": About(
        ("Dibayar, belum dikonfirmasi", "Paid, not confirmed"), ("Makin rendah makin baik.", "The lower the better."),
        ("belum dikonfirmasi", "not confirmed"), ("dibayar bulan itu", "paid for that month"), OURS,
        low_is_good=True,
    ),
    "claims_in_time": About(
        ("Kecelakaan dilaporkan tepat waktu", "Accidents reported in time"),
        ("Laporan pertama sampai ke cabang dalam 2 x 24 jam.", "The first report reached the branch in 2 x 24 hours."),
        ("tepat waktu", "in time"), ("kecelakaan kerja", "work accidents"), ("JKK: 2 x 24 jam", "JKK: 2 x 24 hours"),
    ),
    "conversions": About(
        ("Hasil sosialisasi", "Outreach conversions"),
        ("Pekerja baru terdata per orang yang hadir.", "Workers newly registered for each who came."),
        ("baru terdata", "newly registered"), ("hadir", "came"), OURS,
    ),
    "apparatus": About(
        ("Perangkat desa terlindungi", "Village staff covered"),
        ("Dihitung terpisah dari pekerja mandiri.", "Told apart from self-employed workers."),
        ("perangkat aktif", "staff active"), ("perangkat terdata", "staff registered"),
        ("UU 3/2024 (Desa)", "UU 3/2024 (Desa)"),
    ),
}  # fmt: skip


def measured(counted: Counted, rules: Rules) -> dict[str, Result]:
    """All indicators of a place."""
    return {name: formula(counted, rules) for name, formula in FORMULAS.items()}


def judged(result: Result, target: float | None) -> Judged:
    """Whether a target is met; a target of a share is in percent. Few workers: only when the whole interval agrees."""
    if target is None:
        return Judged(result, None, None)
    about = ABOUT[result.indicator]
    wanted = target / 100 if about.is_share else target
    low, high = result.interval if result.interval else (result.value, result.value)
    if low is None or high is None:
        return Judged(result, target, UNKNOWN)
    # Two thirds, told as 66.7, are not missed by a digit that nobody sees.
    near = 0.0005 if about.is_share else 0
    reached = [value <= wanted + near if about.low_is_good else value >= wanted - near for value in (low, high)]
    return Judged(result, target, MET if all(reached) else UNKNOWN if any(reached) else MISSED)


# What is counted ------------------------------------------------------------------------------------------------------


def retention(letters: Iterable[tuple[int, str, int]], month: int, rules: Rules) -> tuple[int, int]:
    """How many workers were active in each of the twelve months up to `month`, and how many in the first of them.

    letters: (first month, letters of `coverage.by_month`, number of workers). Months as `programme.months` counts them.
    Who left or joined meanwhile, or missed a month, did not stay; who was active later alone is in neither number.
    """
    long: int = rules.latest("retention_months").value
    stayed = were = 0
    for first, story, workers in letters:
        start = month - long + 1 - first
        if start < 0 or start >= len(story) or story[start] not in ACTIVE_LETTERS:
            continue
        were += workers
        span = story[start : start + long]
        stayed += workers if len(span) == long and all(letter in ACTIVE_LETTERS for letter in span) else 0
    return stayed, were


def in_time(event: date, told: date | None, rules: Rules) -> bool | None:
    """Whether the first report of an accident was in time by the rule of its day; None: nobody has told the branch.

    The day it was told is known and not the hour, so the whole last day counts: 2 x 24 hours end within it.
    """
    return None if told is None else (told - event).days * 24 <= rules.on("accident_report_hours", event).value


def overdue_from(said: date, rules: Rules) -> date:
    """The first day on which feedback of that day has waited too long for an answer."""
    return said + timedelta(days=rules.latest("feedback_days").value + 1)


class Session(NamedTuple):
    """An outreach session in one village."""

    record: str
    on: date


@dataclass(frozen=True, slots=True)
class Credit:
    """What followed a session: workers newly registered, and newly active."""

    registered: int = 0
    activated: int = 0


def conversions(
    sessions: Collection[Session], registered: Iterable[date], activated: Iterable[date], rules: Rules
) -> dict[str, Credit]:
    """What each of a village's sessions brought.

    registered: of each worker the day he was registered; activated: of each who ever became active the day on which his
    first confirmed contribution was paid. A worker is credited to the last session up to that day, if it was no longer
    ago than `conversion_days` (the day itself is the first); of two on one day to the one whose record comes first. So
    nobody is counted twice in one of the two numbers, however the sessions overlap.
    """
    long: int = rules.latest("conversion_days").value
    ordered = sorted(sessions, key=lambda session: (session.on, session.record))
    first_of_day: dict[date, str] = {}
    for session in ordered:
        first_of_day.setdefault(session.on, session.record)
    days = sorted(first_of_day)
    new, live = _credited(days, registered, long), _credited(days, activated, long)
    credits = {session.record: Credit() for session in ordered}
    for day, record in first_of_day.items():
        credits[record] = Credit(new.get(day, 0), live.get(day, 0))
    return credits


def _credited(days: Sequence[date], happened: Iterable[date], long: int) -> dict[date, int]:
    found: dict[date, int] = {}
    for day in happened:
        place = bisect_right(days, day) - 1
        if place >= 0 and (day - days[place]).days <= long:
            found[days[place]] = found.get(days[place], 0) + 1
    return found
