"""What a village's stream tells one device behind its cursor, least recently changed first.

Left out is a record to which nothing but the device's own changes, merged as sent, was added. Such a record has its
own device in `sole`; what others added last to it stands at `others_at`. So for this device it lies at `others_at`,
and that is where a `limit` may cut: were it told or passed over at `position`, a change of others below the cut
would never be told.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import takewhile
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, literal, literal_column, null, or_, select

from server.store import tables as t

PAGE = 200

_TOLD = (
    t.record.c.id, t.record.c.kind, t.record.c.home, t.record.c.version, t.record.c.fields, t.record.c.seen,
    t.record.c.conflicts, t.record.c.derived, t.record.c.incomplete,
)  # fmt: skip


class Entry(NamedTuple):
    """A record or, with `gone`, a tombstone, at its position for the device that asks. village: where it is now."""

    position: int
    record: str
    kind: str
    village: str
    version: int
    fields: str
    seen: str
    conflicts: str | None
    derived: str | None
    incomplete: bool
    gone: str | None = None
    into: str | None = None


_HERE = and_(
    t.record.c.home == bindparam("village"),
    or_(t.record.c.carrier.is_(None), t.record.c.carrier == t.record.c.id),
    t.record.c.erased.is_(False),
)


def _page(position: Any, *conditions: Any) -> Select[Any]:
    return select(position, *_TOLD).where(*conditions, position > bindparam("after")).order_by(position).limit(PAGE)


_ZERO = literal_column("0")  # written out: only so SQLite sees at once that the index of just these rows serves
_EVERYTHING = _page(t.record.c.position, _HERE)
_OTHERS = _page(t.record.c.position, _HERE, or_(t.record.c.sole.is_(None), t.record.c.sole != bindparam("device")))
_BEFORE_OWN = _page(t.record.c.others_at, _HERE, t.record.c.sole == bindparam("device"), t.record.c.others_at > _ZERO)
_GONE = (
    select(t.gone.c.position, t.gone.c.record, null(), t.record.c.home, literal(0), null(), null(), null(), null(),
           literal(False), t.gone.c.why, t.gone.c.into)
    .select_from(t.gone.outerjoin(t.record, t.record.c.id == t.gone.c.record))
    .where(t.gone.c.village == bindparam("village"), t.gone.c.position > bindparam("after"))
    .order_by(t.gone.c.position).limit(PAGE)
)  # fmt: skip


class Cursor(NamedTuple):
    """Up to where a device has a village's stream. all: it began without a cursor, and is still being told everything.

    On the wire it is one integer: twice the position, and one more while everything is being told.
    """

    position: int
    all: bool

    @classmethod
    def read(cls, number: int | None, head: int) -> Cursor:
        """A cursor as the device sent it; none, or one that can't be ours, begins with everything."""
        if number is None or not 0 <= number // 2 <= head:
            return cls(0, True)
        return cls(number // 2, number % 2 == 1)

    @property
    def number(self) -> int:
        return 2 * self.position + self.all


def feed(connection: Connection, village: str, cursor: Cursor, device: str, head: int) -> Iterator[Entry]:
    """The entries behind the cursor, in order, up to `head`: where the stream stood before anything was read.

    What comes in while we read may lie above `head`, and not all of it may be seen: that is left for the next time.
    """
    if cursor.position >= head:
        return iter(())
    bound = {"village": village, "after": cursor.position}
    own = bound | {"device": device}
    pages = [(_EVERYTHING, bound)] if cursor.all else [(_OTHERS, own), (_BEFORE_OWN, own)]
    entries = merge(*(_pages(connection, *page) for page in [*pages, (_GONE, bound)]), key=attrgetter("position"))
    return takewhile(lambda entry: entry.position <= head, entries)


def _pages(connection: Connection, query: Select[Any], bound: dict[str, Any]) -> Iterator[Entry]:
    while True:
        rows = connection.execute(query, bound).all()
        yield from (Entry(*row) for row in rows)
        if len(rows) < PAGE:
            return
        bound = bound | {"after": rows[-1][0]}
