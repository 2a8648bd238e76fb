"""What an award knows of each village when it is scored: frozen figures, and counts of people, of whom none is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from programme import award as law
from programme import months
from programme.award import Facts
from programme.rules import Rules
from schemas import nik
from schemas.region import is_village
from server.actions import profiles
from server.db import Connection
from server.store import awards as store
from server.store import entries, regions, snapshots
from server.store.awards import Line, Person, Standing, Story

ACTIVE = "abB"  # letters of `programme.coverage` that are active members
ENDED = "e"
GONE = frozenset({"withdrawn", "deceased", "moved_away"})
WEEK = timedelta(days=7)
DAYS_OFFERED = 40
MEETING = "meeting"


class Gathered(NamedTuple):
    """facts: of the villages that have any. about: where the numbers are from, the same for all of them."""

    facts: list[Facts]
    about: dict[str, Any]
    eligible_months: dict[str, str | None]
    profile_years: dict[str, int]


def days_with(connection: Connection, month: int) -> list[str]:
    """The newest frozen days that hold figures of a month."""
    days = [each.day for each in snapshots.days(connection)][:DAYS_OFFERED]
    return snapshots.days_of_month(connection, days, month)


def gather(
    connection: Connection, region: str, first: str, last: str, day: str, rules: Rules, on: date
) -> Gathered:  # fmt: skip
    """The facts of a region's villages for a period, with the figures that were frozen on `day`."""
    known = [
        each for each in regions.known_under(connection, region)
        if is_village(each.code) and each.ended_on is None and law.takes_part(each.code, rules, on)
    ]  # fmt: skip
    first_no, last_no = months.number(first), months.number(last)
    frozen = store.frozen(connection, region, day, last_no)
    days = [each.day for each in snapshots.days(connection) if each.day <= day]
    before, before_day = store.active_then(connection, region, first_no - 1, days)
    people = _People(date.fromisoformat(day))
    for person in store.people(connection, region):
        people.add(person)
    stayed = _stayed(store.stories(connection, region), first_no, last_no)
    ends = (months.first_day(last_no + 1) - timedelta(days=1)).isoformat()
    happened = store.happened(connection, region, f"{first}-01", ends)
    met = _meetings(connection, region, f"{first}-01", ends)
    pairs, orphans = store.pairs(connection, region), store.orphans(connection, region)
    said = profiles.latest(connection, int(last[:4]), region)
    begun = bool(before)  # a region whose figures begin later has no period before
    facts = []
    for each in known:
        figures, counted = frozen.get(each.code), people.of(each.code)
        if figures is None and not counted.registered:
            continue
        profile = said.get(each.code, {})
        then = happened.get(each.code)
        retained, retained_of = stayed.get(each.code, (0, 0))
        met_in = met.get(each.code, set()) | (then.months if then else frozenset())
        facts.append(replace(
            counted,
            eligible=figures.eligible if figures else None, active=figures.active if figures else 0,
            active_before=before.get(each.code, 0) if begun else None,
            retained=retained, retained_of=retained_of,
            # Figures frozen before staff were counted apart know nothing of them: then it can't be said.
            apparatus=profile.get("apparatus") if not figures or figures.apparatus_active is not None else None,
            apparatus_active=(figures.apparatus_active if figures else None) or 0,
            village_budget=profile.get("village_budget"),
            accidents=then.accidents if then else 0, in_time=then.in_time if then else 0,
            months=last_no - first_no + 1, months_met=len(met_in),
            pairs=pairs[each.code], orphans=orphans[each.code], remoteness=profile.get("remoteness"),
        ))  # fmt: skip
    about = {"day": day, "month": last, "before_month": months.text(first_no - 1), "before_day": before_day}
    eligible_months = {
        code: months.text(one.eligible_month) if one.eligible_month else None for code, one in frozen.items()
    }
    return Gathered(facts, about, eligible_months, {code: one["year"] for code, one in said.items()})


class _People:
    """Counts of people by village, in one pass over them."""

    def __init__(self, day: date) -> None:
        self._day, self._week = day.isoformat(), (day - WEEK).isoformat()
        self._facts: dict[str, Counter[str]] = {}
        self._registered: dict[str, Counter[str]] = {}
        self._born: dict[str, Counter[str]] = {}

    def add(self, person: Person) -> None:
        if person.status in GONE:
            return
        counts = self._facts.setdefault(person.home, Counter())
        counts["registered"] += 1
        sound = is_sound(person)
        counts["verified"] += sound and person.status == "verified" and not person.incomplete
        counts["odd"] += not sound or person.status != "verified"
        if person.birth_date:
            self._born.setdefault(person.home, Counter())[person.birth_date] += 1
        then = person.registered_on
        if then:
            self._registered.setdefault(person.home, Counter())[then] += 1
            counts["in_future"] += then > self._day
            counts["last_week"] += self._week < then <= self._day
            counts["born_after"] += bool(person.birth_date) and then < (person.birth_date or "")

    def of(self, village: str) -> Facts:
        counts = self._facts.get(village, Counter())
        return Facts(
            village, registered=counts["registered"], verified=counts["verified"], odd=counts["odd"],
            in_future=counts["in_future"], last_week=counts["last_week"], born_after=counts["born_after"],
            same_day=max(self._registered.get(village, {}).values(), default=0),
            same_birth=max(self._born.get(village, {}).values(), default=0),
        )  # fmt: skip


def is_sound(person: Person) -> bool:
    """Whether a NIK has its form and agrees with birth date and sex. By law it may differ; so a share of them is allowed."""
    number = person.nik
    if not number or not (nik.USUAL.fullmatch(number) or nik.is_nik(number)):
        return False
    if person.birth_date and not nik.agrees_with(number, person.birth_date):
        return False
    return not person.sex or nik.sex(number) == person.sex


def _stayed(stories: Iterable[Story], first: int, last: int) -> dict[str, tuple[int, int]]:
    """Village -> members active in every month of the period, of those active in its first month and not ended since."""
    found: dict[str, tuple[int, int]] = {}
    for story in stories:
        begin = first - story.first_month
        if begin < 0 or begin >= len(story.letters) or story.letters[begin] not in ACTIVE:
            continue
        months_of = story.letters[begin : last - story.first_month + 1]
        if ENDED in months_of:
            continue
        stayed, of = found.get(story.village, (0, 0))
        has_stayed = all(letter in ACTIVE for letter in months_of)
        found[story.village] = (stayed + has_stayed * story.people, of + story.people)
    return found


def _meetings(connection: Connection, region: str, first: str, last: str) -> dict[str, set[str]]:
    """Village -> months of meetings that a desk noted for that very village."""
    found: dict[str, set[str]] = {}
    for each in entries.within(connection, region, MEETING):
        day = each.fields.get("date") or ""
        if is_village(each.home) and first <= day <= last:
            found.setdefault(each.home, set()).add(day[:7])
    return found


def scored(
    gathered: Gathered, weights: Mapping[str, float], rules: Rules, on: date
) -> tuple[list[Line], list[Standing]]:  # fmt: skip
    """What each village comes to, with the evidence beside each number, by the rules of the day of publication."""
    lines, standings = [], []
    for facts in gathered.facts:
        measured = law.measure(facts, rules, on)
        for each in measured:
            evidence = {
                "counts_as": each.counts_as, "interval": each.interval and [round(end, 6) for end in each.interval],
                "because": each.because, "none": each.none, "full": each.full, "weight": weights.get(each.criterion, 0),
                **_source(each.criterion, facts.village, gathered),
            }  # fmt: skip
            told = (each.criterion, each.numerator, each.denominator, each.value, each.points)
            lines.append(Line(facts.village, *told, evidence))
        signs = [sign._asdict() for sign in law.signs(facts, rules, on)]
        score = law.computed({each.criterion: each.points for each in measured}, weights)
        is_out = any(sign["is_out"] for sign in signs)
        standings.append(Standing(facts.village, law.band(facts, rules, on), score, is_out, signs))
    return lines, standings


def _source(criterion: str, village: str, gathered: Gathered) -> dict[str, Any]:
    """Where a number comes from: table, day and month."""
    about = gathered.about
    eligible = {"eligible_month": gathered.eligible_months.get(village)}
    profile = {"profile_year": gathered.profile_years.get(village)}
    told: dict[str, dict[str, Any]] = {
        "coverage": {"source": "frozen", "month": about["month"], **eligible},
        "growth": {"source": "frozen", "month": about["month"], "before_month": about["before_month"],
                   "before_day": about["before_day"], **eligible},
        "retention": {"source": "months"},
        "apparatus": {"source": "frozen_profile", "month": about["month"], **profile},
        "budget": {"source": "profile", **profile, **eligible},
        "claims": {"source": "claims"}, "quality": {"source": "people"}, "participation": {"source": "visits"},
    }  # fmt: skip
    return told.get(criterion, {}) | {"day": about["day"]}
