"""What camat and village heads say: one list of phones and desks, with answers and who has it; what worked; outreach.

What a phone sent is answered by a change of the desk's, so that the answer goes back to the phone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from programme import evaluation as pure
from programme.rules import load
from schemas.change import is_desk
from schemas.kinds import REGIONAL
from schemas.region import parent, within
from server.actions import entries, settle
from server.actions.clocks import FINDERS
from server.actions.entries import Entry, Hand
from server.actions.evaluation import end_of_day, redraw
from server.actions.settle import BadFields, NoSuchRecord
from server.clock import day_at
from server.db import Connection, reading
from server.store import accounts
from server.store import changes as log
from server.store import evaluation as store
from server.store.accounts import Account
from server.store.clocks import Term
from server.store.evaluation import Activity, Sessions, Theme
from server.store.scoping import Scope, for_itself

FEEDBACK, SOLUTION = "feedback", "solution"
FIELDS = ("by", "who", "date", "theme", "text")
SOLUTION_FIELDS = ("title", "theme", "challenge", "what_worked", "outcome", "place", "published")
OPEN, ANSWERED, ESCALATED, DONE = "open", "answered", "escalated", "done"
AT_ONCE = 50
LONGEST_ANSWER = 4000
MOST_FOUND = 200


class NobodyAbove(settle.DeskError):
    """The nation has it already: there is nobody to hand it on to."""


class Voice(NamedTuple):
    """One thing that somebody wants heard. holder: the region whose desk has it, since when; late: waits beyond the rule."""

    row: Activity
    fields: Mapping[str, Any]
    holder: str
    since: str
    late: bool


class Page(NamedTuple):
    """next: (day, record) to go on behind; None at the end."""

    voices: list[Voice]
    next: tuple[str, str] | None


def heard(
    scope: Scope, now: int, *, only: str | None = "open", theme: str | None = None, here: bool = False,
    after: tuple[str, str] | None = None, between: tuple[str, str] | None = None, most: int = AT_ONCE,
) -> Page:  # fmt: skip
    """Feedback of a region: what waits the oldest first, all else the newest first.

    here: only what this very region's desk has now.
    """
    with reading() as connection:
        rows = store.activities(
            connection, scope, store.FEEDBACK, only=only, theme=theme, holder=str(scope) if here else None, after=after,
            newest=only != "open", between=between, most=most + 1,
        )  # fmt: skip
        said = store.entries_of(connection, scope, [row.record for row in rows])
    voices = [_voice(row, said[row.record].fields, now) for row in rows[:most] if row.record in said]
    last = rows[most - 1] if len(rows) > most else None
    return Page(voices, (last.date, last.record) if last else None)


def _voice(row: Activity, fields: Mapping[str, Any], now: int) -> Voice:
    waits = fields.get("state") in (None, OPEN, ESCALATED)
    day = str(fields.get("date") or row.date)
    late = waits and day_at(now, row.home) >= pure.overdue_from(date.fromisoformat(day), load())
    holder = fields.get("escalated_to") or row.home
    return Voice(row, fields, holder, fields.get("escalated_on") or day, late)


def themes(scope: Scope, between: tuple[str, str] | None = None) -> list[Theme]:
    with reading() as connection:
        return store.themes(connection, scope, between)


class Look(NamedTuple):
    """One of them whole. entry: the record, of a phone's visit too; answered, escalated: who did it, the latest last."""

    voice: Voice
    entry: Entry
    answered: list[Hand]
    escalated: list[Hand]


def look(scope: Scope, record: str, now: int) -> Look | None:
    """One feedback, of a desk or a phone; None where there is none in the region."""
    with reading() as connection:
        entry = store.entries_of(connection, scope, [record]).get(record)
        if entry is None or not (entry.kind == FEEDBACK or entry.fields.get("purpose") == FEEDBACK):
            return None
        row = store.activity_of(connection, scope, record) or _row_of(entry)
    return Look(_voice(row, entry.fields, now), entry, _hands(record, "answer"), _hands(record, "escalated_to"))


def _row_of(entry: Entry) -> Activity:
    """Of what the list has not drawn yet."""
    told = entry.fields
    return Activity(
        entry.record, entry.kind, entry.home, FEEDBACK, told.get("date", "2000-01-01"), told.get("state"), None,
        told.get("by"), told.get("escalated_to"), None, None, False, None, None, None,
    )  # fmt: skip


def _hands(record: str, field: str) -> list[Hand]:
    """Who wrote a field at a desk, the latest last."""
    with reading() as connection, for_itself():  # the record was found in his region just now
        told = [
            change for change in log.histories(connection, [record]).get(record, ())
            if is_desk(change.device) and field in (change.fields or ()) and (change.fields or {})[field] is not None
        ]  # fmt: skip
        by = log.authors(connection, [change.dot for change in told])
        names = accounts.names(connection, {who for who in by.values() if who is not None})
    ordered = sorted(told, key=lambda each: (each.received, each.seq))
    return [Hand(names.get(by.get(each.dot) or 0), each.effective, (each.fields or {})[field]) for each in ordered]


# Doing ---------------------------------------------------------------------------------------------------------------


def begin(region: str, key: str, fields: Mapping[str, Any], account: Account | None, now: int) -> str:
    """Write feedback down that came by word of mouth or by letter. Raises as `entries.begin`."""
    record = entries.begin(FEEDBACK, region, key, {"state": OPEN} | dict(fields), account, now, "evaluate")
    redraw([record])
    return record


def answer(
    scope: Scope, record: str, seen: Mapping[str, int], text: str | None, solution: str | None, account: Account | None,
    now: int,
) -> None:  # fmt: skip
    """Answer; with a solution its words stand behind the answer, since a phone can't open the board.

    Raises BadFields, NoSuchRecord, NotSeen, OutsideRegion.
    """
    words = (text or "").strip()
    if solution:
        told = find_solution(scope, solution)
        if told is None:
            raise BadFields({"solution": ["unknown-record"]})
        words = "\n\n".join(part for part in (words, in_words(told)) if part)
    if not words:
        raise BadFields({"answer": ["required"]})
    if len(words) > LONGEST_ANSWER:
        raise BadFields({"answer": [f"too-long:{LONGEST_ANSWER}"]})
    home = _home(scope, record)
    _write(record, seen, {"answer": words, "answered_on": _day(now, home), "state": ANSWERED}, account, now)


def in_words(solution: Entry) -> str:
    return f"{solution.fields['title']}: {solution.fields['what_worked']}"


def escalate(scope: Scope, record: str, seen: Mapping[str, int], account: Account | None, now: int) -> str:
    """Hand it on to the desk one level up; gives that region's code. Raises NobodyAbove, and as `answer`."""
    known = look(scope, record, now)
    if known is None:
        raise NoSuchRecord(record)
    to = parent(known.voice.holder)
    if to is None:
        raise NobodyAbove(record)
    fields = {"state": ESCALATED, "escalated_to": to, "escalated_on": _day(now, known.entry.home)}
    _write(record, seen, fields, account, now)
    return to


def finish(scope: Scope, record: str, seen: Mapping[str, int], account: Account | None, now: int) -> None:
    """It is dealt with, and nothing more is to come. Raises as `answer`."""
    _home(scope, record)
    _write(record, seen, {"state": DONE}, account, now)


def _home(scope: Scope, record: str) -> str:
    with reading() as connection:
        entry = store.entries_of(connection, scope, [record]).get(record)
    if entry is None or not (entry.kind == FEEDBACK or entry.fields.get("purpose") == FEEDBACK):
        raise NoSuchRecord(record)
    return entry.home


def _write(record: str, seen: Mapping[str, int], fields: Mapping[str, Any], account: Account | None, now: int) -> None:
    if REGIONAL[FEEDBACK].fixed_id(record) is not None:
        entries.change(FEEDBACK, record, seen, fields, account, now, "evaluate")
    else:
        settle.settle(record, seen, fields, account, now)
    redraw([record])


def _day(now: int, home: str) -> str:
    return day_at(now, home).isoformat()


def find_unanswered(connection: Connection, now: int) -> list[Term]:
    """Feedback that waits for an answer, each until its days are over in its region."""
    return [
        Term(record, home, end_of_day(pure.overdue_from(date.fromisoformat(day), load()) - timedelta(days=1), home))
        for record, home, day in store.unanswered(connection)
    ]  # fmt: skip


FINDERS[FEEDBACK] = find_unanswered


# What worked ---------------------------------------------------------------------------------------------------------


def solutions(scope: Scope, words: str = "", theme: str | None = None) -> list[Entry]:
    """The board: what any region published, and what this one has not yet; those of the theme or with all the words."""
    wanted = words.casefold().split()

    def fits(each: Entry) -> bool:
        told = each.fields
        text = " ".join(str(told.get(name) or "") for name in ("title", "theme", "challenge", "what_worked")).casefold()
        return all(word in text for word in wanted) and (theme is None or theme_of(each) == theme)

    found = [each for each in _all_solutions(scope) if fits(each)]
    return sorted(found, key=lambda each: (not within(each.home, scope), -each.created_at))[:MOST_FOUND]


def _all_solutions(scope: Scope) -> list[Entry]:
    with reading() as connection, for_itself():  # what was published is for every region; the rest is left out here
        return [each for each in store.all_of(connection, SOLUTION)
                if each.fields.get("published") is True or within(each.home, scope)]  # fmt: skip


def solution_themes(scope: Scope) -> dict[str, int]:
    """Theme -> how many solutions of it there are on the board."""
    found: dict[str, int] = {}
    for each in _all_solutions(scope):
        theme = theme_of(each)
        found[theme] = found.get(theme, 0) + 1
    return dict(sorted(found.items()))


def theme_of(entry: Entry) -> str:
    return " ".join(str(entry.fields.get("theme") or "").casefold().split())


def find_solution(scope: Scope, record: str) -> Entry | None:
    """One of the board: published, or of the region."""
    home = REGIONAL[SOLUTION].fixed_id(record)
    if home is None:
        return None
    with reading() as connection, for_itself():  # as `_all_solutions`
        found = next(iter(store.above(connection, SOLUTION, [home], record)), None)
    return found if found and (found.fields.get("published") is True or within(home, scope)) else None


def keep_solution(
    region: str, key: str, seen: Mapping[str, int] | None, fields: Mapping[str, Any], account: Account | None, now: int
) -> str:
    """Enter a solution (seen: None), or change it. Raises as `entries.begin` and `entries.change`."""
    if seen is None:
        return entries.begin(SOLUTION, region, key, fields, account, now, "evaluate")
    return entries.change(SOLUTION, REGIONAL[SOLUTION].id_of(region, key), seen, fields, account, now, "evaluate")


# Outreach ------------------------------------------------------------------------------------------------------------


class Held(NamedTuple):
    """Sessions of a region between two days.

    total: all of them; by_region: one level below (of a village itself), by_officer: those with most sessions; sessions:
    the newest, with what they say.
    """

    total: Sessions
    by_region: list[Sessions]
    by_officer: list[tuple[str, Sessions]]
    sessions: list[tuple[Activity, Mapping[str, Any]]]
    next: tuple[str, str] | None


def outreach(
    scope: Scope, between: tuple[str, str], after: tuple[str, str] | None = None, most: int = AT_ONCE
) -> Held:
    with reading() as connection:
        parts = store.outreach(connection, scope, between, store.length_below(scope))
        officers = [each for each in store.outreach(connection, scope, between, None, most) if each.key is not None]
        with for_itself():  # whose sessions of this region were found just now
            names = store.officer_names(connection, [each.key for each in officers])
        rows = store.activities(connection, scope, store.OUTREACH, after=after, between=between, most=most + 1)
        said = store.entries_of(connection, scope, [row.record for row in rows])
    last = rows[most - 1] if len(rows) > most else None
    return Held(
        added(str(scope), parts), parts, [(names.get(each.key, "–"), each) for each in officers],
        [(row, said[row.record].fields) for row in rows[:most] if row.record in said],
        (last.date, last.record) if last else None,
    )  # fmt: skip


def added(key: Any, parts: list[Sessions]) -> Sessions:
    of: Callable[[str], int] = lambda name: sum(getattr(each, name) for each in parts)  # noqa: E731
    return Sessions(key, of("sessions"), of("attendance"), of("registered"), of("activated"))
