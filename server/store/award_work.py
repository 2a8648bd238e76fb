"""Awards to be scored behind the desk: asked for, taken up by the clock, gone in the transaction that keeps the run."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select, update

from schemas.change import dumps, loads
from schemas.problem import Both
from server.store.bulk import put
from server.store.programme_tables import award_work


class Asked(NamedTuple):
    """day: of the frozen figures. seen: the award as whoever asked saw it. error: why it can't be; None: it is to be."""

    award: str
    region: str
    day: str
    seen: dict[str, int]
    account: int
    asked_at: int
    error: Both | None


_ASKED = tuple(award_work.c[name] for name in Asked._fields)


def _asked(row: Any) -> Asked:
    error = loads(row.error) if row.error else None
    said = (error[0], error[1]) if error else None
    return Asked(row.award, row.region, row.day, loads(row.seen), row.account, row.asked_at, said)


def ask(connection: Connection, asked: Asked) -> None:
    """Whatever was asked of this award before, or why it failed, makes place."""
    put(connection, award_work, [asked._asdict() | {"seen": dumps(asked.seen), "error": None}])


def waiting(connection: Connection) -> list[Asked]:
    """What is to be done, the oldest first."""
    query = select(*_ASKED).where(award_work.c.error.is_(None)).order_by(award_work.c.asked_at, award_work.c.award)
    return [_asked(row) for row in connection.execute(query)]


def of(connection: Connection, award: str) -> Asked | None:
    """Whose award it is, the caller has looked at."""
    row = connection.execute(select(*_ASKED).where(award_work.c.award == award)).first()
    return None if row is None else _asked(row)


def refuse(connection: Connection, asked: Asked, error: Both) -> None:
    """Note why it can't be done, unless somebody asked anew since."""
    of_it = (award_work.c.award == asked.award, award_work.c.asked_at == asked.asked_at)
    connection.execute(update(award_work).where(*of_it).values(error=dumps(list(error))))


def drop(connection: Connection, award: str) -> None:
    connection.execute(delete(award_work).where(award_work.c.award == award))
