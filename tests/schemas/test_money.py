"""Whole rupiah."""

import pytest

from schemas import money


@pytest.mark.parametrize("amount", [0, 16_800, 10**12])
def test_a_whole_amount_is_one(amount):
    assert money.is_rupiah(amount)


@pytest.mark.parametrize("amount", [-1, 10**12 + 1, 16_800.0, True, "16800", None])
def test_all_else_is_none(amount):
    assert not money.is_rupiah(amount)


def test_people_read_it_as_they_write_it():
    assert money.spoken(3_024_000_000) == "Rp3.024.000.000"
    assert money.spoken(16_800, "en") == "Rp16,800"
    assert money.spoken(-500) == "-Rp500"
