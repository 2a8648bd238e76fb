"""Who is registered and has no active cover, and why: counts from the figures, people village by village.

The figures say in which villages there is anybody to be found, so that a list of few among many reads the few villages
alone. What a worker's month is called stands in the last of his letters (`programme.coverage`), whether JKK and JKM are
active in the last digit of his programmes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, and_, case, func, or_, select, tuple_

from schemas.change import loads
from server.store import tables as t
from server.store.bulk import among
from server.store.desk_tables import pair, person
from server.store.figures import LENGTH_BELOW
from server.store.scoping import inside

UNREGISTERED, INCOMPLETE, PROPOSED, AWAITING, UNCONFIRMED, ARREARS, LAPSED, AGE, WAGE_EARNER, APPARATUS = (
    "unregistered", "incomplete", "proposed", "awaiting_payment", "unconfirmed", "in_arrears", "inactive", "age",
    "wage_earner", "apparatus",
)  # fmt: skip
REASONS = (
    UNREGISTERED, INCOMPLETE, PROPOSED, AWAITING, UNCONFIRMED, ARREARS, LAPSED, AGE, WAGE_EARNER, APPARATUS,
)  # fmt: skip
"""Why somebody has no active cover. `unconfirmed` is beside the others: paid, and the branch has not confirmed it."""
ENDED_FUNDED, UNCOUNTED_FUNDED, UNVERIFIED = "ended_funded", "uncounted_funded", "unverified"
CHECKS = (ENDED_FUNDED, UNCOUNTED_FUNDED, UNVERIFIED)
"""Whom a budget pays for though he died, withdrew or moved away; though he is not counted (age, segment); who is counted
as covered and was never verified."""

_LETTERS = {
    INCOMPLETE: "?", PROPOSED: "pP", AWAITING: "wW", UNCONFIRMED: "BRIWP", ARREARS: "rR", LAPSED: "iI", AGE: "g",
    WAGE_EARNER: "s", APPARATUS: "s",
}  # fmt: skip
_BOTH_ACTIVE = ("3", "7")  # digits of programmes: JKK 1, JKM 2, JHT 4
_ORDER = (person.c.home, person.c.name_key, person.c.record)
_ENDS = ("deceased", "moved_away", "withdrawn")
Place = tuple[str, str, str]
"""home, name_key and record of the last one that was told."""


class Found(NamedTuple):
    """rows: of `person`, with `letters`, `why_not`. goes_on: behind which more may be found; None at the end."""

    rows: list[Row[Any]]
    goes_on: Place | None


# Counts ---------------------------------------------------------------------------------------------------------------

_f = t.figure.c
_missing = _f.eligible - _f.registered - _f.incomplete
_COUNTS: dict[str, ColumnElement[Any] | Column[Any]] = {
    UNREGISTERED: case((_missing > 0, _missing), else_=0), INCOMPLETE: _f.incomplete, PROPOSED: _f.proposed,
    AWAITING: _f.awaiting, UNCONFIRMED: _f.unconfirmed, ARREARS: _f.in_arrears, LAPSED: _f.inactive, AGE: _f.age,
    WAGE_EARNER: _f.wage_earners - _f.wage_earners_active, APPARATUS: _f.apparatus - _f.apparatus_active,
}  # fmt: skip


class Counts(NamedTuple):
    """by_reason: workers by each of `REASONS`. without: villages that have no denominator, so that nobody can say who is
    not registered. registered, active, eligible: as in the figures; eligible of those that have one. above: villages in
    which more are registered than there are workers: there nobody counts as unregistered, and their number is to be checked.
    """

    by_reason: dict[str, int]
    without: int
    registered: int
    active: int
    eligible: int
    above: int


def counts(connection: Connection, code: str, month: int) -> dict[str, Counts]:
    """Code -> counts, of the regions one level below that have figures of a month; of a village its own."""
    length = LENGTH_BELOW[0 if code == "id" else len(code)]
    part = func.substr(_f.village, 1, length)
    lacks = _f.eligible.is_(None)
    query = select(
        part, *(func.sum(func.coalesce(_COUNTS[reason], 0)) for reason in REASONS), func.sum(case((lacks, 1), else_=0)),
        func.sum(_f.registered), func.sum(_f.active), func.sum(func.coalesce(_f.eligible, 0)),
        func.sum(case((_missing < 0, 1), else_=0)),
    ).where(_f.month == month)  # fmt: skip
    rows = connection.execute(_within(query, _f.village, code).group_by(part).order_by(part))
    size = len(REASONS)
    return {
        row[0]: Counts(
            {reason: int(number) for reason, number in zip(REASONS, row[1 : size + 1], strict=True)},
            *(int(number) for number in row[size + 1 :]),
        )
        for row in rows
    }


def latest_month(connection: Connection, code: str, until: int) -> int | None:
    """The latest month up to `until` of which a region has figures: this one, or early in its first night the one before."""
    for month in (until, until - 1):
        query = _within(select(_f.village).where(_f.month == month), _f.village, code).limit(1)
        if connection.scalar(query) is not None:
            return month
    return None


def villages_with(connection: Connection, code: str, month: int, reason: str, since: str | None, most: int) -> list[str]:
    """Villages that have anybody of that kind, in their order, from one on. reason: one of `REASONS` or `CHECKS`."""
    there = {
        UNCOUNTED_FUNDED: _f.age + _f.segment, UNVERIFIED: _f.active, ENDED_FUNDED: _f.ended,
    }.get(reason, _COUNTS.get(reason, _f.registered))  # fmt: skip
    query = _within(select(_f.village).where(_f.month == month, there > 0), _f.village, code)
    if since is not None:
        query = query.where(_f.village >= since)
    return list(connection.scalars(query.order_by(_f.village).limit(most)))


def _within(query: Select[Any], column: Any, code: str) -> Select[Any]:
    if code == "id":
        return query
    return query.where(column >= code, column < code + "/")  # what follows "." in a code comes before "/"


# People ---------------------------------------------------------------------------------------------------------------


def of_reason(
    connection: Connection, scope: str, village: str, reason: str, after: Place | None, most: int
) -> list[Row[Any]]:
    """A village's people of one of `REASONS` but the first, by their names, behind a place. scope: of who asks."""
    c = t.cover.c
    last = func.substr(c.letters, func.length(c.letters), 1)
    asked: list[ColumnElement[bool]] = [last.in_(list(_LETTERS[reason]))]
    if reason in (WAGE_EARNER, APPARATUS):
        asked += [c.segment == reason, func.substr(c.programs, func.length(c.programs), 1).not_in(_BOTH_ACTIVE)]
    return list(connection.execute(_people(scope, village, after, most).where(*asked)))


def uncounted_funded(connection: Connection, scope: str, village: str, after: Place | None, most: int) -> list[Row[Any]]:
    """Whom somebody else pays for now, though he is of another segment or outside the age limits."""
    c = t.cover.c
    asked = [c.why_not.in_(("age", "segment")), func.substr(c.programs, func.length(c.programs), 1) != "0", _is_funded()]
    return list(connection.execute(_people(scope, village, after, most).where(*asked)))


def unverified(connection: Connection, scope: str, village: str, after: Place | None, most: int) -> list[Row[Any]]:
    """Who is counted as covered, and whose registration nobody has verified."""
    c = t.cover.c
    last = func.substr(c.letters, func.length(c.letters), 1)
    asked = [person.c.status == "proposed", person.c.coverage == "active", last.in_(["a", "b", "B"])]
    return list(connection.execute(_people(scope, village, after, most).where(*asked)))


def _is_funded() -> ColumnElement[bool]:
    return and_(person.c.funding.is_not(None), person.c.funding != "self")


def _people(scope: str, village: str, after: Place | None, most: int) -> Select[Any]:
    c = t.cover.c
    query = (
        select(person, c.letters, c.why_not)
        .join(t.cover, and_(c.village == person.c.home, c.record == person.c.record))
        .where(person.c.home == village, inside(person.c.home, scope))
        .order_by(*_ORDER).limit(most)
    )  # fmt: skip
    return query.where(tuple_(*_ORDER) > tuple_(*after)) if after is not None and after[0] == village else query


def ended_with_funding(connection: Connection, scope: str, after: Place | None, most: int) -> list[Row[Any]]:
    """Who died, withdrew or moved away and whose contributions somebody else pays or paid; village by village.

    The index of each status is read in its order, and the three are laid into one.
    """
    found: list[Row[Any]] = []
    for status in _ENDS:
        query = select(person).where(person.c.status == status, _is_funded(), inside(person.c.home, scope))
        if scope != "id":
            query = query.where(person.c.home >= scope, person.c.home < scope + "/")  # one range of the index
        if after is not None:
            query = query.where(tuple_(*_ORDER) > tuple_(*after), person.c.home >= after[0])
        found += connection.execute(query.order_by(*_ORDER).limit(most))
    return sorted(found, key=lambda row: (row.home, row.name_key, row.record))[:most]


def name_key(connection: Connection, scope: str, record: str) -> str:
    """Under what somebody of the region is sorted; empty where he is there no more."""
    query = select(person.c.name_key).where(person.c.record == record, inside(person.c.home, scope))
    return connection.scalar(query) or ""


def derived(connection: Connection, scope: str, records: Collection[str]) -> dict[str, dict[str, Any]]:
    """Record -> what phones are told of his membership; of some people of the region."""
    query = select(t.record.c.id, t.record.c.derived).where(among(t.record.c.id, "ids"), inside(t.record.c.home, scope))
    rows = connection.execute(query, {"ids": list(records)}) if records else ()
    return {record: loads(said) if said else {} for record, said in rows}


def on_lists(connection: Connection, records: Collection[str]) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Record -> the decrees' lists on which he stands and was not taken off: the entry's id, and what it says.

    Whoever calls has looked at these records in his own region; the lists are those of any region.
    """
    query = select(t.record.c.id, t.record.c.refers, t.record.c.fields).where(
        among(t.record.c.refers, "ids"), t.record.c.kind == "beneficiary", t.record.c.erased.is_(False)
    )
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for number, worker, fields in connection.execute(query, {"ids": list(records)}) if records else ():
        said = loads(fields)
        if not said.get("removed_on"):
            found.setdefault(worker, []).append((number, said))
    return found


def decrees(connection: Connection, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Decree -> what it says: numbers and months, and nobody."""
    query = select(t.record.c.id, t.record.c.fields).where(among(t.record.c.id, "ids"), t.record.c.kind == "decree")
    return {number: loads(fields) for number, fields in connection.execute(query, {"ids": list(ids)}) if ids} if ids else {}


def open_pairs(connection: Connection, scope: str, most: int) -> int:
    """How many likely doubles wait for a person in a region; counted up to `most`."""
    some = select(pair.c.a).where(
        pair.c.state == "open", or_(inside(pair.c.home_a, scope), inside(pair.c.home_b, scope))
    ).limit(most)  # fmt: skip
    return int(connection.scalar(select(func.count()).select_from(some.subquery())) or 0)


__all__: Sequence[str] = [
    "CHECKS", "REASONS", "Counts", "Found", "counts", "decrees", "derived", "ended_with_funding", "latest_month",
    "name_key", "of_reason", "on_lists", "open_pairs", "uncounted_funded", "unverified", "villages_with",
]  # fmt: skip
