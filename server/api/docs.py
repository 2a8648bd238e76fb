"""`GET /docs`: the calls on one page for people, in Indonesian and English, readable on a phone; no script."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, NamedTuple

from flask import Blueprint, Response, render_template
from marshmallow import Schema

from schemas.problem import Problem
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
:root{color-scheme:light dark;--ink:#14261f;--soft:#4b5f57;--paper:#f3f6f2;--card:#fff;--line:#d5ded8;--leaf:#0b5d43}
@media(prefers-color-scheme:dark){:root{--ink:#e8efeb;--soft:#a9bab2;--paper:#101714;--card:#18211d;--line:#2c3a34;--leaf:#6fd3ab}}
*{box-sizing:border-box}
body{font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:0}
header{background:#0b5d43;color:#fff}
header div,main{max-width:52rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem;line-height:1.25;margin:.25rem 0}
header p{margin:.35rem 0}
header a{color:#fff}
header code{background:#ffffff22}
section{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.85rem 1rem;margin:0 0 .85rem}
h2{font-size:1.05rem;margin:0 0 .35rem;overflow-wrap:anywhere}
h2 code{background:none;padding:0;font-weight:600}
h2 b{color:var(--leaf);font:600 .85rem ui-monospace,monospace;margin-right:.35rem}
p{margin:.2rem 0}
[lang=en]{color:var(--soft)}
header [lang=en]{color:#d9ebe3}
a{color:var(--leaf);display:inline-block;padding:.15rem 0}
dl{margin:.6rem 0 0;display:grid;grid-template-columns:max-content 1fr;gap:.2rem .85rem;font-size:.925rem}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
code{font:.9em ui-monospace,monospace;background:#8882;border-radius:.25rem;padding:.05rem .25rem}
"""
_STYLE_HASH = base64.b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY = NOTHING.replace("default-src 'none'", f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'")


class Shown(NamedTuple):
    """One call as the page shows it. who: in both languages. takes, gives: names of members, `*` where required.

    refusals: status -> what it may be for, as in `urn:sambung:<slug>`.
    """

    method: str
    path: str
    summary: tuple[str, str]
    who: tuple[str, str]
    roles: list[str]
    asks: list[str]
    takes: list[str]
    status: int
    gives: list[str]
    refusals: list[tuple[int, list[str]]]


def _shown(operation: Operation) -> Shown:
    return Shown(
        operation.method, path_of(operation), operation.summary, WHO[operation.who],
        sorted(MAY[operation.act]) if operation.act else [],
        _members(operation.query), _members(operation.body), operation.status, _members(operation.answers),
        _by_status(refusals_of(operation)),
    )  # fmt: skip


def _by_status(refusals: Iterable[Problem]) -> list[tuple[int, list[str]]]:
    slugs: dict[int, list[str]] = {}
    for refusal in refusals:
        slugs.setdefault(refusal.status, []).append(refusal.slug)
    return sorted(slugs.items())


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
