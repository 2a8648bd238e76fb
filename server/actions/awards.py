"""Awards, from the draft of their criteria to the released result: who does what, in which order, and what is frozen when.

    draft -> published -> scored -> proposed -> sealed -> released        dropped, as long as nothing is sealed

Criteria and weights are chosen while it is a draft. From the day they are published they change by a new version alone,
and by none once anything was scored. A score is a run: frozen figures and counts of that moment, kept for good; scored
anew it is another run. Judges give points for the villages that lead their bands. Two people agree on the result, two on
the prizes, and two on lifting a disqualification. What is sealed has a hash over all that it rests on, and nothing of it
changes any more.

Every state is looked at once more under the lock of the award's region, which judges' points take too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

from programme import award as law
from programme import months
from programme.award import Panel, Place, Placed
from programme.rules import load
from schemas.kinds import REGIONAL
from schemas.problem import Both
from schemas.region import NATION, level, within
from server import audit, auth
from server import log as server_log
from server.actions import awards_facts, entries, settle
from server.actions.entries import Entry, Hand
from server.actions.settle import DeskError, is_own
from server.clock import day_at, now_ms
from server.config import Settings
from server.db import Connection, reading, transaction
from server.store import accounts, award_work, regions
from server.store import awards as store
from server.store import changes as log
from server.store import entries as kept
from server.store.accounts import Account
from server.store.awards import Line, Standing
from server.store.exports import account_of
from server.store.scoping import Scope, for_itself

AWARD, PANEL = "award", "panel"
DRAFT, PUBLISHED, SCORED, PROPOSED, SEALED, RELEASED, DROPPED = (
    "draft", "published", "scored", "proposed", "sealed", "released", "dropped",
)  # fmt: skip
STEPS = (DRAFT, PUBLISHED, SCORED, PROPOSED, SEALED, RELEASED)
FINAL = (SEALED, RELEASED)
RESULT = frozenset({"places", "lifts"})
WHAT_IS_PUBLISHED = ("title", "first_month", "last_month", "winners_a_band")
UNTIL_PROPOSED = ("prize", "notes")
FORM = (*WHAT_IS_PUBLISHED, *UNTIL_PROPOSED)
KEPT_A_BAND = 40  # places of each band that stand in the record; the dossier has all
LIFT_PROPOSED, LIFT_APPROVED, LIFT_REFUSED = "proposed", "approved", "refused"
DEFAULT_WINNERS = 3


class AwardRefused(DeskError):
    """It can't be done in this state of the award. says: what to do instead."""

    def __init__(self, says: Both) -> None:
        super().__init__(says[1])
        self.says = says


STALE: Both = (
    "Keadaan penghargaan ini sudah berubah. Lihat dulu halamannya, lalu ulangi bila masih perlu.",
    "The award's state has changed. Look at its page first, and do it again if it is still needed.",
)


# Reading --------------------------------------------------------------------------------------------------------------


def all_of(scope: Scope) -> list[Entry]:
    """The awards of a region and those below, the newest first."""
    return sorted(entries.all_of(scope, AWARD), key=lambda each: each.created_at, reverse=True)


def one(scope: Scope, award: str) -> Entry:
    """Raises settle.NoSuchRecord."""
    return entries.one(scope, AWARD, award)


def state_of(entry: Entry) -> str:
    return str(entry.fields.get("state") or DRAFT)


def weights_of(entry: Entry) -> dict[str, float]:
    return {each["criterion"]: each["weight"] for each in entry.fields.get("criteria") or ()}


def rules_day(entry: Entry, now: int) -> date:
    """By the rules of which day it is scored: that of its publication; a draft's is today."""
    return _published(entry) or day_at(now, entry.home)


def _published(entry: Entry) -> date | None:
    published = entry.fields.get("published_on")
    return date.fromisoformat(published) if published else None


def panel_names(entry: Entry, now: int) -> list[str]:
    """The criteria that judges give in this award."""
    weights = weights_of(entry)
    return [name for name in law.panel_criteria(load(), rules_day(entry, now)) if weights.get(name)]


def shows_scores(entry: Entry, may_judge: bool) -> bool:
    """Scores are for who judges or runs awards, and for all who may see figures once the result is released."""
    return may_judge or state_of(entry) == RELEASED


def kept_from(state: str, role: str) -> frozenset[str]:
    """Fields of an award's record that somebody of this role is not told in this state: as its page has it."""
    judges, approves = role in auth.MAY["judge"], role in auth.MAY["approve"]
    if state == RELEASED or (judges and (state in FINAL or (state == PROPOSED and approves))):
        return frozenset()
    return frozenset({"places"}) if judges else RESULT


def criteria_told(entry: Entry, now: int) -> list[dict[str, Any]]:
    """The criteria that weigh something, with their scales, as plain data."""
    rules, on, weights = load(), rules_day(entry, now), weights_of(entry)
    judged = law.panel_criteria(rules, on)
    told = []
    for name in law.criteria(rules, on):
        rule = rules.on(f"award_{name}", on)
        if weights.get(name):
            scale = {part: rule.value[part] for part in ("none", "full", "unit")}
            told.append({"criterion": name, "title": dict(rule.title), "weight": weights[name], **scale,
                         "is_judged": name in judged})  # fmt: skip
    return told


def openly_judged(scope: Scope, awards_: Collection[str]) -> set[str]:
    """Those of these awards whose judges' points may be shown to everybody who may see awards: they are sealed."""
    return {record for record, entry in entries.these(scope, awards_).items() if state_of(entry) in FINAL}


class Scored(NamedTuple):
    """One number of one village, as lists tell it."""

    entry: Entry
    line: Line
    standing: Standing
    weight: float


def scores(connection: Connection, scope: Scope) -> Iterator[list[Scored]]:
    """Every number of the last run of every award of a region, an award at a time."""
    for entry in kept.within(connection, scope, AWARD):
        run, weights = store.last_run(connection, entry.record), weights_of(entry)
        known = {each.village: each for each in store.standings(connection, entry.record, run)}
        yield [
            Scored(entry, line, known[line.village], weights.get(line.criterion, 0.0))
            for line in store.lines(connection, entry.record, run)
        ]  # fmt: skip


def steps(scope: Scope, award: str) -> list[Hand]:
    """Who brought it into which state, and when, the first first."""
    return entries.written_by(scope, award, "state")


class Version(NamedTuple):
    """Criteria as they were published once. at: in ms."""

    number: int
    who: str | None
    at: int
    weights: dict[str, float]


def versions(scope: Scope, award: str) -> list[Version]:
    """Every version that was published, the first first: earlier ones stay readable. Raises settle.NoSuchRecord."""
    one(scope, award)
    with reading() as connection, for_itself():  # the award was found in his region just now
        told = [each for each in log.histories(connection, [award])[award] if (each.fields or {}).get("version")]
        by = log.authors(connection, [each.dot for each in told])
        names = accounts.names(connection, {who for who in by.values() if who is not None})
    return [
        Version(fields["version"], names.get(by.get(each.dot) or 0), each.effective,
                {one["criterion"]: one["weight"] for one in fields.get("criteria") or ()})
        for each in sorted(told, key=lambda each: (each.received, each.seq)) if (fields := each.fields)
    ]  # fmt: skip


class Lifted(NamedTuple):
    """A sign of padded data that somebody asks to overlook. state: proposed, approved, refused."""

    village: str
    reason: str
    why: str
    state: str


class Given(NamedTuple):
    """What one judge gave one village."""

    record: str
    village: str
    judge: str
    account: int | None
    scores: dict[str, float]
    note: str | None
    at: int


class Row(NamedTuple):
    """A village as it stands now. score: computed and judged together; rank: None while it is out.

    out: the signs that put it out and were not lifted. points: of the computed criteria; panel: of the judged ones.
    """

    village: str
    name: str
    band: str
    computed: float
    score: float
    rank: int | None
    out: list[str]
    lifted: list[str]
    points: dict[str, float | None]
    panel: dict[str, Panel]
    is_listed: bool


class Table(NamedTuple):
    """An award's villages. run: of the scores; 0 before the first. lacks: listed villages that too few judges have seen."""

    run: int
    rows: list[Row]
    places: list[Place]
    lacks: list[str]

    def band(self, name: str) -> list[Row]:
        return [row for row in self.rows if row.band == name]

    @property
    def bands(self) -> list[str]:
        return sorted({row.band for row in self.rows})


def lifts_of(entry: Entry) -> list[Lifted]:
    return [Lifted(each["village"], each["reason"], each["why"], each["state"]) for each in entry.fields.get("lifts") or ()]


def given_in(connection: Connection, entry: Entry) -> list[Given]:
    """All points of judges, in the order of their records' ids."""
    found = kept.of_region(connection, entry.home, PANEL, entry.home, f"{entry.key}.")
    return [_given(each) for each in found]


def _given(entry: Entry) -> Given:
    said = entry.fields
    account = entry.key.rpartition(".")[2]
    scores = {each["criterion"]: each["points"] for each in said.get("scores") or ()}
    by = int(account) if account.isdigit() else None
    village, judge_ = said.get("village") or "", said.get("judge") or ""
    return Given(entry.record, village, judge_, by, scores, said.get("note"), entry.created_at)


def table(entry: Entry, now: int) -> Table:
    """How the villages stand by the last run, the lifts and what judges have given."""
    with reading() as connection:
        return _table(connection, entry, entry.fields, now)


def shown_to(entry: Entry, account: Account, may_approve: bool, now: int) -> Table:
    """As `table`, with what this reader may see: before the result is sealed, others' points neither as such nor in a sum.

    Who is to approve a proposed result sees it as it would be sealed.
    """
    with reading() as connection:
        whole = _table(connection, entry, entry.fields, now)
        if state_of(entry) in FINAL or (state_of(entry) == PROPOSED and may_approve):
            return whole
        given = given_in(connection, entry)
        bare = _table(connection, entry, entry.fields, now, given=())
    own = {each.village for each in given if each.account == account.id}
    counted = {row.village: row.panel for row in whole.rows}
    rows = [row._replace(panel=counted[row.village] if row.village in own else {
        name: Panel(panel.judges, None, None, None) for name, panel in counted[row.village].items()
    }) for row in bare.rows]  # fmt: skip
    return bare._replace(rows=rows, lacks=whole.lacks)


def _table(
    connection: Connection, entry: Entry, fields: Mapping[str, Any], now: int, given: Collection[Given] | None = None
) -> Table:
    run = store.last_run(connection, entry.record)
    standings = store.standings(connection, entry.record, run)
    points: dict[str, dict[str, float | None]] = {}
    for line in store.lines(connection, entry.record, run):
        points.setdefault(line.village, {})[line.criterion] = line.points
    names = regions.names(connection, [each.village for each in standings])
    known = given_in(connection, entry) if given is None else given
    return stand(entry._replace(fields=dict(fields)), run, standings, points, known, names, now)


def stand(
    entry: Entry, run: int, standings: Iterable[Standing], points: Mapping[str, dict[str, float | None]],
    given: Collection[Given], names: Mapping[str, str], now: int,
) -> Table:  # fmt: skip
    """As `table`, of what was read: nothing here depends on the order in which it was."""
    rules, on, weights = load(), rules_day(entry, now), weights_of(entry)
    judged = law.panel_criteria(rules, on)
    approved = {(each.village, each.reason) for each in lifts_of(entry) if each.state == LIFT_APPROVED}
    ties = list(rules.on("award_ties", on).value)
    panels = {each.village: _panel(given, each.village, judged, weights) for each in standings}
    rows, ranked, computed = [], [], []
    for each in sorted(standings, key=lambda one: one.village):
        reasons = [sign["reason"] for sign in each.why if sign["is_out"]]
        out = [reason for reason in reasons if (each.village, reason) not in approved]
        mine = points.get(each.village, {})
        means = {name: one.mean for name, one in panels[each.village].items()}
        score = law.total(each.score or 0.0, means, weights, judged)
        rows.append(Row(each.village, names.get(each.village, each.village), each.band, each.score or 0.0, score, None, out,
                        [reason for reason in reasons if reason not in out], mine, panels[each.village], False))  # fmt: skip
        if not out:
            ranked.append(Placed(each.village, each.band, score, mine))
            computed.append(Placed(each.village, each.band, law.total(each.score or 0.0, {}, weights, judged), mine))
    places = law.standings(ranked, ties)
    listed = law.shortlist(law.standings(computed, ties), rules.on("award_shortlist", on).value)
    ranks = {place.village: place.rank for place in places}
    rows = [row._replace(rank=ranks.get(row.village), is_listed=row.village in listed) for row in rows]
    rows.sort(key=lambda row: (row.band, row.rank is None, row.rank or 0, row.village))
    least = rules.on("award_judges_least", on).value
    lacks = [row.village for row in rows if row.is_listed and any(one.judges < least for one in row.panel.values())]
    return Table(run, rows, places, lacks)


def _panel(
    given: Iterable[Given], village: str, judged: Iterable[str], weights: Mapping[str, float]
) -> dict[str, Panel]:
    mine = [each.scores for each in given if each.village == village]
    return {name: law.mean_of(each[name] for each in mine if name in each) for name in judged if weights.get(name)}


def winners_of(entry: Entry) -> list[Place]:
    """Who won, as it was proposed or sealed."""
    places = [Place(each["village"], each["band"], each["rank"], each["score"]) for each in entry.fields.get("places") or ()]
    least = load().on("award_win_least", _published(entry) or date.max).value
    return law.winners(places, entry.fields.get("winners_a_band") or DEFAULT_WINNERS, least)


def prizes_of(entry: Entry) -> int:
    """The prizes together, in rupiah."""
    return int(entry.fields.get("prize") or 0) * len(winners_of(entry))


class Dossier(NamedTuple):
    """All that is said of one village. given: what judges gave, as far as this reader may see it; mine: what he gave.

    hidden: how many judges' points he may not see yet. cant_judge: None, or why he can't give points.
    """

    row: Row
    lines: list[Line]
    signs: list[dict[str, Any]]
    lifts: list[Lifted]
    given: list[Given]
    mine: Given | None
    hidden: int
    cant_judge: Both | None


def dossier_of(entry: Entry, village: str, account: Account, now: int) -> Dossier:
    """Raises settle.NoSuchRecord for a village that was not scored."""
    with reading() as connection:
        standing = _table(connection, entry, entry.fields, now)
        row = next((each for each in standing.rows if each.village == village), None)
        if row is None:
            raise settle.NoSuchRecord(village)
        lines = store.lines(connection, entry.record, standing.run, village)
        signs = next(each.why for each in store.standings(connection, entry.record, standing.run) if each.village == village)
        given = [each for each in given_in(connection, entry) if each.village == village]
        saw_it = _saw_the_sum(connection, entry.record, account)
    mine = next((each for each in given if each.account == account.id), None)
    sees = sees_points(entry, mine)
    order = law.criteria(load(), rules_day(entry, now))
    return Dossier(
        row if sees else row._replace(panel={}, score=law.total(row.computed, {}, weights_of(entry), list(row.panel))),
        sorted(lines, key=lambda line: order.index(line.criterion) if line.criterion in order else len(order)), signs,
        [each for each in lifts_of(entry) if each.village == village], given if sees else [mine] if mine else [], mine,
        0 if sees else len(given), _cant_judge(entry, row, mine, account, saw_it, now),
    )  # fmt: skip


def judged_by(entry: Entry, account: Account) -> set[str]:
    """The villages that he has given his points."""
    with reading() as connection:
        return {each.village for each in given_in(connection, entry) if each.account == account.id}


def sees_points(entry: Entry, mine: Given | None) -> bool:
    """Others' points are seen after one has given one's own, or when all is sealed: no judge follows another."""
    return mine is not None or state_of(entry) in FINAL


def _saw_the_sum(connection: Connection, award: str, account: Account) -> bool:
    """Whether a result was proposed before, and taken back, that he could see with others' points in it."""
    if not auth.may(account, "approve"):
        return False
    with for_itself():  # asks which states there were
        told = log.histories(connection, [award]).get(award, ())
    return any((each.fields or {}).get("state") == PROPOSED for each in told)


def _cant_judge(
    entry: Entry, row: Row, mine: Given | None, account: Account, saw_the_sum: bool, now: int
) -> Both | None:
    if not panel_names(entry, now):
        return ("Penghargaan ini tidak memakai nilai juri.", "This award has no judges' part.")
    if state_of(entry) != SCORED:
        return ("Juri menilai setelah angka dihitung dan sebelum hasil diusulkan.",
                "Judges give points after the scoring and before a result is proposed.")  # fmt: skip
    if row.out:
        return ("Desa ini dikeluarkan; tidak dinilai juri.", "This village is out; judges do not see it.")
    if not row.is_listed:
        return ("Desa ini tidak termasuk yang teratas di golongannya; juri menilai yang teratas.",
                "This village is not among those that lead their band; judges see those that do.")  # fmt: skip
    if is_own_village(account, row.village):
        return OWN_VILLAGE
    if mine is not None:
        return ("Anda sudah memberi nilai. Nilai juri tidak diubah lagi, supaya tidak mengikuti nilai orang lain.",
                "You have given your points. They are not changed any more, so that nobody follows others.")  # fmt: skip
    if saw_the_sum:
        return ("Anda sudah melihat hasil yang pernah diusulkan, dengan nilai juri di dalamnya; orang lain yang menilai.",
                "You have seen a result that was proposed, with others' points in it; others judge.")  # fmt: skip
    return None


OWN_VILLAGE: Both = ("Desa ini dari wilayah Anda sendiri, jadi juri lain yang menilainya.",
                     "This village is of your own region, so others judge it.")  # fmt: skip


def is_own_village(account: Account, village: str) -> bool:
    """Whether a judge is of that very village or kecamatan."""
    return account.region != NATION and level(account.region) in ("district", "village") and within(village, account.region)


# Drawing it up --------------------------------------------------------------------------------------------------------


def begin(scope: Scope, key: str, fields: Mapping[str, Any], account: Account, now: int) -> str:
    """Begin an award of the region, with the weights that are proposed. Raises AwardRefused, settle.BadFields."""
    if scope == NATION or level(scope) == "village":
        raise AwardRefused(("Pilih provinsi, kabupaten atau kecamatan yang desanya dibandingkan.",
                            "Choose the province, regency or kecamatan whose villages are compared."))  # fmt: skip
    _check_period(fields)
    on = day_at(now, scope)
    weights = law.default_weights(load(), on)
    begun = {
        **{name: fields.get(name) for name in FORM}, "state": DRAFT, "criteria": _criteria(weights),
        "winners_a_band": fields.get("winners_a_band") or DEFAULT_WINNERS,
    }  # fmt: skip
    return entries.begin(AWARD, scope, key, begun, account, now, act="award")


def _check_period(fields: Mapping[str, Any]) -> None:
    first, last = fields.get("first_month"), fields.get("last_month")
    if isinstance(first, str) and isinstance(last, str) and first > last:
        raise settle.BadFields({"last_month": ["before-its-beginning"]})


def _criteria(weights: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"criterion": name, "weight": weight} for name, weight in weights.items() if weight]


def change_draft(
    award: str, seen: Mapping[str, int], fields: Mapping[str, Any], weights: Mapping[str, Any] | None, account: Account,
    now: int,
) -> None:  # fmt: skip
    """Change what a draft says; once published, only prize and notes, until the result is proposed.

    Raises AwardRefused, settle.NotSeen, settle.BadFields.
    """
    _check_period(fields)
    changed = dict(fields) if weights is None else dict(fields) | {"criteria": _criteria(weights)}

    def check(connection: Connection, stands: Mapping[str, Any]) -> None:
        state = stands.get("state")
        later = {name for name, value in changed.items() if name not in UNTIL_PROPOSED and stands.get(name) != value}
        if state != DRAFT and (later or state not in (PUBLISHED, SCORED)):
            raise AwardRefused(STALE)

    entries.change(AWARD, award, seen, changed, account, now, act="award", check=check)


def publish(
    award: str, seen: Mapping[str, int], weights: Mapping[str, Any] | None, account: Account, now: int
) -> None:  # fmt: skip
    """Publish the criteria: those of the draft, or with other weights a new version, as long as nothing is scored.

    From that day they are what villages are measured by. Raises AwardRefused, settle.NotSeen, settle.BadFields.
    """
    entry = _known(award)
    chosen = weights_of(entry) if weights is None else {name: each for name, each in weights.items() if each}
    on = day_at(now, entry.home)
    fault = law.weights_fault(chosen, load(), on) if all(_is_number(each) for each in chosen.values()) else "negative"
    if fault:
        raise AwardRefused(WEIGHTS_FAULT[fault])
    is_first = state_of(entry) == DRAFT
    if not is_first and chosen == weights_of(entry):
        raise AwardRefused(("Bobotnya sama dengan versi yang berlaku. Ubah dulu bobotnya.",
                            "The weights are those of the version in force. Change them first."))  # fmt: skip
    fields = {
        "state": PUBLISHED, "criteria": _criteria(chosen), "published_on": on.isoformat(),
        "version": 1 if is_first else int(entry.fields.get("version") or 1) + 1,
    }  # fmt: skip
    was = DRAFT if is_first else PUBLISHED
    settle.enter(AWARD, award, seen, fields, account, now, "award", whole=True, check=_only_in(was))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


WEIGHTS_FAULT: Mapping[str, Both] = {
    "sum": ("Bobot semua kriteria harus berjumlah 100.", "The weights of all criteria must add up to 100."),
    "negative": ("Bobot adalah angka 0 sampai 100.", "A weight is a number from 0 to 100."),
    "unknown": ("Ada kriteria yang tidak dikenal.", "There is a criterion that nobody knows."),
    "none_computed": ("Paling sedikit satu kriteria yang dihitung harus berbobot.",
                      "At least one computed criterion must weigh something."),
}  # fmt: skip


def _known(award: str) -> Entry:
    """The award as it stands, whoever asks: `enter` looks whether it lies in his region. Raises settle.NoSuchRecord."""
    region = REGIONAL[AWARD].fixed_id(award)
    with reading() as connection, for_itself():  # only states and numbers are compared before `enter` looks
        found = None if region is None else kept.one(connection, region, AWARD, award)
    if found is None:
        raise settle.NoSuchRecord(award)
    return found


def _only_in(*states: str) -> Callable[[Connection, Mapping[str, Any]], None]:
    def check(connection: Connection, fields: Mapping[str, Any]) -> None:
        if fields.get("state") not in states:
            raise AwardRefused(STALE)

    return check


def drop(award: str, seen: Mapping[str, int], account: Account, now: int) -> None:
    """Give it up, as long as nothing is sealed."""
    settle.enter(AWARD, award, seen, {"state": DROPPED}, account, now, "award", whole=True,
                 check=_only_in(DRAFT, PUBLISHED, SCORED, PROPOSED))  # fmt: skip


# Scoring --------------------------------------------------------------------------------------------------------------


def days_for(entry: Entry) -> list[str]:
    """Days whose frozen figures tell the last month of the period, the newest first."""
    with reading() as connection:
        return awards_facts.days_with(connection, months.number(entry.fields["last_month"]))


def _to_score(award: str, day: str, account: Account) -> Entry:
    """The award, where it may be scored now from that day's figures. Raises AwardRefused, settle.OutsideRegion."""
    entry = _known(award)
    if state_of(entry) not in (PUBLISHED, SCORED):
        raise AwardRefused(STALE)
    if not within(entry.home, account.region):
        raise settle.OutsideRegion(award)
    if day not in days_for(entry):
        raise AwardRefused(("Tidak ada angka yang dibekukan untuk bulan terakhir pada hari itu. Pilih hari dari daftar.",
                            "No figures of the last month were frozen on that day. Choose one of the list."))  # fmt: skip
    return entry


def ask_to_score(award: str, seen: Mapping[str, int], day: str, account: Account, now: int) -> None:
    """Have it scored behind the desk: of a province it takes longer than anybody waits for a page.

    Whoever asks anew before it is done asks instead. Raises AwardRefused, settle.OutsideRegion, settle.NotSeen.
    """
    if any(dict(seen).get(desk, 0) < seq for desk, seq in _to_score(award, day, account).seen.items()):
        raise settle.NotSeen(award)
    region = REGIONAL[AWARD].fixed_id(award) or ""
    with transaction() as connection:
        award_work.ask(connection, award_work.Asked(award, region, day, dict(seen), account.id, now, None))


def asked_to_score(entry: Entry) -> award_work.Asked | None:
    """What is being done about its scoring, or why that failed the last time."""
    with reading() as connection:
        return award_work.of(connection, entry.record)


def score_waiting(settings: Settings, now: int) -> int:
    """Score what was asked for, with the rights that whoever asked has now; gives how many were scored.

    What a kill cut short is begun anew; of two at once one keeps its run. What can't be done is noted for the award's page.
    """
    with reading() as connection:
        waiting = award_work.waiting(connection)
    scored, failed = 0, None
    for each in waiting:
        refused: Both | None = STALE
        try:
            with reading() as connection:
                account = account_of(connection, each.account)
            if account is None or not auth.may(account, "run awards"):
                refused = ("Yang memintanya tidak berhak lagi. Hitung lagi oleh yang berhak.",
                           "Whoever asked for it may do so no more. Somebody who may asks anew.")  # fmt: skip
            else:
                with audit.acting(f"account:{account.id}"):
                    score(each.award, each.seen, each.day, account, max(now, now_ms()))
                scored, refused = scored + 1, None
        except AwardRefused as error:
            refused = error.says
        except settle.DeskError:
            pass  # it changed since, or lies outside his region now
        except Exception as error:  # one that fails does not stop the others; its error rises in the end
            server_log.failed(error, award=each.award)
            failed = failed or error
            refused = ("Penghitungan gagal. Coba lagi, atau tanyakan kepada pengelola.",
                       "The scoring failed. Try again, or ask whoever runs this server.")  # fmt: skip
        if refused:
            with transaction() as connection:
                award_work.refuse(connection, each, refused)
    if failed:
        raise failed
    return scored


def score(award: str, seen: Mapping[str, int], day: str, account: Account, now: int) -> int:
    """Compute every criterion of every village from the figures frozen on a day, and keep it as a new run; gives its number.

    What was asked for before is done with it. Raises AwardRefused, settle.OutsideRegion, settle.NotSeen.
    """
    entry = _to_score(award, day, account)
    rules, on, weights = load(), rules_day(entry, now), weights_of(entry)
    with reading() as connection:
        run = store.last_run(connection, award) + 1
        gathered = awards_facts.gather(connection, entry.home, entry.fields["first_month"], entry.fields["last_month"], day,
                                       rules, on)  # fmt: skip
    lines, standings = awards_facts.scored(gathered, weights, rules, on)
    if not standings:
        raise AwardRefused(("Belum ada desa yang punya angka di wilayah ini.", "No village of this region has figures yet."))

    def check(connection: Connection, fields: Mapping[str, Any]) -> None:
        rests_on = ("criteria", "published_on", *WHAT_IS_PUBLISHED)
        is_as_read = all(fields.get(name) == entry.fields.get(name) for name in rests_on)
        if fields.get("state") not in (PUBLISHED, SCORED) or not is_as_read or store.last_run(connection, award) != run - 1:
            raise AwardRefused(STALE)
        store.keep_run(connection, award, run, lines, standings)
        award_work.drop(connection, award)

    fields = {"state": SCORED, "frozen_on": day, "run": run}
    settle.enter(AWARD, award, seen, fields, account, now, "award", whole=True, check=check)
    return run


# Judges ---------------------------------------------------------------------------------------------------------------


def panel_id(entry: Entry, village: str, account: int) -> str:
    return REGIONAL[PANEL].id_of(entry.home, f"{entry.key}.{village.replace('.', '')}.{account}")


def judge(award: str, village: str, scores: Mapping[str, Any], note: str | None, account: Account, now: int) -> str:
    """Give a village one's points, once. Raises AwardRefused, settle.BadFields, settle.OutsideRegion."""
    entry = _known(award)
    if not within(entry.home, account.region):
        raise settle.OutsideRegion(award)
    if is_own_village(account, village):
        raise AwardRefused(OWN_VILLAGE)
    wanted = panel_names(entry, now)
    lacks = {name: ["required"] for name in wanted if scores.get(name) is None}
    if lacks:
        raise settle.BadFields(lacks)
    record = panel_id(entry, village, account.id)
    fields = {
        "award": award, "village": village, "judge": account.name, "note": note,
        "scores": [{"criterion": name, "points": scores[name]} for name in wanted],
    }  # fmt: skip

    def check(connection: Connection, fields: Mapping[str, Any]) -> None:
        now_stands = kept.one(connection, entry.home, AWARD, award)
        if now_stands is None or state_of(now_stands) != SCORED:
            raise AwardRefused(STALE)
        rows = _table(connection, now_stands, now_stands.fields, now).rows
        row = next((each for each in rows if each.village == village), None)
        mine = _given(there) if (there := kept.one(connection, entry.home, PANEL, record)) else None
        saw_it = _saw_the_sum(connection, award, account)
        refused = STALE if row is None else _cant_judge(now_stands, row, mine, account, saw_it, now)
        if refused:
            raise AwardRefused(refused)

    try:
        return entries.begin(PANEL, entry.home, record.rpartition(":")[2], fields, account, now, act="judge", check=check)
    except settle.NotSeen:
        raise AwardRefused(("Anda sudah memberi nilai untuk desa ini.", "You have given it your points already.")) from None


# Lifting a disqualification -------------------------------------------------------------------------------------------


def propose_lift(
    award: str, seen: Mapping[str, int], village: str, reason: str, why: str, account: Account, now: int
) -> None:  # fmt: skip
    """Ask to overlook one sign of padded data, with a reason. Raises AwardRefused, settle.NotSeen, settle.BadFields."""
    entry = _known(award)
    if not why.strip():
        raise AwardRefused(("Tulis alasannya.", "Write the reason."))
    row = next((each for each in table(entry, now).rows if each.village == village), None)
    if row is None or reason not in row.out:
        raise AwardRefused(("Desa ini tidak dikeluarkan karena itu.", "The village is not out for that."))
    if any(each[:2] == (village, reason) and each.state == LIFT_PROPOSED for each in lifts_of(entry)):
        raise AwardRefused(("Sudah diusulkan; orang lain yang menyetujui.", "It is proposed, and waits for somebody else."))
    lifts = [each for each in lifts_of(entry) if each[:2] != (village, reason)]
    _set_lifts(award, seen, [*lifts, Lifted(village, reason, why.strip(), LIFT_PROPOSED)], account, now, lambda *_: None)


def answer_lift(
    award: str, seen: Mapping[str, int], village: str, reason: str, is_agreed: bool, account: Account, now: int
) -> None:  # fmt: skip
    """Agree to what somebody else asked to overlook, or not. Raises AwardRefused, settle.OwnEntry, settle.NotSeen."""
    entry = _known(award)
    asked = next((each for each in lifts_of(entry) if each[:2] == (village, reason) and each.state == LIFT_PROPOSED), None)
    if asked is None:
        raise AwardRefused(STALE)
    state = LIFT_APPROVED if is_agreed else LIFT_REFUSED
    lifts = [each._replace(state=state) if each == asked else each for each in lifts_of(entry)]

    def check(connection: Connection, fields: Mapping[str, Any]) -> None:
        if is_agreed and _asked_by(connection, award, asked, account):
            raise settle.OwnEntry(award)

    _set_lifts(award, seen, lifts, account, now, check)


def asked_by(entry: Entry, lifted: Lifted, account: Account) -> bool:
    """Whether he asked for it himself, so that somebody else must agree."""
    with reading() as connection, for_itself():  # asks who wrote, not what
        return _asked_by(connection, entry.record, lifted, account)


def _asked_by(connection: Connection, award: str, lifted: Lifted, account: Account) -> bool:
    """Whether he wrote this proposal. The list holds others' too, so its last hand says nothing: the log is asked for the
    change that brought it, the last one where it was refused and asked for again.
    """
    said = lifted._replace(state=LIFT_PROPOSED)._asdict()
    was_there, brought = False, None
    for each in sorted(log.histories(connection, [award]).get(award, ()), key=lambda one: (one.received, one.seq)):
        if each.fields is None or "lifts" not in each.fields:
            continue
        is_there = any({name: one.get(name) for name in said} == said for one in each.fields["lifts"] or ())
        if is_there and not was_there:
            brought = each
        was_there = is_there
    if brought is None:
        return False
    return is_own(account, brought.device, log.authors(connection, [brought.dot]).get(brought.dot))


def _set_lifts(
    award: str, seen: Mapping[str, int], lifts: list[Lifted], account: Account, now: int,
    check: Callable[[Connection, Mapping[str, Any]], None],
) -> None:  # fmt: skip
    def whole_check(connection: Connection, fields: Mapping[str, Any]) -> None:
        _only_in(SCORED)(connection, fields)
        check(connection, fields)

    said = sorted((each._asdict() for each in lifts), key=lambda each: (each["village"], each["reason"]))
    settle.enter(AWARD, award, seen, {"lifts": said}, account, now, "award", check=whole_check)


# The result -----------------------------------------------------------------------------------------------------------


def _places(standing: Table) -> list[dict[str, Any]]:
    """What stands in the record: the best of each band."""
    shown: dict[str, int] = {}
    told = []
    for place in standing.places:
        shown[place.band] = shown.get(place.band, 0) + 1
        if shown[place.band] <= KEPT_A_BAND:
            told.append(place._asdict() | {"score": _plain(place.score)})
    return told


def _plain(number: float) -> float | int:
    """As `schemas.fields.Real` keeps it."""
    return int(number) if number == int(number) else number


def propose(award: str, seen: Mapping[str, int], account: Account, now: int) -> None:
    """Propose the result as it stands: somebody else seals it. Raises AwardRefused, settle.NotSeen."""
    entry = _known(award)
    standing = table(entry, now)
    places = _places(standing)

    def check(connection: Connection, fields: Mapping[str, Any]) -> None:
        _only_in(SCORED)(connection, fields)
        _check_ready(_table(connection, entry, fields, now), entry, places)
        if any(each.state == LIFT_PROPOSED for each in lifts_of(entry._replace(fields=dict(fields)))):
            raise AwardRefused(("Masih ada usulan pencabutan yang belum dijawab. Jawab dulu.",
                                "A proposed lift still waits. Answer it first."))  # fmt: skip

    fields = {"state": PROPOSED, "places": places}
    settle.enter(AWARD, award, seen, fields, account, now, "award", whole=True, check=check)


def _check_ready(standing: Table, entry: Entry, places: list[dict[str, Any]]) -> None:
    if not standing.places:
        raise AwardRefused(("Tidak ada desa yang dapat menang: semuanya dikeluarkan.", "No village can win: all are out."))
    if standing.lacks:
        number = len(standing.lacks)
        raise AwardRefused((f"{number} desa teratas belum dinilai cukup juri. Minta juri menilai dulu.",
                            f"{number} leading villages have too few judges yet. Ask for their points."))  # fmt: skip
    if _places(standing) != places:
        raise AwardRefused(STALE)


def withdraw(award: str, seen: Mapping[str, int], account: Account, now: int) -> None:
    """Take a proposed result back: judges, lifts and scores are open again."""
    fields = {"state": SCORED, "places": None}
    settle.enter(AWARD, award, seen, fields, account, now, "award", whole=True, check=_only_in(PROPOSED))


def seal(award: str, seen: Mapping[str, int], account: Account, now: int) -> str:
    """Seal the proposed result; gives the seal. Raises settle.OwnEntry for who proposed it, AwardRefused, settle.NotSeen."""
    entry = _known(award)
    today = day_at(now, entry.home).isoformat()
    with reading() as connection, for_itself():  # `enter` looks whether it lies in his region
        made = sha256(_dossier(connection, entry, entry.fields).encode()).hexdigest()

    def check(connection: Connection, fields: Mapping[str, Any]) -> None:
        _only_in(PROPOSED)(connection, fields)
        _check_ready(_table(connection, entry, fields, now), entry, list(fields.get("places") or ()))
        if sha256(_dossier(connection, entry, fields).encode()).hexdigest() != made:
            raise AwardRefused(STALE)

    fields = {"state": SEALED, "seal": made, "sealed_on": today}
    settle.enter(AWARD, award, seen, fields, account, now, "approve", others=("state",), whole=True, check=check)
    return made


def release(award: str, seen: Mapping[str, int], account: Account, now: int) -> int:
    """Release the prizes, and make the result public; gives their sum. Raises settle.OwnEntry for who sealed it.

    A dossier that no longer fits its seal is not released.
    """
    entry = _known(award)
    amount, today = prizes_of(entry), day_at(now, entry.home).isoformat()

    def check(connection: Connection, fields: Mapping[str, Any]) -> None:
        _only_in(SEALED)(connection, fields)
        if sha256(_dossier(connection, entry, fields).encode()).hexdigest() != fields.get("seal"):
            raise AwardRefused(("Segelnya tidak cocok lagi dengan isinya. Periksa di halaman segel.",
                                "The seal does not fit any more. Look at the page of the seal."))  # fmt: skip

    fields = {"state": RELEASED, "released_on": today, "released_amount": amount}
    settle.enter(AWARD, award, seen, fields, account, now, "approve", others=("state",), whole=True, check=check)
    return amount


# The seal -------------------------------------------------------------------------------------------------------------


class Checked(NamedTuple):
    """seal: as it stands in the record; made: as it comes out now."""

    seal: str | None
    made: str
    villages: int
    lines: int
    judges: int

    @property
    def fits(self) -> bool:
        return self.seal == self.made


def verify(entry: Entry) -> Checked:
    """Make the seal again from what is kept, and compare."""
    text = dossier(entry)
    told = json.loads(text)
    made = sha256(text.encode()).hexdigest()
    judges = {each["judge"] for each in told["panel"]}
    return Checked(entry.fields.get("seal"), made, len(told["standings"]), len(told["lines"]), len(judges))


def dossier(entry: Entry) -> str:
    """All that the result rests on, as the seal is made over it: JSON with sorted names, no spaces, ASCII alone."""
    with reading() as connection:
        return _dossier(connection, entry, entry.fields)


def _dossier(connection: Connection, entry: Entry, fields: Mapping[str, Any]) -> str:
    run = store.last_run(connection, entry.record)
    told = {
        "award": entry.record, "run": run,
        **{name: fields.get(name) for name in (
            *WHAT_IS_PUBLISHED, "criteria", "version", "published_on", "frozen_on", "prize", "lifts", "places",
        )},
        "standings": [each._asdict() for each in store.standings(connection, entry.record, run)],
        "lines": [each._asdict() for each in store.lines(connection, entry.record, run)],
        "panel": [
            {"village": each.village, "judge": each.judge, "scores": each.scores, "note": each.note}
            for each in given_in(connection, entry)
        ],
    }  # fmt: skip
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


# For everybody --------------------------------------------------------------------------------------------------------


def public_awards() -> list[Entry]:
    """Awards that everybody may see: those whose criteria are published, the newest first. No person is in any of them."""
    with reading() as connection, for_itself():  # criteria are published, and results released, for everybody
        found = kept.within(connection, NATION, AWARD)
    shown = [each for each in found if state_of(each) in (*STEPS[1:],)]
    return sorted(shown, key=lambda each: (each.fields.get("published_on") or "", each.record), reverse=True)
