"""Every call, by everybody: who has no token, a wrong one, a phone's, and each role inside and outside its region.

The calls are taken from the application itself. A new one without a row here fails the first test below.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.kinds import KINDS
from server.api.routes import OPERATIONS, PREFIX, Operation
from server.app import create_app
from server.auth import MAY, ROLES
from server.config import Settings
from tests.server.api.world import DISTRICT, FAR_NAMES, NAMES, OTHER_REGENCY, REGENCY, World, build
from tests.server.installation import Installation, copied

create_app(Settings())  # which offers the calls; no database is touched

Call = dict[str, Any]
NOTHING: Call = {}
TUS = {"Tus-Resumable": "1.0.0"}


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


CALLS: dict[tuple[str, str], Callable[[World], Call]] = {
    ("POST", "/enrol"): lambda world: {"json": {"code": "0000-0000"}},
    ("POST", "/sync"): lambda world: {"json": {"changes": []}},
    ("POST", "/login"): lambda world: {"json": {"name": "nobody", "password": "wrong"}},
    ("POST", "/logout"): lambda world: NOTHING,
    ("GET", "/me"): lambda world: NOTHING,
    ("GET", "/regions"): lambda world: {"query_string": {"within": DISTRICT}},
    ("GET", "/forms"): lambda world: NOTHING,
    ("GET", "/forms/<name>@<version>"): lambda world: {"path": "/forms/worker@1"},
    ("GET", "/conflicts"): lambda world: {"query_string": {"within": DISTRICT}},
    ("POST", "/settle"): lambda world: {"json": settlement(world)},
    ("POST", "/link"): lambda world: {"json": {"a": world.record, "b": world.other, "same": True}},
    ("GET", "/quarantine"): lambda world: {"query_string": {"within": DISTRICT}},
    ("GET", "/waiting"): lambda world: {"query_string": {"within": DISTRICT, "all": "1"}},
    ("POST", "/waiting"): lambda world: {
        "json": {"device": world.waiting[0], "seq": world.waiting[1], "do": "quarantine"}
    },
    ("GET", "/devices"): lambda world: {"query_string": {"within": DISTRICT}},
    ("GET", "/coverage"): lambda world: {"query_string": {"within": DISTRICT}},
    ("GET", "/gaps"): lambda world: {"query_string": {"within": DISTRICT}},
    ("GET", "/budget"): lambda world: {"query_string": {"within": DISTRICT}},
    ("GET", "/claims/outcomes"): lambda world: {"query_string": {"within": DISTRICT}},
    ("GET", "/awards/<award>"): lambda world: {"path": f"/awards/award:{DISTRICT}:none"},
    ("GET", "/duties"): lambda world: {"query_string": {"within": DISTRICT}},
    ("GET", "/cycles/<cycle>/report"): lambda world: {"path": f"/cycles/cycle:{DISTRICT}:none/report"},
    ("GET", "/entries"): lambda world: {"query_string": {"within": DISTRICT, "kind": "agreement"}},
    ("GET", "/entries/<record>"): lambda world: {"path": f"/entries/agreement:{DISTRICT}:none"},
    ("PUT", "/entries/<record>"): lambda world: {
        "path": f"/entries/meeting:{DISTRICT}:walk", "json": {"seen": {}, "fields": {"title": "Rapat", "date": "2026-11-20"}}
    },
    ("GET", "/workers/<record>/membership"): lambda world: {"path": f"/workers/{world.record}/membership"},
    ("GET", "/rules"): lambda world: NOTHING,
    ("GET", "/worklists"): lambda world: NOTHING,
    ("POST", "/files"): lambda world: {"headers": TUS | {
        "Upload-Length": "9", "Upload-Metadata": f"sha256 {b64('a' * 64)},type {b64('image/webp')}"
    }},
    ("PATCH", "/files/<name>"): lambda world: {"path": f"/files/{'A' * 24}", "headers": TUS},
    ("DELETE", "/files/<name>"): lambda world: {"path": f"/files/{'A' * 24}", "headers": TUS},
    ("GET", "/files/<name>"): lambda world: {"path": f"/files/{'a' * 64}"},
    ("POST", "/bundles"): lambda world: {"data": b"-"},
    ("POST", "/recover"): lambda world: {
        "json": {"device": world.siti.id, "code": "0000-0000", "key_id": "1", "wrapped": "x"}
    },
}
"""How each call is made for the district of `World`, where there is something to see and to decide."""

EVERYWHERE_THE_SAME = {"/logout", "/me", "/regions", "/forms", "/forms/<name>@<version>", "/rules", "/worklists"}
"""Calls that have no region of their own to ask for: they tell what is public, or the caller's own."""

HIDDEN = {"/cycles/<cycle>/report", "/files/<name>", "/workers/<record>/membership"}
"""What is not told apart from what there is not."""

OPEN = {"/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/app", "/app/", "/app/<path:name>",
        "/publik/penghargaan", "/publik", "/publik/<code>", "/robots.txt"}  # fmt: skip
"""What lies outside the API; each is told without a token, and tells nothing of a person (see below)."""

SEES_PEOPLE = MAY["see people"]


@pytest.fixture(scope="module")
def untouched(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for all tests in which nobody may change anything."""
    server = Installation(copied(template, tmp_path_factory.mktemp("untouched") / "var"))
    yield build(server)
    server.close()


@pytest.fixture(scope="module")
def world(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for all tests in which things are settled, joined and decided: each may be tried again."""
    server = Installation(copied(template, tmp_path_factory.mktemp("roles") / "var"))
    yield build(server)
    server.close()


def settlement(world: World) -> Call:
    """As an operator would have it: `seen` as the record was told."""
    operator = world.server.person("operator", DISTRICT)
    told = operator.get("/api/v1/conflicts").json["records"]
    seen = next((record["seen"] for record in told if record["record"] == world.record), {})
    return {"record": world.record, "seen": seen, "fields": {"full_name": "Nur Hayati"}}


def answer_to(world: World, operation: Operation, token: str | None) -> Any:
    how = dict(CALLS[(operation.method, operation.rule)](world))
    path = PREFIX + how.pop("path", operation.rule)
    headers = how.pop("headers", {}) | ({"Authorization": f"Bearer {token}"} if token is not None else {})
    return world.server.client.open(path, method=operation.method, headers=headers, **how)


def held_in(answer: Any, names: tuple[str, ...]) -> list[str]:
    text = answer.get_data(as_text=True)
    return [name for name in names if name in text]


def calls(*, for_anyone: bool) -> list[Any]:
    chosen = [each for each in OPERATIONS if for_anyone or each.who != "anyone"]
    return [pytest.param(each, id=f"{each.method} {each.rule}") for each in chosen]


def test_every_route_is_described_and_every_description_is_a_route(server: Installation) -> None:
    there = {
        (method, rule.rule.removeprefix(PREFIX))
        for rule in server.app.url_map.iter_rules()
        if rule.rule.startswith("/api")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    described = {(operation.method, operation.rule) for operation in OPERATIONS}
    assert there == described
    assert described - CALLS.keys() == set(), "add how it is called to CALLS, so that it is tried with every role"


def test_whatever_lies_outside_the_api_is_known_here(server: Installation) -> None:
    rules = {rule.rule for rule in server.app.url_map.iter_rules()}
    outside = {rule for rule in rules if not rule.startswith((PREFIX + "/", "/console/"))}
    assert outside <= OPEN  # the console's pages are walked in tests/server/console/test_doors.py


def test_every_call_of_people_names_what_their_role_must_allow() -> None:
    assert [each.rule for each in OPERATIONS if each.who == "person" and each.act not in MAY] == ["/logout"]


@pytest.mark.parametrize("operation", calls(for_anyone=False))
def test_nobody_gets_in_without_a_right_token(untouched: World, operation: Operation) -> None:
    for token in (None, "", "x", "A" * 43, "A" * 100_000, "ä" * 43):
        answer = answer_to(untouched, operation, token)
        assert answer.status_code == 401 and "WWW-Authenticate" in answer.headers
        assert answer.json["type"] == "urn:sambung:unauthorized"
        assert held_in(answer, NAMES + FAR_NAMES) == []


@pytest.mark.parametrize("operation", calls(for_anyone=True))
def test_a_phone_calls_what_is_for_phones_alone(world: World, operation: Operation) -> None:
    answer = answer_to(world, operation, world.far.token)
    assert held_in(answer, NAMES) == []
    if operation.who == "person":
        assert answer.status_code == 403 and answer.json["type"] == "urn:sambung:forbidden"
    elif "device" in operation.who:
        assert answer.status_code not in (401, 405, 500)


@pytest.mark.parametrize("operation", calls(for_anyone=False))
@pytest.mark.parametrize("role", ROLES)
def test_each_role_does_what_it_may_inside_its_region(world: World, operation: Operation, role: str) -> None:
    answer = answer_to(world, operation, world.server.person(role, REGENCY).token)
    assert answer.status_code < 500 and held_in(answer, FAR_NAMES) == []
    if operation.who == "device" or (operation.act and role not in MAY[operation.act]):
        assert answer.status_code == 403 and answer.json["type"] == "urn:sambung:forbidden"
    else:
        assert answer.status_code in (200, 204, 404)  # 404: a form that is not published
    if role not in SEES_PEOPLE or answer.status_code == 403:
        assert held_in(answer, NAMES) == []


@pytest.mark.parametrize("operation", calls(for_anyone=False))
@pytest.mark.parametrize("role", ROLES)
def test_outside_its_region_no_role_sees_or_does_anything(untouched: World, operation: Operation, role: str) -> None:
    before = untouched.server.counts()
    answer = answer_to(untouched, operation, untouched.server.person(role, OTHER_REGENCY).token)
    assert held_in(answer, NAMES) == []
    if operation.rule not in EVERYWHERE_THE_SAME:
        may = MAY[operation.act] if operation.act else SEES_PEOPLE
        assert answer.status_code == (404 if operation.rule in HIDDEN and role in may else 403) or (
            operation.who == "device" and answer.status_code == 403
        )
    after = untouched.server.counts()
    changed = {name for name in after if after[name] != before[name]}
    assert changed <= {"account", "session", "audit", "audit_record"}  # who asked is noted, whatever came of it


@pytest.mark.parametrize("path", sorted(path for path in OPEN if path != "/" and not path.startswith("/app")))
def test_what_is_open_to_all_tells_nothing_of_a_person(untouched: World, path: str) -> None:
    answer = untouched.server.client.get(path.replace("<code>", DISTRICT))
    status = 404 if "<code>" in path else 200  # of no region is anything frozen yet
    assert answer.status_code == status and held_in(answer, NAMES + FAR_NAMES + ("Petugas", untouched.siti.id)) == []


def test_an_operator_asks_for_the_whole_country_and_is_told_that_it_is_not_his(untouched: World) -> None:
    operator = untouched.server.person("operator", DISTRICT)
    for path in ("conflicts", "quarantine", "waiting", "devices"):
        for within in ("id", "64", REGENCY, OTHER_REGENCY, "64.02.1", "64.02.110"):
            answer = operator.get(f"/api/v1/{path}", within=within)
            assert answer.status_code in (403, 422), (path, within)
            assert held_in(answer, NAMES + FAR_NAMES) == []


def test_officers_are_named_to_those_alone_who_look_after_devices(untouched: World) -> None:
    for role in MAY["see conflicts"]:
        told = untouched.server.person(role, DISTRICT).get("/api/v1/quarantine").json["changes"]
        named = [change["officer"]["name"] for change in told if change["officer"]]
        assert named == (["Budi Santoso"] if role in MAY["see devices"] else [])


def test_every_field_of_every_kind_says_how_private_it_is() -> None:
    said = {kind.privacy(field) for kind in KINDS.values() for field in kind.schema.fields}
    assert said == {"open", "personal", "sensitive"}
