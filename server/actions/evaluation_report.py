"""The report of a cycle for any region that it is about: what the console prints, and what programs get as JSON.

Of a frozen cycle every figure is the frozen one. Findings, meetings and feedback are as they stand when it is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from programme.evaluation import ABOUT
from programme.rules import Rule, load
from schemas.change import from_ms
from schemas.region import NATION, within
from server.actions import evaluation as acts
from server.actions import feedback, snapshots
from server.actions.entries import Entry
from server.actions.evaluation import Figured, Found, Month, Standing
from server.actions.feedback import Voice
from server.actions.regions import region_names
from server.store import snapshots as snapshot_store
from server.db import reading
from server.store.evaluation import Activity, Theme
from server.store.scoping import Scope

RULES = (
    "counted_segments", "small_below", "due_day", "arrears_limit", "retention_months", "conversion_days", "feedback_days",
    "accident_report_hours",
)  # fmt: skip
"""By which the indicators are told."""
MOST_VOICES, MOST_SOLUTIONS, MOST_NOTED = 60, 20, 40


class Report(NamedTuple):
    """seal: of the day's figures; rules: in force when they were frozen (today, while nothing is).

    names: of all regions in it. people: records whose words may name somebody, none where they are left out.
    """

    standing: Standing
    history: list[Month]
    findings: list[Found]
    meetings: list[Entry]
    noted: list[tuple[Activity, Mapping[str, Any]]]
    themes: list[Theme]
    voices: list[Voice]
    solutions: list[Entry]
    rules: list[Rule]
    seal: str | None
    names: dict[str, str]
    people: list[str]


def report(scope: Scope, entry: Entry, now: int, may_see: bool) -> Report:
    """may_see: whether the reader may see people; without it feedback is told by theme alone, and no phone's meeting."""
    standing = acts.stands(scope, entry, now)
    code, between = Scope(standing.region), acts.period_days(entry)
    findings = acts.findings(code, entry, now)
    meetings = acts.meetings(code, entry)
    noted = acts.meetings_of_phones(code, between, MOST_NOTED) if may_see else []
    voices = feedback.heard(code, now, only=None, between=between, most=MOST_VOICES).voices if may_see else []
    solutions = [each for each in feedback.solutions(code) if each.fields.get("published") and within(each.home, code)]
    codes = {code, entry.home, *(each.entry.fields.get("about") or each.entry.home for each in findings)}
    codes |= {row.home for row, _ in noted} | {part for each in voices for part in (each.row.home, each.holder)}
    codes |= {each.fields.get("place") or each.home for each in solutions} | {each.home for each in meetings}
    return Report(
        standing, acts.history(scope, entry, now), findings, meetings, noted, feedback.themes(code, between), voices,
        solutions[:MOST_SOLUTIONS], _rules(standing), _seal(standing), region_names(sorted(codes)) | {NATION: "Indonesia"},
        [row.record for row, _ in noted] + [each.row.record for each in voices]
        + [each.record for each in meetings if may_see],
    )  # fmt: skip


def _rules(standing: Standing) -> list[Rule]:
    """Those of the frozen day; what that day did not know yet is told as it is today."""
    kept = snapshots.rules_of(standing.day) if standing.day else load()
    found = []
    for name in RULES:
        of = kept if name in kept.by_name else load()
        if name in of.by_name:
            found.append(of.latest(name))
    return found


def _seal(standing: Standing) -> str | None:
    if standing.day is None:
        return None
    with reading() as connection:
        kept = snapshot_store.one(connection, standing.day)
    return kept.seal if kept else None


def as_json(told: Report, lang: str, may_see: bool) -> dict[str, Any]:
    """The report as plain data, in one language where it has words."""
    entry, standing, n = told.standing.entry, told.standing, 1 if lang == "en" else 0
    of = entry.fields
    return {
        "cycle": entry.record, "title": of["title"], "state": of["state"], "home": entry.home,
        "within": standing.region, "name": standing.total.name, "first_month": of["first_month"],
        "last_month": of["last_month"], "month": standing.month, "frozen_on": standing.frozen_on,
        "figures_of_day": standing.day, "seal": told.seal,
        "taken_at": None if standing.taken_at is None else from_ms(standing.taken_at),
        "closed_on": of.get("closed_on"), "conclusions": of.get("conclusions"),
        "indicators": _judged(standing.total, n),
        "regions": [{"code": part.code, "name": part.name, "indicators": _judged(part, n)} for part in standing.parts],
        "history": [each._asdict() for each in told.history],
        "findings": [_finding(each, may_see) for each in told.findings],
        "meetings": [_meeting(each, may_see) for each in told.meetings],
        "feedback": [each._asdict() for each in told.themes],
        "solutions": [
            {name: each.fields.get(name) for name in ("title", "theme", "challenge", "what_worked", "outcome", "place")}
            | {"solution": each.record} for each in told.solutions
        ],
        "rules": [
            {"id": rule.id, "title": rule.title[lang], "source": rule.source, "confidence": rule.confidence,
             "verified": rule.verified} for rule in told.rules
        ],
    }  # fmt: skip


def _judged(figured: Figured, n: int) -> list[dict[str, Any]]:
    return [
        {
            "indicator": name, "title": ABOUT[name].name[n], "value": each.result.value, "numerator": each.result.numerator,
            "denominator": each.result.denominator, "interval": each.result.interval, "why": each.result.why,
            "flag": each.result.flag, "target": each.target, "verdict": each.verdict, "source": ABOUT[name].source[n],
        }
        for name, each in figured.judged.items()
    ]  # fmt: skip


def _finding(found: Found, may_see: bool) -> dict[str, Any]:
    """The words of an officer's visit may name people: they are told to those alone who may see them."""
    told = found.entry.fields
    words = may_see or not told.get("visit")
    names = ("indicator", "about", "due", "state", "followed_up_on")
    said = {name: told.get(name) if words else None for name in ("text", "recommendation", "responsible", "follow_up")}
    return {"finding": found.entry.record, "late": found.late} | {name: told.get(name) for name in names} | said


def _meeting(entry: Entry, may_see: bool) -> dict[str, Any]:
    told = {name: entry.fields.get(name) for name in ("title", "date", "place")}
    said = {name: entry.fields.get(name) if may_see else None for name in ("agenda", "minutes", "decisions")}
    return {"meeting": entry.record, "attendance": acts.count_present(entry.fields)} | told | said
