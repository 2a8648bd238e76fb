"""Monitoring and evaluation: following what phones and desks say, cycles with their frozen figures, findings, meetings.

What desks look for is drawn behind each village's stream, once coverage has followed it (`follow`). A cycle's figures
are those of the snapshot of its day; what they don't hold is frozen village by village when the day is set, so that a
frozen cycle says the same for ever, of its region and of any region inside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from programme import evaluation as pure
from programme import months
from programme.evaluation import Counted, Judged, Session
from programme.rules import Rules, load
from schemas.kinds import REGIONAL
from schemas.nik import is_nik
from schemas.region import NATION, is_village, parent, within, zone
from server import log
from server.actions import confirmations, cover, entries, snapshots
from server.actions.clocks import FINDERS
from server.actions.entries import Entry
from server.actions.settle import BadFields, DeskError, NoSuchRecord, OutsideRegion
from server.clock import day_at, day_in
from server.config import Settings
from server.db import Connection, reading, transaction
from server.store import changes as changes_log
from server.store import cover as cover_store
from server.store import entries as entry_store
from server.store import evaluation as store
from server.store import regions
from server.store import snapshots as snapshot_store
from server.store.accounts import Account
from server.store.bulk import in_chunks, take_turn
from server.store.clocks import Term
from server.store.evaluation import Activity, Told
from server.store.programme_tables import MEASURES
from server.store.scoping import Scope, for_itself

CYCLE, FINDING, MEETING = "cycle", "finding", "meeting"
CLOSED, RUNNING = "closed", "running"
FOLLOWED = "evaluation "
MONTHS_KEPT = 13
MOST_MONTHS = 24  # of a trend
DRAWN_AT_ONCE = 40  # regions that a desk waits for
CYCLE_FIELDS = ("title", "first_month", "last_month", "state", "conclusions", "notes")
FINDING_FIELDS = ("text", "recommendation", "responsible", "due", "indicator", "about", "state", "follow_up",
                  "followed_up_on")  # fmt: skip
FOLLOW_UP_FIELDS = ("state", "follow_up", "followed_up_on")
MEETING_FIELDS = ("title", "date", "place", "agenda", "attendance", "minutes", "decisions")
PENDING = ("open", "in_progress")
OPEN_STATES = ("planned", "running")


class IsClosed(DeskError):
    """The cycle is closed: nothing of it is changed any more."""


class NotFrozen(DeskError):
    """The cycle has no frozen figures yet, so it can't be closed."""


class IsFrozen(DeskError):
    """Its figures are frozen for its period, which therefore stays."""


class NotReady(DeskError):
    """So much came in that the job has to work it out first; some minutes later it has."""


class NoSuchDay(DeskError):
    """No snapshot was kept that day."""


# Following -----------------------------------------------------------------------------------------------------------


def follow(settings: Settings, now: int) -> int:
    """Draw what changed since the last time; gives the regions drawn. Harmless to repeat, or to run twice at once.

    Once a month every village is drawn, since what it is measured by is told month by month.
    """
    month = months.of_day(day_at(now, NATION))
    what = FOLLOWED + months.text(month)
    with reading() as connection:
        due = store.due(connection, what)
    drawn, failed = 0, None
    for village in due:
        try:
            draw(village, what, now)
            drawn += 1
        except Exception as error:
            log.failed(error, village=village)
            failed = failed or error
    with transaction() as connection:
        store.forget_followed(connection, FOLLOWED, what)
        store.drop_measures_before(connection, month - MONTHS_KEPT + 1)
    if failed:
        raise failed
    return drawn


def draw(region: str, what: str, now: int) -> None:
    """Draw what a region's stream brought, and of a village what it is measured by."""
    with transaction() as connection:
        take_turn(connection, FOLLOWED)
        position, after = store.followed_to(connection, what, region)
        _draw_activity(connection, store.moved_on(connection, region, after), credits=False)  # `_measure` gives them
        if is_village(region):
            _measure(connection, region, day_at(now, region))
        store.note_followed(connection, what, region, position)


def redraw(records: Collection[str]) -> None:
    """Draw these at once, so that whoever has just written finds it in the lists."""
    with transaction() as connection:
        take_turn(connection, FOLLOWED)
        _draw_activity(connection, store.these(connection, records), credits=True)


def _draw_activity(connection: Connection, told: Collection[Told], credits: bool) -> None:
    rows = {each.record: row for each in told if (row := _activity(each)) is not None}
    dots = [(each.creator[0], each.creator[1]) for each in told if each.record in rows and each.creator]
    officers = changes_log.authors(connection, dots)
    for each in told:
        if each.record in rows and each.creator and each.kind == store.VISIT:
            rows[each.record]["officer"] = officers.get((each.creator[0], each.creator[1]))
    store.drop_activity(connection, [each.record for each in told if each.record not in rows])
    for part in in_chunks(list(rows.values())):
        store.put_activity(connection, part)
    held_in = {row["home"] for row in rows.values() if row["purpose"] == store.OUTREACH and is_village(row["home"])}
    for village in held_in if credits else ():
        _credit(connection, village, store.members(connection, village))


def _activity(told: Told) -> dict[str, Any] | None:
    """The row of a visit, of feedback or of an accident; None for what is none, or says too little to stand in a list."""
    fields = told.fields
    purpose = {store.FEEDBACK: store.FEEDBACK, store.CLAIM: store.ACCIDENT}.get(told.kind) or fields.get("purpose")
    day = fields.get("event_date" if told.kind == store.CLAIM else "date")
    if not told.stands or not purpose or not day or (told.kind == store.CLAIM and fields.get("event") != "accident"):
        return None
    reported = fields.get("branch_told_on")
    return {
        "record": told.record, "kind": told.kind, "home": told.home, "purpose": purpose, "date": day,
        "state": None if told.kind == store.CLAIM else fields.get("state"), "theme": theme_of(fields.get("theme")),
        "by": fields.get("by"), "holder": fields.get("escalated_to"), "officer": None,
        "attendance": fields.get("attendance"), "registered": None, "activated": None,
        "has_finding": told.kind == store.VISIT and bool(fields.get("finding") or fields.get("recommendation")),
        "in_time": _reported_in_time(day, reported) if told.kind == store.CLAIM else None,
    }  # fmt: skip


def _reported_in_time(event: str, told: str | None) -> bool | None:
    return pure.in_time(date.fromisoformat(event), date.fromisoformat(told) if told else None, load())


def theme_of(text: Any) -> str | None:
    """A theme as it is counted: written large or small, with one space or two, it is one."""
    return " ".join(text.casefold().split()) or None if isinstance(text, str) else None


def _measure(connection: Connection, village: str, today: date) -> None:
    """What an evaluation asks of a village besides its figures, for the last thirteen months."""
    people, rules = store.members(connection, village), load()
    stories = [
        (first, letters, number)
        for (first, letters), number in Counter((each.first_month, each.letters) for each in people).items()
    ]
    standing = [each for each in people if each.state not in ("ended", "not_yet")]
    sound = sum(each.fields.get("status") == "verified" and bool(each.nik) and is_nik(str(each.nik)) for each in standing)
    last = months.of_day(today)
    rows = []
    for month in range(last - MONTHS_KEPT + 1, last + 1):
        stayed, were = pure.retention(stories, month, rules)
        rows.append({
            "village": village, "month": month, "retained": stayed, "retained_of": were, "verified": sound,
            "verified_of": len(standing),
        })  # fmt: skip
    store.put_measures(connection, village, rows)
    _credit(connection, village, people)


def _credit(connection: Connection, village: str, people: Collection[store.Member]) -> None:
    """What each outreach session of the village brought."""
    sessions = store.sessions_of(connection, village)
    if not sessions:
        return
    registered = [
        date.fromisoformat(str(told)) if (told := each.fields.get("registered_at")) else day_at(each.created_at, village)
        for each in people
    ]
    brought = pure.conversions(
        [Session(record, date.fromisoformat(day)) for record, day in sessions], registered,
        _first_paid(connection, people), load(),
    )  # fmt: skip
    store.credit(connection, village, {record: (each.registered, each.activated) for record, each in brought.items()})


def _first_paid(connection: Connection, people: Collection[store.Member]) -> list[date]:
    """Of whoever was ever active the day on which the first of his confirmed contributions was paid."""
    live = [each.record for each in people if set(each.letters) & set(pure.ACTIVE_LETTERS)]
    first: dict[str, str] = {}
    for some in in_chunks(live):
        named = {record: record for record in some} | cover_store.members(connection, some)
        for _, worker, fields in confirmations.paid_for(connection, list(named)):
            paid_on, who = fields.get("paid_on"), named[worker]
            if fields.get("confirmed") is True and paid_on and paid_on < first.get(who, "9"):
                first[who] = paid_on
    return [date.fromisoformat(day) for day in first.values()]


# Cycles --------------------------------------------------------------------------------------------------------------


def find_cycle(scope: Scope, record: str) -> Entry | None:
    """A cycle of a region inside the scope, or of one that the scope lies in: a province's is about each of its parts."""
    home = REGIONAL[CYCLE].fixed_id(record)
    if home is None:
        return None
    if within(home, scope):
        return entries.find(scope, CYCLE, record)
    if not within(scope, home):
        return None
    with reading() as connection, for_itself():  # periods and targets, and no person
        return entry_store.one(connection, home, CYCLE, record)


def cycles(scope: Scope) -> list[Entry]:
    """All cycles that are about a region or a part of it: its own, those below, those of the regions it lies in."""
    with reading() as connection:
        inside = entry_store.within(connection, scope, CYCLE)
        with for_itself():  # as `find_cycle`
            above = store.above(connection, CYCLE, _above(scope))
    return sorted([*above, *inside], key=lambda each: (each.fields["first_month"], each.record), reverse=True)


def _above(code: str) -> list[str]:
    steps = []
    step = parent(code)
    while step is not None:
        steps.append(step)
        step = parent(step)
    return steps


class Figured(NamedTuple):
    """A region with what was counted and measured of it."""

    code: str
    name: str
    counted: Counted
    judged: dict[str, Judged]


class Standing(NamedTuple):
    """How a cycle stands in a region.

    month: whose figures are told (the period's last, or this month while it runs). day: of the snapshot that they are taken
    from, None while nothing is frozen, or where no snapshot told that month. taken_at: when the rest was frozen.
    """

    entry: Entry
    region: str
    month: str
    day: str | None
    frozen_on: str | None
    taken_at: int | None
    total: Figured
    parts: list[Figured]


def stands(scope: Scope, entry: Entry, now: int) -> Standing:
    """A cycle's indicators in a region: of a frozen one as they were frozen, by that day's rules; else as known now."""
    code = desk_home(scope, entry)
    first, last = (months.number(entry.fields[name]) for name in ("first_month", "last_month"))
    frozen_on = entry.fields.get("frozen_on")
    length = store.length_below(code)
    with reading() as connection:
        taken = None if frozen_on is None else store.taken(connection, entry.record, frozen_on)
    if taken is not None:
        first, last = taken.first_month, taken.last_month
    month = min(last, months.of_day(day_at(now, code))) if frozen_on is None else last
    with reading() as connection:
        day = None
        if frozen_on is not None:
            day = store.frozen_day(connection, month, frozen_on, _days_back(frozen_on))
            figures = {} if day is None else store.figures(connection, code, month, length, day)
            rest = {} if taken is None else store.frozen_measures(connection, entry.record, frozen_on, code, length)
        else:
            figures = store.figures(connection, code, month, length, None)
            rest = store.measures(connection, code, length, first, month, _days_of(first, month))
        children = {region.code: region.name for region in regions.children(connection, code)}
        names = children | regions.names(connection, [code, *(figures.keys() | rest.keys())])
    rules = load() if day is None else snapshots.rules_of(day)
    lost = frozen_on is not None and day is None, frozen_on is not None and taken is None
    targets = {name: target for name, target in goals_of(entry).items() if code == entry.home or is_for_parts(name)}
    parts = [
        _figured(part, names, _counted(figures.get(part), rest.get(part), lost), {
            name: target for name, target in targets.items() if is_for_parts(name)
        }, rules)
        for part in sorted(children.keys() | ((figures.keys() | rest.keys()) - {code}))
    ]
    whole = [_counted(figures.get(part), rest.get(part), lost) for part in figures.keys() | rest.keys()]
    total = sum(whole[1:], whole[0]) if whole else _counted(None, None, lost)
    return Standing(
        entry, code, months.text(month), day, frozen_on, taken and taken.taken_at,
        _figured(code, names, total, targets, rules), [] if is_village(code) else parts,
    )  # fmt: skip


def is_for_parts(indicator: str) -> bool:
    """Whether a region's target is one for each part of it too: a share is, a number of people is not."""
    return pure.ABOUT[indicator].is_share


def _figured(code: str, names: Mapping[str, str], counted: Counted, targets: Mapping[str, float], rules: Rules) -> Figured:
    results = pure.measured(counted, rules)
    judged = {name: pure.judged(result, targets.get(name)) for name, result in results.items()}
    return Figured(code, names.get(code, code), counted, judged)


def _counted(figures: Mapping[str, Any] | None, rest: Mapping[str, int] | None, lost: tuple[bool, bool]) -> Counted:
    """lost: whether the figures, and whether the rest, were not kept at all."""
    told: dict[str, Any] = {}
    names = (*store.FIGURE_COUNTS, "eligible", "active_there")
    told |= dict.fromkeys(names) if lost[0] else dict(figures or {})
    told |= dict.fromkeys(MEASURES) if lost[1] else dict(rest or {})
    return Counted(**told)


def _days_of(first: int, last: int) -> tuple[str, str]:
    end = months.first_day(last + 1) - timedelta(days=1)
    return months.first_day(first).isoformat(), end.isoformat()


def period_days(entry: Entry) -> tuple[str, str]:
    """The first and the last day of a cycle's period."""
    return _days_of(months.number(entry.fields["first_month"]), months.number(entry.fields["last_month"]))


def _days_back(day: str) -> list[str]:
    last = date.fromisoformat(day)
    return [(last - timedelta(days=days)).isoformat() for days in range(store.DAYS_BACK)]


def goals_of(entry: Entry) -> dict[str, float]:
    """Indicator -> its target, of those that have one."""
    goals = entry.fields.get("goals") or []
    return {goal["indicator"]: goal["target"] for goal in goals if goal["indicator"] in pure.ABOUT}


class Month(NamedTuple):
    """One month of a trend. None: nothing is known, or nothing was frozen of it."""

    month: str
    active: int | None
    rate: float | None


def history(scope: Scope, entry: Entry, now: int) -> list[Month]:
    """Active members and rate of the cycle's region, month by month; of a frozen cycle as they were frozen."""
    code = desk_home(scope, entry)
    first, last = (months.number(entry.fields[name]) for name in ("first_month", "last_month"))
    frozen_on = entry.fields.get("frozen_on")
    last = min(last, months.of_day(day_at(now, code)))
    told = []
    with reading() as connection:
        for month in range(max(first - 1, last - MOST_MONTHS + 1), last + 1):
            day = None if frozen_on is None else store.frozen_day(connection, month, frozen_on, _days_back(frozen_on))
            known = frozen_on is None or day is not None
            parts = store.figures(connection, code, month, store.length_below(code), day).values() if known else ()
            counted = [Counted(**part) for part in parts]
            total = sum(counted[1:], counted[0]) if counted else None
            rate = pure.coverage(total, load()).value if total else None
            told.append(Month(months.text(month), total.active if total else None, rate))
    return told


def begin_cycle(
    region: str, key: str, fields: Mapping[str, Any], account: Account | None, now: int
) -> str:
    """Begin a cycle. Raises BadFields (also for a period that ends before it begins), OutsideRegion."""
    _check_period(fields)
    return entries.begin(CYCLE, region, key, {"state": "planned"} | dict(fields), account, now, "evaluate")


def change_cycle(
    record: str, seen: Mapping[str, int], fields: Mapping[str, Any], account: Account | None, now: int
) -> str:
    """Change what a cycle says. Raises IsClosed, IsFrozen (its period), NotSeen, BadFields, NoSuchRecord."""
    if fields.get("state") not in (None, *OPEN_STATES):
        raise BadFields({"state": ["not-one-of:planned, running"]})

    def check(connection: Connection, known: Mapping[str, Any]) -> None:
        _check_open(known)
        period = {name: fields.get(name, known.get(name)) for name in ("first_month", "last_month")}
        if known.get("frozen_on") and any(known.get(name) != value for name, value in period.items()):
            raise IsFrozen(record)
        _check_period(period)

    return entries.change(CYCLE, record, seen, fields, account, now, "evaluate", check=check)


def _check_open(known: Mapping[str, Any]) -> None:
    if known.get("state") == CLOSED:
        raise IsClosed(known.get("title", ""))


def _check_period(fields: Mapping[str, Any]) -> None:
    first, last = fields.get("first_month"), fields.get("last_month")
    if isinstance(first, str) and isinstance(last, str) and last < first:
        raise BadFields({"last_month": ["before-its-beginning"]})


def freeze_cycle(
    record: str, seen: Mapping[str, int], day: str | None, account: Account | None, settings: Settings, now: int
) -> str:
    """Set the day whose figures a cycle goes by, and freeze what the day's snapshot does not hold.

    day: of a snapshot that was kept; None freezes today's. Raises IsClosed, NoSuchDay, NotReady, NotSeen, OutsideRegion.
    """
    home = REGIONAL[CYCLE].fixed_id(record)
    if account is not None and (home is None or not within(home, account.region)):
        raise OutsideRegion(record)
    with reading() as connection, for_itself():  # of his own region, as was just looked at
        entry = entry_store.one(connection, str(home), CYCLE, record) if home else None
    if entry is None:
        raise NoSuchRecord(record)
    _check_open(entry.fields)
    with for_itself():  # the jobs' own work, of which nobody is told anything here
        if day is None:
            cover.snapshot(settings, now)
            day = day_in(now, settings.timezone).isoformat()
        _catch_up(entry.home, now)
    with reading() as connection:
        if snapshot_store.one(connection, day) is None:
            raise NoSuchDay(day)
    first, last = (months.number(entry.fields[name]) for name in ("first_month", "last_month"))

    def check(connection: Connection, known: Mapping[str, Any]) -> None:
        _check_open(known)
        if any(known.get(name) != entry.fields[name] for name in ("first_month", "last_month")):
            raise IsFrozen(record)
        lines = store.measures(connection, entry.home, store.VILLAGE_LENGTH, first, last, _days_of(first, last))
        store.freeze(connection, record, store.Taken(day, first, last, now), lines)

    wanted = {"frozen_on": day} | ({"state": RUNNING} if entry.fields.get("state") == "planned" else {})
    return entries.change(CYCLE, record, seen, wanted, account, now, "evaluate", check=check)


def _catch_up(home: str, now: int) -> None:
    """Draw what the region's villages brought since the job was there last. Raises NotReady where that would take long."""
    what = FOLLOWED + months.text(months.of_day(day_at(now, NATION)))
    with reading() as connection:
        due = [village for village in store.due(connection, what) if within(village, home)]
    if len(due) > DRAWN_AT_ONCE:
        raise NotReady(home)
    for village in due:
        draw(village, what, now)


def close_cycle(
    record: str, seen: Mapping[str, int], conclusions: str | None, account: Account | None, now: int
) -> str:
    """Close a cycle for good. Raises IsClosed, NotFrozen, BadFields (without conclusions), NotSeen."""
    if not conclusions or not conclusions.strip():
        raise BadFields({"conclusions": ["required"]})
    home = str(REGIONAL[CYCLE].fixed_id(record))

    def check(connection: Connection, known: Mapping[str, Any]) -> None:
        _check_open(known)
        if not known.get("frozen_on"):
            raise NotFrozen(record)

    fields = {"state": CLOSED, "closed_on": day_at(now, home).isoformat(), "conclusions": conclusions}
    return entries.change(CYCLE, record, seen, fields, account, now, "evaluate", whole=True, check=check)


def kept_days(most: int = 40) -> list[str]:
    """The last days whose figures were frozen, the newest first."""
    return [kept.day for kept in snapshots.days()[:most]]


# Findings ------------------------------------------------------------------------------------------------------------


class Found(NamedTuple):
    """A finding as it is shown. late: its due day is over and it is not done."""

    entry: Entry
    late: bool


def findings(scope: Scope, cycle: Entry | None, now: int) -> list[Found]:
    """A cycle's findings that lie in the region, or all of the region: the open ones first, by their due day."""
    found = [
        Found(each, is_late(each, now)) for each in entries.all_of(scope, FINDING)
        if cycle is None or each.fields.get("cycle") == cycle.record
    ]  # fmt: skip
    return sorted(found, key=lambda each: (
        each.entry.fields.get("state") not in PENDING, each.entry.fields.get("due") or "9", each.entry.record,
    ))  # fmt: skip


def is_late(entry: Entry, now: int) -> bool:
    due = entry.fields.get("due") or "9"
    return entry.fields.get("state") in PENDING and due < day_at(now, entry.home).isoformat()


def desk_home(scope: Scope, cycle: Entry) -> str:
    """The region under whose name a desk writes about a cycle: the one looked at, or the cycle's own."""
    return str(scope) if within(scope, cycle.home) else cycle.home


def begin_finding(
    scope: Scope, cycle: Entry, key: str, fields: Mapping[str, Any], account: Account | None, now: int
) -> str:
    """Write a finding down. Raises IsClosed, BadFields, OutsideRegion."""
    _check_about(fields, cycle)
    told = {name: value for name, value in fields.items() if value is not None}
    given = {"state": "open", **told, "cycle": cycle.record}
    return entries.begin(FINDING, desk_home(scope, cycle), key, given, account, now, "evaluate", check=_cycle_is_open(cycle))


def _cycle_is_open(cycle: Entry) -> entries.Check:
    """What a check under the lock asks of the cycle, as it stands then."""

    def check(connection: Connection, known: Mapping[str, Any]) -> None:
        now_said = entry_store.one(connection, cycle.home, CYCLE, cycle.record)
        if now_said is None:
            raise NoSuchRecord(cycle.record)
        _check_open(now_said.fields)

    return check


def _check_about(fields: Mapping[str, Any], cycle: Entry) -> None:
    about = fields.get("about")
    if about and not within(about, cycle.home):
        raise BadFields({"about": ["unknown-village"]})


def change_finding(
    entry: Entry, cycle: Entry | None, seen: Mapping[str, int], fields: Mapping[str, Any], account: Account | None, now: int
) -> str:
    """Change a finding; of a closed cycle only its follow-up goes on. Raises as `begin_finding`."""
    if cycle is not None:
        _check_about(fields, cycle)
    differs = {name for name, value in fields.items() if entry.fields.get(name) != value}

    def check(connection: Connection, known: Mapping[str, Any]) -> None:
        if cycle is not None and differs - set(FOLLOW_UP_FIELDS):
            _cycle_is_open(cycle)(connection, known)

    return entries.change(FINDING, entry.record, seen, fields, account, now, "evaluate", check=check)


def candidates(scope: Scope, cycle: Entry, known: Iterable[Found]) -> list[tuple[Activity, Mapping[str, Any]]]:
    """Visits of the period whose finding is in no cycle's list yet, with what they say; the newest first."""
    taken = {each.entry.fields.get("visit") for each in known}
    first, last = period_days(cycle)
    code = Scope(desk_home(scope, cycle))
    with reading() as connection:
        rows = [
            each for each in store.activities(
                connection, code, store.MONITORING, between=(first, last), with_finding=True, most=100)
            if each.record not in taken
        ]  # fmt: skip
        said = store.entries_of(connection, code, [each.record for each in rows])
    return [(each, said[each.record].fields) for each in rows if each.record in said]


def take_finding(scope: Scope, cycle: Entry, visit: str, account: Account | None, now: int) -> str:
    """Take what a monitoring visit found into a cycle; taken twice it is one. Raises IsClosed, NoSuchRecord, BadFields."""
    with reading() as connection:
        row = store.activity_of(connection, scope, visit)
        said = store.entries_of(connection, scope, [visit]).get(visit)
    if row is None or said is None or not row.has_finding or not within(row.home, cycle.home):
        raise NoSuchRecord(visit)
    home, key = desk_home(scope, cycle), "v" + sha256(f"{cycle.record} {visit}".encode()).hexdigest()[:20]
    there = entries.find(Scope(home), FINDING, f"{FINDING}:{home}:{key}")
    if there is not None:
        return there.record
    finding, advice = said.fields.get("finding"), said.fields.get("recommendation")
    fields = {
        "text": finding or advice, "recommendation": advice if finding else None, "about": row.home, "visit": visit,
        "responsible": said.fields.get("responsible"), "due": said.fields.get("due"),
    }  # fmt: skip
    return begin_finding(scope, cycle, key, fields, account, now)


def find_findings(connection: Connection, now: int) -> list[Term]:
    """Findings that wait to be followed up, each until the end of its due day in its region."""
    terms = []
    for each in store.all_of(connection, FINDING):
        due = each.fields.get("due")
        if due and each.fields.get("state") in PENDING:
            terms.append(Term(each.record, each.home, end_of_day(date.fromisoformat(due), each.home)))
    return terms


def end_of_day(day: date, region: str) -> int:
    """The moment (ms) at which a day is over in a region."""
    return int(datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone(region))).timestamp() * 1000)


FINDERS[FINDING] = find_findings


# Meetings ------------------------------------------------------------------------------------------------------------


def meetings(scope: Scope, cycle: Entry | None = None) -> list[Entry]:
    """Meetings of a region, the newest first; of a cycle those that name it."""
    found = [
        each for each in entries.all_of(scope, MEETING) if cycle is None or each.fields.get("cycle") == cycle.record
    ]  # fmt: skip
    return sorted(found, key=lambda each: (each.fields.get("date") or "", each.record), reverse=True)


def meetings_of_phones(
    scope: Scope, between: tuple[str, str] | None = None, most: int = 50
) -> list[tuple[Activity, Mapping[str, Any]]]:
    """Meetings that officers noted on their phones, with what they say; the newest first."""
    with reading() as connection:
        rows = store.activities(connection, scope, store.MEETING, between=between, most=most)
        said = store.entries_of(connection, scope, [each.record for each in rows])
    return [(each, said[each.record].fields) for each in rows if each.record in said]


def keep_meeting(
    region: str, key: str, seen: Mapping[str, int] | None, fields: Mapping[str, Any], account: Account | None, now: int
) -> str:
    """Enter a meeting (seen: None), or change it. Raises as `entries.begin` and `entries.change`."""
    if seen is None:
        return entries.begin(MEETING, region, key, fields, account, now, "evaluate")
    return entries.change(MEETING, REGIONAL[MEETING].id_of(region, key), seen, fields, account, now, "evaluate")


def count_present(fields: Mapping[str, Any]) -> int | None:
    """How many came: as it was counted, else as many as were written down."""
    told = fields.get("attendance")
    return told if told is not None else len(fields.get("attendees") or []) or None
