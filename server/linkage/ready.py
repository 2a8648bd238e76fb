"""People made ready, in Parquet: one folder a province, so that a nation can be taken province by province.

    write(people, folder)       folder/province=64/people.parquet
    bulk.find_pairs(folder)     and bulk.find_pairs(folder, engine="spark")

The files hold people's data in the clear: they belong on a disk that is encrypted, and are to be taken away afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet

from server.linkage.people import Person, Traits, traits

ID = "number"  # of a row; engines join by it, which is cheaper than by the record's id
NOWHERE = "00"  # whose village is not known
_SCHEMA = pa.schema([(ID, pa.int64()), *((column, pa.string()) for column in Traits._fields)])
_AT_ONCE = 50_000


def write(people: Iterable[Person], folder: Path) -> int:
    """Write them into an empty folder; gives how many there were."""
    left, begun = iter(people), 0
    with ExitStack() as stack:
        files: dict[str, parquet.ParquetWriter] = {}
        while part := [traits(person) for person in islice(left, _AT_ONCE)]:
            for province, rows in _by_province(part).items():
                if province not in files:
                    files[province] = stack.enter_context(_file(folder / f"province={province}"))
                files[province].write_table(table(rows, begun))
                begun += len(rows)
    return begun


def table(rows: list[Traits], begun: int) -> pa.Table:
    """begun: the number of the first row."""
    numbers = pa.array(range(begun, begun + len(rows)), pa.int64())
    return pa.table([numbers, *(pa.array(column, pa.string()) for column in zip(*rows, strict=True))], schema=_SCHEMA)


def _file(folder: Path) -> parquet.ParquetWriter:
    folder.mkdir(parents=True)
    return parquet.ParquetWriter(folder / "people.parquet", _SCHEMA, compression="zstd")


def _by_province(rows: list[Traits]) -> dict[str, list[Traits]]:
    found: dict[str, list[Traits]] = {}
    for row in rows:
        found.setdefault(row.village[:2] if row.village else NOWHERE, []).append(row)
    return found
