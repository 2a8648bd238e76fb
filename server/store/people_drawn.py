"""Drawing the index of people: the rows of `person` and the words of their names, behind each village's stream."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, delete, func, or_, select, text, tuple_

from server.linkage import people
from server.store import tables as t
from server.store.bulk import add, among, in_chunks, put
from server.store.desk_tables import indexed, person, person_word, restriction, word

WORKER = "worker"
_TURN = 0x73646970  # PostgreSQL's advisory lock of whoever draws the index, or takes an erased person out of it
_STANDS = and_(or_(t.record.c.carrier.is_(None), t.record.c.carrier == t.record.c.id), t.record.c.erased.is_(False))

_DUE = (
    select(t.stream.c.village)
    .outerjoin(indexed, indexed.c.village == t.stream.c.village)
    .where(t.stream.c.position > func.coalesce(indexed.c.position, 0))
    .order_by(t.stream.c.village)
)


def take_turn(connection: Connection) -> None:
    """Only one transaction at a time writes the index, and it reads records after it has its turn: so of two that draw
    one record the later never writes what is older, and nobody writes back whom an erasure has just taken out.
    SQLite's writers take turns by themselves.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})


def due(connection: Connection) -> list[str]:
    """The villages whose stream has moved on since they were followed last."""
    return list(connection.scalars(_DUE))


class Standing(NamedTuple):
    """How far a village's stream is, and up to where the index has followed it."""

    position: int
    followed: int


def standing(connection: Connection, village: str) -> Standing:
    query = (
        select(t.stream.c.position, func.coalesce(indexed.c.position, 0))
        .outerjoin(indexed, indexed.c.village == t.stream.c.village)
        .where(t.stream.c.village == village)
    )
    row = connection.execute(query).first()
    return Standing(*row) if row else Standing(0, 0)  # nothing was ever written there


def moved_on(connection: Connection, village: str, after: int, most: int) -> list[Row[Any]]:
    """The village's workers behind a position of its stream, in its order.

    id, home, position, fields (JSON), derived, incomplete, waits, stands, created_at.
    """
    query = (
        select(
            t.record.c.id, t.record.c.home, t.record.c.position, t.record.c.fields, t.record.c.derived,
            t.record.c.incomplete, t.record.c.waiting_since.is_not(None).label("waits"), _STANDS.label("stands"),
            t.record.c.created_at,
        )
        .where(t.record.c.home == village, t.record.c.position > after, t.record.c.kind == WORKER)
        .order_by(t.record.c.position).limit(most)
    )  # fmt: skip
    return list(connection.execute(query))


def restricted_among(connection: Connection, records: Collection[str]) -> set[str]:
    """Those of these records whose data is restricted, or that of one joined with them."""
    joined = t.record.alias("joined")
    carrier = func.coalesce(joined.c.carrier, restriction.c.record)
    query = (
        select(carrier).select_from(restriction.outerjoin(joined, joined.c.id == restriction.c.record))
        .where(or_(among(restriction.c.record, "ids"), among(joined.c.carrier, "ids")))
    )  # fmt: skip
    return set(connection.scalars(query, {"ids": records}))


def note_followed(connection: Connection, village: str, position: int) -> None:
    put(connection, indexed, [{"village": village, "position": position}])


def put_people(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Store `person` rows, in the place of those of the same records."""
    put(connection, person, rows)


def put_words(connection: Connection, named: Mapping[str, tuple[str, Collection[str]]]) -> None:
    """Let people be found by these words, and by no others. named: record -> (home, words)."""
    numbers = word_numbers(connection, {one for _, words in named.values() for one in words})
    wanted = {(numbers[one], home, record) for record, (home, words) in named.items() for one in words}
    query = select(person_word).where(among(person_word.c.record, "ids"))
    there = {tuple(row) for row in connection.execute(query, {"ids": list(named)})}
    for part in in_chunks(sorted(there - wanted), 200):
        key = tuple_(person_word.c.word, person_word.c.home, person_word.c.record)
        connection.execute(delete(person_word).where(key.in_(part)))
    add(connection, person_word, [{"word": w, "home": h, "record": r} for w, h, r in sorted(wanted - there)])


def word_numbers(connection: Connection, words: Collection[str]) -> dict[str, int]:
    """Word -> its number; words that were never seen get one."""
    query = select(word.c.word, word.c.id).where(among(word.c.word, "words"))
    known = {each: number for each, number in connection.execute(query, {"words": list(words)})}
    if new := sorted(set(words) - known.keys()):
        add(connection, word, [{"word": each, "skeleton": people.skeleton(each)} for each in new])
        known |= {each: number for each, number in connection.execute(query, {"words": new})}
    return known


def drop_people(connection: Connection, records: Collection[str]) -> None:
    """These are nobody, or nobody any more: erased, or carried by another record."""
    for part in in_chunks(records):
        connection.execute(delete(person).where(person.c.record.in_(part)))
        connection.execute(delete(person_word).where(person_word.c.record.in_(part)))


def mark_restricted(connection: Connection, record: str, restricted: bool) -> None:
    """What the desk of rights has just decided is seen at once, before the record itself changes."""
    take_turn(connection)
    connection.execute(person.update().where(person.c.record == record).values(restricted=restricted))


def forget_all(connection: Connection) -> None:
    """Begin the index anew: everything is drawn again from the records. Words keep their numbers."""
    take_turn(connection)
    for table in (person_word, person, indexed):
        connection.execute(delete(table))
