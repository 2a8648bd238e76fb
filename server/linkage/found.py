"""Pairs in Parquet, as a run of the model on another machine hands them over. They name records, and no values.

    write(pairs, folder)     folder/pairs.parquet
    read(folder)             the same pairs, a few at a time in memory
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as parquet

from server.linkage.engine import Pair
from server.linkage.model import Comparison

_SCHEMA = pa.schema([
    ("a", pa.string()), ("b", pa.string()), ("probability", pa.float64()), ("weight", pa.float64()),
    ("comparisons", pa.string()),
])  # fmt: skip
_AT_ONCE = 10_000


def write(pairs: Iterable[Pair], folder: Path) -> int:
    """Write them into a folder; gives how many there were."""
    folder.mkdir(parents=True, exist_ok=True)
    left, count = iter(pairs), 0
    with parquet.ParquetWriter(folder / "pairs.parquet", _SCHEMA, compression="zstd") as file:
        while part := list(islice(left, _AT_ONCE)):
            file.write_table(pa.Table.from_pylist([_row(pair) for pair in part], schema=_SCHEMA))
            count += len(part)
    return count


def _row(pair: Pair) -> dict[str, Any]:
    return pair._asdict() | {"comparisons": orjson.dumps([list(each) for each in pair.comparisons]).decode()}


def read(folder: Path) -> Iterator[Pair]:
    """Raises FileNotFoundError where there are none, and ValueError or KeyError for what is none of ours."""
    with parquet.ParquetFile(folder / "pairs.parquet") as file:
        for batch in file.iter_batches(_AT_ONCE):
            for row in batch.to_pylist():
                told = tuple(Comparison(*each) for each in orjson.loads(row["comparisons"]))
                yield Pair(row["a"], row["b"], row["probability"], row["weight"], told)
