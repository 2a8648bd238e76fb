"""What devices are told of records that move, part and are erased."""

import pytest
from sqlalchemy import select

from server.actions.entering import Entering
from server.actions.settle import BadFields, OutsideRegion, accept_quarantined, desk_writes, erase, link, settle
from server.clock import now_ms
from server.db import transaction
from server.store import tables as t
from server.store.accounts import Account
from tests.server.installation import NEIGHBOUR, VILLAGE, WORKER
from tests.server.story import check

THIRD = "64.02.11.2003"


def test_whoever_has_a_record_s_first_and_last_home_is_told_the_record_and_not_that_it_is_gone(server):
    siti, wati = server.enrolled(VILLAGE), server.enrolled(VILLAGE, NEIGHBOUR, THIRD)
    for far_apart in (server.enrolled(VILLAGE, THIRD), server.enrolled(THIRD, VILLAGE)):
        siti.sync(siti.change())
        record = f"{siti.id}-{siti.seq}"
        far_apart.sync()
        for here, there in ((VILLAGE, NEIGHBOUR), (NEIGHBOUR, THIRD)):
            seen = {siti.id: siti.seq}
            wati.sync(wati.change(record, {"village": there}, village=here, seen=seen))
        told = [each for each in far_apart.sync()["records"] if each["record"] == record]
        assert [each.get("village") for each in told] == [THIRD]
        assert {"record": record, "gone": "moved"} in siti.sync()["records"]


def test_parted_records_never_go_back_in_version(server):
    siti, budi = server.enrolled(VILLAGE), server.enrolled(VILLAGE)
    siti.sync(siti.change()), budi.sync(budi.change())
    a, b = sorted([f"{siti.id}-1", f"{budi.id}-1"])
    with server.app.app_context():
        link(a, b, True, "", None, now_ms())
    results = [budi.sync(budi.change(b, {"rt": f"00{n}"}))["results"][0] for n in range(5)]
    with server.app.app_context():
        link(a, b, False, "", None, now_ms())
    [told] = [each for each in budi.sync()["records"] if each["record"] == b]
    assert told["version"] > results[-1]["version"] and check(server) == []


def test_records_part_though_one_has_moved_since_they_were_joined(either_server):
    siti, wati = either_server.enrolled(VILLAGE), either_server.enrolled(VILLAGE, NEIGHBOUR, THIRD)
    siti.sync(siti.change()), wati.sync(wati.change(village=NEIGHBOUR))
    a, b = sorted([f"{siti.id}-1", f"{wati.id}-1"])
    with either_server.app.app_context():
        link(a, b, True, "", None, now_ms())
    [joined] = [each for each in wati.sync()["records"] if each["record"] == a]
    for record in (a, b):
        wati.sync(wati.change(record, {"village": THIRD}, village=joined["village"], seen=joined["seen"]))
    with either_server.app.app_context():
        link(a, b, False, "", None, now_ms())
    assert check(either_server) == []


def test_an_edit_older_than_the_list_that_made_its_record_leaves_the_joined_rows_as_a_replay_draws_them(server):
    phone, made = server.enrolled(VILLAGE), "zzzzzzz:1"
    phone.sync(phone.change())
    with server.app.app_context(), transaction() as connection:
        entering = Entering(connection)
        entering.prepare([], also=[made], villages=[VILLAGE])
        desk_writes(connection, entering, "accept-list", "worker", made, VILLAGE, {}, WORKER, None, now_ms())
    with server.app.app_context():
        link(f"{phone.id}-1", made, True, "NIK sama", None, now_ms())
    phone.sync(phone.change(made, {"rt": "004"}))  # by the phone's clock it was written the day before the list came
    assert check(server) == []


def test_two_who_were_one_are_erased_and_a_replay_finds_nothing_to_mend(server):
    phone = server.enrolled(VILLAGE)
    phone.sync(phone.change(), phone.change())
    with server.app.app_context():
        link(f"{phone.id}-1", f"{phone.id}-2", True, "NIK sama", None, now_ms())
    for n in range(4):
        phone.sync(phone.change(2, {"rt": f"00{n}"}))
    with server.app.app_context():
        erase([f"{phone.id}-1"], "atas permintaan", None, server.settings, now_ms())
    assert check(server) == []


def test_a_faulty_change_to_an_erased_record_is_not_kept_as_it_was_sent(server):
    phone = server.enrolled(VILLAGE)
    phone.sync(phone.change())
    record = f"{phone.id}-1"
    with server.app.app_context():
        erase([record], "atas permintaan", None, server.settings, now_ms())
    phone.sync(phone.change(record, {"full_name": "Nur Hayati", "nik": "12"}))
    phone.sync(phone.change(record, WORKER), lost_to=phone.seq)
    with server.reading() as connection:
        rows = connection.execute(select(t.change.c.fields, t.change.c.sent, t.change.c.errors)).all()
    assert [row[:2] for row in rows] == [(None, None)] * 3 and "Nur" not in repr(rows)
    assert check(server) == []


def test_a_desk_takes_up_no_link_that_a_phone_made_up(server):
    phone = server.enrolled(VILLAGE)
    phone.sync(phone.change("link:a:b", {"same": True}, kind="link"))
    with server.app.app_context():
        try:
            accept_quarantined(phone.id, 1, None, None, now_ms())
        except BadFields as refused:
            assert refused.errors == {"kind": ["desk-only-kind"]}
        else:
            raise AssertionError("it was taken up")


def test_a_desk_parts_two_records_only_by_parting_them(server):
    siti = server.enrolled()
    siti.sync(siti.change(), siti.change())
    with server.app.app_context():
        made = link(f"{siti.id}-1", f"{siti.id}-2", True, "satu orang", None, now_ms())
        with pytest.raises(BadFields):
            settle(made, None, {"same": False}, None, now_ms())
    assert check(server) == []


def test_a_phone_locks_no_village_on_its_word_alone(server):
    siti = server.enrolled()
    siti.sync(siti.change())
    before = server.counts()["stream"]
    invented = [siti.change(f"{siti.id}-1", {"notes": str(n)}, village=f"64.02.11.{3000 + n}") for n in range(5)]
    assert {result["status"] for result in siti.sync(*invented)["results"]} == {"merged"}
    assert server.counts()["stream"] == before and check(server) == []


def test_a_record_that_a_phone_moves_back_and_forth_unseen_lies_where_the_fold_says(server):
    siti, budi = server.enrolled(VILLAGE, NEIGHBOUR), server.enrolled(VILLAGE, NEIGHBOUR)
    siti.sync(siti.change(fields={"village": VILLAGE, "full_name": "Nur"}))
    record, homes = f"{siti.id}-1", [NEIGHBOUR, VILLAGE, NEIGHBOUR, VILLAGE, NEIGHBOUR]
    budi.sync(*(budi.change(record, {"village": home, "notes": home}) for home in homes))
    assert check(server) == []


def test_a_twin_s_evidence_holds_nothing_of_whom_the_law_has_erased(server):
    siti = server.enrolled()
    siti.sync(siti.change())
    with server.app.app_context():
        erase([f"{siti.id}-1"], "diminta", None, server.settings, now_ms())
    twin = {"seq": 1, "kind": "worker", "record": f"{siti.id}-1", "village": VILLAGE, "fields": {"full_name": "Nur"}}
    assert siti.post({"changes": [twin]}).status_code == 409
    with server.reading() as connection:
        assert list(connection.scalars(select(t.evidence.c.sent))) == ["{}"]


def test_an_operator_makes_no_denominator_outside_his_region(server):
    siti, rina = server.enrolled(), Account(1, "rina", "", "operator", "64.02")
    denominator = siti.change("eligible:64.03.05.1003:2026-11", {"workers": 5, "source": VILLAGE}, kind="eligible")
    assert siti.sync(denominator)["results"][0]["status"] == "quarantined"
    with server.app.app_context(), pytest.raises(OutsideRegion):
        accept_quarantined(siti.id, 1, None, rina, now_ms())
    assert server.counts()["record"] == 0
