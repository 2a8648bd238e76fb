"""What is stored of a record: carried on change by change it is what a fold from scratch says."""

import pytest
from hypothesis import strategies as st

from schemas.kinds import kind_of
from sync.held import advance, first, hold, waits_in
from sync.merge import blank, merge_record
from tests.builders import change, held
from tests.laws import in_villages
from tests.strategies import ILIR, ULU, History, histories


def carry_on(record, arrivals):
    """The stored state after each arrival, as the server carries it on; and how often it had to fold."""
    one, known, folds = None, [], 0
    for arrival in arrivals:
        known.append(arrival)
        if one is None:
            one = first(arrival, kind_of(arrival.kind))
        elif not advance(one, arrival, kind_of(arrival.kind)):
            one, folds = hold(merge_record(record, known)), folds + 1
        assert one == hold(merge_record(record, known)), arrival
    return folds


def interleaved(data, changes):
    """Some order of arrival in which each device's changes stand as it made them."""
    queues = {}
    for one in changes:
        queues.setdefault(one.device, []).append(one)
    queues = [sorted(queue, key=lambda one: one.seq) for queue in queues.values()]
    while queues:
        queue = data.draw(st.sampled_from(queues))
        yield queue.pop(0)
        queues = [queue for queue in queues if queue]


AHEAD = History((
    change("ani4", 1, {"phone": "1"}),
    change("budi7", 1, {"phone": "2"}, {"ani4": 1, "dodi5": 3}),  # claims what nobody has sent yet
    change("dodi5", 3, {"phone": "3"}, {"budi7": 1}),
))  # fmt: skip
TWO_CONFLICTS = History((
    change("ani4", 1, {"full_name": "Siti", "status": "proposed"}, received=1),
    change("budi7", 1, {"full_name": "Nur"}, received=2),
    change("dodi5", 1, {"status": "deceased"}, received=3),
    change("hq1", 1, {"full_name": "Nur"}, {"ani4": 1, "budi7": 1}, received=4),  # ends the older of the two
))  # fmt: skip
LATE_CREATOR = History((
    change("budi7", 1, {"phone": "1"}, village=ILIR),  # an operator let it create another phone's record
    change("ani4", 1, {"notes": "-"}, village=ULU),
))  # fmt: skip

SETTLED = History((*TWO_CONFLICTS.changes[:2], TWO_CONFLICTS.changes[3]))


@in_villages(histories(), always=[(AHEAD,), (TWO_CONFLICTS,), (SETTLED,), (LATE_CREATOR,)])
def test_carried_on_change_by_change_a_record_holds_what_a_fold_says(history):
    for record in history.records:
        carry_on(record, history.of(record))


@in_villages(histories(), st.data())
def test_so_it_does_in_every_order_that_keeps_each_device_in_step(history, data):
    for record in history.records:
        carry_on(record, interleaved(data, history.of(record)))


def test_an_ordinary_day_is_carried_on_without_a_single_fold():
    day = [change("ani4", 1, {"full_name": "Siti", "phone": "1", "village": ULU})]
    day.append(change("budi7", 1, {"phone": "2", "status": "withdrawn"}, {"ani4": 1}))
    day.append(change("ani4", 2, {"phone": "3", "village": ILIR}, {"budi7": 1}))
    day.append(change("hq1", 1, {"full_name": "Nur"}, {"ani4": 2, "budi7": 1}))
    assert carry_on("ani4-1", day) == 0


@pytest.mark.parametrize(
    ("why", "before", "late"),
    [
        ("side by side", [change("ani4", 1, {"phone": "1"})], change("budi7", 1, {"phone": "2"})),
        ("claimed before it came", list(AHEAD.changes[:2]), AHEAD.changes[2]),
        ("the true creator", list(LATE_CREATOR.changes[:1]), LATE_CREATOR.changes[1]),
        ("erased", [blank(change("ani4", 1, {}))], change("ani4", 2, {"phone": "1"})),
        ("back to where it was made", [change("ani4", 1, {"village": ILIR})], change("ani4", 2, {"village": None})),
    ],
)
def test_what_is_not_ordinary_is_declined_and_leaves_the_state_alone(why, before, late):
    one = held("ani4-1", before)
    assert not advance(one, late, kind_of("worker"))
    assert one == held("ani4-1", before)


def test_a_record_waits_for_a_person_since_the_second_of_its_heads_came_in():
    assert held("ani4-1", TWO_CONFLICTS.changes[:2]).waiting_since == 2
    assert held("ani4-1", TWO_CONFLICTS.changes[:3]).waiting_since == 2
    assert held("ani4-1", TWO_CONFLICTS.changes).waiting_since == 3
    assert held("ani4-1", SETTLED.changes).waiting_since is None


def test_a_conflict_is_told_with_the_one_that_stands_first_and_its_effective_time():
    siti, nur = (
        change("budi7", 1, {"full_name": "Siti"}, effective=0),
        change("ani4", 1, {"full_name": "Nur"}, effective=1),
    )
    assert held("ani4-1", [nur, siti]).conflicts == {
        "full_name": [
            {"value": "Siti", "by": "budi7", "at": "1970-01-01T00:00:00.000Z"},
            {"value": "Nur", "by": "ani4", "at": "1970-01-01T00:00:00.001Z"},
        ]
    }


def test_a_change_waits_for_a_person_only_where_it_is_one_of_the_heads():
    one = held("ani4-1", TWO_CONFLICTS.changes[:3])
    assert waits_in(one, ("ani4", 1), ["full_name", "status", "phone"]) == ["full_name", "status"]
    assert waits_in(one, ("budi7", 1), ["full_name"]) == ["full_name"]
    assert waits_in(held("ani4-1", TWO_CONFLICTS.changes), ("budi7", 1), ["full_name"]) == []
