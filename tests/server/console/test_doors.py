"""Every page of the console, by every role, in its own region and in a foreign one; and what an attacker would try.

The pages are taken from the application: a new one without a rule, or that the walk can't find its way to, fails here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.auth import MAY, OF_ALL, ROLES
from server.console.door import OFFERED, Offered
from tests.server.console.world import (
    FAR,
    FAR_MARK,
    HOME,
    MARK,
    PART,
    Sitting,
    World,
    build,
    contents,
    filled,
    pages,
)
from tests.server.installation import Installation, copied

LOOKS = frozenset({"audit", "audit_record", "audit_head", "session", "refusal", "job_run"})
"""What even a refused try may add to."""
NO_PERSON = {"entrance", "second", "sign_in", "bring_second", "asset", "nowhere"}
COMMON_PARTS = {"job", "form", "version", "name", "format", "what", "year"}
SHOWN_BY_CODE = {"region", "solution"}
"""Pages on what anybody may know of another region: its name and its code, and what it published as a solution."""


@pytest.fixture(scope="module")
def world(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    server = Installation(copied(template, tmp_path_factory.mktemp("doors") / "var"))
    yield build(server)
    server.close()


def offered(method: str) -> list[Any]:
    known = [each for each in OFFERED if each.method == method and each.act is not None]
    return [pytest.param(each, id=f"{each.method} {each.rule}") for each in known]


def test_every_page_of_the_application_was_offered_with_a_rule_of_who_may(world: World) -> None:
    rules = {
        (method, rule.rule)
        for rule in world.server.app.url_map.iter_rules() if rule.rule.startswith("/console")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }  # fmt: skip
    assert rules == {(each.method, each.rule) for each in OFFERED}
    assert {each.name for each in OFFERED if each.act is None} == NO_PERSON
    assert all(each.act in MAY for each in OFFERED if each.act is not None)


def test_the_walk_finds_its_way_to_every_page(world: World) -> None:
    lost = [each.rule for each in OFFERED if each.act and filled(each.rule, each.name, world.far) is None]
    assert lost == [], "say in world.py what stands for the parts of these rules"


@pytest.mark.parametrize("page", offered("GET") + offered("POST"))
def test_who_has_not_signed_in_is_shown_the_entrance(world: World, page: Offered) -> None:
    before = contents(world.server, LOOKS)
    client = world.server.app.test_client()
    for cookie in (None, "", "x", "A" * 43, "ä"):
        if cookie is not None:
            client.set_cookie("sambung", cookie)
        answer = client.open(filled(page.rule, page.name, world.home), method=page.method)
        assert answer.status_code == 303 and answer.headers["Location"].startswith("/console/entrance")
        assert MARK not in answer.get_data(as_text=True)
    assert contents(world.server, LOOKS) == before


def test_a_phones_token_and_a_programs_token_open_no_page(world: World) -> None:
    program = world.server.person("admin", "id")
    for token in (world.home.phones[0].token, program.token):
        client = world.server.app.test_client()
        client.set_cookie("sambung", token)
        assert client.get("/console/").status_code == 303
        assert client.get("/console/", headers={"Authorization": f"Bearer {token}"}).status_code == 303


def test_a_session_of_the_console_is_no_token_for_programs(world: World) -> None:
    token = world.people["admin"].token
    answer = world.server.client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


@pytest.mark.parametrize("page", offered("GET"))
def test_each_role_sees_its_own_pages_and_nothing_of_a_foreign_region(world: World, page: Offered) -> None:
    for role in ROLES:
        sitting = world.people[role]
        own = sitting.get(filled(page.rule, page.name, world.home))
        foreign = [sitting.get(filled(page.rule, page.name, world.home), within=FAR)]
        if PART.search(page.rule):
            foreign += [sitting.get(filled(page.rule, page.name, world.far))]
        if role not in MAY[page.act]:
            assert own.status_code == 403, role
            assert MARK not in own.get_data(as_text=True), role
        else:
            assert own.status_code in (200, 204, 303, 404), (role, own.status_code)
        for answer in foreign:
            text = answer.get_data(as_text=True)
            assert FAR_MARK not in text, (role, "a foreign region is given away")
            expected = (200, 303, 403, 404) if is_common(page) else (403, 404)
            assert answer.status_code in expected, (role, answer.status_code)
        assert FAR_MARK not in own.get_data(as_text=True), (role, "a foreign region is given away")


def is_common(page: Offered) -> bool:
    """Whether the page's parts say nothing of a region: a job's name, a form's version."""
    parts = set(PART.findall(page.rule))
    return page.name in SHOWN_BY_CODE or bool(parts) and parts <= COMMON_PARTS


@pytest.mark.parametrize("role", ["viewer", "officer"])
def test_who_may_see_sums_only_or_his_village_only_is_told_no_more(world: World, role: str) -> None:
    for page in OFFERED:
        if page.method == "GET" and page.act and role in MAY[page.act]:
            text = world.people[role].get(filled(page.rule, page.name, world.home)).get_data(as_text=True)
            if role == "viewer":
                assert MARK not in text, page.rule
            assert FAR_MARK not in text, page.rule


@pytest.mark.parametrize("page", offered("POST"))
def test_nothing_is_changed_without_the_pages_own_token_or_from_another_site(world: World, page: Offered) -> None:
    before = contents(world.server, LOOKS)
    path = filled(page.rule, page.name, world.home)
    assert {world.people[role].client.post(path).status_code for role in ROLES} == {403}
    for role in ("admin",):  # who may the most
        sitting = world.people[role]
        tries = [
            sitting.client.post(path, data={"csrf": ""}),
            sitting.client.post(path, data={"csrf": "x" * 43}),
            sitting.client.post(path, data={"csrf": "ä"}),
            sitting.post(path, headers={"Origin": "https://example.org"}),
            sitting.post(path, headers={"Origin": "null"}),
            sitting.post(path, headers={"Sec-Fetch-Site": "cross-site"}),
            sitting.post(path, headers={"Sec-Fetch-Site": "same-site"}),
        ]
        assert {answer.status_code for answer in tries} == {403}, role
    assert contents(world.server, LOOKS) == before


@pytest.mark.parametrize("page", offered("POST"))
def test_nothing_of_a_foreign_region_is_changed_by_any_role(world: World, page: Offered) -> None:
    if page.name == "sign_out":
        return
    before = contents(world.server, LOOKS)
    for role in ROLES:
        sitting = world.people[role]
        tries = [sitting.post(filled(page.rule, page.name, world.far), {"within": FAR})]
        if PART.search(page.rule) and not is_common(page):
            tries += [sitting.post(filled(page.rule, page.name, world.far), filling(world))]
        if role not in MAY[page.act]:
            tries += [sitting.post(filled(page.rule, page.name, world.home), filling(world))]
        for answer in tries:
            assert answer.status_code in (403, 404, 409, 413, 422), (role, answer.status_code)
            assert FAR_MARK not in answer.get_data(as_text=True), role
    assert contents(world.server, LOOKS) == before


def filling(world: World) -> dict[str, Any]:
    """Fields that a form may ask for, so that a deed is not refused for their lack alone; all of the foreign region."""
    return {
        **{name: str(value) for name, value in world.far.parts.items()}, "reason": "uji", "note": "uji", "officer": "Uji",
        "villages": world.far.village, "name": "uji", "full_name": "Uji", "seen": "{}", "same": "1", "choice": "0",
        "do": "create",
    }  # fmt: skip


# What an attacker would try -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", offered("GET"))
def test_nothing_that_a_phone_sends_runs_on_any_page(world: World, page: Offered) -> None:
    seen = world.people["admin"].get(filled(page.rule, page.name, world.home))
    text = seen.get_data(as_text=True)
    if not seen.content_type.startswith("text/html"):
        return
    assert "<img src=x" not in text and "</textarea>{{" not in text and "<b>x</b>" not in text and "<s>9</s>" not in text
    assert 'href="javascript:' not in text and "\u202e" not in seen.headers.get("Content-Disposition", "")
    assert " style=" not in text and " onclick=" not in text and "hx-on" not in text and "<style" not in text
    policy = seen.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert seen.headers["Cache-Control"] == "no-store" and seen.headers["X-Content-Type-Options"] == "nosniff"


def test_nobody_is_sent_to_another_host_after_signing_in(world: World) -> None:
    client = world.server.app.test_client()
    elsewhere = (
        "https://example.org/", "//example.org/console/", "/\\example.org", "/console/\\\\x", "/console/\r\nX: y",
        "javascript:x",
    )  # fmt: skip
    for wanted in elsewhere:
        text = client.get("/console/entrance", query_string={"next": wanted}).get_data(as_text=True)
        assert 'name="next"' not in text and 'href="https://example' not in text
    kept = client.get("/console/entrance?next=/console/devices?x=1").get_data(as_text=True)
    assert 'value="/console/devices?x=1"' in kept


@pytest.mark.parametrize("page", [each for each in offered("GET") if PART.search(each.values[0].rule)])
@pytest.mark.parametrize(
    "part", ["..%2f..%2fetc%2fpasswd", "%0d%0aX-Evil:%20yes", "%00", "9" * 30, "-1", "ä%22", "'%20OR%201=1--"]
)
def test_a_part_of_an_address_is_a_name_and_nothing_else(world: World, page: Offered, part: str) -> None:
    path = PART.sub("PART", page.rule)
    for place in range(path.count("PART")):
        tried = path
        for number in range(path.count("PART")):
            tried = tried.replace("PART", part if number == place else "1", 1)
        answer = world.people["admin"].client.get(tried)
        assert answer.status_code in (200, 303, 308, 400, 404, 422) and "X-Evil" not in answer.headers, tried
        assert "root:" not in answer.get_data(as_text=True)


def test_pages_carry_cookies_that_scripts_and_other_sites_do_not_get(template: Path, tmp_path: Path) -> None:
    server = Installation(copied(template, tmp_path / "var", public_url="https://desa.example"))
    with server.app.app_context():
        from server.actions.people import add_user
        from server.clock import now_ms

        add_user("siti", "operator", HOME, "kata-sandi-panjang", now_ms())
    client = server.app.test_client()
    asked = {"name": "siti", "password": "kata-sandi-panjang"}
    answer = client.post("/console/entrance", data=asked, base_url="https://desa.example")
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("__Host-sambung="))
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/")) and "Domain" not in cookie
    server.close()


def test_a_session_that_was_there_before_signing_in_is_worth_nothing_afterwards(world: World) -> None:
    with world.server.app.app_context():
        from server.actions.people import add_user
        from server.clock import now_ms

        add_user("wati", "operator", HOME, "kata-sandi-panjang", now_ms())
    planted = Sitting(world.server, "operator", HOME)
    answer = planted.client.post("/console/entrance", data={"name": "wati", "password": "kata-sandi-panjang"})
    assert answer.status_code == 303
    old = world.server.app.test_client()
    old.set_cookie("sambung", planted.token)
    assert old.get("/console/").status_code == 303
    assert planted.client.get("/console/").status_code == 200


def test_the_walk_knows_pages_by_their_address(world: World) -> None:
    assert len(list(pages(world))) >= len({each.rule for each in OFFERED})


@pytest.mark.parametrize("page", offered("GET"))
@pytest.mark.parametrize("number", ["%C2%B2", "9" * 30, "9" * 15 + "~" + "9" * 30, "~%C2%B2", "-1", "9999-12-31"])
def test_what_stands_behind_the_question_mark_is_no_number_until_it_is_one(world: World, page: Offered, number: str) -> None:
    """Superscript digits, digits without end, the last day of all days."""
    asked = "&".join(f"{name}={number}" for name in ("before", "after", "like", "until", "since", "cursor", "decile"))
    answer = world.people["admin"].client.get(f"{filled(page.rule, page.name, world.home)}?{asked}")
    assert answer.status_code in (200, 204, 303, 400, 403, 404), answer.status_code


@pytest.mark.parametrize("page", offered("GET"))
def test_an_address_can_not_say_how_the_pages_own_links_are_made(world: World, page: Offered) -> None:
    path = filled(page.rule, page.name, world.home)
    names = ("endpoint", "_method", "_scheme", "_external", "_anchor", *PART.findall(page.rule))
    asked = "&".join(f"{name}=javascript" for name in names)
    answer = world.people["admin"].client.get(f"{path}?{asked}")
    assert answer.status_code in (200, 204, 303, 400, 403, 404) and "javascript://" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("page", [each for each in offered("POST") if each.values[0].act in OF_ALL])
def test_what_reaches_every_region_is_done_by_the_nations_administrators_alone(world: World, page: Offered) -> None:
    before = contents(world.server, LOOKS)
    admin = world.people["admin"]
    assert admin.post(filled(page.rule, page.name, world.home)).status_code == 403
    for there in ("forms", "jobs/tidy", "system"):
        assert f'action="{page.rule.replace("<job>", "tidy")}"' not in admin.get(f"/console/{there}").get_data(as_text=True)
    assert contents(world.server, LOOKS) == before


def test_a_letter_that_no_database_keeps_is_refused_wherever_it_is_typed(world: World) -> None:
    admin = world.people["admin"]
    answers = [
        admin.post("/console/workers", {"q": "Siti\0"}), admin.get("/console/lists", tab="a\0"),
        admin.post("/console/rights/find", {"number": "\0"}), admin.get("/console/?within=64.02.11%00"),
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 404]
