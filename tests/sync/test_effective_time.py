"""Wrong clocks: what a change counts for, whatever the phone's clock said."""

from hypothesis import example, given
from hypothesis import strategies as st

from sync.effective_time import TOLERANCE_MS, effective, measure_offset

YEAR = 365 * 24 * 60 * 60 * 1000
NOW = 57 * YEAR
clocks = st.integers(-100 * YEAR, 100 * YEAR)
skews = st.just(0) | st.integers(TOLERANCE_MS + 1, 100 * YEAR) | st.integers(-100 * YEAR, -TOLERANCE_MS - 1)
moments = st.integers(0, NOW)


@given(st.lists(st.tuples(clocks, clocks, st.integers(0, 10**6)), max_size=20))
def test_a_devices_times_never_go_back_and_are_never_after_their_receipt(changes):
    previous, received = 0, NOW
    for at, offset, later in changes:
        received += later
        counts = effective(at, offset, received, previous)
        assert previous <= counts <= received
        previous = counts


def test_a_clock_that_goes_backwards_does_not_turn_the_days_work_round():
    morning = effective(NOW, 0, NOW, 0)
    assert effective(NOW - 5000, 0, NOW, morning) == morning


@given(clocks)
@example(TOLERANCE_MS)
@example(-TOLERANCE_MS)
@example(TOLERANCE_MS + 1)
def test_only_more_than_two_minutes_count(wrong_by):
    assert measure_offset(NOW + wrong_by, NOW, 12345) == (-wrong_by if abs(wrong_by) > 120_000 else 0)


@given(clocks)
def test_without_a_meeting_the_offset_last_measured_holds(last):
    assert measure_offset(None, NOW, last) == last


@given(st.lists(st.tuples(moments, st.integers(0, 3)), max_size=20), st.lists(skews, min_size=4, max_size=4))
def test_phones_whose_clocks_are_years_off_are_put_into_the_true_order(work, skews):
    """work: (true time, phone); each phone tells all of its work at once, later, by its own wrong clock."""
    arrived, previous, told = NOW + 1000, dict.fromkeys(range(4), 0), []
    for moment, phone in sorted(work):
        offset = measure_offset(arrived + skews[phone], arrived, 0)
        previous[phone] = effective(moment + skews[phone], offset, arrived, previous[phone])
        told.append(previous[phone])
    assert told == [moment for moment, _ in sorted(work)]


@given(moments, st.integers(-TOLERANCE_MS, TOLERANCE_MS))
def test_a_clock_that_is_nearly_right_is_believed_and_errs_by_less_than_two_minutes(moment, skew):
    counts = effective(moment + skew, measure_offset(NOW + skew, NOW, 0), NOW, 0)
    assert abs(counts - moment) <= TOLERANCE_MS
