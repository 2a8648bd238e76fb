"""Coverage against its slow twin, for villages that nobody would think of."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from programme import months
from programme.coverage import assess, by_month, months_of, moved, tasks
from programme.indicators import Figures, tally
from programme.rules import load
from tests.programme import twin
from tests.programme.builders import ALL, BOTH, on, paid, worker

RULES = load()
FIRST, LAST = on("2025-10-01"), on("2027-02-28")
WORST_FIRST = ["proposed", "verified", "awaiting_payment", "inactive", "in_arrears", "active"]

days = st.dates(FIRST, LAST)
a_month = st.sampled_from(months.span("2025-09", "2027-03"))
programmes = st.sampled_from([BOTH, BOTH, BOTH, ALL, frozenset({"JKK"}), frozenset({"JKM"}), frozenset({"JHT"})])
payments = st.builds(
    lambda named, **rest: paid(*named, **rest),
    st.lists(a_month, max_size=4),
    programs=programmes,
    funding=st.sampled_from(["self", "apbd_regency", "sertakan", None]),
    confirmed=st.sampled_from([True, True, True, False]),
    paid_on=st.none() | days,
)
histories = st.lists(payments, max_size=6)
workers = st.builds(
    worker,
    registered_on=days,
    birth_date=st.one_of(
        st.none(), st.sampled_from([date(1984, 2, 29), date(1961, 7, 1), date(2011, 3, 1)]), st.just(date(1980, 1, 1))
    ),
    segment=st.sampled_from([None, None, "bpu", "wage_earner", "apparatus"]),
    programs=st.sampled_from([BOTH, ALL]),
    complete=st.sampled_from([True, True, True, False]),
    verified_on=st.none() | days,
    ended_on=st.none() | st.none() | days,
    here_since=st.none() | st.none() | days,
)


@given(workers, histories, days)
@example(worker(here_since="2026-05-01", ended_on="2026-03-01"), [], on("2026-06-01"))
@example(worker(registered_on="2026-05-02", here_since="2026-05-01", verified_on=None), [], on("2026-05-02"))
def test_the_cover_of_a_day_is_what_a_day_by_day_count_says(who, payments, day):
    cover = assess(who, payments, RULES, day)
    assert cover.state == twin.state(who, payments, day)
    assert cover.since == twin.since(who, payments, day)
    assert (cover.counted, cover.why_not) == (twin.why_not(who) is None, twin.why_not(who))
    for program, state in cover.programs.items():
        assert state == twin.state(who, payments, day, of=lambda made, at, p=program: twin.by_payments(p, made, at))
    assert cover.arrears == max(twin.unpaid_in_a_row(p, payments, day) or 0 for p in ("JKK", "JKM"))


@settings(max_examples=60)
@given(workers, histories, days)
def test_the_dates_that_waiting_months_count_from_are_active_days(who, payments, day):
    cover, active = assess(who, payments, RULES, day), twin.active_days(payments, day)
    assert cover.first_active == (active[0] if active else None)
    now = bool(active) and active[-1] == day
    unbroken = [one for n, one in enumerate(reversed(active)) if one == day - timedelta(days=n)]
    assert cover.active_since == (unbroken[-1] if now else None)


@given(workers, histories, days)
def test_the_letters_are_what_a_day_by_day_count_says(who, payments, day):
    assert by_month(who, payments, RULES, "2025-09", day) == twin.letters(who, payments, "2025-09", day)


@given(workers, histories, days)
def test_the_programmes_of_each_month_are_what_a_day_by_day_count_says(who, payments, day):
    told = months_of(who, payments, RULES, "2025-09", day)
    assert told.letters == by_month(who, payments, RULES, "2025-09", day)
    assert told.programs == twin.digits(who, payments, "2025-09", day)
    assert told.segment == (None if who.segment == "bpu" else who.segment)


@given(workers, histories, days, st.booleans(), st.booleans())
def test_what_is_to_be_done_about_a_worker_is_what_a_day_by_day_count_says(who, payments, day, has_number, has_card):
    cover = assess(who, payments, RULES, day)
    told = tasks(cover, payments, RULES, day, has_number=has_number, has_card=has_card)
    assert told == twin.tasks(who, payments, day, has_number, has_card)


@given(workers, histories, days)
def test_the_last_letter_tells_what_the_day_tells(who, payments, day):
    cover, letter = assess(who, payments, RULES, day), by_month(who, payments, RULES, "2025-10", day)[-1]
    named = {"a": "active", "b": "active", "r": "in_arrears", "i": "inactive", "w": "awaiting_payment"}
    named |= {"p": "proposed", "e": "ended", "?": "incomplete", "s": "segment", "g": "age"}
    if cover.state == "not_yet" or (cover.state == "ended" and not cover.counted):
        assert letter == "-"
    else:
        assert named[letter.lower()] == (cover.why_not or cover.state)


@given(workers, histories, days, days)
def test_a_month_that_is_over_is_told_alike_on_every_later_day(who, payments, one, other):
    early, late = sorted([one, other])
    then = by_month(who, payments, RULES, "2025-09", early)
    assert by_month(who, payments, RULES, "2025-09", late).startswith(then[:-1])


@given(workers, histories, days, st.sampled_from(months.span("2025-09", "2026-12")))
def test_letters_that_begin_later_tell_the_same_months(who, payments, day, first):
    whole = by_month(who, payments, RULES, "2025-09", day)
    assert by_month(who, payments, RULES, first, day) == whole[months.number(first) - months.number("2025-09") :]


@given(workers, histories, programmes, st.data())
def test_one_more_confirmed_month_never_makes_a_day_of_it_worse(who, payments, programs, data):
    day = data.draw(days)
    more = paid(twin.month_of(day), programs=programs)
    before, after = assess(who, payments, RULES, day), assess(who, [*payments, more], RULES, day)
    if before.state in WORST_FIRST:
        assert WORST_FIRST.index(after.state) >= WORST_FIRST.index(before.state)
        if programs >= BOTH:
            assert after.state == "active"


@given(workers, histories, st.data(), days)
def test_order_repeats_and_who_pays_make_no_one_count_twice(who, payments, data, day):
    again = data.draw(st.permutations([*payments, *(replace(one, funding="dbh_sawit") for one in payments)]))
    assert months_of(who, again, RULES, "2025-09", day) == months_of(who, payments, RULES, "2025-09", day)


@given(workers, histories, days, days)
def test_a_worker_who_moves_is_counted_in_one_village_on_each_day(who, payments, day, moving):
    who = replace(who, ended_on=None, here_since=None)
    if moving < who.registered_on:
        return
    left, came = moved(who, "64.02.12.2001", moving)
    there, here = assess(left, payments, RULES, day), assess(came, payments, RULES, day)
    stayed = assess(who, payments, RULES, day)
    assert (there.state, here.state) == ((stayed.state, "not_yet") if day < moving else ("ended", stayed.state))
    assert here.state == "not_yet" or here.since == stayed.since


@given(st.lists(st.tuples(workers, histories), max_size=6), days, st.data())
def test_villages_add_up_and_one_changed_worker_is_refreshed_by_difference(people, day, data):
    told = [months_of(who, payments, RULES, "2025-09", day) for who, payments in people]
    cut = data.draw(st.integers(0, len(told)))
    whole, one, other = tally(told, "2025-09"), tally(told[:cut], "2025-09"), tally(told[cut:], "2025-09")
    for month, sums in whole.items():
        assert sums == one.get(month, Figures()) + other.get(month, Figures())
        assert one.get(month, Figures()) == sums - other.get(month, Figures())
        assert sums.registered == sums.active + sums.in_arrears + sums.inactive + sums.awaiting + sums.proposed
        assert sums.active <= min(sums.jkk, sums.jkm) and max(sums.jkk, sums.jkm, sums.jht) <= sums.registered
        assert sums.segment == sums.wage_earners + sums.apparatus
        assert sums.wage_earners_active <= sums.wage_earners and sums.apparatus_active <= sums.apparatus
