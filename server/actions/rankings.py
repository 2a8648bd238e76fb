"""Who is funded first in a region: by the regency's rule in force, or by the stated defaults, reckoned over everybody.

Looking at a ranking keeps only records, scores and what they rest on, in `decree_work`; names are read when it is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from programme import ranking
from programme.ranking import CRITERIA, Candidate, First, Part, Policy, Standing
from programme.rules import load
from schemas.region import NATION, within
from server import log
from server.actions import entries, profiles, settle
from server.actions.budgets import PlanRefused, region_above
from server.actions.entries import Entry
from server.clock import day_at
from server.db import Connection, reading, snapshot, transaction
from server.store import decrees as work_store
from server.store import entries as entry_store
from server.store import funded as funded_store
from server.store import rankings as store
from server.store import regions
from server.store.accounts import Account
from server.store.decrees import Work
from server.store.scoping import Scope, for_itself

RANKING, DECREE = "ranking", "decree"
DRAFT, IN_FORCE, ENDED = "draft", "in_force", "ended"
DEFAULT = "default"
"""Stands for a ranking's id where a region has none of its own in force."""
KEPT = 1000
"""How many of the first are kept of a ranking that is looked at."""
AT_ONCE = 20_000
"""Up to how many people a ranking is reckoned while its reader waits; of more the job does it."""
STANDING = frozenset({"draft", "proposed", "signed"})


# The rule -------------------------------------------------------------------------------------------------------------


class Ruled(NamedTuple):
    """A policy and where it is from. entry: the `ranking` record; None are the defaults of `rules/ranking.toml`."""

    policy: Policy
    entry: Entry | None

    @property
    def record(self) -> str:
        return self.entry.record if self.entry else DEFAULT


def policy_of(entry: Entry, day: date) -> Policy:
    """What a record says, the defaults where it says nothing."""
    base, said = ranking.defaults(load(), day), entry.fields
    weights = {each["criterion"]: float(each["weight"]) for each in said.get("weights") or []}
    return Policy(
        weights or base.weights, said.get("deciles_up_to") or base.deciles_up_to,
        base.age_from if said.get("age_from") is None else said["age_from"],
        base.age_below if said.get("age_below") is None else said["age_below"],
    )  # fmt: skip


def in_force(region: str, day: date) -> Ruled:
    """The rule in force for a region: its own, else that of the nearest region above, else the defaults."""
    with reading() as connection, for_itself():  # a rule says numbers, and holds for all who live below
        return _in_force(connection, region, day)


def _in_force(connection: Connection, region: str, day: date) -> Ruled:
    for code in region_above(region):
        some = [
            each for each in entry_store.of_region(connection, NATION, RANKING, code)
            if each.fields.get("state") == IN_FORCE and (each.fields.get("valid_from") or "") <= day.isoformat()
        ]  # fmt: skip
        if some:
            newest = max(some, key=lambda each: (each.fields.get("valid_from") or "", each.created_at, each.record))
            return Ruled(policy_of(newest, day), newest)
    return Ruled(ranking.defaults(load(), day), None)


def ruled_by(record: str, region: str, day: date) -> Ruled:
    """The rule that was asked for: a record, or the one in force where `DEFAULT` or nothing is said.

    Raises settle.NoSuchRecord.
    """
    if record in ("", DEFAULT):
        return Ruled(ranking.defaults(load(), day), None)
    with reading() as connection, for_itself():  # of the region or one above it, which is looked at here
        found = entry_store.these(connection, NATION, [record]).get(record)
    if found is None or found.kind != RANKING or not within(region, found.home):
        raise settle.NoSuchRecord(record)
    return Ruled(policy_of(found, day), found)


def begin_ranking(region: str, key: str, fields: Mapping[str, Any], account: Account | None, now: int) -> str:
    """A draft. Raises as `entries.begin`, and PlanRefused."""
    check_weights(fields)
    return entries.begin(RANKING, region, key, {**fields, "state": DRAFT}, account, now, "plan")


def change_ranking(
    record: str, seen: Mapping[str, int], fields: Mapping[str, Any], account: Account | None, now: int
) -> None:  # fmt: skip
    """Change a draft. Raises as `entries.change`, and PlanRefused."""
    check_weights(fields)
    entries.change(RANKING, record, seen, fields, account, now, "plan", check=_is_draft)


def check_weights(fields: Mapping[str, Any]) -> None:
    """Each criterion once, and not all of no weight. Raises PlanRefused."""
    weights = fields.get("weights")
    if not isinstance(weights, list) or not all(isinstance(each, Mapping) for each in weights):
        return  # the field's own fault, which its kind tells
    named = [each.get("criterion") for each in weights]
    if len(named) != len(set(named)):
        raise PlanRefused(("Setiap kriteria hanya satu kali.", "Name each criterion once."), "weights")
    numbers = [each.get("weight") for each in weights]
    if weights and all(isinstance(number, int | float) for number in numbers) and not sum(numbers):
        raise PlanRefused(("Beri bobot sedikitnya satu kriteria.", "Give at least one criterion a weight."), "weights")


def _is_draft(connection: Connection, said: Mapping[str, Any]) -> None:
    if said.get("state") != DRAFT:
        raise PlanRefused((
            "Aturan yang sudah berlaku tidak diubah. Buat aturan baru; begitu berlaku, ia menggantikan yang ini.",
            "A rule that was in force is not changed. Make a new one; once in force it takes this one's place.",
        ))  # fmt: skip


def enforce(record: str, seen: Mapping[str, int], valid_from: date, account: Account | None, now: int) -> None:
    """Put a draft that somebody else wrote in force; whichever was in force in its region ends.

    Raises as `entries.change`, and PlanRefused.
    """
    entries.change(
        RANKING, record, seen, {"state": IN_FORCE, "valid_from": valid_from.isoformat()}, account, now, "approve",
        others=("state", "weights"), whole=True, check=_is_draft,
    )  # fmt: skip
    region = record.split(":")[1]
    with reading() as connection, for_itself():  # of the record's own region
        others = entry_store.of_region(connection, NATION, RANKING, region)
    for other in others:
        if other.record != record and other.fields.get("state") == IN_FORCE:
            # Killed before this, two are in force: the one that is valid from later holds, and this ends with the next.
            if (other.fields.get("valid_from") or "") <= valid_from.isoformat():
                entries.change(RANKING, other.record, None, {"state": ENDED}, account, now, "approve")


# Reckoning ------------------------------------------------------------------------------------------------------------


def candidates(
    connection: Connection, scope: str, day: date, but: str | None = None, overlaps: tuple[str, str] | None = None
) -> Iterator[Candidate]:  # fmt: skip
    """Everybody of a region as the ranking takes him. but: a decree whose own names are no hindrance.

    overlaps: the first and last month that are to be paid; whoever stands on a decree for one of them is `listed`.
    """
    listed = store.on_decrees(connection, decrees_over(connection, scope, overlaps, but))
    remote = remoteness(connection, scope, day.year)
    for row in store.everybody(connection, scope):
        yield _candidate(row, remote, listed, None)


def decrees_over(
    connection: Connection, scope: str, overlaps: tuple[str, str] | None, but: str | None
) -> list[str]:  # fmt: skip
    """The decrees of this region, of those above and of those below, that pay in one of these months (any, where None)."""
    with for_itself():  # their names are only asked for to leave people out; whoever is shown is read within the scope
        found = entry_store.within(connection, NATION, DECREE, scope)
        for code in region_above(scope)[1:]:
            found += entry_store.of_region(connection, NATION, DECREE, code)
    return [
        each.record for each in found
        if each.record != but and each.fields.get("state") in STANDING and _overlap(each.fields, overlaps)
    ]  # fmt: skip


def _overlap(said: Mapping[str, Any], overlaps: tuple[str, str] | None) -> bool:
    if overlaps is None:
        return True
    return (said.get("first_month") or "") <= overlaps[1] and overlaps[0] <= (said.get("last_month") or "")


def remoteness(connection: Connection, scope: str, year: int) -> dict[str, int]:
    """Village -> how remote it is, by its newest profile up to a year."""
    with for_itself():  # of the region that is asked within, whose profiles name nobody
        found = profiles.latest(connection, year, scope)
    return {village: said["remoteness"] for village, said in found.items() if said.get("remoteness") is not None}


def _candidate(row: Any, remote: Mapping[str, int], listed: Collection[str], decile_at: str | None) -> Candidate:
    """row: begins as `store.everybody` tells; taken apart at once, since this is done for everybody."""
    record, home, born, occupation, segment, funding, decile, status, incomplete, restricted, registered, coverage = row[:12]
    return Candidate(
        record, home, remote.get(home), decile, decile_at, occupation, born, registered or "", segment, status,
        bool(incomplete), bool(restricted), coverage, funding, record in listed,
    )  # fmt: skip


def first_of(
    scope: str, most: int, policy: Policy, day: date, but: str | None = None, overlaps: tuple[str, str] | None = None
) -> First:  # fmt: skip
    """The first of a region by a rule. Read as of one moment."""
    with snapshot() as connection, for_itself():  # the region was checked by who asks; see `candidates`
        return ranking.first_of(candidates(connection, scope, day, but, overlaps), most, policy, load(), day)


class Explained(NamedTuple):
    """One person in a ranking: what his score is made of, or why he is left out, and on which day it was reckoned."""

    candidate: Candidate
    standing: Standing
    full_name: str
    nik: str | None
    ruled: Ruled
    day: date


def explain(scope: Scope, ruled: Ruled, record: str, now: int) -> Explained:
    """Raises settle.NoSuchRecord."""
    with reading() as connection:
        rows = store.these(connection, scope, [record])
        if record not in rows:
            raise settle.NoSuchRecord(record)
        row = rows[record]
        at = store.said_when(connection, scope, [record]).get(record)
        day = day_at(now, row.home)
        remote = remoteness(connection, row.home, day.year)
        with for_itself():  # asked of one who was just found in the region
            listed = {record} if _stands_on_one(connection, record) else set()
    one = _candidate(row, remote, listed, at)
    return Explained(one, ranking.standing(one, ruled.policy, load(), day), row.full_name, row.nik, ruled, day)


def _stands_on_one(connection: Connection, record: str) -> bool:
    """Whether his name stands on a decree, under any of his records."""
    ids = {record, *funded_store.people(connection, [record]).of}
    names = [one for one in funded_store.named(connection, ids) if not one.fields.get("removed_on")]
    decrees = funded_store.decrees(connection, {one.fields["decree"] for one in names})
    return any(said.get("state") in STANDING for said in decrees.values())


def because_of(parts: Sequence[Part]) -> list[str]:
    """What a score rests on, as a beneficiary's record keeps it: `decile:2:31.11`, criterion, value and points."""
    return [f"{part.criterion}:{'' if part.value is None else part.value}:{part.points:g}" for part in parts]


def read_because(texts: Collection[str]) -> list[tuple[str, str, str]]:
    """Criterion, value and points of what `because_of` wrote; whatever else somebody wrote there is left out."""
    found = []
    for text in texts:
        criterion, _, rest = text.partition(":")
        value, _, points = rest.partition(":")
        if criterion in CRITERIA:
            found.append((criterion, value, points))
    return found


# Looking at it --------------------------------------------------------------------------------------------------------


class Shown(NamedTuple):
    """One of the first. rank: as it was reckoned."""

    rank: int
    record: str
    full_name: str
    nik: str | None
    village: str
    score: float
    parts: list[tuple[str, str, str]]


class Page(NamedTuple):
    """A ranking that was reckoned. made_at: when; of: how many were ranked; out: why how many were left out.

    people: this page's; next: the rank to go on behind. at_work: it is being reckoned anew.
    """

    made_at: int | None
    of: int
    out: dict[str, int]
    people: list[Shown]
    villages: dict[str, str]
    next: int | None
    at_work: bool


def look(scope: Scope, ruled: Ruled, account: Account, now: int) -> bool:
    """Reckon a ranking for somebody: at once where few live there (True), else by the job that fills decrees."""
    with transaction() as connection:
        number = work_store.begin_work(
            connection, ruled.record, str(scope), {"do": "preview", "ranking": ruled.record}, account.id, now
        )
        is_much = store.are_more_than(connection, scope, AT_ONCE)
    if is_much:
        return False
    reckon(number, now)
    return True


def reckon(number: int, now: int) -> int:
    """Do what `look` asked for; gives how many people were ranked."""
    with transaction() as connection:
        work = work_store.take_work(connection, number, now)
    if work is None:
        return 0
    try:
        day = day_at(now, work.region)
        ruled = ruled_by(work.asked["ranking"], work.region, day)
        first = first_of(work.region, KEPT, ruled.policy, day)
    except Exception as error:
        with transaction() as connection:
            work_store.keep_work(connection, work, now, state=work_store.FAILED, error=type(error).__name__)
        log.failed(error, work=number)
        return 0
    told = [
        [one.candidate.record, one.score, because_of(ranking.standing(one.candidate, ruled.policy, load(), day).parts)]
        for one in first.people
    ]
    totals = {"ranked": first.ranked, "out": first.out, "people": told, "day": day.isoformat()}
    with transaction() as connection:
        if work_store.keep_work(connection, work, now, state=work_store.DONE, totals=totals, rows=first.ranked):
            work_store.drop_work(connection, work.decree, work.region, number)
    return first.ranked


def page_of(scope: Scope, ruled: Ruled, after: int, most: int) -> Page:
    """A page of what was reckoned last, for this very region."""
    with reading() as connection:
        some = [each for each in work_store.work_of(connection, scope, ruled.record) if each.region == scope]
        at_work = any(each.state in (work_store.WAITING, work_store.WORKING) for each in some)
        done: Work | None = next((each for each in some if each.state == work_store.DONE), None)
        if done is None:
            return Page(None, 0, {}, [], {}, None, at_work)
        told = done.totals["people"]
        part = told[after : after + most]
        rows = store.these(connection, scope, [record for record, _, _ in part])
        names = regions.names(connection, sorted({row.home for row in rows.values()}))
    people = []
    for n, (record, score, because) in enumerate(part):
        row = rows.get(record)
        if row is not None and not row.restricted:  # whoever was erased or restricted since is told no more
            people.append(Shown(after + n + 1, record, row.full_name, row.nik, row.home, score, read_because(because)))
    following = after + most if after + most < len(told) else None
    return Page(done.made_at, done.totals["ranked"], done.totals["out"], people, names, following, at_work)
