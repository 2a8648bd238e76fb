"""What desks enter, over the door: who reads and writes which kind where, and what no program may decide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from schemas.kinds import REGIONAL
from server.actions import entries
from server.actions.entries_api import WAYS
from server.actions.listing import Listing, Wanted
from server.api.openapi import description
from server.auth import MAY, ROLES
from server.clock import now_ms
from server.store import desk_tables as d
from server.store.scoping import Scope
from tests.schemas.samples import GOOD
from tests.server.api.test_openapi import schema_of
from tests.server.console.world import KEYS
from tests.server.installation import ELSEWHERE, VILLAGE, Installation, Person, copied

REGENCY = "64.02"
PATH = "/api/v1/entries"
AGREEMENT = {name: value for name, value in GOOD["agreement"].items() if value is not None}
MEETING = {"title": "Rapat monev", "date": "2026-11-20", "attendance": 12, "minutes": "Ibu Rahasia berkeberatan"}


@pytest.fixture(scope="module")
def house(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    server = Installation(copied(template, tmp_path_factory.mktemp("api_entries") / "var"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def staff(house: Installation) -> Person:
    return house.person("staff", REGENCY)


def put(who: Person, record: str, seen: Any = None, /, **fields: Any) -> Any:
    asked = {"seen": seen or {}, "fields": fields}
    return who._client.put(f"{PATH}/{record}", json=asked, headers=who.headers | {"Accept-Language": "en"})


def new(kind: str, region: str = REGENCY) -> str:
    return f"{kind}:{region}:{entries.new_key()}"


def at_desk(house: Installation, kind: str, region: str = REGENCY, key: str | None = None, **fields: Any) -> str:
    with house.app.app_context():
        return entries.begin(kind, region, key or entries.new_key(), {**GOOD[kind], **fields}, None, now_ms())


def test_a_program_begins_a_record_and_changes_what_it_has_seen(house: Installation, staff: Person) -> None:
    record = new("agreement")
    made = put(staff, record, **AGREEMENT)
    assert made.status_code == 200 and made.json["fields"] == AGREEMENT
    assert (made.json["record"], made.json["kind"], made.json["region"]) == (record, "agreement", REGENCY)
    again = put(staff, record, **GOOD["agreement"])
    assert again.status_code == 200 and again.json == made.json  # sent twice, made once
    changed = put(staff, record, made.json["seen"], notes="Perpanjangan dibahas")
    assert changed.json["fields"]["notes"] == "Perpanjangan dibahas" and changed.json["version"] == made.json["version"] + 1
    assert staff.get(f"{PATH}/{record}").json == changed.json
    with house.reading() as connection:
        acts = list(connection.scalars(select(d.audit.c.act).where(d.audit.c.record == record)))
    assert acts == ["duty", "duty"]


def test_who_had_not_seen_what_another_wrote_is_told_what_stands(staff: Person) -> None:
    record = new("meeting")
    seen = put(staff, record, **MEETING).json["seen"]
    put(staff, record, seen, title="Rapat pertama")
    for known in (seen, {}):
        refused = put(staff, record, known, title="Rapat kedua")
        assert refused.status_code == 409 and refused.json["type"] == "urn:sambung:not-seen"
        assert refused.json["record"]["fields"]["title"] == "Rapat pertama"
    target = f"target:{REGENCY}:2029"
    put(staff, target, workers=100)
    assert put(staff, target, rate=40).status_code == 409  # begun over: nothing in common, and not seen


def test_an_unchanged_record_is_not_sent_again(staff: Person) -> None:
    record = new("agreement")
    put(staff, record, **GOOD["agreement"])
    first = staff.get(f"{PATH}/{record}")
    same = staff._client.get(f"{PATH}/{record}", headers=staff.headers | {"If-None-Match": first.headers["ETag"]})
    assert same.status_code == 304 and not same.data
    put(staff, record, first.json["seen"], notes="lain")
    assert staff.get(f"{PATH}/{record}").headers["ETag"] != first.headers["ETag"]


def test_a_list_goes_on_behind_its_cursor_inside_the_region(house: Installation, staff: Person) -> None:
    made = sorted(at_desk(house, "solution", region) for region in (REGENCY, VILLAGE, REGENCY, VILLAGE, VILLAGE))
    at_desk(house, "solution", ELSEWHERE), at_desk(house, "solution", "id")
    told: list[str] = []
    cursor = None
    while True:
        page = staff.get(PATH, kind="solution", limit=2, **({"cursor": cursor} if cursor else {})).json
        told += [each["record"] for each in page["entries"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert told == made
    assert {each["region"] for each in staff.get(PATH, kind="solution", within=VILLAGE).json["entries"]} == {VILLAGE}
    assert staff.get(PATH, kind="solution", within=ELSEWHERE).status_code == 403
    assert staff.get(PATH, kind="solution", within="64.02.99").status_code == 404
    assert staff.get(PATH, kind="boat").status_code == staff.get(PATH).status_code == 422
    assert staff.get(PATH, kind="solution", cursor="target:64.02:2027").status_code == 422


@pytest.mark.parametrize("kind", sorted(REGIONAL))
def test_each_kind_is_read_and_written_by_whom_its_act_allows(house: Installation, kind: str) -> None:
    way, key = WAYS[kind], KEYS.get(kind)
    key = "2026-1.village-workers" if kind == "duty" else key.replace("2026", "2027") if key else None
    more = {"duty": "village_workers", "half": "2026-1"} if kind == "duty" else {}
    if kind == "panel":  # whose points are shown once the result is sealed
        more["award"] = at_desk(house, "award", VILLAGE, state="sealed")
    record = at_desk(house, kind, VILLAGE, key, worker="aaaaaa-1", **more)
    field = next(name for name in ("notes", "note", "text", "title", "rank") if name in REGIONAL[kind].schema.fields)
    value = 7 if field == "rank" else "tulisan program"
    for role in ROLES:
        who = house.person(role, REGENCY)
        told = who.get(f"{PATH}/{record}")
        listed = who.get(PATH, kind=kind)
        assert told.status_code == listed.status_code == (200 if role in MAY[way.see] else 403), role
        answer = put(who, record, told.json["seen"] if told.status_code == 200 else {}, **{field: value})
        if role not in MAY["write entries"] or role not in MAY[way.act]:
            assert answer.status_code == 403 and answer.json["type"] == "urn:sambung:forbidden", role
        elif not way.is_written:
            assert answer.json["type"] == "urn:sambung:at-desk"
        elif way.states is not None and GOOD[kind]["state"] not in way.states:
            assert answer.json["type"] == "urn:sambung:entry-closed"
        elif way.under is None:
            assert answer.status_code == 200, answer.json
        other = house.person(role, "64.03")
        assert other.get(f"{PATH}/{record}").status_code == put(other, record, {}, **{field: value}).status_code == 403


@pytest.mark.parametrize(
    ("kind", "begin", "fields", "held"),
    [
        ("scenario", {"state": "draft"}, {"state": "proposed"}, ["state"]),
        ("scenario", {"state": "draft"}, {"state": "adopted", "title": "x"}, ["state"]),
        ("decree", {"state": "draft", "signed_on": None}, {"state": "signed", "signed_on": "2026-11-01"},
         ["signed_on", "state"]),
        ("ranking", {"state": "draft", "valid_from": None}, {"state": "in_force"}, ["state"]),
        ("award", {"state": "draft"}, {"state": "sealed"}, ["state"]),
        ("award", {"state": "draft"}, {"seal": "a" * 64, "places": []}, ["places", "seal"]),
        ("cycle", {"state": "running"}, {"state": "closed"}, ["state"]),
        ("cycle", {"state": "running"}, {"frozen_on": "2026-11-01"}, ["frozen_on"]),
        ("solution", {}, {"published": True}, ["published"]),
    ],
)  # fmt: skip
def test_no_program_sets_what_two_agree_on_or_the_server_seals(
    house: Installation, staff: Person, kind: str, begin: dict[str, Any], fields: dict[str, Any], held: list[str]
) -> None:
    record = at_desk(house, kind, key=None, **begin)
    before = staff.get(f"{PATH}/{record}").json
    for target, seen in ((record, before["seen"]), (new(kind)[:20], {})):
        answer = put(staff, target, seen, **fields)
        assert answer.status_code == 409 and answer.json["type"] == "urn:sambung:at-desk"
        assert answer.json["fields"] == held and "console" in answer.json["detail"]
    assert staff.get(f"{PATH}/{record}").json == before


def test_what_was_proposed_is_changed_at_the_desk_alone_with_the_lines_under_it(house: Installation, staff: Person) -> None:
    scenario = at_desk(house, "scenario", state="draft")
    line = {**GOOD["budget"], "scenario": scenario}
    record = new("budget")
    seen = put(staff, record, **line).json["seen"]
    assert put(staff, record, seen, people=20000).status_code == 200
    with house.app.app_context():
        entries.change("scenario", scenario, None, {"state": "proposed"}, None, now_ms())
    seen = staff.get(f"{PATH}/{record}").json["seen"]
    for answer in (put(staff, record, seen, people=99999), put(staff, new("budget"), **line),
                   put(staff, scenario, staff.get(f"{PATH}/{scenario}").json["seen"], title="Lain")):  # fmt: skip
        assert answer.status_code == 409 and answer.json["type"] == "urn:sambung:entry-closed"
        assert (answer.json["record"], answer.json["state"]) == (scenario, "proposed")
    draft = at_desk(house, "scenario", state="draft")
    moved = put(staff, record, seen, scenario=draft)  # nor is a line taken out from under it
    assert moved.status_code == 409 and moved.json["record"] == scenario
    nowhere = put(staff, new("budget"), **line | {"scenario": "scenario:64.03:a1"})
    assert nowhere.status_code == 422 and list(nowhere.json["errors"]) == ["scenario"]


def test_every_wrong_field_is_told_with_what_to_do(staff: Person) -> None:
    good = GOOD["agreement"]
    for fields, named in (
        ({"title": "x"}, {"form", "parties", "starts_on", "ends_on", "state"}),
        (good | {"pepole": 4}, {"pepole"}),
        (good | {"starts_on": "2027-01-01", "ends_on": "2026-01-01"}, {"ends_on"}),
        (good | {"state": "sealed", "signed_on": "2026-02-30"}, {"state", "signed_on"}),
    ):
        answer = put(staff, new("agreement"), **fields)
        assert answer.status_code == 422 and answer.json["errors"].keys() == named
        assert all(len(said) > 20 for complaints in answer.json["errors"].values() for said in complaints)


def test_what_is_no_record_of_a_region_is_nowhere(staff: Person, house: Installation) -> None:
    for record in (
        "x", "worker:64.02:a1", "aaaaaa-1", "target:64.02:99", "agreement:64.02.99:a1", f"eligible:{VILLAGE}:2026-01",
    ):  # fmt: skip
        assert staff.get(f"{PATH}/{record}").status_code == 404, record
        assert put(staff, record, title="x").status_code == 404, record
    gone = put(staff, new("agreement"), {"hq1": 1}, notes="x")
    assert gone.status_code in (404, 422)
    assert put(staff, new("agreement", "64"), **GOOD["agreement"]).status_code == 403


def test_who_sees_no_people_is_told_which_fields_are_not_for_him(house: Installation, staff: Person) -> None:
    record = new("meeting")
    put(staff, record, **MEETING)
    told = house.person("viewer", REGENCY).get(f"{PATH}/{record}").json
    assert told["withheld"] == ["minutes"] and told["fields"]["attendance"] == 12 and "Rahasia" not in str(told)
    assert staff.get(f"{PATH}/{record}").json["withheld"] == []


def test_a_look_at_a_decrees_names_stands_in_the_log_and_restricted_ones_are_left_out(house: Installation) -> None:
    at_desk(house, "beneficiary", VILLAGE, "skaa." + "1" * 20, worker="aaaaaa-1", decree=f"decree:{VILLAGE}:skaa", score=70)
    at_desk(house, "beneficiary", VILLAGE, "skaa." + "2" * 20, worker="aaaaaa-2", decree=f"decree:{VILLAGE}:skaa")
    officer = house.person("officer", VILLAGE)
    found = officer.get(PATH, kind="beneficiary", within=VILLAGE).json["entries"]
    here = [each for each in found if each["fields"]["decree"] == f"decree:{VILLAGE}:skaa"]
    assert [each["fields"]["worker"] for each in here] == ["aaaaaa-1", "aaaaaa-2"]
    assert "score" in here[0]["withheld"] and "score" not in here[0]["fields"]
    with house.reading() as connection:
        seen = set(connection.scalars(
            select(d.audit_record.c.record).join(d.audit, d.audit.c.id == d.audit_record.c.audit)
            .where(d.audit.c.who == f"account:{officer.id}")
        ))  # fmt: skip
    assert {"aaaaaa-1", "aaaaaa-2"} <= seen


def test_a_kind_of_a_region_has_its_way_and_every_answer_is_as_described(house: Installation, staff: Person) -> None:
    assert WAYS.keys() == REGIONAL.keys() and all(way.act in MAY and way.see in MAY for way in WAYS.values())
    for kind, way in WAYS.items():
        assert way.kept <= REGIONAL[kind].schema.fields.keys() and (way.under is None or way.under in REGIONAL)
    made = put(staff, new("agreement"), **AGREEMENT)
    schema_of(f"{PATH}/{{record}}", "put").validate(made.json)
    schema_of(PATH).validate(staff.get(PATH, kind="agreement").json)
    said = description()["paths"][f"{PATH}/{{record}}"]["put"]
    assert "at-desk" in said["responses"]["409"]["description"] and said["x-roles"] == sorted(MAY["write entries"])


@pytest.mark.parametrize(("state", "hidden"), [
    ("proposed", {"operator": ["lifts", "places"], "auditor": ["places"], "viewer": ["places"], "staff": []}),
    ("sealed", {"operator": ["lifts", "places"], "auditor": [], "staff": []}),
    ("released", {"operator": [], "viewer": [], "officer": []}),
])
def test_a_result_is_told_to_a_program_no_sooner_than_on_its_page(
    house: Installation, state: str, hidden: dict[str, list[str]]
) -> None:  # fmt: skip
    places = [{"village": VILLAGE, "band": "small_near", "rank": 1, "score": 77.5}]
    lifts = [{"village": VILLAGE, "reason": "doubles", "why": "diperiksa", "state": "approved"}]
    record = at_desk(house, "award", state=state, places=places, lifts=lifts)
    for role, withheld in hidden.items():
        told = house.person(role, REGENCY).get(f"{PATH}/{record}").json
        assert [name for name in told["withheld"] if name in ("places", "lifts")] == withheld, role
        assert ("places" in told["fields"]) == ("places" not in withheld)
    columns = [column.name for column in Wanted("awards", "csv").columns]
    with house.reading() as connection:
        some = Listing(connection, Scope(REGENCY), Wanted("awards", "csv"), now_ms()).rows()
        rows = [dict(zip(columns, row, strict=True)) for part in some for row in part]
    told = next(row for row in rows if row["record"] == record)
    assert bool(told["places"]) == bool(told["lifts"]) == (state == "released")


def test_what_was_frozen_or_closed_of_a_cycle_no_program_changes(house: Installation, staff: Person) -> None:
    period = {"first_month": "2026-01", "last_month": "2026-06"}
    cycle = at_desk(house, "cycle", state="running", frozen_on="2026-07-20", **period)
    seen = staff.get(f"{PATH}/{cycle}").json["seen"]
    answer = put(staff, cycle, seen, first_month="2025-07")
    assert answer.status_code == 409 and answer.json["state"] == "frozen"
    assert put(staff, cycle, seen, notes="dibahas lagi", first_month="2026-01").status_code == 200

    closed = at_desk(house, "cycle", "64", state="closed", **period)  # of the province, about its regencies too
    finding = at_desk(house, "finding", cycle=closed)
    seen = staff.get(f"{PATH}/{finding}").json["seen"]
    answer = put(staff, finding, seen, text="Semuanya baik.")
    assert answer.status_code == 409 and answer.json["type"] == "urn:sambung:entry-closed"
    assert put(staff, finding, seen, state="done", follow_up="Sudah dikunjungi.").status_code == 200
    answer = put(staff, new("finding"), None, cycle=closed, text="Temuan baru", state="open")
    assert answer.status_code == 409
    answer = put(staff, new("finding"), None, cycle="cycle:64:tidakada22", text="Temuan baru", state="open")
    assert answer.status_code == 422, answer.json
