"""Lists that are brought: taken in part by part, their columns mapped, what was found decided on, put away in time.

The work on them (reading, matching, writing) is done by the job `lists`: see `lists_work.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from schemas import month as months
from schemas.fields import day_of
from schemas.region import within
from server import audit
from server.clock import day_at
from server.config import Settings
from server.db import Connection, reading, transaction
from server.imports import sheets
from server.imports.cells import Cell, text
from server.imports.faults import BadList
from server.imports.purposes import FOR_ALL, PURPOSES, WORKERS, fingerprint, guess, lacking
from server.imports.reading import Faults, Mapped, Reader, Said
from server.store import list_parts, lists
from server.store.accounts import Account
from server.store.lists import Here, ListFile, OnlyHere, Row
from server.store.regions import KnownRegions
from server.store.scoping import Scope

PART_BYTES = 1024 * 1024
LONGEST_TITLE = 120
MOST_AT_ONCE = 500  # rows decided on together from a page
READ_AT_ONCE = 2000


class ListError(Exception):
    """What was asked of a list can't be done; nothing was changed. `why` is a row of the console's sentences."""

    def __init__(self, why: str, **values: Any) -> None:
        super().__init__(why)
        self.why, self.values = why, values


class NoSuchList(ListError):
    """There is none of that number in the region of who asks."""

    def __init__(self) -> None:
        super().__init__("no-such-list")


class Wanted(NamedTuple):
    """What somebody brings. size: bytes that will come. as_of: the day of which it tells, `YYYY-MM-DD`."""

    purpose: str
    title: str
    region: str
    as_of: str
    size: int


# Bringing one ---------------------------------------------------------------------------------------------------------


def begin(wanted: Wanted, account: Account | None, settings: Settings, now: int) -> int:
    """A new list, of which nothing is here yet; gives its number. Raises ListError."""
    title = " ".join(wanted.title.split())
    if wanted.purpose not in PURPOSES:
        raise ListError("purpose")
    if not title or len(title) > LONGEST_TITLE or not title.isprintable():
        raise ListError("title")
    if not is_day(wanted.as_of) or wanted.as_of > day_at(now, wanted.region).isoformat():
        raise ListError("as-of")
    if not 0 < wanted.size <= settings.max_list_bytes:
        raise ListError("size" if wanted.size > 0 else "empty", most=settings.max_list_bytes)
    with transaction() as connection:
        if not KnownRegions(connection)(wanted.region) or (account and not within(wanted.region, account.region)):
            raise ListError("region")
        return lists.begin(
            connection, purpose=wanted.purpose, account=account.id if account else None, region=wanted.region, title=title,
            size=wanted.size, as_of=wanted.as_of, made_at=now, touched_at=now,
        )  # fmt: skip


def add_part(scope: Scope, number: int, offset: int, content: bytes, settings: Settings, now: int) -> int:
    """Keep a part that begins at `offset`; gives how far the file is here. Harmless to repeat. Raises ListError.

    An offset before the end begins anew from there. The last part ends the upload, and the file is looked into.
    """
    with transaction() as connection:
        found = _mine(connection, scope, number, lists.UPLOADING)
        if offset > found.got or offset % PART_BYTES or not content:
            raise ListError("offset", got=found.got)
        got = offset + len(content)
        if len(content) > PART_BYTES or got > found.size or (len(content) < PART_BYTES and got != found.size):
            raise ListError("offset", got=found.got)
        parts = list_parts.parts_of(settings, number)
        parts.cut_to(offset)
        parts.put(offset, content)
        lists.change(connection, number, got=got, touched_at=now)
    if got == found.size:
        look_into(scope, number, settings, now)
    return got


class Standing(NamedTuple):
    """How far an upload is. last: where its last part begins, and that part's SHA-256."""

    got: int
    size: int
    last: tuple[int, str] | None


def standing(scope: Scope, number: int, settings: Settings) -> Standing:
    """Raises NoSuchList."""
    found = one(scope, number)
    parts = list_parts.parts_of(settings, number)
    at = parts.last() if found.got else None
    sha = parts.sha256_of(at) if at is not None else None
    return Standing(found.got, found.size, (at, sha) if at is not None and sha else None)


def look_into(scope: Scope, number: int, settings: Settings, now: int) -> None:
    """All is here: see what it is, and propose which column is which. Harmless to repeat."""
    found = one(scope, number)
    try:
        parts = list_parts.parts_of(settings, number)
        if sum(size for _, size in parts.sizes()) != found.size:
            raise BadList("lost")
        sha256 = parts.sha256()
        with parts.open() as file:
            head = sheets.look(file)
    except (BadList, list_parts.Lost) as bad:
        code = bad.code if isinstance(bad, BadList) else "lost"
        with transaction() as connection:
            lists.change(connection, number, state=lists.FAILED, error=code, touched_at=now)
        return
    shape = head.shape
    with transaction() as connection:
        if _mine(connection, scope, number, lists.UPLOADING, lists.MAPPING, lists.FAILED).purpose != found.purpose:
            raise NoSuchList
        known = lists.remembered(connection, found.purpose, fingerprint(shape.headings))
        columns = known or {str(at): field for at, field in guess(found.purpose, shape.headings).items()}
        lists.change(
            connection, number, sha256=sha256, format=shape.format, state=lists.MAPPING, rows=head.rows, error=None,
            columns=shape._asdict() | {"sample": [[row.number, *map(_kept, row.cells)] for row in head.sample]},
            mapping={"columns": columns, "remembered": known is not None}, touched_at=now,
        )  # fmt: skip


def _kept(cell: Cell) -> Any:
    """A cell as JSON has it: a number stays one, since a NIK that is a number has lost a digit."""
    return cell if cell is None or isinstance(cell, str | int | float) else text(cell)


def preview(found: ListFile, reader: Reader) -> list[tuple[int, Said, Faults]]:
    """The first rows as they would be read."""
    told = (found.columns or {}).get("sample", [])
    return [(row[0], *reader.read(sheets.Row(row[0], row[1:]))) for row in told]


def shape_of(found: ListFile) -> sheets.Shape:
    """Where its data stands, as it was looked up."""
    assert found.columns is not None
    return sheets.Shape(**{name: found.columns[name] for name in sheets.Shape._fields})


def mapped_of(found: ListFile) -> Mapped:
    told = found.mapping or {"columns": {}}
    return Mapped(
        {int(at): field for at, field in told["columns"].items()}, told.get("month"), told.get("funding")
    )  # fmt: skip


def map_columns(
    scope: Scope, number: int, columns: Mapping[int, str], month: str | None, funding: str | None, now: int,
    starts: bool = True,
) -> None:  # fmt: skip
    """Say which column is which, remember it, and let the list be read. Raises ListError.

    starts: False keeps it only, so that what would be read can be looked at before.
    """
    with transaction() as connection:
        found = _mine(connection, scope, number, lists.MAPPING, lists.FAILED, lists.READY)
        shape = shape_of(found)
        known = {at: field for at, field in columns.items() if field in PURPOSES[found.purpose].columns}
        if len(set(known.values())) < len(known):
            raise ListError("column-twice")
        if any(not 0 <= at < len(shape.headings) for at in known) or (month and not months.is_month(month)):
            raise ListError("columns")
        told = {str(at): field for at, field in sorted(known.items())}
        mapping = {"columns": told, "remembered": False, "month": month or None, "funding": funding or None}
        for_all = [name for name in FOR_ALL.get(found.purpose, ()) if (month if name == "months" else funding)]
        lists.change(connection, number, mapping=mapping, touched_at=now)
        if not starts:
            return
        if lacks := lacking(found.purpose, [*known.values(), *for_all]):
            raise ListError("lacking", lacking=lacks)
        if any(lists.ACCEPTED in decisions for decisions in lists.totals(connection, number).values()):
            raise ListError("already-accepted")
        lists.remember(connection, found.purpose, fingerprint(shape.headings), told, now)
        lists.drop_rows(connection, number)
        head = (found.columns or {}) | {"sample": []}  # its people stand in the rows now, where an erasure finds them
        lists.change(
            connection, number, columns=head, state=lists.READING, done_rows=0, totals={}, error=None, touched_at=now
        )
        audit.note(connection, "list-in", region=found.region, list=number, purpose=found.purpose)


# Looking at one -------------------------------------------------------------------------------------------------------


def one(scope: Scope, number: int) -> ListFile:
    """Raises NoSuchList."""
    with reading() as connection:
        found = lists.get(connection, scope, number)
    if found is None:
        raise NoSuchList
    return found


def page(scope: Scope, before: int | None, most: int) -> tuple[list[ListFile], int | None]:
    with reading() as connection:
        found = lists.page(connection, scope, before, most + 1)
    return found[:most], found[most - 1].id if len(found) > most else None


def waiting(scope: Scope, most: int = 100) -> list[ListFile]:
    """Lists that wait for somebody: to be mapped, decided on, or brought again."""
    with reading() as connection:
        return lists.in_state(connection, scope, (lists.MAPPING, lists.READY, lists.FAILED), most)


def brought_before(scope: Scope, found: ListFile) -> int | None:
    """An earlier list of the region of the very same file."""
    if found.sha256 is None:
        return None
    with reading() as connection:
        return lists.same_content(connection, scope, found.sha256, found.purpose, found.id)


class Found(NamedTuple):
    """A page of a list's rows, with the people that they are about, by record."""

    rows: list[Row]
    people: dict[str, lists.Stands]
    next: tuple[str, int] | None


def rows_found(
    scope: Scope, found: ListFile, verdict: str, decisions: Collection[str], after: tuple[str, int] | None, most: int
) -> Found:
    """Rows of one verdict, village by village, with the people they are about. The audit log says whom it showed."""
    with reading() as connection:
        rows = lists.found(connection, scope, found.id, verdict, tuple(decisions), after, most + 1)
        shown = rows[:most]
        wanted = {row.record for row in shown if row.record} | {record for row in shown for record in candidates(row)}
        people = lists.standing_in(connection, scope, wanted)
    if people:
        audit.look("list", region=scope, records=sorted(people), list=found.id)
    return Found(shown, people, (shown[-1].village, shown[-1].number) if len(rows) > most else None)


def candidates(row: Row) -> list[str]:
    """Who a likely row may be, the likeliest first."""
    return [told[0] for told in row.about.get("candidates", ())]


def every_row(scope: Scope, found: ListFile, verdict: str) -> Iterator[Row]:
    """All rows of one verdict, whatever was decided; some thousand at a time."""
    after: tuple[str, int] | None = None
    decisions = (lists.OPEN, lists.ACCEPT, lists.LEAVE, lists.ACCEPTED)
    while True:
        with reading() as connection:
            rows = lists.found(connection, scope, found.id, verdict, decisions, after, READ_AT_ONCE)
        yield from rows
        if len(rows) < READ_AT_ONCE:
            return
        after = (rows[-1].village, rows[-1].number)


def only_here_asked(found: ListFile) -> OnlyHere:
    """Whom the list should have named."""
    told = tuple(found.totals.get("months", ()))
    return OnlyHere(told if found.purpose == "members" else (), found.purpose == "decree")


def only_here(scope: Scope, found: ListFile, after: str | None, most: int) -> tuple[list[Here], str | None]:
    """People of the list's region whom it does not name, behind one of them; and behind whom the list goes on.

    after: a record, so that no name stands in an address.
    """
    with reading() as connection:
        place = lists.place_in_order(connection, found.region, after) if after else None
        people = lists.only_here(connection, found.id, found.region, only_here_asked(found), place, most + 1)
    shown = people[:most]
    if shown:
        audit.look("list", region=scope, records=[each.record for each in shown], list=found.id)
    return shown, shown[-1].record if len(people) > most else None


def everybody_only_here(found: ListFile) -> Iterator[Here]:
    after: tuple[str, str, str] | None = None
    while True:
        with reading() as connection:
            people = lists.only_here(connection, found.id, found.region, only_here_asked(found), after, READ_AT_ONCE)
        yield from people
        if len(people) < READ_AT_ONCE:
            return
        after = lists.place_of(people[-1])


# Deciding -------------------------------------------------------------------------------------------------------------


def accept_all(scope: Scope, number: int, verdict: str, account: Account | None, now: int) -> None:
    """Let all open rows of a verdict be written: safe ones, or new workers that only the list knows. Raises ListError."""
    with transaction() as connection:
        found = _mine(connection, scope, number, lists.READY, lists.DONE)
        if verdict != lists.SAFE and not (verdict == lists.ONLY_THERE and found.purpose == WORKERS):
            raise ListError("one-by-one")
        count = lists.totals(connection, number).get(verdict, {}).get(lists.OPEN, 0)
        by = account.id if account else None
        _start_accepting(connection, found, {"verdict": verdict, "by": by}, now)
        audit.note(connection, "accept-list", region=found.region, list=number, verdict=verdict, rows=count)


def accept_where_only(scope: Scope, number: int, field: str, account: Account | None, now: int) -> int:
    """Let the rows be written of which one field alone differs; gives how many. Raises ListError."""
    with reading() as connection:
        found = lists.get(connection, scope, number)
    if found is None:
        raise NoSuchList
    chosen = [
        row.number for row in every_row(scope, found, lists.DIFFERS)
        if row.decision == lists.OPEN and {told[0] for told in row.about.get("differs", ())} == {field}
    ]  # fmt: skip
    with transaction() as connection:
        found = _mine(connection, scope, number, lists.READY, lists.DONE)
        by = account.id if account else None
        told = lists.decide(connection, number, lists.DIFFERS, chosen, (lists.OPEN,), lists.ACCEPT, by)
        if told:
            _start_accepting(connection, found, None, now)
            audit.note(connection, "accept-list", region=found.region, list=number, field=field, rows=len(told))
    return len(told)


def decide(
    scope: Scope, number: int, verdict: str, rows: Collection[int], accepts: bool, account: Account | None, now: int,
    who: Mapping[int, str] | None = None,
) -> int:  # fmt: skip
    """Accept rows, or leave them as they are; gives how many. Raises ListError.

    who: of likely rows who each is, one of those that were shown; none, where it is nobody of them.
    """
    if not rows or len(rows) > MOST_AT_ONCE:
        raise ListError("no-rows-chosen")
    with transaction() as connection:
        found = _mine(connection, scope, number, lists.READY, lists.DONE)
        if verdict not in lists.ACCEPTABLE or (verdict == lists.ONLY_THERE and accepts and found.purpose != WORKERS):
            raise ListError("one-by-one")
        if verdict == lists.LIKELY and accepts:
            rows = _choose(connection, found, rows, who or {})
        by = account.id if account else None
        before, after = ((lists.OPEN, lists.LEAVE), lists.ACCEPT) if accepts else ((lists.OPEN,), lists.LEAVE)
        told = lists.decide(connection, number, verdict, rows, before, after, by)
        if told:
            if accepts:
                _start_accepting(connection, found, None, now)
            else:
                if verdict == lists.LIKELY:
                    lists.forget_choice(connection, number, told)
                totals = counted(connection, found)
                lists.change(connection, number, totals=totals, state=state_after(found, totals), touched_at=now)
            audit.note(
                connection, "accept-list", region=found.region, list=number, verdict=verdict, rows=len(told), accepts=accepts
            )
    return len(told)


def _choose(connection: Connection, found: ListFile, rows: Collection[int], who: Mapping[int, str]) -> list[int]:
    chosen = []
    for row in lists.rows_of(connection, found.region, found.id, rows):
        record = who.get(row.number)
        if row.verdict != lists.LIKELY or row.decision not in (lists.OPEN, lists.LEAVE) or record is None:
            continue
        if record and record not in candidates(row):
            raise ListError("no-rows-chosen")
        if not record and found.purpose != WORKERS:
            continue  # whom nobody here is can't be written; the row stays for `leave`
        stands = lists.standing(connection, [record]).get(record) if record else None
        lists.choose(connection, found.id, row.number, record or None, stands.home if stands else row.village)
        chosen.append(row.number)
    return chosen


def _start_accepting(connection: Connection, found: ListFile, accepts: dict[str, Any] | None, now: int) -> None:
    lists.change(connection, found.id, state=lists.ACCEPTING, accepts=accepts, done_rows=0, touched_at=now, busy_until=None)


def counted(connection: Connection, found: ListFile) -> dict[str, Any]:
    """The totals with the rows counted anew."""
    return found.totals | {"rows": lists.totals(connection, found.id)}


def open_rows(found: ListFile) -> int:
    """How many rows wait for somebody's decision."""
    verdicts = [verdict for verdict in lists.ACCEPTABLE if verdict != lists.ONLY_THERE or found.purpose == WORKERS]
    counts = found.totals.get("rows", {})
    return sum(counts.get(verdict, {}).get(lists.OPEN, 0) for verdict in verdicts)


def state_after(found: ListFile, totals: Mapping[str, Any]) -> str:
    """Where a list is when the work on it has come to an end."""
    return lists.READY if open_rows(found._replace(totals=dict(totals))) else lists.DONE


def finish(scope: Scope, number: int, now: int) -> None:
    """Nothing more is to be decided on it. Raises ListError."""
    with transaction() as connection:
        _mine(connection, scope, number, lists.READY)
        lists.change(connection, number, state=lists.DONE, touched_at=now)


def open_again(scope: Scope, number: int, settings: Settings, now: int) -> None:
    """Back to the columns, from a failure or before anything was accepted. Raises ListError."""
    with transaction() as connection:
        found = _mine(connection, scope, number, lists.FAILED, lists.READY)
        if any(lists.ACCEPTED in decisions for decisions in lists.totals(connection, number).values()):
            raise ListError("already-accepted")
        lists.change(connection, number, state=lists.UPLOADING if found.got < found.size else lists.MAPPING, error=None)
        lists.drop_rows(connection, number)
    if found.got == found.size:
        look_into(scope, number, settings, now)


def put_away(scope: Scope, number: int, settings: Settings, now: int) -> None:
    """The file, and what its rows say, at once. What was written of it stays. Raises ListError."""
    with transaction() as connection:
        states = (lists.UPLOADING, lists.MAPPING, lists.READING, lists.MATCHING, lists.READY, lists.DONE, lists.FAILED)
        found = _mine(connection, scope, number, *states)
        lists.forget_values(connection, number, now)
        audit.note(connection, "list-in", region=found.region, list=number, dropped=True)
    list_parts.parts_of(settings, number).drop()


def _mine(connection: Connection, scope: Scope, number: int, *states: str) -> ListFile:
    found = lists.lock(connection, number)
    if found is None or not within(found.region, scope):
        raise NoSuchList
    if found.state not in states or found.gone_at is not None:
        raise ListError("state")
    return found


# In time --------------------------------------------------------------------------------------------------------------


def tidy(settings: Settings, now: int) -> int:
    """Drop files and values of lists that nobody touched for `list_days`, and files that no list has.

    A file that names somebody whom the law erased goes too; the other rows' values are in the database already.
    """
    before = now - int(timedelta(days=settings.list_days).total_seconds() * 1000)
    with reading() as connection:
        old = lists.past_their_time(connection, before)
    for number in old:
        with transaction() as connection:
            lists.forget_values(connection, number, now)
    with reading() as connection:
        kept = lists.with_files(connection) - lists.with_erased(connection)
    for number in list_parts.all_lists(settings):
        if number not in kept:
            list_parts.parts_of(settings, number).drop()
    return len(old)


def is_day(text_: str) -> bool:
    try:
        day_of(text_)
    except (ValueError, TypeError):
        return False
    return True
