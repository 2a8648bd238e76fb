"""Parquet for analysts, by DuckDB: columns with their types. It is there where the extra `linkage` is installed."""

from __future__ import annotations

import csv
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

from server.export.lists import DAY, MOMENT, REAL, TRUTH, WHOLE
from server.export.sheet import Row, Rows, Sheet

_TYPES = {WHOLE: "BIGINT", REAL: "DOUBLE", TRUTH: "BOOLEAN", DAY: "DATE", MOMENT: "TIMESTAMPTZ"}
_NOTHING = "\x1f"  # no text that is stored holds it
_CAREFULLY: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "threads": "2"}


def is_there() -> bool:
    return find_spec("duckdb") is not None


def write(out: BinaryIO, sheet: Sheet, rows: Rows, folder: Path) -> None:
    """By way of a CSV: DuckDB takes rows one by one a hundred times slower."""
    import duckdb

    plain, made = folder / "list.csv", folder / "list.parquet"
    with open(plain, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
        for some in rows:
            writer.writerows([_cell(value) for value in row] for row in some)
    with duckdb.connect(str(folder / "list.duckdb"), config=_CAREFULLY) as database:
        database.execute(_take(sheet, plain))
        database.execute(_copy(sheet, made))
    with open(made, "rb") as file_made:
        shutil.copyfileobj(file_made, out, 1 << 20)


def _cell(value: Row) -> object:
    return _NOTHING if value is None else value


def _take(sheet: Sheet, plain: Path) -> str:
    """Everything as text into a table: read straight into days and numbers, one odd value would stop it all."""
    columns = ", ".join(f"{_quoted(column.name)}: 'VARCHAR'" for column in sheet.columns)
    return (
        f"CREATE TABLE list AS SELECT * FROM read_csv({_quoted(str(plain))}, columns={{{columns}}}, header=false,"
        f" auto_detect=false, delim=',', quote='\"', escape='\"', nullstr={_quoted(_NOTHING)}, max_line_size=10000000)"
    )


def _copy(sheet: Sheet, made: Path) -> str:
    """What is no day or number after all (there are such in old records) becomes nothing."""
    casts = ", ".join(
        f'TRY_CAST("{column.name}" AS {_TYPES[column.type]}) AS "{column.name}"' if column.type in _TYPES
        else f'"{column.name}"' for column in sheet.columns
    )  # fmt: skip
    about = ", ".join(f"{_quoted(name)}: {_quoted(text)}" for name, text in sheet.about.items())
    return (
        f"COPY (SELECT {casts} FROM list) TO {_quoted(str(made))}"
        f" (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{about}}})"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
