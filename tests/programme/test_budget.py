"""What it costs to protect people: the sums that regencies published, every edge of the discount, and where money ends."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme import budget, months
from programme.budget import Line
from programme.contribution import due
from programme.coverage import assess
from programme.rules import load
from tests.programme.builders import BOTH, Contribution, worker

RULES = load()
PUBLIC = ("apbd_province", "apbd_regency", "apbdes", "dana_desa", "dbh_sawit")
PRIVATE = ("sertakan", "other")
YEAR = months.span("2026-01", "2026-12")


def line(**said):
    told = {"record": "budget:64.09:aaaa", "funding": "apbd_regency", "first": "2026-01", "last": "2026-12", "people": 1,
            "programs": BOTH}  # fmt: skip
    return Line(**(told | said))


@pytest.mark.parametrize(
    ("people", "first", "last", "rupiah"),
    [
        (15_000, "2026-01", "2026-12", 3_024_000_000),  # Penajam Paser Utara, reported 3.024 bn
        (5_000, "2026-01", "2026-12", 1_008_000_000),  # reported 1.008 bn
        (35_440, "2026-10", "2026-12", 1_786_176_000),  # Kutai Kartanegara, reported 1.78 bn
    ],
)
def test_the_published_budgets_come_out_to_the_rupiah(people, first, last, rupiah):
    told = budget.plan(line(people=people, first=first, last=last), RULES)
    assert told.cost == told.needed == rupiah
    assert {month.each.total for month in told.months} == {16_800}
    assert told.person_months == people * len(told.months)
    assert sum(told.parts.values()) == rupiah and told.parts["JKM"] == people * 6_800 * len(told.months)


@pytest.mark.parametrize("funding", PUBLIC)
@pytest.mark.parametrize("sector", ["transport", "other", None])
def test_the_discount_never_leaks_into_cover_that_public_money_pays(funding, sector):
    told = budget.plan(line(funding=funding, first="2025-12", last="2027-04", people=100, sector=sector), RULES)
    assert not told.has_discount and {month.cost for month in told.months} == {1_680_000}
    far = budget.reach(3_024_000_000, YEAR, None, sector, BOTH, funding, RULES)
    assert (far.people, far.left, far.per_person) == (15_000, 0, 201_600)


@pytest.mark.parametrize("funding", PRIVATE)
@pytest.mark.parametrize(
    ("sector", "month", "each"),
    [
        ("other", "2026-03", 16_800), ("other", "2026-04", 8_400), ("other", "2026-12", 8_400), ("other", "2027-01", 16_800),
        ("transport", "2025-12", 16_800), ("transport", "2026-01", 8_400), ("transport", "2027-03", 8_400),
        ("transport", "2027-04", 16_800),
    ],
)  # fmt: skip
def test_who_pays_without_public_money_has_the_discount_while_it_is_in_force(funding, sector, month, each):
    told = budget.plan(line(funding=funding, first=month, last=month, sector=sector), RULES)
    assert told.cost == each and told.has_discount == (each == 8_400)


@pytest.mark.parametrize(("sector", "cheap"), [("other", 1), ("transport", 4)])
def test_a_rule_that_ends_inside_the_period_counts_from_its_month_on(sector, cheap):
    """31 December 2026 and 1 January 2027; 31 March and 1 April 2027."""
    told = budget.plan(line(funding="sertakan", first="2026-12", last="2027-04", people=10, sector=sector), RULES)
    assert [month.cost for month in told.months] == [84_000] * cheap + [168_000] * (5 - cheap)
    assert any("discount" in used.id for used in told.rules)


def test_money_that_ends_in_month_five_pays_for_as_many_as_it_can_and_for_nobody_after():
    told = budget.plan(line(people=1_000, amount=4 * 16_800_000 + 5_000_000), RULES)
    assert [month.people for month in told.months] == [1_000] * 4 + [297] + [0] * 7
    assert (told.lasts_until, told.ends) == ("2026-04", "2026-05")
    assert told.left == 5_000_000 - 297 * 16_800 == told.months[-1].left
    assert told.lacking == told.needed - told.cost > 0


def test_a_line_that_says_no_people_protects_as_many_as_its_sum_pays_for():
    told = budget.plan(line(people=None, amount=3_024_100_000), RULES)
    assert (told.people, told.left, told.ends, told.lasts_until) == (15_000, 100_000, None, "2026-12")


def test_a_line_for_nobody_and_a_line_whose_months_are_turned_round_cost_nothing():
    assert budget.plan(line(people=0), RULES).cost == 0
    turned = budget.plan(line(first="2026-12", last="2026-01"), RULES)
    assert (turned.cost, turned.months, turned.ends) == (0, (), None)


@given(
    st.integers(0, 3_000), st.one_of(st.none(), st.integers(0, 10**9)), st.integers(0, 30), st.integers(1, 24),
    st.sampled_from(PUBLIC + PRIVATE), st.sampled_from([None, "transport", "other"]), st.sampled_from([None, 0, 1_100_000]),
)  # fmt: skip
def test_no_more_is_spent_than_there_is_and_no_rupiah_is_lost(people, amount, start, length, funding, sector, income):
    first = months.number("2025-06") + start
    told = budget.plan(
        line(people=people, amount=amount, first=months.text(first), last=months.text(first + length - 1), funding=funding,
             sector=sector, income=income), RULES,
    )  # fmt: skip
    slow = 0
    for month in told.months:
        each = due(income, sector, BOTH, funding, month.month, RULES).total
        assert month.cost == month.people * each == sum(month.parts.values()) and month.people <= people
        slow += month.cost
    assert told.cost == slow == sum(told.parts.values())
    if amount is not None:
        assert told.cost + told.left == amount and told.left >= 0
    counts = [month.people for month in told.months]
    assert counts == sorted(counts, reverse=True)
    assert (told.ends is None) == (counts == [people] * length or people == 0)


@given(st.integers(0, 10**10), st.integers(1, 40_000), st.sampled_from(PUBLIC + PRIVATE))
def test_how_far_a_sum_goes_leaves_less_than_the_next_person_or_month_costs(amount, people, funding):
    far = budget.reach(amount, YEAR, None, "other", BOTH, funding, RULES)
    assert far.spent + far.left == amount and 0 <= far.left < far.per_person
    long = budget.lasts(amount, people, "2026-01", None, "other", BOTH, funding, RULES)
    assert long.spent + long.left == amount and (long.next_due is None or long.left < long.next_due)
    assert long.months == 0 or long.until == months.text(months.number("2026-01") + long.months - 1)


def test_how_long_a_sum_lasts_goes_by_the_rules_of_each_month():
    told = budget.lasts(10 * (9 * 8_400 + 3 * 16_800 + 2 * 16_800), 10, "2026-04", None, "other", BOTH, "sertakan", RULES)
    assert (told.months, told.until, told.left, told.next_due) == (14, "2027-05", 0, 168_000)


def test_several_sources_are_spent_in_their_order_and_nobody_is_paid_from_two():
    shares, without = budget.in_order(
        1_000, YEAR, [("dbh_sawit", 100_000_000), ("apbd_regency", 50_000_000), ("apbdes", 10**9)], None, None, BOTH, RULES
    )
    assert [share.people for share in shares] == [496, 248, 256] and without == 0
    assert [share.left for share in shares] == [100_000_000 - 496 * 201_600, 50_000_000 - 248 * 201_600,
                                                10**9 - 256 * 201_600]  # fmt: skip
    assert budget.in_order(10, YEAR, [], None, None, BOTH, RULES) == ([], 10)


def test_lines_together_count_people_of_one_month_once_a_month():
    half = budget.plan(line(people=100, last="2026-06"), RULES)
    rest = budget.plan(line(people=80, first="2026-07", funding="apbdes"), RULES)
    both = budget.totals([half, rest])
    assert both.people == 100 and both.person_months == 600 + 480 and both.cost == half.cost + rest.cost
    assert both.by_funding == {"apbd_regency": half.cost, "apbdes": rest.cost}
    assert both.by_month["2026-06"] == (100, 1_680_000) and both.by_month["2026-07"] == (80, 1_344_000)
    assert both.a_month == -(-both.cost // 12) and budget.totals([]).a_month == 0


@pytest.mark.parametrize("last", ["2026-05", "2026-11", "2026-12", "2027-01"])
def test_cover_lapses_on_the_day_on_which_the_law_of_coverage_says_so(last):
    told = budget.lapse(last, RULES)
    man = worker(registered_on="2026-01-05", verified_on="2026-01-06")
    paid = [Contribution("c", man.record, tuple(months.span("2026-01", last)), BOTH, "apbd_regency", 1, True, None)]

    def state(day):
        return assess(man, paid, RULES, day).state

    assert (state(told.arrears_on - timedelta(days=1)), state(told.arrears_on)) == ("active", "in_arrears")
    assert (state(told.inactive_on - timedelta(days=1)), state(told.inactive_on)) == ("in_arrears", "inactive")
    assert told.unpaid == 3
