"""Which files a change names, and what a photo begins with."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.files import FileValue, files_in, is_of_type

PHOTO = {"sha256": "a" * 64, "size": 48211, "type": "image/webp"}
FILE = FileValue("a" * 64, 48211, "image/webp")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3), max_leaves=8,
)  # fmt: skip


@pytest.mark.parametrize("fields", [
    {"photo_ktp": PHOTO}, {"extra.rumah": PHOTO}, {"heirs": [{"name": "Ani", "photo": PHOTO}]},
    {"consent": {"paper": PHOTO}},
])  # fmt: skip
def test_a_photo_is_found_wherever_a_form_puts_it(fields: dict[str, Any]) -> None:
    assert list(files_in(fields)) == [FILE]


@pytest.mark.parametrize("value", [
    {"sha256": "A" * 64, "size": 1, "type": "x"}, {"sha256": "a" * 63, "size": 1, "type": "x"},
    {"sha256": "a" * 64, "size": True, "type": "x"}, {"sha256": "a" * 64, "size": -1, "type": "x"},
    {"sha256": "a" * 64, "size": 1}, {"sha256": 7, "size": 1, "type": "x"}, "a" * 64, None, ["a" * 64],
])  # fmt: skip
def test_what_only_looks_like_one_is_none(value: Any) -> None:
    assert list(files_in({"photo_ktp": value})) == []


@given(json_values)
def test_nothing_that_a_phone_sends_makes_the_search_fail(value: Any) -> None:
    assert list(files_in({"a": value, "b": PHOTO})) == [FILE]


def test_a_photo_hidden_deeper_than_any_form_goes_is_let_alone() -> None:
    value: Any = PHOTO
    for _ in range(60):
        value = [value]
    assert list(files_in({"deep": value})) == []


def test_only_what_is_known_is_a_photo() -> None:
    assert is_of_type(b"\xff\xd8\xff\xe0", "image/jpeg") and not is_of_type(b"\xff\xd8\xff\xe0", "image/png")
    assert not is_of_type(b"<svg", "image/svg+xml") and not is_of_type(b"", "image/webp")
