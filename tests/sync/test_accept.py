"""What of a batch is taken (promises 2 to 4), and how a change is judged by itself (promise 5)."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.change import MAX_SEQ, content_hash, from_ms, to_ms
from sync.accept import Forked, Gap, Judging, Taken, judge, take
from tests.strategies import ILIR, ULU

NOW = to_ms("2026-11-22T03:04:05.123Z")
AT = "2026-11-20T08:11:12.003Z"


def sent(seq, **more):
    return {
        "seq": seq,
        "kind": "worker",
        "record": "ani4-1",
        "village": ULU,
        "at": AT,
        "fields": {"phone": None},
    } | more


def known(*seqs):
    return {seq: content_hash(sent(seq)) for seq in seqs}


def taken(seqs, acked, log=None, lost_to=0, most=1000):
    log = known(*range(1, acked + 1)) if log is None else log
    return take([sent(seq) for seq in seqs], acked, log, content_hash, lost_to, most)


def seqs_of(found: Taken):
    return [one["seq"] for one in found.new], found.known, [one["seq"] for one in found.late], found.lost, found.acked


# In order, without gaps ---------------------------------------------------------------------------------------------


def one_by_one(seqs, acked, lost_to, most):
    """Promise 3 once more, a seq at a time: (new, lost, acked)."""
    new, lost = [], []
    while True:
        if acked + 1 in seqs and len(new) < most:
            new.append(acked + 1)
        elif acked + 1 <= lost_to and acked + 1 not in seqs:
            lost.append(acked + 1)
        else:
            return new, lost, acked
        acked += 1


@given(st.lists(st.integers(1, 14), max_size=12), st.integers(0, 8), st.integers(0, 12), st.integers(1, 12))
@example([5], 3, 0, 12)
@example([6, 8], 3, 5, 12)
@example([4, 5, 6], 3, 5, 2)
@example([], 3, 5, 1)
def test_changes_are_taken_in_seq_order_up_to_the_first_hole(seqs, acked, lost_to, most):
    seqs = sorted(seqs)
    if seqs and seqs[0] > max(acked, lost_to) + 1:
        with pytest.raises(Gap):
            taken(seqs, acked, lost_to=lost_to, most=most)
        return
    found = taken(seqs, acked, lost_to=lost_to, most=most)
    new, lost, reach = one_by_one(seqs, acked, lost_to, most)
    assert [one["seq"] for one in found.new] == new
    assert [seq for first, last in found.lost for seq in range(first, last + 1)] == lost
    assert found.acked == reach
    assert set(found.known) == {seq for seq in seqs if seq <= acked} and found.late == []


@given(st.integers(1, 12), st.lists(st.tuples(st.integers(1, 12), st.integers(0, 12), st.booleans()), max_size=12))
def test_pieces_repeats_and_lost_answers_change_nothing(written, pieces):
    """However a device cuts its outbox, and however often it sends a piece, each change is taken exactly once."""
    acked, log, effects = 0, {}, []
    for first, length, twice in [*pieces, (1, written, False)]:
        first = min(first, acked + 1)
        piece = range(first, min(first + length, written + 1))
        found = taken([seq for seq in piece for _ in range(1 + twice)], acked, log)
        log |= {one["seq"]: content_hash(one) for one in found.new}
        effects += [one["seq"] for one in found.new]
        assert found.acked >= acked
        acked = found.acked
    assert effects == list(range(1, written + 1)) and acked == written


def test_gaps_among_repeats_are_none():
    assert seqs_of(taken([1, 3, 4], 3)) == ([4], [1, 3], [], [], 4)


def test_what_a_device_has_lost_is_noted_and_what_follows_is_taken():
    assert seqs_of(taken([25, 26], 20, lost_to=24)) == ([25, 26], [], [], [(21, 24)], 26)


def test_what_turns_up_of_the_lost_in_the_same_batch_is_taken():
    assert seqs_of(taken([22, 25], 20, lost_to=24)) == ([22, 25], [], [], [(21, 21), (23, 24)], 25)


def test_one_given_up_that_turns_up_later_is_kept_apart():
    assert seqs_of(taken([3, 5], 4, log=known(1, 2, 4))) == ([5], [], [3], [], 5)


# A cloned or restored device ----------------------------------------------------------------------------------------


@given(st.integers(1, 8), st.sets(st.integers(1, 8), min_size=1))
def test_the_first_seq_that_says_otherwise_is_named_and_nothing_is_taken(acked, others):
    batch = [sent(seq, fields={"phone": "0812"}) if seq in others else sent(seq) for seq in range(1, 10)]
    differing = sorted(seq for seq in others if seq <= acked)
    if not differing:
        assert take(batch, acked, known(*range(1, acked + 1)), content_hash, 0, 99).acked == 9
        return
    with pytest.raises(Forked) as fork:
        take(batch, acked, known(*range(1, acked + 1)), content_hash, 0, 99)
    assert fork.value.seq == differing[0]


def test_two_contents_under_one_seq_in_one_batch_are_a_fork_too():
    with pytest.raises(Forked) as fork:
        take([sent(1), sent(1, fields={})], 0, {}, content_hash, 0, 99)
    assert fork.value.seq == 1


@pytest.mark.parametrize("same", [{"seen": {}}, {"fields": {"phone": None}}])
def test_content_is_the_same_when_the_parsed_json_is_equal(same):
    assert content_hash(sent(1) | same) == content_hash(dict(reversed(sent(1).items())))


@pytest.mark.parametrize(
    "other", [{"at": AT[:-1] + "+00:00"}, {"seen": {"budi7": 1}}, {"seen": []}, {"seen": 0}, {"note": None}, {"seq": 2}]
)
def test_anything_else_is_other_content(other):
    assert content_hash(sent(1) | other) != content_hash(sent(1))


# Judged by itself ---------------------------------------------------------------------------------------------------

ACKED = {"budi7": 5, "dodi5": 2, "hq1": 9, "ani4": 3}


def by(device="ani4", offset=0, limits=ACKED):
    return Judging(
        device, {ULU}, offset, NOW, date(2026, 11, 22), lambda one: limits.get(one, 0), {ULU, ILIR}.__contains__
    )


def errors_of(device="ani4", limits=ACKED, **more):
    return judge(sent(1, **more), by(device, limits=limits), 0)[1]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("at", None), ("at", "yesterday"), ("at", 5), ("at", "2026-11-20T08:11:12"),
        ("kind", None), ("kind", "Worker"), ("kind", ["worker"]), ("record", "a b"), ("record", "x" * 65),
        ("record", 7),
        ("village", "6402112005"), ("village", None), ("village", "64.02.11.2005 "), ("form", 3), ("form", "x" * 101),
        ("fields", None), ("fields", [1]), ("fields", "phone"),
        ("seen", []), ("seen", {"budi7": -1}), ("seen", {"budi7": "1"}), ("seen", {"budi7": True}),
        ("seen", {"a b": 1}), ("seen", {"budi7": MAX_SEQ + 1}),
    ],
)  # fmt: skip
def test_a_wrong_type_or_shape_quarantines_and_says_where(field, value):
    assert list(errors_of(**{field: value})) == [field]


@pytest.mark.parametrize(
    "fields",
    [{"nik": "12"}, {"full_name": None}, {"monthly_income": 10**30}, {"notes": "a\0b"}, {"notes": "\ud800"},
     {"status": "verified"}, {"extra.n": float("inf")}, {"village": "64.99.99.2001"}, {"birth_date": "2026-11-23"}],
)  # fmt: skip
def test_a_bad_value_quarantines_and_names_its_field(fields):
    assert list(errors_of(fields=fields)) == list(fields)


def test_what_a_newer_app_sends_is_kept():
    change, errors = judge(sent(1, kind="loan", fields={"sum": [1, {"x": None}]}, colour="red"), by(), 0)
    assert errors == {} and change.fields == {"sum": [1, {"x": None}]} and change.kind == "loan"


def test_no_phone_writes_a_link():
    assert errors_of(kind="link", record="link:a:b", fields={"same": True}) == {"kind": ["desk-only-kind"]}
    assert errors_of("hq1", kind="link", record="link:a:b", fields={"same": True}) == {}


def test_a_seen_beyond_what_that_device_has_told_us_is_quarantined():
    assert errors_of(seen={"budi7": 5, "dodi5": 2}) == {}
    assert errors_of(seen={"budi7": 6}) == {"seen": ["seen-ahead"]}
    assert errors_of(seen={"nobody": 1}) == {"seen": ["seen-ahead"]}


def test_after_a_restore_one_that_was_not_heard_since_may_be_ahead():
    assert errors_of(seen={"budi7": 6}, limits=ACKED | {"budi7": None}) == {}


def test_a_phone_in_its_own_seen_is_ignored_and_a_desk_is_not():
    assert judge(sent(1, seen={"ani4": 99, "budi7": 1}), by(), 0)[0].seen == {"budi7": 1}
    assert judge(sent(10, seen={"hq1": 9}), by("hq1"), 0)[0].seen == {"hq1": 9}
    assert errors_of("hq1", seen={"hq1": 10}) == {"seen": ["seen-ahead"]}


def test_a_change_whose_time_cannot_be_read_does_not_make_the_next_one_late():
    bad, errors = judge(sent(1, at="?"), by(), 1000)
    good, none = judge(sent(2), by(), bad.effective)
    assert errors and not none and good.effective == to_ms(AT)


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=8), st.data())
def test_cutting_a_day_into_batches_changes_no_verdict_and_no_time(steps, data):
    def day(cuts):
        acked, previous, judged = 0, 0, []
        for cut in [*cuts, len(steps)]:
            for one in take(batch[:cut], acked, known(), content_hash, acked, 99).new:
                change, errors = judge(one, by(), previous)
                previous = change.effective
                judged.append((change, errors))
            acked = max(cut, acked)
        return judged

    batch = [sent(n, at=from_ms(NOW + step), fields={"nik": str(step)}) for n, step in enumerate(steps, 1)]
    assert day(data.draw(st.lists(st.integers(0, len(steps))).map(sorted))) == day([])


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PARTS = ("kind", "record", "village", "seen", "at", "form", "fields", "odd")


@given(st.dictionaries(st.sampled_from(PARTS), json), st.sampled_from(["ani4", "hq1"]))
def test_whatever_is_sent_under_a_seq_becomes_a_change_that_can_be_kept(more, device):
    change, errors = judge(sent(7, **more), by(device), 0)
    assert change.dot == (device, 7) and 0 <= change.effective <= change.received == NOW
    for text in (change.kind, change.record, change.village, change.at or ""):
        text.encode("ascii")
        assert "\0" not in text and len(text) <= 64
    assert all(type(code) is str for codes in errors.values() for code in codes)


def test_of_what_was_given_up_no_more_is_taken_at_once_than_of_what_is_new_as_late_as_it_is():
    assert [one["seq"] for one in take([sent(seq) for seq in range(1, 9)], 9, {}, content_hash, 0, 3).late] == [1, 2, 3]
