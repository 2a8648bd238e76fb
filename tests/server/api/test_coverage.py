"""Who is told which figures, of which month and region; rates beside their denominators; rules; worklists."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator

import pytest

from programme.contribution import due
from programme.rules import load
from tests.server.installation import ELSEWHERE, NEIGHBOUR, VILLAGE, Installation
from tests.server.village import Days, days_of

DISTRICT, REGENCY = "64.02.11", "64.02"
PATH = "/api/v1/coverage"


@pytest.fixture
def days(server: Installation) -> Iterator[Days]:
    with days_of(server) as known:
        yield known.day("2026-03-10")


def asked(days: Days, role: str = "viewer", region: str = "id", **query):
    return days.server.person(role, region).get(PATH, **query)


def eligible(days: Days, workers: int, village: str = VILLAGE, month: str = "2026-01") -> None:
    days.write("eligible", {"workers": workers, "source": "BPS"}, f"eligible:{village}:{month}", village=village)


def test_a_person_is_told_of_his_own_region_and_this_month_unless_he_asks(days):
    days.register()
    days.refresh()
    told = asked(days, region=REGENCY).json
    assert (told["within"], told["name"], told["month"]) == (REGENCY, "Kabupaten Kutai Kartanegara", "2026-03")
    assert (told["complete"], told["as_of"], told["total"]["registered"]) == (False, "2026-03-10", 1)
    here = next(one for one in told["regions"] if one["code"] == DISTRICT)
    assert here["registered"] == 1 and len(told["regions"]) == 20


def test_a_month_that_has_ended_is_complete(days):
    assert asked(days, month="2026-02").json["complete"] is True


@pytest.mark.parametrize("role", ["officer", "operator", "staff", "viewer", "auditor", "admin"])
def test_whoever_signs_in_sees_figures_of_his_region_and_of_no_other(days, role):
    assert asked(days, role, REGENCY, within=DISTRICT).status_code == 200
    outside = [asked(days, role, REGENCY, within=other).status_code for other in (ELSEWHERE, "64", "id")]
    assert outside == [403, 403, 403]


def test_a_phone_sees_its_own_villages_and_nothing_else(days):
    phone = days.phone()
    answers = [
        days.server.client.get(PATH, query_string=query, headers=phone.headers)
        for query in ({}, {"within": VILLAGE}, {"within": NEIGHBOUR}, {"within": DISTRICT})
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 403, 403]
    assert [one["code"] for one in answers[0].json["regions"]] == [VILLAGE]
    assert days.server.client.get(PATH).status_code == 401


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"month": "2026-3"}, 422), ({"month": "2026-13"}, 422), ({"month": "0000-01"}, 422),
        ({"month": "maret"}, 422), ({"month": "2026-04"}, 422), ({"month": "9999-12"}, 422),
        ({"month": "0001-01"}, 200), ({"month": "2026-03"}, 200),
        ({"within": "64.99"}, 404), ({"within": "6402"}, 422), ({"within": "64.02.11.9999"}, 404),
        ({"within": "64.02.11.2005", "month": ""}, 422),
    ],
)  # fmt: skip
def test_a_month_that_is_none_or_not_begun_and_a_region_that_is_none_are_refused(days, query, status):
    answer = asked(days, **query)
    assert answer.status_code == status
    if status == 422:
        assert answer.json["errors"].keys() == query.keys() - ({"within"} if "month" in query else set())


def test_the_month_that_has_begun_in_the_east_is_still_ahead_in_the_west(days):
    days.day("2026-03-31", "23:30")  # in the middle: 00:30 in Papua, 22:30 on Java
    codes = [asked(days, within=code, month="2026-04").status_code for code in ("91", "64", "31", "id")]
    assert codes == [200, 422, 422, 422]


def test_a_village_without_workers_has_zeros_and_no_rate(days):
    told = asked(days, within=VILLAGE).json
    assert told["total"] == {key: value for key, value in told["regions"][0].items() if key not in ("code", "name")}
    assert (told["total"]["registered"], told["total"]["eligible"], told["total"]["rate"]) == (0, None, None)


def active(days: Days, count: int, village: str = VILLAGE) -> None:
    for _ in range(count):
        days.pay(days.register(village), "2026-03", village=village)


def test_a_rate_is_active_over_eligible_and_never_clamped(days):
    active(days, 3)
    eligible(days, 60)
    total = days.total()
    assert (total["rate"], total["flag"], total["interval"]) == (0.05, None, None)
    eligible(days, 2, month="2026-02")
    total = days.total()
    assert (total["rate"], total["flag"]) == (1.5, "denominator")


def test_few_workers_have_counts_and_an_interval_instead_of_a_rate(days):
    active(days, 2)
    eligible(days, 10)
    total = days.total()
    assert (total["rate"], total["flag"]) == (None, "small")
    low, high = total["interval"]
    assert 0.05 < low < 0.2 < high < 0.52


def test_villages_without_a_denominator_enter_neither_side_of_the_districts_rate(days):
    active(days, 3)
    eligible(days, 60)
    active(days, 2, NEIGHBOUR)
    total = days.total(DISTRICT)
    assert (total["active"], total["rate"]) == (5, 0.05)
    assert total["eligible"] == {
        "count": 60, "active": 3, "month": "2026-01", "newest_month": "2026-01", "source": None, "method": None,
        "as_of": None, "villages": 1, "villages_without": 1,
    }  # fmt: skip


def test_the_rules_are_told_with_their_sources_and_price_a_registration(days):
    person = days.server.person("viewer", "64")
    answer = person.get("/api/v1/rules")
    told = answer.json
    assert all(rule["source"] and "verified" in rule for rule in told["rules"])
    price, sector = told["price"], told["sectors"]["motorcycle_taxi"]

    def version(of: list, month: str) -> dict:
        return next(v for v in of if (v["valid_from"] or "") <= month + "-01" <= (v["valid_to"] or "9999"))["value"]

    base = max(row["base"] for row in version(price["tiers"], "2027-02") if row["from"] <= 1_500_000)
    jkk, jkm = (version(price["rates"][program], "2027-02") for program in ("JKK", "JKM"))
    off = version(price["discounts"][sector], "2027-02")["percent"]
    full = base * jkk["percent"] // 100 + jkm["rupiah"]
    assert not version(price["payers"]["self"], "2027-02")["public"]
    expected = due(1_500_000, sector, {"JKK", "JKM"}, "self", "2027-02", load()).total
    assert full * (100 - off) // 100 == expected


def test_a_phone_is_told_no_more_of_the_rules_than_what_prices_a_registration(days):
    headers = days.phone().headers
    told = days.server.client.get("/api/v1/rules?for=phone", headers=headers)
    whole = days.server.client.get("/api/v1/rules", headers=headers).json
    assert told.json["price"].items() <= whole["price"].items()
    named = {rule["id"]: rule for rule in told.json["rules"]}
    assert set(re.findall(r'"id": "([^"]+)"', json.dumps(told.json["price"]))) == set(named)
    for rule in whole["rules"]:
        if rule["id"] in named:
            assert named[rule["id"]].items() <= rule.items() and "verified" in named[rule["id"]]
    sectors = {code: told.json["sectors"].get(code, "other") for code in whole["sectors"]}
    assert sectors == whole["sectors"]
    assert len(gzip.compress(told.data, 6)) < 1_100, "on 2G every kilobyte is felt"


def test_rules_are_told_for_phones_or_for_everybody(days):
    answer = days.server.person("viewer", "64").get("/api/v1/rules?for=boats")
    assert answer.status_code == 422 and list(answer.json["errors"]) == ["for"]


def test_rules_are_not_told_twice_to_who_has_them(days):
    person = days.server.person("viewer", "64")
    first = person.get("/api/v1/rules")
    again = days.server.client.get("/api/v1/rules", headers=person.headers | {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = days.server.client.get(
        "/api/v1/rules", headers=person.headers | {"If-None-Match": first.headers["ETag"], "Accept-Language": "en"}
    )
    assert other.status_code == 200


def test_a_phone_finds_what_is_to_be_done_in_its_villages(days):
    phone = days.phone()
    due_soon, in_arrears, lapsed, up_to_date = (days.register() for _ in range(4))
    lists = [(due_soon, "2026-02"), (in_arrears, "2026-01"), (lapsed, "2025-11"), (up_to_date, "2026-03")]
    for worker, month in lists:
        days.pay(worker, month)
    incomplete = days.write("worker", {"full_name": "Belum Lengkap"})
    for name in ("Nur", "Noor"):
        phone.sync(phone.change(up_to_date, {"full_name": name}, seen={}, village=VILLAGE))
    days.desk(up_to_date, full_name="Nur Hayati")
    other = days.server.enrolled(VILLAGE)
    other.sync(other.change(up_to_date, {"full_name": "Noor Hayati"}, seen={}, village=VILLAGE))
    wrong = phone.change(fields={"nik": "12"})
    mended = phone.change(fields={"nik": "13"})
    phone.sync(wrong, mended, phone.change(mended["record"], {"full_name": "Siti"}))
    days.pay(days.register(NEIGHBOUR), "2026-01", village=NEIGHBOUR)
    days.refresh()
    told = days.server.client.get("/api/v1/worklists", headers=phone.headers).json
    assert (told["due_soon"], told["in_arrears"], told["lapsed"]) == ([due_soon], [in_arrears], [lapsed])
    assert [one["record"] for one in told["incomplete"]] == sorted([incomplete, mended["record"]])
    assert "nik" in told["incomplete"][0]["fields"]
    assert told["conflicts"] == [{"record": up_to_date, "fields": ["full_name"]}]
    assert [one["record"] for one in told["to_correct"]] == [wrong["record"]] and told["to_correct"][0]["errors"]["nik"]


def test_a_worklist_that_did_not_change_costs_no_body(days):
    phone = days.phone()
    first = days.server.client.get("/api/v1/worklists", headers=phone.headers)
    same = phone.headers | {"If-None-Match": first.headers["ETag"]}
    assert days.server.client.get("/api/v1/worklists", headers=same).status_code == 304
    days.write("worker", {"full_name": "Belum Lengkap"})
    assert days.server.client.get("/api/v1/worklists", headers=same).status_code == 200


def test_a_person_has_no_worklist(days):
    assert days.server.person("operator", "64").get("/api/v1/worklists").status_code == 403


def test_figures_of_the_nation_add_up_what_the_provinces_have(days):
    active(days, 1)
    days.register(ELSEWHERE)
    days.refresh()
    nation, province = asked(days).json, asked(days, within="64").json
    assert len(nation["regions"]) == 38 and nation["total"]["registered"] == province["total"]["registered"] == 2
