"""Where a change meets its record: it merges, waits, or is kept apart (promises 5 and 7)."""

import pytest

from schemas.kinds import kind_of
from sync.merge import blank
from sync.place import MERGE, Wait, place
from tests.builders import change, held
from tests.strategies import ILIR, SEBERANG, ULU

MADE = change("ani4", 3, {"phone": "1"})


def placed(one, record=None, villages=(ULU,), seen=None, may_create=False):
    return place(one, kind_of(one.kind), record, villages, lambda: seen, may_create)


def test_a_device_creates_records_under_its_own_id_in_its_own_villages():
    assert placed(MADE) == MERGE
    assert placed(MADE._replace(village=ILIR)) == "outside-village"


def test_an_edit_of_another_devices_record_waits_for_its_creation():
    assert placed(MADE._replace(device="budi7")) is Wait.RECORD
    assert placed(MADE._replace(device="ani4x")) is Wait.RECORD
    assert placed(MADE._replace(device="ani")) is Wait.RECORD


def test_an_operator_lets_it_create_the_record_but_not_elsewhere():
    waited = MADE._replace(device="budi7")
    assert placed(waited, may_create=True) == MERGE
    assert placed(waited._replace(village=ILIR), may_create=True) == "outside-village"


def test_any_device_of_the_village_creates_its_denominator_whatever_it_claims():
    counted = MADE._replace(kind="eligible", record=f"eligible:{ULU}:2026-11", village=ILIR)
    assert placed(counted) == MERGE
    assert placed(counted, villages=(ILIR,)) == "outside-village"


def test_a_change_of_another_kind_than_its_record_is_kept_apart():
    assert placed(MADE._replace(kind="claim", seq=4), held("ani4-1", [MADE])) == "kind-differs"


def test_what_a_change_claims_counts_only_when_it_creates():
    edit = change("budi7", 1, {}, village=ULU)
    assert placed(edit, held("ani4-1", [MADE._replace(village=ILIR)])) == "outside-village"
    assert placed(edit._replace(village=ILIR), held("ani4-1", [MADE])) == MERGE


def test_whoever_saw_the_record_in_his_village_may_still_write_when_it_has_moved():
    moved = held("ani4-1", [MADE, change("ani4", 4, {"village": SEBERANG})])
    edit = change("budi7", 1, {"phone": "2"}, {"ani4": 3})
    assert placed(edit, moved, seen=ULU) == MERGE
    assert placed(edit, moved, seen=ILIR) == placed(edit, moved, seen=None) == "outside-village"


def test_a_record_may_be_moved_to_any_village_and_then_it_is_out_of_reach():
    away = change("ani4", 4, {"village": SEBERANG})
    assert placed(away, held("ani4-1", [MADE])) == MERGE
    back = change("dodi5", 1, {"village": ULU})
    assert placed(back, held("ani4-1", [MADE, away]), seen=SEBERANG) == "outside-village"


def test_nothing_enters_below_a_seen_that_was_already_told():
    record = held("ani4-1", [MADE, change("budi7", 5, {"phone": "2"})])
    assert placed(change("budi7", 4, {"phone": "3"}), record) == "below-seen"
    assert placed(change("budi7", 6, {"phone": "3"}), record) == MERGE
    assert placed(change("dodi5", 1, {"phone": "3"}), record) == MERGE


def test_nothing_enters_a_record_that_the_law_has_erased():
    assert placed(change("budi7", 1, {"phone": "2"}), held("ani4-1", [blank(MADE)])) == "record-erased"


@pytest.mark.parametrize("record", [None, held("ani4-1", [MADE])])
def test_a_desk_writes_wherever_it_may_look(record):
    assert placed(change("hq1", 1, {"phone": "2"}, village=SEBERANG), record, villages=()) == MERGE
