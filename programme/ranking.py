"""Who is funded first: a score of 0 to 100 from criteria that a regency weighs, with what it rests on, and who is left out.

A criterion gives 0 to 1 of its weight. Whatever is not known gives nothing and is told as unknown, so that an officer can
ask for it. Of equal scores who registered earlier comes first, and then a hash of the record decides, which favours nobody
by name, village or number.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from heapq import heappush, heapreplace
from typing import NamedTuple

from programme import months
from programme.coverage import ACTIVE, age_on
from programme.rules import Rules

__all__ = [
    "CRITERIA", "Candidate", "First", "Part", "Policy", "Ranked", "Standing", "defaults", "first_of", "ranked", "standing",
    "why_out",
]  # fmt: skip

CRITERIA = ("remoteness", "decile", "risk", "age", "waiting")
MOST_REMOTE, POOREST, RICHEST, RISKIEST = 5, 1, 10, 5
NOBODY = frozenset({"deceased", "withdrawn", "moved_away"})

# Why somebody is not ranked, in the order in which one reason is told before another.
RESTRICTED, GONE, NOT_VERIFIED, INCOMPLETE, SEGMENT, AGE = (
    "restricted", "gone", "not_verified", "incomplete", "segment", "age",
)  # fmt: skip
LISTED, FUNDED, PAYS_HIMSELF, DECILE = "listed", "funded", "pays_himself", "decile"
REASONS = (RESTRICTED, GONE, NOT_VERIFIED, INCOMPLETE, SEGMENT, AGE, LISTED, FUNDED, PAYS_HIMSELF, DECILE)


@dataclass(frozen=True, slots=True)
class Policy:
    """A regency's rule. weights: by criterion, not all 0; deciles_up_to: whose decile is above is left out.

    age_from, age_below: in completed years on the day of ranking.
    """

    weights: Mapping[str, float]
    deciles_up_to: int
    age_from: int
    age_below: int


class Candidate(NamedTuple):
    """What is known of one worker. remoteness: of his village, 1 to 5. state: of his cover; funding: who pays for him.

    listed: his name stands on a decree whose months overlap. Days are ISO text, as records have them.
    """

    record: str
    village: str
    remoteness: int | None
    decile: int | None
    decile_at: str | None
    occupation: str | None
    birth_date: str | None
    registered_on: str
    segment: str
    status: str
    incomplete: bool
    restricted: bool
    state: str
    funding: str | None
    listed: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One criterion of a score. share: 0 to 1 of its weight; value: what it was taken from, None where that is unknown.

    points: what it adds to the score. is_old: a decile that should be looked at again.
    """

    criterion: str
    value: int | None
    share: float
    weight: float
    points: float
    is_old: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """score: 0 to 100 with two decimals, the sum of `parts`; None, and why, of somebody who is left out."""

    score: float | None
    parts: tuple[Part, ...]
    why_out: str | None


@dataclass(frozen=True, slots=True)
class Ranked:
    """Somebody in his place. rank: 1 is first."""

    rank: int
    candidate: Candidate
    score: float


def defaults(rules: Rules, day: date) -> Policy:
    """The rule that holds where a regency has none of its own in force."""
    value = {name: rules.on(f"ranking_{name}", day).value for name in ("weights", "deciles_up_to", "age_from", "age_below")}
    return Policy(dict(value["weights"]), value["deciles_up_to"], value["age_from"], value["age_below"])


def standing(one: Candidate, policy: Policy, rules: Rules, day: date) -> Standing:
    """One person's score and what it is made of; the parts are told of somebody who is left out as well."""
    setting = _setting(rules, day)
    told = []
    together = sum(policy.weights.get(criterion, 0) for criterion in CRITERIA)
    for criterion in CRITERIA:
        weight = policy.weights.get(criterion, 0)
        value, share = _MEASURE[criterion](one, setting)
        is_old = criterion == "decile" and _is_old(one, setting)
        points = 100 * weight * share / together if together else 0.0
        told.append(Part(criterion, value, share, weight, round(points, 2), is_old))
    why = why_out(one, policy, day)
    return Standing(None if why else _score(one, policy, setting), tuple(told), why)


def why_out(one: Candidate, policy: Policy, day: date) -> str | None:
    """Why somebody is not ranked, the first of `REASONS` that holds; None of who is."""
    if one.restricted:
        return RESTRICTED
    if one.status in NOBODY:
        return GONE
    if one.status != "verified":
        return NOT_VERIFIED
    if one.incomplete or one.birth_date is None:
        return INCOMPLETE
    if one.segment != "bpu":
        return SEGMENT
    born = _day(one.birth_date)
    if born is None or not policy.age_from <= age_on(born, day) < policy.age_below:
        return AGE
    if one.listed:
        return LISTED
    if one.state == ACTIVE:
        return PAYS_HIMSELF if one.funding in (None, "self") else FUNDED
    if one.decile is not None and one.decile > policy.deciles_up_to:
        return DECILE
    return None


def ranked(people: Iterable[Candidate], policy: Policy, rules: Rules, day: date) -> list[Ranked]:
    """Everybody who is ranked, in order: for few people. For many see `first_of`."""
    setting = _setting(rules, day)
    some = [(_key(one, policy, setting), one) for one in people if why_out(one, policy, day) is None]
    some.sort(key=lambda each: each[0])
    return [Ranked(place + 1, one, -key[0]) for place, (key, one) in enumerate(some)]


@dataclass(frozen=True, slots=True)
class First:
    """The first of many, how many are ranked at all, and how many are left out by why."""

    people: list[Ranked]
    ranked: int
    out: dict[str, int]


def first_of(people: Iterable[Candidate], most: int, policy: Policy, rules: Rules, day: date) -> First:
    """The first `most` of any number of people, who are looked at once and not kept: memory is that of `most`."""
    setting = _setting(rules, day)
    heap: list[tuple[_Backwards, Candidate]] = []
    count, out = 0, dict.fromkeys(REASONS, 0)
    for one in people:
        why = why_out(one, policy, day)
        if why is not None:
            out[why] += 1
            continue
        count += 1
        if len(heap) < most:
            heappush(heap, (_Backwards(_key(one, policy, setting)), one))
        elif most and -heap[0][0].key[0] <= (score := _score(one, policy, setting)):
            key = _key_of(one, score)
            if key < heap[0][0].key:
                heapreplace(heap, (_Backwards(key), one))
    best = sorted(heap, key=lambda each: each[0].key)
    return First(
        [Ranked(place + 1, one, -back.key[0]) for place, (back, one) in enumerate(best)], count,
        {why: number for why, number in out.items() if number},
    )  # fmt: skip


Key = tuple[float, str, str]


class _Backwards:
    """A key that sorts the other way round, so that a heap's first is the last of those it keeps."""

    __slots__ = ("key",)

    def __init__(self, key: Key) -> None:
        self.key = key

    def __lt__(self, other: "_Backwards") -> bool:
        return other.key < self.key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Backwards) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)


def _key(one: Candidate, policy: Policy, setting: "_Setting") -> Key:
    return _key_of(one, _score(one, policy, setting))


def _key_of(one: Candidate, score: float) -> Key:
    return -score, one.registered_on, sha256(one.record.encode()).hexdigest()


def _score(one: Candidate, policy: Policy, setting: "_Setting") -> float:
    got, together = 0.0, 0.0
    for criterion, measure in _MEASURE.items():
        weight = policy.weights.get(criterion, 0)
        if weight:
            together += weight
            got += weight * measure(one, setting)[1]
    return round(100 * got / together, 2) if together else 0.0


# What each criterion gives --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Setting:
    day: date
    risk: Mapping[str, int]
    usual_risk: int
    no_age_until: int
    full_age_from: int
    waiting_months: int
    decile_days: int


@lru_cache(maxsize=64)
def _setting(rules: Rules, day: date) -> _Setting:
    risk, age = rules.on("ranking_risk", day).value, rules.on("ranking_age_points", day).value
    return _Setting(
        day, dict(risk["levels"]), risk["usual"], age["none_until"], age["full_from"],
        rules.on("ranking_waiting_points", day).value["full_months"], rules.on("ranking_decile_days", day).value,
    )  # fmt: skip


def _remoteness(one: Candidate, setting: _Setting) -> tuple[int | None, float]:
    if one.remoteness is None:
        return None, 0.0
    return one.remoteness, _within(one.remoteness - 1, MOST_REMOTE - 1)


def _decile(one: Candidate, setting: _Setting) -> tuple[int | None, float]:
    if one.decile is None:
        return None, 0.0
    return one.decile, _within(RICHEST - one.decile, RICHEST - POOREST)


def _risk(one: Candidate, setting: _Setting) -> tuple[int | None, float]:
    if one.occupation is None:
        return None, 0.0
    level = setting.risk.get(one.occupation, setting.usual_risk)
    return level, _within(level - 1, RISKIEST - 1)


def _age(one: Candidate, setting: _Setting) -> tuple[int | None, float]:
    born = _day(one.birth_date)
    if born is None:
        return None, 0.0
    age = age_on(born, setting.day)
    return age, _within(age - setting.no_age_until, setting.full_age_from - setting.no_age_until)


def _waiting(one: Candidate, setting: _Setting) -> tuple[int | None, float]:
    since = _day(one.registered_on)
    if since is None:
        return None, 0.0
    waited = max(0, months.of_day(setting.day) - months.of_day(since))
    return waited, _within(waited, setting.waiting_months)


def _is_old(one: Candidate, setting: _Setting) -> bool:
    """Of a decile: that nobody knows when it was told, or that it was long ago."""
    if one.decile is None:
        return False
    told = _day(one.decile_at)
    return told is None or (setting.day - told).days > setting.decile_days


_MEASURE = {"remoteness": _remoteness, "decile": _decile, "risk": _risk, "age": _age, "waiting": _waiting}


def _within(part: int, whole: int) -> float:
    return min(1.0, max(0.0, part / whole)) if whole > 0 else float(part >= 0)


@lru_cache(maxsize=65536)
def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
