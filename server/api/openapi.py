"""`GET /openapi.json`: what the calls are, drawn from where they are written (`server.api.routes`, `schemas.kinds`)."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, Response
from marshmallow import INCLUDE, Schema, fields

from schemas import problem
from schemas.kinds import KINDS
from schemas.problem import Problem
from server.api import door
from server.api.routes import OPERATIONS, PREFIX, Operation
from server.auth import MAY

described = Blueprint("openapi", __name__)

VERSION = version("sambung-desa")
PROBLEM_JSON = "application/problem+json"
TEXT = "text/plain"
ABOUT = (
    "The calls of Sambung Desa for phones, relays and programs. Times are RFC 3339 in UTC with milliseconds, months "
    "`YYYY-MM`, money whole rupiah, regions dotted Kemendagri codes. Refusals are RFC 9457 problems whose `type` never "
    "changes; titles and details are Indonesian or English after `Accept-Language`. Request bodies may be gzip "
    "(`Content-Encoding: gzip`), one layer; answers are when the client accepts it."
)
_PLACEHOLDER = re.compile(r"<(?:\w+:)?(\w+)>")
_TOKENS = {"device": ["device"], "person": ["person"], "device or person": ["device", "person"], "anyone": []}


class ProblemDocument(Schema):
    """RFC 9457. Further members after the type: `errors`, `acked`, `epoch`, `seq`, `record`, `retry_after` …"""

    class Meta:
        unknown = INCLUDE

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    errors = fields.Dict(fields.String(), fields.List(fields.String()))


def path_of(operation: Operation) -> str:
    return PREFIX + _PLACEHOLDER.sub(r"{\1}", operation.rule)


@lru_cache
def description() -> dict[str, Any]:
    """The OpenAPI 3.1.0 document; every call must have been offered by then."""
    marshmallow = MarshmallowPlugin(schema_name_resolver=_name_of)
    spec = APISpec("Sambung Desa", VERSION, "3.1.0", plugins=[marshmallow], info=_info())
    marshmallow.converter.add_attribute_function(_meaning)  # type: ignore[union-attr]
    for kind in KINDS.values():
        spec.components.schema(f"kind.{kind.name}", schema=kind.schema)
    spec.components.schema("Problem", schema=ProblemDocument)
    _add_tokens(spec)
    for operation in OPERATIONS:
        spec.path(path_of(operation), operations={operation.method.lower(): _operation(operation)})
    for path, said in WATCHING.items():
        spec.path(path, operations={"get": said})
    for path, method, said in BESIDE:
        spec.path(path, operations={method: said})
    return spec.to_dict()


def _info() -> dict[str, Any]:
    licence = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    return {"description": ABOUT, "license": licence}


def _name_of(schema: Any) -> str:
    return (schema if isinstance(schema, type) else type(schema)).__name__


def _meaning(converter: Any, field: Any, **_: Any) -> dict[str, Any]:
    """What a kind's table says of a field beyond its type: how it merges, how private it is, who may write it."""
    told = field.metadata
    if "policy" not in told:
        return {}
    said: dict[str, Any] = {"x-policy": told["policy"], "x-privacy": told["privacy"]}
    if told["needed"]:
        said["x-needed"] = True
    if told["desk_only"]:
        said["x-desk-only"] = True
    if told["desk_values"]:
        said["x-desk-values"] = sorted(told["desk_values"])
    return said


def _add_tokens(spec: APISpec) -> None:
    for who, text in (
        ("device", "The token of a device, from `POST /api/v1/enrol`."),
        ("person", "The token of somebody who signed in, from `POST /api/v1/login`."),
        ("monitor", "The setting `metrics_token`."),
    ):
        spec.components.security_scheme(who, {"type": "http", "scheme": "bearer", "description": text})


def _operation(operation: Operation) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": f"{operation.method.lower()}_{operation.name}",
        "summary": operation.summary[1],
        "description": operation.summary[0],
        "security": [{token: []} for token in _TOKENS[operation.who]],
        "parameters": _parameters(operation),
        "responses": _responses(operation),
    }
    if operation.act:
        said["x-roles"] = sorted(MAY[operation.act])
    if operation.body is not None:
        content = {"application/json": {"schema": operation.body}}
        more = "May be gzip (`Content-Encoding: gzip`); the bound counts the inflated body."
        said["requestBody"] = {"required": True, "content": content, "description": more}
    if operation.takes is not None:
        content = {operation.takes: {"schema": {"type": "string", "format": "binary"}}}
        said["requestBody"] = {"required": True, "content": content, "description": "Bytes as they are, never gzip."}
    return said


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PLACEHOLDER.findall(operation.rule)
    ]
    in_query = [{"in": "query", "schema": operation.query}] if operation.query is not None else []
    in_headers = [
        {"name": name.rstrip("*"), "in": "header", "required": name.endswith("*"), "schema": {"type": "string"},
         "description": says}
        for name, says in operation.headers
    ]  # fmt: skip
    return in_path + in_query + in_headers


def _responses(operation: Operation) -> dict[str, Any]:
    said: dict[str, Any] = {str(operation.status): _good(operation)}
    if operation.cached:
        said["304"] = {"description": "What the `If-None-Match` names is still so."}
    for status, refusals in _refusals(operation).items():
        said[str(status)] = _refused(refusals)
    return said


def _good(operation: Operation) -> dict[str, Any]:
    good: dict[str, Any] = {"description": operation.summary[1]}
    if operation.answers is not None:
        good["content"] = {"application/json": {"schema": operation.answers}}
    if operation.gives:
        good["content"] = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in operation.gives}
    told = [*operation.told, *(["ETag"] if operation.cached else [])]
    if told:
        good["headers"] = {name: {"schema": {"type": "string"}} for name in told}
    return good


def refusals_of(operation: Operation) -> list[Problem]:
    """Every problem that the call may answer: its own, and those that its form brings with it."""
    said = list(operation.problems)
    if operation.who != "anyone":
        said += [problem.UNAUTHORIZED, problem.DEVICE_REVOKED, problem.DEVICE_UNKNOWN, problem.TOO_MANY]
    if operation.who in ("device", "person"):
        said.append(problem.FORBIDDEN)
    if operation.body is not None:
        said += [problem.BAD_REQUEST, problem.NOT_JSON, problem.BAD_GZIP, problem.TOO_LARGE, problem.UNSUPPORTED_MEDIA]
    if operation.takes is not None:
        said += [problem.BAD_REQUEST, problem.UNSUPPORTED_MEDIA]
    if operation.query is not None:
        said.append(problem.INVALID)
    return list(dict.fromkeys([*said, problem.METHOD_NOT_ALLOWED]))


def _refusals(operation: Operation) -> dict[int, list[Problem]]:
    by_status: dict[int, list[Problem]] = {}
    for refusal in sorted(refusals_of(operation), key=lambda refusal: refusal.status):
        by_status.setdefault(refusal.status, []).append(refusal)
    return by_status


def _refused(refusals: list[Problem]) -> dict[str, Any]:
    text = "; ".join(f"`{refusal.type}`: {refusal.title[1]}" for refusal in refusals)
    said: dict[str, Any] = {"description": text, "content": {PROBLEM_JSON: {"schema": "Problem"}}}
    if refusals[0].status == 429:
        said["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
    return said


def _watching(
    summary: str, description: str, good: dict[str, Any], refusals: list[Problem], **more: Any
) -> dict[str, Any]:
    responses = {"200": {"description": summary, "content": good}}
    responses |= {str(refusal.status): _refused([refusal]) for refusal in [*refusals, problem.METHOD_NOT_ALLOWED]}
    return {"summary": summary, "description": description, "security": [], "responses": responses} | more


_STATUS = {"application/json": {"schema": {"type": "object", "properties": {"status": {"type": "string"}}}}}
WATCHING = {
    "/healthz": _watching("The process answers.", "Proses ini menjawab.", _STATUS, [], operationId="healthz"),
    "/readyz": _watching(
        "It can do its work.", "Server siap bekerja.", _STATUS, [problem.UNAVAILABLE], operationId="readyz"
    ),
    "/metrics": _watching(
        "Prometheus metrics, from this machine or with the metrics token.",
        "Metrik Prometheus, dari mesin ini sendiri atau dengan token metrik.",
        {TEXT: {"schema": {"type": "string"}}},
        [problem.FORBIDDEN],
        operationId="metrics",
        security=[{}, {"monitor": []}],
    ),
}


_OFFSET = {"Upload-Offset": {"schema": {"type": "integer"}}, "Upload-Length": {"schema": {"type": "integer"}},
           "Upload-Metadata": {"schema": {"type": "string"}}}  # fmt: skip
BESIDE: list[tuple[str, str, dict[str, Any]]] = [
    (f"{PREFIX}/files", "options", {
        "operationId": "options_files", "summary": "What this server knows of tus.", "security": [],
        "description": "Apa yang dikenal server ini dari tus.",
        "responses": {"204": {"description": "Tus-Version, Tus-Extension, Tus-Max-Size, Tus-Checksum-Algorithm."},
                      "405": _refused([problem.METHOD_NOT_ALLOWED])},
    }),
    (f"{PREFIX}/files/{{name}}", "head", {
        "operationId": "head_upload", "summary": "How far an upload came.", "security": [{"device": []}],
        "description": "Sampai mana sebuah kiriman berkas.",
        "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
        "responses": {"200": {"description": "Its offset and its length.", "headers": _OFFSET}} | {
            str(each.status): {"description": f"`{each.type}`: {each.title[1]}"}
            for each in (problem.UNAUTHORIZED, problem.FORBIDDEN, problem.NOT_FOUND, problem.METHOD_NOT_ALLOWED,
                         problem.TUS_VERSION, problem.UPLOAD_BUSY, problem.TOO_MANY)
        },
    }),
]  # fmt: skip
"""Calls of tus that are neither read nor written by JSON programs: see `server.api.files`."""


@described.get("/openapi.json")
def openapi() -> Response:
    return door.answer_cached(description())
