"""The family card number."""

import pytest

from schemas import kk


@pytest.mark.parametrize("typed", ["6402 1112 0315 9002", "64O2.1112.o3l5.9OO2", "6402111203159002"])
def test_a_family_card_number_is_read_however_it_was_typed(typed):
    assert kk.normalise(typed) == "6402111203159002"
    assert kk.is_kk(kk.normalise(typed))


@pytest.mark.parametrize("number", ["640211120315900", "64021112031590021", "640211120315900x", "", "²" * 16, "٦" * 16])
def test_sixteen_plain_digits_and_nothing_else(number):
    assert not kk.is_kk(number)


def test_its_date_is_no_birthday_so_no_forty_is_added():
    assert kk.is_usual("6402111203159002")
    assert not kk.is_usual("6402115203159002")
    assert not kk.is_usual("6402113203159002")
