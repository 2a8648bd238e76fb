"""Outcomes without names: whatever is shown, no hidden number can be worked out from it."""

from itertools import product

from hypothesis import example, given, settings
from hypothesis import strategies as st

from programme.outcomes import summed, told, tree_of

LEAST = 5
VILLAGES = tuple(f"{p}.{r}.01.200{v}" for p, r, v in product(("63", "64"), ("01", "02", "03"), (1, 2)))
PARTS = ("JKK", "JKM", "JHT")
counts = st.dictionaries(st.sampled_from(VILLAGES), st.integers(0, 12), max_size=8)
tables = st.dictionaries(st.sampled_from(PARTS), counts, max_size=3)


def test_figures_of_villages_add_up_to_the_nation():
    found = summed({"64.02.11.2005": 3, "64.03.05.1003": 4})
    assert found["id"] == found["64"] == 7 and found["64.02"] == 3 and found["64.03.05"] == 4
    assert tree_of(found)["64"] == ["64.02", "64.03"]


def test_one_small_regency_is_hidden_with_a_neighbour():
    one = told({"JKM": {"64.01.01.2001": 3, "64.02.01.2001": 20, "64.03.01.2001": 30}}, LEAST)
    assert one.total("64") == 53 and one.total("64.01") is None
    assert [one.total(region) for region in ("64.02", "64.03")].count(None) == 1


def test_a_small_programme_is_hidden_with_another_and_shown_where_it_is_large():
    one = told({"JKK": {"64.01.01.2001": 2}, "JKM": {"64.01.01.2001": 20}}, LEAST)
    assert one.total("64") == 22 and one.part("JKK", "64") is None and one.part("JKM", "64") is None
    two = told({"JKK": {"64.01.01.2001": 9}, "JKM": {"64.01.01.2001": 20}}, LEAST)
    assert (two.part("JKK", "64"), two.part("JKM", "64"), two.part("JHT", "64")) == (9, 20, 0)


def test_parts_of_districts_and_villages_are_never_told():
    one = told({"JKM": {"64.01.01.2001": 50}}, LEAST)
    assert one.total("64.01.01.2001") == 50 and one.part("JKM", "64.01.01.2001") is None
    assert one.part("JKM", "64.01") == 50


def test_nobody_at_all_is_no_secret():
    assert told({}, LEAST).total("64") == 0


@settings(max_examples=200)
@given(tables)
@example({"JKK": {"64.01.01.2001": 2, "64.02.01.2001": 8}, "JKM": {"64.01.01.2001": 8, "64.02.01.2001": 22}})
def test_nothing_that_is_shown_is_small_and_nothing_hidden_stands_alone(by_part):
    found = told(by_part, LEAST)
    tree = tree_of(found.totals)
    for region, count in found.totals.items():
        assert found.total(region) is None or count >= LEAST
    for parent, children in tree.items():
        away = [child for child in children if found.total(child) is None]
        if found.total(parent) is not None and away:
            assert len(away) > 1 and sum(found.totals[child] for child in away) >= LEAST
    for part, here in found.parts.items():
        for region, count in here.items():
            assert found.part(part, region) is None or count >= LEAST
            if found.total(region) is None:
                assert found.part(part, region) is None
    for region in {region for here in found.parts.values() for region in here}:
        hidden = [part for part in found.parts if region in found.parts[part] and found.part(part, region) is None]
        if found.total(region) is not None and hidden:
            shown = [part for part in found.parts if region in found.parts[part] and part not in hidden]
            assert len(hidden) > 1 and sum(found.parts[part][region] for part in hidden) >= LEAST or not shown
    for part, here in found.parts.items():
        for parent, children in tree.items():
            away = [child for child in children if child in here and found.part(part, child) is None]
            if parent in here and found.part(part, parent) is not None and away:
                assert len(away) > 1 and sum(here[child] for child in away) >= LEAST, (part, parent)


@given(tables)
def test_the_order_in_which_it_was_counted_does_not_matter(by_part):
    other = {part: dict(reversed(list(by_part[part].items()))) for part in reversed(list(by_part))}
    one, two = told(by_part, LEAST), told(other, LEAST)
    assert one.away == two.away and {p: one.parts_away[p] for p in by_part} == {p: two.parts_away[p] for p in by_part}
