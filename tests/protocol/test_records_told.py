"""Section 3, promise 6: what a device is told, and that it never misses a record."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest

from tests.protocol.world import Desk, Json, Phone, Served

ON_BOTH = True


def names(answer: Json) -> list[str]:
    return [told["record"] for told in answer["records"]]


def pages(phone: Phone, limit: int = 1, **more: object) -> list[Json]:
    """Pull with a small limit until nothing is due; each answer."""
    answers = [phone.sync(limit=limit, **more)]
    while answers[-1]["more"]:
        answers.append(phone.sync(limit=limit))
        assert len(answers) < 300
    return answers


def test_every_record_changed_since_the_cursor_is_told_least_recently_changed_first(siti: Phone, budi: Phone) -> None:
    a, b, c = (siti.worker() for _ in range(3))
    assert names(budi.sync()) == [a, b, c]
    siti.sync(siti.edit(b, notes="x"), siti.edit(a, notes="x"))
    assert names(budi.sync()) == [b, a]
    assert names(budi.sync()) == []


def test_records_are_whole_and_current_not_the_changes_one_by_one(siti: Phone, budi: Phone) -> None:
    record = siti.worker()
    for text in ("a", "b", "c"):
        siti.sync(siti.edit(record, notes=text))
    (told,) = budi.sync()["records"]
    assert told["version"] == 4 and told["fields"]["notes"] == "c" and told["fields"]["full_name"] == "Nur Hayati"


def test_left_out_is_a_record_to_which_only_the_devices_own_changes_were_added(siti: Phone) -> None:
    siti.sync()
    assert siti.sync(siti.change(), siti.change(f"{siti.id}-1", {"notes": "a"}))["records"] == []
    assert siti.sync()["records"] == []


def test_without_a_cursor_for_a_village_nothing_is_left_out(siti: Phone) -> None:
    record = siti.worker()
    assert names(siti.send()) == [record]
    assert names(siti.send(cursors={"device": 0})) == [record]


def test_a_record_with_anothers_change_beneath_ones_own_is_told(siti: Phone, budi: Phone, shared: str) -> None:
    budi.sync()
    siti.sync(siti.edit(shared, notes="a"))
    told = budi.sync(budi.edit(shared, rt="2"))
    assert names(told) == [shared] and told["records"][0]["fields"]["notes"] == "a"


def test_a_change_not_merged_as_sent_is_told_back(siti: Phone, budi: Phone) -> None:
    siti.sync()
    change = siti.change(fields={"phone": "0812 3456 7890", "full_name": "  Nur  "})
    assert siti.sync(change)["records"][0]["fields"] == {"phone": "+6281234567890", "full_name": "Nur"}


def test_a_change_that_lost_to_a_head_it_had_not_seen_is_told_back(siti: Phone, budi: Phone, shared: str) -> None:
    budi.sync()
    siti.sync(siti.edit(shared, full_name="Nur Hayat"))
    told = budi.sync(budi.edit(shared, full_name="Nurhayati"))
    assert names(told) == [shared] and told["records"][0]["conflicts"]["full_name"]


def test_one_record_at_a_time_never_loses_any(siti: Phone, budi: Phone) -> None:
    made = [siti.worker() for _ in range(9)]
    answers = pages(budi)
    assert [name for answer in answers for name in names(answer)] == made
    assert all(len(answer["records"]) <= 1 for answer in answers)


def test_one_record_at_a_time_never_loses_any_when_own_changes_lie_among_those_of_others(
    siti: Phone, budi: Phone
) -> None:
    made = [siti.worker() for _ in range(8)]
    pages(budi, limit=100_000)
    siti.sync(*(siti.edit(record, notes="dari Siti") for record in made))
    # Budi's own changes lie on top of some of Siti's, and some records are his alone.
    own = [budi.edit(record, rt="7") for record in made[::2]] + [budi.change() for _ in range(3)]
    answers = pages(budi, limit=1, **{"changes": own})
    told = [name for answer in answers for name in names(answer)]
    assert set(made) <= set(told)
    assert all(budi.held[record]["fields"]["notes"] == "dari Siti" for record in made)
    assert answers[-1]["more"] is False and budi.sync()["records"] == []


@pytest.mark.parametrize("seed", range(3))
def test_whatever_two_phones_do_in_whatever_pages_both_hold_the_same_in_the_end(
    siti: Phone, budi: Phone, seed: int
) -> None:
    draw = random.Random(seed)
    records: list[str] = []
    for _ in range(25):
        phone = draw.choice((siti, budi))
        changes = []
        for _ in range(draw.randint(0, 3)):
            if records and draw.random() < 0.7:
                record = draw.choice(records)
                if record in phone.held or record.startswith(phone.id):
                    changes.append(
                        phone.edit(record, **{draw.choice(("notes", "rt", "full_name")): f"n{draw.randint(0, 9)}"})
                    )
                    continue
            changes.append(phone.change())
            records.append(changes[-1]["record"])
        phone.sync(*changes, limit=draw.choice((1, 1, 2000, 0)))
    for phone in (siti, budi):
        pages(phone, limit=1)
    whole = {told["record"]: told for told in siti.send()["records"]}
    assert set(whole) == set(records) and len(records) > 3
    for phone in (siti, budi):
        for record in records:
            if record in phone.held and phone.held[record]["version"] == whole[record]["version"]:
                assert phone.held[record]["fields"] == whole[record]["fields"]
            else:  # what it was not told, it added itself, as sent
                theirs = set(whole[record]["seen"]) - {phone.id}
                assert {d: phone.held.get(record, {"seen": {}})["seen"].get(d) for d in theirs} == {
                    d: whole[record]["seen"][d] for d in theirs}  # fmt: skip


def test_a_device_never_misses_a_record_while_others_are_writing(served: Served, village: str) -> None:
    writers = [served.phone(village, officer=f"Petugas {n}") for n in range(3)]
    reader, made = served.phone(village), 12

    def write(phone: Phone) -> None:
        for _ in range(made):
            phone.post({"changes": [phone.change()], "cursors": {}})

    threads = [threading.Thread(target=write, args=(phone,)) for phone in writers]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        reader.sync(limit=3000)
    for thread in threads:
        thread.join()
    pages(reader, limit=3000)
    # What a busy village only received is merged by the schedule.
    served.merge_now()
    pages(reader, limit=3000)
    assert set(reader.held) == {f"{phone.id}-{n}" for phone in writers for n in range(1, made + 1)}


def test_a_new_device_is_told_everything_in_its_villages(served: Served, siti: Phone) -> None:
    made = [siti.worker() for _ in range(3)]
    assert names(served.phone(*siti.villages).send()) == made


@pytest.mark.parametrize("how", ["another epoch", "ahead of the server", "no cursor", "negative"])
def test_a_device_with_cursors_the_server_can_not_trust_is_told_everything(siti: Phone, budi: Phone, how: str) -> None:
    made = [siti.worker() for _ in range(3)]
    budi.sync()
    asked: dict[str, Json] = {
        "another epoch": {"cursors": budi.cursors, "epoch": "gone"},
        "ahead of the server": {"cursors": dict.fromkeys(budi.cursors, 2**52)},
        "no cursor": {"cursors": {}},
        "negative": {"cursors": dict.fromkeys(budi.cursors, -1)},
    }
    assert names(budi.send(cursors=budi.cursors)) == []
    assert names(budi.send(**asked[how])) == made


def test_a_cursor_of_a_village_that_is_not_the_devices_tells_nothing_of_it(served: Served, siti: Phone) -> None:
    siti.worker()
    stranger = served.phone(served.village())
    answer = stranger.send(cursors={siti.villages[0]: 0, "nonsense": 5, "64.02": 1})
    assert answer["records"] == [] and set(answer["cursors"]) == {*stranger.villages, "device"}


def test_the_answers_cursors_name_exactly_the_devices_villages(served: Served) -> None:
    phone = served.phone(served.village(), served.village(), served.village())
    assert set(phone.send()["cursors"]) == {*phone.villages, "device"}


def test_with_two_villages_each_has_a_cursor_of_its_own(served: Served) -> None:
    first, second = served.village(), served.village()
    both, here, there = served.phone(first, second), served.phone(first), served.phone(second)
    a, b = here.worker(), there.worker()
    answer = both.sync()
    assert sorted(names(answer)) == sorted([a, b])
    c = there.worker()
    assert names(both.sync()) == [c]
    assert names(both.send(cursors={second: both.cursors[second]})) == [a]


def test_paging_through_two_villages_tells_all_of_both(served: Served) -> None:
    first, second = served.village(), served.village()
    both, here, there = served.phone(first, second), served.phone(first), served.phone(second)
    made = {phone.worker() for _ in range(4) for phone in (here, there)}
    answers = pages(both)
    assert sorted(name for answer in answers for name in names(answer)) == sorted(made)


def test_nothing_of_a_foreign_village_is_told(served: Served, siti: Phone) -> None:
    siti.worker()
    assert served.phone(served.village()).send()["records"] == []


def test_versions_only_rise_and_a_repeat_never_lowers_them(siti: Phone, budi: Phone, shared: str) -> None:
    versions = [budi.told(shared)["version"]]
    changes = [siti.edit(shared, notes=f"{n}") for n in range(4)]
    for change in changes + changes[:2]:
        siti.send(change)
        versions.append(budi.told(shared)["version"])
    assert versions == [1, 2, 3, 4, 5, 5, 5]


# --- what is no longer there


def gone(answer: Json) -> dict[str, Json]:
    return {told["record"]: told for told in answer["records"] if "gone" in told}


def test_a_moved_record_is_told_as_gone_to_the_old_village_and_whole_to_the_new(
    served: Served, siti: Phone, budi: Phone, shared: str
) -> None:
    away = served.village()
    there, both = served.phone(away), served.phone(siti.villages[0], away)
    there.sync()
    both.sync()
    budi.sync()
    siti.sync(siti.edit(shared, village=away))
    assert budi.sync()["records"] == [{"record": shared, "gone": "moved"}]
    assert names(there.sync()) == [shared] and there.held[shared]["village"] == away
    answer = both.sync()
    assert not gone(answer) and set(names(answer)) == {shared} and both.held[shared]["village"] == away


def test_the_device_that_moved_the_record_is_told_it_is_gone_too(served: Served, siti: Phone, shared: str) -> None:
    siti.sync()
    answer = siti.sync(siti.edit(shared, village=served.village()))
    assert answer["records"] == [{"record": shared, "gone": "moved"}]


def test_a_record_that_moves_back_is_told_whole_again(
    served: Served, siti: Phone, budi: Phone, shared: str, desk: Desk
) -> None:
    away = served.village()
    there = served.phone(away)
    siti.sync(siti.edit(shared, village=away))
    budi.sync()
    there.sync()
    there.sync(there.edit(shared, village=siti.villages[0]))
    told = budi.sync()
    assert names(told) == [shared] and not gone(told)
    assert gone(there.sync()) == {} or shared not in there.held


def test_a_device_that_comes_late_and_never_held_a_moved_record_can_live_with_the_tombstone(
    served: Served, siti: Phone, shared: str
) -> None:
    siti.sync(siti.edit(shared, village=served.village()))
    late = served.phone(siti.villages[0])
    answer = late.send()
    assert all(told.get("gone") == "moved" and "into" not in told for told in answer["records"])


def test_a_linked_record_is_told_as_gone_into_the_one_that_carries_it(
    siti: Phone, budi: Phone, desk: Desk, shared: str
) -> None:
    other = budi.worker()
    small, great = sorted((shared, other))
    siti.sync()
    budi.sync()
    desk.link(shared, other)
    for phone in (siti, budi):
        answer = phone.sync()
        assert gone(answer) == {great: {"record": great, "gone": "linked", "into": small}}
        assert [told["record"] for told in answer["records"] if "gone" not in told] == [small]


def test_an_erased_record_is_told_as_gone(served: Served, siti: Phone, budi: Phone, shared: str) -> None:
    siti.sync()
    budi.sync()
    assert served.run("erase", shared, "--reason", "permintaan").code == 0
    for phone in (siti, budi):
        assert phone.sync()["records"] == [{"record": shared, "gone": "erased"}]


def test_a_tombstone_may_be_cut_off_by_limit_and_comes_with_the_next_page(
    served: Served, siti: Phone, budi: Phone
) -> None:
    made = [siti.worker() for _ in range(4)]
    pages(budi)
    away = served.village()
    siti.sync(*(siti.edit(record, village=away) for record in made))
    answers = pages(budi)
    assert {name for answer in answers for name in gone(answer)} == set(made) and budi.held == {}


def test_a_record_kept_by_an_answer_survives_the_next_epochs_full_telling(serve: Callable[..., Served]) -> None:
    served = serve()
    siti = served.phone(served.village())
    made = [siti.worker() for _ in range(3)]
    file = served.folder / "cadangan.sambung"
    assert served.run("backup", str(file)).code == 0
    later = siti.worker()
    served.stop()
    done = served.run("restore", str(file))
    assert done.code == 0, done.err
    served.start()
    answer = siti.send(cursors=siti.cursors)
    assert answer["epoch"] != siti.enrolled["epoch"] and answer["acked"] == 3 and names(answer) == made
    # What it still has beyond the acked that it is now told, it sends again.
    siti.enrolled["epoch"] = answer["epoch"]
    again = siti.send(siti.change(later, seq=4))
    assert again["acked"] == 4 and names(again) == [*made, later]


def test_a_device_enrolled_after_the_backup_is_unknown_and_comes_back_as_former(serve: Callable[..., Served]) -> None:
    served = serve()
    village = served.village()
    siti = served.phone(village)
    erased = siti.worker()
    file = served.folder / "cadangan.sambung"
    assert served.run("backup", str(file)).code == 0
    assert served.run("erase", erased, "--reason", "permintaan").code == 0
    pending = served.code(village)
    budi = served.phone(village)
    theirs = budi.change()
    budi.sync(theirs)
    assert served.run("revoke", siti.id).code == 0
    served.stop()
    assert served.run("restore", str(file)).code == 0
    served.start()
    answer = budi.post({"changes": []})
    assert (answer.status, answer.slug) == (401, "device-unknown")
    assert served.enrol(code=pending).status == 403  # codes from before are void
    assert siti.post({"changes": []}).slug == "device-revoked"  # revocations are kept beside the database
    back = served.enrol(code=served.code(village), former=budi.id)
    assert back.status == 201 and back.json["device"] == budi.id and back.json["acked"] == 0
    again = Phone(served, back.json)
    assert again.status_of(theirs) == ["merged"]
    told = {record["record"]: record for record in again.send()["records"]}
    assert set(told) <= {theirs["record"], erased} and told.get(erased, {}).get("gone", "erased") == "erased"
    # No id is ever given to two devices: whom the server knows does not come back under the same name.
    third = served.enrol(code=served.code(village), former=again.id)
    assert third.status != 201 or third.json["device"] != again.id
