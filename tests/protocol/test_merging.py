"""Section 4: what merging means, seen through two and three phones."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.protocol.world import WORKER, Desk, Json, Phone, Served, moment

ON_BOTH = True


def value(phone: Phone, record: str, field: str) -> Any:
    return phone.told(record)["fields"].get(field)


def heads(phone: Phone, record: str, field: str) -> list[Any]:
    """Values of the heads that a person must look at, first the one that stands."""
    return [head["value"] for head in phone.told(record).get("conflicts", {}).get(field, [])]


def side_by_side(siti: Phone, budi: Phone, record: str, his: Json, hers: Json,
                 at_his: str | None = None, at_hers: str | None = None) -> None:  # fmt: skip
    """Both edit what they hold; neither has seen the other's."""
    first = siti.change(record, hers, at=at_hers or moment(minutes=50))
    second = budi.change(record, his, seen=budi.held[record]["seen"], at=at_his or moment(minutes=40))
    siti.send(first)
    budi.send(second)


# --- the order of arrival


def test_the_order_in_which_changes_arrive_does_not_matter(served: Served) -> None:
    outcomes = []
    times = {name: moment(minutes=50 - 10 * n) for n, name in enumerate("abc")}
    for order in itertools.permutations("abc"):
        village = served.village()
        author = served.phone(village)
        record = author.worker()
        phones = {name: served.phone(village) for name in "abc"}
        for phone in phones.values():
            phone.pull()
        for name in order:
            fields = {
                "full_name": f"Nur {name}",
                "phone": f"08123456789{ord(name) - 97}",
                "programs": ["JKK", "JKM", *(["JHT"] if name == "a" else [])],
            }
            phones[name].send(phones[name].edit(record, **fields) | {"at": times[name]})
        told = author.told(record)
        outcomes.append((told["fields"], heads(author, record, "full_name"), told["version"]))
    assert all(outcome == outcomes[0] for outcome in outcomes)
    fields, names, version = outcomes[0]
    assert names == ["Nur a", "Nur b", "Nur c"] and fields["phone"] == "+6281234567892" and version == 4
    assert fields["programs"] == ["JHT", "JKK", "JKM"]


def test_in_how_many_batches_changes_come_does_not_matter(served: Served) -> None:
    outcomes = []
    for size in (1, 2, 5):
        village = served.village()
        siti, budi = served.phone(village), served.phone(village)
        record = siti.worker()
        budi.pull()
        edits = [budi.edit(record, notes=f"n{n}", full_name=f"Nur {n}") for n in range(5)]
        for start in range(0, 5, size):
            budi.send(*edits[start : start + size])
        told = siti.told(record)
        outcomes.append((told["fields"], told["version"], told.get("conflicts")))
    assert outcomes[0] == outcomes[1] == outcomes[2]


# --- seen and heads


def test_a_change_replaces_what_its_author_had_seen(siti: Phone, budi: Phone, shared: str) -> None:
    assert budi.status_of(budi.edit(shared, full_name="Nur Hayat")) == ["merged"]
    assert value(siti, shared, "full_name") == "Nur Hayat" and heads(siti, shared, "full_name") == []


def test_a_change_that_arrives_after_one_that_had_seen_it_is_replaced_already(
    served: Served, siti: Phone, budi: Phone, shared: str
) -> None:
    # Siti's second change reaches Budi's copy through the server; then Budi's heir repeats what Siti had seen.
    siti.sync(siti.edit(shared, full_name="Kedua"))
    budi.sync()
    budi.sync(budi.edit(shared, full_name="Ketiga"))
    third = served.phone(*siti.villages)
    stale = third.change(shared, {"full_name": "Basi"}, seen={siti.id: 1})
    assert third.status_of(stale) == ["conflict"]
    siti.sync()
    siti.sync(siti.edit(shared, full_name="Akhir"))
    assert heads(budi, shared, "full_name") == [] and value(budi, shared, "full_name") == "Akhir"


def test_one_fields_change_leaves_the_heads_of_another_alone(siti: Phone, budi: Phone, shared: str) -> None:
    side_by_side(siti, budi, shared, {"full_name": "A"}, {"full_name": "B"})
    siti.sync()
    siti.sync(siti.edit(shared, phone="081234567890"))
    assert heads(siti, shared, "full_name") == ["B", "A"]


def test_several_heads_with_equal_values_are_that_value(siti: Phone, budi: Phone, shared: str) -> None:
    side_by_side(siti, budi, shared, {"full_name": "Nur  "}, {"full_name": "Nur"})
    assert value(siti, shared, "full_name") == "Nur" and heads(siti, shared, "full_name") == []


def test_values_are_compared_as_normalised_and_sets_without_order(siti: Phone, budi: Phone, shared: str) -> None:
    side_by_side(siti, budi, shared, {"nik": "6402.1152.0790.9002", "mother_name": "Rene\u0301"},
                 {"nik": "6402 1152 0790 9002", "mother_name": "Ren\u00e9"})  # fmt: skip
    assert not budi.told(shared).get("conflicts") and value(siti, shared, "nik") == "6402115207909002"
    heirs = [{"name": "Amin", "relation": "child"}, {"relation": "spouse", "name": "Budi"}]
    side_by_side(siti, budi, shared, {"heirs": heirs}, {"heirs": [dict(reversed(heir.items())) for heir in heirs]})
    assert heads(siti, shared, "heirs") == []


def test_null_clears_a_field_and_is_a_value_like_others(siti: Phone, budi: Phone, shared: str) -> None:
    siti.sync(siti.edit(shared, mother_name="Aminah", phone="081234567890"))
    budi.sync()
    side_by_side(siti, budi, shared, {"mother_name": None, "phone": None}, {"mother_name": "Siti"})
    assert value(siti, shared, "phone") is None and heads(siti, shared, "mother_name") == ["Siti", None]


def test_null_is_the_empty_set_in_union_and_the_lowest_in_greatest(siti: Phone, budi: Phone) -> None:
    claim = siti.change(kind="claim", fields={"documents": ["ktp"], "status": "submitted"})
    siti.sync(claim)
    budi.pull()
    edit = {"kind": "claim"}
    budi.send(budi.edit(claim["record"], documents=None, status=None) | edit)
    told = budi.told(claim["record"])["fields"]
    assert not told.get("documents") and told.get("status") is None  # who had seen it may clear it
    siti.send(siti.change(claim["record"], {"documents": ["kk"], "status": "reported"}) | edit)
    told = budi.told(claim["record"])["fields"]
    assert told["documents"] == ["kk"] and told["status"] == "reported"


# --- the four policies


def test_latest_takes_the_head_with_the_latest_effective_time_and_asks_nobody(
    siti: Phone, budi: Phone, shared: str
) -> None:
    side_by_side(siti, budi, shared, {"phone": "081234567891"}, {"phone": "081234567892"}, at_hers=moment(minutes=5))
    assert value(siti, shared, "phone") == "+6281234567892" and not siti.told(shared).get("conflicts")


def test_ties_of_latest_go_to_the_greatest_device_id(siti: Phone, budi: Phone, shared: str) -> None:
    at = moment(minutes=9)
    side_by_side(siti, budi, shared, {"notes": budi.id}, {"notes": siti.id}, at_hers=at, at_his=at)
    assert value(siti, shared, "notes") == max(siti.id, budi.id)


def test_review_shows_the_earliest_head_until_a_person_has_looked(siti: Phone, budi: Phone, shared: str) -> None:
    side_by_side(siti, budi, shared, {"full_name": "Dini"}, {"full_name": "Akhir"}, at_hers=moment(minutes=5))
    assert value(siti, shared, "full_name") == "Dini" and heads(siti, shared, "full_name") == ["Dini", "Akhir"]


def test_ties_of_review_go_to_the_smallest_device_id(siti: Phone, budi: Phone, shared: str) -> None:
    at = moment(minutes=9)
    side_by_side(siti, budi, shared, {"full_name": budi.id}, {"full_name": siti.id}, at_hers=at, at_his=at)
    assert heads(siti, shared, "full_name") == sorted((siti.id, budi.id))


def test_in_review_a_desks_head_stands_before_an_officers(
    served: Served, siti: Phone, budi: Phone, desk: Desk, shared: str
) -> None:
    shown = siti.told(shared)
    early = budi.change(shared, {"full_name": "Petugas"}, seen=budi.held[shared]["seen"], at=moment(days=3))
    desk.settle(shown, full_name="Meja")
    assert budi.status_of(early) == ["conflict"]
    assert heads(siti, shared, "full_name") == ["Meja", "Petugas"]


def test_three_heads_are_told_in_the_order_in_which_they_would_stand(
    served: Served, siti: Phone, budi: Phone, shared: str
) -> None:
    third = served.phone(*siti.villages)
    third.pull()
    for phone, name, minutes in ((siti, "kedua", 30), (budi, "pertama", 40), (third, "ketiga", 20)):
        phone.send(phone.edit(shared, full_name=name) | {"at": moment(minutes=minutes)})
    assert heads(siti, shared, "full_name") == ["pertama", "kedua", "ketiga"]


def test_union_holds_all_members_of_all_heads(siti: Phone, budi: Phone, shared: str) -> None:
    siti.sync(siti.edit(shared, programs=["JKK", "JKM"]))
    budi.sync()
    side_by_side(siti, budi, shared, {"programs": ["JKM", "JKK", "JHT"]}, {"programs": ["JKK", "JKM"]})
    assert value(siti, shared, "programs") == ["JHT", "JKK", "JKM"] and not siti.told(shared).get("conflicts")


def test_a_member_goes_when_a_change_that_had_seen_all_heads_leaves_it_out(
    siti: Phone, budi: Phone, shared: str
) -> None:
    side_by_side(siti, budi, shared, {"programs": ["JKK", "JKM", "JHT"]}, {"programs": ["JKK", "JKM"]})
    siti.send(siti.change(shared, {"programs": ["JKK", "JKM"]}, seen={}))  # has not seen Budi's
    assert value(siti, shared, "programs") == ["JHT", "JKK", "JKM"]
    siti.sync()
    siti.sync(siti.edit(shared, programs=["JKK", "JKM"]))
    assert value(siti, shared, "programs") == ["JKK", "JKM"]


def test_greatest_takes_the_greatest_head_and_who_has_seen_the_heads_may_lower_it(siti: Phone, budi: Phone) -> None:
    claim = siti.change(kind="claim", fields={"status": "reported"})
    siti.sync(claim)
    budi.pull()
    siti.send(siti.change(claim["record"], {"status": "submitted"}, kind="claim"))
    budi.send(budi.edit(claim["record"], status="incomplete") | {"kind": "claim"})
    assert value(siti, claim["record"], "status") == "submitted" and not siti.told(claim["record"]).get("conflicts")
    budi.sync()
    budi.sync(budi.edit(claim["record"], status="incomplete") | {"kind": "claim"})
    assert value(siti, claim["record"], "status") == "incomplete"


def test_extra_fields_and_unknown_fields_take_the_latest(siti: Phone, budi: Phone, shared: str) -> None:
    side_by_side(siti, budi, shared, {"extra.boat": 1, "unheard_of": {"a": 1}}, {"extra.boat": 2, "unheard_of": [2]})
    told = siti.told(shared)
    assert told["fields"]["extra.boat"] == 1 and told["fields"]["unheard_of"] == {"a": 1} and not told.get("conflicts")


# --- what is claimed to be seen


def test_the_seen_told_is_made_of_the_changes_never_of_what_those_claim(siti: Phone, budi: Phone, shared: str) -> None:
    other = budi.worker()
    budi.sync(budi.edit(shared, notes="x") | {"seen": {siti.id: 1}})
    siti.sync()
    claims = siti.change(other, {"notes": "y"}, seen={budi.id: 2})  # 2 is another record's change
    siti.sync(claims)
    assert budi.told(other)["seen"] == {budi.id: 1, siti.id: 2} and budi.told(shared)["seen"] == {
        siti.id: 1,
        budi.id: 2,
    }


def test_a_phones_own_id_in_seen_is_ignored(siti: Phone, budi: Phone, shared: str) -> None:
    changes = [siti.change(shared, {"notes": f"{own}"}, seen={siti.id: own}) for own in (0, 1, 10**9)]
    assert siti.status_of(*changes) == ["merged"] * 3
    assert value(budi, shared, "notes") == str(10**9)


def test_a_change_whose_seen_names_a_seq_beyond_that_devices_acked_is_quarantined(
    siti: Phone, budi: Phone, shared: str
) -> None:
    ahead = budi.change(shared, {"notes": "x"}, seen={siti.id: 2})
    exactly = budi.change(shared, {"notes": "y"}, seen={siti.id: 1})
    unknown = budi.change(shared, {"notes": "z"}, seen={siti.id: 1, "nobody99": 1})
    answer = budi.sync(ahead, exactly, unknown)
    assert [result["status"] for result in answer["results"]] == ["quarantined", "merged", "quarantined"]
    assert answer["results"][0]["errors"]["seen"]


def test_the_judgement_of_seen_ahead_stays_when_the_other_device_catches_up(
    siti: Phone, budi: Phone, shared: str
) -> None:
    ahead = budi.change(shared, {"notes": "x"}, seen={siti.id: 2})
    budi.send(ahead)
    siti.sync(siti.edit(shared, rt="1"))
    assert budi.send(ahead)["results"][0]["status"] == "quarantined"


@pytest.mark.slow
def test_two_changes_that_claim_to_have_seen_each_other_have_not(serve: Callable[..., Served]) -> None:
    # Only a restored server, which has not heard from them since, takes such claims.
    served = serve()
    village = served.village()
    siti, budi = served.phone(village), served.phone(village)
    record = siti.worker()
    budi.pull()
    budi.sync(budi.change(record, {"notes": "x"}, seen={siti.id: 1}))
    file = served.folder / "cadangan.sambung"
    assert served.run("backup", str(file)).code == 0
    served.stop()
    assert served.run("restore", str(file)).code == 0
    served.start()
    hers, his = (
        siti.change(record, {"full_name": "Hers"}, seen={budi.id: 2}),
        budi.change(record, {"full_name": "His"}, seen={siti.id: 2}),
    )
    assert siti.send(hers)["results"][0]["status"] == "merged"
    assert budi.send(his)["results"][0]["status"] == "conflict"
    assert sorted(heads(siti, record, "full_name")) == ["Hers", "His"]
    # From when on it has heard from him: a request in the new epoch with nothing more to come.
    budi.send(epoch=budi.send()["epoch"])
    ahead = siti.change(record, {"notes": "y"}, seen={budi.id: 9})
    assert siti.send(ahead)["results"][0]["status"] == "quarantined"


def test_in_one_batch_a_later_change_has_seen_the_earlier_and_a_zero_names_nothing(
    siti: Phone, budi: Phone, shared: str
) -> None:
    budi.send(
        budi.change(shared, {"full_name": "A"}, seen={siti.id: 0}),
        budi.change(shared, {"full_name": "B"}, seen={siti.id: 0}),
    )
    assert heads(siti, shared, "full_name") == [WORKER["full_name"], "B"] or heads(siti, shared, "full_name") == [
        "B",
        WORKER["full_name"],
    ]


# --- home


def test_a_records_home_is_the_value_of_its_field_village(
    served: Served, siti: Phone, budi: Phone, shared: str
) -> None:
    away, further = served.village(), served.village()
    side_by_side(
        siti,
        budi,
        shared,
        {"village": away},
        {"village": further},
        at_his=moment(minutes=50),
        at_hers=moment(minutes=40),
    )
    told = served.phone(away, further).told(shared)
    assert told["village"] == away and {head["value"] for head in told["conflicts"]["village"]} == {away, further}
    assert served.phone(further).send()["records"] in ([], [{"record": shared, "gone": "moved"}])


def test_while_no_change_sets_village_the_home_is_that_of_the_creators_first_accepted_change(served: Served) -> None:
    phone = served.phone(served.village(), served.village())
    first, second = phone.villages
    bad = phone.change(fields={"sex": "x"}, village=first)
    good = phone.change(bad["record"], dict(WORKER), village=second)
    assert phone.status_of(bad, good, phone.change(bad["record"], {"rt": "1"}, village=first)) == [
        "quarantined",
        "merged",
        "merged",
    ]
    assert phone.told(bad["record"])["village"] == second


def test_the_village_of_a_visit_is_no_home(served: Served, siti: Phone) -> None:
    visit = siti.change(kind="visit", fields={"village": served.village(), "date": "2026-11-02", "purpose": "outreach"})
    assert siti.status_of(visit) == ["merged"]
    assert siti.told(visit["record"])["village"] == siti.villages[0]


# --- desks


def test_a_settlement_has_seen_all_heads_and_ends_the_conflict(
    siti: Phone, budi: Phone, desk: Desk, shared: str
) -> None:
    side_by_side(siti, budi, shared, {"full_name": "A"}, {"full_name": "B"})
    now = desk.settle(siti.told(shared), full_name="Nur Hayati")
    assert now["fields"]["full_name"] == "Nur Hayati" and not now.get("conflicts")
    assert any(author.startswith("hq") for author in now["seen"])
    assert siti.told(shared) == now


def test_for_a_desk_nothing_is_understood_also_not_what_it_did_itself(siti: Phone, desk: Desk, shared: str) -> None:
    shown = siti.told(shared)
    desk.settle(shown, full_name="Pertama")
    asked = {"record": shared, "seen": shown["seen"], "fields": {"full_name": "Kedua"}}
    answer = desk.post("/api/v1/settle", asked)
    assert (answer.status, answer.slug) == (409, "not-seen")
    assert answer.json["record"]["fields"]["full_name"] == "Pertama"
    now = desk.settle(answer.json["record"], full_name="Kedua")
    assert now["fields"]["full_name"] == "Kedua" and not now.get("conflicts")


def test_a_phone_that_had_not_seen_the_desks_settlement_makes_a_head_beside_it(
    siti: Phone, desk: Desk, shared: str
) -> None:
    desk.settle(siti.told(shared), full_name="Meja")
    assert siti.status_of(siti.edit(shared, full_name="Siti")) == ["conflict"]
    assert heads(siti, shared, "full_name") == ["Meja", "Siti"]


# --- nothing is overwritten; the law's exception


def test_an_erased_change_that_comes_again_is_answered_as_before_and_not_stored(served: Served, siti: Phone) -> None:
    change = siti.change()
    before = siti.send(change)["results"]
    assert served.run("erase", change["record"], "--reason", "permintaan").code == 0
    assert siti.send(change)["results"] == before and siti.send(change)["acked"] == 1
    assert all(told == {"record": change["record"], "gone": "erased"} for told in siti.send()["records"])
    assert siti.status_of(siti.change(change["record"], {"notes": "lagi"})) == ["quarantined"]


def test_whoever_saw_a_record_with_nothing_quarantined_in_it_sees_all_that_its_seen_names(
    siti: Phone, budi: Phone, shared: str
) -> None:
    # Budi's seen names Siti's seq 3, which is another record's; only her changes to this one count.
    siti.sync(siti.edit(shared, full_name="Kedua"))
    siti.worker()
    late = budi.change(shared, {"full_name": "Budi"}, seen={siti.id: 1})
    knows = budi.change(shared, {"full_name": "Budi lagi"}, seen={siti.id: 3})
    assert budi.status_of(late) == ["conflict"]
    assert budi.status_of(knows) == ["merged"]
    assert heads(siti, shared, "full_name") == []
