"""The tree of regions: provinces, regencies, districts (kecamatan) and villages, by their Kemendagri codes."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from schemas.region import is_shape, parent
from server.store import tables as t
from server.store.bulk import add, in_chunks
from server.store.regions_data import read_regions

NATION, NATION_NAME = "id", "Indonesia"
_CODE_LENGTHS = (0, 2, 5, 8, 13)  # of the nation and each level below it


class Region(NamedTuple):
    code: str
    name: str


class KnownRegions:
    """Says of a code whether there is such a region; asks the database once for each."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, bool] = {}

    def __call__(self, code: str) -> bool:
        if code not in self._known:
            self._known[code] = is_shape(code) and exists(self._connection, code)
        return self._known[code]


def load_regions(connection: Connection) -> int:
    """Fill the table from the package's data where it is still empty; gives how many rows were added."""
    if connection.scalar(select(func.count()).select_from(t.region)):
        return 0
    rows = [{"code": NATION, "name": NATION_NAME, "parent": ""}]
    rows += [{"code": code, "name": name, "parent": parent(code) or NATION} for code, name in read_regions()]
    for part in in_chunks(rows, 10_000):
        add(connection, t.region, part)
    return len(rows)


def exists(connection: Connection, code: str) -> bool:
    return connection.scalar(select(t.region.c.code).where(t.region.c.code == code)) is not None


def names(connection: Connection, codes: list[str]) -> dict[str, str]:
    """Code -> name, of those that there are."""
    return {
        code: name
        for part in in_chunks(codes)
        for code, name in connection.execute(select(t.region.c.code, t.region.c.name).where(t.region.c.code.in_(part)))
    }


def children(connection: Connection, code: str) -> list[Region]:
    """The regions one level below, in the order of their codes."""
    query = select(t.region.c.code, t.region.c.name).where(t.region.c.parent == code).order_by(t.region.c.code)
    return [Region(*row) for row in connection.execute(query)]


def below(connection: Connection, code: str, levels: int) -> list[Region]:
    """What lies up to so many levels below a region, in the order of codes: of a province some thousand rows."""
    longest = _CODE_LENGTHS[min(_CODE_LENGTHS.index(_length(code)) + levels, len(_CODE_LENGTHS) - 1)]
    query = select(t.region.c.code, t.region.c.name).order_by(t.region.c.code).where(
        func.length(t.region.c.code) <= longest, t.region.c.code != NATION
    )  # fmt: skip
    if code != NATION:  # "/" comes next after "."
        query = query.where(t.region.c.code > code + ".", t.region.c.code < code + "/")
    return [Region(*row) for row in connection.execute(query)]


def _length(code: str) -> int:
    return 0 if code == NATION else len(code)
