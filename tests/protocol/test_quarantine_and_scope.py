"""Section 3, promise 5: bad data is kept, and a change lies inside or outside its device's scope."""

from __future__ import annotations

from typing import Any

import pytest

from tests.protocol.world import WORKER, Desk, Json, Phone, Served

ON_BOTH = True


def test_one_bad_change_in_the_middle_of_a_batch_is_quarantined_and_the_rest_is_merged(
    siti: Phone, budi: Phone
) -> None:
    good, bad, after = siti.change(), siti.change(fields=WORKER | {"nik": "123"}), siti.change()
    answer = siti.send(good, bad, after)
    assert answer["acked"] == 3
    assert [result["status"] for result in answer["results"]] == ["merged", "quarantined", "merged"]
    errors = answer["results"][1]["errors"]
    assert list(errors) == ["nik"] and errors["nik"] and all(isinstance(text, str) for text in errors["nik"])
    assert set(budi.pull()) == {good["record"], after["record"]}


def test_errors_are_told_in_the_language_asked_for(siti: Phone) -> None:
    bad = siti.change(fields={"sex": "x"})
    texts = [
        siti.post({"changes": [bad]}, Accept_Language=lang).json["results"][0]["errors"]["sex"] for lang in ("id", "en")
    ]
    assert texts[0] != texts[1]


@pytest.mark.parametrize("fields", [
    {"notes": "a\0b"}, {"notes": "\ud800"}, {"extra.x": "\udfff"}, {"extra.x": [{"y": "\0"}]}, {"monthly_income": 1e30},
    {"extra.x": 10**400}, {"extra.x": -(2**70)}, {"a\0b": 1}, {"\ud800": 1}, {"x" * 200: 1}, {"notes": {"a": 1}},
    {"nik": 7},
    None, [], "x", 7,
], ids=ascii)  # fmt: skip
def test_what_no_database_could_keep_is_quarantined_whole(siti: Phone, desk: Desk, fields: Any) -> None:
    bad = siti.change() | {"fields": fields}
    after = siti.change()
    assert siti.status_of(bad, after) == ["quarantined", "merged"]
    assert siti.send(bad)["results"][0]["status"] == "quarantined"
    shown = desk.get(f"/api/v1/quarantine?within={siti.villages[0]}").json["changes"]
    assert [one["sent"]["fields"] for one in shown if one["device"] == siti.id] == [fields]


@pytest.mark.parametrize("other", [
    {"kind": None}, {"kind": 7}, {"kind": "Wor ker"}, {"kind": "\0"}, {"kind": ""}, {"record": {}}, {"village": None},
    {"village": 64}, {"village": "x"}, {"village": "64.02.11.9999"}, {"at": None}, {"at": "yesterday"}, {"at": 5},
    {"at": "2026-02-30T00:00:00.000Z"},
    {"at": "99999-01-01T00:00:00Z"}, {"form": {}}, {"form": "x" * 500}, {"seen": []}, {"seen": "x"},
    {"seen": {"a": "1"}}, {"seen": {"a": -1}},
    {"seen": {"\0": 1}}, {"seen": {"a": 10**40}},
], ids=ascii)  # fmt: skip
def test_a_change_whose_seq_can_be_read_is_never_refused_for_anything_else_in_it(siti: Phone, other: Json) -> None:
    after = siti.change(seq=2)
    assert siti.status_of(siti.change(seq=1) | other, after) == ["quarantined", "merged"]


@pytest.mark.parametrize("left_out", ["kind", "record", "village", "at", "fields"])
def test_a_change_that_lacks_a_member_is_quarantined(siti: Phone, left_out: str) -> None:
    change = siti.change()
    del change[left_out]
    assert siti.status_of(change) == ["quarantined"]


def test_a_quarantined_change_never_merges_later(served: Served, siti: Phone, budi: Phone, shared: str) -> None:
    bad = siti.change(shared, {"sex": "x", "notes": "catatan"})
    siti.send(bad)
    siti.send(siti.change(shared, {"sex": "male"}))
    served.merge_now()
    assert siti.send(bad)["results"][0]["status"] == "quarantined"
    assert "notes" not in budi.told(shared)["fields"]


def test_the_officers_correction_is_a_new_change_that_repeats_every_field_that_should_hold(
    siti: Phone, budi: Phone
) -> None:
    bad = siti.change(fields=WORKER | {"nik": "12"})
    assert siti.status_of(bad) == ["quarantined"]
    assert siti.status_of(siti.change(bad["record"], dict(WORKER))) == ["merged"]
    assert budi.pull()[bad["record"]]["version"] == 1


def test_a_change_after_a_quarantined_creation_stands_for_itself(siti: Phone, budi: Phone) -> None:
    bad = siti.change(fields=WORKER | {"nik": "12"})
    siti.send(bad, siti.change(bad["record"], {"phone": "081234567890"}))
    assert budi.pull()[bad["record"]]["fields"] == {"phone": "+6281234567890"}


def test_a_quarantined_change_is_not_made_part_of_a_records_seen(siti: Phone, budi: Phone, shared: str) -> None:
    siti.send(siti.change(shared, {"notes": "a"}), siti.change(shared, {"sex": "x"}))
    assert budi.told(shared)["seen"] == {siti.id: 2}


def test_an_operator_who_accepts_a_quarantined_change_makes_a_change_of_the_desks(
    served: Served, siti: Phone, budi: Phone
) -> None:
    bad = siti.change(fields=WORKER | {"status": "verified"})
    assert siti.status_of(bad) == ["quarantined"]
    assert served.run("quarantine", "accept", siti.id, str(bad["seq"])).code == 0
    told = budi.pull()[bad["record"]]
    (author,) = told["seen"]
    assert author.startswith("hq") and told["fields"]["status"] == "verified"


# --- scope


def test_a_record_is_created_where_the_device_works_and_nowhere_else(served: Served, siti: Phone) -> None:
    inside, outside = siti.change(), siti.change(village=served.village())
    assert siti.status_of(inside, outside) == ["merged", "quarantined"]


def test_what_a_change_claims_as_home_counts_only_when_it_creates_the_record(served: Served, siti: Phone) -> None:
    record = siti.worker()
    stranger = served.phone(served.village())
    assert stranger.status_of(stranger.change(record, {"notes": "x"})) == ["quarantined"]
    mistaken = siti.change(record, {"notes": "y"}, village=served.village())
    assert siti.status_of(mistaken) == ["merged"]


def test_an_edit_from_a_foreign_village_is_quarantined(served: Served, siti: Phone) -> None:
    record = siti.worker()
    stranger = served.phone(served.village())
    edit = stranger.change(record, {"notes": "x"}, village=siti.villages[0], seen={siti.id: 1})
    answer = stranger.sync(edit)
    assert answer["results"][0]["status"] == "quarantined" and answer["results"][0]["errors"]
    assert "notes" not in siti.told(record)["fields"]


def test_a_record_may_be_moved_to_any_village_and_from_there_on_an_operator_moves_it_back(
    served: Served, siti: Phone, budi: Phone, desk: Desk, shared: str
) -> None:
    away = served.village()
    there = served.phone(away)
    assert siti.status_of(siti.edit(shared, village=away)) == ["merged"]
    assert there.pull()[shared]["village"] == away
    # What her own phone did before is understood: she knows that the record is away.
    assert siti.status_of(siti.change(shared, {"village": siti.villages[0]})) == ["quarantined"]
    now = desk.settle(there.told(shared), village=siti.villages[0])
    assert now["village"] == siti.villages[0] and siti.told(shared) == now


def test_an_edit_by_somebody_who_saw_the_old_home_lies_inside_after_the_record_was_moved(
    served: Served, siti: Phone, budi: Phone, shared: str
) -> None:
    away = served.village()
    siti.sync(siti.edit(shared, village=away))
    # Budi opened the record before it moved; he has not heard.
    assert budi.status_of(budi.edit(shared, notes="rumah di tepi sungai")) == ["merged"]
    assert served.phone(away).told(shared)["fields"]["notes"] == "rumah di tepi sungai"


def test_an_edit_that_has_seen_the_move_away_lies_outside(
    served: Served, siti: Phone, budi: Phone, shared: str
) -> None:
    away = served.village()
    siti.sync(siti.edit(shared, village=away))
    stale = budi.change(shared, {"notes": "x"}, seen={siti.id: 2})
    assert budi.status_of(stale) == ["quarantined"]


def test_a_device_without_the_village_cannot_pull_a_record_to_itself(served: Served, siti: Phone) -> None:
    record = siti.worker()
    thief = served.phone(served.village())
    grab = thief.change(record, {"village": thief.villages[0]}, seen={siti.id: 1})
    assert thief.status_of(grab) == ["quarantined"] and siti.told(record)["village"] == siti.villages[0]


def test_moving_to_a_village_that_does_not_exist_is_quarantined(siti: Phone) -> None:
    record = siti.worker()
    for code in ("64.02.11.9999", "99.99.99.9999", "64.02", "id", "", "x", 64):
        assert siti.status_of(siti.change(record, {"village": code})) == ["quarantined"], code


def test_a_record_whose_village_is_cleared_stays_where_it_was(siti: Phone, budi: Phone, shared: str) -> None:
    siti.sync(siti.edit(shared, village=None))
    assert budi.told(shared)["village"] == siti.villages[0]


def test_a_change_whose_kind_differs_from_its_records_is_quarantined(siti: Phone, budi: Phone, shared: str) -> None:
    assert budi.status_of(budi.change(shared, {"text": "x"}, kind="visit", seen={siti.id: 1})) == ["quarantined"]
    assert siti.status_of(siti.change(shared, {"text": "x"}, kind="visit")) == ["quarantined"]


def test_an_edit_of_another_devices_record_that_is_not_here_is_received_and_its_scope_judged_later(
    served: Served, siti: Phone
) -> None:
    elsewhere = served.phone(served.village())
    expected = f"{siti.id}-1"
    inside, outside = served.phone(siti.villages[0]), elsewhere
    assert inside.status_of(inside.change(expected, {"rt": "3"})) == ["received"]
    assert outside.status_of(outside.change(expected, {"rw": "4"}, village=siti.villages[0])) == ["received"]
    siti.worker()
    served.merge_now()
    told = siti.told(expected)["fields"]
    assert told["rt"] == "3" and "rw" not in told
    assert outside.sync()["results"][0]["status"] == "quarantined"


def test_a_received_change_of_another_kind_than_its_record_is_quarantined_when_the_record_comes(
    served: Served, siti: Phone, budi: Phone
) -> None:
    assert budi.status_of(budi.change(f"{siti.id}-1", {"text": "x"}, kind="visit")) == ["received"]
    siti.worker()
    served.merge_now()
    assert budi.sync()["results"][0]["status"] == "quarantined"


def test_two_villages_of_a_device_are_both_inside(served: Served) -> None:
    phone = served.phone(served.village(), served.village())
    changes = [phone.change(village=code) for code in phone.villages]
    assert phone.status_of(*changes) == ["merged", "merged"]
    assert {told["village"] for told in phone.send()["records"]} == set(phone.villages)


def test_scope_is_by_village_not_by_prefix(served: Served, siti: Phone) -> None:
    district = siti.villages[0].rpartition(".")[0]
    assert (
        siti.status_of(siti.change(village=district), siti.change(village=siti.villages[0] + "1"))
        == ["quarantined"] * 2
    )
