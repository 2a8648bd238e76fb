"""Nobody works out a hidden number: not from parents, programmes or months, and not by knowing these rules."""

from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from programme.disclosure import Counted, hidden, published, rounded
from programme.rules import load

LEAST, BASE = 5, 5
ENDLESS = 10**9


@st.composite
def trees(draw: st.DrawFn, most: int = 40) -> tuple[dict[str, list[str]], dict[str, int], dict[str, int]]:
    """parts, values, and the order of guards of a province with regencies, kecamatan and villages."""
    parts: dict[str, list[str]] = {}
    values: dict[str, int] = {}
    number = st.integers(0, 9) | st.integers(0, most)

    def grow(code: str, depth: int) -> int:
        wide = draw(st.integers(1, 4)) if depth else 0
        parts[code] = [f"{code}.{n}" for n in range(wide)]
        values[code] = sum(grow(part, depth - 1) for part in parts[code]) if wide else draw(number)
        return values[code]

    grow("64", draw(st.integers(1, 3)))
    return parts, values, {code: draw(st.integers(0, 5)) for code in values}


def bounds(parts: dict[str, list[str]], told: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """What an attacker knows of each number: told are those shown, as intervals; all are at least nothing.

    Sums of a tree nest, so going up once and down once gives the tightest bounds that there are.
    """
    low: dict[str, int] = {}
    high: dict[str, int] = {}

    def up(code: str) -> None:
        least, most = told.get(code, (0, ENDLESS))
        for part in parts[code]:
            up(part)
        if parts[code]:
            least = max(least, sum(low[part] for part in parts[code]))
            most = min(most, sum(high[part] for part in parts[code]))
        low[code], high[code] = max(least, 0), most

    def down(code: str) -> None:
        for part in parts[code]:
            others = [other for other in parts[code] if other != part]
            tight = low[code] - sum(high[other] for other in others), high[code] - sum(low[other] for other in others)
            new[part] = max(low[part], tight[0]), min(high[part], tight[1])
        for part in parts[code]:
            low[part], high[part] = new[part]
            down(part)

    new: dict[str, tuple[int, int]] = {}
    up("64")
    down("64")
    return {code: (low[code], high[code]) for code in low}


@settings(max_examples=400)
@given(trees())
def test_a_hidden_number_may_be_anything_that_the_rule_hides_even_beside_exact_numbers(tree) -> None:
    parts, values, order = tree
    away = hidden("64", parts, values, lambda code: (order[code], code), LEAST)
    known = bounds(parts, {code: (value, value) for code, value in values.items() if code not in away})
    for code in away:
        low, high = known[code]
        assert low == 0 and high >= LEAST - 1, (code, values[code], low, high)
    assert all(code in away for code, value in values.items() if value < LEAST)


@settings(max_examples=200)
@given(trees())
def test_what_was_rounded_tells_even_less(tree) -> None:
    parts, values, order = tree
    shown = published(
        "64", parts, {code: Counted(value, value, value, 0) for code, value in values.items()},
        lambda code: (order[code], code), LEAST, BASE,
    )  # fmt: skip
    told = {code: (each.active - 2, each.active + 2) for code, each in shown.items() if each.active is not None}
    for code, (low, high) in bounds(parts, told).items():
        assert low <= values[code] <= high
        if shown[code].active is None:
            assert low == 0 and high >= LEAST - 1
        else:
            assert shown[code].active % BASE == 0


@st.composite
def families(draw: st.DrawFn) -> dict[str, Counted]:
    """A few villages with few workers, whose programmes hang together: both is at most each, JHT at most both."""
    counts = {}
    for n in range(draw(st.integers(2, 4))):
        active = draw(st.integers(0, 5))
        counts[f"64.{n}"] = Counted(active, active + draw(st.integers(0, 2)), active + draw(st.integers(0, 2)),
                                    draw(st.integers(0, active)))  # fmt: skip
    return counts


@settings(max_examples=150, deadline=None)
@given(families())
def test_no_programme_gives_away_another(counts: dict[str, Counted]) -> None:
    """Every way that the numbers could be, tried out: with least 3, exact, and JHT known to be at most both."""
    villages, least = sorted(counts), 3
    whole = Counted(*(sum(each[n] for each in counts.values()) for n in range(4)))
    parts = {"64": villages}
    shown = published("64", parts, {"64": whole, **counts}, str, least, 1)
    if shown["64"].active is None:
        return assert_hidden(shown, villages)

    def ways(name: str) -> list[tuple[int, ...]]:
        top = getattr(shown["64"], name)
        told = [getattr(shown[village], name) for village in villages]
        free = [range(top + 1) if one is None else (one,) for one in told] if top is not None else None
        if free is None:
            return []
        return [way for way in product(*free) if sum(way) == top]

    active, jkk, jht = ways("active"), ways("jkk"), ways("jht")
    tops = {"active": whole.active, "jkk": whole.jkk, "jht": whole.jht}
    possible: dict[str, list[set[int]]] = {name: [set() for _ in villages] for name in tops}
    for a in active:
        with_jkk = [j for j in jkk if all(x <= y for x, y in zip(a, j, strict=True))]
        with_jht = [h for h in jht if all(x <= y for x, y in zip(h, a, strict=True))]
        if not with_jkk or (jht and not with_jht):
            continue
        for name, some in (("active", [a]), ("jkk", with_jkk), ("jht", with_jht)):
            for way in some:
                for place, value in enumerate(way):
                    possible[name][place].add(value)
    for place, village in enumerate(villages):
        for name in tops:
            if getattr(shown[village], name) is None and (name != "jht" or jht):
                assert possible[name][place] >= set(range(least)), (village, name, possible[name][place])


def assert_hidden(shown, villages) -> None:
    assert all(shown[village] == (None, None, None, None) for village in villages)


@settings(max_examples=300)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=6), st.integers(0, 60))
@example([5, 18, 18, 28, 28], 0)  # all others at the edge of their rounding
def test_two_months_in_which_one_village_alone_changed_leave_more_than_one_answer(before: list[int], later: int) -> None:
    """The strongest guess: that all others stood still. What was hidden in one month and shown in the other is bounded."""
    after = [later, *before[1:]]
    told = []
    for month in (before, after):
        counts = {f"64.{n}": value for n, value in enumerate(month)} | {"64": sum(month)}
        shown = published(
            "64", {"64": [code for code in counts if code != "64"]},
            {code: Counted(value, value, value, 0) for code, value in counts.items()}, str, LEAST, BASE,
        )  # fmt: skip
        told.append({
            code: (0, ENDLESS) if each.active is None else (max(0, each.active - 2), each.active + 2)
            for code, each in shown.items()
        })  # fmt: skip
    others = [f"64.{n}" for n in range(1, len(before))]
    low = sum(max(month[code][0] for month in told) for code in others)
    high = sum(min(month[code][1] for month in told) for code in others)
    for this, that in (told, told[::-1]):
        if this["64.0"] != (0, ENDLESS) or this["64"] == (0, ENDLESS) or that["64"] == (0, ENDLESS):
            continue
        least = max(low, that["64"][0] - that["64.0"][1])
        most = min(high, that["64"][1] - that["64.0"][0])
        answers = range(max(0, this["64"][0] - most), this["64"][1] - least + 1)
        at_the_edge = sum(before[1:]) in (low, high)
        assert len(answers) > 1 or at_the_edge


def test_the_guard_stays_the_same_while_counts_change() -> None:
    parts = {"64": ["a", "b", "c"]}
    order = {"a": 30, "b": 10, "c": 20}
    for b, c in ((50, 6), (6, 50), (9, 9)):
        values = {"64": 2 + b + c, "a": 2, "b": b, "c": c}
        assert hidden("64", parts, values, order.get, LEAST) == {"a", "b"}


def test_below_a_guard_nothing_is_shown_or_its_parts_would_add_up_to_it() -> None:
    parts = {"64": ["a", "b"], "a": ["a1"], "b": ["b1", "b2"]}
    values = {"64": 23, "a": 3, "a1": 3, "b": 20, "b1": 10, "b2": 10}
    assert hidden("64", parts, values, str, LEAST) == {"a", "a1", "b", "b1", "b2"}


def test_a_region_where_nobody_was_ever_registered_needs_no_guard() -> None:
    shown = published("64", {"64": ["a", "b", "c"]}, {code: Counted(40, 40, 40, 9) for code in ("64", "a")}, str, 5, 5)
    assert shown == {"64": (40, 40, 40, 10), "a": (40, 40, 40, 10)}


@pytest.mark.parametrize("count, shown", [(0, 0), (2, 0), (3, 5), (7, 5), (8, 10), (77_074, 77_075)])
def test_counts_are_rounded_to_the_nearest_five(count: int, shown: int) -> None:
    assert rounded(count, 5) == shown


def test_the_numbers_are_rules_with_a_day_and_a_source() -> None:
    for name in ("public_least", "public_round"):
        rule = load().latest(name)
        assert rule.valid_from and rule.source and rule.note["en"] and rule.value >= 5
