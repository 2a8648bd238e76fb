"""`GET /docs`: the calls on one page for people, in Indonesian and English, readable on a phone; no script."""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import Any, NamedTuple

from flask import Blueprint, Response, render_template
from marshmallow import Schema

from server.api import door
from server.api.headers import NOTHING
from server.api.openapi import VERSION, path_of, refusals_of
from server.api.routes import OPERATIONS, Operation
from server.auth import MAY

docs = Blueprint("docs", __name__, template_folder="templates")

WHO = {
    "anyone": ("siapa saja", "anyone"),
    "device": ("perangkat", "a device"),
    "person": ("orang yang masuk", "somebody signed in"),
    "device or person": ("perangkat atau orang yang masuk", "a device, or somebody signed in"),
}
STYLE = """
:root{color-scheme:light dark}
body{font:1rem/1.5 system-ui,sans-serif;max-width:48rem;margin:0 auto;padding:1rem}
h2{font:600 1rem/1.4 ui-monospace,monospace;margin:2rem 0 .25rem;overflow-wrap:anywhere}
h2{border-top:1px solid #8886;padding-top:1rem}
p{margin:.25rem 0}
dl{margin:.5rem 0;display:grid;grid-template-columns:max-content 1fr;gap:.1rem .75rem}
dt{opacity:.7}
dd{margin:0;overflow-wrap:anywhere}
code{font-size:.9em}
"""
_STYLE_HASH = base64.b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY = NOTHING.replace("default-src 'none'", f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'")


class Shown(NamedTuple):
    """One call as the page shows it. who: in both languages. takes, gives: names of members, `*` where required."""

    method: str
    path: str
    summary: tuple[str, str]
    who: tuple[str, str]
    roles: list[str]
    asks: list[str]
    takes: list[str]
    status: int
    gives: list[str]
    refusals: list[tuple[int, str]]


def _shown(operation: Operation) -> Shown:
    return Shown(
        operation.method, path_of(operation), operation.summary, WHO[operation.who],
        sorted(MAY[operation.act]) if operation.act else [],
        _members(operation.query), _members(operation.body), operation.status, _members(operation.answers),
        [(refusal.status, refusal.slug) for refusal in sorted(refusals_of(operation), key=lambda one: one.status)],
    )  # fmt: skip


def _members(schema: Schema | None) -> list[str]:
    if schema is None:
        return []
    named = [(field.data_key or name, field.required) for name, field in schema.fields.items()]
    return [f"{name}*" if required else name for name, required in named]


@docs.get("/docs")
def page() -> Response:
    calls: list[Any] = [_shown(operation) for operation in OPERATIONS]
    html = render_template("docs.html", lang=door.lang(), style=STYLE, calls=calls, version=VERSION)
    return Response(html, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY})
