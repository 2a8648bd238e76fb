"""How a phone spaces its attempts and sizes its batches."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sync.device.pace import Pace, after_failure, after_success, after_too_large, wait_seconds


@given(st.integers(0, 10_000), st.integers(), st.none() | st.floats(0, 1e6))
def test_a_wait_is_bounded_drawn_from_the_seed_and_never_under_what_the_server_asked(attempt, seed, asked):
    wait = wait_seconds(attempt, Random(seed), asked)
    assert wait == wait_seconds(attempt, Random(seed), asked)
    assert (asked or 0) < wait <= (asked or 0) + 300


def test_waits_double_and_two_phones_do_not_come_back_together():
    assert [round(wait_seconds(n, Random(1)) / wait_seconds(0, Random(1))) for n in range(4)] == [1, 2, 4, 8]
    assert wait_seconds(3, Random(1)) != wait_seconds(3, Random(2))


@given(st.integers(1, 1000), st.integers(0, 1000))
def test_a_batch_shrinks_on_a_broken_line_grows_on_a_good_one_and_never_vanishes(changes, sent):
    pace = Pace(changes, 65536)
    assert 1 <= after_failure(pace, sent).changes <= changes
    assert 1 <= after_too_large(pace, max(sent, 1)).changes <= changes
    assert changes <= after_success(pace, 1000).changes <= 1000
