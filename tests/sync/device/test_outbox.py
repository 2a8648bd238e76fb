"""What the phone keeps, and how it counts."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.device.outbox import NotEnrolled, Outbox, Unsendable
from sync.device.own import refer_to
from tests.sync.device.conftest import KAMAN, NUR

ENROLLED = {
    "device": "k7f3q2", "token": "t", "epoch": "x8Qd", "acked": 0, "server_time": "2026-11-22T03:04:05.123Z",
    "villages": [{"code": KAMAN, "name": "Muara Kaman Ulu"}], "limits": {"max_changes": 1000, "max_bytes": 100_000},
}  # fmt: skip


@pytest.fixture
def outbox(tmp_path):
    outbox = Outbox(tmp_path / "siti.db", clock=lambda: 1_763_625_071_003)
    outbox.become(ENROLLED)
    return outbox


def test_a_power_cut_right_after_save_finds_the_form_on_disk(outbox):
    assert outbox.disk.value("PRAGMA journal_mode") == "wal"
    assert outbox.disk.value("PRAGMA synchronous") == 2


def test_a_form_opened_again_shows_what_was_entered_before_any_line(outbox):
    saved = outbox.save("worker", None, KAMAN, NUR)
    outbox.save("worker", saved.record, None, {"phone": "+6281250002222"})
    again = Outbox(outbox.path).open(saved.record)
    assert saved == (1, "k7f3q2-1")
    assert again.fields == {**NUR, "phone": "+6281250002222"} and again.waiting == 2


def test_two_windows_on_one_file_never_give_out_one_seq_twice(outbox):
    def work() -> None:
        mine = Outbox(outbox.path)
        for n in range(15):
            mine.save("worker", None, KAMAN, {"full_name": f"Warga {n}"})

    windows = [threading.Thread(target=work) for _ in range(3)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    assert [seq for (seq,) in outbox.disk.rows("SELECT seq FROM changes ORDER BY seq")] == list(range(1, 46))
    assert len(outbox.records()) == 45


@pytest.mark.parametrize("bad", [float("nan"), {"a": [float("inf")]}, "x" * 200_000])
def test_what_could_never_be_sent_is_refused_while_the_form_is_still_open(outbox, bad):
    with pytest.raises(Unsendable):
        outbox.save("worker", None, KAMAN, {**NUR, "notes": bad})
    assert outbox.own.waiting() == 0 and outbox.records() == []


def test_a_form_nested_without_end_is_refused(outbox):
    deep: list = []
    for _ in range(60):
        deep = [deep]
    with pytest.raises(Unsendable):
        outbox.save("worker", None, KAMAN, {"extra.deep": deep})


def test_before_enrolment_there_is_nobody_to_sign_a_form(tmp_path):
    with pytest.raises(NotEnrolled):
        Outbox(tmp_path / "siti.db").save("worker", None, KAMAN, NUR)


def test_clearing_a_field_is_a_change_and_leaving_an_empty_one_empty_is_none(outbox):
    record = outbox.save("worker", None, KAMAN, NUR).record
    assert outbox.save("worker", record, None, {"email": None}) is None
    assert outbox.save("worker", record, None, {"phone": None}) is not None
    assert outbox.open(record).fields["phone"] is None


def test_yes_and_one_are_not_the_same_answer(outbox):
    record = outbox.save("worker", None, KAMAN, {**NUR, "vulnerable": 1}).record
    assert outbox.save("worker", record, None, {"vulnerable": True}) is not None


def test_any_device_of_the_village_may_say_how_many_are_eligible(outbox):
    saved = outbox.save("eligible", f"eligible:{KAMAN}:2026-11", KAMAN, {"workers": 640})
    assert saved.record == f"eligible:{KAMAN}:2026-11"


def told(version: int, seen: dict, **fields) -> dict:
    return {
        "server_time": "2026-11-22T03:04:06.010Z", "epoch": "x8Qd", "acked": 0, "results": [], "more": False,
        "cursors": {KAMAN: 5, "device": 0},
        "records": [{"kind": "worker", "record": "p2m8aa-31", "village": KAMAN, "version": version, "seen": seen,
                     "fields": fields}],
    }  # fmt: skip


def take(outbox, answer) -> None:
    from sync.device.pace import Pace

    outbox.take(answer, outbox.ask(Pace()))


def test_a_copy_told_in_an_older_version_is_not_taken_unless_the_epoch_is_another(outbox):
    take(outbox, told(3, {"p2m8aa": 9}, full_name="Arbain"))
    take(outbox, told(2, {"p2m8aa": 4}, full_name="Arba"))
    assert outbox.open("p2m8aa-31").fields["full_name"] == "Arbain"
    take(outbox, {**told(1, {"p2m8aa": 4}, full_name="Arba"), "epoch": "y9"})
    assert outbox.open("p2m8aa-31").fields["full_name"] == "Arba"


def test_what_an_edit_has_seen_is_what_the_copy_was_made_of_when_it_was_opened(outbox):
    take(outbox, told(1, {"p2m8aa": 4, "k7f3q2": 1}, full_name="Arba"))
    opened = outbox.open("p2m8aa-31")
    take(outbox, told(2, {"p2m8aa": 9}, full_name="Arbain"))
    seq = outbox.save("worker", "p2m8aa-31", None, {"phone": "+6281250001111"}, opened=opened).seq
    assert outbox.own.change(seq)["seen"] == {"p2m8aa": 4}


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner), max_leaves=8))
def test_references_change_only_where_they_name_a_record_that_got_a_new_id(fields):
    assert refer_to(fields, {}) == fields
    assert refer_to({"worker": "a-1", "rest": [fields]}, {"a-1": "b-1"})["worker"] == "b-1"
