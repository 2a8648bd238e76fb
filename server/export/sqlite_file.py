"""A SQLite file for Datasette and whoever asks in SQL: typed columns, names found by their words, and where it is from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, BinaryIO

from sqlite_utils import Database

from server.export.lists import REAL, TRUTH, WHOLE
from server.export.sheet import Rows, Sheet

ABOUT = "about"
_TYPES: dict[str, Any] = {WHOLE: int, REAL: float, TRUTH: int}


def write(out: BinaryIO, sheet: Sheet, rows: Rows, folder: Path) -> None:
    path = folder / "list.db"
    database = Database(str(path))
    try:
        _fill(database, sheet, rows)
    finally:
        database.close()
    with open(path, "rb") as made:
        shutil.copyfileobj(made, out, 1 << 20)


def _fill(database: Database, sheet: Sheet, rows: Rows) -> None:
    names = [column.name for column in sheet.columns]
    table: Any = database.table(sheet.name)
    table.create({column.name: _TYPES.get(column.type, str) for column in sheet.columns}, pk=sheet.key)
    for some in rows:
        table.insert_all(dict(zip(names, row, strict=True)) for row in some)
    searched = [column.name for column in sheet.columns if column.searched]
    if searched:
        table.enable_fts(searched, tokenize="unicode61 remove_diacritics 2")
    if "village" in names:
        table.create_index(["village"])
    about: Any = database.table(ABOUT)
    about.create({"name": str, "text": str}, pk="name")
    about.insert_all({"name": name, "text": text} for name, text in sheet.about.items())
    database.vacuum()
