"""How a call is offered: its route and its description for OpenAPI are written at one place, above its function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from marshmallow import Schema

from schemas.problem import Problem

api = Blueprint("api", __name__, url_prefix="/api/v1")


@dataclass(frozen=True)
class Operation:
    """One call as it is described. who: "anyone", "device", "person" or "device or person"."""

    method: str
    rule: str
    name: str
    summary: str
    who: str
    body: Schema | None
    query: Schema | None
    answers: Schema | None
    status: int
    problems: tuple[Problem, ...]
    gzip: bool


OPERATIONS: list[Operation] = []


def call(
    method: str,
    rule: str,
    summary: str,
    *,
    who: str,
    body: Schema | None = None,
    query: Schema | None = None,
    answers: Schema | None = None,
    status: int = 200,
    problems: tuple[Problem, ...] = (),
    gzip: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Offer a function as a call of the API. body, query, answers: what it takes and gives, for the description."""

    def offer(function: Callable[..., Any]) -> Callable[..., Any]:
        operation = Operation(
            method, rule, function.__name__, summary, who, body, query, answers, status, problems, gzip
        )
        OPERATIONS.append(operation)
        api.add_url_rule(rule, function.__name__, function, methods=[method])
        return function

    return offer
