"""Section 3, promise 7: what is only received, and the cursor of a device's own mail."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.protocol.world import Desk, Phone, Served

ON_BOTH = True


def test_a_change_before_its_record_is_received_and_merges_with_the_schedule_once_the_record_is_there(
    served: Served, siti: Phone, budi: Phone
) -> None:
    expected = f"{siti.id}-1"
    answer = budi.sync(budi.change(expected, {"rt": "3"}))
    assert answer["acked"] == 1 and answer["results"] == [{"seq": 1, "status": "received"}]
    served.merge_now()
    assert budi.sync()["results"] == []
    siti.worker()
    served.merge_now()
    answer = budi.sync()
    assert answer["results"] == [{"seq": 1, "status": "merged", "version": 2}]
    assert budi.held[expected]["fields"]["rt"] == "3"


def test_while_one_change_waits_the_devices_later_ones_to_that_record_wait_too_and_no_others(
    served: Served, siti: Phone, budi: Phone
) -> None:
    expected = f"{siti.id}-1"
    assert budi.status_of(budi.change(expected, {"rt": "3"})) == ["received"]
    siti.worker()
    waits, other = budi.change(expected, {"rt": "4"}), budi.change()
    assert budi.status_of(waits, other) == ["received", "merged"]
    assert "rt" not in siti.told(expected)["fields"]
    served.merge_now()
    told = siti.told(expected)
    assert told["fields"]["rt"] == "4" and told["version"] == 3 and told["seen"][budi.id] == 2
    assert [result["version"] for result in budi.sync()["results"]] == [2, 3]


def test_one_devices_waiting_holds_up_no_other_device(served: Served, siti: Phone, budi: Phone) -> None:
    expected = f"{siti.id}-1"
    budi.sync(budi.change(expected, {"rt": "3"}))
    siti.worker()
    third = served.phone(*siti.villages)
    third.sync()
    assert third.status_of(third.edit(expected, rw="1")) == ["merged"]


def test_a_received_change_is_told_as_such_when_it_is_sent_again(siti: Phone, budi: Phone) -> None:
    change = budi.change(f"{siti.id}-1", {"rt": "3"})
    assert budi.send(change)["results"] == budi.send(change)["results"] == [{"seq": 1, "status": "received"}]


def test_results_told_later_are_told_again_until_the_device_confirms_them(
    served: Served, siti: Phone, budi: Phone
) -> None:
    budi.sync(budi.change(f"{siti.id}-1", {"rt": "3"}))
    siti.worker()
    served.merge_now()
    first = budi.send(cursors=budi.cursors)
    again = budi.send(cursors=budi.cursors)
    assert first["results"] == again["results"] != []
    assert budi.send(cursors=first["cursors"])["results"] == []
    without = budi.send(cursors={})  # who has lost its cursors hears it once more, or asks by sending the change
    assert without["results"] in ([], first["results"])


def test_a_notice_tells_an_officer_what_became_of_his_change_and_stays_until_confirmed(
    served: Served, siti: Phone, budi: Phone
) -> None:
    budi.sync(budi.change(f"{siti.id}-1", {"text": "x"}, kind="visit"))
    siti.worker()
    served.merge_now()
    answer = budi.send(cursors=budi.cursors)
    assert answer["results"][0]["status"] == "quarantined" and answer["results"][0]["errors"]
    assert answer["cursors"]["device"] > budi.cursors["device"]


def test_an_operator_lets_a_waiting_change_create_the_record_or_quarantines_it(
    served: Served, siti: Phone, budi: Phone
) -> None:
    one, two = budi.change(f"{siti.id}-8"), budi.change(f"{siti.id}-9")
    budi.sync(one, two)
    shown = served.run("waiting", "--json").json
    assert {(change["device"], change["seq"]) for change in shown} >= {(budi.id, 1), (budi.id, 2)}
    assert served.run("waiting", "create", budi.id, "1").code == 0
    assert served.run("waiting", "refuse", budi.id, "2").code == 0
    told = {result["seq"]: result["status"] for result in budi.sync()["results"]}
    assert told == {1: "merged", 2: "quarantined"}
    assert one["record"] in siti.pull() and two["record"] not in siti.pull()


def test_the_scheduler_merges_what_was_received_without_being_asked(serve: Callable[..., Served]) -> None:
    served = serve("--host", "127.0.0.1", merge_seconds="1")
    village = served.village()
    siti, budi = served.phone(village), served.phone(village)
    budi.sync(budi.change(f"{siti.id}-1", {"rt": "3"}))
    siti.worker()
    end = time.monotonic() + 20
    while time.monotonic() < end and not budi.send(cursors=budi.cursors)["results"]:
        time.sleep(0.2)
    assert budi.sync()["results"] == [{"seq": 1, "status": "merged", "version": 2}]


def test_later_changes_to_an_own_record_that_waits_keep_their_order_among_the_others(
    served: Served, siti: Phone, budi: Phone
) -> None:
    expected = f"{siti.id}-1"
    changes = [
        budi.change(expected, {"rt": "1"}),
        budi.change(expected, {"rt": "2"}),
        budi.change(expected, {"rt": "3"}),
    ]
    for change in changes:
        assert budi.status_of(change) == ["received"]
    siti.worker()
    served.merge_now()
    told = siti.told(expected)
    assert told["fields"]["rt"] == "3" and not told.get("conflicts") and told["version"] == 4


def test_while_a_change_to_one_of_two_joined_records_waits_the_devices_later_ones_to_the_other_wait_too(
    served: Served, siti: Phone, budi: Phone, desk: Desk
) -> None:
    first = siti.worker()
    budi.sync()
    second = f"{siti.id}-2"
    assert budi.status_of(budi.change(second, {"rt": "3"})) == ["received"]
    siti.worker()
    desk.link(first, second)
    assert budi.status_of(budi.change(first, {"rw": "1"})) == ["received"]
    served.merge_now()
    assert [result["status"] for result in budi.sync()["results"]] == ["merged", "merged"]
    told = siti.told(first)
    assert (told["fields"]["rt"], told["fields"]["rw"]) == ("3", "1")


def test_a_change_never_enters_below_a_seen_that_was_already_told(
    served: Served, siti: Phone, budi: Phone, desk: Desk
) -> None:
    first = siti.worker()
    budi.sync()
    second = f"{siti.id}-2"
    assert budi.status_of(budi.change(second, {"rt": "3"}), budi.edit(first, rw="1")) == ["received", "merged"]
    siti.worker()
    desk.link(first, second)
    assert siti.told(first)["seen"][budi.id] == 2  # whoever reads this has seen what is below it
    served.merge_now()
    (result,) = budi.sync()["results"]
    assert (result["seq"], result["status"]) == (1, "quarantined")
    assert siti.told(first)["fields"].get("rt") is None
