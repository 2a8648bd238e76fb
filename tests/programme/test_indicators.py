"""Figures of places, and the rate that is never made prettier than it is."""

import pytest

from programme.coverage import by_month
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
    letters = [by_month(who, payments, RULES, "2025-12", on("2026-11-30")) for who, payments in people]
    told = tally(letters, "2025-12")
    assert told["2025-12"] == Figures()
    assert told["2026-11"] == Figures(
        registered=5, active=1, in_arrears=2, inactive=1, proposed=1, covered=1, unconfirmed=1, ended=1, incomplete=1
    )
    assert told["2026-10"].active == 4 and told["2026-10"].in_arrears == 1 and told["2026-10"].ended == 0


def test_before_the_due_day_active_and_covered_differ():
    people = [[paid("2026-10..2026-11")], [paid("2026-10")], [paid("2026-10"), paid("2026-11", confirmed=False)]]
    letters = [by_month(worker(), payments, RULES, "2026-10", on("2026-11-15")) for payments in people]
    november = tally(letters, "2026-10")["2026-11"]
    assert (november.active, november.covered, november.unconfirmed) == (3, 1, 1)


def test_a_database_may_count_the_letters_itself():
    letters = ["aab", "aar", "aaR", "---", "??e"]
    counted = tally({"aab": 1, "aar": 1, "aaR": 1, "---": 1, "??e": 1}, "2026-09")
    assert counted == tally(letters, "2026-09")
    assert counted["2026-11"] == figures({"b": 1, "r": 1, "R": 1, "-": 1, "e": 1})


def test_every_letter_is_counted_in_exactly_one_state():
    for letter in "abBrRiIwWpP":
        told = figures({letter: 3})
        assert told.registered == 3 and told.unconfirmed == (3 if letter.isupper() else 0)
    for letter, name in {"e": "ended", "?": "incomplete", "s": "segment", "g": "age"}.items():
        assert figures({letter: 3}) == Figures(**{name: 3})
    assert figures({"-": 3}) == Figures()


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
