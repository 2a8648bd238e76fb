"""What every store takes and gives back."""

import json

import orjson
from hypothesis import given
from hypothesis import strategies as st

from schemas import storable

from .samples import anything


@given(anything)
def test_what_can_be_kept_every_json_writer_takes_and_gives_back(value):
    if storable.fault(value) is None:
        assert orjson.loads(orjson.dumps(value)) == value == json.loads(json.dumps(value, allow_nan=False))


@given(st.text(st.characters(exclude_categories=())))
def test_a_clean_text_has_no_nul_and_is_utf_8(text):
    broken = "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text)
    assert storable.is_clean(text) is not broken
    assert (storable.fault(text) is None) is not broken


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_neat_text_stays_neat(text):
    neat = storable.neat(text)
    assert storable.neat(neat) == neat
    assert storable.is_neat(neat) is ("\0" not in neat)


def test_the_bounds_of_numbers():
    assert storable.fault(2**63 - 1) is storable.fault(-(2**63)) is storable.fault(True) is None
    for number in (2**63, -(2**63) - 1, 1e300, float("nan"), float("inf")):
        assert storable.fault(number) == storable.fault([number]) == storable.fault({"a": number}) == "number-too-big"


def test_a_key_is_looked_at_as_a_value_is():
    assert storable.fault({"a": {"\ud800": 1}}) == "text-unclean"


def test_what_is_no_json_cannot_be_kept():
    assert storable.fault(b"x") == storable.fault([{1}]) == "not-json"
