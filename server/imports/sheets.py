"""Rows of a list, from a workbook (.xlsx) or a text file (.csv), however large: one after the other, never all at once.

A file may come from anybody. A workbook is a ZIP of XML: what grows beyond reason when it is opened is refused, XML
that refers to itself or to other files is refused by defusedxml, and of formulas only their last values are read.
"""

from __future__ import annotations

import csv
import io
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import IO, Any, NamedTuple
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from defusedxml.common import DefusedXmlException

from server.imports.cells import Cell, text
from server.imports.faults import BadList
from server.imports.purposes import known_heads

XLSX, CSV = "xlsx", "csv"
MOST_ROWS = 1_048_576  # what a sheet of Excel has room for
MOST_COLUMNS = 200
MOST_CELL = 2000  # characters
MOST_PARTS = 2000  # of a workbook
MOST_INSIDE = 2 * 1024**3  # bytes of a workbook's XML
MOST_WORDS_INSIDE = 256 * 1024**2  # of its table of texts, which is held in memory
MOST_GROWTH = 400  # times: of what has more to it than a page of zeros
SAMPLE = 20
_HEAD_ROWS = 40
_SHEETS_LOOKED_AT = 12
_EMPTY_ROWS = 5000  # one after the other: from here on the sheet is only formatted
_OLD_EXCEL, _ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"


class Row(NamedTuple):
    """number: the file's own, from 1 on."""

    number: int
    cells: list[Cell]


class Shape(NamedTuple):
    """Where a list's data stands. row: of the headings; sheet, separator, encoding: as far as its kind has them."""

    format: str
    sheet: str | None
    row: int
    headings: list[str]
    separator: str | None = None
    encoding: str | None = None


class Head(NamedTuple):
    """What a list looks like. rows: how many there are below the headings, about; sample: some of them."""

    shape: Shape
    rows: int
    sample: list[Row]


def look(file: IO[bytes]) -> Head:
    """What a file is and where its data begins. Raises BadList."""
    start = file.read(8)
    file.seek(0)
    if start.startswith(_OLD_EXCEL):
        raise BadList("old-excel")
    if start.startswith(_ZIP):
        with _workbook(file) as book:
            return _look_into_book(book)
    return _look_into_text(file)


def rows(file: IO[bytes], shape: Shape) -> Iterator[Row]:
    """All rows below the headings in which anything stands. Raises BadList."""
    file.seek(0)
    if shape.format == CSV:
        yield from _below(_text_rows(file, shape.encoding or "utf-8", shape.separator or ","), shape.row)
        return
    with _workbook(file) as book:
        if shape.sheet not in book.sheetnames:
            raise BadList("broken")
        yield from _below(_sheet_rows(book[shape.sheet]), shape.row)


def _below(found: Iterator[Row], heading: int) -> Iterator[Row]:
    for row in found:
        if row.number > heading:
            if row.number > MOST_ROWS:
                raise BadList("too-many-rows")
            yield row


# Where the data begins ------------------------------------------------------------------------------------------------


def _heading_row(first: Sequence[Row]) -> Row | None:
    """The row with the most headings that are known; else the first with three texts. Above it stand titles."""
    best = max(first, key=lambda row: known_heads([text(cell) for cell in row.cells]), default=None)
    if best is not None and known_heads([text(cell) for cell in best.cells]) >= 2:
        return best
    return next((row for row in first if sum(1 for cell in row.cells if isinstance(cell, str)) >= 3), None)


def _headings(row: Row) -> list[str]:
    found = [text(cell)[:100] for cell in row.cells]
    while found and not found[-1]:
        found.pop()
    return [each or f"({at + 1})" for at, each in enumerate(found)]


# Workbooks ------------------------------------------------------------------------------------------------------------


@contextmanager
def _workbook(file: IO[bytes]) -> Iterator[Any]:
    """A workbook, as it is read row by row. Raises BadList."""
    from openpyxl import DEFUSEDXML, load_workbook  # only where a workbook comes: it costs every start otherwise
    from openpyxl.utils.exceptions import InvalidFileException

    if not DEFUSEDXML:  # nothing would stop XML that grows without end
        raise RuntimeError("defusedxml is not installed")
    try:
        _check_zip(file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and links that it does not know
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        try:
            yield book
        finally:
            book.close()
    except BadList:
        raise
    except (
        BadZipFile, InvalidFileException, DefusedXmlException, ParseError, KeyError, ValueError, TypeError, EOFError,
        AttributeError, IndexError, NotImplementedError, SyntaxError, OverflowError, RuntimeError,
    ) as error:  # fmt: skip
        raise BadList("broken") from error


def _check_zip(file: IO[bytes]) -> None:
    """What it says of its own size is an upper bound: Python's zipfile reads no further."""
    with ZipFile(file) as packed:
        parts = packed.infolist()
        names = {part.filename for part in parts}
        if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
            raise BadList("no-list")
        inside = sum(part.file_size for part in parts)
        grows = any(part.file_size > MOST_GROWTH * max(part.compress_size, 1024) for part in parts)
        words = sum(part.file_size for part in parts if part.filename.lower() == "xl/sharedstrings.xml")
        if len(parts) > MOST_PARTS or inside > MOST_INSIDE or words > MOST_WORDS_INSIDE or grows:
            raise BadList("too-large-inside")
        if any(part.flag_bits & 1 for part in parts):
            raise BadList("old-excel")
    file.seek(0)


def _look_into_book(book: Any) -> Head:
    """The sheet with the most known headings is the one; most workbooks have but one that holds anything."""
    best: tuple[int, str, Row, list[Row], int] | None = None
    for sheet in book.worksheets[:_SHEETS_LOOKED_AT]:
        size = getattr(sheet, "max_row", None) or 0
        first = list(islice(_sheet_rows(sheet), _HEAD_ROWS + SAMPLE))
        heading = _heading_row(first[:_HEAD_ROWS])
        if heading is None:
            continue
        known = known_heads([text(cell) for cell in heading.cells])
        if best is None or known > best[0]:
            below = [row for row in first if row.number > heading.number]
            best = (known, sheet.title, heading, below, max(size - heading.number, len(below)))
    if best is None:
        raise BadList("no-headings")
    _, title, heading, below, count = best
    if not below:
        raise BadList("no-rows")
    return Head(Shape(XLSX, title, heading.number, _headings(heading)), count, below[:SAMPLE])


def _sheet_rows(sheet: Any) -> Iterator[Row]:
    if not hasattr(sheet, "iter_rows"):  # a sheet that is a chart
        return
    sheet.reset_dimensions()  # some programs write them wrong, and rows would be missing
    empty = 0
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        if any(cell is not None and cell != "" for cell in cells):
            empty = 0
            kept = cells[:MOST_COLUMNS]
            yield Row(number, [cell if not isinstance(cell, str) else cell[:MOST_CELL] for cell in kept])
        elif (empty := empty + 1) > _EMPTY_ROWS:
            break


# Text files -----------------------------------------------------------------------------------------------------------


def _look_into_text(file: IO[bytes]) -> Head:
    encoding = _encoding(file)
    file.seek(0)
    start = _decoded(file, encoding).read(64 * 1024)
    if not start.strip():
        raise BadList("no-rows")
    if sum(1 for sign in start if not sign.isprintable() and sign not in "\r\n\t\ufeff") > len(start) // 100:
        raise BadList("no-list")
    separator = _separator(start)
    file.seek(0)
    first = list(islice(_text_rows(file, encoding, separator), _HEAD_ROWS + SAMPLE))
    heading = _heading_row(first[:_HEAD_ROWS])
    if heading is None:
        raise BadList("no-headings")
    below = [row for row in first if row.number > heading.number]
    if not below:
        raise BadList("no-rows")
    file.seek(0)
    count = max(_lines(file) - heading.number, len(below))
    return Head(Shape(CSV, None, heading.number, _headings(heading), separator, encoding), count, below[:SAMPLE])


def _encoding(file: IO[bytes]) -> str:
    """By its mark, else UTF-8 where all of it is, else what Windows writes here."""
    start = file.read(4096)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if start.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if start.count(0) > len(start) // 4:
        return "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"
    file.seek(0)
    try:
        reader = io.TextIOWrapper(io.BufferedReader(_Kept(file), 1 << 17), "utf-8", newline="")
        while reader.read(1 << 20):
            pass
        return "utf-8"
    except UnicodeDecodeError:
        return "cp1252"


class _Kept(io.RawIOBase):
    """A file that is not closed with its reader."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _decoded(file: IO[bytes], encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedReader(_Kept(file), 1 << 17), encoding, errors="replace", newline="")


def _separator(start: str) -> str:
    """Whichever cuts the most lines into equally many cells; semicolons are what Excel writes in Indonesia."""
    lines = [line for line in start.splitlines()[:_HEAD_ROWS] if line.strip()]
    if lines and lines[0].lower().startswith("sep=") and len(lines[0]) == 5:
        return lines[0][4]

    def told(separator: str) -> tuple[int, int]:
        counts = [line.count(separator) for line in lines]
        usual = max(set(counts), key=counts.count, default=0)
        return (counts.count(usual) if usual else 0, usual)

    return max((";", ",", "\t", "|"), key=told)


def _lines(file: IO[bytes]) -> int:
    count = 1
    while block := file.read(1 << 20):
        count += block.count(b"\n")
    return count


def _text_rows(file: IO[bytes], encoding: str, separator: str) -> Iterator[Row]:
    csv.field_size_limit(min(sys.maxsize, 1 << 20))
    try:
        for number, cells in enumerate(csv.reader(_decoded(file, encoding), delimiter=separator), start=1):
            if any(cells):
                yield Row(number, [each[:MOST_CELL] for each in cells[:MOST_COLUMNS]])
    except csv.Error as error:  # a quote that never ends
        raise BadList("broken") from error
