"""Out of which money a payment came, and whom two pay for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme import funding, months

JAN = months.number("2026-01")


def name(decree="decree:64.02:aaaa", budget="budget:64.02:aaaa", payer="apbd_regency", first="2026-01", last="2026-12",
         state="signed", revoked_on=None, removed_on=None):  # fmt: skip
    return funding.named(f"of:{decree}", decree, budget, payer, first, last, state, revoked_on, removed_on)


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ({}, (JAN, JAN + 11)), ({"state": "draft"}, None), ({"state": "proposed"}, None),
        ({"state": "revoked", "revoked_on": "2026-06-01"}, (JAN, JAN + 4)), ({"removed_on": "2026-06-30"}, (JAN, JAN + 4)),
        ({"removed_on": "2026-03-01", "revoked_on": "2026-02-28", "state": "revoked"}, (JAN, JAN)),
        ({"removed_on": "2026-01-31"}, None), ({"removed_on": "2025-12-31"}, None), ({"removed_on": "2027-05-01"},
                                                                                   (JAN, JAN + 11)),
        ({"last": "2025-12"}, None),
    ],
)  # fmt: skip
def test_a_name_stands_until_the_month_before_it_is_taken_off(said, stands):
    told = name(**said)
    assert (told and (told.first, told.last)) == stands


@given(st.integers(0, 10**9), st.lists(st.integers(JAN, JAN + 23).map(months.text), min_size=1, max_size=24))
def test_the_months_of_a_payment_hold_all_of_it_and_differ_by_a_rupiah_at_most(amount, over):
    told = funding.shares(amount, over)
    sums = [rupiah for _, rupiah in told]
    assert sum(sums) == amount and max(sums) - min(sums) <= 1
    assert [month for month, _ in told] == sorted({months.number(month) for month in over})


def test_a_payment_that_names_no_line_goes_to_that_of_the_only_decree_by_which_this_payer_pays():
    regency, province = name(), name("decree:64:bbbb", "budget:64:bbbb", "apbd_province")
    assert funding.line_of([regency, province], "apbd_regency", JAN) == "budget:64.02:aaaa"
    assert funding.line_of([regency, province], "apbd_province", JAN) == "budget:64:bbbb"
    assert funding.line_of([regency, province], "self", JAN) is None
    assert funding.line_of([regency], "apbd_regency", JAN - 1) is None
    other = name("decree:64.02:cccc", "budget:64.02:cccc", first="2026-06")
    assert funding.line_of([regency, other], "apbd_regency", JAN + 4) == "budget:64.02:aaaa"
    assert funding.line_of([regency, other], "apbd_regency", JAN + 5) is None  # nobody can say which


def test_two_decrees_pay_twice_in_the_months_in_which_both_stand():
    first, second = name(last="2026-06"), name("decree:64:bbbb", payer="apbd_province", first="2026-05")
    told = funding.doubles([second, first], [])
    assert [(one.decree, other.decree, lo, hi) for one, other, lo, hi in told.decrees] == [
        ("decree:64.02:aaaa", "decree:64:bbbb", JAN + 4, JAN + 5)
    ]
    assert told.months == (JAN + 4, JAN + 5)
    apart = funding.doubles([name(last="2026-06"), name("decree:64:bbbb", first="2026-07")], [])
    assert apart.decrees == () and apart.months is None


def test_who_stands_on_one_list_under_two_records_is_paid_for_twice():
    assert funding.doubles([name(), name()], []).months is None  # the same name, told twice
    other = funding.named("of:his-other-record", "decree:64.02:aaaa", None, "apbd_regency", "2026-01", "2026-12", "signed",
                          None, None)  # fmt: skip
    assert funding.doubles([name(), other], []).months == (JAN, JAN + 11)


def test_two_payers_of_one_month_are_told_and_two_payments_of_one_payer_are_not():
    told = funding.doubles([], [(JAN, "self"), (JAN, "apbd_regency"), (JAN + 1, "self"), (JAN + 1, "self")])
    assert told.paid == ((JAN, ("apbd_regency", "self")),) and told.months == (JAN, JAN)
