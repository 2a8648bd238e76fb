"""What is due: at every edge of income, of time and of who pays."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme import months
from programme.contribution import due, sum_due
from programme.rules import NoRule, load
from tests.programme.builders import ALL, BOTH

RULES = load()
YEAR_2028 = months.span("2028-01", "2028-12")  # no discount is in force


@pytest.mark.parametrize(
    ("income", "base", "two", "three"),
    [
        (None, 1_000_000, 16_800, 36_800),
        (0, 1_000_000, 16_800, 36_800),
        (1_099_000, 1_000_000, 16_800, 36_800),
        (1_099_500, 1_000_000, 16_800, 36_800),  # between two printed rows
        (1_099_999, 1_000_000, 16_800, 36_800),
        (1_100_000, 1_200_000, 18_800, 42_800),
        (2_699_999, 2_600_000, 32_800, 84_800),
        (2_700_000, 2_950_000, 36_300, 95_300),
        (3_200_000, 3_450_000, 41_300, 110_300),
        (3_700_000, 3_950_000, 46_300, 125_300),
        (4_200_000, 4_450_000, 51_300, 140_300),
        (7_700_000, 7_950_000, 86_300, 245_300),
        (8_199_999, 7_950_000, 86_300, 245_300),
        (8_200_000, 8_700_000, 93_800, 267_800),
        (20_199_999, 19_700_000, 203_800, 597_800),
        (20_200_000, 20_700_000, 213_800, 627_800),
        (10**12, 20_700_000, 213_800, 627_800),
    ],
)
def test_the_tier_is_chosen_by_its_lower_bound(income, base, two, three):
    assert due(income, "other", BOTH, "self", "2028-01", RULES).total == two
    savings_too = due(income, "other", ALL, "self", "2028-01", RULES)
    assert (savings_too.base, savings_too.total) == (base, three)


@pytest.mark.parametrize(
    ("sector", "month", "total"),
    [
        ("transport", "2025-12", 16_800),
        ("transport", "2026-01", 8_400),
        ("transport", "2026-12", 8_400),
        ("transport", "2027-01", 8_400),
        ("transport", "2027-03", 8_400),
        ("transport", "2027-04", 16_800),
        ("other", "2026-03", 16_800),
        ("other", "2026-04", 8_400),
        ("other", "2026-12", 8_400),  # up to 31 December 2026
        ("other", "2027-01", 16_800),  # from 1 January 2027
        ("other", "2027-03", 16_800),
        ("other", "2027-04", 16_800),
        (None, "2026-12", 8_400),  # an occupation nobody knows is no transport
        (None, "2027-01", 16_800),
    ],
)
def test_the_discount_begins_and_ends_on_its_days(sector, month, total):
    owed = due(900_000, sector, BOTH, "self", month, RULES)
    assert owed.total == total
    assert owed.discount == ("applied" if total == 8_400 else "not_in_force")
    assert owed.full == 16_800


@pytest.mark.parametrize(
    ("funding", "total", "sure"),
    [
        ("apbd_province", 16_800, True),
        ("apbd_regency", 16_800, True),
        ("dbh_sawit", 16_800, False),
        ("dana_desa", 16_800, False),
        ("apbdes", 16_800, False),
        ("self", 8_400, True),
        (None, 8_400, True),
        ("sertakan", 8_400, False),
        ("other", 8_400, False),
    ],
)
def test_the_discount_does_not_leak_into_public_money(funding, total, sure):
    for sector in ("transport", "other"):
        owed = due(900_000, sector, BOTH, funding, "2026-12", RULES)
        assert (owed.total, owed.verified) == (total, sure)
        assert owed.discount == ("public_money" if total == 16_800 else "applied")


def test_old_age_savings_are_not_discounted():
    owed = due(900_000, "other", ALL, "self", "2026-12", RULES)
    assert owed.parts == {"JKK": 5_000, "JKM": 3_400, "JHT": 20_000} and owed.total == 28_400
    alone = due(900_000, "other", {"JHT"}, "self", "2026-12", RULES)
    assert (alone.total, alone.discount) == (20_000, "not_for_these_programs")


def test_a_sum_names_the_rules_it_rests_on_and_how_sure_they_are():
    owed = due(900_000, "transport", BOTH, "self", "2026-12", RULES)
    named = [used.id for used in owed.rules]
    assert named == ["tiers-2015:0", "jkk-2015", "jkm-2015", "discount-transport-2026", "payer-self"]
    assert owed.verified and all(used.source for used in owed.rules)
    middle = due(4_500_000, "other", BOTH, "self", "2028-01", RULES)
    assert not middle.verified and middle.rules[0].confidence == "1"


def test_amounts_are_whole_rupiah_in_every_tier_also_when_halved():
    for tier in RULES.on("tiers", "2026-12").value:
        for rate in (RULES.on(f"rate_{name}", "2026-12").value for name in ("jkk", "jkm", "jht")):
            hundredfold = tier["base"] * rate["percent"] if "percent" in rate else rate["rupiah"] * 100
            assert hundredfold % 200 == 0


def test_what_the_rules_do_not_know_is_refused():
    for wrong in (
        lambda: due(-1, "other", BOTH, "self", "2026-12", RULES),
        lambda: due(0, "other", {"JKK", "JP"}, "self", "2026-12", RULES),
        lambda: due(0, "other", BOTH, "somebody", "2026-12", RULES),
        lambda: due(0, "other", BOTH, "self", "2026-13", RULES),
    ):
        with pytest.raises(ValueError):
            wrong()
    with pytest.raises(NoRule):
        due(0, "other", BOTH, "self", "2015-06", RULES)


@pytest.mark.parametrize(
    ("people", "over", "rupiah"),
    [
        (15_000, months.span("2026-01", "2026-12"), 3_024_000_000),  # Penajam Paser Utara, reported 3.024 bn
        (5_000, months.span("2026-01", "2026-12"), 1_008_000_000),  # reported 1.008 bn
        (35_440, months.span("2026-10", "2026-12"), 1_786_176_000),  # Kutai Kartanegara, reported 1.78 bn
    ],
)
def test_a_budget_of_the_regency_is_people_times_months_in_full(people, over, rupiah):
    assert sum_due(people, over, None, "other", BOTH, "apbd_regency", RULES) == rupiah


def test_a_year_that_meets_the_end_of_the_discount_is_summed_by_each_months_own_rule():
    over = months.span("2026-11", "2027-02")
    assert sum_due(1, over, 0, "other", BOTH, "self", RULES) == 2 * 8_400 + 2 * 16_800
    assert sum_due(1, over, 0, "transport", BOTH, "self", RULES) == 4 * 8_400


@given(st.integers(0, 30_000_000), st.integers(0, 30_000_000), st.sampled_from(YEAR_2028))
def test_who_earns_more_never_owes_less(one, other, month):
    less, more = sorted([one, other])
    owed = [due(income, "other", ALL, "self", month, RULES) for income in (less, more)]
    assert owed[0].total <= owed[1].total
    assert isinstance(owed[0].parts, Mapping) and sum(owed[0].parts.values()) == owed[0].total
