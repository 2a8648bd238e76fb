"""Duties of the presidential instruction by region and half-year: the register, and what reports tell of it.

Each is a record of its region, `duty:<region>:<half>.<code with - for _>`, so that of a duty and a half there is one. What
the system knows by itself is offered as a suggestion with its source; nothing is written that nobody has sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from programme import duties as pure
from programme import months
from programme.duties import Duty, Tally
from programme.rules import load_duties
from schemas.kinds import REGIONAL
from schemas.problem import Both
from schemas.region import level
from server.actions import budgets, entries, figures
from server.actions.clocks import FINDERS
from server.actions.entries import Entry
from server.actions.entries_api import CHECKS
from server.actions.past import end_of
from server.actions.settle import BadFields, NoSuchRecord
from server.clock import day_at
from server.db import Connection, reading
from server.store import duties as store
from server.store import entries as all_entries
from server.store import exports, regions
from server.store import figures as kept
from server.store.accounts import Account
from server.store.clocks import Term
from server.store.duties import Owing, Said
from server.store.scoping import Scope, for_itself

KIND, ACT = "duty", "duty"
OWN = ("duty", "half")
"""Fields that the record's id says already."""
_BY_LENGTH = {2: "province", 5: "regency", 8: "district", 13: "village"}
MOST_HALVES = 8


# Ids ------------------------------------------------------------------------------------------------------------------


def id_of(region: str, half: str, code: str) -> str:
    return REGIONAL[KIND].id_of(region, key_of(half, code))


def key_of(half: str, code: str) -> str:
    return f"{half}.{code.replace('_', '-')}"


class Named(NamedTuple):
    """What an id says: of which region, half and duty."""

    region: str
    half: str
    duty: Duty


def named(record: str) -> Named | None:
    """None for what is no duty of such a region in that half."""
    region = REGIONAL[KIND].fixed_id(record)
    half, _, code = record.rpartition(":")[2].partition(".")
    if region is None or not pure.is_half(half):
        return None
    duty = next((each for each in owed_by(region, half) if key_of(half, each.code) == f"{half}.{code}"), None)
    return None if duty is None else Named(region, half, duty)


def owed_by(region: str, half: str) -> list[Duty]:
    """What a region owes in a half-year; a kelurahan less than a desa."""
    return pure.owed_by(load_duties(), half, level(region), len(region) == 13 and region[9] == "1")


def halves(region: str, now: int) -> list[str]:
    """The half-years that can be chosen, the newest first."""
    return pure.last_halves(day_at(now, region), MOST_HALVES)


# The register ---------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """One duty of a region. entry: None where nothing is said yet; before: what was said in the half before."""

    duty: Duty
    record: str
    entry: Entry | None
    before: Entry | None

    @property
    def state(self) -> str:
        return pure.state_of(self.entry.fields if self.entry else None)

    @property
    def lacks(self) -> list[str]:
        return pure.lacks(self.duty, self.entry.fields) if self.entry else []

    @property
    def said(self) -> Mapping[str, Any]:
        return self.entry.fields if self.entry else {}


def register(scope: Scope, region: str, half: str) -> list[Row]:
    """The duties of one region itself, whether or not anything is said of them."""
    with reading() as connection:
        there = {each.record: each for some in (half, pure.before(half))
                 for each in all_entries.of_region(connection, scope, KIND, region, f"{some}.")}  # fmt: skip
    return [
        Row(duty, record, there.get(record), there.get(id_of(region, pure.before(half), duty.code)))
        for duty in owed_by(region, half) for record in (id_of(region, half, duty.code),)
    ]  # fmt: skip


def row_of(scope: Scope, record: str) -> Row:
    """One duty of a region inside the scope. Raises settle.NoSuchRecord."""
    what = named(record)
    if what is None:
        raise NoSuchRecord(record)
    row = next(each for each in register(scope, what.region, what.half) if each.record == record)
    return row


def write(
    record: str, seen: Mapping[str, int], fields: Mapping[str, Any], account: Account | None, now: int
) -> str:  # fmt: skip
    """Say how far a region is with a duty. fields: those of the table, without what the id says.

    Raises settle.NoSuchRecord, OutsideRegion, NotSeen, BadFields.
    """
    what = named(record)
    if what is None or what.half > pure.half_of(day_at(now, what.region)):
        raise NoSuchRecord(record)
    given = {name: value for name, value in fields.items() if name not in OWN} | {"duty": what.duty.code, "half": what.half}
    with reading() as connection, for_itself():  # whether there is one; `begin` and `change` look whether it is his
        there = all_entries.one(connection, what.region, KIND, record)
    if there is None:
        return entries.begin(KIND, what.region, key_of(what.half, what.duty.code), given, account, now, ACT)
    return entries.change(KIND, record, seen, given, account, now, ACT)


def check_id(record: str, said: Mapping[str, Any]) -> None:
    """Whether a record's id and what it says of duty and half are the same. Raises BadFields."""
    what = named(record)
    if what is None or (said.get("duty"), said.get("half")) != (what.duty.code, what.half):
        raise BadFields({"record": ["bad-record-id"]})


def carry(scope: Scope, region: str, half: str, account: Account | None, now: int) -> int:
    """Begin all duties of a region of which something was said in the half before; gives how many. Harmless to repeat."""
    some = [row for row in register(scope, region, half) if row.entry is None and row.before is not None]
    for row in some:
        write(row.record, {}, starting_point(row, half), account, now)
    return len(some)


def starting_point(row: Row, half: str) -> dict[str, Any]:
    """What the form of a duty begins with: what still holds of the half before, else the institution's name alone."""
    said = row.before.fields if row.before else {}
    begun = pure.carried(row.duty, said, half) if row.before else {"state": pure.NOT_BEGUN}
    return {"institution": said.get("institution") or row.duty.institution["id"]} | begun


# What the system knows by itself ------------------------------------------------------------------------------------


class Suggested(NamedTuple):
    """Numbers for a duty's fields, and where they come from; of frozen figures their day."""

    fields: dict[str, int]
    source: Both
    day: str | None = None


def suggest(scope: Scope, region: str, half: str, duty: Duty, now: int) -> Suggested | None:
    """What may be taken over into a duty; None where nothing is known. It is offered, never written by itself."""
    if duty.suggests in ("active", "wage_earners", "apparatus"):
        return _of_figures(region, half, duty.suggests, now)
    if duty.suggests == "budget":
        return _of_budget(scope, region, half)
    return _of_profile(scope, region, half) if duty.suggests == "village_budget" else None


def _of_figures(region: str, half: str, what: str, now: int) -> Suggested | None:
    """Active members by the last figures that were frozen in the half."""
    until = min(pure.ends(half), day_at(now, region)).isoformat()
    with reading() as connection:
        day = exports.kept_day(connection, until)
        if day is None or day < pure.begins(half).isoformat():
            return None
        month = months.of_day(date.fromisoformat(day))
        sums = figures.added(kept.below(connection, region, month, day).values())
    count = sums.counts["active" if what == "active" else f"{what}_active"]
    if not sums.villages and not sums.without:
        return None
    who = {"active": ("peserta BPU aktif", "active self-employed members"),
           "wage_earners": ("penerima upah yang aktif", "active wage earners"),
           "apparatus": ("perangkat desa yang aktif", "active village staff")}[what]  # fmt: skip
    if count is None:
        return None
    return Suggested({"people": int(count)}, (
        f"{who[0]} yang tercatat di sini, menurut angka yang dibekukan",
        f"{who[1]} registered here, by the figures that were frozen",
    ), day)  # fmt: skip


def _of_budget(scope: Scope, region: str, half: str) -> Suggested | None:
    """The region's adopted scenario of the year."""
    year = pure.begins(half).year
    with reading() as connection:
        adopted = [
            each for each in all_entries.of_region(connection, scope, budgets.SCENARIO, region)
            if each.fields.get("year") == year and each.fields.get("state") == budgets.ADOPTED
        ]  # fmt: skip
    if not adopted:
        return None
    told = budgets.scenario_told(scope, adopted[0].record)
    title = str(told.entry.fields.get("title"))
    return Suggested({"amount": told.totals.cost, "people": told.totals.people}, (
        f"skenario anggaran yang ditetapkan: {title}", f"the adopted budget scenario: {title}",
    ))  # fmt: skip


def _of_profile(scope: Scope, region: str, half: str) -> Suggested | None:
    year = pure.begins(half).year
    found = entries.find(scope, "profile", f"profile:{region}:{year}")
    amount = found.fields.get("village_budget") if found else None
    if amount is None:
        return None
    return Suggested({"amount": int(amount)}, (f"profil desa tahun {year}", f"the village's profile of {year}"))


# The half-yearly report -----------------------------------------------------------------------------------------------


class Part(NamedTuple):
    """A region one level below. own: what it says of its own duties, by code; topics: of its own and all that lies below."""

    code: str
    name: str
    own: dict[str, dict[str, Any]]
    topics: dict[str, Tally]

    @property
    def lacking(self) -> list[str]:
        """Topics that somebody there still owes."""
        return [topic for topic, told in self.topics.items() if told.lacking]

    def number(self, duty: Duty | None, field: str) -> int | None:
        """The rupiah or people that it says of one of its own duties."""
        value = self.own.get(duty.code, {}).get(field) if duty else None
        return value if isinstance(value, int) else None


class Report(NamedTuple):
    """One region's half-year. topics: of the region itself and all below it.

    money, members: the duties of the parts whose rupiah and whose people are told beside them, where they owe such.
    """

    region: str
    name: str
    half: str
    rows: list[Row]
    topics: dict[str, Tally]
    parts: list[Part]
    money: Duty | None
    members: Duty | None

    @property
    def owed_below(self) -> list[str]:
        """The topics that any of the parts owes."""
        return [topic for topic in self.topics if any(topic in part.topics for part in self.parts)]


def report(scope: Scope, region: str, half: str, now: int) -> Report:
    """Who has regulation, budget and people enrolled in a half-year, and who lacks it; a region with its parts."""
    known = pure.duties(load_duties(), half)
    day = min(pure.ends(half), day_at(now, region)).isoformat()
    with reading() as connection:
        said = store.said_in(connection, scope, region, half)
        owing = store.owing(connection, region, day)
        names = regions.names(connection, [region, *{each.part for each in owing}])
    rows = register(scope, region, half)
    parts = [
        Part(
            code, names.get(code, code), {str(each.fields.get("duty")): each.fields for each in some if each.home == code},
            pure.tally(_owed(own), [_state(each) for each in some], known),
        )
        for code, (own, some) in sorted(_by_part(owing, said).items()) if code != region
    ]  # fmt: skip
    owed = _owed(owing) | ({} if len(region) == 13 else {level(region): 1})
    topics = pure.tally(owed, [_state(each) for each in said], known)
    theirs = owed_by(parts[0].code, half) if parts else []
    money = next((duty for duty in theirs if duty.topic == "budget"), None)
    members = next((duty for duty in theirs if duty.suggests == "active"), None)
    return Report(region, names.get(region, region), half, rows, topics, parts, money, members)


def _by_part(owing: list[Owing], said: list[Said]) -> dict[str, tuple[list[Owing], list[Said]]]:
    found: dict[str, tuple[list[Owing], list[Said]]] = {}
    for each in owing:
        found.setdefault(each.part, ([], []))[0].append(each)
    if not owing:
        return found
    long = len(owing[0].part)
    for one in said:
        if len(one.home) >= long and one.home != "id" and one.home[:long] in found:
            found[one.home[:long]][1].append(one)
    return found


def _owed(some: list[Owing]) -> dict[str, int]:
    """How many regions owe what is counted as theirs."""
    owed: dict[str, int] = {}
    for each in some:
        name = _BY_LENGTH[each.length]
        owed[name] = owed.get(name, 0) + each.regions
        if name == "village":
            owed[pure.DESA] = owed.get(pure.DESA, 0) + each.desa
    return owed


def _state(one: Said) -> tuple[str, str]:
    return str(one.fields.get("duty")), pure.state_of(one.fields)


def as_json(told: Report) -> dict[str, Any]:
    """What the API tells of a report."""
    return {
        "within": told.region, "name": told.name, "half": told.half,
        "from": pure.begins(told.half).isoformat(), "to": pure.ends(told.half).isoformat(),
        "due": pure.report_due(told.half, load_duties()).isoformat(),
        "duties": [_row_json(row) for row in told.rows],
        "topics": _topics_json(told.topics),
        "regions": [
            {"code": part.code, "name": part.name, "topics": _topics_json(part.topics), "lacking": part.lacking,
             "duties": {code: pure.state_of(said) for code, said in part.own.items()},
             "amount": part.number(told.money, "amount"), "people": part.number(told.members, "people")}
            for part in told.parts
        ],
    }  # fmt: skip


def _row_json(row: Row) -> dict[str, Any]:
    said = row.said
    return {
        "record": row.record, "duty": row.duty.code, "topic": row.duty.topic, "institution": dict(row.duty.institution),
        "title": dict(row.duty.rule.title), "source": row.duty.rule.source, "confidence": row.duty.rule.confidence,
        "verified": row.duty.rule.verified, "state": row.state, "is_said": row.entry is not None, "lacks": row.lacks,
        **{name: said.get(name) for name in ("document", "dated", "amount", "people", "evidence")},
    }  # fmt: skip


def _topics_json(topics: Mapping[str, Tally]) -> dict[str, dict[str, int]]:
    return {topic: told._asdict() for topic, told in topics.items()}


# The list that leaves the house ---------------------------------------------------------------------------------------


class Told(NamedTuple):
    """One duty of one region, said or not."""

    region: str
    duty: Duty
    fields: Mapping[str, Any]

    @property
    def is_said(self) -> bool:
        return bool(self.fields)


def all_owed(connection: Connection, scope: Scope, half: str, day: date) -> Iterator[list[Told]]:
    """Every duty of every region in the scope, a region at a time, in the order of codes; also what nobody has said."""
    said = {each.record: each.fields for each in store.said_in(connection, scope, str(scope), half)}
    for known in regions.known_under(connection, str(scope)):
        if known.ended_on is None or known.ended_on > min(pure.ends(half), day).isoformat():
            owed = owed_by(known.code, half)
            if owed:
                yield [Told(known.code, duty, said.get(id_of(known.code, half, duty.code), {})) for duty in owed]


# The clock ------------------------------------------------------------------------------------------------------------


def find_reports(connection: Connection, now: int) -> list[Term]:
    """Half-yearly reports that are awaited, of those regions that keep the register, from the first half that they kept."""
    rules, found = load_duties(), []
    wanted: list[tuple[str, str, str]] = []
    for region, first in store.reporting(connection).items():
        for half in pure.reports_awaited(day_at(now, region), rules):
            owed = [duty for duty in owed_by(region, half) if duty.topic == pure.REPORT]
            wanted += [(region, half, id_of(region, half, duty.code)) for duty in owed if half >= first.partition(".")[0]]
    with for_itself():  # the clock looks everywhere; what it finds is shown inside regions
        there = all_entries.these(connection, "id", [record for _, _, record in wanted])
    for region, half, record in wanted:
        if pure.state_of(there[record].fields if record in there else None) != pure.DONE:
            found.append(Term(record, region, end_of(pure.report_due(half, rules))(region)))
    return found


FINDERS[KIND] = find_reports
CHECKS[KIND] = check_id
