"""What a desk does: settle a field, join or part two records, take up a quarantined change, erase by law."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from schemas.change import Change, Dot, is_desk, loads
from schemas.kinds import REGIONAL, Kind, kind_of
from schemas.region import within
from server import audit, ledger
from server.actions import duplicates, files
from server.actions.desks import desk_change, desk_of, log_row
from server.actions.entering import Entering
from server.actions.receive import seen_limits
from server.actions.stories import Story
from server.clock import day_at
from server.config import Settings
from server.db import Connection, transaction
from server.store import changes as log
from server.store import erasures, records
from server.store.accounts import Account
from server.store.changes import MERGED
from server.store.life import read_life
from server.store.records import RecordRow
from server.store.regions import KnownRegions
from sync.accept import KIND_NAME, RECORD_ID, Errors
from sync.links import link_id


UNDO = "undo:"
"""How the source of a change begins that takes another back; the other's device and seq follow."""


class DeskError(Exception):
    """A desk's wish can't be done; nothing was changed."""


class NoSuchRecord(DeskError):
    """There is no such record here, or the law has erased it."""


class OutsideRegion(DeskError):
    """The record lies outside the region of who asks."""


class OwnEntry(DeskError):
    """He wrote one of the values that differ: somebody else decides."""


class NotSeen(DeskError):
    """There are heads that `seen` does not name: somebody may have written since the page was opened."""

    def __init__(self, record: str) -> None:
        super().__init__(record)
        self.record = record


class WrittenSince(DeskError):
    """What a decision set was written over by somebody: it can't be taken back any more, only decided anew."""


class BadFields(DeskError):
    """What the desk wrote can't be taken. errors: {field: [codes]}."""

    def __init__(self, errors: Errors) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


def settle(
    record: str, seen: Mapping[str, int] | None, fields: Mapping[str, Any], account: Account | None, now: int,
    act: str = "write", *, others: Collection[str] = (),
) -> str:  # fmt: skip
    """Set fields of a record by a change of the desk's that has seen all their heads; gives the record's id as it now is.

    seen: as the record told it when the page was opened; None means as it is this moment. account: who decides;
    None is an administrator at the machine. act: what the audit log calls it, where it settles nothing. others: fields of
    which somebody else must have written what stands, though nothing differs in them. Raises NoSuchRecord, OutsideRegion,
    NotSeen, OwnEntry, BadFields.
    """
    with transaction() as connection:
        entering = Entering(connection)
        named = [home for home in fields.values() if isinstance(home, str) and KnownRegions(connection)(home)]
        entering.prepare([], joining=[record], villages=named)
        row = _row_in(entering, record, account)
        kind = row.kind
        if kind.desk_only:
            raise BadFields({"kind": ["desk-only-kind"]})  # what joins two records is said where both are locked: `link`
        judged = _judge(connection, kind, dict(fields), row.held.home, now)
        known = dict(row.held.seen) if seen is None else dict(seen)
        _check_seen(connection, row, known, judged)
        differing = judged.keys() & row.held.conflicts.keys() if row.held.conflicts else ()
        _check_own(connection, row, {*differing, *others}, account)
        act = "settle" if differing else act
        change = desk_writes(connection, entering, act, kind.name, row.id, row.held.home, known, judged, account, now)
        return change.record


def undo(record: str, device: str, seq: int, account: Account | None, now: int) -> str:
    """Take a desk's change back by one more: its fields hold again what stood before it, unless somebody wrote since.

    device, seq: the change. What had differed waits no more: the value that stood then stands now, until it is decided
    anew. Gives the record's id. Raises NoSuchRecord, OutsideRegion, WrittenSince, OwnEntry.
    """
    with transaction() as connection:
        entering = Entering(connection)
        entering.prepare([], joining=[record])
        row = _row_in(entering, record, account)
        story = Story.read(connection, row)
        taken_back = story.changes.get(Dot(device, seq))
        if taken_back is None or not is_desk(device) or not taken_back.fields or row.kind.name in REGIONAL:
            raise NoSuchRecord(record)  # of what desks enter: else one man brings back what it took two to agree on
        fields: dict[str, Any] = {}
        for field in taken_back.fields:
            if dots_of(row.held.head(field)) != [[device, seq]]:
                raise WrittenSince(record)
            before = story.seen_by(taken_back, field)
            if before is not None and before.in_conflict:
                _check_author(connection, row.id, [head.dot for head in before.heads], account)
            fields[field] = before.value if before else None
        change = desk_writes(
            connection, entering, "undo", row.kind.name, row.id, row.held.home, row.held.seen, fields, account, now,
            source=f"{UNDO}{device}:{seq}",
        )  # fmt: skip
        return change.record


def enter(
    kind: str, record: str, seen: Mapping[str, int] | None, fields: Mapping[str, Any], account: Account | None, now: int,
    act: str = "write", *, others: Collection[str] = (), whole: bool = False,
    check: Callable[[Connection, Mapping[str, Any]], None] | None = None,
) -> str:  # fmt: skip
    """Begin or change a record that desks alone write, and whose id says whose it is: a target, a budget line, a decree.

    Its home may be any region, from a village to the nation, inside that of `account`. seen: as it was when the page was
    opened; None as it is this moment. act: what the audit log calls it. others: fields of which somebody else must have
    written what stands, and since when he himself wrote nothing of the record that stands (four eyes). whole: nothing of
    the record may have changed since it was seen. check: called with what the record says now, when its region is locked,
    so that what it looks up there stands still; it raises what it refuses.
    Gives the record's id. Raises NoSuchRecord, OutsideRegion, OwnEntry, NotSeen, BadFields.
    """
    known = kind_of(kind)
    home = known.fixed_id(record)
    if not known.desk_only or home is None:
        raise BadFields({"record": ["bad-record-id"]})
    if account is not None and not within(home, account.region):
        raise OutsideRegion(record)
    with transaction() as connection:
        if not KnownRegions(connection)(home):
            raise BadFields({"region": ["unknown-village"]})
        entering = Entering(connection)
        entering.prepare([], joining=[record], villages=[home])
        row = entering.row(record)
        if row is not None and row.held.erased:
            raise NoSuchRecord(record)
        judged = _judge(connection, known, dict(fields), home, now)
        before = dict(row.held.seen) if row else {}
        if row is not None and seen is not None:
            _check_seen(connection, row, seen, row.held.fields if whole else judged)
        if row is not None and account is not None and wrote_since(connection, row, others, account):
            raise OwnEntry(record)
        if check is not None:
            check(connection, row.held.fields if row else {})
        desk_writes(connection, entering, act, kind, record, home, before if seen is None else seen, judged, account, now)
        return record


def _row_in(entering: Entering, record: str, account: Account | None) -> RecordRow:
    row = entering.row(record)
    if row is None or row.held.erased:
        raise NoSuchRecord(record)
    if account is not None and not within(row.held.home, account.region):
        raise OutsideRegion(record)
    return row


def _judge(connection: Connection, kind: Kind, fields: dict[str, Any], home: str, now: int) -> dict[str, Any]:
    if not fields:
        raise BadFields({"fields": ["no-fields"]})
    judged = kind.judge(fields, desk=True, today=day_at(now, home))
    errors = dict(judged.errors)
    moved_to = judged.fields.get(kind.home_field) if kind.home_field else None
    if moved_to and not KnownRegions(connection)(moved_to):
        errors[str(kind.home_field)] = ["unknown-village"]
    if errors:
        raise BadFields(errors)
    return judged.fields


def _check_seen(connection: Connection, row: RecordRow, seen: Mapping[str, int], fields: Collection[str]) -> None:
    """All heads of the fields must be named, and of a joined record the links that join it."""
    limit = seen_limits(connection, read_life(connection), [{"seen": seen}])
    for device, seq in seen.items():
        most = limit(device)
        if type(seq) is not int or seq < 0 or (most is not None and seq > most):
            raise BadFields({"seen": ["seen-ahead"]})
    heads = [row.held.head(field) for field in fields if field in row.held.fields]
    dots = [dot for head in heads for dot in dots_of(head)]
    if row.carrier:
        dots += [link.dot for link in records.links_among(connection, [row.id])]
    if any(seen.get(device, 0) < seq for device, seq in dots):
        raise NotSeen(row.id)


def _check_own(connection: Connection, row: RecordRow, fields: Collection[str], account: Account | None) -> None:
    """Raises OwnEntry where he wrote a head of one of these fields, at a desk or as the officer that he is as well."""
    if account is None or not fields:
        return
    _check_author(connection, row.id, [tuple(dot) for field in fields for dot in dots_of(row.held.head(field))], account)


def _check_author(
    connection: Connection, record: str, dots: Collection[tuple[str, int]], account: Account | None
) -> None:
    for (device, _), author in log.authors(connection, set(dots)).items():
        if account is not None and is_own(account, device, author):
            raise OwnEntry(record)


def wrote_since(connection: Connection, row: RecordRow, fields: Collection[str], account: Account) -> bool:
    """Whether he wrote what stands in one of these fields, or anything of the record that stands since they were written.

    Else whoever may approve could change the sum that somebody else had proposed, and approve his own.
    """
    proposed = {tuple(dot) for field in fields if field in row.held.fields for dot in dots_of(row.held.head(field))}
    if not proposed:
        return False
    hands = log.hands(connection, {tuple(dot) for field in row.held.fields for dot in dots_of(row.held.head(field))})
    own = [dot for dot, hand in hands.items() if is_own(account, dot[0], hand.author)]
    return any(_is_since(dot, theirs, hands) for dot in own for theirs in proposed)


def _is_since(dot: tuple[str, int], other: tuple[str, int], hands: Mapping[tuple[str, int], log.Hand]) -> bool:
    """Whether a change is another one, or came after it: one desk counts, several go by the clock."""
    if dot[0] == other[0]:
        return dot[1] >= other[1]
    return other in hands and hands[dot].received >= hands[other].received


def is_own(account: Account, device: str, author: int | None) -> bool:
    """Whether he wrote it. author: who held the phone, or sat at the desk."""
    return author is not None and author == (account.id if is_desk(device) else account.officer)


def dots_of(head: Any) -> list[Any]:
    return head if isinstance(head[0], list) else [head]


def desk_writes(
    connection: Connection, entering: Entering, act: str, kind: str, record: str, region: str, seen: Mapping[str, int],
    fields: Mapping[str, Any], account: Account | None, now: int, *, people: Collection[str] = (),
    source: str | None = None, **about: Any,
) -> Change:  # fmt: skip
    """A change of the region's desk enters, and is kept in the log and under the audit log's chain.

    entering: prepared for the record and its region. act: what the audit log calls it. people: the records that it is
    about, where it is not the record itself. source: where its values are from, as `list:17:2041` (list and row); it stands
    where a phone's change names its form. Raises NoSuchRecord when the law has erased it.
    """
    desk = desk_of(read_life(connection).epoch, region)
    change = desk_change(desk, entering.streams.next_desk_seq(region), kind, record, region, seen, fields, now)
    entered = entering.enter(change, (), ())
    if entered.status != MERGED:
        raise NoSuchRecord(record)
    entering.write()
    row = log_row(change, account.id if account else None, MERGED, entered.version, source)
    log.append(connection, [row])
    said = log.sealed([row]) | {"fields": sorted(fields)} | about
    audit.note(connection, act, region=region, record=None if people else record, records=people, **said)
    return change


def link(a: str, b: str, same: bool, reason: str, account: Account | None, now: int) -> str:
    """Join two records of one person, or part them; gives the id of the link's record.

    Raises NoSuchRecord, OutsideRegion, BadFields (one id twice, or no workers).
    """
    if a == b:
        raise BadFields({"b": ["same-record"]})
    with transaction() as connection:
        entering = Entering(connection)
        linked = link_id(a, b)
        entering.prepare([], also=[linked], joining=[a, b])
        ends = [_row_in(entering, end, account) for end in (a, b)]
        if any(end.held.kind != "worker" for end in ends):
            raise BadFields({"a": ["kind-differs"]})
        known = entering.row(linked)
        home = known.held.home if known else entering.home_of(min(a, b))
        fields = {"same": same, "reason": reason, "a": min(a, b), "b": max(a, b)}
        judged = _judge(connection, kind_of("link"), fields, home, now)
        seen = dict(known.held.seen) if known else {}
        act = "join" if same else "part"
        like = duplicates.weigh(*ends)
        desk_writes(connection, entering, act, "link", linked, home, seen, judged, account, now, people=(a, b))
        duplicates.follow_link(connection, (a, b), like, now)
        return linked


def accept_quarantined(
    device: str, seq: int, fields: Mapping[str, Any] | None, account: Account | None, now: int,
    known: Mapping[str, int] | None = None,
) -> str:  # fmt: skip
    """Take up what a quarantined change said, as a change of the desk's; the quarantined one never merges itself.

    fields: what is to hold; None takes what was sent. known: the record's `seen` as the page showed it, {} where there was
    none; None means as it is this moment. Gives the record's id. Raises NoSuchRecord, OutsideRegion, NotSeen, BadFields.
    """
    with transaction() as connection:
        sent = log.quarantined_sent(connection, device, seq)
        if sent is None:
            raise NoSuchRecord(f"{device} {seq}")
        said = loads(sent)
        record, village, kind = said.get("record"), said.get("village"), said.get("kind")
        wanted = dict(said["fields"] if type(said.get("fields")) is dict else {}) if fields is None else dict(fields)
        _check_named(connection, record, village, kind)
        if kind_of(kind).desk_only:
            raise BadFields({"kind": ["desk-only-kind"]})  # what joins two records is said where it is checked: `link`
        entering = Entering(connection)
        begins_in = kind_of(kind).fixed_id(record) or village
        named = [
            text for text in [village, begins_in, *wanted.values()]
            if isinstance(text, str) and KnownRegions(connection)(text)
        ]  # fmt: skip
        entering.prepare([], joining=[record], villages=named)
        row = entering.row(record)
        home = row.held.home if row else begins_in
        if home not in entering.streams or (account is not None and not within(home, account.region)):
            raise OutsideRegion(f"{device} {seq}")
        if row is not None and (row.held.erased or row.held.kind != kind):
            raise NoSuchRecord(record)
        judged = _judge(connection, kind_of(kind), wanted, home, now)
        if row is not None and known is not None:
            _check_seen(connection, row, known, judged)
        seen = dict(known) if known is not None else dict(row.held.seen) if row else {}
        named_so = row.id if row else record
        change = desk_writes(
            connection, entering, "take-up", kind, named_so, home, seen, judged, account, now, taken_up=[device, seq]
        )  # fmt: skip
        return change.record


def _check_named(connection: Connection, record: Any, village: Any, kind: Any) -> None:
    """A desk can take up only what says which record it is about. Raises BadFields."""
    errors: Errors = {}
    if type(record) is not str or not RECORD_ID.match(record):
        errors["record"] = ["bad-record-id"]
    if type(kind) is not str or not KIND_NAME.match(kind):
        errors["kind"] = ["bad-kind"]
    if type(village) is not str or not KnownRegions(connection)(village):
        errors["village"] = ["unknown-village"]
    if errors:
        raise BadFields(errors)


def erase(wanted: Collection[str], reason: str, account: Account | None, settings: Settings, now: int) -> list[str]:
    """The law's erasure: the values of these records, of all joined with them, and of their names on decrees go for good;
    gives the ids erased.

    Dots, times, `seen` and hashes stay. Kept beside the database too, before anything is done. Harmless to repeat.
    Raises NoSuchRecord, OutsideRegion.
    """
    with transaction() as connection:
        entering = Entering(connection)
        persons = records.one_with(connection, wanted)
        # A name on a decree says of him why he was chosen, his decile too; the decree may be of a region above his own.
        names = records.on_decrees(connection, persons)
        # Without its values a record is at home again where its creator said, wherever it has moved since.
        began_in = log.villages_named(connection, persons | set(names))
        entering.prepare([], also=[*wanted, *names], villages=began_in)
        for record in wanted:
            known = entering.row(record)
            if known is None:
                raise NoSuchRecord(record)
            if account is not None and not within(known.held.home, account.region):
                raise OutsideRegion(record)
        erased = [each for record in (*wanted, *names) for each in entering.erase(record)]
        for record in erased:
            ledger.note(settings.data_dir, erased=record, village=entering.home_of(record), at=now, reason=reason)
        doomed = erasures.erase_values(connection, erased, account.id if account else None, reason, now)
        entering.write()
        for record in erased:
            audit.note(connection, "erase", region=entering.home_of(record), record=record)
    files.take_off(doomed, settings)  # a kill before this leaves them to the nightly `tidy`
    return erased
