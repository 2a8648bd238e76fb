"""What a phone and the server promise each other, spoken over real HTTP."""

import random

import pytest
import urllib3

from sync.device.client import Client, DeviceRevoked, LineLost, NeedsCode, Refused
from sync.device.outbox import Outbox
from tests.sync.device.conftest import KAMAN, NUR, TERATAK, stranger


class Line:
    """A line on which the next requests meet what is listed: "never sent", "answer lost", "cut reply" or "good"."""

    def __init__(self, *fate: str) -> None:
        self.fate, self.http = list(fate), urllib3.PoolManager()

    def request(self, method: str, url: str, **more):
        fate = self.fate.pop(0) if self.fate else "good"
        if fate == "never sent":
            raise urllib3.exceptions.ProtocolError("the line broke")
        reply = self.http.request(method, url, **more)
        if fate == "answer lost":
            raise urllib3.exceptions.ProtocolError("the line broke")
        return Cut(reply) if fate == "cut reply" else reply


class Cut:
    def __init__(self, reply) -> None:
        self.status, self.headers, self.data = reply.status, reply.headers, reply.data[: len(reply.data) // 2]


def test_fifty_up_and_fifty_down_take_one_request(phone, server):
    siti, budi = phone("Siti"), phone("Budi")
    for client in (siti, budi):
        for n in range(50):
            client.outbox.save("worker", None, KAMAN, {**NUR, "full_name": f"Warga {n}"})
    budi.sync()
    before = siti.tally.requests
    siti.sync()
    assert siti.tally.requests == before + 1
    assert len(siti.outbox.records(KAMAN, "worker")) == 100
    assert siti.outbox.counts() == {"merged": 50}


def test_a_sync_with_nothing_new_is_under_200_bytes_each_way(phone, server):
    siti = phone()
    siti.outbox.save("worker", None, KAMAN, NUR)
    siti.sync()
    siti.sync()
    assert max(server.sizes[-1]) < 200
    assert server.asked[-1]["changes"] == []


def test_what_two_officers_edit_meets_on_both_phones_and_the_conflict_is_told_to_both(phone):
    siti, budi = phone("Siti"), phone("Budi")
    record = siti.outbox.save("worker", None, KAMAN, NUR).record
    siti.sync()
    budi.sync()
    siti.outbox.save("worker", record, None, {"full_name": "Nur Hayati binti Ahmad"})
    budi.outbox.save("worker", record, None, {"full_name": "Nurhayati", "phone": "+6281250002222"})
    for client in (siti, budi, siti):
        client.sync()
    seen = [client.outbox.open(record) for client in (siti, budi)]
    assert seen[0].fields == seen[1].fields
    assert seen[0].fields["phone"] == "+6281250002222"
    assert {head["value"] for head in seen[0].conflicts["full_name"]} == {"Nur Hayati binti Ahmad", "Nurhayati"}
    assert seen[0].conflicts == seen[1].conflicts


def test_a_change_carries_only_what_differs_and_what_the_copy_was_made_of(phone, server):
    siti, budi = phone("Siti"), phone("Budi")
    record = siti.outbox.save("worker", None, KAMAN, NUR).record
    siti.sync()
    budi.sync()
    budi.outbox.save("worker", record, None, {**NUR, "phone": "+6281250002222"})
    budi.sync()
    sent = server.asked[-1]["changes"][0]
    assert sent["fields"] == {"phone": "+6281250002222"}
    assert sent["seen"] == {siti.outbox.disk.get("device"): 1}
    assert budi.outbox.save("worker", record, None, {"phone": "+6281250002222"}) is None


@pytest.mark.parametrize("fate", ["never sent", "answer lost", "cut reply"])
def test_a_form_is_merged_once_however_the_line_breaks(phone, server, fate):
    siti = phone()
    siti.outbox.save("worker", None, KAMAN, NUR)
    siti.http = Line(fate, fate)
    waits = []
    siti.keep_syncing(sleep=waits.append)
    assert siti.outbox.counts() == {"merged": 1}
    assert len(server.state["log"]) == 1
    assert len(waits) == 2 and 0.5 <= waits[0] <= 1 <= waits[1] <= 2


def test_a_lost_enrolment_answer_costs_nothing(served, server, tmp_path):
    client = stranger(served.url, tmp_path / "siti.db")
    code = server.code("Siti", [KAMAN])
    client.http = Line("answer lost")
    with pytest.raises(LineLost):
        client.enrol(code, "Samsung A05")
    again = Client(served.url, Outbox(tmp_path / "siti.db"))  # the phone was switched off meanwhile
    again.enrol(code, "Samsung A05")
    assert list(server.state["devices"]) == [again.outbox.disk.get("device")]
    again.sync()


def test_a_wrong_code_is_refused_and_says_why(served, tmp_path):
    with pytest.raises(Refused, match="enrolment-refused"):
        stranger(served.url, tmp_path / "siti.db").enrol("AAAA-AAAA")


def test_many_forms_go_in_batches_that_shrink_with_a_broken_line_and_grow_again(phone, server):
    siti = phone()
    for n in range(120):
        siti.outbox.save("worker", None, KAMAN, {**NUR, "full_name": f"Warga {n}"})
    siti.http = Line("never sent", "never sent")
    siti.keep_syncing(sleep=lambda _: None)
    assert [len(asked["changes"]) for asked in server.asked] == [7, 14, 28, 56, 15]
    assert siti.outbox.counts() == {"merged": 120}


def test_no_line_at_all_says_nothing_of_what_the_line_bears(phone):
    siti = phone()
    siti.outbox.save("worker", None, KAMAN, NUR)
    siti.url = "http://127.0.0.1:9"
    with pytest.raises(LineLost):
        siti.sync()
    assert siti.outbox.disk.get("pace") is None


def test_limits_of_the_server_bound_a_batch(phone, server):
    server.max_changes, server.max_bytes = 5, 8000
    siti = phone()
    for n in range(12):
        siti.outbox.save("worker", None, KAMAN, {"full_name": f"Warga {n}", "notes": "x" * 900})
    siti.sync()
    assert all(len(asked["changes"]) <= 5 for asked in server.asked)
    assert siti.outbox.counts() == {"merged": 12}


def test_a_server_that_takes_less_than_it_said_gets_smaller_batches_and_one_that_is_too_large_alone_is_reported(
    phone, server
):
    siti = phone()
    for notes in ("a", "b", "y" * 30_000, "c"):
        siti.outbox.save("worker", None, KAMAN, {"full_name": "Warga", "notes": notes})
    server.max_bytes = 20_000
    siti.sync()
    assert server.state["devices"][siti.outbox.disk.get("device")]["acked"] == 4
    assert len(server.state["log"]) == 3
    assert siti.outbox.own.change(3)["fields"]["notes"] == "y" * 30_000  # not sent, but not lost either


def test_a_busy_server_is_given_the_time_it_asks_for(phone, server):
    siti = phone()
    server.busy = [(503, "7"), (429, "40"), (500, None)]
    waits = []
    siti.keep_syncing(sleep=waits.append)
    assert 7 <= waits[0] <= 8 and 40 <= waits[1] <= 42 and waits[2] <= 4


def test_a_pull_is_cut_in_parts_and_nothing_is_missed(phone, server):
    siti, budi = phone("Siti"), phone("Budi")
    for n in range(40):
        siti.outbox.save("worker", None, KAMAN, {**NUR, "full_name": f"Warga {n}"})
    siti.sync()
    budi.outbox.note(pace=[200, 4096])
    budi.sync()
    assert [bool(asked.get("limit")) for asked in server.asked] == [False, True, True]
    assert sorted(budi.outbox.records()) == sorted(siti.outbox.records())


def test_bad_data_is_told_to_the_officer_and_his_correction_repeats_the_rest(phone):
    siti = phone()
    saved = siti.outbox.save("worker", None, KAMAN, {**NUR, "nik": "123"})
    good = siti.outbox.save("worker", None, KAMAN, NUR)
    siti.sync()
    [wrong] = siti.outbox.to_correct()
    assert wrong["change"]["seq"] == saved.seq and "nik" in wrong["errors"]
    assert siti.outbox.open(good.record).version == 1
    corrected = siti.outbox.correct(saved.seq, {"nik": NUR["nik"]})
    siti.sync()
    assert corrected.record == saved.record
    assert siti.outbox.open(saved.record).fields == NUR
    assert siti.outbox.to_correct() == []


def test_a_correction_replaces_nothing_that_a_colleague_wrote_since(phone):
    siti, budi = phone("Siti"), phone("Budi")
    shared = budi.outbox.save("worker", None, KAMAN, NUR)
    budi.sync()
    siti.sync()
    wrong = siti.outbox.save("worker", shared.record, None, {"nik": "123", "full_name": "Nur Hayati binti Ali"})
    budi.outbox.save("worker", shared.record, None, {"full_name": "Nurhayati"})
    budi.sync()
    siti.sync()
    corrected = siti.outbox.correct(wrong.seq, {"nik": "6402115207909002"})
    sent = siti.outbox.own.change(corrected.seq)
    assert sent["fields"]["full_name"] == "Nur Hayati binti Ali"
    assert sent["seen"] == {budi.outbox.disk.get("device"): shared.seq}


def test_what_was_only_received_is_shown_meanwhile_and_told_later(phone, server):
    siti = phone()
    server.hold.add(record := f"{siti.outbox.disk.get('device')}-1")
    assert siti.outbox.save("worker", None, KAMAN, NUR).record == record
    siti.sync()
    assert siti.outbox.counts() == {"received": 1}
    assert siti.outbox.open(record).fields == NUR and siti.outbox.open(record).version == 0
    server.release(record)
    siti.sync()
    assert siti.outbox.counts() == {"merged": 1}
    assert siti.outbox.open(record).version == 1


def test_a_worker_who_moved_leaves_the_old_village_and_appears_in_the_new(phone):
    siti, budi, tuti = phone("Siti"), phone("Budi"), phone("Tuti", TERATAK)
    record = siti.outbox.save("worker", None, KAMAN, NUR).record
    for client in (siti, budi):
        client.sync()
    budi.outbox.save("worker", record, None, {"village": TERATAK})
    for client in (budi, siti, tuti):
        client.sync()
    assert [client.outbox.open(record) is None for client in (siti, budi, tuti)] == [True, True, False]
    assert siti.outbox.copies.gone(record) == "moved"


def test_an_alias_stays_understood_and_an_edit_of_it_is_of_the_joined_record(phone, server):
    siti, budi = phone("Siti"), phone("Budi")
    one = siti.outbox.save("worker", None, KAMAN, NUR).record
    two = budi.outbox.save("worker", None, KAMAN, {**NUR, "notes": "didaftar dua kali"}).record
    for client in (siti, budi, siti):
        client.sync()
    server.link(one, two)
    draft = budi.outbox.open(two)  # opened before the link was told
    siti.sync()
    budi.sync()
    small, large = sorted((one, two))
    assert siti.outbox.open(large).record == small
    siti.outbox.save("worker", large, None, {"phone": "+6281250003333"})
    siti.sync()
    sent = server.asked[-1]["changes"][0]
    assert sent["record"] == small and sent["seen"]["hq1"] == 1
    budi.outbox.save("worker", two, None, {"email": "nur@contoh.id"}, opened=draft)
    budi.sync()
    assert server.asked[-1]["changes"][0]["record"] == two
    siti.sync()
    assert siti.outbox.open(two).fields["email"] == budi.outbox.open(one).fields["email"] == "nur@contoh.id"


def test_a_village_taken_away_is_deleted_once_the_own_changes_there_are_acknowledged(phone, server):
    siti = phone("Siti", KAMAN, TERATAK)
    record = siti.outbox.save("worker", None, TERATAK, NUR).record
    siti.sync()
    siti.outbox.save("worker", record, None, {"phone": "+6281250009999"})
    device = server.state["devices"][siti.outbox.disk.get("device")]
    device["villages"] = [KAMAN]
    answers = [{"server_time": "2026-11-22T03:04:06.010Z", "epoch": "E1", "acked": 1, "results": [], "records": []}]
    asked = siti.outbox.ask(_pace())
    siti.outbox.take({**answers[0], "cursors": {KAMAN: 1, "device": 0}, "more": False}, asked)
    assert siti.outbox.open(record) is not None and siti.outbox.villages().keys() == {KAMAN}
    siti.sync()
    assert siti.outbox.open(record) is None
    assert server.state["log"][siti.outbox.disk.get("device"), 2]["sent"]["fields"] == {"phone": "+6281250009999"}


def _pace():
    from sync.device.pace import Pace

    return Pace()


# Restores, twins, strangers


def test_a_restored_server_is_refilled(phone, server):
    siti, budi = phone("Siti"), phone("Budi")
    first = siti.outbox.save("worker", None, KAMAN, NUR).record
    siti.sync()
    backup = server.backup()
    later = siti.outbox.save("worker", None, KAMAN, {**NUR, "full_name": "Siti Rahmah"}).record
    siti.outbox.save("worker", first, None, {"phone": "+6281250007777"})
    siti.sync()
    budi.sync()
    server.restore(backup)
    for client in (siti, budi, siti):
        client.sync()
    assert sorted(server.state["log"]) == [(siti.outbox.disk.get("device"), seq) for seq in (1, 2, 3)]
    for client in (siti, budi):
        assert client.outbox.open(first).fields["phone"] == "+6281250007777"
        assert client.outbox.open(later).fields["full_name"] == "Siti Rahmah"
    assert siti.outbox.counts() == {"merged": 3}


def test_a_server_set_back_without_a_new_epoch_is_refilled_too(phone, server):
    siti = phone()
    siti.outbox.save("worker", None, KAMAN, NUR)
    siti.sync()
    backup = server.backup()
    siti.outbox.save("worker", None, KAMAN, NUR)
    siti.sync()
    server.state = backup
    siti.sync()
    assert len(server.state["log"]) == 2 and siti.outbox.counts() == {"merged": 2}


def test_a_copy_that_a_restored_server_does_not_know_is_hidden_until_its_maker_comes_back(phone, server):
    siti, budi = phone("Siti"), phone("Budi")
    backup = server.backup()
    record = siti.outbox.save("worker", None, KAMAN, NUR).record
    siti.sync()
    budi.sync()
    server.restore(backup)
    budi.sync()
    assert budi.outbox.records() == []
    siti.sync()
    budi.sync()
    assert budi.outbox.records() == [record]


def test_a_device_enrolled_after_the_backup_gets_its_id_back_and_sends_all_it_has(phone, server):
    backup = server.backup()
    siti = phone()
    old = siti.outbox.disk.get("device")
    siti.outbox.save("worker", None, KAMAN, NUR)
    siti.sync()
    siti.outbox.save("worker", None, KAMAN, NUR)
    server.restore(backup)
    with pytest.raises(NeedsCode):
        siti.sync()
    siti.outbox.save("worker", None, KAMAN, NUR)  # he works on meanwhile
    siti.enrol(server.code("Siti", [KAMAN]))
    siti.sync()
    assert siti.outbox.disk.get("device") == old
    assert sorted(server.state["log"]) == [(old, 1), (old, 2), (old, 3)]


def test_changes_older_than_thirty_days_are_dropped_by_the_servers_clock_and_owned_up_to_when_asked_for(phone, server):
    backup = server.backup()
    siti = phone()
    for _ in range(2):
        siti.outbox.save("worker", None, KAMAN, NUR)
    siti.sync()
    thirty_one_days = 31 * 24 * 3600 * 1000
    now = server.now()
    server.now = lambda: now + thirty_one_days
    siti.sync()
    assert siti.outbox.counts() == {}
    siti.outbox.save("worker", None, KAMAN, NUR)
    server.restore(backup)
    with pytest.raises(NeedsCode):
        siti.sync()
    siti.enrol(server.code("Siti", [KAMAN]))
    siti.sync()
    assert server.asked[-1]["lost_to"] == 2
    assert [seq for _, seq in server.state["log"]] == [3]


def test_a_clock_that_leaps_years_drops_nothing(phone):
    siti = phone()
    siti.outbox.clock = siti.clock = lambda: 4_000_000_000_000
    siti.outbox.save("worker", None, KAMAN, NUR)
    siti.sync()
    siti.sync()
    assert siti.outbox.counts() == {"merged": 1}


def clone(client: Client, path) -> Client:
    """A second phone with the same memory."""
    client.outbox.disk.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path.write_bytes(client.outbox.path.read_bytes())
    return Client(client.url, Outbox(path), rng=random.Random(8))


def test_a_twin_enrols_again_and_both_keep_what_they_entered(phone, server, tmp_path):
    siti = phone()
    shared = siti.outbox.save("worker", None, KAMAN, NUR).record
    siti.sync()
    twin = clone(siti, tmp_path / "twin.db")
    siti.outbox.save("worker", None, KAMAN, {**NUR, "full_name": "Arbain"})
    siti.outbox.save("worker", shared, None, {"phone": "+6281250001234"})
    siti.sync()
    made = twin.outbox.save("worker", None, KAMAN, {**NUR, "full_name": "Masitah"}).record
    twin.outbox.save("contribution", None, KAMAN, {"worker": made, "extra": {"who": [made]}, "amount": 16800})
    twin.outbox.save("worker", shared, None, {"email": "nur@contoh.id"})
    old = siti.outbox.disk.get("device")
    twin.sync()
    new = twin.outbox.disk.get("device")
    assert new != old and twin.outbox.counts() == {"merged": 4}
    one, two, three = (server.state["log"][new, seq]["sent"] for seq in (1, 2, 3))
    assert one["record"] == f"{new}-2" and "seen" in one and one["seen"] == {}
    assert two["fields"]["worker"] == f"{new}-2" and two["fields"]["extra"] == {"who": [f"{new}-2"]}
    assert three["record"] == shared and three["seen"] == {old: 1}
    siti.sync()
    for client in (siti, twin):
        assert client.outbox.open(f"{old}-2").fields["full_name"] == "Arbain"
        assert client.outbox.open(f"{new}-2").fields["full_name"] == "Masitah"
        assert client.outbox.open(shared).fields["phone"] == "+6281250001234"
        assert client.outbox.open(shared).fields["email"] == "nur@contoh.id"


def test_a_lost_answer_to_the_second_enrolment_makes_no_third_device(phone, server, tmp_path):
    siti = phone()
    twin = clone(siti, tmp_path / "twin.db")
    for client in (siti, twin):
        client.outbox.save("worker", None, KAMAN, {**NUR, "full_name": client.outbox.path.name})
    siti.sync()
    twin.http = Line("good", "answer lost")
    twin.keep_syncing(sleep=lambda _: None)
    assert len(server.state["devices"]) == 2 and len(server.state["log"]) == 2


def test_a_phone_set_back_to_last_week_finds_out_by_an_acked_above_its_own(phone, server, tmp_path):
    siti = phone()
    siti.outbox.save("worker", None, KAMAN, NUR)
    siti.sync()
    old = siti.outbox.disk.get("device")
    set_back = clone(siti, tmp_path / "back.db")
    for _ in range(3):
        siti.outbox.save("worker", None, KAMAN, NUR)
    siti.sync()
    set_back.sync()
    new = set_back.outbox.disk.get("device")
    assert new != old
    set_back.outbox.save("worker", f"{old}-1", None, {"notes": "sesudah dipulihkan"})
    saved = set_back.outbox.save("worker", None, KAMAN, NUR)
    set_back.sync()
    assert saved.record.startswith(f"{new}-")
    assert server.state["log"][new, 1]["sent"]["seen"] == {old: 1}
    assert set_back.outbox.open(f"{old}-1").fields["notes"] == "sesudah dipulihkan"


def test_a_phone_set_back_with_changes_that_the_server_already_has_makes_no_second_person_of_them(
    phone, server, tmp_path
):
    siti = phone()
    siti.outbox.save("worker", None, KAMAN, NUR)
    set_back = clone(siti, tmp_path / "back.db")
    siti.outbox.save("worker", None, KAMAN, NUR)
    siti.sync()
    set_back.sync()
    assert len(server.state["log"]) == 2
    assert sorted(set_back.outbox.records()) == sorted(siti.outbox.records())


def test_a_revoked_phone_stops_and_keeps_what_is_unsent(phone, server):
    siti = phone()
    siti.outbox.save("worker", None, KAMAN, NUR)
    server.revoked.add(siti.outbox.disk.get("device"))
    with pytest.raises(DeviceRevoked):
        siti.sync()
    requests = siti.tally.requests
    with pytest.raises(DeviceRevoked):
        siti.sync()
    assert siti.tally.requests == requests
    assert siti.outbox.own.change(1)["fields"] == NUR


def test_a_hotel_login_page_is_no_answer(phone):
    class Hotel:
        def request(self, *_, **__):
            return type("Page", (), {"status": 200, "data": b"<html>Login</html>", "headers": {}})()

    siti = phone()
    siti.outbox.save("worker", None, KAMAN, NUR)
    siti.http = Hotel()
    with pytest.raises(LineLost):
        siti.sync()
    assert siti.outbox.own.waiting() == 1


def test_everything_sent_again_is_told_again_and_changes_nothing(phone, server):
    siti = phone()
    for _ in range(5):
        siti.outbox.save("worker", None, KAMAN, NUR)
    siti.sync()
    assert siti.ask_again() == []
    del server.state["log"][siti.outbox.disk.get("device"), 3]
    assert siti.ask_again() == [3]
