"""Indicators of an evaluation by hand, and what an outreach session is credited with beside a slow and obvious twin."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from programme import evaluation as e
from programme import months
from programme.evaluation import Counted, Credit, Session
from programme.rules import Rules, load
from schemas.kinds.evaluating import INDICATORS

RULES = load()
FIRST = date(2026, 3, 1)


def told(name: str, **counted: int | None) -> e.Result:
    return e.measured(Counted(**counted), RULES)[name]


# Indicators -----------------------------------------------------------------------------------------------------------


def test_every_indicator_that_a_desk_may_set_a_target_for_has_its_formula_and_its_words() -> None:
    assert tuple(e.FORMULAS) == INDICATORS == tuple(e.ABOUT) == e.INDICATORS


@pytest.mark.parametrize(
    ("name", "counted", "value", "numerator", "denominator"),
    [
        ("rate", {"active_there": 60, "eligible": 120}, 0.5, 60, 120),
        ("rate", {"active_there": 77_074, "eligible": 51_086}, 77_074 / 51_086, 77_074, 51_086),
        ("active", {"active": 42}, 42, 42, None),
        ("growth", {"active": 150, "before": 120}, 0.25, 30, 120),
        ("growth", {"active": 90, "before": 120}, -0.25, -30, 120),
        ("retention", {"retained": 45, "retained_of": 60}, 0.75, 45, 60),
        ("arrears", {"active": 90, "in_arrears": 10}, 0.1, 10, 100),
        ("verified", {"verified": 88, "verified_of": 110}, 0.8, 88, 110),
        ("unconfirmed", {"covered": 95, "unconfirmed": 5}, 0.05, 5, 100),
        ("claims_in_time", {"accidents": 4, "in_time": 3}, 0.75, 3, 4),
        ("conversions", {"attendance": 40, "registered": 10}, 0.25, 10, 40),
        ("apparatus", {"apparatus": 12, "apparatus_active": 9}, 0.75, 9, 12),
    ],
)  # fmt: skip
def test_staff_can_work_every_indicator_out_by_hand(name, counted, value, numerator, denominator) -> None:
    result = told(name, **counted)
    assert result.value == pytest.approx(value)
    assert (result.numerator, result.denominator, result.why) == (numerator, denominator, None)


def test_kutai_timurs_150_percent_is_told_and_flagged_and_never_cut() -> None:
    result = told("rate", active_there=77_074, eligible=51_086)
    assert result.flag == "denominator" and round(result.value or 0, 2) == 1.51


@pytest.mark.parametrize("name", INDICATORS)
def test_where_nothing_was_counted_it_is_said_why_and_no_number_is_made_up(name: str) -> None:
    nothing, unkept = told(name), told(name, **dict.fromkeys(e.COUNTED))
    assert unkept.value is None and unkept.why == "not_kept"
    if name != "active":
        assert nothing.value is None and nothing.why in ("nothing_yet", "no_denominator")


def test_a_village_of_few_workers_has_an_interval_and_is_judged_by_the_whole_of_it() -> None:
    few = told("rate", active_there=20, eligible=22)
    assert few.value is None and few.why == "small" and few.interval is not None
    assert e.judged(few, 50).verdict == "met"
    assert e.judged(few, 90).verdict == "unknown"
    assert e.judged(few, 99.9).verdict == "missed"


@pytest.mark.parametrize(
    ("name", "counted", "target", "verdict"),
    [
        ("rate", {"active_there": 50, "eligible": 100}, 50, "met"),
        ("rate", {"active_there": 49, "eligible": 100}, 50, "missed"),
        ("rate", {"active_there": 2, "eligible": 0}, 50, "unknown"),
        ("arrears", {"active": 90, "in_arrears": 10}, 10, "met"),
        ("arrears", {"active": 89, "in_arrears": 11}, 10, "missed"),
        ("active", {"active": 420}, 420, "met"), ("active", {"active": 419}, 420, "missed"),
        ("retention", {"retained": 2, "retained_of": 3}, 66.7, "met"),  # told as 66.7 %
        ("growth", {"active": 10, "before": 0}, 5, "unknown"),
    ],
)  # fmt: skip
def test_a_target_is_reached_from_its_own_number_on_and_of_arrears_up_to_it(name, counted, target, verdict) -> None:
    assert e.judged(told(name, **counted), target).verdict == verdict


def test_what_has_no_target_has_no_verdict() -> None:
    assert e.judged(told("active", active=3), None) == e.Judged(told("active", active=3), None, None)


numbers = st.integers(0, 10_000)
places = st.lists(st.builds(Counted, **dict.fromkeys(e.COUNTED, numbers)), min_size=1, max_size=5)


@given(places)
def test_a_region_is_the_sum_of_its_parts(parts: list[Counted]) -> None:
    whole = sum(parts[1:], parts[0])
    for name in ("arrears", "retention", "conversions", "claims_in_time"):
        results = [e.measured(part, RULES)[name] for part in parts]
        assert e.measured(whole, RULES)[name].numerator == sum(each.numerator or 0 for each in results)
        assert e.measured(whole, RULES)[name].denominator == sum(each.denominator or 0 for each in results)


def test_what_was_not_kept_of_one_part_is_not_known_of_the_whole() -> None:
    assert (Counted(active=3) + Counted(active=None)).active is None


# Retention ------------------------------------------------------------------------------------------------------------

NOVEMBER = months.number("2026-11")


@pytest.mark.parametrize(
    ("first", "letters", "stayed", "were"),
    [
        ("2025-12", "aaaaaaaaaaaa", 1, 1), ("2025-12", "aaaaaaaaaaab", 1, 1), ("2025-10", "ppaaaaaaaaaaaa", 1, 1),
        ("2025-12", "aaaaaraaaaaa", 0, 1),  # one missed month breaks it, whatever came after
        ("2025-12", "aaaaaaaaaaae", 0, 1), ("2026-01", "aaaaaaaaaaa", 0, 0), ("2025-12", "raaaaaaaaaaa", 0, 0),
        ("2025-12", "aaaaa", 0, 1), ("2026-12", "a", 0, 0),
    ],
)  # fmt: skip
def test_who_was_active_in_each_of_twelve_months_stayed(first: str, letters: str, stayed: int, were: int) -> None:
    assert e.retention([(months.number(first), letters, 1)], NOVEMBER, RULES) == (stayed, were)


def test_workers_of_one_history_are_counted_together() -> None:
    stories = [(months.number("2025-12"), "a" * 12, 7), (months.number("2025-12"), "a" * 11 + "r", 3)]
    assert e.retention(stories, NOVEMBER, RULES) == (7, 10)


# Accidents ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "reported", "in_time"),
    [
        ("2026-11-20", "2026-11-20", True), ("2026-11-20", "2026-11-22", True),  # Friday to Sunday: holidays count too
        ("2026-11-20", "2026-11-23", False), ("2026-12-31", "2027-01-02", True), ("2026-12-31", "2027-01-03", False),
    ],
)  # fmt: skip
def test_an_accident_is_reported_in_time_up_to_two_days_later_over_a_weekend_too(event, reported, in_time) -> None:
    assert e.in_time(date.fromisoformat(event), date.fromisoformat(reported), RULES) is in_time


def test_an_accident_is_held_to_the_term_that_stood_on_its_day() -> None:
    now = RULES.on("accident_report_hours", FIRST)
    until = replace(now, valid_to=date(2027, 6, 30)), replace(now, valid_from=date(2027, 7, 1), value=24)
    rules = Rules({**RULES.by_name, now.name: until})
    days = [date(2027, 6, 30), date(2027, 7, 1)]
    assert [e.in_time(day, day + timedelta(days=2), rules) for day in days] == [True, False]


def test_an_accident_that_nobody_has_reported_is_neither_in_time_nor_late() -> None:
    assert e.in_time(FIRST, None, RULES) is None


def test_feedback_waits_too_long_on_the_day_after_its_days() -> None:
    assert e.overdue_from(date(2026, 11, 1), RULES) == date(2026, 11, 16)


# Conversions ----------------------------------------------------------------------------------------------------------


def test_two_sessions_that_overlap_share_the_workers_and_count_nobody_twice() -> None:
    sessions = [Session("a-1", FIRST), Session("a-2", FIRST + timedelta(days=10))]
    came = [FIRST, FIRST + timedelta(days=9), FIRST + timedelta(days=10), FIRST + timedelta(days=40)]
    assert e.conversions(sessions, came, [], RULES) == {"a-1": Credit(2, 0), "a-2": Credit(2, 0)}


def test_who_came_before_any_session_or_long_after_it_is_nobodys() -> None:
    came = [FIRST - timedelta(days=1), FIRST + timedelta(days=31)]
    assert e.conversions([Session("a-1", FIRST)], came, came, RULES) == {"a-1": Credit()}


def twin(sessions: list[Session], days: list[date], long: int) -> dict[str, int]:
    """Each worker by himself looks through all sessions."""
    found = {session.record: 0 for session in sessions}
    for day in days:
        near = [session for session in sessions if 0 <= (day - session.on).days]
        if near:
            last = max(session.on for session in near)
            if (day - last).days <= long:
                found[min(session.record for session in near if session.on == last)] += 1
    return found


some_days = st.integers(-20, 120).map(lambda days: FIRST + timedelta(days=days))
some_sessions = st.lists(some_days, max_size=6).map(
    lambda days: [Session(f"k7f3q2-{number}", day) for number, day in enumerate(days)]
)


@given(some_sessions, st.lists(some_days, max_size=20), st.lists(some_days, max_size=20))
@example([Session("k7f3q2-2", FIRST), Session("k7f3q2-1", FIRST)], [FIRST], [FIRST])
def test_each_worker_is_credited_to_the_last_session_before_him_once(sessions, registered, activated) -> None:
    long = RULES.latest("conversion_days").value
    credits = e.conversions(sessions, registered, activated, RULES)
    assert {record: each.registered for record, each in credits.items()} == twin(sessions, registered, long)
    assert {record: each.activated for record, each in credits.items()} == twin(sessions, activated, long)
    assert sum(each.registered for each in credits.values()) <= len(registered)


@given(some_sessions, st.lists(some_days, max_size=20))
def test_the_order_in_which_phones_send_sessions_does_not_matter(sessions, registered) -> None:
    assert e.conversions(sessions, registered, [], RULES) == e.conversions(sessions[::-1], registered[::-1], [], RULES)
