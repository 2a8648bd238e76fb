"""Changes enter the views: the one way in, for phones, desks, the merge job and whatever comes later."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from schemas.change import Change, is_desk
from schemas.kinds import kind_of
from server.db import Connection, is_shared
from server.store import changes as log
from server.store import records
from server.store.records import RecordRow
from server.store.streams import Streams
from sync.held import advance, as_alias, first, hold, keeps_home, see, waits_in
from sync.links import Joined, Link, group
from sync.merge import blank, home_among, home_as_seen, merge_record
from sync.place import MERGE, Wait, place

LINKED, MOVED, ERASED = "linked", "moved", "erased"


class Entered(NamedTuple):
    """What became of a change that was good by itself: merged with the version it made, waiting, or a complaint's code."""

    status: str
    version: int | None = None
    why: Wait | None = None
    complaint: str | None = None


class Entering:
    """One transaction's way into the views.

    Read the touched records and lock their villages (`prepare`), let changes enter one by one (`enter`), then store
    what they made of the records (`write`). The caller appends the changes themselves to the log.
    """

    def __init__(self, connection: Connection, wait_ms: int | None = None) -> None:
        self.connection, self.streams = connection, Streams(connection)
        self._wait_ms = wait_ms
        self._rows: dict[str, RecordRow | None] = {}
        self._dirty: dict[str, str | None] = {}  # record -> the device that alone changed it, as sent; None: several
        self._fresh: dict[str, list[Change]] = {}  # entered in this transaction, not in the log's histories yet
        self._histories: dict[str, list[Change]] = {}
        self._gone: dict[tuple[str, str], dict[str, object]] = {}
        self._back: set[tuple[str, str]] = set()
        self._moved: dict[str, str] = {}  # record -> its newest home
        self._erased: set[str] = set()
        self._stale: set[str] = set()  # rows to be folded before they are stored: once, however many changes came

    def prepare(
        self, changes: Collection[Change], also: Iterable[str] = (), villages: Iterable[str] = (),
        *, joining: Iterable[str] = (), mentioned: Iterable[str] = (), of: Collection[str] | None = None,
    ) -> None:  # fmt: skip
        """Lock the villages of the records that the changes touch, then read those records.

        also, villages: further record ids, and homes, that will be touched. A record whose village is busy makes its
        changes wait. joining: records that may come to lie wherever they ever were: to be joined, parted, or folded
        anew. mentioned: ids of which it is only asked whether they were erased. of: a phone's villages: it makes records
        there alone, and what else it names as a record's home is not locked on its word.
        """
        ids = {change.record for change in changes} | {*also, *joining}
        for change in changes:
            if change.kind == "link" and change.fields:
                ids |= {str(change.fields.get("a")), str(change.fields.get("b"))}
        joining, touched = set(joining), set(villages)
        for change in changes:
            touched |= _moved_to(change) | {v for v in _made_in(change) if of is None or v in of}
        self._read_and_lock(ids, joining, touched)
        self._erased = records.erased_among(self.connection, {*self._rows, *mentioned})

    def _read_and_lock(self, ids: Collection[str], joining: Collection[str], touched: set[str]) -> None:
        """Somebody may have moved or joined a record before we had the locks: then begin again, and lock that too."""

        def look() -> set[str]:
            rows = self._read(ids)
            self._rows = dict.fromkeys(ids) | rows
            return {row.held.home for row in rows.values()} | self._named_by_joined(rows, joining)

        def are_enough() -> bool:
            return look() <= touched

        shared = is_shared(self.connection)
        # Without the locks a look at the homes is enough to begin with: what counts is read under them.
        touched |= records.homes(self.connection, ids) if shared else look()
        while not self.streams.lock(touched, self._wait_ms, are_enough if shared else None):
            touched |= look()

    def _read(self, ids: Collection[str]) -> dict[str, RecordRow]:
        """The records that are here, and all that they are joined with."""
        rows = records.read_records(self.connection, ids)
        carriers = {row.carrier for row in rows.values() if row.carrier}
        if carriers:
            rows |= records.read_records(self.connection, records.joined_with(self.connection, carriers).keys())
        return rows

    def _named_by_joined(self, rows: Mapping[str, RecordRow], joining: Iterable[str]) -> set[str]:
        """Joined or parted, records may be at home wherever one of their changes was ever made or moved them."""
        ids = {record for record, row in rows.items() if row.carrier} | set(joining)
        histories = log.histories(self.connection, ids) if ids else {}
        return named_villages(change for changes in histories.values() for change in changes)

    def row(self, record: str) -> RecordRow | None:
        """The record as it now stands; of a joined one the record that carries it."""
        row = self._rows.get(record)
        return self._rows.get(row.carrier) if row is not None and row.is_alias and row.carrier else row

    def home_of(self, record: str) -> str:
        """The village under whose lock a record that is here lies; of an alias its own, not its carrier's."""
        row = self._rows[record]
        assert row is not None
        return row.held.home

    def is_erased(self, record: str) -> bool:
        return record in self._erased

    def enter(
        self, change: Change, villages: Collection[str], waiting: Collection[str],
        *, as_sent: bool = False, may_create: bool = False,
    ) -> Entered:  # fmt: skip
        """Let one change enter. One device's changes must come in seq order.

        villages: of its device. waiting: records to which a change of the same device waits. as_sent: its values are
        those that the device holds, so it need not be told of them. may_create: see `sync.place`.
        """
        row, kind = self.row(change.record), kind_of(change.kind)
        if self._is_waited_for(change, row, waiting):
            return Entered(log.RECEIVED, why=Wait.ORDER)
        if change.record in self._erased:
            return Entered(log.QUARANTINED, complaint="record-erased")
        placed = place(
            change, kind, row.held if row else None, villages,
            lambda: home_as_seen(change.record, self._history(change.record, row), change), may_create,
        )  # fmt: skip
        if isinstance(placed, Wait):
            return Entered(log.RECEIVED, why=placed)
        if placed != MERGE:
            return Entered(log.QUARANTINED, complaint=placed)
        merged = self._merge(change, row, as_sent)
        if merged is None:
            return Entered(log.RECEIVED, why=Wait.BUSY)
        return Entered(log.MERGED, version=merged.version)

    def _is_waited_for(self, change: Change, row: RecordRow | None, waiting: Collection[str]) -> bool:
        if not waiting:
            return False
        if row is None or row.carrier is None:
            return change.record in waiting
        return any(other is not None and other.carrier == row.carrier and record in waiting
                   for record, other in self._rows.items())  # fmt: skip

    def _merge(self, change: Change, row: RecordRow | None, as_sent: bool) -> RecordRow | None:
        """Work the change into its record; None, and nothing done, where a village that it needs is not locked."""
        kind = kind_of(change.kind)
        if not self._has_villages(change, row):
            return None
        simple = False
        if row is None:
            row = RecordRow(change.record, first(change, kind))
            simple = row.held.home == change.village
            self._rows[change.record] = row
            if not simple and not kind.fixed_id(change.record):
                self._leave(change.village, change.record, MOVED, row.held.home)
        elif row.carrier is None and change.record == row.id:
            old_home = row.held.home
            simple = row.id not in self._stale and advance(row.held, change, kind)
            if not simple and not self._put_off(row, change):
                home = home_among(change.record, [*self._history(change.record, row), change])
                if home not in self.streams:
                    return None
                self._fold_later(row, change)
                row.held.home = home
            self._follow_move(row, old_home)
        elif self._keeps_alias(row, change) and self._put_off(row, change):
            simple = False
        else:
            members = self._members(row.carrier or row.id)
            history = [one for each in members for one in self._history_of_one(each)]
            if change.record.startswith(change.device + "-"):
                history.append(change)  # it may be the one that made the record
            if not all(village in self.streams for village in named_villages(history) | _moved_to(change)):
                return None
            self._fresh.setdefault(change.record, []).append(change)
            return self._join(members, records.links_among(self.connection, members))
        self._fresh.setdefault(change.record, []).append(change)
        row.version += 1
        row.fields_text = None
        self._touch(row, change.device if simple and as_sent and not is_desk(change.device) else None)
        if change.kind == "link":
            self._fold_stale()  # what it says decides what is one from here on
            self._relink(change, row)
        return row

    def _put_off(self, row: RecordRow, change: Change) -> bool:
        """Leave the fold until the end, where it can't change what becomes of the changes that follow."""
        if not keeps_home(row.held, change, row.kind):
            return False
        self._fold_later(row, change)
        return True

    def _keeps_alias(self, row: RecordRow, change: Change) -> bool:
        """Whether an alias keeps who made it, which its own row tells: a fold of its carrier draws the carrier's alone."""
        alias = self._rows.get(change.record)
        return alias is None or alias is row or keeps_home(alias.held, change, row.kind)

    def _fold_later(self, row: RecordRow, change: Change) -> None:
        see(row.held, change)
        self._stale.add(row.id)

    def _fold_stale(self) -> None:
        missing = self._stale - self._histories.keys()
        if missing:
            self._histories |= log.histories(self.connection, missing)
        for record in self._stale:
            row = self._rows[record]
            assert row is not None
            members = self._members(row.carrier) if row.carrier else []
            joined = Joined(members, records.links_among(self.connection, members)) if members else None
            row.held = hold(merge_record(record, self._history(record, row), joined))
        self._stale.clear()

    def _has_villages(self, change: Change, row: RecordRow | None) -> bool:
        kind = kind_of(change.kind)
        wanted = change.fields.get(kind.home_field) if kind.home_field and change.fields else None
        home = row.held.home if row else kind.fixed_id(change.record) or change.village
        return home in self.streams and (not wanted or wanted in self.streams)

    def _touch(self, row: RecordRow, alone: str | None) -> None:
        """Note that the record changed, and whether one device alone did it, so that it need not be told."""
        if row.id in self._dirty and self._dirty[row.id] != alone:
            alone = None
        self._dirty[row.id] = alone

    def _history(self, record: str, row: RecordRow | None) -> list[Change]:
        """All merged changes of a record, or of all that it is joined with, those of this transaction too."""
        ids = [record] if row is None or row.carrier is None else self._members(row.carrier)
        missing = [each for each in ids if each not in self._histories]
        if missing:
            self._histories |= log.histories(self.connection, missing)
        return [change for each in ids for change in (*self._histories[each], *self._fresh.get(each, ()))]

    def _members(self, carrier: str) -> list[str]:
        return sorted(each for each, row in self._rows.items() if row is not None and row.carrier == carrier)

    def _follow_move(self, row: RecordRow, old_home: str) -> None:
        if row.held.home != old_home:
            self._leave(old_home, row.id, MOVED, row.held.home)
            self._arrive(row.held.home, row.id)
            self._moved[row.id] = row.held.home
            self._touch(row, None)

    def _leave(self, village: str, record: str, why: str, into: str | None) -> None:
        self._back.discard((village, record))
        self._gone[(village, record)] = {"village": village, "record": record, "why": why, "into": into}

    def _arrive(self, village: str, record: str) -> None:
        self._gone.pop((village, record), None)
        self._back.add((village, record))

    # Links ------------------------------------------------------------------------------------------------------------

    def _relink(self, change: Change, link_row: RecordRow) -> None:
        """A link was made or undone: join or part the records that it is about."""
        a, b, same = records.link_of(link_row.held)
        if self._rows.get(a) is None or self._rows.get(b) is None or {a, b} & self._erased:
            return
        if same:
            says_so = merge_record(link_row.id, self._history(link_row.id, link_row)).fields["same"].heads[0]
            records.put_edge(self.connection, Link(a, b, says_so.dot))
        else:
            records.drop_edge(self.connection, a, b)
        links = records.links_among(self.connection, [a, b])
        groups = group([a, b], links)
        # Results of changes made while they were one were told by the version of the one: none goes back now.
        above = max(row.version for row in (self._rows[each] for each in groups) if row is not None)
        for members in sorted(set(groups.values()), key=min):
            self._join(members, links, above)

    def _join(self, members: Collection[str], links: Collection[Link], above: int = 0) -> RecordRow:
        """Draw the rows of records that are one now (or of a single one that is by itself again).

        above: what the new version must at least lie above.
        """
        self._stale.difference_update(members)
        joined = Joined(members, links)
        rows = [row for row in (self._rows[each] for each in sorted(joined.members)) if row is not None]
        history = [change for row in rows for change in self._history_of_one(row.id)]
        carrier = rows[0]
        is_one = len(rows) > 1
        version = max(above, *(row.version for row in rows)) + 1
        homes_before = {row.id: row.held.home for row in rows}
        carrier.held = hold(merge_record(joined.carrier, history, joined if is_one else None))
        carrier.carrier = joined.carrier if is_one else None
        carrier.version, carrier.fields_text = version, None
        self._follow_move(carrier, homes_before[carrier.id])
        self._arrive(carrier.held.home, carrier.id)
        self._touch(carrier, None)
        for alias in rows[1:]:
            self._make_alias(alias, carrier.id)
        return carrier

    def _history_of_one(self, record: str) -> list[Change]:
        if record not in self._histories:
            self._histories |= log.histories(self.connection, [record])
        return [*self._histories[record], *self._fresh.get(record, ())]

    def _make_alias(self, alias: RecordRow, carrier: str) -> None:
        """An alias keeps its place in the table and is told as gone; what it held stands in its carrier."""
        if alias.carrier != carrier:
            alias.version += 1
            self._leave(alias.held.home, alias.id, LINKED, carrier)
            self._touch(alias, None)
        alias.carrier, alias.fields_text = carrier, None
        alone = hold(merge_record(alias.id, self._history_of_one(alias.id)))
        held = as_alias(alone, alias.held.home)
        if held != alias.held:
            self._touch(alias, None)
        alias.held = held

    # Erasure ----------------------------------------------------------------------------------------------------------

    def erase(self, record: str) -> list[str]:
        """Take the values of a record, and of all that it is joined with, out of the views; gives the ids erased.

        The caller blanks their changes in the log, and so does `sync.merge.blank` here: replay says the same.
        """
        row = self.row(record)
        if row is None or row.held.erased:
            return []
        members = [row.id] if row.carrier is None else self._members(row.carrier)
        # Each is by itself again, above every version that was told of them as one.
        above = max(each.version for member in members if (each := self._rows[member]) is not None)
        for member in members:
            self._erase_one(member, above)
        records.drop_edges_of(self.connection, members)
        return members

    def _erase_one(self, record: str, above: int) -> None:
        row = self._rows[record]
        assert row is not None
        self._stale.discard(record)
        self._leave(row.held.home, record, ERASED, None)
        row.held = hold(merge_record(record, [blank(change) for change in self._history_of_one(record)]))
        row.carrier, row.fields_text = None, None
        row.version = above + 1
        self._leave(row.held.home, record, ERASED, None)
        self._erased.add(record)
        self._touch(row, None)

    # Storing ----------------------------------------------------------------------------------------------------------

    def keep_text(self, record: str, fields_text: str | None) -> None:
        """The JSON of a new record's fields as the log has it: they are the same, and need not be written twice."""
        row = self._rows[record]
        if row is not None and row.version == 1 and row.carrier is None:
            row.fields_text = fields_text

    def conflicts_of(self, change: Change) -> list[str]:
        """Those of a merged change's fields that now wait for a person."""
        row = self.row(change.record)
        if row is None or not row.held.conflicts:
            return []
        return waits_in(row.held, (change.device, change.seq), change.fields or ())

    def write(self) -> None:
        """Store the records that changed, each at a new position of its village's stream, and what is gone."""
        self._fold_stale()
        changed = []
        for record, alone in self._dirty.items():
            row = self._rows[record]
            assert row is not None
            self._place_in_stream(row, alone)
            changed.append(row)
        records.write_records(self.connection, changed)
        for tomb in self._gone.values():
            tomb["position"] = self.streams.next_position(str(tomb["village"]))
        records.put_gone(self.connection, list(self._gone.values()))
        if self._back:
            records.drop_gone(self.connection, sorted(self._back))
        records.redirect_gone(self.connection, self._moved)
        self.streams.write()
        self._dirty.clear()

    def _place_in_stream(self, row: RecordRow, alone: str | None) -> None:
        """`others_at` stays where another than `sole` last added something: see `server.actions.send`."""
        if alone is None or row.before not in (None, row.held.home):
            row.sole, row.others_at = None, 0
        elif row.sole != alone:
            row.sole, row.others_at = alone, row.position
        row.position = self.streams.next_position(row.held.home)


def named_villages(changes: Iterable[Change]) -> set[str]:
    """The villages that changes name: where they were made, where they move a record, where a fixed id lies."""
    return {village for change in changes for village in _made_in(change) | _moved_to(change)}


def _made_in(change: Change) -> set[str]:
    fixed = kind_of(change.kind).fixed_id(change.record)
    return {change.village, fixed} if fixed else {change.village}


def _moved_to(change: Change) -> set[str]:
    kind = kind_of(change.kind)
    home = change.fields.get(kind.home_field) if kind.home_field and change.fields else None
    return {home} if home else set()
