"""Section 1: the words."""

from __future__ import annotations

import re

import pytest

from tests.protocol.world import WORKER, Phone, Served, moment


def test_a_device_id_is_short_and_no_two_devices_share_one(served: Served, village: str) -> None:
    ids = [served.phone(village).id for _ in range(5)]
    assert len(set(ids)) == 5 and all(re.fullmatch(r"[0-9a-z]{4,10}", one) for one in ids)
    assert not any(one.startswith("hq") for one in ids)  # section 4: no phone's id begins so


def test_a_change_holds_only_what_its_author_changed_and_the_rest_stays(siti: Phone, budi: Phone, shared: str) -> None:
    budi.sync(budi.edit(shared, phone="081234567890"))
    fields = siti.told(shared)["fields"]
    assert fields["phone"] == "+6281234567890" and fields["full_name"] == WORKER["full_name"]


def test_a_record_has_one_home(siti: Phone, served: Served) -> None:
    other = served.village()
    both = served.phone(siti.villages[0], other)
    record = siti.worker()
    answer = both.send()
    assert [told["village"] for told in answer["records"] if told["record"] == record] == [siti.villages[0]]


@pytest.mark.parametrize("record", ["{id}", "x{id}-1", "{other}-7", "eligible", "odk:0f3a-1", "-1"])
def test_a_phone_does_not_create_a_record_under_an_id_that_is_not_its_own(
    siti: Phone, budi: Phone, record: str
) -> None:
    change = siti.change(record.format(id=siti.id, other=budi.id), dict(WORKER))
    assert siti.status_of(change) == ["received"]  # it may yet be created by whose it is
    assert not budi.pull()


@pytest.mark.parametrize("record", [7, None, ["a"], "a b", "a/b", "é", "x" * 65, "", "a\n"])
def test_a_record_id_outside_its_letters_is_quarantined(siti: Phone, record: object) -> None:
    change = siti.change() | {"record": record}
    assert siti.status_of(change) == ["quarantined"]


def test_seen_is_not_needed_for_a_new_record(siti: Phone) -> None:
    assert siti.status_of(siti.change(), siti.change(seen={})) == ["merged", "merged"]


def test_what_the_authors_own_device_did_before_is_understood(siti: Phone) -> None:
    record = siti.worker()
    change = siti.change(record, {"full_name": "Nur Hayati binti Amin"})
    assert siti.status_of(change) == ["merged"]
    told = siti.told(record)
    assert told["fields"]["full_name"] == "Nur Hayati binti Amin" and not told.get("conflicts")


def test_a_record_counts_one_version_for_each_change_merged_into_it(siti: Phone, budi: Phone, shared: str) -> None:
    assert siti.told(shared)["version"] == 1
    answer = budi.sync(budi.edit(shared, notes="a"), budi.edit(shared, notes="b"), budi.edit(shared, rt="1"))
    assert [result["version"] for result in answer["results"]] == [2, 3, 4]
    assert siti.told(shared)["version"] == 4


def test_merging_never_looks_at_the_version(siti: Phone, budi: Phone, shared: str) -> None:
    for number in range(4):
        siti.sync(
            siti.edit(
                shared,
                notes=f"ke-{number}",
            )
        )
    late = budi.change(shared, {"notes": "terakhir"}, at=moment(minutes=1))  # written upon version 1
    assert budi.sync(late)["results"][0]["version"] == 6
    assert siti.told(shared)["fields"]["notes"] == "terakhir"


def test_an_epoch_is_the_same_for_all_who_ask_in_one_life_of_the_database(
    served: Served, siti: Phone, budi: Phone
) -> None:
    epochs = {
        siti.enrolled["epoch"],
        budi.send()["epoch"],
        served.call("GET", "/api/v1/me", token=siti.token).json["epoch"],
    }
    assert len(epochs) == 1 and epochs.pop()
