"""Months, `YYYY-MM`."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import month

days = st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31))


@pytest.mark.parametrize("text", ["2026-11", "0001-01", "9999-12"])
def test_a_month_is_a_month(text):
    assert month.is_month(text)


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "0000-01", "2026-1", "202611", "2026-11-01", "٢٠٢٦-11", None, 202611]
)
def test_all_else_is_none(text):
    assert not month.is_month(text)


@given(days, st.integers(-600, 600))
def test_adding_months_and_taking_them_away_again(day, count):
    first = month.of(day)
    later = month.plus(first, count)
    assert month.is_month(later)
    assert month.between(first, later) == count
    assert month.plus(later, -count) == first


@given(days)
def test_a_day_lies_between_the_first_and_the_last_of_its_month(day):
    this = month.of(day)
    assert month.first_day(this) <= day <= month.last_day(this)
    assert month.of(month.last_day(this) + timedelta(days=1)) == month.plus(this, 1)


def test_a_span_holds_both_its_ends():
    assert list(month.span("2026-11", "2027-02")) == ["2026-11", "2026-12", "2027-01", "2027-02"]
    assert list(month.span("2026-11", "2026-11")) == ["2026-11"]
    assert list(month.span("2026-12", "2026-11")) == []
