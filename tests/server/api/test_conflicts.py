"""Conflicts are listed, settled and joined over the door, by those who may, where they may."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.api.world import DISTRICT, REGENCY, World, build
from tests.server.installation import ELSEWHERE, NEIGHBOUR, VILLAGE, Installation, Person


@pytest.fixture
def world(either_server: Installation) -> World:
    return build(either_server)


@pytest.fixture
def operator(world: World) -> Person:
    return world.server.person("operator", DISTRICT)


def the_conflict(operator: Person) -> dict[str, Any]:
    (record,) = operator.get("/api/v1/conflicts").json["records"]
    return dict(record)


def test_a_conflict_is_told_as_phones_are_told_it(world: World, operator: Person) -> None:
    told = the_conflict(operator)
    (same,) = [each for each in world.server.enrolled(VILLAGE).sync()["records"] if each["record"] == world.record]
    assert told == same
    assert {head["value"] for head in told["conflicts"]["full_name"]} == {"Nurhayati", "Nur Hayat"}


def test_settling_answers_the_record_as_it_now_is_and_phones_are_told(world: World, operator: Person) -> None:
    told = the_conflict(operator)
    asked = {"record": world.record, "seen": told["seen"], "fields": {"full_name": "Nur Hayati"}}
    answer = operator.post("/api/v1/settle", asked)
    assert answer.status_code == 200 and answer.json["fields"]["full_name"] == "Nur Hayati"
    assert "conflicts" not in answer.json and answer.json["version"] == told["version"] + 1
    assert operator.get("/api/v1/conflicts").json == {"records": [], "next": None}
    (record,) = [each for each in world.budi.sync()["records"] if each["record"] == world.record]
    assert record["fields"]["full_name"] == "Nur Hayati" and "conflicts" not in record


def test_what_came_in_since_the_page_was_opened_is_not_settled_over(world: World, operator: Person) -> None:
    told = the_conflict(operator)
    world.siti.sync(world.siti.change(1, {"full_name": "Nur Hayatii"}, seen={}))
    asked = {"record": world.record, "seen": told["seen"], "fields": {"full_name": "Nur Hayati"}}
    answer = operator.post("/api/v1/settle", asked)
    assert answer.status_code == 409 and answer.json["type"] == "urn:sambung:not-seen"
    now = answer.json["record"]
    assert "Nur Hayatii" in {head["value"] for head in now["conflicts"]["full_name"]}
    assert operator.post("/api/v1/settle", asked | {"seen": now["seen"]}).status_code == 200


def test_a_bad_value_is_refused_with_a_sentence_a_field(world: World, operator: Person) -> None:
    seen = the_conflict(operator)["seen"]
    for fields in ({"full_name": "", "birth_date": "1990-02-30"}, {"village": "64.02.11.9999"}):
        answer = operator.post("/api/v1/settle", {"record": world.record, "seen": seen, "fields": fields})
        assert answer.status_code == 422 and answer.json["errors"].keys() == fields.keys()
        assert all(len(sentences[0]) > 20 for sentences in answer.json["errors"].values())


def test_what_is_not_there_is_404_and_what_lies_elsewhere_403(world: World, operator: Person) -> None:
    for record, status in (("zzzzzz-1", 404), (world.far_record, 403)):
        answer = operator.post("/api/v1/settle", {"record": record, "seen": {}, "fields": {"full_name": "X"}})
        assert answer.status_code == status


def test_a_desk_can_not_see_ahead_of_what_was_sent(world: World, operator: Person) -> None:
    asked = {"record": world.record, "seen": {world.siti.id: 10**9}, "fields": {"full_name": "X"}}
    answer = operator.post("/api/v1/settle", asked)
    assert answer.status_code == 422 and list(answer.json["errors"]) == ["seen"]


def test_a_record_may_be_moved_out_of_the_region_but_not_settled_there(world: World, operator: Person) -> None:
    told = the_conflict(operator)
    asked = {"record": world.record, "seen": told["seen"], "fields": {"village": ELSEWHERE}}
    answer = operator.post("/api/v1/settle", asked)
    assert answer.status_code == 200 and answer.json["village"] == ELSEWHERE
    asked = {"record": world.record, "seen": answer.json["seen"], "fields": {"village": VILLAGE}}
    assert operator.post("/api/v1/settle", asked).status_code == 403


def test_two_records_of_one_person_are_joined_and_parted(world: World, operator: Person) -> None:
    asked = {"a": world.other, "b": world.record, "same": True, "reason": "satu orang"}
    joined = operator.post("/api/v1/link", asked).json
    assert [record["record"] for record in joined["records"]] == [min(world.record, world.other)]
    parted = operator.post("/api/v1/link", asked | {"same": False}).json
    assert [record["record"] for record in parted["records"]] == [world.other, world.record]


@pytest.mark.parametrize("same", [None, 1, "true", 0.0])
def test_a_link_says_plainly_whether_it_joins(world: World, operator: Person, same: Any) -> None:
    answer = operator.post("/api/v1/link", {"a": world.other, "b": world.record, "same": same})
    assert answer.status_code == 422 and list(answer.json["errors"]) == ["same"]


def test_nobody_joins_a_record_with_itself_or_with_one_elsewhere(world: World, operator: Person) -> None:
    for b, status in ((world.record, 422), (world.far_record, 403), ("zzzzzz-1", 404)):
        answer = operator.post("/api/v1/link", {"a": world.record, "b": b, "same": True})
        assert answer.status_code == status, b


def test_the_longest_waiting_come_first_a_page_at_a_time(world: World) -> None:
    siti, budi = world.siti, world.budi
    records = [f"{siti.id}-{seq}" for seq in range(siti.seq + 1, siti.seq + 5)]
    siti.sync(*(siti.change() for _ in records))
    siti.sync(*(siti.change(record, {"full_name": "A"}) for record in records))
    for record in reversed(records):  # so that they begin to wait in this order
        budi.sync(budi.change(record, {"full_name": "B"}))
    operator, told, cursor = world.server.person("operator", REGENCY), [], None
    while True:
        page = operator.get("/api/v1/conflicts", limit=2, **({"cursor": cursor} if cursor else {})).json
        told += [record["record"] for record in page["records"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(set(told)) == len(told) == 5 and told[0] == world.record


def test_a_page_of_long_records_is_short(world: World) -> None:
    siti, budi = world.siti, world.budi
    long = {"extra.a": "x" * 200_000}
    records = [f"{siti.id}-{seq}" for seq in range(siti.seq + 1, siti.seq + 4)]
    siti.sync(*(siti.change(fields={"full_name": "A"} | long) for _ in records))
    siti.sync(*(siti.change(record, {"full_name": "B"}) for record in records))
    budi.sync(*(budi.change(record, {"full_name": "C"}) for record in records))
    operator, told, cursor = world.server.person("operator", DISTRICT), [], None
    while True:
        page = operator.get("/api/v1/conflicts", **({"cursor": cursor} if cursor else {}))
        assert len(page.data) < 300_000
        told += [record["record"] for record in page.json["records"]]
        cursor = page.json["next"]
        if cursor is None:
            break
    assert sorted(told) == sorted([world.record, *records])


def test_without_asking_one_sees_ones_own_region_and_never_more(world: World) -> None:
    assert len(world.server.person("operator", REGENCY).get("/api/v1/conflicts").json["records"]) == 1
    assert world.server.person("operator", NEIGHBOUR).get("/api/v1/conflicts").json["records"] == []
    wide = world.server.person("operator", REGENCY)
    assert wide.get("/api/v1/conflicts", within=NEIGHBOUR).json["records"] == []
    assert wide.get("/api/v1/conflicts", within="64.02.99").status_code == 404
    assert wide.get("/api/v1/conflicts", within="6402").status_code == 422
