"""Files that offices send: workbooks and text in every dress, and some that somebody made to do harm."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import openpyxl
import pytest

from server.imports import sheets
from server.imports.faults import BadList

HEADS = ["No", "NIK", "Nama Peserta"]
ROWS = [[1, "6402115207909001", "Nur Hayati"], [2, "6402111207909002", "Budi; Santoso"]]


def workbook(*rows: list, title: str = "Data") -> io.BytesIO:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def read(file: io.BytesIO) -> tuple[sheets.Head, list[sheets.Row]]:
    head = sheets.look(file)
    return head, list(sheets.rows(file, head.shape))


def test_a_workbook_is_read_below_its_headings_whatever_stands_above():
    head, rows = read(workbook(["DAFTAR PESERTA"], [], HEADS, *ROWS))
    assert (head.shape.row, head.shape.headings) == (3, HEADS)
    assert [(row.number, row.cells) for row in rows] == [(4, ROWS[0]), (5, ROWS[1])]


def test_the_sheet_with_the_list_is_found():
    book = openpyxl.Workbook()
    book.active.append(["Petunjuk"])
    book.create_sheet("Isi").append(HEADS)
    book["Isi"].append(ROWS[0])
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    head, rows = read(file)
    assert head.shape.sheet == "Isi" and len(rows) == 1


def test_of_a_formula_only_its_value_is_read():
    file = workbook(HEADS, [1, "6402115207909001", '=HYPERLINK("http://example.org","x")'])
    _, rows = read(file)
    assert rows[0].cells[2] is None  # nothing was ever worked out, and nothing is worked out here


def test_days_come_as_days():
    _, rows = read(workbook([*HEADS, "Tgl Lahir"], [*ROWS[0], date(1990, 7, 12)]))
    assert rows[0].cells[3].date() == date(1990, 7, 12)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_a_text_file_is_read_in_every_dress(encoding, separator):
    lines = [separator.join(["No", "NIK", "Nama Peserta", "Tempat Lahir"])]
    lines += [separator.join([str(n), f"640211520790900{n}", "Nur Hayati", "Malé"]) for n in range(1, 4)]
    head, rows = read(io.BytesIO("\r\n".join(lines).encode(encoding)))
    assert head.shape.headings[1:3] == ["NIK", "Nama Peserta"]
    assert [row.cells[1] for row in rows] == [f"640211520790900{n}" for n in range(1, 4)]
    assert rows[0].cells[3] == "Malé" and rows[0].number == 2


def test_a_quoted_cell_may_hold_separators_and_breaks():
    _, rows = read(io.BytesIO(b'No;NIK;Nama\n1;6402115207909001;"Nur; Hayati\nbinti Ali"\n'))
    assert rows[0].cells[2] == "Nur; Hayati\nbinti Ali"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "old-excel"),
        (b"", "no-rows"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "no-list"),
        (b"NIK;Nama;Desa\n", "no-rows"),
        (b"PK\x03\x04 and nothing more", "broken"),
        (b"satu\ndua\n", "no-headings"),
    ],
)
def test_what_is_no_list_is_refused_with_a_reason(content, code):
    with pytest.raises(BadList) as refused:
        read(io.BytesIO(content))
    assert refused.value.code == code


def packed(**parts: bytes) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/"), content)
    file.seek(0)
    return file


def test_a_zip_that_is_no_workbook_is_refused():
    with pytest.raises(BadList) as refused:
        read(packed(**{"word/document.xml": b"<x/>"}))
    assert refused.value.code == "no-list"


def test_a_file_that_grows_without_measure_is_refused_before_it_is_opened():
    bomb = packed(**{"[Content_Types].xml": b"<x/>", "xl/worksheets/sheet1.xml": b"0" * 50_000_000})
    with pytest.raises(BadList) as refused:
        read(bomb)
    assert refused.value.code == "too-large-inside"


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c SYSTEM "file:///etc/passwd">]>"""


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml"])
def test_xml_that_refers_to_itself_or_to_a_file_is_refused(part):
    good = workbook(HEADS, *ROWS)
    bad = io.BytesIO()
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as made:
        for name in source.namelist():
            content = source.read(name)
            made.writestr(name, LAUGHS + content.partition(b"?>")[2].lstrip() if name == part else content)
    bad.seek(0)
    with pytest.raises(BadList) as refused:
        read(bad)
    assert refused.value.code == "broken"


def test_every_cut_of_a_workbook_is_refused_and_nothing_else_happens():
    whole = workbook(HEADS, *ROWS).getvalue()
    for end in range(0, len(whole) - 1, max(1, len(whole) // 40)):
        with pytest.raises(BadList):
            read(io.BytesIO(whole[:end]))
