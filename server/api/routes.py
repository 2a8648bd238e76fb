"""How a call is offered: its route and its description for OpenAPI are written at one place, above its function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from marshmallow import Schema

from schemas.problem import Both, Problem

PREFIX = "/api/v1"
api = Blueprint("api", __name__, url_prefix=PREFIX)


@dataclass(frozen=True)
class Operation:
    """One call as it is described.

    summary: in Indonesian and English. who: "anyone", "device", "person" or "device or person". act: what a person's
    role must allow, a row of `server.auth.MAY`; None where any role may. cached: it has an ETag, and may answer 304.
    takes: the media type of a body that is no JSON. gives: those of an answer that is none. headers: name -> what it says,
    of request headers, those that must be there with a `*`. told: of the good answer's.
    """

    method: str
    rule: str
    name: str
    summary: Both
    who: str
    act: str | None
    body: Schema | None
    query: Schema | None
    answers: Schema | None
    status: int
    problems: tuple[Problem, ...]
    gzip: bool
    cached: bool
    takes: str | None = None
    gives: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    told: tuple[str, ...] = ()


OPERATIONS: list[Operation] = []


def call(
    method: str,
    rule: str,
    summary: Both,
    *,
    who: str,
    act: str | None = None,
    body: Schema | None = None,
    query: Schema | None = None,
    answers: Schema | None = None,
    status: int = 200,
    problems: tuple[Problem, ...] = (),
    gzip: bool = False,
    cached: bool = False,
    takes: str | None = None,
    gives: tuple[str, ...] = (),
    headers: tuple[tuple[str, str], ...] = (),
    told: tuple[str, ...] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Offer a function as a call of the API. The rest is its description: see `Operation`."""

    def offer(function: Callable[..., Any]) -> Callable[..., Any]:
        operation = Operation(
            method, rule, function.__name__, summary, who, act, body, query, answers, status, problems, gzip, cached,
            takes, gives, headers, told,
        )  # fmt: skip
        OPERATIONS.append(operation)
        api.add_url_rule(rule, function.__name__, function, methods=[method])
        return function

    return offer
