"""Region codes and their time zones."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import nik, region

codes = st.sampled_from(["id", "64", "64.02", "64.02.11", "64.02.11.2005", "64.71.01.1001", "65.01"])


@pytest.mark.parametrize(
    ("code", "level", "parent"),
    [
        ("id", "nation", None),
        ("64", "province", "id"),
        ("64.02", "regency", "64"),
        ("64.02.11", "district", "64.02"),
        ("64.02.11.2005", "village", "64.02.11"),
    ],
)
def test_a_code_says_its_level_and_what_it_lies_in(code, level, parent):
    assert region.is_shape(code)
    assert region.level(code) == level
    assert region.parent(code) == parent
    assert region.is_village(code) is (level == "village")


@pytest.mark.parametrize(
    "code",
    ["", "6", "6402", "6402112005", "64.2", "64.02.11.200", "64.02.11.2005 ", "64.02.11.2005\n", "٦٤", "ID", None, 64],
)
def test_bare_digits_and_other_texts_are_no_codes(code):
    assert not region.is_shape(code)
    assert not region.is_village(code)
    with pytest.raises((ValueError, TypeError)):
        region.level(code)


@given(codes)
def test_every_region_lies_in_itself_and_in_all_above_it(code):
    above = code
    while above is not None:
        assert region.within(code, above)
        above = region.parent(above)


def test_a_code_that_begins_alike_lies_elsewhere():
    assert not region.within("64.02.11.2005", "64.0")
    assert not region.within("64.02", "64.02.11")
    assert not region.within("65.01", "64")
    assert not region.within("id", "64")


def test_the_days_of_east_kalimantan_are_those_of_makassar():
    assert region.zone("64.02.11.2005") == region.zone("64") == "Asia/Makassar"
    assert region.zone("61.01") == "Asia/Pontianak"
    assert region.zone("91") == "Asia/Jayapura"
    assert region.zone("31.71") == region.zone("id") == "Asia/Jakarta"


def test_every_province_keeps_a_zone_of_its_own():
    assert set(region._ZONES) == nik.PROVINCES
    for zone in region._ZONES.values():
        assert ZoneInfo(zone)


def test_a_village_that_somebody_asks_within_is_a_village_too():
    class Within(str):
        """As the server's own kind of text that says what somebody may see."""

    assert region.is_village(Within("64.02.11.2005")) and not region.is_village(Within("64.02"))
