"""CSV: UTF-8 with a byte order mark, so that Excel knows it; texts in quotes; nothing that a spreadsheet would work out."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, BinaryIO

from server.export.sheet import Rows, Sheet

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for a formula's beginning, full-width signs among them."""


def write(out: BinaryIO, sheet: Sheet, rows: Rows, folder: Path) -> None:
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(sheet.headings)
    for some in rows:
        writer.writerows(
            [_cell(sheet.in_words(column, value)) for column, value in zip(sheet.columns, row, strict=True)]
            for row in some
        )
    text.flush()
    text.detach()


def _cell(value: Any) -> Any:
    return safe(value) if isinstance(value, str) else value


def safe(text: str) -> str:
    """The text, with an apostrophe before what would run. Blanks and marks that nobody sees hide no formula."""
    seen = text.lstrip(" \u00a0\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
    return f"'{text}" if seen.startswith(_RUNS) else text
