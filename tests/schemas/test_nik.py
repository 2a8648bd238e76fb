"""NIK: what officers type, what cards say."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schemas import nik

TODAY = date(2026, 11, 22)


def invented(province: str, born: date, woman: bool, serial: int) -> str:
    return f"{province}0211{born.day + 40 * woman:02d}{born:%m%y}{serial:04d}"


births = st.dates(min_value=date(1927, 1, 1), max_value=TODAY)
niks = st.builds(invented, st.sampled_from(sorted(nik.PROVINCES)), births, st.booleans(), st.integers(9000, 9999))


@given(st.sampled_from(sorted(nik.PROVINCES)), births, st.booleans(), st.integers(9000, 9999))
def test_every_birthday_of_a_century_makes_a_nik_that_tells_it_again(province, born, woman, serial):
    number = invented(province, born, woman, serial)
    assert nik.fault(number) is None
    assert nik.birth_date(number, TODAY) == born
    assert nik.sex(number) == ("female" if woman else "male")
    assert nik.agrees_with(number, born.isoformat())


@given(niks)
def test_the_quick_pattern_leaves_out_nobody_but_who_was_born_on_a_leap_day(number):
    assert (nik.USUAL.fullmatch(number) is None) == (number[6:10] in ("2902", "6902"))


@given(st.from_regex("[0-9]{16}", fullmatch=True) | niks.flatmap(lambda n: st.sampled_from([n[:6] + n[8:] + "11", n])))
def test_the_quick_pattern_takes_only_what_has_no_fault(number):
    if nik.USUAL.fullmatch(number):
        assert nik.fault(number) is None


@given(st.text(st.characters(exclude_categories=["Cs"])) | niks)
def test_normalising_twice_is_normalising_once(text):
    assert nik.normalise(nik.normalise(text)) == nik.normalise(text)


@given(niks, st.data())
def test_spaces_dots_dashes_and_other_digits_change_nothing(number, data):
    typed = "".join(
        data.draw(st.sampled_from([sign, sign + " ", "." + sign, sign + "-", other(sign)])) for sign in number
    )
    assert nik.normalise(typed) == number


def other(sign: str) -> str:
    return {"0": "O", "1": "l"}.get(sign, chr(0x0660 + int(sign)))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("6402 1152 0790 9001", "6402115207909001"),
        ("６４０２.１１５２.０７９０.９００１", "6402115207909001"),
        ("64O2|l52o79O9OOI", "6402115207909001"),
        ("6402‑1152–0790—9001\u200b", "6402115207909001"),
        ("tidak ada", "tidak ada"),
        (" belum ", "belum"),
        ("6402²", "6402²"),
        ("", ""),
        ("--", "--"),
    ],
)
def test_a_nik_is_read_however_it_was_typed_and_other_words_stay_words(typed, read):
    assert nik.normalise(typed) == read


@given(niks)
def test_a_birth_date_is_never_in_the_future(number):
    assert nik.birth_date(number, TODAY) <= TODAY


@pytest.mark.parametrize(
    ("number", "today", "born"),
    [
        ("6402112211269001", TODAY, date(2026, 11, 22)),
        ("6402112311269001", TODAY, date(1926, 11, 23)),
        ("6402115207909001", TODAY, date(1990, 7, 12)),
        ("6402112902009001", TODAY, date(2000, 2, 29)),
        ("6402112902009001", date(2000, 2, 28), None),
        ("6402110101999001", date(2101, 1, 1), date(2099, 1, 1)),
    ],
)
def test_the_two_digit_year_is_the_latest_that_has_come(number, today, born):
    if born is None:
        with pytest.raises(ValueError):
            nik.birth_date(number, today)
    else:
        assert nik.birth_date(number, today) == born


@given(niks, births)
def test_another_day_does_not_agree(number, born):
    assume((born.day, born.month, born.year % 100) != (int(number[6:8]) % 40, int(number[8:10]), int(number[10:12])))
    assert not nik.agrees_with(number, born.isoformat())


def test_lists_show_neither_birthday_nor_half_a_number():
    assert nik.mask("6402065207900001") == "640206******0001"
    assert nik.mask("640206") == nik.mask("tidak ada") == nik.mask("") == "*" * 16


def test_there_are_thirty_eight_provinces():
    assert len(nik.PROVINCES) == 38
