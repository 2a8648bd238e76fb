"""Digits, however they were typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import digits


@given(st.text(st.characters(exclude_categories=())))
def test_what_is_read_is_ascii_digits_or_nothing_at_all(text):
    read = digits.read(text)
    assert read is None or read == "" or (read.isascii() and read.isdigit())


@pytest.mark.parametrize(
    ("typed", "read"),
    [("O o l I |", "00111"), ("१२३", "123"), ("1\u00a02", "12"), ("½", None), ("Ⅷ", None), ("1x", None), ("1,2", None)],
)
def test_other_scripts_are_read_and_other_signs_are_not(typed, read):
    assert digits.read(typed) == read
