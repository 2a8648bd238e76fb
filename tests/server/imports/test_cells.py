"""Cells as offices write them: read where they are sure, refused where they are not."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import month
from server.imports import cells
from server.imports.faults import BadCell

TODAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("7 Des 1990", "1990-12-07"), ("07/12/1990", "1990-12-07"), ("7-12-1990", "1990-12-07"),
        ("1990-12-07", "1990-12-07"),
        ("07.12.1990", "1990-12-07"), ("7 Desember 1990", "1990-12-07"), ("19901207", "1990-12-07"),
        (19901207, "1990-12-07"),
        (33214, "1990-12-07"), ("33214", "1990-12-07"), (datetime(1990, 12, 7, 0, 0), "1990-12-07"),
        ("7-Des-90", "1990-12-07"),
        ("1990-12-07 00:00:00", "1990-12-07"), ("07/12/90", "1990-12-07"), ("'07/12/1990", "1990-12-07"),
        ("1 Jan 25", "2025-01-01"),
    ],
)  # fmt: skip
def test_a_date_is_read_however_an_office_writes_it(cell, day):
    assert cells.day_of(cell, TODAY) == day


@pytest.mark.parametrize(
    "cell", ["12/25/1990", "31/02/1990", "kemarin", "7 Xyz 1990", "", None, True, "1990", 12, "00/00/0000"]
)
def test_what_is_no_date_for_sure_is_refused(cell):
    with pytest.raises(BadCell):
        cells.day_of(cell, TODAY)


@given(st.dates(date(1911, 1, 1), date(2099, 12, 31)))
def test_a_spreadsheets_serial_and_every_way_of_writing_say_one_day(day):
    serial = (day - date(1899, 12, 30)).days
    ways = [serial, f"{day:%d/%m/%Y}", f"{day:%d-%m-%Y}", day.isoformat(), day, datetime(day.year, day.month, day.day)]
    assert {cells.day_of(way, TODAY) for way in ways} == {day.isoformat()}


def test_a_nik_that_excel_rounded_is_told_and_never_guessed():
    for cell in (6402115207909000, 6.40211520790900e15, "6.40212E+15", "6,40212E+15"):
        with pytest.raises(BadCell) as refused:
            cells.nik_of(cell)
        assert refused.value.code == "nik-precision"
    assert cells.nik_of(6402115207909001) == "6402115207909001"  # a program wrote it whole
    assert cells.nik_of("'6402 1152.0790-9001") == "6402115207909001"


@pytest.mark.parametrize(
    ("cell", "months"),
    [
        ("Nov 2026", ["2026-11"]), ("11/2026", ["2026-11"]), ("2026-11", ["2026-11"]), ("202611", ["2026-11"]),
        (202611, ["2026-11"]),
        ("Jan s/d Mar 2026", ["2026-01", "2026-02", "2026-03"]), ("Okt, Nov 2026", ["2026-10", "2026-11"]),
        ("Okt-Des 2026", ["2026-10", "2026-11", "2026-12"]), ("Nov 2025 - Jan 2026", ["2025-11", "2025-12", "2026-01"]),
        ("11/2026; 10/2026", ["2026-10", "2026-11"]), (datetime(2026, 11, 5), ["2026-11"]), ("November-26", ["2026-11"]),
    ],
)  # fmt: skip
def test_months_are_read_one_by_one_or_from_one_to_another(cell, months):
    assert cells.months_of(cell, TODAY) == months


@pytest.mark.parametrize(
    "cell", ["13/2026", "Nov", "Mar s/d Jan 2026", "2026", "", "semua", "Jan 2020 s/d Des 2026", "Nov 1990"]
)
def test_what_names_no_months_for_sure_is_refused(cell):
    with pytest.raises(BadCell):
        cells.months_of(cell, TODAY)


@given(st.integers(0, 300), st.integers(0, 23))
def test_a_span_holds_each_month_between_its_ends(first, length):
    start = month.plus("2000-01", first)
    end = month.plus(start, length)
    assert cells.months_of(f"{start} s/d {end}", TODAY) == list(month.span(start, end))


@pytest.mark.parametrize(
    ("cell", "amount"),
    [("Rp 16.800", 16800), ("16.800,00", 16800), ("16,800", 16800), (16800.0, 16800), ("16800", 16800),
     ("1.016.800", 1016800),
     ("Rp16.800,-", 16800), ("0", 0)],
)  # fmt: skip
def test_amounts_are_whole_rupiah(cell, amount):
    assert cells.rupiah_of(cell) == amount


@pytest.mark.parametrize("cell", ["16.80", "16,8000", "-5", "enam belas", 16800.5, True, 10**13, "1,68E+04"])
def test_an_amount_that_can_be_read_in_two_ways_is_refused(cell):
    with pytest.raises(BadCell):
        cells.rupiah_of(cell)


@given(st.integers(0, 10**12))
def test_an_amount_with_dots_or_commas_is_the_same(amount):
    assert {cells.rupiah_of(each) for each in (amount, f"{amount:,}", f"{amount:,}".replace(",", "."), f"Rp {amount}")} == {
        amount
    }


def test_words_are_known_in_both_languages():
    assert [cells.sex_of(each) for each in ("L", "laki-laki", "Pria", "P", "Perempuan", "female")] == ["male"] * 3 + [
        "female"
    ] * 3
    assert cells.programs_of("JKM + JKK") == ["JKK", "JKM"] and cells.programs_of("3 program") == ["JHT", "JKK", "JKM"]
    assert cells.funding_of("APBD Kabupaten") == "apbd_regency" and cells.funding_of("Dana Desa") == "dana_desa"
    assert cells.occupation_of("Petani") == ("farmer", None) and cells.occupation_of("Penjinak lebah") == (
        "other",
        "Penjinak lebah",
    )
    assert cells.result_of("Tidak ditemukan") == "not_found" and cells.result_of("PADAN") == "matched"
    assert cells.is_active("AKTIF") and not cells.is_active("Non Aktif")
    for read in (cells.sex_of, cells.funding_of, cells.result_of, cells.is_active, cells.truth_of, cells.segment_of):
        with pytest.raises(BadCell):
            read("entahlah")


@given(st.one_of(st.text(max_size=40), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
                 st.booleans(), st.none(),
                 st.datetimes()))  # fmt: skip
def test_no_cell_whatsoever_does_more_than_be_refused(cell):
    readers = (
        cells.nik_of, cells.kpj_of, cells.rupiah_of, cells.sex_of, cells.programs_of, cells.funding_of, cells.truth_of,
        cells.occupation_of, cells.result_of, lambda each: cells.day_of(each, TODAY),
        lambda each: cells.months_of(each, TODAY),
        lambda each: cells.whole_of(each, 1, 10, "bad-decile"),
    )  # fmt: skip
    for read in readers:
        try:
            read(cell)
        except BadCell:
            pass


def test_a_year_of_two_digits_is_never_ahead():
    assert cells.day_of(f"1/1/{(TODAY + timedelta(days=366)).year % 100}", TODAY) == "1927-01-01"
