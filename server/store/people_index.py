"""Who is found by which words and numbers, by which filters, and who may be the same person.

What is read here (`person`, `person_word`) is drawn behind the villages' streams (`people_drawn.py`) and lags by seconds.
A name is looked up in two steps: which words there are that read or sound like what was typed (`name_words.py`), then
who at home in the region bears them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, select, tuple_

from schemas import digits, phone
from schemas.region import NATION
from server.linkage import people
from server.store import tables as t
from server.store.bulk import among
from server.store.desk_tables import person, person_word, word
from server.store.name_words import Way, name_words
from server.store.scoping import inside

Key = tuple[str, ...]
"""Where in a list's order a row stands."""


class Filters(NamedTuple):
    """What a list is cut down to. villages: codes, beside the scope. Days: `YYYY-MM-DD`, both ends within.

    decile: at most. Whatever is None is not asked for.
    """

    status: str | None = None
    coverage: str | None = None
    occupation: str | None = None
    segment: str | None = None
    funding: str | None = None
    sex: str | None = None
    vulnerable: bool | None = None
    decile: int | None = None
    incomplete: bool | None = None
    waits: bool | None = None
    restricted: bool | None = None
    registered_from: str | None = None
    registered_to: str | None = None
    villages: tuple[str, ...] | None = None

    @property
    def is_empty(self) -> bool:
        return all(each is None for each in self)


NO_FILTERS = Filters()


class Asked(NamedTuple):
    """text: a name, whole or in parts, or a number: of the card, the family card, the membership, the phone, the record."""

    text: str = ""
    filters: Filters = NO_FILTERS


class Found(NamedTuple):
    """rows: of `person`. next: from where the list goes on; None at its end."""

    rows: list[Row[Any]]
    next: tuple[int, Key] | None


EQUAL = ("status", "coverage", "occupation", "segment", "funding", "sex")
TRUTHS = ("vulnerable", "incomplete", "waits", "restricted")
_ORDER = (person.c.home, person.c.name_key, person.c.record)
COLUMNS = tuple(person.c)


def within(column: Any, scope: str, villages: Sequence[str] | None = None) -> ColumnElement[bool]:
    """Inside a region, said so that an index is read from one end to the other; or in some villages of it."""
    asked = [inside(column, scope)]
    if scope != NATION:
        asked += [column >= scope, column < scope + "/"]  # "/" comes next after ".": one range, in the index's order
    if villages is not None:
        asked.append(column.in_(villages))
    return and_(*asked)


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """Filters as conditions on `person`, all but the villages."""
    asked = filters._asdict()
    found: list[ColumnElement[bool]] = [person.c[name] == asked[name] for name in EQUAL if asked[name] is not None]
    for name in TRUTHS:
        if asked[name] is not None:  # written as the partial indexes are
            found.append(person.c[name] if asked[name] else ~func.coalesce(person.c[name], False))
    if filters.decile is not None:
        found.append(person.c.dtsen_decile <= filters.decile)
    if filters.registered_from is not None:
        found.append(person.c.registered_on >= filters.registered_from)
    if filters.registered_to is not None:
        found.append(person.c.registered_on <= filters.registered_to)
    return found


def find(
    connection: Connection, scope: str, asked: Asked, after: tuple[int, Key] | None = None, most: int = 25
) -> Found:
    """People of the region as asked for, the nearest first; behind the place of an earlier page.

    A text of four digits or more is looked for among numbers, from their beginning on; another among names: as written
    or spelt another way, written together or apart, parts of words, and with a slip of the pen.
    """
    stages = _stages(connection, scope, asked)
    first, key = after or (0, None)
    rows: list[Row[Any]] = []
    places: list[tuple[int, Key]] = []
    for number in range(first, len(stages)):
        part = stages[number](key, most + 1 - len(rows))
        rows += [row for _, row in part.rows]
        places += [(number, place) for place, _ in part.rows]
        if part.goes_on is not None:
            return Found(rows, (number, part.goes_on))
        if len(rows) > most:
            return Found(rows[:most], places[most - 1])
        key = None
    return Found(rows, None)


class _Part(NamedTuple):
    """What one stage gives. goes_on: it looked at so many that it gave up for this page, and goes on behind here."""

    rows: list[tuple[Key, Row[Any]]]
    goes_on: Key | None = None


_Stage = Callable[[Key | None, int], _Part]


def _stages(connection: Connection, scope: str, asked: Asked) -> list[_Stage]:
    text, filters = asked.text.strip(), asked.filters
    if not text:
        return [partial(_by_name, connection, scope, filters)]
    if number := number_in(text):
        exact = partial(_exactly, connection, scope, filters, number, text)
        return [exact, *(partial(_beginning, connection, scope, filters, number, n) for n in range(len(_NUMBERS)))]
    if _RECORD.fullmatch(text):
        return [partial(_the_record, connection, scope, filters, text)]
    if not (parts := people.words(text[:LONGEST_NAME])[:MOST_PARTS]):
        return []  # nothing of it could be in a name
    stages = name_words(connection).ways(parts)
    return [partial(_named, connection, scope, filters, stages, n) for n in range(len(stages))]


_NUMBERS = ("nik", "kk_number", "kpj", "phone")
_RECORD = re.compile(r"[a-z0-9]{1,40}-[0-9]{1,16}")
LEAST_DIGITS = 4
LONGEST_NAME, MOST_PARTS = 200, 6  # characters and words of a name that are looked at


def number_in(text: str) -> str | None:
    """The digits of what is meant as a number, however it is spaced."""
    number = digits.read(text.replace("+", "")) if sum(sign.isdigit() for sign in text) >= LEAST_DIGITS else None
    return number if number and len(number) >= LEAST_DIGITS else None


def _beginnings(number: str) -> dict[str, str]:
    """How a number would begin in each column."""
    local = number[1:] if number.startswith("0") else number[2:] if number.startswith("62") else None
    found = {"nik": number, "kk_number": number, "kpj": number}
    return found | ({"phone": f"+62{local}"} if local else {})


def _exactly(
    connection: Connection, scope: str, filters: Filters, number: str, text: str, after: Key | None, most: int
) -> _Part:
    """All who bear the number itself: a handful, in one page."""
    if after:
        return _Part([])
    found: dict[str, Row[Any]] = {}
    for column, written in (_beginnings(number) | {"phone": phone.normalise(text) or ""}).items():
        found |= {row.record: row for row in by_column(connection, scope, filters, column, written, None, None, most)}
    return _Part([((row.record,), row) for row in found.values()])


def _beginning(
    connection: Connection, scope: str, filters: Filters, number: str, n: int, after: Key | None, most: int
) -> _Part:
    begins = _beginnings(number)
    if (start := begins.get(_NUMBERS[n])) is None:
        return _Part([])
    place = (after[0], after[1], after[2]) if after else None
    rows = by_column(connection, scope, filters, _NUMBERS[n], start, start + ":", place, most)  # ":" comes after "9"

    def is_new(row: Row[Any]) -> bool:
        held = {name: getattr(row, name) or "" for name in begins}
        return not any(held[name] == begins[name] for name in begins) and not any(
            held[name].startswith(begins[name]) for name in _NUMBERS[:n] if name in begins
        )

    told = [((getattr(row, _NUMBERS[n]), row.home, row.record), row) for row in rows]
    goes_on = told[-1][0] if len(rows) == most and not all(is_new(row) for row in rows) else None
    return _Part([(key, row) for key, row in told if is_new(row)], goes_on)


def _the_record(
    connection: Connection, scope: str, filters: Filters, record: str, after: Key | None, most: int
) -> _Part:
    if after:
        return _Part([])
    carrier = carrier_of(connection, scope, record) or record
    return _Part([((row.record,), row) for row in by_record(connection, scope, [carrier], filters)])


def _by_name(connection: Connection, scope: str, filters: Filters, after: Key | None, most: int) -> _Part:
    place = (after[0], after[1], after[2]) if after else None
    rows, goes_on = page_by_name(connection, scope, filters, place, most)
    return _Part([((row.home, row.name_key, row.record), row) for row in rows], goes_on)


AT_ONCE, LOOKED_AT = 2_000, 10_000


def _named(
    connection: Connection, scope: str, filters: Filters, stages: list[list[Way]], n: int, after: Key | None, most: int
) -> _Part:
    """Who bears the name in the ways of this stage, and in none of an earlier one. With filters it looks at some
    hundred at a time, and gives up for this page where too many do not pass.
    """
    but = [way for stage in stages[:n] for way in stage]
    place = (after[0], after[1]) if after else None
    cuts = any(each is not None for each in filters._replace(villages=None))
    found: list[tuple[Key, Row[Any]]] = []
    for _ in range(LOOKED_AT // AT_ONCE):
        asked = AT_ONCE if cuts else most - len(found)
        keys = bearers(connection, scope, stages[n], but, filters.villages, place, asked)
        rows = {row.record: row for row in by_record(connection, scope, [record for _, record in keys], filters)}
        found += [((home, record), rows[record]) for home, record in keys if record in rows]
        if len(keys) < asked or len(found) >= most:
            return _Part(found[:most])
        place = keys[-1]
    return _Part(found, place)


def page_by_name(
    connection: Connection, scope: str, filters: Filters, after: tuple[str, str, str] | None, most: int
) -> tuple[list[Row[Any]], Key | None]:
    """People village by village, by their names; behind (home, name_key, record).

    And, where too many were looked at that do not pass, from where to go on.
    """
    served, others = _served(filters)
    lying = select(*_ORDER).where(within(person.c.home, scope, filters.villages), *conditions(served))
    if after:
        lying = lying.where(tuple_(*_ORDER) > tuple_(*after), person.c.home >= after[0])
    lying = lying.order_by(*_ORDER)
    query = select(person).where(within(person.c.home, scope, filters.villages), *conditions(filters))
    end = None
    if not others.is_empty:
        end = connection.execute(lying.offset(LISTED_AT_ONCE - 1).limit(1)).first()
    if after:
        query = query.where(tuple_(*_ORDER) > tuple_(*after), person.c.home >= after[0])
    if end:
        query = query.where(tuple_(*_ORDER) <= tuple_(*end), person.c.home <= end.home)
    rows = list(connection.execute(query.order_by(*_ORDER).limit(most)))
    return rows, tuple(end) if end and len(rows) < most else None


LISTED_AT_ONCE = 100_000


def _served(filters: Filters) -> tuple[Filters, Filters]:
    """The filters that an index of their own serves, and the others; villages are neither."""
    served = {name: getattr(filters, name) for name in ("status", "coverage", "occupation")}
    served |= {name: True if getattr(filters, name) else None for name in ("incomplete", "waits")}
    return NO_FILTERS._replace(**served), filters._replace(
        villages=None, **{name: None for name, value in served.items() if value is not None}
    )


def people_of(connection: Connection, scope: str, filters: Filters, at_once: int = 2000) -> Iterator[Row[Any]]:
    """All of them in the same order, a few at a time in memory; for what is written into a file."""
    query = _listed(scope, filters).order_by(*_ORDER).execution_options(yield_per=at_once)
    yield from connection.execute(query)


def _listed(scope: str, filters: Filters) -> Select[Any]:
    return select(person).where(within(person.c.home, scope, filters.villages), *conditions(filters))


def by_record(connection: Connection, scope: str, records: Collection[str], filters: Filters = NO_FILTERS) -> list[Row[Any]]:
    """Of these records those that are people of the region."""
    query = select(person).where(
        among(person.c.record, "ids"), within(person.c.home, scope, filters.villages), *conditions(filters)
    )
    return list(connection.execute(query, {"ids": list(records)})) if records else []


def carrier_of(connection: Connection, scope: str, record: str) -> str | None:
    """The record that a joined one is carried by."""
    query = select(t.record.c.carrier).where(t.record.c.id == record, inside(t.record.c.home, scope))
    return connection.scalar(query)


def by_column(
    connection: Connection, scope: str, filters: Filters, column: str, first: str, last: str | None,
    after: tuple[str, str, str] | None, most: int,
) -> list[Row[Any]]:
    """People by a number, in its order: by one (last None), or by all from `first` up to before `last`.

    after: (number, home, record) of the last one before.
    """
    number = person.c[column]
    place = (number, person.c.home, person.c.record)
    query = select(person).where(within(person.c.home, scope, filters.villages), *conditions(filters))
    query = query.where(number == first) if last is None else query.where(number >= first, number < last)
    if after:
        query = query.where(number >= after[0], tuple_(*place) > tuple_(*after))
    return list(connection.execute(query.order_by(*place).limit(most)))


def bearers(
    connection: Connection, scope: str, ways: Sequence[Sequence[Collection[int]]],
    but: Sequence[Sequence[Collection[int]]], villages: Sequence[str] | None, after: tuple[str, str] | None, most: int,
) -> list[tuple[str, str]]:
    """(home, record) of who bears, for one of the ways, a word of each of its sets; in that order, behind one.

    but: ways of which none may hold: those who were found by them already.
    """  # fmt: skip
    found: set[tuple[str, str]] = set()
    for way in ways:
        if not all(way):  # for some part of the name there is no word
            continue
        sets = sorted((list(each) for each in way), key=lambda each: _count(connection, scope, each, villages))
        key = (person_word.c.home, person_word.c.record)
        query = select(*key).where(person_word.c.word.in_(sets[0]), within(person_word.c.home, scope, villages))
        query = query.where(*(_bears(each) for each in sets[1:]))
        query = query.where(*(~and_(*(_bears(list(each)) for each in other)) for other in but if all(other)))
        if after:
            query = query.where(person_word.c.home >= after[0], tuple_(*key) > tuple_(*after))
        if len(sets[0]) > 1:
            query = query.distinct()
        found |= {(home, record) for home, record in connection.execute(query.order_by(*key).limit(most))}
    return sorted(found)[:most]


ENOUGH = 5000
"""Beyond so many bearers one set of words is as good to begin with as another."""


def _count(connection: Connection, scope: str, words: Sequence[int], villages: Sequence[str] | None) -> int:
    some = select(person_word.c.record).where(
        person_word.c.word.in_(words), within(person_word.c.home, scope, villages)
    ).limit(ENOUGH)  # fmt: skip
    return connection.scalar(select(func.count()).select_from(some.subquery())) or 0


def _bears(words: Sequence[int]) -> ColumnElement[bool]:
    also = person_word.alias()
    return (
        select(1).where(also.c.word.in_(words), also.c.home == person_word.c.home, also.c.record == person_word.c.record)
        .correlate(person_word).exists()
    )  # fmt: skip


# For lists and doubles ------------------------------------------------------------------------------------------------


def by_nik(connection: Connection, niks: Collection[str], scope: str = NATION) -> dict[str, list[Row[Any]]]:
    """NIK -> the people who bear it."""
    return _by(connection, "nik", niks, scope)


def by_kpj(connection: Connection, kpjs: Collection[str], scope: str = NATION) -> dict[str, list[Row[Any]]]:
    """Member number (see `plain_kpj`) -> the people who bear it."""
    return _by(connection, "kpj", kpjs, scope)


def _by(connection: Connection, column: str, values: Collection[str], scope: str) -> dict[str, list[Row[Any]]]:
    query = select(person).where(among(person.c[column], "values"), inside(person.c.home, scope))
    found: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(query.order_by(person.c.record), {"values": list(values)}) if values else ():
        found.setdefault(getattr(row, column), []).append(row)
    return found


def candidates(connection: Connection, who: people.Person, scope: str = NATION, most: int = 300) -> list[Row[Any]]:
    """Who may be the same person: the same NIK or family card anywhere; the same birth date, or with day and month
    exchanged, in his regency (a first of January, which stands for many, in his district); a like name in his village.

    most: of each of these.
    """
    found: dict[str, Row[Any]] = {}

    def take(*asked: ColumnElement[bool]) -> None:
        query = select(person).where(*asked, inside(person.c.home, scope), person.c.record != who.record)
        found.update({row.record: row for row in connection.execute(query.order_by(person.c.record).limit(most))})

    traits, village = people.traits(who), who.village or ""
    if traits.nik:
        take(person.c.nik == traits.nik)
    if traits.kk:
        take(person.c.kk_number == traits.kk)
    if traits.day and village:
        for day in filter(None, (traits.day, people.swapped(traits.day))):
            near = village[:8] if day.endswith("-01-01") else village[:5]
            take(person.c.birth_date == day, person.c.home >= near, person.c.home < near + "/")
    if village and (bones := people.skeletons(who.full_name)):
        alike = select(person_word.c.record).join(word, word.c.id == person_word.c.word)
        alike = alike.where(word.c.skeleton.in_(bones), person_word.c.home == village)
        take(person.c.record.in_(alike))
    return list(found.values())


def as_person(row: Any) -> people.Person:
    """A `person` row as it is compared."""
    return people.Person(
        row.record, row.home, row.nik, row.kk_number, row.full_name, row.birth_date, row.sex, row.mother_name, row.phone
    )


def plain_kpj(number: str | None) -> str | None:
    """A member number without the spaces and strokes that it is written with."""
    plain = "".join(sign for sign in number or "" if sign.isalnum()).upper()
    return plain or None


