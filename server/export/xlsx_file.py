"""A workbook, written row by row: numbers of cards are text, so Excel takes no digit away; headings stay in sight."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from server.export.lists import DAY, MOMENT, REAL, TEXT, WHOLE, Column
from server.export.sheet import Rows, Sheet, TooLong

MOST_ROWS = 1_048_575
LONGEST_CELL = 32_767  # characters
_OPTIONS = {
    "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}  # fmt: skip
_WIDTHS = {WHOLE: 10, REAL: 10, DAY: 12, MOMENT: 17}


def write(out: BinaryIO, sheet: Sheet, rows: Rows, folder: Path) -> None:
    """Raises TooLong."""
    import xlsxwriter  # half a second of every start, were it above

    path = folder / "list.xlsx"
    book = xlsxwriter.Workbook(str(path), {**_OPTIONS, "tmpdir": str(folder)})
    try:
        _fill(book, sheet, rows)
    finally:
        book.close()  # also of one that is given up: its own files go with it
    with open(path, "rb") as made:
        shutil.copyfileobj(made, out, 1 << 20)


def _fill(book: Any, sheet: Sheet, rows: Rows) -> None:
    page = book.add_worksheet(sheet.name)
    bold = book.add_format({"bold": True, "bg_color": "#E3F3EA", "bottom": 1})
    formats = {
        DAY: book.add_format({"num_format": "yyyy-mm-dd"}), MOMENT: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        TEXT: book.add_format({"num_format": "@"}),
    }  # fmt: skip
    page.freeze_panes(1, 0)
    for place, (column, heading) in enumerate(zip(sheet.columns, sheet.headings, strict=True)):
        page.set_column(place, place, max(_WIDTHS.get(column.type, 18), min(len(heading) + 2, 30)))
        page.write_string(0, place, heading, bold)
    count = 0
    for some in rows:
        for row in some:
            count += 1
            if count > MOST_ROWS:
                raise TooLong(MOST_ROWS)
            for place, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
                if value is not None:
                    _cell(page, count, place, column, sheet.in_words(column, value), formats)
    page.autofilter(0, 0, count, len(sheet.columns) - 1)
    _about(book, sheet)


def _cell(page: Any, row: int, place: int, column: Column, value: Any, formats: dict[str, Any]) -> None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        page.write_number(row, place, value)
    elif column.type in (DAY, MOMENT) and (moment := _moment(value)) is not None:
        page.write_datetime(row, place, moment, formats[column.type])
    else:
        page.write_string(row, place, str(value)[:LONGEST_CELL], formats[TEXT])


def _moment(text: str) -> date | datetime | None:
    """As Excel keeps it: without a zone, and from 1900 on."""
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None
    return moment if moment.year >= 1900 else None


def _about(book: Any, sheet: Sheet) -> None:
    page = book.add_worksheet("about")
    page.set_column(0, 0, 20)
    page.set_column(1, 1, 60)
    for row, (name, text) in enumerate(sheet.about.items()):
        page.write_string(row, 0, name)
        page.write_string(row, 1, text)
