"""The desk of conflicts: which records wait, all that helps to decide one, and what was decided before.

What each author had on his screen is worked out from the changes that he had seen; nothing of it is stored.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from schemas import nik
from schemas.change import Change, Dot, canonical, is_desk, loads
from schemas.files import files_in
from schemas.kinds import Kind
from server.actions import settle as desk
from server.actions.desk_pages import BadCursor
from server.actions.regions import region_names
from server.actions.stories import Story
from server.clock import day_at
from server.db import Connection, reading
from server.store import deciding as store
from server.store import desk_pages, records
from server.store.accounts import Account
from server.store.deciding import Filter, Waits, Writer
from server.store.scoping import Scope, for_itself
from sync.merge import FieldState

MOST_COUNTED = 1001
MOST_COMPARED = 400  # characters; what is longer is shown as it is
PHOTOS = ("photo_ktp", "photo_person")
_PLACE = re.compile(r"([0-9]{1,15})~([A-Za-z0-9:_.-]{1,64})\Z")


# The list -------------------------------------------------------------------------------------------------------------


class Listed(NamedTuple):
    """A record that waits, and what its person is called."""

    waits: Waits
    name: str | None


class List(NamedTuple):
    """total: of all that wait so, no further than `MOST_COUNTED`. next: the cursor of the next page."""

    rows: list[Listed]
    total: int
    next: str | None


def waiting_list(scope: Scope, chosen: Filter, cursor: str | None, limit: int) -> List:
    """Records that wait for a person, longest waiting first. Raises BadCursor."""
    after = _place(cursor)
    with reading() as connection:
        rows = store.waiting(connection, scope, chosen, after, limit + 1)
        total = store.how_many(connection, scope, chosen, MOST_COUNTED)
        listed = _listed(connection, scope, rows[:limit])
    return List(listed, total, cursor_of(rows[limit - 1]) if len(rows) > limit else None)


def cursor_of(waits: Waits) -> str:
    return f"{waits.since}~{waits.record}"


def _place(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    found = _PLACE.match(cursor)
    if not found:
        raise BadCursor
    return int(found[1]), found[2]


def _listed(connection: Connection, scope: Scope, rows: Collection[Waits]) -> list[Listed]:
    workers = {row.record: row.fields.get("worker") for row in rows if row.kind != "worker"}
    named = store.names(connection, scope, {each for each in workers.values() if isinstance(each, str)})
    return [
        Listed(row, row.fields.get("full_name") if row.kind == "worker" else named.get(workers[row.record] or ""))
        for row in rows
    ]


class Neighbours(NamedTuple):
    """The records that wait before and after one; total: of all."""

    before: str | None
    after: str | None
    total: int


def neighbours(scope: Scope, chosen: Filter, place: tuple[int, str] | None) -> Neighbours:
    """Who is next in the list, seen from a place in it, whether or not somebody is there now. None: from its beginning."""
    with reading() as connection:
        after = store.waiting(connection, scope, chosen, place, 1)
        before = store.waiting(connection, scope, chosen, place, 1, before=True) if place else []
        total = store.how_many(connection, scope, chosen, MOST_COUNTED)
    return Neighbours(before[0].record if before else None, after[0].record if after else None, total)


class Standing(NamedTuple):
    """How many wait in a region, no further than `MOST_COUNTED`, and since when the oldest does."""

    total: int
    oldest: int | None


def standing(scope: Scope) -> Standing:
    with reading() as connection:
        return Standing(store.how_many(connection, scope, Filter(), MOST_COUNTED), store.oldest(connection, scope))


# One record -----------------------------------------------------------------------------------------------------------


class Saw(NamedTuple):
    """What an author had on his screen. value: None of an empty field. differed: it was already waiting for a person."""

    value: Any
    by: Writer | None
    differed: bool


class Head(NamedTuple):
    """One of the values that differ. key: names it in a form. saw: None where its author saw nothing of the field.

    knew_record: he had the record before him. is_new: it came in since the page was opened.
    """

    key: str
    value: Any
    by: Writer
    effective: int
    received: int
    saw: Saw | None
    knew_record: bool
    is_own: bool
    is_new: bool


class Question(NamedTuple):
    """A field to decide. waits: it is in conflict now; otherwise a decision on it was taken back.

    past: all that was ever written there, oldest first. is_own: he who asks wrote one of the values.
    """

    field: str
    waits: bool
    heads: list[Head]
    past: list[Head]
    is_own: bool


class Decision(NamedTuple):
    """What a desk decided. fields: what it set. before: the values that had differed. may_undo: nobody wrote since."""

    device: str
    seq: int
    by: Writer
    at: int
    fields: dict[str, Any]
    before: dict[str, list[Any]]
    undone: bool
    may_undo: bool
    is_own: bool


class Photo(NamedTuple):
    """A photo that the record names. who_has: whose phone it is asked of, where it is not here yet."""

    field: str
    sha256: str
    is_here: bool
    who_has: str | None


class Case(NamedTuple):
    """All that helps to decide a record. seen: what the page is made of, for `settle`."""

    record: str
    kind: Kind
    home: str
    since: int | None
    name: str | None
    fields: Mapping[str, Any]
    seen: Mapping[str, int]
    questions: list[Question]
    decisions: list[Decision]
    photos: list[Photo]
    returned_at: int | None

    @property
    def place(self) -> tuple[int, str] | None:
        return None if self.since is None else (self.since, self.record)


def look(scope: Scope, record: str, account: Account, opened: Mapping[str, int] | None = None) -> Case | None:
    """A record with what differs in it; None when it is not in the region. opened: what the page had shown before."""
    with reading() as connection:
        entry = desk_pages.entry_of(connection, scope, record)
        if entry is None or entry.kind == "link":  # what joins two records is decided where both are shown
            return None
        named = store.names(connection, scope, [_worker_of(entry.record, entry.kind, entry.fields)])
        with for_itself():  # it lies in his region; what it is made of may have been written elsewhere
            row = records.read_records(connection, [entry.record])[entry.record]
            story = Story.read(connection, row)
            by = store.writers(connection, list(story.changes))
            photos = _photos(connection, row.held.fields)
            returned_at = store.last_return(connection, row.id)
    looking = _Looking(story, by, account, opened)
    return Case(
        row.id, row.kind, row.held.home, row.held.waiting_since, next(iter(named.values()), None), row.held.fields,
        row.held.seen, looking.questions(row.held.conflicts), looking.decisions(), photos, returned_at,
    )  # fmt: skip


def _worker_of(record: str, kind: str, fields: str | None) -> str:
    said = loads(fields or "{}").get("worker")
    return said if kind != "worker" and isinstance(said, str) else record


class _Looking:
    """A record's story as one account sees it."""

    def __init__(
        self, story: Story, by: Mapping[tuple[str, int], Writer], account: Account, opened: Mapping[str, int] | None
    ) -> None:
        self.story, self.by, self.account, self.opened = story, by, account, opened

    def questions(self, conflicts: Iterable[str]) -> list[Question]:
        waiting = set(conflicts)
        found = [self._question(field, self.story.standing(field).heads, True) for field in waiting]
        found += [self._question(field, heads, False) for field, heads in self._taken_back().items() if field not in waiting]
        order = list(self.story.kind.schema.fields)
        return sorted(found, key=lambda each: (order.index(each.field) if each.field in order else len(order), each.field))

    def _taken_back(self) -> dict[str, tuple[Change, ...]]:
        """Fields whose last change took a decision back, with the values that had differed."""
        found = {}
        for change in self.story.changes.values():
            undone = self.undone_by(change)
            for field in self.story.decided_by(undone) if undone else ():
                if self.story.standing(field).heads == (change,):
                    before = self.story.seen_by(undone, field) if undone else None
                    found[field] = before.heads if before else ()
        return found

    def undone_by(self, change: Change) -> Change | None:
        source = self.by[change.dot].source or ""
        device, _, seq = source.removeprefix(desk.UNDO).rpartition(":")
        return self.story.changes.get(Dot(device, int(seq))) if source.startswith(desk.UNDO) and seq.isdigit() else None

    def _question(self, field: str, heads: Iterable[Change], waits: bool) -> Question:
        shown = [self._head(head, field) for head in heads]
        past = [self._head(change, field) for change in self.story.setting(field)]
        return Question(field, waits, shown, past, any(head.is_own for head in shown))

    def _head(self, change: Change, field: str) -> Head:
        by, before = self.by[change.dot], self.story.seen_by(change, field)
        saw = Saw(before.value, self.by[before.heads[0].dot], before.in_conflict) if before else None
        others = (each for each in self.story.changes.values() if each is not change)
        return Head(
            f"{change.device}~{change.seq}", (change.fields or {}).get(field), by, change.effective, change.received, saw,
            any(self.story.has_seen(change, each) for each in others), desk.is_own(self.account, change.device, by.id),
            self.opened is not None and self.opened.get(change.device, 0) < change.seq,
        )  # fmt: skip

    def decisions(self) -> list[Decision]:
        """What desks decided, the newest first."""
        changes = sorted(self.story.changes.values(), key=lambda change: (change.received, change.dot), reverse=True)
        undone = {undone.dot for change in changes if (undone := self.undone_by(change))}
        found = (self._decision(change, undone) for change in changes if is_desk(change.device) and change.fields)
        return [each for each in found if each.before]

    def _decision(self, change: Change, undone: Collection[Dot]) -> Decision:
        before: dict[str, FieldState] = {}
        for field in self.story.decided_by(change):
            seen = self.story.seen_by(change, field)
            if seen is not None:
                before[field] = seen
        fields = dict(change.fields or {})
        stands = all(self.story.standing(field).heads == (change,) for field in fields)
        heads = [head for seen in before.values() for head in seen.heads]
        own = any(desk.is_own(self.account, head.device, self.by[head.dot].id) for head in heads)
        return Decision(
            change.device, change.seq, self.by[change.dot], change.received, fields,
            {field: _values(seen.heads, field) for field, seen in before.items()}, change.dot in undone,
            stands and change.dot not in undone, own,
        )  # fmt: skip


def _values(heads: Iterable[Change], field: str) -> list[Any]:
    values = [(head.fields or {}).get(field) for head in heads]
    return list({canonical(value): value for value in values}.values())


def _photos(connection: Connection, fields: Mapping[str, Any]) -> list[Photo]:
    named = [(field, file.sha256) for field in PHOTOS for file in files_in(fields.get(field))]
    shas = [sha for _, sha in named]
    here, asked = store.contents_here(connection, shas), store.who_has(connection, shas)
    return [Photo(field, sha, sha in here, asked.get(sha)) for field, sha in named]


# What helps to judge --------------------------------------------------------------------------------------------------


class NikSays(NamedTuple):
    """What a well-formed NIK tells of its bearer: born, sex, where he was first registered (name, or the bare code)."""

    born: date
    sex: str
    registered: str


def nik_says(number: Any, home: str, now: int) -> NikSays | None:
    """None of what is no NIK."""
    if not isinstance(number, str) or not nik.is_nik(number):
        return None
    code = f"{number[:2]}.{number[2:4]}.{number[4:6]}"
    names = region_names([code, code[:5], code[:2]])
    told = [names[each] for each in (code, code[:5]) if each in names] or [names.get(code[:2], code)]
    return NikSays(nik.birth_date(number, day_at(now, home)), nik.sex(number), ", ".join(told))


Marked = list[tuple[str, bool]]


def marked(texts: list[str], by_word: bool = False) -> list[Marked]:
    """Each text in runs of (letters, whether they differ from another of the texts). by_word: whole words differ."""
    if len({*texts}) < 2 or any(len(text) > MOST_COMPARED for text in texts):
        return [[(text, False)] for text in texts]
    cut = [re.findall(r"\w+|\s+|[^\w\s]", text) if by_word else list(text) for text in texts]
    return [_runs(pieces, [_same(pieces, other) for other in cut if other != pieces]) for pieces in cut]


def _same(pieces: list[str], other: list[str]) -> list[bool]:
    """Of each piece whether the other text has it there too. Numbers of one length are held digit against digit.

    Capital letters count only where nothing else differs.
    """
    if "".join(pieces).casefold() != "".join(other).casefold():
        pieces, other = [each.casefold() for each in pieces], [each.casefold() for each in other]
    if len(pieces) == len(other) and re.sub(r"\W", "", "".join(pieces)).isdigit():
        return [a == b for a, b in zip(pieces, other, strict=True)]
    same = [False] * len(pieces)
    for start, _, size in SequenceMatcher(None, pieces, other, autojunk=False).get_matching_blocks():
        same[start : start + size] = [True] * size
    return same


def _runs(pieces: list[str], compared: list[list[bool]]) -> Marked:
    runs: Marked = []
    for n, piece in enumerate(pieces):
        differs = not all(same[n] for same in compared)
        if runs and runs[-1][1] == differs:
            runs[-1] = (runs[-1][0] + piece, differs)
        else:
            runs.append((piece, differs))
    return runs


# Deciding -------------------------------------------------------------------------------------------------------------


def decide(case: Case, seen: Mapping[str, int], fields: Mapping[str, Any], account: Account, now: int) -> str:
    """Set the fields as decided; gives the record's id. Raises as `settle`.

    Also of a field whose decision was taken back nobody decides who wrote one of the values.
    """
    own = {question.field for question in case.questions if question.is_own}
    if own & fields.keys():
        raise desk.OwnEntry(case.record)
    return desk.settle(case.record, seen, fields, account, now)


def seen_of(text: str) -> dict[str, int] | None:
    """What a page says it had shown, as its form brought it back; None: unreadable."""
    try:
        said = loads(text)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) and all(type(seq) is int for seq in said.values()) else None
