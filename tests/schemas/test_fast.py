"""The quick judgement never says yes where marshmallow would say no, or would write something else."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas import fast
from schemas.fields import Day, Table, Text, Thing
from schemas.kinds import KINDS

from .samples import GOOD, TODAY, TROUBLE, changes

KIND_NAMES = sorted(KINDS)


def written(value):
    """Its JSON, in which 23 and 23.0, or 1 and true, are not the same."""
    return json.dumps(value, sort_keys=True)


@given(st.data(), st.sampled_from(KIND_NAMES), st.booleans())
def test_what_is_vouched_for_would_be_taken_unchanged(data, name, desk):
    kind, fields = KINDS[name], data.draw(changes(name))
    assert_vouched_rightly(kind, fields, desk)


@pytest.mark.parametrize("name", KIND_NAMES)
@pytest.mark.parametrize("desk", [True, False])
def test_no_trouble_in_any_field_slips_through(name, desk):
    kind = KINDS[name]
    for field in kind.schema.fields:
        for trouble in TROUBLE:
            assert_vouched_rightly(kind, {field: trouble}, desk)


@pytest.mark.parametrize("name", KIND_NAMES)
def test_no_trouble_in_any_part_of_an_object_slips_through(name):
    for field, good in GOOD[name].items():
        parts = good if isinstance(good, dict) else {}
        for part in parts:
            for trouble in TROUBLE:
                assert_vouched_rightly(KINDS[name], {field: good | {part: trouble}}, desk=True)


def assert_vouched_rightly(kind, fields, desk):
    if kind._unchanged(fields, desk, TODAY):
        assert kind._judge_slowly(fields, desk, TODAY) == (fields, {}), fields
        assert written(kind.schema.load(fields)) == written(fields), fields


@pytest.mark.parametrize("name", KIND_NAMES)
def test_a_good_record_needs_no_second_look(name):
    fields = GOOD[name]
    assert KINDS[name]._unchanged(fields, True, TODAY)
    for field, value in fields.items():
        assert KINDS[name]._unchanged({field: value}, True, TODAY), field


class Cargo(Table):
    name = Text(10, 1, required=True)
    lost_on = Day(no_future=True)


class Boat(Table):
    name = Text(10)
    cargo = Thing(Cargo, desk_only=True)


@pytest.mark.parametrize(
    ("fields", "desk", "vouched"),
    [
        ({}, False, True),
        ({"name": None}, False, True),
        ({"name": "Pesut"}, False, True),
        ({"name": "Pesut "}, False, False),
        ({"cargo": None}, True, True),
        ({"cargo": None}, False, False),
        ({"cargo": {"name": "sawit"}}, True, True),
        ({"cargo": {"name": "sawit"}}, False, False),
        ({"cargo": {}}, True, False),
        ({"cargo": {"name": "sawit", "more": 1}}, True, True),
        ({"cargo": {"name": "sawit", "more": "\0"}}, True, False),
        ({"cargo": {"name": "sawit", "lost_on": "2026-11-22"}}, True, True),
        ({"cargo": {"name": "sawit", "lost_on": "2026-11-23"}}, True, False),
        ({"flag": "merah"}, False, True),
        ({"flag\0": "merah"}, False, False),
    ],
)
def test_a_table_is_read_part_by_part(fields, desk, vouched):
    assert fast.predicate(Boat(partial=True))(fields, desk, TODAY) is vouched


@example({str(number): number for number in range(10)})
@given(st.dictionaries(st.text(max_size=2), st.integers(), min_size=10, max_size=16))
def test_an_object_where_a_text_belongs_is_no_surprise(value):
    for name in KIND_NAMES:
        for field in KINDS[name].schema.fields:
            KINDS[name]._unchanged({field: value}, False, TODAY)
