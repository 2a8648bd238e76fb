"""The register of breaches: what got out, of whom, and who was told."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, func, literal, or_, select, update

from schemas.change import loads
from server.store import desk_tables as d
from server.store import tables as t
from server.store.bulk import copy_missing, in_chunks
from server.store.scoping import inside

MOST_COUNTED = 1000
WORKER = "worker"


class Breach(NamedTuple):
    """A row of `breach`; times in milliseconds."""

    id: int
    region: str
    noticed_at: int
    due_at: int
    what: str
    data: str
    measures: str
    source: str
    source_id: str | None
    happened: str
    rule: str
    people_told_at: int | None
    authority_told_at: int | None
    closed_at: int | None
    by: int | None


class Affected(NamedTuple):
    """fields: of the record as it stands; None once it was erased."""

    record: str
    home: str
    fields: dict[str, Any] | None


_B, _P, _R = d.breach.c, d.breach_person.c, t.record.c
_BREACH = tuple(_B[name] for name in Breach._fields)
_STANDS = and_(_R.kind == WORKER, _R.erased.is_(False), or_(_R.carrier.is_(None), _R.carrier == _R.id))


def add_breach(connection: Connection, values: dict[str, Any]) -> int:
    made: Any = connection.execute(d.breach.insert().values(**values))
    return int(made.inserted_primary_key[0])


def breach(connection: Connection, scope: str, number: int) -> Breach | None:
    row = connection.execute(select(*_BREACH).where(_B.id == number, inside(_B.region, scope))).first()
    return Breach(*row) if row else None


def breaches(connection: Connection, scope: str, before: int | None, most: int) -> list[Breach]:
    """The newest first, behind a number."""
    query = select(*_BREACH).where(inside(_B.region, scope)).order_by(_B.id.desc()).limit(most)
    return [Breach(*row) for row in connection.execute(query if before is None else query.where(_B.id < before))]


def waiting(connection: Connection, scope: str, now: int) -> tuple[int, int]:
    """How many are open, and of how many somebody was to be told by now and is not."""
    query = select(*_BREACH).where(_B.closed_at.is_(None), inside(_B.region, scope)).limit(MOST_COUNTED)
    found = [Breach(*row) for row in connection.execute(query)]
    return len(found), sum(one.due_at < now and not (one.people_told_at and one.authority_told_at) for one in found)


def change(connection: Connection, number: int, **values: Any) -> None:
    connection.execute(update(d.breach).where(_B.id == number).values(**values))


# Who is affected ------------------------------------------------------------------------------------------------------


def add_of_device(connection: Connection, number: int, device: str, villages: Collection[str], until: int) -> None:
    """Whomever a phone may hold: those of its villages who were there by then, those who moved away, and its own."""
    own = and_(_R.id > f"{device}-", _R.id < f"{device}.")  # "." comes next after "-"
    here = and_(_R.home.in_(list(villages)), _R.created_at <= until)
    moved = select(t.gone.c.record).where(t.gone.c.village.in_(list(villages)), t.gone.c.why == "moved")
    _add(connection, number, select(_R.id, _R.home).where(_STANDS, or_(here, own, _R.id.in_(moved))))


def add_of_entry(connection: Connection, number: int, entry: int) -> None:
    """Whom an entry of the audit log names: whom an export held, or a list showed."""
    named = select(d.audit_record.c.record).where(d.audit_record.c.audit == entry)
    about = select(_R.refers).where(_R.id.in_(named), _R.refers.is_not(None))
    _add(connection, number, select(_R.id, _R.home).where(_STANDS, or_(_R.id.in_(named), _R.id.in_(about))))


def add_records(connection: Connection, number: int, records: Collection[str]) -> None:
    for part in in_chunks(list(records)):
        _add(connection, number, select(_R.id, _R.home).where(_STANDS, _R.id.in_(part)))


def _add(connection: Connection, number: int, people: Select[Any]) -> None:
    found = people.subquery()
    rows = select(literal(number), found.c.id, found.c.home)
    copy_missing(connection, d.breach_person, ("breach", "record", "home"), rows.where(literal(1) == 1))


def entry_region(connection: Connection, scope: str, entry: int) -> str | None:
    """The region of an entry of the audit log about people, where it lies in the region."""
    a = d.audit.c
    return connection.scalar(select(a.region).where(a.id == entry, inside(a.region, scope)))


def count(connection: Connection, scope: str, number: int) -> int:
    query = select(func.count()).select_from(d.breach_person).where(_P.breach == number, inside(_P.home, scope))
    return int(connection.scalar(query) or 0)


def people(connection: Connection, scope: str, number: int, after: str | None, most: int) -> list[Affected]:
    """Those affected, by record, behind one."""
    query = (
        select(_P.record, _P.home, _R.fields, _R.erased)
        .outerjoin(t.record, _R.id == _P.record)
        .where(_P.breach == number, inside(_P.home, scope)).order_by(_P.record).limit(most)
    )  # fmt: skip
    rows = connection.execute(query if after is None else query.where(_P.record > after))
    return [
        Affected(row.record, row.home, None if row.fields is None or row.erased else loads(row.fields)) for row in rows
    ]
