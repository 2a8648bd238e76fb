"""Section 3, promises 1 to 4: acknowledged is durable, exactly once, in order, and twins are found."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.protocol.world import WORKER, Json, Phone, Served

ON_BOTH = True

# --- 1: acked is durable


def test_every_acknowledged_change_survives_a_power_cut_of_the_server(serve: Callable[..., Served]) -> None:
    served = serve()
    siti = served.phone(served.village())
    for _ in range(2):
        acked = siti.sync(*(siti.change() for _ in range(5)))["acked"]
        served.kill()
        served.start()
        answer = siti.send()
        assert answer["acked"] == acked and len(answer["records"]) == acked
    assert siti.send(siti.change())["acked"] == 11


def test_what_is_acknowledged_without_a_result_is_told_when_it_is_sent_again(siti: Phone) -> None:
    changes = [siti.change(), siti.change(fields={"sex": "x"}), siti.change("nobody-1", {"notes": "a"})]
    first = siti.send(*changes)["results"]
    assert [result["status"] for result in first] == ["merged", "quarantined", "received"]
    assert siti.send(*changes)["results"] == first and siti.send(changes[1])["results"][0] == first[1]


def test_a_device_whose_acked_is_above_what_it_gave_out_can_tell_that_it_has_a_twin(
    served: Served, siti: Phone
) -> None:
    twin = Phone(served, siti.enrolled)
    twin.sync(twin.change(), twin.change())
    assert siti.send()["acked"] == 2  # siti gave out none
    evidence = siti.post({"changes": [siti.change(fields={"notes": "lain"})]})
    assert (evidence.status, evidence.slug, evidence.json["seq"]) == (409, "forked", 1)


# --- 2: exactly once


def test_sending_everything_twice_changes_nothing(siti: Phone, budi: Phone) -> None:
    changes = [siti.change(), siti.change(), siti.change(fields={"sex": "?"})]
    first = siti.send(*changes)
    before = budi.pull() | {}
    again = siti.send(*changes)
    assert again["results"] == first["results"] and again["acked"] == 3
    assert budi.sync()["records"] == [] and budi.send()["records"] == list(before.values())


def test_sending_in_pieces_and_with_cuts_gives_the_same_records(siti: Phone, budi: Phone) -> None:
    draw = random.Random(4417)
    made = [siti.change() for _ in range(4)]
    changes = made + [siti.change(draw.choice(made)["record"], {"notes": f"{n}"}) for n in range(16)]
    for _ in range(12):
        low = draw.randint(0, siti.send()["acked"])
        siti.post({"changes": changes[low : low + draw.randint(1, 6)], "cursors": {}})  # answers are lost
    answer = siti.send(*changes)
    assert answer["acked"] == 20 and {result["status"] for result in answer["results"]} == {"merged"}
    count = {change["record"]: sum(one["record"] == change["record"] for one in changes) for change in made}
    assert {told["record"]: told["version"] for told in budi.pull().values()} == count


def test_the_same_request_from_many_lines_at_once_is_applied_once(siti: Phone, budi: Phone) -> None:
    changes = [siti.change(), siti.change(f"{siti.id}-1", {"notes": "a"}), siti.change(f"{siti.id}-1", {"notes": "b"})]
    with ThreadPoolExecutor(6) as lines:
        answers = list(lines.map(lambda _: siti.post({"changes": changes, "cursors": {}}), range(6)))
    assert {answer.status for answer in answers} == {200} and {answer.json["acked"] for answer in answers} == {3}
    assert budi.pull()[changes[0]["record"]]["version"] == 3


REPEATS: list[tuple[Callable[[Json], Json], str]] = [
    (lambda sent: dict(reversed(sent.items())), "in another order of keys"),
    (lambda sent: sent | {"fields": dict(reversed(sent["fields"].items()))}, "with fields in another order"),
    (lambda sent: sent | {"seen": {}}, "with an empty seen"),
    (lambda sent: sent | {"fields": sent["fields"] | {"monthly_income": 2000000.0}}, "with 2000000.0 for 2000000"),
    (lambda sent: sent | {"seq": 1.0}, "with 1.0 for 1"),
    (
        lambda sent: sent | {"fields": sent["fields"] | {"gps": {"lat": 0, "lon": 117.0, "accuracy": 5}}},
        "with 0 for -0.0",
    ),
]


@pytest.mark.parametrize(("retell", "how"), REPEATS, ids=[how for _, how in REPEATS])
def test_content_is_the_same_when_the_parsed_json_is_equal(
    siti: Phone, retell: Callable[[Json], Json], how: str
) -> None:
    change = siti.change(fields=WORKER | {"monthly_income": 2000000, "gps": {"lat": -0.0, "lon": 117, "accuracy": 5.0}})
    first = siti.send(change)
    answer = siti.post({"changes": [retell(change)], "cursors": {}})
    assert answer.status == 200, answer
    assert answer.json["results"] == first["results"] and answer.json["acked"] == 1


def test_version_in_a_result_stays_and_status_is_told_as_it_now_stands(siti: Phone, budi: Phone, shared: str) -> None:
    mine, his = siti.change(shared, {"full_name": "Nur Hayat"}), budi.edit(shared, full_name="Nurhayati")
    assert siti.send(mine)["results"] == [{"seq": 2, "status": "merged", "version": 2}]
    assert budi.send(his)["results"][0]["status"] == "conflict"
    assert siti.send(mine)["results"] == [{"seq": 2, "status": "conflict", "version": 2, "fields": ["full_name"]}]
    siti.sync()
    siti.sync(siti.edit(shared, full_name="Nurhayati"))  # she has looked
    siti.sync()
    assert siti.send(mine)["results"] == [{"seq": 2, "status": "merged", "version": 2}]
    assert budi.send(his)["results"] == [{"seq": 1, "status": "merged", "version": 3}]


# --- 3: in order, without gaps


def test_the_server_stops_at_a_hole_and_acked_says_where_to_go_on(siti: Phone) -> None:
    one, two, three, four = (siti.change() for _ in range(4))
    answer = siti.send(one, two, four)
    assert answer["acked"] == 2 and [result["seq"] for result in answer["results"]] == [1, 2]
    assert siti.send(three, four)["acked"] == 4


def test_gaps_among_repeats_are_none(siti: Phone) -> None:
    changes = [siti.change() for _ in range(6)]
    siti.send(*changes[:5])
    answer = siti.send(changes[0], changes[3], changes[5])
    assert answer["acked"] == 6 and [result["seq"] for result in answer["results"]] == [1, 4, 6]


def test_if_the_first_seq_is_beyond_acked_and_one_nothing_is_taken_and_409_gap_tells_acked_and_epoch(
    siti: Phone,
) -> None:
    siti.send(siti.change())
    siti.change()
    answer = siti.post({"changes": [siti.change(), siti.change()]})
    assert (answer.status, answer.slug) == (409, "gap")
    assert answer.json["acked"] == 1 and answer.json["epoch"] == siti.enrolled["epoch"]
    assert siti.send()["acked"] == 1


def test_changes_out_of_order_in_a_request_are_taken_in_seq_order(siti: Phone) -> None:
    one, two, three = (siti.change() for _ in range(3))
    answer = siti.send(three, one, two)
    assert answer["acked"] == 3 and [result["seq"] for result in answer["results"]] == [1, 2, 3]


def test_a_server_that_takes_fewer_than_were_sent_says_so_by_acked(serve: Callable[..., Served]) -> None:
    served = serve(max_changes="4")
    siti = served.phone(served.village())
    assert siti.enrolled["limits"]["max_changes"] == 4
    changes = [siti.change() for _ in range(10)]
    acked = 0
    while acked < 10:
        answer = siti.post({"changes": changes[acked:], "cursors": {}})
        assert answer.status == 200 and answer.json["acked"] == min(acked + 4, 10)
        acked = answer.json["acked"]


def test_a_device_that_no_longer_holds_what_it_is_asked_for_sends_lost_to_and_the_server_goes_on(siti: Phone) -> None:
    siti.send(siti.change())
    answer = siti.send(siti.change(seq=25), siti.change(), lost_to=24)
    assert answer["acked"] == 26 and [result["status"] for result in answer["results"]] == ["merged", "merged"]


def test_lost_to_with_nothing_sent_moves_acked(siti: Phone, served: Served) -> None:
    assert siti.send(lost_to=7)["acked"] == 7
    assert siti.send()["acked"] == 7
    assert siti.send(lost_to=3)["acked"] == 7
    assert siti.send(siti.change(seq=8))["acked"] == 8


def test_what_lost_to_covers_but_is_sent_all_the_same_is_taken(siti: Phone) -> None:
    answer = siti.send(siti.change(seq=3), siti.change(seq=5), siti.change(seq=9), lost_to=8)
    assert answer["acked"] == 9
    assert {result["seq"]: result["status"] for result in answer["results"]} == {3: "merged", 5: "merged", 9: "merged"}


def test_a_first_seq_beyond_lost_to_and_one_is_a_gap(siti: Phone) -> None:
    answer = siti.post({"changes": [siti.change(seq=26)], "lost_to": 24})
    assert (answer.status, answer.slug) == (409, "gap") and siti.send()["acked"] == 0


def test_a_hole_beyond_lost_to_is_still_a_hole(siti: Phone) -> None:
    answer = siti.send(siti.change(seq=3), siti.change(seq=5), lost_to=2)
    assert answer["acked"] == 3


def test_lost_to_far_ahead_costs_nothing_and_ends_at_what_it_names(siti: Phone) -> None:
    assert siti.send(lost_to=2**53 - 2)["acked"] == 2**53 - 2
    assert siti.send(siti.change(seq=2**53 - 1))["acked"] == 2**53 - 1


@pytest.mark.parametrize("lost_to", ["24", 1.5, 2**53, True, []])
def test_a_lost_to_that_is_no_seq_is_400_and_gives_up_nothing(siti: Phone, lost_to: object) -> None:
    answer = siti.post({"changes": [siti.change()], "cursors": {}, "lost_to": lost_to})
    assert answer.status == 400 and siti.send()["acked"] == 0


def test_a_seq_given_up_that_turns_up_later_is_quarantined_and_the_rest_goes_on(siti: Phone, budi: Phone) -> None:
    late, last = siti.change(), siti.change()
    siti.send(last, lost_to=1)
    answer = siti.send(late, last, siti.change())
    assert answer["acked"] == 3
    assert [result["status"] for result in answer["results"]] == ["quarantined", "merged", "merged"]
    assert answer["results"][0]["errors"]
    assert siti.send(late)["results"] == answer["results"][:1] and late["record"] not in budi.pull()
    assert siti.post({"changes": [late | {"at": "2020-01-01T00:00:00.000Z"}]}).slug == "forked"


def test_what_is_lost_is_noted_for_the_operator(served: Served, siti: Phone) -> None:
    siti.send(siti.change(seq=4), lost_to=3)
    shown = served.desk().get(f"/api/v1/devices?within={siti.villages[0]}").json["devices"]
    assert [one["lost"] for one in shown if one["id"] == siti.id] == [3]


# --- 4: twins


def test_the_same_seq_with_other_content_is_409_forked_with_the_first_seq_that_differs(
    siti: Phone, budi: Phone
) -> None:
    changes = [siti.change() for _ in range(4)]
    siti.send(*changes)
    twin = [changes[0], changes[1] | {"fields": {"notes": "lain"}}, changes[2] | {"at": "2026-01-01T00:00:00.000Z"}]
    answer = siti.post({"changes": [*twin, siti.change()], "cursors": {}})
    assert (answer.status, answer.slug, answer.json["seq"]) == (409, "forked", 2)
    assert siti.send()["acked"] == 4 and len(budi.pull()) == 4


@pytest.mark.parametrize("other", [
    {"kind": "visit"}, {"record": "x-1"}, {"village": "64.02"}, {"at": "2026-11-20T08:11:12.004Z"},
    {"form": "worker@3"},
    {"fields": {}}, {"seen": {"p2m8aa": 1}}, {"more": 1},
], ids=lambda other: next(iter(other)))  # fmt: skip
def test_every_part_of_a_change_counts_as_its_content(siti: Phone, other: Json) -> None:
    change = siti.change(form="worker@2", at="2026-11-20T08:11:12.003Z")
    siti.send(change)
    assert siti.post({"changes": [change | other]}).slug == "forked"


def test_values_that_only_python_holds_for_equal_are_other_content(siti: Phone) -> None:
    change = siti.change(fields={"extra.a": 1, "extra.b": 0, "extra.c": [1]})
    siti.send(change)
    for field, value in (
        ("extra.a", True),
        ("extra.b", False),
        ("extra.c", [True]),
        ("extra.a", "1"),
        ("extra.b", None),
    ):
        assert siti.post({"changes": [change | {"fields": change["fields"] | {field: value}}]}).slug == "forked"


def test_a_fork_takes_nothing_of_its_request(siti: Phone) -> None:
    one = siti.change()
    siti.send(one)
    answer = siti.post({"changes": [one | {"at": "2020-01-01T00:00:00.000Z"}, siti.change(), siti.change()]})
    assert answer.status == 409 and siti.send()["acked"] == 1


def test_one_request_that_holds_a_seq_twice_with_other_content_is_forked(siti: Phone) -> None:
    one = siti.change()
    answer = siti.post({"changes": [one, one | {"fields": {"notes": "lain"}}]})
    assert (answer.status, answer.slug, answer.json["seq"]) == (409, "forked", 1)
    assert siti.send()["acked"] == 0
    assert siti.send(one, one)["acked"] == 1  # the same twice is no fork


def test_a_fork_before_a_gap_is_told_as_one_of_the_two(siti: Phone) -> None:
    one = siti.change()
    siti.send(one)
    answer = siti.post({"changes": [one | {"fields": {}}, siti.change(seq=9)]})
    assert (answer.status, answer.slug) == (409, "forked")


def test_the_operator_is_told_of_a_fork(served: Served, siti: Phone) -> None:
    one = siti.change()
    siti.send(one)
    siti.post({"changes": [one | {"fields": {}}]})
    shown = next(one for one in served.run("devices", "--json").json if one["id"] == siti.id)
    assert shown["forked"]


def test_the_old_token_serves_once_in_place_of_a_code(served: Served, siti: Phone) -> None:
    one = siti.change()
    siti.send(one)
    siti.post({"changes": [one | {"fields": {"notes": "lain"}}]})
    answer = served.enrol(code=siti.token, name="lagi")
    assert answer.status == 201
    heir = Phone(served, answer.json)
    assert (
        heir.id != siti.id and heir.villages == siti.villages and heir.enrolled["officer"] == siti.enrolled["officer"]
    )
    assert heir.enrolled["acked"] == 0
    # Its former self did write seq 1; what it sends from there on goes under the new id.
    heir.seq = 0
    assert heir.status_of(heir.change(one["record"], {"notes": "lain"}, seen={siti.id: 1})) == ["merged"]
    assert served.enrol(code=siti.token).status == 403


def test_a_lost_answer_to_an_enrolment_by_the_old_token_costs_nothing(served: Served, siti: Phone) -> None:
    one = siti.change()
    siti.send(one)
    siti.post({"changes": [one | {"fields": {}}]})
    first, second = (served.enrol(code=siti.token, attempt="abc") for _ in range(2))
    assert first.status == second.status == 201 and first.json["device"] == second.json["device"]
    assert first.json["token"] != second.json["token"]
