"""Confirmed contributions that a phone changed afterwards: which they are, and for whom they were confirmed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, or_, select, tuple_

from schemas.change import loads
from server.store import tables as t
from server.store.bulk import among, in_chunks, put
from server.store.programme_tables import held_payment
from server.store.scoping import inside

CONTRIBUTION = "contribution"
HELD = ("worker", "months", "programs", "amount", "funding")
"""What a confirmation holds: for whom, which months and programmes, how much, and from whom."""

_WHAT = (
    t.record.c.id, t.record.c.home, t.record.c.refers, t.record.c.incomplete, t.record.c.fields, t.record.c.heads
)  # fmt: skip
_STANDS = (t.record.c.kind == CONTRIBUTION, t.record.c.erased.is_(False))
_PAID = select(*_WHAT).where(among(t.record.c.refers, "ids"), *_STANDS)
_THESE = select(*_WHAT).where(among(t.record.c.id, "ids"), *_STANDS)
_HELD_FOR = select(held_payment.c.contribution).where(among(held_payment.c.worker, "ids"))
_EDITED = select(*_WHAT).where(
    t.record.c.home == bindparam("village"), t.record.c.position > bindparam("after"), *_STANDS,
    or_(*(t.record.c.heads.contains(f'"{field}":', autoescape=True) for field in HELD)),
)  # fmt: skip
_IN_VILLAGE = select(*_WHAT).where(t.record.c.home == bindparam("village"), *_STANDS)
_OF_REGION = select(held_payment.c.contribution, held_payment.c.worker, held_payment.c.at, held_payment.c.region).where(
    held_payment.c.region == bindparam("village")
)


class Payment(NamedTuple):
    """A contribution as it stands. worker: whom it names now. heads: empty where the first change set all of `HELD`."""

    record: str
    home: str
    worker: str | None
    is_complete: bool
    fields: dict[str, Any]
    heads: dict[str, Any]

    @property
    def may_be_held(self) -> bool:
        """Whether it is confirmed, and something that a confirmation holds was written by another change than that one.

        Then its changes must be read to say what was confirmed; of nearly all payments they need not be.
        """
        if self.fields.get("confirmed") is not True or not any(field in self.heads for field in HELD):
            return False
        confirmed = _dots(self.heads.get("confirmed") or self.heads["*"])
        return any(not _dots(self.heads[field]) <= confirmed for field in HELD if field in self.heads)


def _dots(head: Any) -> set[tuple[str, int]]:
    return {(device, seq) for device, seq in (head if isinstance(head[0], list) else [head])}


def _heads(text: str) -> dict[str, Any]:
    """Read only where one of them may matter: of nearly all payments the first change made them whole."""
    return loads(text) if any(mark in text for mark in _MARKS) else {}


_MARKS = [f'"{field}":' for field in HELD]


def _read(rows: Any) -> list[Payment]:
    return [
        Payment(record, home, refers, not lacks, loads(fields), _heads(heads))
        for record, home, refers, lacks, fields, heads in rows
    ]


def paid(connection: Connection, ids: Collection[str]) -> list[Payment]:
    """Contributions that name one of these workers, or that were confirmed for one of them."""
    found = _read(connection.execute(_PAID, {"ids": ids}))
    here = {payment.record for payment in found}
    held = [record for record in held_for(connection, ids) if record not in here]
    return found + _read(connection.execute(_THESE, {"ids": held})) if held else found


def held_for(connection: Connection, workers: Collection[str]) -> list[str]:
    """Contributions that were confirmed for one of these workers, and changed by a phone since."""
    return list(connection.scalars(_HELD_FOR, {"ids": list(workers)}))


def these(connection: Connection, contributions: Collection[str]) -> list[Payment]:
    return _read(connection.execute(_THESE, {"ids": list(contributions)}))


def in_village(connection: Connection, village: str) -> list[Payment]:
    """All contributions that lie in a village."""
    return _read(connection.execute(_IN_VILLAGE, {"village": village}))


def edited_since(connection: Connection, village: str, after: int) -> list[Payment]:
    """Contributions of a village, changed behind that position, in which more than one change set what may be held."""
    return _read(connection.execute(_EDITED, {"village": village, "after": after}))


class Held(NamedTuple):
    contribution: str
    worker: str
    at: int
    region: str


def held_in(connection: Connection, village: str) -> dict[str, Held]:
    return {row[0]: Held(*row) for row in connection.execute(_OF_REGION, {"village": village})}


def hold(connection: Connection, rows: Collection[Held]) -> None:
    put(connection, held_payment, [row._asdict() for row in rows])


def let_go(connection: Connection, contributions: Collection[str]) -> None:
    for part in in_chunks(contributions):
        connection.execute(delete(held_payment).where(held_payment.c.contribution.in_(part)))


def page(connection: Connection, scope: str, after: tuple[int, str] | None, most: int) -> list[Held]:
    """Those of a region, the longest waiting first, behind a place."""
    c = held_payment.c
    query = select(c.contribution, c.worker, c.at, c.region).where(inside(c.region, scope)).order_by(c.at, c.contribution)
    if after is not None:
        query = query.where(tuple_(c.at, c.contribution) > tuple_(*after))
    return [Held(*row) for row in connection.execute(query.limit(most))]


def how_many(connection: Connection, scope: str, most: int) -> int:
    """Counted no further than `most`."""
    some = select(held_payment.c.contribution).where(inside(held_payment.c.region, scope)).limit(most).subquery()
    return int(connection.scalar(select(func.count()).select_from(some)) or 0)
