"""The story of a membership says of every day what coverage says of it, and tells what was known besides what is."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from programme.coverage import assess, by_month
from programme.membership import Known, Said, due, story
from programme.rules import load
from tests.programme.builders import on, paid, worker
from tests.programme.test_coverage_laws import FIRST, LAST, days, payments, workers

RULES = load()


def told(steps):
    return [(step.state, step.arrears, step.since.isoformat(), step.why, step.month) for step in steps]


def known(since, who, *payments):
    return Known(on(since), who, payments)


def test_a_payment_that_is_confirmed_later_is_told_both_ways():
    """Registered 5 January, verified the 20th; January confirmed at once, February only on 10 May."""
    who, january = worker(), paid("2026-01")
    before = replace(who, verified_on=None)
    late = replace(paid("2026-02..2026-04"), record="late")
    history = [
        known("2026-01-05", before), known("2026-01-20", who), known("2026-01-28", who, january),
        known("2026-05-10", who, january, late),
    ]  # fmt: skip
    it = story(history, RULES, on("2026-05-20"))
    assert told(it.now) == [
        ("active", 0, "2026-01-05", "paid", "2026-01"),
        ("in_arrears", 1, "2026-05-16", "overdue", "2026-05"),
    ]
    assert (it.now[0].known_on, it.now[0].told) == (on("2026-01-28"), Said("proposed", 0))
    assert told(it.then) == [
        ("proposed", 0, "2026-01-05", "registered", None),
        ("awaiting_payment", 0, "2026-01-20", "verified", None),
        ("active", 0, "2026-01-28", "paid", "2026-01"),
        ("in_arrears", 1, "2026-02-16", "overdue", "2026-02"),
        ("in_arrears", 2, "2026-03-16", "overdue", "2026-03"),
        ("inactive", 0, "2026-04-16", "overdue", "2026-04"),
        ("active", 0, "2026-05-10", "paid", "2026-04"),
        ("in_arrears", 1, "2026-05-16", "overdue", "2026-05"),
    ]
    assert [step.learned for step in it.then] == [False, True, True, False, False, False, True, False]
    assert (it.first_active, it.active_since) == (on("2026-01-01"), None)


def test_the_third_unpaid_month_ends_membership_and_one_payment_begins_it_again():
    who = worker()
    it = story([known("2026-01-05", who, paid("2026-01"), paid("2026-06"))], RULES, on("2026-06-20"))
    assert told(it.now) == [
        ("active", 0, "2026-01-05", "paid", "2026-01"),
        ("in_arrears", 1, "2026-02-16", "overdue", "2026-02"),
        ("in_arrears", 2, "2026-03-16", "overdue", "2026-03"),
        ("inactive", 0, "2026-04-16", "overdue", "2026-04"),
        ("active", 0, "2026-06-01", "paid", "2026-06"),
    ]
    assert (it.first_active, it.active_since) == (on("2026-01-01"), on("2026-06-01"))  # both dates of the three months


def test_a_death_that_is_told_in_june_ended_it_in_may_as_it_is_known_now():
    alive = worker()
    dead = worker(ended_on="2026-05-03", ended_why="deceased")
    it = story([known("2026-01-05", alive), known("2026-06-01", dead)], RULES, on("2026-06-20"))
    last = it.now[-1]
    assert (last.state, last.since, last.why, last.known_on) == ("ended", on("2026-05-03"), "deceased", on("2026-06-01"))
    assert last.told == Said("awaiting_payment", 0) and last.was_told_otherwise
    assert told(it.then)[-1][:4] == ("ended", 0, "2026-06-01", "deceased") and it.then[-1].learned


def test_nobody_has_a_story_before_he_is_known():
    assert story([], RULES, on("2026-06-20")).now == ()
    assert story([Known(on("2026-01-05"), None, ())], RULES, on("2026-06-20")).then == ()
    assert story([known("2026-07-01", worker())], RULES, on("2026-06-20")).now == ()


@st.composite
def histories(draw):
    """A worker of whom more and more is learned: what he is, and who has paid."""
    found, all_paid = [], []
    for since in sorted(draw(st.lists(days, min_size=1, max_size=5, unique=True))):
        all_paid = [*all_paid, *draw(st.lists(payments, max_size=2))]
        found.append(Known(since, draw(workers), tuple(all_paid)))
    return found


def on_day(steps, day):
    found = [step for step in steps if step.since <= day and (step.until is None or day < step.until)]
    assert len(found) <= 1
    return found[0] if found else None


@settings(max_examples=60)
@given(histories(), days, st.randoms())
def test_on_every_day_the_story_says_what_coverage_says_of_that_day(history, day, chance):
    shuffled = list(history)
    chance.shuffle(shuffled)
    it = story(shuffled, RULES, day)
    assert it == story(history, RULES, day)
    so_far = [each for each in history if each.since <= day]
    if not so_far:
        assert it.now == it.then == ()
        return
    latest = so_far[-1]
    one = FIRST
    while one <= min(day, LAST):
        cover, step = assess(latest.worker, latest.paid, RULES, one), on_day(it.now, one)
        if step is None:
            assert cover.state == "not_yet" or one < latest.worker.registered_on
        else:
            assert step.state == cover.state
            assert step.arrears == (cover.arrears if cover.state == "in_arrears" else 0)
        known_then = [each for each in so_far if each.since <= one]
        then = on_day(it.then, one)
        if not known_then:
            assert then is None
        else:
            cover = assess(known_then[-1].worker, known_then[-1].paid, RULES, one)
            assert then is not None and then.state == cover.state
        one += timedelta(days=1)


@settings(max_examples=60)
@given(histories(), days)
def test_since_the_day_that_is_named_it_was_always_said_so(history, day):
    for step in story(history, RULES, day).now:
        for each in history:
            if each.since > day:
                continue
            following = [other.since for other in history if each.since < other.since <= day]
            stood_until = min(following, default=None)
            if stood_until is None or stood_until > step.known_on:
                said = assess(each.worker, each.paid, RULES, step.since)
                assert said.state == step.state


@given(workers, st.lists(payments, max_size=5), days)
def test_what_is_to_be_done_is_what_the_state_of_the_day_says(who, payments, day):
    letters, cover = by_month(who, payments, RULES, "2025-01", day), assess(who, payments, RULES, day)
    it = due(letters, day.day > 15)
    if not cover.counted or cover.state not in ("active", "in_arrears", "inactive"):
        assert it is None
    elif cover.state == "in_arrears":
        assert (it.what, it.arrears) == ("arrears", cover.arrears)
    elif cover.state == "inactive":
        assert it.what == "lapsed"
    else:
        assert (it is None) == (letters[-1] == "a") and (it is None or it.what == "due_soon")
