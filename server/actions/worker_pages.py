"""The desk of workers: whom a search finds, and all that is known of one of them and how it came to be known."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import orjson

from programme import months
from schemas.change import Change, is_desk, loads
from schemas.files import files_in
from schemas.kinds import Kind
from server.actions.desk_pages import BadCursor
from server.actions.stories import Story
from server.db import Connection, reading
from server.store import changes as log
from server.store import deciding, desk_pages, people_index, places, records, regions
from server.store import worker_pages as store
from server.store.deciding import Writer
from server.store.people_index import Asked, Filters, Key
from server.store.regions import Region
from server.store.scoping import Scope, for_itself
from server.store.worker_pages import Holder, Look, Other

MOST_PAYMENTS, MOST_CLAIMS, MOST_VISITS, MOST_LOOKS = 240, 50, 50, 25
MOST_PLACES, MOST_STAGES = 8, 40
_SOURCE = re.compile(r"list:([0-9]{1,15})(?::([0-9]{1,10}))?\Z")

# Searching ------------------------------------------------------------------------------------------------------------


class Found(NamedTuple):
    """rows: of `person`. villages: code -> name. next: the cursor of the next page. places: what the village meant."""

    rows: list[Any]
    villages: dict[str, str]
    next: str | None
    places: list[Region]


def search(scope: Scope, asked: Asked, place: str, cursor: str | None, most: int) -> Found:
    """People as asked for. place: a village's name, as somebody typed it, or its code. Raises BadCursor."""
    after = read_cursor(cursor)
    with reading() as connection:
        meant = places.like(connection, scope, place, MOST_PLACES) if place.strip() else []
        if place.strip():
            villages = tuple(places.villages_in(connection, [each.code for each in meant]))
            asked = asked._replace(filters=asked.filters._replace(villages=villages))
        found = people_index.find(connection, scope, asked, after, most)
        codes = [row.home for row in found.rows] + [row.home[:8] for row in found.rows]
        named = regions.names(connection, sorted({*codes, *(each.code[:8] for each in meant)}))
    return Found(found.rows, named, write_cursor(found.next), meant)


def write_cursor(place: tuple[int, Key] | None) -> str | None:
    return None if place is None else urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def read_cursor(text: str | None) -> tuple[int, Key] | None:
    """Raises BadCursor."""
    if not text:
        return None
    try:
        stage, key = orjson.loads(urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
    except (ValueError, BadBase64, TypeError):
        raise BadCursor from None
    parts = tuple(key) if isinstance(key, list) else ()
    is_place = type(stage) is int and 0 <= stage < MOST_STAGES and 1 <= len(parts) <= 3
    if not is_place or not all(type(part) is str and "\0" not in part for part in parts):
        raise BadCursor
    return stage, parts


# One worker -----------------------------------------------------------------------------------------------------------


class Said(NamedTuple):
    """One value that a field was given. stands: it holds now, alone or beside others. before: what its author saw there.

    settled: it chose between values that differed. source: the list that it is from. undoes: it takes another back.
    """

    field: str
    value: Any
    before: Any
    had_before: bool
    by: Writer
    effective: int
    received: int
    stands: bool
    settled: bool
    source: tuple[int, int | None] | None
    undoes: bool


class Act(NamedTuple):
    """One change of him as it came in: by whom, and what it set."""

    by: Writer
    village: str
    record: str
    effective: int
    received: int
    said: list[Said]
    is_first: bool


class Member(NamedTuple):
    """A record that is joined with his. joined_by: who said so."""

    record: str
    home: str
    joined_by: Writer | None
    joined_at: int | None
    reason: str | None


class Month(NamedTuple):
    """month: `YYYY-MM`. letter: see `programme.coverage.by_month`. village: where he lived then."""

    month: str
    letter: str
    village: str


class Photo(NamedTuple):
    field: str
    sha256: str
    is_here: bool
    who_has: str | None


class Whole(NamedTuple):
    """All that is known of a worker. seen: what the page is made of. facts: what the record says, by field.

    said: field -> all that was ever written there, the newest first. lacks: required fields that are empty.
    """

    record: str
    home: str
    kind: Kind
    fields: Mapping[str, Any]
    seen: Mapping[str, int]
    version: int
    created_at: int
    lacks: list[str]
    conflicts: list[str]
    waiting_since: int | None
    derived: Mapping[str, Any]
    said: Mapping[str, list[Said]]
    acts: list[Act]
    members: list[Member]
    payments: list[Other]
    claims: list[Other]
    visits: list[Other]
    months: list[Month]
    not_counted: str | None
    photos: list[Photo]
    holders: list[Holder]
    doubles: list[tuple[str, str]]
    restricted: tuple[int, str] | None
    villages: Mapping[str, str]

    @property
    def name(self) -> str | None:
        return self.fields.get("full_name")


def look(scope: Scope, record: str) -> Whole | None:
    """A worker as he now stands, of a joined record the one that carries it; None where there is none in the region."""
    with reading() as connection:
        entry = desk_pages.entry_of(connection, scope, record)
        if entry is None or entry.kind != "worker":
            return None
        with for_itself():  # it lies in his region; what it is made of may have been written elsewhere
            row = records.read_records(connection, [entry.record])[entry.record]
            ids = sorted(records.joined_with(connection, [row.carrier])) if row.carrier else [row.id]
            history = _history(connection, Story.read(connection, row), row.held.heads.get("*"))
            members = _members(connection, row.id, ids)
            photos = _photos(connection, row.held.fields)
        months_, why_not = _months(connection, scope, row.id)
        home = row.held.home
        others = {
            kind: store.referring(connection, scope, ids, kind, most)
            for kind, most in (("contribution", MOST_PAYMENTS), ("claim", MOST_CLAIMS))
        }
        visits = store.visits_naming(connection, scope, home, ids, MOST_VISITS)
        codes = {home, home[:8], home[:5]} | {month.village for month in months_} | {member.home for member in members}
        return Whole(
            row.id, home, row.kind, row.held.fields, row.held.seen, row.version, row.held.created_at,
            row.kind.lacking(row.held.fields), sorted(row.held.conflicts or ()), row.held.waiting_since,
            loads(entry.derived) if entry.derived else {}, *history, members, others["contribution"], others["claim"],
            visits, months_, why_not, photos, store.holders(connection, scope, home), store.doubles(connection, scope, ids),
            store.restricted_since(connection, scope, ids), regions.names(connection, sorted(codes)),
        )  # fmt: skip


def looks(scope: Scope, record: str, before: int | None = None, most: int = MOST_LOOKS) -> tuple[list[Look], int | None]:
    """Who has looked at a worker or changed him, the newest first; and the number from which the list goes on."""
    with reading() as connection:
        entry = desk_pages.entry_of(connection, scope, record)
        if entry is None:
            return [], None
        with for_itself():  # he lies in the region; who looked may sit above it
            ids = sorted(records.joined_with(connection, [entry.record])) or [entry.record]
            found = store.looks(connection, ids, before, most + 1)
    return found[:most], found[most - 1].number if len(found) > most else None


def _history(connection: Connection, story: Story, creator: Any) -> tuple[dict[str, list[Said]], list[Act]]:
    """What was ever written, field by field and change by change, the newest first. creator: the change that made him."""
    by = deciding.writers(connection, list(story.changes))
    ordered = sorted(story.changes.values(), key=lambda one: (one.received, one.effective, one.device, one.seq))
    fields = dict.fromkeys(field for change in ordered for field in change.fields or ())
    heads = {field: {head.dot for head in story.standing(field).heads} for field in fields}
    found: dict[str, list[Said]] = {field: [] for field in fields}
    acts: list[Act] = []
    for change in ordered:
        settled = set(story.decided_by(change)) if is_desk(change.device) else set()
        said = [_said(story, change, field, by[change.dot], heads[field], field in settled) for field in change.fields or ()]
        for each in said:
            found[each.field].insert(0, each)
        acts.insert(0, Act(
            by[change.dot], change.village, change.record, change.effective, change.received, said,
            creator is not None and change.dot == tuple(creator),
        ))  # fmt: skip
    return found, acts


def _said(story: Story, change: Change, field: str, by: Writer, heads: Collection[Any], settled: bool) -> Said:
    before = story.seen_by(change, field)
    from_list = _SOURCE.match(by.source or "")
    source = (int(from_list[1]), int(from_list[2]) if from_list[2] else None) if from_list else None
    return Said(
        field, (change.fields or {})[field], before.value if before else None, before is not None, by, change.effective,
        change.received, change.dot in heads, settled, source, (by.source or "").startswith("undo:"),
    )  # fmt: skip


def _members(connection: Connection, carrier: str, ids: Collection[str]) -> list[Member]:
    if len(ids) < 2:
        return []
    links = records.links_among(connection, ids)
    dots = [(link.dot.device, link.dot.seq) for link in links]
    by, changes = deciding.writers(connection, dots), log.by_dots(connection, dots)
    said = {(link.a, link.b): link for link in links}
    homes = {row.id: row.held.home for row in records.read_records(connection, ids).values()}
    found = []
    for record in ids:
        if record == carrier:
            continue
        link = said.get((min(carrier, record), max(carrier, record))) or next(
            (each for each in links if record in (each.a, each.b)), None
        )
        dot = (link.dot.device, link.dot.seq) if link else ("", 0)
        change = changes.get(dot)
        reason = (change.fields or {}).get("reason") if change else None
        found.append(Member(record, homes.get(record, ""), by.get(dot), change.received if change else None, reason))
    return found



def _photos(connection: Connection, fields: Mapping[str, Any]) -> list[Photo]:
    named = [(field, file.sha256) for field, value in fields.items() for file in files_in(value)]
    shas = [sha for _, sha in named]
    here, asked = deciding.contents_here(connection, shas), deciding.who_has(connection, shas)
    return [Photo(field, sha, sha in here, asked.get(sha)) for field, sha in named]


def _months(connection: Connection, scope: Scope, record: str) -> tuple[list[Month], str | None]:
    """His months, each where he lived in it; where two villages tell of one, the later says more than that he was gone."""
    told: dict[int, Month] = {}
    why_not = None
    for row in store.cover(connection, scope, record):
        why_not = row.why_not or why_not
        for number, letter in enumerate(row.letters, row.first_month):
            if letter not in "-e" or number not in told:
                told[number] = Month(months.text(number), letter, row.village)
    return [told[number] for number in sorted(told)], why_not


def filters_of(said: Mapping[str, str]) -> Filters:
    """Filters as an address or a form gives them; what can't be is left out."""
    asked: dict[str, Any] = {name: value for name in people_index.EQUAL if (value := said.get(name)) and len(value) <= 60}
    asked |= {name: value == "yes" for name in people_index.TRUTHS if (value := said.get(name)) in ("yes", "no")}
    decile = said.get("decile", "")
    return people_index.NO_FILTERS._replace(
        **asked, decile=int(decile) if decile.isdecimal() and len(decile) < 3 else None,
        registered_from=_day(said.get("from")), registered_to=_day(said.get("to")),
    )  # fmt: skip


def _day(text: str | None) -> str | None:
    return text if text and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
