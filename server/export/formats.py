"""The formats that there are: what each is good for, and why one can't be had here."""

from __future__ import annotations

from typing import NamedTuple

from schemas.problem import Both
from server.export import csv_file, parquet_file, sqlite_file, xlsx_file
from server.export.sheet import Write


class Format(NamedTuple):
    """suffix: of the file's name. lacks: why it can't be had here; None where it can."""

    name: str
    suffix: str
    type: str
    says: Both
    write: Write
    most_rows: int | None = None
    lacks: Both | None = None


_NO_DUCKDB: Both = (
    "Parquet belum terpasang di server ini: minta pengelola server memasang tambahan linkage.",
    "Parquet is not installed on this server: ask whoever runs it to install the extra linkage.",
)


def formats() -> dict[str, Format]:
    return {each.name: each for each in (
        Format("xlsx", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
               ("Excel: NIK tetap utuh saat dibuka", "Excel: NIKs stay whole when opened"), xlsx_file.write,
               xlsx_file.MOST_ROWS),
        Format("csv", "csv", "text/csv; charset=utf-8",
               ("CSV: untuk program lain; Excel merusak NIK di dalamnya",
                "CSV: for other programs; Excel spoils NIKs in it"), csv_file.write),
        Format("sqlite", "db", "application/vnd.sqlite3",
               ("SQLite: bisa dicari, dibuka dengan Datasette", "SQLite: searchable, opens in Datasette"),
               sqlite_file.write),
        Format("parquet", "parquet", "application/vnd.apache.parquet",
               ("Parquet: untuk analisis data besar", "Parquet: for analysing much data"), parquet_file.write,
               None, None if parquet_file.is_there() else _NO_DUCKDB),
    )}  # fmt: skip
