"""Section 8: the calls beside sync, and who may make them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.field_forms.sheets import question, sheet
from tests.protocol.world import PASSWORD, Answer, Desk, Phone, Served

ROLES = ["officer", "operator", "staff", "viewer", "auditor", "admin"]


def disputed(siti: Phone, budi: Phone, name: str = "Nurhayati") -> str:
    """A record whose name waits for a person."""
    record = siti.worker()
    budi.pull()
    siti.send(siti.change(record, {"full_name": "Nur Hayat"}))
    budi.send(budi.edit(record, full_name=name))
    return record


# --- who one is


def test_people_sign_in_for_a_bearer_token_of_their_own(served: Served, desk: Desk) -> None:
    answer = served.call("POST", "/api/v1/login", {"name": desk.name, "password": PASSWORD})
    assert answer.status == 200 and answer.json["token"] != desk.token
    assert served.call("GET", "/api/v1/me", token=answer.json["token"]).status == 200


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(served: Served, desk: Desk) -> None:
    asked = (
        {"name": desk.name, "password": "x"},
        {"name": "nobody", "password": PASSWORD},
        {"name": "nobody", "password": "x"},
    )
    answers = [served.call("POST", "/api/v1/login", one) for one in asked]
    assert len({(answer.status, answer.body) for answer in answers}) == 1 and answers[0].status in (401, 403)


def test_wrong_passwords_are_limited_with_429(serve: Callable[..., Served]) -> None:
    served = serve(refusals_per_address="3", refusals_altogether="100")
    asked = {"name": "operator id", "password": "x"}
    statuses = [served.call("POST", "/api/v1/login", asked).status for _ in range(5)]
    assert statuses[2] != 429 and statuses[-1] == 429


def test_me_says_of_a_device_whose_it_is(served: Served, siti: Phone) -> None:
    me = served.call("GET", "/api/v1/me", token=siti.token).json
    assert set(me) == {"device", "officer", "role", "villages", "server_time", "epoch", "app"}
    assert me["device"] == siti.id and me["officer"] == siti.enrolled["officer"] and me["role"] == "officer"
    assert me["villages"] == siti.enrolled["villages"] and me["epoch"] == siti.enrolled["epoch"]


@pytest.mark.parametrize("role", ROLES)
def test_me_says_of_a_person_who_he_is(served: Served, role: str) -> None:
    me = served.desk(role, "64.02").get("/api/v1/me").json
    assert set(me) == {"user", "officer", "role", "region", "server_time", "epoch", "app"}
    assert me["role"] == role and me["region"] == "64.02" and re.match(r"\d+\.\d+", me["app"])


# --- forms, rules, worklists, regions


def as_known(answer: Answer, again: Callable[..., Answer]) -> None:
    """Assert that an ETag spares the body the second time."""
    assert answer.status == 200 and answer.headers["ETag"]
    unchanged = again(If_None_Match=answer.headers["ETag"])
    assert unchanged.status == 304 and unchanged.body == b"" and unchanged.headers["ETag"] == answer.headers["ETag"]
    assert again(If_None_Match='"other"').status == 200


@pytest.mark.parametrize("path", ["forms", "rules", "worklists", "regions?within=64.02"])
def test_what_seldom_changes_has_an_etag(served: Served, siti: Phone, path: str) -> None:
    def ask(**headers: str) -> Answer:
        return served.call("GET", f"/api/v1/{path}", token=siti.token, **headers)

    as_known(ask(), ask)


def test_a_published_form_is_served_in_every_version(served: Served, siti: Phone) -> None:
    def ask(path: str, **headers: str) -> Answer:
        return served.call("GET", f"/api/v1/forms{path}", token=siti.token, **headers)

    name = "desa" + siti.id
    before = ask("")
    for version in (1, 2):
        file = served.folder / f"{name}-{version}.md"
        file.write_text(sheet([question("text", "full_name"), question("text", f"q{version}")], form_id=name))
        done = served.run("forms", "publish", str(file))
        assert done.code == 0, done.err
    after = ask("", If_None_Match=before.headers["ETag"])
    assert after.status == 200 and [form["version"] for form in after.json["forms"] if form["name"] == name] == [2]
    for version in (1, 2):
        told = ask(f"/{name}@{version}")
        assert told.json["version"] == version and told.json["questions"][0]["name"] == "full_name"
        as_known(told, lambda version=version, **headers: ask(f"/{name}@{version}", **headers))
    assert ask(f"/{name}@3").status == 404 and ask("/nothing@1").status == 404 and ask(f"/{name}@x").status == 404


def test_rules_are_dated(served: Served, siti: Phone) -> None:
    rules = served.call("GET", "/api/v1/rules", token=siti.token).json["rules"]
    assert all(isinstance(rule["id"], str) for rule in rules)
    assert any((rule.get("valid_from") or "").startswith("20") for rule in rules)


def test_worklists_name_what_is_to_be_done_in_the_devices_villages(served: Served, siti: Phone, budi: Phone) -> None:
    lacking = siti.change(fields={"full_name": "Nur"})
    bad = siti.change(fields={"sex": "x"})
    siti.sync(lacking, bad)
    clash = disputed(siti, budi)
    assert served.run("jobs", "run", "coverage").code == 0
    lists = served.call("GET", "/api/v1/worklists", token=siti.token)
    told = lists.body.decode()
    assert lacking["record"] in told and clash in told
    stranger = served.phone(served.village())
    theirs = served.call("GET", "/api/v1/worklists", token=stranger.token)
    assert lacking["record"] not in theirs.body.decode() and theirs.headers["ETag"] != lists.headers["ETag"]


def test_regions_tells_names_below_a_region(served: Served, siti: Phone) -> None:
    told = served.call("GET", "/api/v1/regions?within=64.02.11", token=siti.token).json
    assert {"code": "64.02.11.2005", "name": "Muara Kaman Ulu"} in told["regions"]
    names = {
        region["code"]: region["name"]
        for region in served.call("GET", "/api/v1/regions?within=64", token=siti.token).json["regions"]
    }
    assert "Kutai Kartanegara" in names["64.02"]
    assert served.call("GET", "/api/v1/regions?within=99.99", token=siti.token).status == 404
    assert served.call("GET", "/api/v1/regions?within=../etc", token=siti.token).status == 422


# --- desks


def test_coverage_is_told_for_whom_the_region_is_open(served: Served, siti: Phone) -> None:
    path = "/api/v1/coverage?within={}&month=2026-11"
    mine = served.desk("viewer", "64.02")
    told = mine.get(path.format("64.02")).json
    assert told["within"] == "64.02" and told["month"] == "2026-11" and told["regions"]
    assert mine.get(path.format("64.02.11")).status == 200
    assert mine.get(path.format("64.03")).status == mine.get(path.format("64")).status == 403
    assert mine.get(path.format("99")).status in (403, 404)
    assert served.desk().get("/api/v1/coverage?within=64.02&month=2026-13").status == 422
    assert served.call("GET", path.format("64.02")).status == 401


def test_coverage_counts_a_registered_worker_in_his_village(served: Served, siti: Phone) -> None:
    siti.worker()
    siti.sync(siti.change(fields={"full_name": "Belum lengkap"}))
    assert served.run("jobs", "run", "coverage").code == 0
    total = served.desk().get(f"/api/v1/coverage?within={siti.villages[0]}&month=2026-11").json["total"]
    assert total["registered"] == 1 and total["not_counted"]["incomplete"] == 1


def test_conflicts_tells_records_as_sync_does_longest_waiting_first(
    served: Served, siti: Phone, budi: Phone, desk: Desk
) -> None:
    waiting = [disputed(siti, budi) for _ in range(3)]
    calm = siti.worker()
    path = f"/api/v1/conflicts?within={siti.villages[0]}"
    told = desk.get(path).json
    assert [record["record"] for record in told["records"]] == waiting and told["next"] is None
    assert told["records"] == [siti.told(record) for record in waiting]
    assert calm not in str(told)


def test_conflicts_are_told_page_by_page(served: Served, siti: Phone, budi: Phone, desk: Desk) -> None:
    waiting = [disputed(siti, budi) for _ in range(3)]
    path, found, cursor = f"/api/v1/conflicts?within={siti.villages[0]}&limit=1", [], ""
    while cursor is not None:
        page = desk.get(path + (f"&cursor={cursor}" if cursor else "")).json
        found += [record["record"] for record in page["records"]]
        cursor = page["next"]
        assert len(found) <= 3
    assert found == waiting


@pytest.mark.parametrize("role", ROLES)
def test_conflicts_and_settling_are_not_for_everybody(served: Served, siti: Phone, budi: Phone, role: str) -> None:
    record = disputed(siti, budi)
    one = served.desk(role, "id")
    may_see, may_settle = role in ("operator", "staff", "auditor", "admin"), role in ("operator", "staff", "admin")
    assert one.get("/api/v1/conflicts").status == (200 if may_see else 403)
    asked = {"record": record, "seen": siti.told(record)["seen"], "fields": {"full_name": "Nur"}}
    assert one.post("/api/v1/settle", asked).status == (200 if may_settle else 403)


def test_a_phone_is_no_desk(served: Served, siti: Phone, budi: Phone) -> None:
    record = disputed(siti, budi)
    asked = {"record": record, "seen": siti.told(record)["seen"], "fields": {"full_name": "Nur"}}
    assert served.call("POST", "/api/v1/settle", asked, token=siti.token).status == 403
    assert served.call("GET", "/api/v1/conflicts", token=siti.token).status == 403
    assert served.call("POST", "/api/v1/link", {"a": record, "b": record, "same": True}, token=siti.token).status == 403
    assert served.call("POST", "/api/v1/sync", {"changes": []}, token=served.desk().token).status in (401, 403)


def test_settle_answers_the_record_as_it_now_is(siti: Phone, budi: Phone, desk: Desk) -> None:
    record = disputed(siti, budi)
    now = desk.settle(siti.told(record), full_name="Nur Hayati", notes="dari meja")
    assert now == siti.told(record) and now["fields"]["notes"] == "dari meja" and not now.get("conflicts")


def test_settle_answers_409_not_seen_with_the_record_when_there_are_heads_that_seen_does_not_name(
    served: Served, siti: Phone, budi: Phone, desk: Desk
) -> None:
    record = disputed(siti, budi)
    opened = siti.told(record)
    third = served.phone(*siti.villages)
    third.send(third.change(record, {"full_name": "Ketiga"}, seen={siti.id: 1}))
    asked = {"record": record, "seen": opened["seen"], "fields": {"full_name": "Nur Hayati"}}
    answer = desk.post("/api/v1/settle", asked)
    assert (answer.status, answer.slug) == (409, "not-seen")
    assert answer.json["record"] == siti.told(record) and len(answer.json["record"]["conflicts"]["full_name"]) == 3
    now = desk.settle(answer.json["record"], full_name="Nur Hayati")
    assert not now.get("conflicts") and now["fields"]["full_name"] == "Nur Hayati"


def test_heads_of_another_field_need_not_be_seen(siti: Phone, budi: Phone, desk: Desk) -> None:
    record = disputed(siti, budi)
    opened = siti.told(record)
    siti.send(siti.change(record, {"rt": "9"}))
    now = desk.settle(opened, full_name="Nur Hayati")
    assert now["fields"]["rt"] == "9" and not now.get("conflicts")


def test_settling_by_an_alias_settles_the_joined_record(siti: Phone, budi: Phone, desk: Desk) -> None:
    a, b = siti.worker(full_name="Nur"), budi.worker(full_name="Nurhayati")
    (joined,) = desk.link(a, b)["records"]
    now = desk.settle(joined | {"record": max(a, b)}, full_name="Nur Hayati")
    assert now["record"] == min(a, b) and not now.get("conflicts")


@pytest.mark.parametrize(
    ("asked", "status"),
    [({"record": "nobody-1"}, 404), ({"record": 7}, 422), ({"seen": None}, 422), ({"seen": {"a": -1}}, 422),
     ({"fields": {}}, 422), ({"fields": {"sex": "x"}}, 422), ({"fields": {"nik": "1"}}, 422)],
)  # fmt: skip
def test_a_settlement_that_can_not_be_is_refused(siti: Phone, desk: Desk, asked: dict, status: int) -> None:
    record = siti.worker()
    good = {"record": record, "seen": siti.told(record)["seen"], "fields": {"notes": "x"}}
    assert desk.post("/api/v1/settle", good | asked).status == status
    assert siti.told(record)["version"] == 1


def test_an_operator_of_another_region_settles_and_links_nothing_here(served: Served, siti: Phone, budi: Phone) -> None:
    record, other = disputed(siti, budi), siti.worker()
    stranger = served.desk("operator", "11")
    asked = {"record": record, "seen": siti.told(record)["seen"], "fields": {"full_name": "Nur"}}
    assert stranger.post("/api/v1/settle", asked).status in (403, 404)
    assert stranger.post("/api/v1/link", {"a": record, "b": other, "same": True, "reason": "x"}).status in (403, 404)
    assert stranger.get("/api/v1/conflicts").json["records"] == []
    assert stranger.get(f"/api/v1/conflicts?within={siti.villages[0]}").status == 403


# --- descriptions and health


def test_openapi_is_the_3_1_description_of_all_calls(served: Served) -> None:
    told = served.call("GET", "/openapi.json").json
    assert told["openapi"].startswith("3.1")
    named = {f"{method.upper()} {path}" for path, methods in told["paths"].items() for method in methods}
    assert named >= {
        "POST /api/v1/enrol", "POST /api/v1/sync", "GET /api/v1/forms", "GET /api/v1/forms/{name}@{version}",
        "GET /api/v1/rules", "GET /api/v1/worklists", "GET /api/v1/regions", "GET /api/v1/me", "GET /api/v1/coverage",
        "GET /api/v1/conflicts", "POST /api/v1/settle", "POST /api/v1/link", "POST /api/v1/login", "GET /healthz",
        "GET /readyz", "GET /metrics",
    }  # fmt: skip


def test_docs_is_a_page(served: Served) -> None:
    answer = served.call("GET", "/docs")
    assert (
        answer.status == 200
        and answer.headers["Content-Type"].startswith("text/html")
        and b"/api/v1/sync" in answer.body
    )


def test_healthz_and_readyz_answer_without_a_token(served: Served) -> None:
    assert served.call("GET", "/healthz").status == 200 and served.call("GET", "/readyz").status == 200


def test_metrics_are_prometheus_text_for_this_machine(served: Served, siti: Phone) -> None:
    siti.sync(siti.change())
    answer = served.call("GET", "/metrics")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain")
    assert re.search(r"^# TYPE sambung_\w+ (counter|histogram|gauge)$", answer.body.decode(), re.M)
    assert siti.id not in answer.body.decode()


def test_metrics_are_not_for_whoever_comes_through_a_proxy_without_authorisation(serve: Callable[..., Served]) -> None:
    served = serve(trusted_proxies="1", metrics_token="rahasia-untuk-angka")
    far = {"X_Forwarded_For": "203.0.113.9"}
    assert served.call("GET", "/metrics", **far).status in (401, 403)
    assert served.call("GET", "/metrics", token="rahasia-untuk-angka", **far).status == 200
