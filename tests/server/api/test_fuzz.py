"""Random bodies, random JSON, and whatever schemathesis makes of our own description: never a failure of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from schemas.kinds import KINDS
from server.api.routes import OPERATIONS, PREFIX, Operation
from server.app import create_app
from server.config import Settings
from tests.server.api.world import World, build
from tests.server.installation import VILLAGE, Installation, copied

create_app(Settings())
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")  # a part of a photo
POSTS = [each for each in OPERATIONS if each.method == "POST"]
RELAXED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]

texts = st.one_of(
    st.text(st.characters(), max_size=20),  # lone surrogates and NUL among them
    st.sampled_from(["worker", "link", VILLAGE, "id", "", "2026-11-20T08:11:12.003Z", "0001-01-01T00:00:00Z", "JKK"]),
)
numbers = st.one_of(st.integers(), st.floats(allow_nan=False), st.sampled_from([2**53, 2**63, -(2**63) - 1, 10**400]))
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
field_names = st.sampled_from(sorted({name for kind in KINDS.values() for name in kind.schema.fields}))


def like(known: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly of the form that is meant, sometimes anything at all."""
    return st.one_of(known, known, known, anything)


changes = st.fixed_dictionaries(
    {"seq": st.integers(1, 12)},
    optional={
        "kind": like(st.sampled_from([*KINDS, "boat"])),
        "record": like(st.from_regex(r"\A(?:me|ot)-[1-9]\Z")),
        "village": like(st.just(VILLAGE)),
        "at": like(st.just("2026-11-20T08:11:12.003Z")),
        "seen": like(st.dictionaries(st.sampled_from(["me", "ot", "hq1"]), st.integers(0, 9), max_size=2)),
        "form": like(st.just("worker@2")),
        "fields": like(st.dictionaries(like(field_names).map(str), anything, max_size=5)),
        "more": anything,
    },
)
syncs = st.fixed_dictionaries(
    {"changes": like(st.lists(changes, max_size=6))},
    optional={name: anything for name in ("sent_at", "epoch", "cursors", "limit", "status")},
)
desk_bodies = st.dictionaries(
    st.sampled_from("record seen fields a b same reason device seq do name password code attempt former".split()),
    anything,
    max_size=8,
)


@pytest.fixture(scope="module")
def world(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    server = Installation(
        copied(template, tmp_path_factory.mktemp("fuzz") / "var", refusals_per_address=10**9, refusals_altogether=10**9)
    )
    yield build(server)
    server.close()


def headers_for(world: World, operation: Operation | None) -> dict[str, str]:
    if operation is None or operation.who == "person":
        return world.server.person("admin", "id").headers
    return world.budi.headers if operation.who != "anyone" else {}


def encoded(value: Any, world: World) -> bytes:
    """As JSON, with `me` and `ot` standing for two devices that there are."""
    text = json.dumps(value).replace('"me', f'"{world.budi.id}').replace('"ot', f'"{world.siti.id}')
    return text.encode()


def check_post(world: World, operation: Operation, body: bytes) -> Any:
    answer = world.server.client.post(
        PREFIX + operation.rule, data=body, headers=headers_for(world, operation), content_type="application/json"
    )
    assert answer.status_code < 500, body
    assert answer.status_code < 400 or answer.content_type == "application/problem+json"
    return answer


@pytest.mark.parametrize("operation", POSTS, ids=lambda each: each.rule)
@seed(2026)
@settings(max_examples=25, deadline=None, suppress_health_check=RELAXED, database=None)
@given(value=anything | desk_bodies)
def test_whatever_json_is_sent_is_answered(world: World, operation: Operation, value: Any) -> None:
    check_post(world, operation, encoded(value, world))


@pytest.mark.slow
@pytest.mark.parametrize("operation", POSTS, ids=lambda each: each.rule)
@settings(max_examples=300, deadline=None, suppress_health_check=RELAXED)
@given(body=st.binary(max_size=200) | (anything | desk_bodies).map(lambda value: json.dumps(value).encode()))
def test_whatever_bytes_are_sent_are_answered(world: World, operation: Operation, body: bytes) -> None:
    check_post(world, operation, body)


def check_sync(server: Installation, world: World, asked: Any) -> None:
    """Answered; and what is acknowledged is in the log, what is not is not."""
    phone, other = server.enrolled(), server.enrolled()
    body = encoded(asked, world._replace(budi=phone, siti=other))
    answer = phone.post_bytes(body)
    assert answer.status_code in (200, 400, 409), body
    again = phone.post_bytes(body)
    assert again.status_code == answer.status_code
    with server.reading() as connection:
        kept = connection.exec_driver_sql(f"select count(*) from change where device = '{phone.id}'").scalar()
    if answer.status_code == 200:
        results = {result["seq"]: result["status"] for result in answer.json["results"]}
        assert {result["seq"]: result["status"] for result in again.json["results"]} == results
        assert answer.json["acked"] == kept == len(results)
    else:
        assert kept == 0


@seed(2026)
@settings(max_examples=40, deadline=None, suppress_health_check=RELAXED, database=None)
@given(asked=syncs)
def test_whatever_a_phone_syncs_is_kept_whole_or_not_at_all(world: World, asked: Any) -> None:
    check_sync(world.server, world, asked)


@pytest.fixture
def either_world(either_server: Installation) -> World:
    return build(either_server)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, suppress_health_check=RELAXED)
@given(asked=syncs)
def test_whatever_a_phone_syncs_is_kept_whole_or_not_at_all_on_both_engines(either_world: World, asked: Any) -> None:
    check_sync(either_world.server, either_world, asked)


# What schemathesis makes of our description -------------------------------------------------------------------------

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    response_headers_conformance,
]  # fmt: skip


def described(world: World) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", world.server.app)


def check_described(world: World, path: str, method: str, examples: int) -> None:
    operation = described(world)[path][method]
    ours = {(PREFIX + each.rule.replace("<", "{").replace(">", "}"), each.method): each for each in OPERATIONS}
    caller = ours.get((path, method.upper()))

    @seed(2026)
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        answer = case.call(headers=headers_for(world, caller) | {"Accept-Encoding": "identity"})  # it inflates nothing
        case.validate_response(answer, checks=CHECKS)

    check()


PATHS = [(PREFIX + each.rule.replace("<", "{").replace(">", "}"), each.method) for each in OPERATIONS]
PATHS += [(path, "GET") for path in ("/healthz", "/readyz", "/metrics")]


@pytest.mark.parametrize(("path", "method"), PATHS)
def test_answers_are_as_the_description_has_them(world: World, path: str, method: str) -> None:
    check_described(world, path, method, 8)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), PATHS)
def test_many_answers_are_as_the_description_has_them(world: World, path: str, method: str) -> None:
    check_described(world, path, method, 150)
