"""The views of records, written from the merge and never by hand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, and_, delete, or_, select, tuple_, update

from schemas.change import Dot, dumps, loads
from schemas.kinds import Kind, kind_of
from server.store import tables as t
from server.store.bulk import add, among, change_rows, in_chunks, put
from sync.held import Held
from sync.links import Link

_COLUMNS = tuple(
    t.record.c[name]
    for name in (
        "id", "kind", "home", "version", "position", "sole", "others_at", "carrier", "fields", "heads", "seen", "ahead",
        "conflicts", "waiting_since", "created_at", "status_at", "erased", "refers",
    )
)  # fmt: skip
_BY_ID = select(*_COLUMNS).where(among(t.record.c.id, "ids"))
_HOMES = select(t.record.c.home).distinct().where(among(t.record.c.id, "ids"))
_JOINED = select(t.record.c.id, t.record.c.home).where(among(t.record.c.carrier, "carriers"))
_ERASED = select(t.erasure.c.record).where(among(t.erasure.c.record, "ids"))


class RecordRow:
    """A record's row: what it holds (`held`), and what the server numbers, which takes no part in merging.

    before, referred: the home, and the worker it was about, that it was read with; None for one that is not stored yet.
    """

    __slots__ = ("id", "held", "version", "position", "sole", "others_at", "carrier", "before", "referred", "fields_text")

    def __init__(self, record: str, held: Held) -> None:
        self.id, self.held = record, held
        self.version = self.position = self.others_at = 0
        self.sole: str | None = None
        self.carrier: str | None = None
        self.before: str | None = None
        self.referred: str | None = None
        self.fields_text: str | None = None  # the fields as JSON, where somebody has already written them

    @property
    def kind(self) -> Kind:
        return kind_of(self.held.kind)

    @property
    def is_alias(self) -> bool:
        return self.carrier is not None and self.carrier != self.id

    def columns(self) -> dict[str, Any]:
        """The row as it is stored."""
        held, fields = self.held, self.held.fields
        kind = self.kind
        return {
            "id": self.id, "kind": held.kind, "home": held.home, "version": self.version, "position": self.position,
            "sole": self.sole, "others_at": self.others_at, "carrier": self.carrier,
            "fields": self.fields_text or dumps(fields), "heads": dumps(held.heads), "seen": dumps(held.seen),
            "ahead": dumps(held.ahead) if held.ahead else None,
            "conflicts": dumps(held.conflicts) if held.conflicts else None,
            "waiting_since": held.waiting_since, "created_at": held.created_at, "status_at": held.status_at,
            "erased": held.erased, "incomplete": bool(kind.lacking(fields)),
            "nik": fields.get("nik") if held.kind == "worker" else None,
            "refers": fields.get(kind.refers) if kind.refers else None,
        }  # fmt: skip


def _read(row: Any) -> RecordRow:
    (record, kind, home, version, position, sole, others_at, carrier, fields, heads, seen, ahead,
     conflicts, waiting_since, created_at, status_at, erased, referred) = row  # fmt: skip
    held = Held(kind, home, loads(fields), loads(heads), loads(seen))
    if ahead:
        held.ahead = loads(ahead)
    if conflicts:
        held.conflicts = loads(conflicts)
    held.waiting_since, held.created_at, held.status_at, held.erased = waiting_since, created_at, status_at, bool(erased)
    found = RecordRow(record, held)
    found.version, found.position, found.sole, found.others_at = version, position, sole, others_at
    found.carrier, found.before, found.referred = carrier, home, referred
    return found


def read_records(connection: Connection, ids: Collection[str]) -> dict[str, RecordRow]:
    """The rows of these ids that are there."""
    return {row[0]: _read(row) for row in connection.execute(_BY_ID, {"ids": ids})} if ids else {}


def homes(connection: Connection, ids: Collection[str]) -> set[str]:
    """Where those of these records that are there are at home."""
    return set(connection.scalars(_HOMES, {"ids": ids}))


def joined_with(connection: Connection, carriers: Collection[str]) -> dict[str, str]:
    """Every id that one of these carries, the carrier itself too -> its home."""
    return {record: home for record, home in connection.execute(_JOINED, {"carriers": carriers})}


def one_with(connection: Connection, ids: Collection[str]) -> set[str]:
    """These ids, and all that they are joined with."""
    query = select(t.record.c.carrier).where(among(t.record.c.id, "ids"), t.record.c.carrier.is_not(None))
    carriers = set(connection.scalars(query, {"ids": ids}))
    return set(ids) | joined_with(connection, carriers).keys()


def on_decrees(connection: Connection, workers: Collection[str]) -> list[str]:
    """The names of decrees (`beneficiary`) that are these workers."""
    query = select(t.record.c.id).where(
        among(t.record.c.refers, "ids"), t.record.c.kind == "beneficiary", t.record.c.erased.is_(False)
    )
    return sorted(connection.scalars(query, {"ids": list(workers)}))


def write_records(connection: Connection, rows: Iterable[RecordRow]) -> None:
    """Store rows, new ones and changed ones. What phones were told besides (`derived`) stays."""
    new, changed, left = [], [], []
    for row in rows:
        columns = row.columns()
        if row.before is None:
            new.append(columns)
        else:
            columns["key"] = columns.pop("id")
            changed.append(columns)
            if row.referred and row.referred != columns["refers"]:
                # Nothing else will say whose payment this was: his coverage must follow too.
                left.append({"village": row.before, "record": row.referred, "passed_on": False})
    add(connection, t.record, new)
    change_rows(connection, t.record, "id", changed)
    add(connection, t.touched, left)


def all_rows(connection: Connection) -> Iterator[RecordRow]:
    """Every record, in the order of ids, a few at a time in memory."""
    query = select(*_COLUMNS).order_by(t.record.c.id).execution_options(yield_per=2000)
    return map(_read, connection.execute(query))


def put_gone(connection: Connection, rows: Collection[dict[str, Any]]) -> None:
    """Tombstones, one a village and record. rows: village, record, position, why, into."""
    put(connection, t.gone, list(rows))


def drop_gone(connection: Connection, keys: Collection[tuple[str, str]]) -> None:
    """Take back the tombstones of (village, record): the record is there again."""
    for part in in_chunks(keys, 200):
        connection.execute(delete(t.gone).where(tuple_(t.gone.c.village, t.gone.c.record).in_(part)))


def redirect_gone(connection: Connection, homes: Mapping[str, str]) -> None:
    """Wherever else a record moved from, it is now said to be in its newest home. homes: record -> home."""
    for record, home in homes.items():
        has_moved = and_(t.gone.c.record == record, t.gone.c.why == "moved", t.gone.c.into != home)
        connection.execute(update(t.gone).where(has_moved).values(into=home))


def links_among(connection: Connection, ids: Collection[str]) -> list[Link]:
    """The standing links that any chain leads to from these ids."""
    found: dict[tuple[str, str], Link] = {}
    asked: set[str] = set()
    todo = set(ids)
    while todo:
        asked |= todo
        reached: set[str] = set()
        for part in in_chunks(todo):
            query = select(t.edge.c.a, t.edge.c.b, t.edge.c.device, t.edge.c.seq)
            for a, b, device, seq in connection.execute(query.where(or_(t.edge.c.a.in_(part), t.edge.c.b.in_(part)))):
                found[(a, b)] = Link(a, b, Dot(device, seq))
                reached |= {a, b}
        todo = reached - asked
    return sorted(found.values())


def put_edge(connection: Connection, link: Link) -> None:
    put(connection, t.edge, [{"a": link.a, "b": link.b, "device": link.dot.device, "seq": link.dot.seq}])


def drop_edges_of(connection: Connection, ids: Collection[str]) -> None:
    """The links of erased records join nothing any more."""
    for part in in_chunks(ids):
        connection.execute(delete(t.edge).where(or_(t.edge.c.a.in_(part), t.edge.c.b.in_(part))))


def drop_edge(connection: Connection, a: str, b: str) -> None:
    connection.execute(delete(t.edge).where(t.edge.c.a == a, t.edge.c.b == b))


def erased_among(connection: Connection, ids: Collection[str]) -> set[str]:
    """Those of the ids that the law has erased."""
    return set(connection.scalars(_ERASED, {"ids": ids}))


def link_of(held: Held) -> tuple[str, str, bool]:
    """The pair that a link's record is about, and whether they are the same person."""
    fields: Mapping[str, Any] = held.fields
    return fields["a"], fields["b"], bool(fields.get("same"))
