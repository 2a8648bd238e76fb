"""The rows of a list that leaves the house: read inside the region, people who may not be in it left out, NIKs shortened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from programme import months
from programme.duties import half_of, lacks, state_of
from programme.evaluation import ABOUT
from programme.indicators import rate
from programme.rules import load
from programme.rules import Rules
from schemas.change import from_ms, loads
from schemas.fields import RegionCode, VillageCode
from schemas.kinds import kind_of
from schemas.problem import ENGLISH, INDONESIAN
from schemas.region import level, parent, zone
from server.actions import awards, budgets, claim_outcomes, decrees, evaluation, gaps, membership_lists, snapshots
from server.actions.duties import Told, all_owed, id_of
from server.actions.past import Past, Today, end_of
from server.audit import ACTS
from server.clock import day_at
from server.db import Connection
from server.export.lists import COVERAGE, LISTS, NUMBER, TITLED, Column, Listed
from server.export.sheet import Row
from server.store import claims, desk_pages, exports, regions
from server.store import evaluation as visited
from server.store.exports import FIGURES, Standing
from server.store.gaps import CHECKS, REASONS
from server.store.scoping import Scope, for_itself
from server.vocabulary import FIELDS

SHOWN_OF_NIK = 6  # digits: the district that issued it
MOST_MONTHS = 120
LENGTH_OF_REGENCY = 5  # characters of its code
Values = dict[str, Any]
Said = tuple[Values, tuple[str, ...]]
"""A row by the names of columns, and the people that it tells of."""


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for. lang: of headings and words. day: as it was known then; None: as it is known now.

    filters: see `FILTERS`. sensitive: names of columns. purpose: what it is for, in his own words. personal: whether he may
    see people, and so what describes them.
    """

    what: str
    format: str
    lang: str = INDONESIAN
    day: date | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    whole_niks: bool = False
    sensitive: frozenset[str] = frozenset()
    purpose: str = ""
    personal: bool = True

    @property
    def listed(self) -> Listed:
        return LISTS[self.what]

    @property
    def columns(self) -> list[Column]:
        return self.listed.chosen(self.sensitive, self.day is not None, self.personal)


class NoFigures(Exception):
    """No figures were kept up to that day."""


class Listing:
    """The rows of one list. After they were read: `people` that are in it, `left_out` whose data is restricted."""

    def __init__(self, connection: Connection, scope: Scope, wanted: Wanted, now: int) -> None:
        self._connection, self._scope, self._wanted, self._now = connection, scope, wanted, now
        self._source: Past | Today = (
            Today(connection, scope) if wanted.day is None else Past(connection, scope, end_of(wanted.day))
        )
        self._restricted = exports.restricted(connection) if wanted.listed.of_people else set()
        self._places = _Places(connection)
        self.people: set[str] = set()
        self.left_out = 0

    def about_how_many(self) -> int:
        """Rows before they are filtered; 0 where nobody knows without reading them."""
        if self._wanted.listed.kind or self._wanted.what == "conflicts":
            return self._source.count(self._wanted.listed.kind)
        return 0

    def rows(self) -> Iterator[list[Row]]:
        names = [column.name for column in self._wanted.columns]
        short = frozenset() if self._wanted.whole_niks else frozenset(
            column.name for column in self._wanted.columns if column.type == NUMBER
        )  # fmt: skip
        for some in self._values():
            made = []
            for values, people in some:
                self.people.update(people)
                made.append([mask(values.get(name)) if name in short else values.get(name) for name in names])
            yield made

    def _values(self) -> Iterator[list[Said]]:
        if self._wanted.listed.kind:
            return self._of_records()
        other: dict[str, Callable[[], Iterator[list[Said]]]] = {
            "coverage": self._figures, "conflicts": self._conflicts, "devices": self._devices,
            "duplicates": self._pairs, "audit": self._audit, "duty_report": self._duties,
            "followups": self._followups, "memberships": self._memberships, "gaps": self._gaps,
            "budget_lines": self._budget_lines, "double_funding": self._double_funding,
            "indicators": self._indicators, "sessions": self._sessions,
            "award_scores": self._award_scores, "claim_outcomes": self._claim_outcomes,
        }  # fmt: skip
        return other[self._wanted.what]()

    # Records ----------------------------------------------------------------------------------------------------------

    def _of_records(self) -> Iterator[list[Said]]:
        refers = kind_of(self._wanted.listed.kind or "").refers
        for some in self._source.records(self._wanted.listed.kind):
            if self._wanted.listed.kind == "panel":  # no judge follows another: they are shown when the result is sealed
                shown = awards.openly_judged(self._scope, {each.fields.get("award") or "" for each in some})
                some = [each for each in some if each.fields.get("award") in shown]
            kept = [each for each in some if self._is_wanted(each) and not self._is_restricted(each, refers)]
            people = self._source.of({one for each in kept if (one := each.fields.get(refers))}) if refers else {}
            made = [self._record(each, refers, people) for each in kept]
            if self._wanted.listed.of_desks:
                self._add_of_desks(kept, [values for values, _ in made])
            yield made

    def _is_restricted(self, each: Standing, refers: str | None) -> bool:
        is_so = each.record in self._restricted or bool(refers and each.fields.get(refers) in self._restricted)
        self.left_out += is_so
        return is_so

    def _add_of_desks(self, kept: list[Standing], made: list[Values]) -> None:
        """What a record about a region says besides: the region's own name, those of what it names, who wrote it last."""
        kind = kind_of(self._wanted.listed.kind or "").schema.fields
        places = [name for name, told in kind.items() if isinstance(told, RegionCode | VillageCode)]
        named = [name for name in kind if name in TITLED]
        others = self._source.of({str(one) for each in kept for name in named if (one := each.fields.get(name))})
        until = None if self._wanted.day is None else end_of(self._wanted.day)
        writers = exports.last_writers(self._connection, {each.record: until(each.home) if until else None for each in kept})
        for each, values in zip(kept, made, strict=True):
            values |= self._places.at(each.home) | {"written_by": writers.get(each.record)}
            values |= {f"{name}_name": self._places.name(code) for name in places if (code := each.fields.get(name))}
            values |= {
                f"{name}_title": other.fields.get("title") for name in named
                if (other := others.get(str(each.fields.get(name)))) and other.kind == TITLED[name]
            }  # fmt: skip

    def _record(
        self, each: Standing, refers: str | None, people: Mapping[str, Standing]
    ) -> Said:
        is_early = each.kind == awards.AWARD and each.fields.get("state") != awards.RELEASED  # whoever fetches it later
        early = awards.RESULT if is_early else ()
        values: Values = {name: self._plain(name, value) for name, value in each.fields.items() if name not in early}
        values |= ({} if self._wanted.listed.of_desks else self._places.of(each.home)) | {
            "record": each.record, COVERAGE: each.coverage or ("proposed" if each.kind == "worker" else None),
            "extra": self._extra(each.fields), "waits": ", ".join(sorted(self._label(name) for name in each.conflicts)),
            "created_at": local(each.created_at, each.home), "updated_at": local(each.updated_at, each.home),
        }  # fmt: skip
        if each.kind == "worker":
            return values, (each.record,)
        named = each.fields.get(refers) if refers else None
        person = people.get(named) if named else None
        if person is not None:
            values |= {"worker_name": person.fields.get("full_name"), "worker_nik": person.fields.get("nik")}
            return values, (person.record,)
        return values, (named,) if named else ()

    def _is_wanted(self, each: Standing) -> bool:
        filters = self._wanted.filters
        waits = self._wanted.what == "conflicts"
        day = day_of(each.waiting_since or 0, each.home) if waits else _own_day(each)
        return (
            all(held(each) == filters[name] for name, held in _HELD.items() if name in filters)
            and _between(filters, day) and _pays_between(each, filters)
            and ("updated_since" not in filters or day_of(each.updated_at, each.home) >= filters["updated_since"])
        )

    def _extra(self, fields: Mapping[str, Any]) -> str | None:
        told = {name.removeprefix("extra."): value for name, value in fields.items() if name.startswith("extra.")}
        return self._thing(told) or None

    def _plain(self, name: str, value: Any) -> Any:
        """A value for one cell: what has parts is written out, with the numbers in it shortened like any other."""
        if isinstance(value, list):
            parts = (self._thing(each) if isinstance(each, dict) else str(each) for each in value)
            return "; ".join(parts) if value and isinstance(value[0], dict) else ", ".join(parts)
        return self._thing(value) if isinstance(value, dict) else value

    def _thing(self, value: Mapping[str, Any]) -> str:
        told = ((name, each) for name, each in value.items() if each is not None)
        return ", ".join(f"{self._label(name)}: {self._part(name, each)}" for name, each in told)

    def _part(self, name: str, value: Any) -> str:
        text = str(self._plain(name, value))
        return text if self._wanted.whole_niks or name not in ("nik", "kk_number") else str(mask(text))

    def _label(self, name: str) -> str:
        both = FIELDS.get(name)
        return both[1 if self._wanted.lang == ENGLISH else 0] if both else name.removeprefix("extra.")

    # Conflicts --------------------------------------------------------------------------------------------------------

    def _conflicts(self) -> Iterator[list[Said]]:
        for some in self._source.records(None):
            kept = [
                each for each in some
                if self._is_wanted(each) and not self._is_restricted(each, kind_of(each.kind).refers)
            ]  # fmt: skip
            writers = {head["by"] for each in kept for heads in each.conflicts.values() for head in heads}
            officers = exports.device_names(self._connection, writers)
            yield [row for each in kept for row in self._of_conflict(each, officers)]

    def _of_conflict(
        self, each: Standing, officers: Mapping[str, str]
    ) -> Iterator[Said]:
        kind = kind_of(each.kind)
        person = each.record if each.kind == "worker" else each.fields.get(kind.refers or "")
        for name, heads in sorted(each.conflicts.items()):
            is_told = kind.privacy(name) != "sensitive"
            said = [self._part(name, head["value"]) if head["value"] is not None else "–" for head in heads]
            yield self._places.of(each.home) | {
                "record": each.record, "kind": each.kind, "person": each.fields.get("full_name"), "field": name,
                "label": self._label(name), "since": local(each.waiting_since, each.home),
                "answers": " ≠ ".join(said) if is_told else None,
                "by": " ≠ ".join(officers.get(head["by"], head["by"]) for head in heads),
            }, ((person,) if person else ())  # fmt: skip

    # Figures ----------------------------------------------------------------------------------------------------------

    def _figures(self) -> Iterator[list[Said]]:
        day = None if self._wanted.day is None else exports.kept_day(self._connection, self._wanted.day.isoformat())
        if self._wanted.day is not None and day is None:
            raise NoFigures
        first, last = month_range(self._wanted.filters, self._wanted.day, self._now)
        by = (None, None) if day is None else (snapshots.rules_of(day), date.fromisoformat(day))
        for some in exports.figures(self._connection, self._scope, first, last, day):
            yield [(self._figure(dict(zip(FIGURES, row, strict=True)), *by), ()) for row in some]

    def _figure(self, row: Values, rules: Rules | None, on: date | None) -> Values:
        """rules, on: those of the day on which the figures were frozen."""
        entered = row["eligible_month"]
        known = {"month": months.text(row["month"]), "eligible_month": entered and months.text(entered)}
        share = rate(row["active"], row["eligible"], rules, on).value
        return row | self._places.of(row["village"]) | known | {"rate": None if share is None else round(share, 6)}

    def _gaps(self) -> Iterator[list[Said]]:
        for reason in (*REASONS[1:], *CHECKS):
            for some in gaps.everybody(self._connection, self._scope, reason, self._now):
                kept = [gap for gap in some if gap.row.record not in self._restricted]
                self.left_out += len(some) - len(kept)
                yield [(self._gap(reason, gap), (gap.row.record,)) for gap in kept]

    def _gap(self, reason: str, gap: gaps.Gap) -> Values:
        row = gap.row
        return self._places.of(row.home) | {
            "reason": reason, "reason_words": gaps.NAMES[reason][self._wanted.lang == ENGLISH], "record": row.record,
            "full_name": row.full_name, "nik": row.nik, "occupation": row.occupation, "funding": row.funding,
            "arrears": gap.arrears, "paid": gap.has_paid, "since": gap.since,
            "until": gap.until, "lists": "; ".join(gap.lists) or None,
        }  # fmt: skip

    # Budgets ----------------------------------------------------------------------------------------------------------

    def _budget_lines(self) -> Iterator[list[Said]]:
        for told in budgets.scenarios_of(self._scope):
            paid, rows = budgets.beside(told, self._now), []
            about = {"scenario": told.entry.fields.get("title"), "year": told.entry.fields.get("year"),
                     "state": told.state, "region": told.entry.home}  # fmt: skip
            for line in told.lines:
                said = line.entry.fields
                named = {"budget": line.entry.record, "title": said.get("title"), "funding": said.get("funding")}
                realised = paid.by_line.get(line.entry.record)
                rows += [about | named | one._asdict() for one in (realised.months if realised else ())]
            yield [(row, ()) for row in rows]

    def _double_funding(self) -> Iterator[list[Said]]:
        after: tuple[str, str] | None = None
        while True:
            found = decrees.funded_twice(self._scope, after, exports.AT_ONCE, self._now, with_past=True)
            kept = [one for one in found.people if one.record not in self._restricted]
            self.left_out += len(found.people) - len(kept)
            yield [(self._twice(one), (one.record,)) for one in kept]
            after = found.next
            if after is None:
                return

    def _twice(self, one: decrees.Twice) -> Values:
        named = [
            str(decree.fields.get("number") or decree.record) if decree else decrees.decree_of(name)
            for name, decree in one.names
        ]
        paid = [f"{month} {' + '.join(payers)}" for month, payers in one.paid]
        return self._places.of(one.village) | {
            "record": one.record, "full_name": one.full_name, "nik": one.nik, "first_month": one.first,
            "last_month": one.last, "decrees": "; ".join(named) or None, "payers": "; ".join(paid) or None,
        }  # fmt: skip

    # Memberships ------------------------------------------------------------------------------------------------------

    def _followups(self) -> Iterator[list[Said]]:
        for rows in membership_lists.to_follow_up(self._connection, self._scope, self._wanted.lang == ENGLISH):
            kept = [row for row in rows if row.record not in self._restricted]
            self.left_out += len(rows) - len(kept)
            yield [(self._places.of(row.village) | row.values, (row.record,)) for row in kept]

    def _memberships(self) -> Iterator[list[Said]]:
        is_english = self._wanted.lang == ENGLISH
        for rows, left_out in membership_lists.stories(
            self._connection, self._scope, self._restricted, is_english, self._now
        ):
            self.left_out += left_out
            yield [(self._places.of(row.village) | row.values, (row.record,)) for row in rows]

    def _award_scores(self) -> Iterator[list[Said]]:
        """The numbers of every award's last run; lifts and judges' points are in the award's own records."""
        n = INDONESIAN if self._wanted.lang != ENGLISH else ENGLISH
        for some in awards.scores(self._connection, self._scope):
            yield [(self._places.of(each.line.village) | {
                "line": f"{each.entry.record} {each.line.village} {each.line.criterion}", "award": each.entry.record,
                "title": each.entry.fields.get("title"), "state": awards.state_of(each.entry),
                "run": each.entry.fields.get("run"), "frozen_on": each.entry.fields.get("frozen_on"),
                "band": each.standing.band, "criterion": each.line.criterion,
                "criterion_name": load().latest(f"award_{each.line.criterion}").title[n], "weight": each.weight,
                "numerator": each.line.numerator, "denominator": each.line.denominator, "value": each.line.value,
                "points": each.line.points, "because": each.line.evidence.get("because"),
                "computed": each.standing.score, "is_out": each.standing.is_out,
                "out": "; ".join(sign["reason"] for sign in each.standing.why if sign["is_out"]) or None,
            }, ()) for each in some]  # fmt: skip

    # Duties -----------------------------------------------------------------------------------------------------------

    def _indicators(self) -> Iterator[list[Said]]:
        n = 1 if self._wanted.lang == ENGLISH else 0
        for cycle in evaluation.cycles(self._scope):
            standing = evaluation.stands(self._scope, cycle, self._now)
            said = {name: cycle.fields.get(name) for name in ("title", "state", "first_month", "last_month", "frozen_on")}
            said |= {"cycle": cycle.record, "home": cycle.home, "figures_of_day": standing.day}
            yield [
                (said | {
                    "line": f"{cycle.record} {part.code} {name}", "region": part.code, "region_name": part.name,
                    "indicator": name, "indicator_name": ABOUT[name].name[n], "source": ABOUT[name].source[n],
                    "value": None if judged.result.value is None else round(judged.result.value, 6),
                    "numerator": judged.result.numerator, "denominator": judged.result.denominator,
                    "target": judged.target, "verdict": judged.verdict, "why": judged.result.why,
                }, ())
                for part in (standing.total, *standing.parts) for name, judged in part.judged.items()
            ]  # fmt: skip

    def _claim_outcomes(self) -> Iterator[list[Said]]:
        newest = date.fromisoformat(from_ms(self._now)[:10]).year
        first = claims.first_year(self._connection, self._scope)
        for year in range(int(first), newest + 1) if first else ():
            yield [
                (self._places.at(line.region) | {
                    "line": f"{year} {line.region} {line.program}".strip(), "year": year, "program": line.program or None,
                    "claims": line.claims, "paid_out": line.amount, "hidden": line.claims is None,
                }, ())
                for line in claim_outcomes.lines(self._connection, self._scope, year)
            ]  # fmt: skip

    def _sessions(self) -> Iterator[list[Said]]:
        after: tuple[str, str] | None = None
        while rows := visited.activities(
            self._connection, self._scope, visited.OUTREACH, after=after, most=exports.AT_ONCE, newest=False
        ):
            with for_itself():  # whose sessions of this region were found just now
                names = visited.officer_names(self._connection, {row.officer for row in rows if row.officer is not None})
            yield [
                (self._places.of(row.home) | {
                    "record": row.record, "date": row.date, "theme": row.theme, "officer": names.get(row.officer or 0),
                    "attendance": row.attendance, "registered": row.registered, "activated": row.activated,
                    "per_attendant": round((row.registered or 0) / row.attendance, 4) if row.attendance else None,
                }, ())
                for row in rows if _between(self._wanted.filters, row.date)
            ]  # fmt: skip
            after = (rows[-1].date, rows[-1].record)

    def _duties(self) -> Iterator[list[Said]]:
        today = day_at(self._now, str(self._scope))
        half = self._wanted.filters.get("half") or half_of(today)
        for some in all_owed(self._connection, self._scope, half, today):
            yield [(self._duty(each, half), ()) for each in some]

    def _duty(self, told: Told, half: str) -> Values:
        lang, rule, said = self._wanted.lang, told.duty.rule, told.fields
        return self._places.at(told.region) | {
            "half": half, "duty": told.duty.code, "title": rule.title[lang], "topic": told.duty.topic,
            "institution": said.get("institution") or told.duty.institution[lang], "state": state_of(said),
            "is_said": told.is_said, "lacks": ", ".join(self._label(name) for name in lacks(told.duty, said)),
            "source": rule.source, "confidence": rule.confidence, "record": id_of(told.region, half, told.duty.code),
            **{name: said.get(name) for name in ("document", "dated", "amount", "people", "evidence")},
        }  # fmt: skip

    # Devices, doubles, the log ----------------------------------------------------------------------------------------

    def _devices(self) -> Iterator[list[Said]]:
        after: str | None = None
        while rows := desk_pages.devices(self._connection, self._scope, None, after, exports.AT_ONCE):
            yield [(self._device(row), ()) for row in rows]
            after = rows[-1]["id"]

    def _device(self, row: Mapping[str, Any]) -> Values:
        status = loads(row["status"]) if row["status"] else {}
        home = row["villages"][0] if row["villages"] else str(self._scope)
        return {
            "device": row["id"], "name": row["name"], "officer": row["officer_name"], "platform": row["platform"],
            "villages": "; ".join(f"{code} {self._places.name(code)}" for code in row["villages"]),
            "enrolled_at": local(row["enrolled_at"], home), "contact_at": local(row["contact_at"], home),
            "app": _text(status.get("app")), "queued": status.get("queued"), "oldest": _text(status.get("oldest")),
            "offset_seconds": round(row["offset_ms"] / 1000, 3), "lost": row["lost"],
            "revoked_at": local(row["revoked_at"], home),
        }  # fmt: skip

    def _pairs(self) -> Iterator[list[Said]]:
        for some in exports.pairs(self._connection, self._scope):
            people = self._source.of({record for row in some for record in (row.a, row.b)})
            made = [self._pair(row, people) for row in some if self._is_pair_wanted(row)]
            yield made

    def _is_pair_wanted(self, row: Any) -> bool:
        if not _between(self._wanted.filters, day_of(row.found_at, row.home_a)):
            return False
        is_restricted = row.a in self._restricted or row.b in self._restricted
        self.left_out += is_restricted
        return not is_restricted

    def _pair(self, row: Any, people: Mapping[str, Standing]) -> Said:
        values: Values = {
            "a": row.a, "b": row.b, "same_nik": bool(row.same_nik), "probability": round(row.probability, 4),
            "state": row.state, "found_at": local(row.found_at, row.home_a),
            "comparisons": ", ".join(self._label(str(each[0])) for each in loads(row.comparisons) if _agrees(each)),
        }  # fmt: skip
        for side, record, home in (("a", row.a, row.home_a), ("b", row.b, row.home_b)):
            told = people[record].fields if record in people else {}
            values |= {
                f"{side}_name": told.get("full_name"), f"{side}_nik": told.get("nik"),
                f"{side}_village": f"{home} {self._places.name(home)}",
            }  # fmt: skip
        return values, (row.a, row.b)

    def _audit(self) -> Iterator[list[Said]]:
        since, until = _moments(self._wanted.filters, str(self._scope))
        words = 1 if self._wanted.lang == ENGLISH else 0
        for some in exports.audit_entries(self._connection, self._scope, since, until):
            named = exports.account_names(self._connection, {_account(row.who) for row in some})
            yield [({
                "number": row.id, "at": local(row.at, row.region or str(self._scope)), "who": row.who,
                "who_name": named.get(_account(row.who)), "act": row.act,
                "act_words": ACTS.get(row.act, (row.act, row.act))[words], "region": row.region, "record": row.record,
                "about": row.about, "hash": bytes(row.hash).hex(),
            }, ()) for row in some]  # fmt: skip


class _Places:
    """Names of regions, each asked for once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._names: dict[str, str] = {}

    def name(self, code: str) -> str:
        if code not in self._names:
            self._names[code] = regions.names(self._connection, [code]).get(code, "")
        return self._names[code]

    def at(self, home: str) -> Values:
        """Of a region of any level."""
        regency = home[:LENGTH_OF_REGENCY] if len(home) >= LENGTH_OF_REGENCY else None
        return {
            "region": home, "region_name": self.name(home), "level": level(home),
            "regency": self.name(regency) if regency else None,
        }  # fmt: skip

    def of(self, village: str) -> Values:
        district = parent(village) or ""
        regency = parent(district) if len(district) > 2 else None
        return {
            "village": village, "village_name": self.name(village), "district": self.name(district),
            "regency": self.name(regency) if regency else None,
        }  # fmt: skip


# Filters --------------------------------------------------------------------------------------------------------------


_DAYS = {
    "worker": "registered_at", "contribution": "paid_on", "claim": "event_date", "visit": "date", "meeting": "date",
    "feedback": "date", "agreement": "ends_on",
}  # fmt: skip


_FIRST_STATUS = {"worker": "proposed", "claim": "reported"}  # where nothing is said yet


def _own_day(each: Standing) -> str:
    """The day that `from` and `to` are about: see `Listed.between`."""
    told = each.fields.get(_DAYS.get(each.kind, ""))
    return told if isinstance(told, str) else day_of(each.created_at, each.home)


def _between(filters: Mapping[str, str], day: str) -> bool:
    return filters.get("from", "") <= day <= filters.get("to", "9999")


def _pays_between(each: Standing, filters: Mapping[str, str]) -> bool:
    if "first_month" not in filters and "last_month" not in filters:
        return True
    told = each.fields.get("months")
    first, last = filters.get("first_month", ""), filters.get("last_month", "9999")
    return any(isinstance(month, str) and first <= month <= last for month in (told if isinstance(told, list) else ()))


_HELD: dict[str, Callable[[Standing], str | None]] = {
    "status": lambda each: each.fields.get("status") or _FIRST_STATUS.get(each.kind),
    "state": lambda each: each.fields.get("state"),
    "half": lambda each: each.fields.get("half"),
    "coverage": lambda each: each.coverage or "proposed",
    "occupation": lambda each: each.fields.get("occupation"),
    "funding": lambda each: each.fields.get("funding"),
}
"""Filters by what a record holds now."""
FILTERS = (*_HELD, "from", "to", "updated_since", "first_month", "last_month")


def month_range(filters: Mapping[str, str], day: date | None, now: int) -> tuple[int, int]:
    """The months of figures: a year up to this one (or that of a past day), unless others were asked for."""
    newest = months.of_day(day or date.fromisoformat(from_ms(now)[:10]))
    last = months.number(filters["last_month"]) if "last_month" in filters else newest
    first = months.number(filters["first_month"]) if "first_month" in filters else last - 11
    return first, last


# Values ---------------------------------------------------------------------------------------------------------------


def mask(value: Any) -> Any:
    """A NIK or family card number without what names the person."""
    if not isinstance(value, str) or len(value) <= SHOWN_OF_NIK:
        return value if not isinstance(value, str) else "•" * len(value)
    return value[:SHOWN_OF_NIK] + "•" * (len(value) - SHOWN_OF_NIK)


def local(moment: int | None, region: str) -> str | None:
    """A moment by a region's own clock: 2026-11-27T08:10:02+08:00."""
    if not moment:
        return None
    return datetime.fromtimestamp(moment // 1000, ZoneInfo(zone(region))).isoformat()


def day_of(moment: int, region: str) -> str:
    return (local(moment, region) or "")[:10]


def _moments(filters: Mapping[str, str], region: str) -> tuple[int, int]:
    """From the first day's beginning to the last day's end."""
    until = end_of(date.fromisoformat(filters["to"]))(region) if "to" in filters else 1 << 62
    since = end_of(date.fromisoformat(filters["from"]) - timedelta(days=1))(region) if "from" in filters else 0
    return since, until


def _agrees(comparison: Any) -> bool:
    """Whether a compared field speaks for the two being one: its weight, in bits, is above nothing."""
    match comparison:
        case [_, _, int() | float() as bits, *_]:
            return bits > 0
    return False


def _account(who: str) -> int:
    """The account's number of an entry's `who`; 0 where it was no account."""
    kind, _, number = who.partition(":")
    return int(number) if kind == "account" and number.isdigit() else 0


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
