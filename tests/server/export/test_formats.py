"""Every format opens again with what was put in, and nothing in it runs, is worked out, or loses a digit."""

from __future__ import annotations

import csv
import io
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.export import csv_file, xlsx_file
from server.export.formats import formats
from server.export.lists import DAY, LISTS, MOMENT, NUMBER, REAL, TRUTH, WHOLE, Column
from server.export.sheet import Row, Sheet, TooLong

NIK = "6402115207909001"
COLUMNS = [
    Column("record", ("Catatan", "Record")), Column("nik", ("NIK", "NIK"), NUMBER),
    Column("full_name", ("Nama", "Name"), searched=True), Column("amount", ("Jumlah", "Amount"), WHOLE),
    Column("rate", ("Bagian", "Share"), REAL), Column("paid_on", ("Tanggal", "Date"), DAY),
    Column("made_at", ("Dibuat", "Made"), MOMENT), Column("confirmed", ("Dikonfirmasi", "Confirmed"), TRUTH),
    Column("occupation", ("Pekerjaan", "Occupation"), coded=True), Column("village", ("Desa", "Village")),
]  # fmt: skip
ROWS: list[Row] = [
    ["a-1", NIK, "=cmd|'/c calc'!A1", 16800, 0.25, "2026-11-02", "2026-11-27T08:10:02+08:00", True, "farmer",
     "64.02.11.2005"],
    ["a-2", None, 'Siti "Nur"\nHayati', None, None, "kemarin", None, False, None, "64.02.11.2005"],
    ["a-3", "6402••••••••••", "José Łucja", 0, 0.0, None, None, None, "no-such-job", "64.02.11.2005"],
]  # fmt: skip


def written(name: str, folder: Path, rows: list[Row] = ROWS, lang: str = "id") -> bytes:
    out = io.BytesIO()
    sheet = Sheet("workers", COLUMNS, lang, {"source": "Sambung Desa", "region": "64.02", "it's": "so"}, "record")
    formats()[name].write(out, sheet, iter([rows[:2], rows[2:]]), folder)
    return out.getvalue()


def test_a_csv_opens_with_its_accents_and_runs_nothing(tmp_path):
    content = written("csv", tmp_path)
    assert content.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert head[:3] == ["Catatan", "NIK", "Nama"]
    assert rows[0][:4] == ["a-1", NIK, "'=cmd|'/c calc'!A1", "16800"]
    assert rows[0][7:9] == ["Ya", "Petani"] and rows[2][8] == "no-such-job"
    assert rows[1][2] == 'Siti "Nur"\nHayati' and rows[2][2] == "José Łucja"
    assert f'"{NIK}"'.encode() in content  # in quotes: a text


@given(st.text(max_size=30), st.sampled_from(["", " ", "\u200b", "\ufeff "]))
def test_no_cell_of_a_csv_begins_like_a_formula(text, before):
    seen = csv_file.safe(before + text).lstrip(" \u200b\ufeff")
    assert not seen.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
    assert csv_file.safe(text) in (text, f"'{text}")


def test_a_workbook_keeps_every_digit_and_takes_no_text_for_a_formula(tmp_path):
    book = openpyxl.load_workbook(io.BytesIO(written("xlsx", tmp_path, lang="en")))
    page = book["workers"]
    cells = list(page.iter_rows())
    assert [cell.value for cell in cells[0]][:3] == ["Record", "NIK", "Name"] and page.freeze_panes == "A2"
    first = cells[1]
    assert (first[1].value, first[1].data_type) == (NIK, "s")
    assert (first[2].value, first[2].data_type) == ("=cmd|'/c calc'!A1", "s")
    assert first[3].value == 16800 and first[4].value == 0.25
    assert first[5].value == datetime(2026, 11, 2) and first[6].value == datetime(2026, 11, 27, 8, 10, 2)
    assert (first[7].value, first[8].value, cells[2][5].value) == ("Yes", "Farmer", "kemarin")
    assert {row[0].value: row[1].value for row in book["about"].iter_rows()}["region"] == "64.02"


def test_a_workbook_that_would_be_too_long_is_refused_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx_file, "MOST_ROWS", 2)
    with pytest.raises(TooLong):
        written("xlsx", tmp_path)


def test_a_sqlite_file_is_typed_finds_names_and_says_where_it_is_from(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "opened.db").write_bytes(written("sqlite", tmp_path / "work"))
    opened = sqlite3.connect(tmp_path / "opened.db")
    kinds = {row[1]: (row[2], row[5]) for row in opened.execute("PRAGMA table_info(workers)")}
    assert kinds["record"] == ("TEXT", 1) and kinds["nik"][0] == "TEXT"
    assert kinds["amount"][0] == "INTEGER" and kinds["rate"][0] in ("FLOAT", "REAL") and kinds["confirmed"][0] == "INTEGER"
    found = opened.execute("SELECT rowid FROM workers_fts WHERE workers_fts MATCH 'jose'").fetchall()
    names = opened.execute("SELECT full_name FROM workers WHERE rowid = ?", found[0]).fetchone()
    assert names == ("José Łucja",)
    first = opened.execute("SELECT nik, occupation, confirmed FROM workers WHERE record = 'a-1'").fetchone()
    assert first == (NIK, "farmer", 1)
    assert dict(opened.execute("SELECT name, text FROM about"))["region"] == "64.02"
    opened.close()


def test_a_parquet_file_has_its_types_and_what_is_no_day_is_nothing(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    (tmp_path / "work").mkdir()
    (tmp_path / "opened.parquet").write_bytes(written("parquet", tmp_path / "work"))
    with duckdb.connect() as database:
        database.execute(f"CREATE VIEW v AS SELECT * FROM '{tmp_path / 'opened.parquet'}'")
        kinds: dict[str, Any] = {row[0]: row[1] for row in database.execute("DESCRIBE v").fetchall()}
        rows = database.execute("SELECT nik, full_name, amount, confirmed, CAST(paid_on AS VARCHAR) FROM v").fetchall()
    assert kinds["nik"] == "VARCHAR" and kinds["amount"] == "BIGINT" and kinds["paid_on"] == "DATE"
    assert kinds["made_at"] == "TIMESTAMP WITH TIME ZONE" and kinds["confirmed"] == "BOOLEAN"
    assert rows[0] == (NIK, "=cmd|'/c calc'!A1", 16800, True, "2026-11-02")
    assert rows[1] == (None, 'Siti "Nur"\nHayati', None, False, None)


def test_a_server_without_duckdb_says_so_and_offers_the_others(monkeypatch):
    from server.export import parquet_file

    monkeypatch.setattr(parquet_file, "find_spec", lambda name: None)
    assert [each.name for each in formats().values() if each.lacks] == ["parquet"]


def test_no_list_has_two_columns_of_one_name_and_every_column_is_named_in_both_languages():
    for listed in LISTS.values():
        names = [column.name for column in listed.columns]
        assert len(names) == len(set(names)), listed.name
        assert all(all(column.label) for column in listed.columns)
        assert listed.key is None or listed.key in names


def test_what_the_law_calls_sensitive_is_in_no_list_unasked():
    kept = {column.name for listed in LISTS.values() for column in listed.chosen(frozenset(), False)}
    assert kept.isdisjoint({"mother_name", "monthly_income", "heirs", "dtsen_decile", "vulnerable", "chronology"})
