"""Section 4: two records found to be the same person."""

from __future__ import annotations

import pytest

from tests.protocol.world import WORKER, Desk, Json, Phone, Served

ON_BOTH = True


@pytest.fixture
def pair(siti: Phone, budi: Phone) -> tuple[str, str]:
    """Two records of one person, the smallest id first; both phones hold both."""
    records = siti.worker(phone="081234567891"), budi.worker(address="Jalan Mahakam")
    siti.pull()
    budi.pull()
    return min(records), max(records)


def present(phone: Phone) -> set[str]:
    return {told["record"] for told in phone.send()["records"] if "gone" not in told}


@pytest.mark.parametrize("turned", [False, True])
def test_links_have_no_direction_and_the_smallest_id_carries_the_joined_record(
    siti: Phone, desk: Desk, pair: tuple[str, str], turned: bool
) -> None:
    told = desk.link(*(reversed(pair) if turned else pair))
    (joined,) = told["records"]
    assert joined["record"] == pair[0] and present(siti) == {pair[0]}
    assert joined["fields"]["phone"] and joined["fields"]["address"]


def test_the_links_dot_stands_in_the_seen_of_the_joined_record(
    siti: Phone, budi: Phone, desk: Desk, pair: tuple[str, str]
) -> None:
    (joined,) = desk.link(*pair)["records"]
    desks = [author for author in joined["seen"] if author.startswith("hq")]
    assert len(desks) == 1 and joined["seen"] | {} == {siti.id: 1, budi.id: 1, desks[0]: joined["seen"][desks[0]]}


def test_equal_values_of_both_are_no_conflict_and_different_ones_wait_for_a_person(
    siti: Phone, budi: Phone, desk: Desk
) -> None:
    a, b = siti.worker(full_name="Nur"), budi.worker(full_name="Nurhayati")
    (joined,) = desk.link(a, b)["records"]
    assert set(joined["conflicts"]) == {"full_name"}
    assert {head["value"] for head in joined["conflicts"]["full_name"]} == {"Nur", "Nurhayati"}


def test_aliases_stay_understood_in_later_changes(siti: Phone, budi: Phone, desk: Desk, pair: tuple[str, str]) -> None:
    desk.link(*pair)
    siti.sync()
    seen = siti.held[pair[0]]["seen"]
    for n, record in enumerate(pair):
        assert siti.status_of(siti.change(record, {"rt": f"{n}"}, seen=seen)) == ["merged"]
        assert budi.told(pair[0])["fields"]["rt"] == f"{n}"
    assert present(budi) == {pair[0]}


def test_a_change_across_ids_that_has_seen_the_link_replaces_what_it_saw_on_both(
    siti: Phone, budi: Phone, desk: Desk
) -> None:
    a, b = siti.worker(full_name="Nur"), budi.worker(full_name="Nurhayati")
    desk.link(a, b)
    siti.sync()
    joined = siti.held[min(a, b)]
    assert siti.status_of(siti.edit(joined["record"], full_name="Nur Hayati")) == ["merged"]
    assert not budi.told(joined["record"]).get("conflicts")


def test_a_change_across_ids_that_has_not_seen_the_link_stays_a_head_also_on_ones_own_device(
    siti: Phone, desk: Desk
) -> None:
    a, b = siti.worker(full_name="Nur"), siti.worker(full_name="Nurhayati")
    small, great = min(a, b), max(a, b)
    desk.link(a, b)
    # She has not heard of the link; she edits one of her two records, once more.
    assert siti.status_of(siti.change(small, {"full_name": "Nur Hayati"}, seen={})) == ["conflict"]
    told = siti.told(small)
    stays = "Nurhayati" if small == a else "Nur"
    assert {head["value"] for head in told["conflicts"]["full_name"]} == {"Nur Hayati", stays} and great
    siti.sync()
    assert siti.status_of(siti.edit(small, full_name="Selesai")) == ["merged"]
    assert not siti.told(small).get("conflicts")


def test_seen_of_another_devices_change_across_ids_counts_only_with_the_link(
    siti: Phone, budi: Phone, desk: Desk
) -> None:
    a, b = siti.worker(full_name="Nur"), budi.worker(full_name="Nurhayati")
    siti.sync()
    desk.link(a, b)
    without = siti.change(a, {"full_name": "Nur Hayati"}, seen={budi.id: 1})
    assert siti.status_of(without) == ["conflict"]


def test_after_an_undo_each_id_is_again_made_of_the_changes_addressed_to_it(
    siti: Phone, budi: Phone, desk: Desk, pair: tuple[str, str]
) -> None:
    desk.link(*pair)
    siti.sync()
    seen = siti.held[pair[0]]["seen"]
    siti.sync(siti.change(pair[1], {"notes": "pada alias"}, seen=seen), siti.change(pair[0], {"rt": "9"}, seen=seen))
    parted = {told["record"]: told for told in desk.link(*pair, same=False)["records"]}
    assert set(parted) == set(pair) == present(budi)
    assert parted[pair[1]]["fields"]["notes"] == "pada alias" and "rt" not in parted[pair[1]]["fields"]
    assert parted[pair[0]]["fields"]["rt"] == "9" and "notes" not in parted[pair[0]]["fields"]


def test_versions_of_both_ids_only_rise_through_a_link_and_its_undo(
    siti: Phone, desk: Desk, pair: tuple[str, str]
) -> None:
    before = {record: siti.told(record)["version"] for record in pair}
    (joined,) = desk.link(*pair)["records"]
    parted = {told["record"]: told["version"] for told in desk.link(*pair, same=False)["records"]}
    (again,) = desk.link(*pair)["records"]
    assert before[pair[0]] < joined["version"] < parted[pair[0]] < again["version"]
    assert before[pair[1]] < parted[pair[1]]


def test_phones_that_page_one_by_one_hear_of_link_and_undo(
    siti: Phone, budi: Phone, desk: Desk, pair: tuple[str, str]
) -> None:
    for same in (True, False, True):
        desk.link(*pair, same=same)
        for phone in (siti, budi):
            while phone.sync(limit=1)["more"]:
                pass
            assert set(phone.held) == ({pair[0]} if same else set(pair))


def test_a_chain_of_standing_links_connects_records(siti: Phone, budi: Phone, desk: Desk) -> None:
    a, b, c = sorted([siti.worker(), siti.worker(), budi.worker()])
    desk.link(b, c)
    desk.link(a, c)
    assert present(siti) == {a}
    gone: dict[str, Json] = {told["record"]: told for told in siti.send(cursors={})["records"] if "gone" in told}
    assert all(told["into"] == a for told in gone.values())
    desk.link(b, c, same=False)
    assert present(siti) == {a, b}


def test_records_of_two_villages_joined_live_in_one(served: Served, siti: Phone, desk: Desk) -> None:
    there = served.phone(served.village())
    a, b = siti.worker(), there.worker()
    siti.sync()
    there.sync()
    (joined,) = desk.link(a, b)["records"]
    small, great = min(a, b), max(a, b)
    assert joined["record"] == small and joined["village"] in (*siti.villages, *there.villages)
    both = served.phone(*siti.villages, *there.villages)
    assert both.told(small)["village"] == joined["village"]
    for phone in (siti, there):
        answer = phone.sync()
        told = {one["record"]: one for one in answer["records"]}
        if joined["village"] in phone.villages:
            assert told[small]["version"] == joined["version"]
        mine = a if phone is siti else b
        assert mine in told and ("gone" in told[mine] or mine == small)
    assert great


def test_a_link_is_for_desks_only(siti: Phone, budi: Phone, pair: tuple[str, str]) -> None:
    link = siti.change(f"link:{pair[0]}:{pair[1]}", {"same": True}, kind="link")
    assert siti.status_of(link) == ["quarantined"] and present(budi) == set(pair)


def test_link_records_are_not_told_to_phones(siti: Phone, desk: Desk, pair: tuple[str, str]) -> None:
    desk.link(*pair)
    desk.link(*pair, same=False)
    assert not [told for told in siti.send()["records"] if told["record"].startswith("link:")]


def test_linking_what_is_not_there_or_a_record_with_itself_is_refused(desk: Desk, pair: tuple[str, str]) -> None:
    def asked(a: object, b: object, **more: object) -> int:
        return desk.post("/api/v1/link", {"a": a, "b": b, "same": True, "reason": "x"} | more).status

    assert asked(pair[0], "nobody-1") == 404
    assert asked(pair[0], pair[0]) in (409, 422)
    assert asked(pair[0], 7) == asked(pair[0], pair[1], same="yes") == 422


def test_records_of_two_kinds_are_not_linked(siti: Phone, desk: Desk) -> None:
    worker, visit = siti.worker(), siti.change(kind="visit", fields={"text": "x"})
    siti.sync(visit)
    answer = desk.post("/api/v1/link", {"a": worker, "b": visit["record"], "same": True, "reason": "x"})
    assert answer.status in (409, 422) and WORKER


def test_joining_twice_and_parting_what_is_not_joined_change_nothing_that_is_told(
    siti: Phone, desk: Desk, pair: tuple[str, str]
) -> None:
    desk.link(*pair, same=False)
    assert present(siti) == set(pair)
    desk.link(*pair)
    desk.link(*pair)
    desk.link(*pair, same=False)
    assert present(siti) == set(pair)
