"""Figures of places, and the rate that is never made prettier than it is."""

from importlib import resources

import pytest

from programme import rules
from programme.coverage import Months, months_of
from programme.indicators import Figures, eligible_on, figures, rate, rate_over, tally
from programme.rules import load
from tests.programme.builders import on, paid, worker

RULES = load()


def test_a_village_of_seven_is_counted_by_hand():
    people = [
        (worker(), [paid("2026-01..2026-11")]),
        (worker(), [paid("2026-01..2026-10")]),
        (worker(), [paid("2026-01..2026-10"), paid("2026-11", confirmed=False)]),
        (worker(), [paid("2026-08")]),
        (worker(verified_on=None), []),
        (worker(complete=False), [paid("2026-01..2026-11")]),
        (worker(ended_on="2026-11-02", ended_why="deceased"), [paid("2026-01..2026-11")]),
    ]
    told = tally([months_of(who, payments, RULES, "2025-12", on("2026-11-30")) for who, payments in people], "2025-12")
    assert told["2025-12"] == Figures()
    assert told["2026-11"] == Figures(
        registered=5, active=1, in_arrears=2, inactive=1, proposed=1, covered=1, unconfirmed=1, ended=1, incomplete=1,
        jkk=1, jkm=1,
    )  # fmt: skip
    assert told["2026-10"].active == 4 and told["2026-10"].in_arrears == 1 and told["2026-10"].ended == 0


def test_before_the_due_day_active_and_covered_differ():
    people = [[paid("2026-10..2026-11")], [paid("2026-10")], [paid("2026-10"), paid("2026-11", confirmed=False)]]
    told = [months_of(worker(), payments, RULES, "2026-10", on("2026-11-15")) for payments in people]
    november = tally(told, "2026-10")["2026-11"]
    assert (november.active, november.covered, november.unconfirmed) == (3, 1, 1)
    assert (november.jkk, november.jkm, november.jht) == (3, 3, 0)


def test_a_database_may_count_the_stories_itself():
    one, other = Months("aar", "330"), Months("ssb", "003", "wage_earner")
    counted = tally({one: 2, other: 1}, "2026-09")
    assert counted == tally([one, other, one], "2026-09")
    assert counted["2026-09"] == figures({("a", "3", None): 2, ("s", "0", "wage_earner"): 1})


def test_every_letter_is_counted_in_exactly_one_state():
    for letter in "abBrRiIwWpP":
        told = figures({(letter, "0", None): 3})
        assert told.registered == 3 and told.unconfirmed == (3 if letter.isupper() else 0)
    for letter, name in {"e": "ended", "?": "incomplete", "s": "segment", "g": "age"}.items():
        assert figures({(letter, "0", None): 3}) == Figures(**{name: 3})
    assert figures({("-", "0", None): 3}) == Figures()


@pytest.mark.parametrize(
    ("digit", "counted"),
    [("0", (0, 0, 0)), ("1", (3, 0, 0)), ("2", (0, 3, 0)), ("4", (0, 0, 3)), ("5", (3, 0, 3)), ("7", (3, 3, 3))],
)
def test_each_programme_is_counted_by_itself(digit, counted):
    told = figures({("i", digit, None): 3})
    assert (told.jkk, told.jkm, told.jht) == counted and told.registered == 3


def test_wage_earners_and_village_apparatus_are_told_apart_and_in_no_rate_of_informal_workers():
    payments = [paid("2026-01..2026-11", programs={"JHT", "JKK", "JKM"})]
    people = [
        (worker(segment="wage_earner"), payments),
        (worker(segment="wage_earner"), []),
        (worker(segment="apparatus", complete=False), payments),
        (worker(segment="apparatus"), [paid("2026-11", programs={"JKK"})]),
        (worker(segment="bpu"), payments),
    ]
    told = [months_of(who, made, RULES, "2026-01", on("2026-11-30")) for who, made in people]
    assert [one.segment for one in told] == ["wage_earner", "wage_earner", "apparatus", "apparatus", None]
    november = tally(told, "2026-01")["2026-11"]
    assert november == Figures(
        registered=1, active=1, covered=1, segment=4, jkk=1, jkm=1, jht=1, wage_earners=2, wage_earners_active=1,
        apparatus=2, apparatus_active=1,
    )  # fmt: skip


def test_more_members_than_workers_is_told_as_a_problem_of_the_denominator():
    kutai_timur = rate(77_074, 51_086)
    assert kutai_timur.flag == "denominator"
    assert round(kutai_timur.value, 4) == 1.5087
    assert rate(12, 10).value == 1.2 and rate(12, 10).flag == "denominator"


@pytest.mark.parametrize(("active", "eligible"), [(5, None), (0, None), (0, 0)])
def test_without_a_denominator_there_is_no_rate(active, eligible):
    assert rate(active, eligible).value is None and rate(active, eligible).flag is None


def test_members_of_a_village_without_workers_are_a_problem_of_the_denominator():
    assert (rate(3, 0).value, rate(3, 0).flag) == (None, "denominator")


def test_kutai_timurs_reported_150_percent_is_flagged_and_stands_as_it_is():
    """77,074 members of 51,086 workers: the newspaper's figures, see the domain notes."""
    told = rate_over([(77_074, 51_086)])
    assert (told.active, told.eligible, told.flag, told.interval) == (77_074, 51_086, "denominator", None)
    assert f"{told.value:.2%}" == "150.87%" and told.value > 1.5


def test_the_limit_of_small_villages_is_that_of_the_day_that_is_told():
    of_its_time = read_with_limit_of_50_from_2027()
    assert rate(15, 40, of_its_time, on("2026-12-31")).value == 0.375
    assert rate(15, 40, of_its_time, on("2027-01-01")).flag == "small"
    assert rate(15, 40, of_its_time).flag == "small", "figures of today are shown by the newest"


def read_with_limit_of_50_from_2027():
    text = (resources.files(rules) / "coverage.toml").read_text("utf-8")
    old = next(row for row in text.split("[[rule]]") if '"small_below"' in row)
    closed = old.replace("value = 30", "valid_to = 2026-12-31\nvalue = 30")
    new = old.replace('id = "small-village"', 'id = "new"\nvalid_from = 2027-01-01').replace("value = 30", "value = 50")
    return rules.read([text.replace(old, f"{closed}[[rule]]{new}")])


def test_a_small_village_shows_counts_and_an_interval_only():
    small, large = rate(15, 29), rate(15, 30)
    assert (small.active, small.eligible, small.value, small.flag) == (15, 29, None, "small")
    low, high = small.interval
    assert low < 15 / 29 < high and high - low > 0.3
    assert (large.value, large.interval, large.flag) == (0.5, None, None)
    assert rate(0, 5).interval[0] == 0 and rate(0, 5).interval[1] > 0.3
    assert rate(5, 5).interval[1] == 1


def test_a_month_without_a_denominator_takes_the_latest_before_it():
    entered = ["2026-01", "2026-06"]
    asked = ["2025-12", "2026-01", "2026-05", "2026-06", "2026-11"]
    assert [eligible_on(entered, month) for month in asked] == [None, "2026-01", "2026-01", "2026-06", "2026-06"]


def test_a_village_that_nobody_counted_does_not_lift_the_rate_of_its_kecamatan():
    kecamatan = rate_over([(40, 100), (30, None), (10, 100)])
    assert (kecamatan.active, kecamatan.eligible, kecamatan.value, kecamatan.without) == (50, 200, 0.25, 1)
    assert rate_over([(30, None)]).value is None and rate_over([]).eligible is None
    assert rate_over([(150, 100), (150, 50)]).flag == "denominator"
