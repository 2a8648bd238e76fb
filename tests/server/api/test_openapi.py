"""The description says what is: of every call, every refusal, every field; and the page for people shows it."""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import jsonschema_rs
import pytest
import schemathesis

from schemas.kinds import KINDS
from server.api.openapi import description, refusals_of
from server.api.routes import OPERATIONS, PREFIX
from server.app import create_app
from server.auth import MAY
from server.config import Settings
from tests.server.api.world import DISTRICT, build
from tests.server.installation import Installation

create_app(Settings())
DOCUMENT = description()


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(method, path, said) for path, item in DOCUMENT["paths"].items() for method, said in item.items()]


def test_the_document_is_openapi_3_1_with_the_version_of_the_project() -> None:
    assert DOCUMENT["openapi"] == "3.1.0" and re.fullmatch(r"\d+\.\d+\.\d+", DOCUMENT["info"]["version"])
    schemathesis.openapi.from_dict(DOCUMENT).validate()


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_every_schema_is_a_json_schema(name: str) -> None:
    whole = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    assert jsonschema_rs.Draft202012Validator(whole).is_valid(None) in (True, False)
    jsonschema_rs.meta.validate(DOCUMENT["components"]["schemas"][name])


def test_it_is_served_with_an_etag(server: Installation) -> None:
    first = server.client.get("/openapi.json")
    assert first.status_code == 200 and first.json == DOCUMENT
    assert server.client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_every_call_is_described_once_under_a_name_of_its_own() -> None:
    described = {
        (method.upper(), path) for method, path, _ in operations()
        if path.startswith(PREFIX) and method not in ("head", "options")
    }  # fmt: skip
    assert described == {(each.method, PREFIX + re.sub("<(.*?)>", r"{\1}", each.rule)) for each in OPERATIONS}
    names = [said["operationId"] for _, _, said in operations()]
    assert len(set(names)) == len(names)


def test_every_call_says_who_may_in_two_languages_and_what_it_refuses() -> None:
    for method, path, said in operations():
        assert said["summary"] and said["description"] != said["summary"], path
        assert "security" in said and "405" in said["responses"], path
        if method == "head":
            continue  # whose refusals have no body
        if said["security"] and path.startswith(PREFIX):
            assert {"401", "429"} <= said["responses"].keys(), path
        if "requestBody" in said:
            assert said["requestBody"]["required"] and "gzip" in said["requestBody"]["description"]
            assert {"400", "413", "415"} <= said["responses"].keys(), path
        for status, answer in said["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], (path, status)
                assert "urn:sambung:" in answer["description"]


def test_the_roles_of_a_call_are_those_that_may() -> None:
    for each in OPERATIONS:
        path = DOCUMENT["paths"][PREFIX + re.sub("<(.*?)>", r"{\1}", each.rule)]
        assert path[each.method.lower()].get("x-roles") == (sorted(MAY[each.act]) if each.act else None)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_every_field_of_a_kind_says_how_it_merges_and_how_private_it_is(kind: Any) -> None:
    told = DOCUMENT["components"]["schemas"][f"kind.{kind.name}"]["properties"]
    assert told.keys() == kind.schema.fields.keys()
    for field, said in told.items():
        assert (said["x-policy"], said["x-privacy"]) == (kind.policy(field), kind.privacy(field))


def test_a_worker_as_the_protocol_shows_one_fits_the_description() -> None:
    from tests.server.installation import WORKER

    whole = {"$ref": "#/components/schemas/kind.worker", "components": DOCUMENT["components"]}
    validator = jsonschema_rs.Draft202012Validator(whole)
    assert validator.is_valid(WORKER) and not validator.is_valid(WORKER | {"sex": "?"})


def schema_of(path: str, method: str = "get", status: str = "200") -> Any:
    told = DOCUMENT["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
    return jsonschema_rs.Draft202012Validator({**told, "components": DOCUMENT["components"]})


def test_what_is_answered_is_what_is_described(server: Installation) -> None:
    world = build(server)
    admin = server.person("admin", "id")
    for path in ("conflicts", "quarantine", "waiting", "devices", "me", "regions", "forms", "coverage", "rules"):
        answer = admin.get(f"{PREFIX}/{path}", **({"all": 1} if path == "waiting" else {}))
        assert answer.status_code == 200
        schema_of(f"{PREFIX}/{path}").validate(answer.json)
    schema_of(f"{PREFIX}/sync", "post").validate(world.budi.sync(world.budi.change(fields={"sex": 1})))
    joined = server.person("staff", DISTRICT).post(
        f"{PREFIX}/link", {"a": world.record, "b": world.other, "same": True}
    )  # fmt: skip
    schema_of(f"{PREFIX}/link", "post").validate(joined.json)


def test_what_is_refused_is_what_is_described(server: Installation) -> None:
    """401 and 404 of every call, by their types."""
    for each in OPERATIONS:
        types = {refusal.type for refusal in refusals_of(each)}
        answer = server.client.open(PREFIX + re.sub("<.*?>", "x", each.rule), method=each.method)
        assert answer.json["type"] in types, each.rule


class Page(HTMLParser):
    """What a page holds: its tags, its links, and what it would load or run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [
            value or "" for name, value in attrs if name in ("src", "srcset", "style") or name.startswith("on")
        ]


def test_the_page_shows_every_call_in_both_languages_and_runs_nothing(server: Installation) -> None:
    answer = server.client.get("/docs", headers={"Accept-Language": "en"})
    html = answer.get_data(as_text=True)
    page = Page(html)
    assert answer.content_type == "text/html; charset=utf-8" and '<html lang="en">' in html
    assert not {"script", "iframe", "img", "link", "object", "form"} & set(page.tags) and page.loads == []
    assert 'name="viewport" content="width=device-width' in html
    for each in OPERATIONS:
        path = f"{PREFIX}{each.rule.replace('<', '{').replace('>', '}')}"
        assert f"<b>{each.method}</b><code>{path}</code>" in html
        assert each.summary[0] in html.replace("&#39;", "'") and each.summary[1] in html.replace("&#39;", "'")


def test_the_pages_style_is_the_one_that_its_policy_allows(server: Installation) -> None:
    answer = server.client.get("/docs")
    style = re.search("<style>(.*?)</style>", answer.get_data(as_text=True), re.S)
    assert style
    named = base64.b64encode(sha256(style[1].encode()).digest()).decode()
    policy = answer.headers["Content-Security-Policy"]
    assert f"style-src 'sha256-{named}'" in policy and "default-src 'none'" in policy
