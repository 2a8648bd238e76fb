"""Phone numbers, as Indonesians write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import phone

USUAL = [
    "081234567890", "0812-3456-7890", "0812 3456 7890", "0812.3456.7890", "6281234567890", "+6281234567890",
    "+62 812 3456 7890", "+62 (0)812-3456-7890", "(0812) 3456 7890", "006281234567890", "81234567890", "O8l234567890",
    "٠٨١٢٣٤٥٦٧٨٩٠", "０８１２３４５６７８９０", "＋62 812 3456 7890", " +62-812-3456-7890\u200e",
]  # fmt: skip


@pytest.mark.parametrize("typed", USUAL)
def test_a_mobile_number_is_read_however_it_was_typed(typed):
    assert phone.normalise(typed) == "+6281234567890"


@pytest.mark.parametrize(
    "typed",
    [
        "", "-", "541-123456", "60123456789", "+6012345", "081234567", "08123456789012", "0812345678 / 0813345678",
        "+0812 3456 7890", "0628123456789", "hp 081234567890", "081234567890 (Rahmad)", "12345", "8" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_single_number_is_none(typed):
    assert phone.normalise(typed) is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0541-123456", "+62541123456"), ("(0541) 7412345", "+625417412345"), ("+62 541 123456", "+62541123456"),
        ("021 5551234", "+62215551234"), ("+60 12-345 6789", "+60123456789"), ("0060123456789", "+60123456789"),
    ],
)  # fmt: skip
def test_the_offices_landline_and_a_number_from_across_the_border_are_numbers_too(typed, kept):
    assert phone.normalise(typed) == kept


@given(st.integers(8, 11).flatmap(lambda size: st.from_regex(f"[0-9]{{{size}}}", fullmatch=True)))
def test_eight_to_eleven_digits_follow_the_eight(rest):
    number = f"+628{rest}"
    assert phone.E164.fullmatch(number)
    for typed in (number, number[1:], "0" + number[3:], number[3:]):
        assert phone.normalise(typed) == number


@given(st.text() | st.sampled_from(USUAL))
def test_a_number_once_read_stays_as_it_is(text):
    number = phone.normalise(text)
    assert number is None or (phone.normalise(number) == number and phone.E164.fullmatch(number))
