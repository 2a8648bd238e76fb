"""What an operator looks after: quarantine, what waits, devices; a page at a time, and inside his region."""

from __future__ import annotations

import pytest

from server.clock import now_ms
from server.config import Settings
from tests.server.api.world import DISTRICT, REGENCY, World, build
from tests.server.installation import DAY_MS, NEIGHBOUR, VILLAGE, Installation


@pytest.fixture
def world(either_server: Installation) -> World:
    return build(either_server)


def test_a_quarantined_change_is_told_with_who_sent_what_and_why(world: World) -> None:
    (told,) = world.server.person("operator", DISTRICT).get("/api/v1/quarantine").json["changes"]
    assert (told["device"], told["seq"]) == world.quarantined
    assert told["officer"]["name"] == "Budi Santoso"
    assert told["sent"]["fields"] == {"full_name": "Rahasia Betul", "sex": "?"} and told["sent"]["seq"] == 2
    assert list(told["errors"]) == ["sex"] and told["errors"]["sex"][0].startswith("Pilih salah satu")


def test_complaints_are_told_in_the_readers_language(world: World) -> None:
    headers = world.server.person("operator", DISTRICT).headers | {"Accept-Language": "en-GB"}
    (told,) = world.server.client.get("/api/v1/quarantine", headers=headers).json["changes"]
    assert told["errors"]["sex"][0].startswith("Choose one of")


def test_a_change_whose_village_can_not_be_read_is_shown_where_its_phone_serves(world: World) -> None:
    world.siti.sync(world.siti.change(village="?"))
    here = world.server.person("operator", VILLAGE).get("/api/v1/quarantine").json["changes"]
    assert (world.siti.id, world.siti.seq) in {(told["device"], told["seq"]) for told in here}
    assert world.server.person("operator", NEIGHBOUR).get("/api/v1/quarantine").json["changes"] == []


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_the_pages_of_the_quarantine_hold_each_change_once_the_newest_first(world: World, limit: int) -> None:
    world.siti.sync(*(world.siti.change(fields={"sex": number}) for number in range(5)))
    operator, told, cursor = world.server.person("operator", REGENCY), [], None
    for _ in range(10):
        query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        page = operator.get("/api/v1/quarantine", **query).json
        assert len(page["changes"]) <= limit
        told += [(change["received"], change["device"], change["seq"]) for change in page["changes"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(told) == 6 and told == sorted(told, reverse=True)


def test_what_is_too_long_to_tell_is_told_as_its_size_alone(world: World) -> None:
    world.siti.sync(world.siti.change(fields={"full_name": "x" * 2_000_000}))
    world.siti.sync(world.siti.change(f"{world.budi.id}-99", {"extra.a": "x" * 2_000_000}))
    operator = world.server.person("operator", DISTRICT)
    for path, query in (("quarantine", {}), ("waiting", {"all": 1})):
        answer = operator.get(f"/api/v1/{path}", **query)
        (long,) = [change for change in answer.json["changes"] if change["device"] == world.siti.id]
        assert long["sent"] is None and long["size"] > 2_000_000 and len(answer.data) < 10_000


def test_what_waits_is_shown_when_it_has_waited_long_or_all_of_it_is_asked_for(world: World) -> None:
    operator = world.server.person("operator", DISTRICT)
    assert operator.get("/api/v1/waiting").json == {"changes": [], "next": None}
    (told,) = operator.get("/api/v1/waiting", all=1).json["changes"]
    assert (told["device"], told["seq"], told["why"]) == (*world.waiting, "record")
    assert "Catatannya dari ponsel lain" in told["text"]
    assert told["sent"]["fields"] == {"notes": "Rahasia Betul"} and told["record"] == f"{world.siti.id}-77"


def test_after_fourteen_days_it_is_shown_without_asking(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = world.server.person("operator", DISTRICT)
    days = Settings().waiting_days
    monkeypatch.setattr("server.api.desk.now_ms", lambda: now_ms() + (days * DAY_MS) - 60_000)
    assert operator.get("/api/v1/waiting").json["changes"] == []
    monkeypatch.setattr("server.api.desk.now_ms", lambda: now_ms() + days * DAY_MS + 60_000)
    assert len(operator.get("/api/v1/waiting").json["changes"]) == 1


def decide(world: World, do: str, who: str = "operator") -> dict[str, object]:
    device, seq = world.waiting
    answer = world.server.person(who, DISTRICT).post("/api/v1/waiting", {"device": device, "seq": seq, "do": do})
    assert answer.status_code == 200, answer.json
    return dict(answer.json)


def test_an_operator_lets_a_waiting_change_create_its_record(world: World) -> None:
    assert decide(world, "create")["status"] == "merged"
    told = world.budi.sync()
    assert {"seq": 3, "status": "merged", "version": 1} in told["results"]
    assert world.server.person("operator", DISTRICT).get("/api/v1/waiting", all=1).json["changes"] == []


def test_an_operator_sends_a_waiting_change_to_quarantine_and_sees_it_there_with_what_it_said(world: World) -> None:
    assert decide(world, "quarantine")["status"] == "quarantined"
    told = world.server.person("operator", DISTRICT).get("/api/v1/quarantine").json["changes"]
    (later,) = [change for change in told if (change["device"], change["seq"]) == world.waiting]
    assert later["errors"]["record"][0].startswith("Operator tidak menerima")
    assert later["sent"]["fields"] == {"notes": "Rahasia Betul"}
    answer = world.server.person("operator", DISTRICT).post(
        "/api/v1/waiting", {"device": world.waiting[0], "seq": world.waiting[1], "do": "create"}
    )
    assert answer.status_code == 404


def test_what_would_be_created_outside_the_phones_villages_is_quarantined_and_said_so(world: World) -> None:
    world.budi.sync(world.budi.change(f"{world.siti.id}-88", {"notes": "x"}, village=NEIGHBOUR))
    asked = {"device": world.budi.id, "seq": world.budi.seq, "do": "create"}
    answer = world.server.person("operator", DISTRICT).post("/api/v1/waiting", asked)
    assert answer.json["status"] == "quarantined"


def test_devices_are_told_with_what_they_said_of_themselves(world: World) -> None:
    world.siti.sync(
        world.siti.change(fields={"notes": "x"}),
        status={"app": "0.1.0", "queued": 3, "oldest": "2026-11-18T01:00:00.000Z"},
    )
    told = world.server.person("operator", DISTRICT).get("/api/v1/devices").json["devices"]
    assert {device["id"] for device in told} == {world.siti.id, world.budi.id}
    (siti,) = [device for device in told if device["id"] == world.siti.id]
    assert (siti["officer"], siti["app"], siti["queued"], siti["acked"]) == ("Siti Aminah", "0.1.0", 3, world.siti.seq)


def test_only_those_of_its_villages_are_told_that_lie_in_the_region(world: World) -> None:
    both = world.server.enrolled(VILLAGE, NEIGHBOUR)
    told = world.server.person("operator", NEIGHBOUR).get("/api/v1/devices").json["devices"]
    assert [(device["id"], device["villages"]) for device in told] == [(both.id, [NEIGHBOUR])]


def test_the_silent_ones_can_be_asked_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = world.server.person("operator", DISTRICT)
    assert operator.get("/api/v1/devices", silent=1).json["devices"] == []
    monkeypatch.setattr("server.api.desk.now_ms", lambda: now_ms() + 2 * DAY_MS)
    assert len(operator.get("/api/v1/devices", silent=1).json["devices"]) == 2


def test_devices_come_in_pages(world: World) -> None:
    admin, ids, cursor = world.server.person("admin", "id"), [], None
    while True:
        page = admin.get("/api/v1/devices", limit=1, **({"cursor": cursor} if cursor else {})).json
        ids += [device["id"] for device in page["devices"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert ids == sorted([world.siti.id, world.budi.id, world.far.id])
