"""Coverage follows what was synced: each village's cover rows and figures are drawn from its records, on a schedule.

A village is drawn in one transaction under its lock, and no transaction holds two: what concerns another village is
left to it in `touched`, and that village takes it up in its own turn. So the rows are at any time a function of the
records, the rules and the village's day, however the work was cut; on a new day a village is drawn anew as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from programme import months
from programme.coverage import Contribution, Months
from programme.indicators import Figures, eligible_on, tally
from programme.rules import load
from schemas.change import Change, loads
from server import log
from server.actions import confirmations, snapshots, worklists
from server.actions.membership import FIGURES_FROM, Person, contribution_of, share_of, stays, told
from server.clock import day_at
from server.config import Settings
from server.db import Connection, reading, transaction
from server.store import changes, regions
from server.store import cover as store
from server.store.bulk import in_chunks
from server.store.streams import Streams
from server.store.tables import COUNTS

PASSES = 5
"""How often villages may leave work to each other in one run; a payment made elsewhere needs three."""

WEST_AND_EAST = ("11", "94")  # Aceh and Papua: between these the days of all villages lie


def refresh(settings: Settings, now: int) -> int:
    """Draw what was touched since the last time, and villages in which a new day began; gives the workers drawn."""
    drawn = 0
    for _ in range(PASSES):
        with reading() as connection:
            villages = _due(connection, now)
        if not villages:
            break
        drawn += _each(villages, partial(draw, now=now))
    return drawn


def cover_all(settings: Settings, now: int) -> int:
    """Hold all that was followed against what a drawing from scratch says; gives the workers drawn.

    Each village is drawn for the day that it was last drawn for, so that a new day is no difference. What differs is
    mended, and in the end Differs rises: by the law that a refresh equals a drawing from scratch, nothing ever does.
    """
    with reading() as connection:
        villages = store.villages(connection)
    differing: Counter[str] = Counter()
    parts: dict[str, set[str]] = {}  # of workers that another village drew: their part of the months is here

    def hold(village: str, only: Collection[str] | None = None) -> int:
        held = check(village, now=now, only=only)
        differing[village] += held.differing
        for other, record, _ in held.left:
            parts.setdefault(other, set()).add(record)
        return held.drawn

    drawn = _each(villages, hold)
    drawn += _each(sorted(parts), lambda village: hold(village, parts[village].copy()))
    drawn += refresh(settings, now)
    if found := +differing:
        log.said("coverage-differs", rows=found.total(), villages=sorted(found)[: Differs.MOST])
        raise Differs(found)
    return drawn


class Differs(Exception):
    """What was followed was not what a drawing from scratch made. rows: village -> workers and months that were mended."""

    MOST = 20

    def __init__(self, rows: Mapping[str, int]) -> None:
        super().__init__(f"{sum(rows.values())} rows")
        self.rows = dict(rows)

    @property
    def plain(self) -> str:
        """For the job's page: numbers by village, of the worst at the most, and nobody's data."""
        worst = sorted(self.rows.items(), key=lambda each: (-each[1], each[0]))[: self.MOST]
        return f"{type(self).__name__}: " + ", ".join(f"{village} {rows}" for village, rows in worst)


def _due(connection: Connection, now: int) -> list[str]:
    """The villages that have something to draw, in the order of their codes."""
    moved = {
        village
        for village, is_behind, on in store.due(connection, *(day_at(now, end).isoformat() for end in WEST_AND_EAST))
        if is_behind or on != day_at(now, village).isoformat()
    }
    return sorted(moved | set(store.touched_villages(connection)))


def _each(villages: Collection[str], work: Callable[[str], int]) -> int:
    """Do the work village by village. One that fails does not stop the others; its error rises in the end."""
    done, failed = 0, None
    for village in villages:
        try:
            done += work(village)
        except Exception as error:
            log.failed(error, village=village)
            failed = failed or error
    if failed:
        raise failed
    return done


def draw(village: str, *, now: int, anew: bool = False) -> int:
    """Draw one village; gives the number of workers drawn. anew: all of them, whatever was touched."""
    with transaction() as connection:
        streams = Streams(connection)
        streams.lock([village])
        known, day = store.standing(connection, village), day_at(now, village)
        turn = _Turn(connection, streams, village, day)
        turn.call(known.covered, anew or known.covered_on != day.isoformat())
        drawn = turn.draw_all(turn.wanted)
        store.leave_touched(connection, turn.left)
        draw_figures(connection, village, day)
        turn.end(known.position)
    return drawn


class Checked(NamedTuple):
    """drawn: workers; differing: rows that were not what was followed; left: parts of workers for other villages."""

    drawn: int
    differing: int
    left: set[tuple[str, str, bool]]


def check(village: str, *, now: int, only: Collection[str] | None = None) -> Checked:
    """Draw a village from scratch for the day that it was last drawn for, and mend what differs from what was followed.

    What came in since is followed first. only: some workers alone, who may have a part there. A village that was never
    drawn is left to `refresh`.
    """
    with transaction() as connection:
        streams = Streams(connection)
        streams.lock([village])
        known = store.standing(connection, village)
        if known.covered_on is None:
            return Checked(0, 0, set())
        day = date.fromisoformat(known.covered_on)
        turn = _Turn(connection, streams, village, day)
        turn.call(known.covered, False)
        drawn = turn.draw_all(turn.wanted)
        store.leave_touched(connection, turn.left)
        if turn.wanted or known.position > known.covered:
            draw_figures(connection, village, day)
        held = turn.carrying(confirmations.follow(connection, village, 0)) if only is None else set()
        rest = set(store.everybody(connection, village) if only is None else only) - turn.wanted
        turn.left, turn.written = set(), set()
        turn.referred |= held
        drawn += turn.draw_all(rest | held)
        # What is on its way here through another village's stream was not followed yet.
        late = store.in_flight(connection, village, turn.written)
        other_figures = draw_figures(connection, village, day)
        differing = len(held | (turn.written - late)) + (0 if late else other_figures)
        turn.end(known.position)
        return Checked(drawn, differing, turn.left)


class _Turn:
    """One village's turn.

    wanted: whom to draw; left: what is for other villages; position: the last that we gave out ourselves, if any;
    written: whose rows were not as they are now.
    """

    def __init__(self, connection: Connection, streams: Streams, village: str, day: date) -> None:
        self.connection, self.streams, self.village, self.day = connection, streams, village, day
        self.rules = load()
        self.wanted: set[str] = set()
        self.changed: set[str] = set()
        self.referred: set[str] = set()
        self.left: set[tuple[str, str, bool]] = set()
        self.written: set[str] = set()
        self.position = 0

    def call(self, after: int, anew: bool) -> None:
        """Find out whom to draw: whose record or payments changed since that position, or all."""
        called = store.called_since(self.connection, self.village, after)
        handed = store.take_touched(self.connection, self.village)
        held = confirmations.follow(self.connection, self.village, 0 if anew else after)
        referred = called.referred | held | {record for record, passed_on in handed.items() if not passed_on}
        self.referred = self.carrying(referred)
        self.changed = called.workers | self.referred
        self.wanted = self.changed | handed.keys()
        if anew:
            self.wanted |= store.everybody(self.connection, self.village)

    def carrying(self, records: Collection[str]) -> set[str]:
        """The records that carry these."""
        carried = store.carriers(self.connection, records)
        return {carried.get(record, record) for record in records}

    def draw_all(self, records: Collection[str]) -> int:
        """Draw these, and what is to be done about them; gives how many have a share here."""
        drawn = sum(self.draw(ids) for ids in in_chunks(sorted(records)))
        worklists.draw(self.connection, self.village, records, self.rules, self.day)
        return drawn

    def end(self, position: int) -> None:
        """Note how far the village is drawn. position: of its stream when the turn began."""
        self.streams.write()
        # After our own telling: it must not call us again.
        store.note_covered(self.connection, self.village, self.position or position, self.day.isoformat())

    def draw(self, ids: list[str]) -> int:
        """Draw some of them, at most a chunk."""
        rows = store.people(self.connection, ids)
        before = store.cover_of(self.connection, ids)
        people = {row.id: _read(row) for row in rows if row.stands}
        paid, stories = self._payments(people), self._stories(people)
        shares: dict[str, tuple[Any, ...]] = {}
        news: list[tuple[str, str | None, int]] = []
        for row in rows:
            lived, history = [], stories.get(row.id, [])
            if row.id in people:
                person = people[row.id]
                lived = stays(person, history)
                share, cover = share_of(
                    self.village, person, lived, history, paid.get(row.id, ()), self.rules, self.day
                )
                if share is not None:
                    shares[row.id] = tuple(share)
                what = row.derived if cover is None else store.written(told(cover))
                if what != row.derived:
                    self.position = self.streams.next_position(self.village)
                    news.append((row.id, what, self.position))
            self._pass_on(row, {stay.village for stay in lived}, before.get(row.id, {}).keys())
        self._keep(shares, {record: there[self.village] for record, there in before.items() if self.village in there})
        store.tell(self.connection, news)
        forgotten = [row.id for row in rows if not row.stands and row.derived is not None and row.home == self.village]
        store.tell_nothing(self.connection, forgotten)
        self.written.update(forgotten, (record for record, _, _ in news))
        return len(shares)

    def _members(self, people: dict[str, Person]) -> dict[str, str]:
        """Every id under which a payment or a change may name one of them -> his record."""
        return {record: record for record in people} | store.members(self.connection, list(people))

    def _payments(self, people: dict[str, Person]) -> dict[str, list[Contribution]]:
        named = self._members(people)
        found: dict[str, list[Contribution]] = {}
        for paid in confirmations.paid_for(self.connection, list(named)):
            found.setdefault(named[paid.worker], []).append(contribution_of(paid.record, named[paid.worker], paid.fields))
        return found

    def _stories(self, people: dict[str, Person]) -> dict[str, list[Change]]:
        some = {record: person for record, person in people.items() if person.has_a_story}
        if not some:
            return {}
        found: dict[str, list[Change]] = {}
        named = self._members(some)
        for record, history in changes.histories(self.connection, list(named)).items():
            found.setdefault(named[record], []).extend(history)
        return found

    def _pass_on(self, row: Any, lived_in: set[str], drawn_in: Collection[str]) -> None:
        """Leave to other villages what is theirs: his home draws him first, and has the others draw their part."""
        if row.home == self.village:
            others = lived_in | set(drawn_in) if row.id in self.changed else lived_in - set(drawn_in)
            self.left |= {(village, row.id, True) for village in others - {self.village}}
        elif row.id in self.referred:
            self.left.add((row.home, row.id, False))

    def _keep(self, shares: dict[str, tuple[Any, ...]], before: dict[str, tuple[Any, ...]]) -> None:
        """Write only what differs."""
        new = {record: share for record, share in shares.items() if before.get(record) != share}
        gone = before.keys() - shares.keys()
        store.put_cover(self.connection, self.village, new, before.keys())
        store.drop_cover(self.connection, self.village, gone)
        self.written.update(new, gone)


def _read(row: Any) -> Person:
    return Person(
        row.id, row.home, loads(row.fields), loads(row.heads), not row.incomplete, row.created_at, row.status_at
    )


def draw_figures(connection: Connection, village: str, day: date) -> int:
    """Draw a village's figures of all months up to the month of `day` from its cover rows and its denominators.

    Gives how many were not as they are now.
    """
    ended = regions.month_ended(connection, village)
    serving = _Serving(store.eligible(connection, village), ended)
    new = dict(_figures(store.stories(connection, village), serving, months.of_day(day)))
    old = store.figures(connection, village)
    other = {month: row for month, row in new.items() if old.get(month) != row}
    gone = old.keys() - new.keys()
    store.put_figures(connection, village, other)
    store.drop_figures(connection, village, gone)
    return len(other) + len(gone)


class _Serving(NamedTuple):
    """A village's denominators. ended: the month from which others have its workers; there it has none any more."""

    eligible: dict[str, int]
    ended: str | None

    def on(self, month: str) -> str | None:
        """The month whose denominator serves this one."""
        return None if self.ended is not None and month >= self.ended else eligible_on(self.eligible, month)


def _figures(
    known: list[store.Story], serving: _Serving, last: int
) -> Iterator[tuple[int, tuple[Any, ...]]]:  # fmt: skip
    eligible = serving.eligible
    starts = [each.first_month for each in known] + [max(FIGURES_FROM, months.number(month)) for month in eligible]
    first = min(starts, default=last)
    stories: dict[Months, int] = {}
    for begins, letters, programs, segment, workers in known:
        before = begins - first
        padded = Months("-" * before + letters, "0" * before + programs, segment)
        stories[padded] = stories.get(padded, 0) + workers
    counted = tally(stories, months.text(first))
    for month in range(first, last + 1):
        name = months.text(month)
        serves = serving.on(name)
        there = counted.get(name, Figures())
        if there != Figures() or serves:
            known_there = (eligible[serves], months.number(serves)) if serves else (None, None)
            yield month, (*(getattr(there, count) for count in COUNTS), *known_there)


def snapshot(settings: Settings, now: int) -> int:
    """Freeze the figures as they are known today, of this month and of those that are not closed; gives the rows kept.

    A second run on one day changes nothing, whatever has come in since.
    """
    refresh(settings, now)
    return snapshots.freeze(settings, now)


def month_end(settings: Settings, now: int) -> int:
    """Close the months whose time for late payments is over, with today's frozen figures; gives how many were closed.

    The month before each 16th; after a long sleep of the machine all that were missed, by what is known when it wakes.
    """
    snapshot(settings, now)
    return snapshots.close_months(settings, now)
