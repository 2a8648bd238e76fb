"""The register of duties: one record each, what the system offers, what reports add up to, what the clock finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from programme import duties as pure
from programme.rules import load_duties
from server.actions import clocks, duties, entries
from server.actions.settle import BadFields, NoSuchRecord, OutsideRegion
from server.api.duties import DutyReport
from server.auth import Scope
from server.clock import day_at, now_ms
from server.db import reading, transaction
from server.export.lists import LISTS
from server.store import tables as t
from server.store.accounts import Account
from tests.server.actions.test_exports import account, taken_out
from tests.server.installation import DAY_MS, ELSEWHERE, VILLAGE, Installation, copied

REGENCY, DISTRICT = "64.02", "64.02.11"
KELURAHAN = "64.02.06.1001"
SAID = {"institution": "Bupati", "state": "done"}


@pytest.fixture
def house(server: Installation) -> Installation:
    return server


def now_half() -> str:
    return pure.half_of(day_at(now_ms(), REGENCY))


def say(
    house: Installation, region: str, code: str, half: str | None = None, who: Account | None = None, **more: Any
) -> str:  # fmt: skip
    with house.app.app_context():
        record = duties.id_of(region, half or now_half(), code)
        known = entries.find(Scope("id"), "duty", record)
        return duties.write(record, known.seen if known else {}, SAID | more, who, now_ms())


def report(house: Installation, region: str, half: str | None = None) -> duties.Report:
    with house.app.app_context():
        return duties.report(Scope(region), region, half or now_half(), now_ms())


def test_of_a_duty_and_a_half_a_region_has_one_record_that_says_which(either_server: Installation) -> None:
    record = say(either_server, REGENCY, "regent_budget", amount=3_024_000_000, people=15_000)
    assert say(either_server, REGENCY, "regent_budget", amount=1_008_000_000) == record
    with either_server.app.app_context():
        found = entries.one(Scope(REGENCY), "duty", record)
    assert (found.fields["duty"], found.fields["half"]) == ("regent_budget", now_half())
    assert (found.fields["amount"], found.fields["people"]) == (1_008_000_000, 15_000)


def test_nobody_writes_a_duty_that_is_none_of_the_regions_or_still_to_come(house: Installation) -> None:
    staff = Account(7, "staf", "-", "staff", REGENCY)
    for region, code, half in (
        (REGENCY, "governor_budget", None), ("64", "regent_budget", None), (KELURAHAN, "village_budget", None),
        (REGENCY, "regent_budget", pure.after(now_half())), (REGENCY, "regent_budget", "2020-2"),
    ):  # fmt: skip
        with pytest.raises(NoSuchRecord):
            say(house, region, code, half, amount=1)
    with pytest.raises(OutsideRegion):
        say(house, "64.03", "regent_budget", who=staff, amount=1)
    with pytest.raises(BadFields) as bad:
        say(house, REGENCY, "regent_budget", amount=-1)
    assert list(bad.value.errors) == ["amount"]


def test_a_province_tells_of_every_regency_and_village_who_has_and_who_lacks(either_server: Installation) -> None:
    house = either_server
    say(house, REGENCY, "regent_regulation", document="Perbup 27/2022", dated="2022-06-20")
    say(house, "64.03", "regent_regulation", state="in_progress")
    say(house, REGENCY, "regent_budget", amount=3_024_000_000)
    say(house, REGENCY, "regent_workers", people=18_420)
    say(house, VILLAGE, "village_apparatus", people=9)
    say(house, ELSEWHERE, "village_workers", people=30)
    say(house, "63.01", "regent_regulation", document="lain")
    told = report(house, "64")
    parts = {part.code: part for part in told.parts}
    assert len(parts) == 10 and "63.01" not in parts
    assert told.topics["regulation"] == (11, 1, 1)  # ten regencies, and the province's own
    assert parts[REGENCY].topics["regulation"] == (1, 1, 0) and "regulation" not in parts[REGENCY].lacking
    assert parts["64.03"].topics["regulation"] == (1, 0, 1) and "regulation" in parts["64.03"].lacking
    assert parts[REGENCY].number(told.money, "amount") == 3_024_000_000
    assert parts[REGENCY].number(told.members, "people") == 18_420
    assert parts["64.03"].number(told.money, "amount") is None
    with house.app.app_context(), reading() as connection:
        villages = connection.execute(
            t.region.select().where(t.region.c.code.like(f"{REGENCY}.%.%"))
        ).all()  # fmt: skip
    desa = [row.code for row in villages if row.code[9] != "1"]
    assert parts[REGENCY].topics["apparatus"] == (len(desa) + 1, 1, 0)  # each desa, and the regency's own office
    for topic, whole in told.topics.items():
        own = pure.tally({"province": 1}, [], pure.duties(load_duties(), now_half())).get(topic, pure.Tally(0, 0, 0))
        assert whole.owed == own.owed + sum(part.topics[topic].owed for part in told.parts if topic in part.topics)
        assert whole.done == sum(part.topics[topic].done for part in told.parts if topic in part.topics)
    below = report(house, DISTRICT)
    assert {part.code: part.topics["apparatus"].done for part in below.parts}[VILLAGE] == 1
    alone = report(house, VILLAGE)
    assert alone.parts == [] and alone.topics["apparatus"] == (1, 1, 0)
    assert report(house, "64", pure.before(now_half())).topics["regulation"].done == 0
    nation = report(house, "id")
    assert {part.code for part in nation.parts} >= {"64", "63"} and nation.topics["regulation"].done == 2


def test_what_the_system_knows_is_offered_with_its_source_and_never_written_by_itself(house: Installation) -> None:
    half, today = now_half(), day_at(now_ms(), REGENCY).isoformat()
    month = int(today[:4]) * 12 + int(today[5:7]) - 1
    counts = dict.fromkeys(t.COUNTS, 0) | {"active": 31, "apparatus_active": 9, "wage_earners_active": 4}
    old = {"day": f"{int(half[:4]) - 1}-01-15", "month": month - 12, "village": VILLAGE} | counts | {"active": 7}
    with house.app.app_context():
        for code in ("regent_workers", "dpmd_apparatus", "regent_budget"):
            assert offered(half, code) is None
        with transaction() as connection:
            connection.execute(t.snapshot.insert().values(old))
        assert offered(half, "regent_workers") is None  # frozen before this half began
        with transaction() as connection:
            connection.execute(t.snapshot.insert().values({"day": today, "month": month, "village": VILLAGE} | counts))
        for code, count in (("regent_workers", 31), ("dpmd_apparatus", 9), ("regent_wage_earners", 4)):
            found = offered(half, code)
            assert found is not None and (found.fields, found.day) == ({"people": count}, today)
        assert offered(half, "regent_permits") is None
        year = int(half[:4])
        line = {"title": "Nelayan", "funding": "apbd_regency", "first_month": f"{year}-01", "last_month": f"{year}-12",
                "people": 15_000, "programs": ["JKK", "JKM"]}  # fmt: skip
        plan = entries.begin("scenario", REGENCY, "a1", {"title": "Murni", "year": year, "state": "draft"}, None, now_ms())
        entries.begin("budget", REGENCY, "k1", line | {"scenario": plan}, None, now_ms())
        assert offered(half, "regent_budget") is None  # a draft is no budget
        entries.change("scenario", plan, None, {"state": "adopted"}, None, now_ms())
        found = offered(half, "regent_budget")
        assert found is not None and found.fields == {"amount": 3_024_000_000, "people": 15_000}
        assert "Murni" in found.source[0]
        entries.begin("profile", VILLAGE, str(year), {"village_budget": 2_116_800}, None, now_ms())
        what = pure.duty_of(load_duties(), "village_budget", half)
        told = duties.suggest(Scope(VILLAGE), VILLAGE, half, what, now_ms()) if what else None
        assert told is not None and told.fields == {"amount": 2_116_800}
    assert all(row.entry is None for row in report(house, REGENCY).rows)


def offered(half: str, code: str) -> duties.Suggested | None:
    what = pure.duty_of(load_duties(), code, half)
    assert what is not None
    return duties.suggest(Scope(REGENCY), REGENCY, half, what, now_ms())


def test_the_clock_awaits_reports_of_regions_that_keep_the_register_alone(either_server: Installation) -> None:
    house, last = either_server, pure.before(now_half())
    say(house, REGENCY, "regent_regulation", last)
    say(house, "64.03", "regent_regulation")  # which began in this half: nothing is awaited of the one before
    say(house, VILLAGE, "village_workers", last)  # a village hands in no report of its own
    with house.app.app_context(), reading() as connection:
        found = duties.find_reports(connection, now_ms())
        due = pure.report_due(last, load_duties())
        (term,) = [term for term in found if f":{last}." in term.record]
        assert term.record == duties.id_of(REGENCY, last, "regent_report")
        assert day_at(term.due_at - 1, REGENCY) == due < day_at(term.due_at, REGENCY)
        near = ms_of(pure.ends(now_half()))
        awaited = {term.record for term in duties.find_reports(connection, near)}
        assert duties.id_of("64.03", now_half(), "regent_report") in awaited
    say(house, REGENCY, "regent_report", last, document="045/1")
    with house.app.app_context():
        clocks.run(house.settings, now_ms())
        clocks.run(house.settings, now_ms())
        assert [term for term in clocks.soonest(Scope("id"), "duty") if f":{last}." in term.record] == []


def ms_of(day: date) -> int:
    return now_ms() + (day - day_at(now_ms(), REGENCY)).days * DAY_MS


def test_the_list_tells_every_duty_of_every_region_also_what_nobody_has_said(house: Installation) -> None:
    say(house, REGENCY, "regent_regulation", document="Perbup 27/2022")
    viewer = account(house, "viewer", DISTRICT)
    found = taken_out(house, viewer, "duty_report", DISTRICT, purpose="")
    with house.app.app_context():
        owed = sum(len(duties.owed_by(part.code, now_half())) for part in report_parts())
    assert len(found) == owed + 1  # and the camat's own
    assert {row["State"] for row in found} == {"Not begun"} and {row["Was said"] for row in found} == {"No"}
    staff = account(house, "staff", REGENCY)
    rows = {row["Record"]: row for row in taken_out(house, staff, "duty_report", REGENCY, half=now_half())}
    own = rows[duties.id_of(REGENCY, now_half(), "regent_regulation")]
    assert (own["State"], own["Document number"], own["Lacking"]) == ("Done", "Perbup 27/2022", "Dated")
    assert own["Region"] == "Kabupaten Kutai Kartanegara" and own["Level"] == "Regency"
    before = pure.before(now_half())
    assert {row["Was said"] for row in taken_out(house, staff, "duty_report", REGENCY, half=before)} == {"No"}
    assert len(taken_out(house, staff, "duties", half=now_half())) == 1
    assert taken_out(house, staff, "duties", half=before) == []
    assert LISTS["duty_report"].of_people is False


def report_parts() -> list[duties.Part]:
    return duties.report(Scope(DISTRICT), DISTRICT, now_half(), now_ms()).parts


def test_programs_read_the_report_and_write_duties_under_the_id_that_they_say(house: Installation) -> None:
    staff = house.person("staff", REGENCY)
    half = now_half()
    record = duties.id_of(REGENCY, half, "regent_regulation")
    fields = SAID | {"duty": "regent_regulation", "half": half, "document": "Perbup 27/2022"}
    put = lambda record, fields: house.client.put(  # noqa: E731
        f"/api/v1/entries/{record}", json={"seen": {}, "fields": fields}, headers=staff.headers
    )
    assert put(f"duty:{REGENCY}:abc", fields).status_code == 422
    assert put(record, fields | {"duty": "regent_budget"}).status_code == 422
    assert put(record, fields).status_code == 200
    told = staff.get("/api/v1/duties", half=half).json
    assert DutyReport().validate(told) == {}
    own = {each["duty"]: each for each in told["duties"]}
    assert own["regent_regulation"]["state"] == "done" and own["regent_regulation"]["lacks"] == ["dated"]
    assert own["regent_budget"]["is_said"] is False and told["topics"]["regulation"]["done"] == 1
    assert len(told["regions"]) == 20 and told["due"] == pure.report_due(half, load_duties()).isoformat()
    for query, status in (({"half": "2026"}, 422), ({"half": pure.after(half)}, 422), ({"within": "64.03"}, 403)):
        assert staff.get("/api/v1/duties", **query).status_code == status


@pytest.fixture(scope="module")
def told_once(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    server = Installation(copied(template, tmp_path_factory.mktemp("told") / "var"))
    yield server
    server.close()


def test_the_demo_tells_who_has_a_regulation_and_what_is_about_to_expire(told_once: Installation) -> None:
    from server.demo.duties import tell
    from server.demo.programme import Told

    today = day_at(now_ms(), "64")
    staff = account(told_once, "staff", "id")
    tell(Told(told_once.app, told_once.settings, {"staf": staff}, {}, today, now_ms()))
    province = report(told_once, "64")
    assert province.topics["regulation"].done == 6
    assert [part.code for part in province.parts if part.topics["regulation"].in_progress] == ["64.03", "64.09"]
    with told_once.app.app_context():
        assert clocks.counted(Scope("64"), "agreement", now_ms())[0] == 2
