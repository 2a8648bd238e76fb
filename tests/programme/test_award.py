"""Scores of villages: six of them by hand, and what must hold whoever counts, in whatever order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from programme import award as law
from programme.award import Facts, Placed
from programme.indicators import interval
from programme.rules import load

RULES, DAY = load(), date(2026, 11, 27)
WEIGHTS = law.default_weights(RULES, DAY)
TIES = ["coverage", "retention", "quality", "growth"]
JUDGED = ["innovation", "sustainability"]

# A well-kept large village: each number is worked out beside its assertion below.
GOOD = Facts(
    "64.02.11.2005", eligible=200, active=140, active_before=110, retained=90, retained_of=100, apparatus=10,
    apparatus_active=9, village_budget=2_016_000, accidents=4, in_time=3, months=12, months_met=5, registered=160,
    verified=144, odd=16, remoteness=2,
)  # fmt: skip


def points(facts: Facts) -> dict[str, float | None]:
    return {each.criterion: each.points for each in law.measure(facts, RULES, DAY)}


def because(facts: Facts) -> dict[str, str | None]:
    return {each.criterion: each.because for each in law.measure(facts, RULES, DAY)}


def score(facts: Facts) -> float:
    return law.computed(points(facts), WEIGHTS)


# Six villages by hand -------------------------------------------------------------------------------------------------


def test_the_weights_that_are_proposed_make_a_hundred() -> None:
    assert sum(WEIGHTS.values()) == 100 and law.weights_fault(WEIGHTS, RULES, DAY) is None


def test_a_large_village_by_hand() -> None:
    assert points(GOOD) == {
        "coverage": 87.5,  # 140 / 200 = 0.70 of 0.80
        "growth": 75.0,  # 30 gained of 200 = 0.15 of 0.20
        "retention": 88.8889,  # 0.90: (0.90 - 0.50) / 0.45
        "apparatus": 80.0,  # 9 / 10: (0.90 - 0.50) / 0.50
        "budget": 50.0,  # 2,016,000 / 200 = 10,080 of 20,160
        "claims": 50.0,  # 3 / 4: (0.75 - 0.50) / 0.50
        "quality": 83.3333,  # 144 / 160 = 0.90: 0.40 / 0.48
        "participation": 83.3333,  # 5 / 12 = 0.41667 of 0.50
    }
    # 25 x 87.5 + 15 x 75 + 15 x 88.8889 + 10 x 80 + 10 x 50 + 5 x 50 + 10 x 83.3333 + 5 x 83.3333 = 7445.83, of 95
    assert score(GOOD) == pytest.approx(7445.8330 / 95, abs=1e-4)
    # With judges' mean 80 in innovation (5): 7445.8330 / 100 + 4 = 78.46
    assert law.total(score(GOOD), {"innovation": 80.0}, WEIGHTS, JUDGED) == 78.46
    assert law.band(GOOD, RULES, DAY) == "large_near"


def test_a_small_village_counts_with_the_lower_end_of_its_interval() -> None:
    small = replace(GOOD, village="64.02.11.2006", eligible=20, active=14, active_before=11, retained=9, retained_of=10)
    low = interval(14, 20)[0]
    assert 0.48 < low < 0.49  # Wilson at 95 %: 0.4810 to 0.8545
    assert points(small)["coverage"] == pytest.approx(low / 0.8 * 100, abs=1e-3)
    assert points(small)["retention"] == pytest.approx((interval(9, 10)[0] - 0.5) / 0.45 * 100, abs=1e-3)
    assert points(small)["apparatus"] == 80.0  # everybody is counted: the share itself
    assert law.band(small, RULES, DAY) == "small_near"


def test_a_village_without_a_head_count_gets_no_points_for_what_it_cannot_show() -> None:
    unknown = replace(GOOD, eligible=None, remoteness=None, apparatus=None, village_budget=None)
    told = points(unknown)
    assert (told["coverage"], told["growth"], told["apparatus"], told["budget"]) == (0, 0, 0, 0)
    assert because(unknown)["coverage"] == law.NO_DENOMINATOR and because(unknown)["budget"] == law.NO_PROFILE
    assert law.band(unknown, RULES, DAY) == "unknown_unknown"


def test_kutai_timurs_hundred_and_fifty_percent_earns_nothing_and_is_out() -> None:
    padded = replace(GOOD, eligible=51_086, active=77_074, active_before=70_000)
    assert points(padded)["coverage"] == 0 and because(padded)["coverage"] == law.ABOVE_WHOLE
    assert points(padded)["growth"] == 0
    assert [sign.reason for sign in law.signs(padded, RULES, DAY) if sign.is_out] == ["above_whole"]


def test_a_village_without_accidents_is_not_judged_by_them() -> None:
    calm = replace(GOOD, accidents=0, in_time=0)
    assert points(calm)["claims"] is None and because(calm)["claims"] == law.NO_CASE
    assert score(calm) == pytest.approx((7445.8330 - 250) / 90, abs=1e-4)  # the others stand for it


def test_a_full_village_that_stays_full_has_all_points_for_growth() -> None:
    full = replace(GOOD, active=190, active_before=185)
    assert points(full)["growth"] == 100 and because(full)["growth"] == "held"
    assert points(replace(GOOD, active=100, active_before=110))["growth"] == 0  # shrunk


def test_the_six_are_ranked_within_their_bands() -> None:
    placed = [
        Placed("a", "large_near", 78.46, {"coverage": 87.5}), Placed("b", "large_near", 78.46, {"coverage": 80.0}),
        Placed("c", "large_near", 91.0, {}), Placed("d", "small_remote", 40.0, {"coverage": 10.0}),
        Placed("e", "small_remote", 40.0, {"coverage": 10.0}), Placed("f", "small_remote", 12.5, {}),
    ]  # fmt: skip
    ranks = {place.village: place.rank for place in law.standings(placed, TIES)}
    assert ranks == {"c": 1, "a": 2, "b": 3, "d": 1, "e": 1, "f": 3}
    assert {place.village for place in law.winners(law.standings(placed, TIES), 1, 30)} == {"c", "d", "e"}
    assert {place.village for place in law.winners(law.standings(placed, TIES), 3, 40.01)} == {"c", "a", "b"}
    assert law.shortlist(law.standings(placed, TIES), 2) == {"c", "a", "d", "e"}


# Padded data ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "at", "beyond"),
    [
        ("duplicates", {"pairs": 8}, {"pairs": 9}),  # 160 registered: 5 % are 8
        ("dates", {"born_after": 0}, {"in_future": 1}),
        ("same_day", {"same_day": 80}, {"same_day": 81}), ("births", {"same_birth": 24}, {"same_birth": 25}),
        ("niks", {"odd": 80}, {"odd": 81}), ("orphans", {"orphans": 0}, {"orphans": 1}),
        ("above_whole", {"active": 200}, {"active": 201}), ("last_week", {"last_week": 48}, {"last_week": 49}),
    ],
)  # fmt: skip
def test_each_sign_has_its_limit_to_the_last_number(reason: str, at: dict[str, int], beyond: dict[str, int]) -> None:
    assert not any(sign.is_out for sign in law.signs(replace(GOOD, **at), RULES, DAY))
    assert [sign.reason for sign in law.signs(replace(GOOD, **beyond), RULES, DAY) if sign.is_out] == [reason]


def test_few_of_a_few_put_no_village_out() -> None:
    few = replace(GOOD, registered=10, verified=8, odd=2, pairs=2, same_birth=3, same_day=10, last_week=9)
    assert not any(sign.is_out for sign in law.signs(few, RULES, DAY))


def test_an_urban_ward_does_not_take_part() -> None:
    assert law.takes_part("64.02.11.2005", RULES, DAY) and not law.takes_part("64.02.06.1001", RULES, DAY)


@pytest.mark.parametrize(
    ("weights", "fault"),
    [
        ({"coverage": 60, "growth": 40}, None), ({"coverage": 60, "growth": 39.9}, "sum"),
        ({"coverage": 100, "gift": 0}, "unknown"), ({"coverage": 110, "growth": -10}, "negative"),
        ({"innovation": 100}, "none_computed"), ({}, "sum"), ({"coverage": 33.3, "growth": 33.3, "quality": 33.4}, None),
    ],
)  # fmt: skip
def test_weights_are_published_only_when_they_make_a_hundred(weights: dict[str, float], fault: str | None) -> None:
    assert law.weights_fault(weights, RULES, DAY) == fault


# Laws -----------------------------------------------------------------------------------------------------------------

counts = st.integers(0, 400)
villages = st.builds(
    Facts, st.just("64.02.11.2005"), eligible=st.none() | counts, active=counts, active_before=st.none() | counts,
    retained=counts, retained_of=counts, apparatus=st.none() | st.integers(0, 30), apparatus_active=st.integers(0, 30),
    village_budget=st.none() | st.integers(0, 10**8), accidents=st.integers(0, 9), in_time=st.integers(0, 9),
    months=st.integers(1, 24), months_met=st.integers(0, 30), registered=counts, verified=counts, odd=counts,
    remoteness=st.none() | st.integers(1, 5),
)  # fmt: skip
weights_ = st.dictionaries(st.sampled_from(sorted(WEIGHTS)), st.integers(0, 100), min_size=1)


@given(villages, weights_)
def test_points_and_scores_lie_between_nothing_and_a_hundred(facts: Facts, weights: dict[str, float]) -> None:
    told = points(facts)
    assert all(each is None or 0 <= each <= 100 for each in told.values())
    assert 0 <= law.computed(told, weights) <= 100


@given(villages, st.integers(1, 400))
@example(replace(GOOD, eligible=30, active=29), 1)
@example(replace(GOOD, eligible=29, active=28), 1)
def test_more_members_never_lower_the_points_for_coverage(facts: Facts, more: int) -> None:
    if facts.eligible is not None and facts.active + more > facts.eligible:
        more = max(0, facts.eligible - facts.active)
    grown = replace(facts, active=facts.active + more)
    assert (points(grown)["coverage"] or 0) >= (points(facts)["coverage"] or 0)


@given(villages)
def test_what_is_left_out_is_never_worth_more_than_full_points(facts: Facts) -> None:
    told = points(facts)
    left = [name for name, each in told.items() if each is None]
    assert law.computed(told, WEIGHTS) <= law.computed(told | dict.fromkeys(left, 100.0), WEIGHTS) + 1e-3


by_criterion = st.fixed_dictionaries(
    {"coverage": st.sampled_from([None, 10.0, 20.0]), "quality": st.sampled_from([1.0, 2.0])}
)  # fmt: skip
placed_ = st.lists(
    st.builds(Placed, st.text("abcdefgh", min_size=3, max_size=6), st.sampled_from(["small_near", "large_near"]),
              st.sampled_from([0.0, 50.0, 50.01, 99.5]), by_criterion),
    unique_by=lambda each: each.village, max_size=12,
)  # fmt: skip


@given(placed_, st.randoms(use_true_random=False))
def test_the_order_of_villages_does_not_matter(placed: list[Placed], random: object) -> None:
    mixed = list(placed)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert law.standings(placed, TIES) == law.standings(mixed, TIES)


@given(placed_)
def test_a_tie_stays_a_tie_and_who_has_more_stands_before(placed: list[Placed]) -> None:
    """Against the slow way: one's rank is one more than those who are better."""

    def key(each: Placed) -> tuple[float, ...]:
        return (each.score, *((each.points.get(name) or 0) for name in TIES))

    for place in law.standings(placed, TIES):
        mine = next(each for each in placed if each.village == place.village)
        better = [each for each in placed if each.band == mine.band and key(each) > key(mine)]
        assert place.rank == len(better) + 1


@given(st.lists(st.integers(0, 100) | st.floats(0, 100), max_size=9), st.randoms(use_true_random=False))
def test_the_order_of_judges_does_not_matter(given_points: list[float], random: object) -> None:
    mixed = list(given_points)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    told = law.mean_of(given_points)
    assert told == law.mean_of(mixed) and told.judges == len(given_points)
    if given_points:
        assert told.lowest is not None and told.mean is not None and told.highest is not None
        assert told.lowest - 1e-4 <= told.mean <= told.highest + 1e-4


@given(st.floats(0, 100), st.dictionaries(st.sampled_from(JUDGED), st.floats(0, 100)))
def test_a_village_that_judges_saw_is_never_below_itself_unseen(computed: float, panel: dict[str, float]) -> None:
    assert law.total(computed, panel, WEIGHTS, JUDGED) >= law.total(computed, {}, WEIGHTS, JUDGED)
