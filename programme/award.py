"""Awards: what a village's numbers come to, why it is out, and who stands where. Scales and limits are `rules/award.toml`.

    measured = measure(facts, rules, day)      each criterion: numerator, denominator, value, points 0 to 100, and why none
    signs(facts, rules, day)                   what speaks for padded data, with its limit
    computed(points, weights)                  0 to 100 over the criteria that are computed
    total(computed, panel, weights)            with the judges' part
    standings(placed, ties)                    rank within a band; who is level shares it

A score is rounded to two digits, as it is printed: villages are level exactly where their printed scores are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import fsum
from typing import Any, NamedTuple

from programme.indicators import interval
from programme.rules import Rules

DIGITS = 2  # of a score, as it is printed
POINT_DIGITS = 4
NEAR, REMOTE, UNKNOWN = "near", "remote", "unknown"
SMALL, LARGE = "small", "large"

NO_DENOMINATOR, ABOVE_WHOLE, NO_PROFILE, NO_BEFORE, NO_CASE, NO_MEMBER, NOT_JUDGED = (
    "no_denominator", "above_whole", "no_profile", "no_before", "no_case", "no_member", "not_judged",
)  # fmt: skip
"""Why a criterion can't be said of a village."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one village. All are counts of people unless said otherwise; None is not known.

    eligible, active: BPU workers and active members, in the last month of the period, as frozen. active_before: active in
    the month before the period. retained_of: active in its first month and not ended since; retained: of those, active in
    every month of it. apparatus: staff that there are; apparatus_active: those protected. village_budget: rupiah of
    that year. accidents, in_time: reports. months: of the period; months_met: those with a visit, meeting or feedback.
    registered: whom the records hold; verified: complete, with a sound NIK, and verified. pairs: likely or proven doubles.
    born_after, in_future: impossible dates of registration. same_day, same_birth: the most with one date. odd: no NIK, an
    odd or an unverified one. orphans: confirmed payments whose worker is not there. last_week: registered in the seven days
    before the freeze. remoteness: 1 to 5.
    """

    village: str
    eligible: int | None = None
    active: int = 0
    active_before: int | None = None
    retained: int = 0
    retained_of: int = 0
    apparatus: int | None = None
    apparatus_active: int = 0
    village_budget: int | None = None
    accidents: int = 0
    in_time: int = 0
    months: int = 12
    months_met: int = 0
    registered: int = 0
    verified: int = 0
    pairs: int = 0
    born_after: int = 0
    in_future: int = 0
    same_day: int = 0
    same_birth: int = 0
    odd: int = 0
    orphans: int = 0
    last_week: int = 0
    remoteness: int | None = None


class Measured(NamedTuple):
    """One criterion of one village.

    value: a share, or rupiah a worker; None where it can't be said. counts_as: the value that is laid on the scale: of few
    people the interval's lower end. points: 0 to 100; None where the criterion is left out for this village. because:
    why nothing can be said, or why full points are given ("held").
    """

    criterion: str
    numerator: float | None
    denominator: float | None
    value: float | None
    counts_as: float | None
    points: float | None
    interval: tuple[float, float] | None
    because: str | None
    none: float
    full: float


class Sign(NamedTuple):
    """What speaks for padded data. number of the village's `of`; is_out: it is beyond the limit."""

    reason: str
    number: int
    of: int | None
    share: float | None
    limit_share: float
    limit_number: int
    is_out: bool


class Panel(NamedTuple):
    """What judges gave a village in one criterion: as many as gave it, their mean, the lowest and the highest."""

    judges: int
    mean: float | None
    lowest: float | None
    highest: float | None


class Placed(NamedTuple):
    """A village that is to be ranked. score: rounded. points: by criterion, for ties; None counts as none."""

    village: str
    band: str
    score: float
    points: Mapping[str, float | None]


class Place(NamedTuple):
    village: str
    band: str
    rank: int
    score: float


# Criteria -------------------------------------------------------------------------------------------------------------


def criteria(rules: Rules, day: date) -> list[str]:
    """All that there are on a day, in their order."""
    return list(rules.on("award_criteria", day).value)


def panel_criteria(rules: Rules, day: date) -> list[str]:
    return list(rules.on("award_panel", day).value)


def default_weights(rules: Rules, day: date) -> dict[str, float]:
    return {name: _scale(rules, name, day)["weight"] for name in criteria(rules, day)}


def weights_fault(weights: Mapping[str, float], rules: Rules, day: date) -> str | None:
    """Why weights can't be published: `unknown`, `negative`, `sum`, `none_computed`; None where they can."""
    if weights.keys() - set(criteria(rules, day)):
        return "unknown"
    if any(weight < 0 for weight in weights.values()):
        return "negative"
    if round(fsum(weights.values()), 6) != 100:
        return "sum"
    return None if any(w for name, w in weights.items() if name not in panel_criteria(rules, day)) else "none_computed"


def measure(facts: Facts, rules: Rules, day: date) -> list[Measured]:
    """Every computed criterion of a village, in their order, by the rules of `day`: the one on which they were published."""
    judged = set(panel_criteria(rules, day))
    return [_MEASURES[name](facts, rules, day) for name in criteria(rules, day) if name not in judged]


def _scale(rules: Rules, criterion: str, day: date) -> Mapping[str, Any]:
    scale: Mapping[str, Any] = rules.on(f"award_{criterion}", day).value
    return scale


def points_on(value: float, none: float, full: float) -> float:
    """0 at `none` and below, 100 at `full` and above, in proportion between."""
    return round(min(1.0, max(0.0, (value - none) / (full - none))) * 100, POINT_DIGITS)


def _share(
    criterion: str, numerator: int, denominator: int | None, rules: Rules, day: date, lacking: str = NO_DENOMINATOR
) -> Measured:
    """A share on its scale. Above the whole the denominator is wrong, and points on it would reward that: there are none."""
    scale = _scale(rules, criterion, day)
    if not denominator:
        return _unsaid(criterion, numerator, denominator, scale, lacking)
    if numerator > denominator:
        unsaid = _unsaid(criterion, numerator, denominator, scale, ABOVE_WHOLE)
        return unsaid._replace(value=numerator / denominator, points=0.0)  # left out it would be worth more than shown
    share = numerator / denominator
    is_small = scale["small"] == "interval" and denominator < rules.on("award_small_below", day).value
    ends = interval(numerator, denominator) if is_small else None
    counts_as = ends[0] if ends else share
    points = points_on(counts_as, scale["none"], scale["full"])
    return Measured(
        criterion, numerator, denominator, share, counts_as, points, ends, None, scale["none"], scale["full"]
    )  # fmt: skip


def _unsaid(
    criterion: str, numerator: float | None, denominator: float | None, scale: Mapping[str, Any], because: str
) -> Measured:
    points = 0.0 if scale["missing"] == "zero" else None
    return Measured(
        criterion, numerator, denominator, None, None, points, None, because, scale["none"], scale["full"]
    )  # fmt: skip


def _coverage(facts: Facts, rules: Rules, day: date) -> Measured:
    return _share("coverage", facts.active, facts.eligible, rules, day)


def _growth(facts: Facts, rules: Rules, day: date) -> Measured:
    """Members gained, of the workers there are now: one denominator for both ends, so that none can be chosen to grow."""
    scale = _scale(rules, "growth", day)
    if facts.active_before is None:
        return _unsaid("growth", None, facts.eligible, scale, NO_BEFORE)
    gained = facts.active - facts.active_before
    made = _share("growth", max(0, gained), facts.eligible, rules, day)
    if made.because is None and facts.eligible and facts.active > facts.eligible:
        made = _unsaid("growth", gained, facts.eligible, scale, ABOVE_WHOLE)._replace(value=made.value, points=0.0)
    if made.because is None and facts.eligible and facts.active_before > scale["held_from"] * facts.eligible:
        if facts.active > scale["held_from"] * facts.eligible:
            made = made._replace(points=100.0, because="held")
    return made._replace(numerator=gained, value=gained / facts.eligible if facts.eligible else None)


def _retention(facts: Facts, rules: Rules, day: date) -> Measured:
    return _share("retention", facts.retained, facts.retained_of, rules, day, NO_MEMBER)


def _apparatus(facts: Facts, rules: Rules, day: date) -> Measured:
    return _share("apparatus", facts.apparatus_active, facts.apparatus, rules, day, NO_PROFILE)


def _budget(facts: Facts, rules: Rules, day: date) -> Measured:
    scale = _scale(rules, "budget", day)
    if facts.village_budget is None:
        return _unsaid("budget", None, facts.eligible, scale, NO_PROFILE)
    if not facts.eligible:
        return _unsaid("budget", facts.village_budget, facts.eligible, scale, NO_DENOMINATOR)
    a_worker = facts.village_budget / facts.eligible
    points = points_on(a_worker, scale["none"], scale["full"])
    return Measured("budget", facts.village_budget, facts.eligible, a_worker, a_worker, points, None, None,
                    scale["none"], scale["full"])  # fmt: skip


def _claims(facts: Facts, rules: Rules, day: date) -> Measured:
    return _share("claims", facts.in_time, facts.accidents, rules, day, NO_CASE)


def _quality(facts: Facts, rules: Rules, day: date) -> Measured:
    return _share("quality", facts.verified, facts.registered, rules, day)


def _participation(facts: Facts, rules: Rules, day: date) -> Measured:
    return _share("participation", min(facts.months_met, facts.months), facts.months, rules, day)


_MEASURES: Mapping[str, Callable[[Facts, Rules, date], Measured]] = {
    "coverage": _coverage, "growth": _growth, "retention": _retention, "apparatus": _apparatus, "budget": _budget,
    "claims": _claims, "quality": _quality, "participation": _participation,
}  # fmt: skip


# Scores ---------------------------------------------------------------------------------------------------------------


def computed(points: Mapping[str, float | None], weights: Mapping[str, float]) -> float:
    """The weighted mean of the criteria that can be said, 0 to 100. points: None where one is left out for this village.

    0 where none of those that weigh can be said.
    """
    said = sorted((name, weights[name]) for name, each in points.items() if each is not None and weights.get(name))
    weight = fsum(each for _, each in said)
    return round(fsum((points[name] or 0.0) * each for name, each in said) / weight, POINT_DIGITS) if weight else 0.0


def total(
    computed_score: float, panel: Mapping[str, float | None], weights: Mapping[str, float], judged: Collection[str]
) -> float:
    """Computed part and judges' part together, as it is printed. judged: names of the panel's criteria.

    A village that the judges did not see has no points of theirs.
    """
    weight = fsum(each for name, each in weights.items() if name not in judged)
    given = [(panel.get(name) or 0.0) * weights.get(name, 0.0) / 100 for name in sorted(judged)]
    return round(fsum([computed_score * weight / 100, *given]), DIGITS)


def mean_of(points: Iterable[float]) -> Panel:
    """The judges' points of one criterion, in whatever order they came."""
    given = sorted(points)
    if not given:
        return Panel(0, None, None, None)
    return Panel(len(given), round(fsum(given) / len(given), POINT_DIGITS), given[0], given[-1])


# Fairness -------------------------------------------------------------------------------------------------------------


def band(facts: Facts, rules: Rules, day: date) -> str:
    """With which villages one is compared: `<size>_<remoteness>`, each with an own word for what is not known."""
    rule = rules.on("award_bands", day).value
    size = UNKNOWN if not facts.eligible else SMALL if facts.eligible < rule["small_below"] else LARGE
    far = UNKNOWN if facts.remoteness is None else REMOTE if facts.remoteness >= rule["remote_from"] else NEAR
    return f"{size}_{far}"


def takes_part(village: str, rules: Rules, day: date) -> bool:
    """Whether a region's code is a village's that may win: urban wards have no village budget."""
    return village.rpartition(".")[2][:1] in rules.on("award_candidates", day).value


def signs(facts: Facts, rules: Rules, day: date) -> list[Sign]:
    """Every sign of padded data with its number, limit, and whether the village is out for it; in the rules' order."""
    return [_sign(reason, facts, rules, day) for reason in rules.on("award_outs", day).value]


_NUMBERS: Mapping[str, Callable[[Facts], int]] = {
    "duplicates": lambda facts: facts.pairs, "dates": lambda facts: facts.born_after + facts.in_future,
    "same_day": lambda facts: facts.same_day, "births": lambda facts: facts.same_birth, "niks": lambda facts: facts.odd,
    "orphans": lambda facts: facts.orphans, "above_whole": lambda facts: facts.active,
    "last_week": lambda facts: facts.last_week,
}  # fmt: skip
_OF: Mapping[str, Callable[[Facts], int | None]] = {
    "registered": lambda facts: facts.registered, "eligible": lambda facts: facts.eligible,
}  # fmt: skip


def _sign(reason: str, facts: Facts, rules: Rules, day: date) -> Sign:
    limit = rules.on(f"award_out_{reason}", day).value
    number, of = _NUMBERS[reason](facts), _OF[limit["of"]](facts)
    share = number / of if of else None
    # Of nobody at all, any number is too many; where it is not known of how many, nothing can be said.
    is_out = number >= limit["least"] and of is not None and (share is None or share > limit["share"])
    return Sign(reason, number, of, share, limit["share"], limit["least"], is_out)


# Places ---------------------------------------------------------------------------------------------------------------


def standings(placed: Iterable[Placed], ties: Sequence[str]) -> list[Place]:
    """The ranks within each band, best first. Who is level in score and in each of `ties` shares the rank (1, 1, 3)."""
    bands: dict[str, list[Placed]] = {}
    for each in placed:
        bands.setdefault(each.band, []).append(each)
    return [place for name in sorted(bands) for place in _ranked(bands[name], ties)]


def _ranked(placed: list[Placed], ties: Sequence[str]) -> list[Place]:
    def key(each: Placed) -> tuple[float, ...]:
        return (-each.score, *(-(each.points.get(name) or 0.0) for name in ties))

    ordered = sorted(placed, key=lambda each: (key(each), each.village))
    places: list[Place] = []
    for number, each in enumerate(ordered, 1):
        is_level = number > 1 and key(each) == key(ordered[number - 2])
        places.append(Place(each.village, each.band, places[-1].rank if is_level else number, each.score))
    return places


def shortlist(places: Iterable[Place], most: int) -> set[str]:
    """The villages of each band that the judges see: of a rank up to `most`, however many share it; none without points."""
    return {place.village for place in places if place.rank <= most and place.score > 0}


def winners(places: Iterable[Place], a_band: int, least: float) -> list[Place]:
    """So many ranks of each band, of those that came to `least` points: to be alone in a band is no merit."""
    return [place for place in places if place.rank <= a_band and place.score >= least]
