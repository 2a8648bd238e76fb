"""The messages of the device protocol (section 3): read with suspicion, written as bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from schemas.change import MAX_SEQ, to_ms

MAX_NESTING = 64
TOO_BIG = 10**400  # stands for a number beyond what a double holds: kept, and quarantined by whoever judges it
_NESTED = frozenset({dict, list, float})


class BadMessage(ValueError):
    """The body is no sync request; `field` and `why` (a code of `schemas.problem.COMPLAINTS`) say where and why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field, self.why = field, why


class Asked(NamedTuple):
    """A sync request. `changes` are as sent, every number that is whole an int, each with a readable `seq`, by `seq`.

    sent_at: milliseconds, or None. cursors: village or "device" -> position. limit: bytes, 0 for the server's own.
    """

    changes: list[dict[str, Any]]
    sent_at: int | None
    epoch: str | None
    cursors: Mapping[str, int]
    limit: int
    lost_to: int
    status: Mapping[str, Any]


def read_json(body: bytes) -> Any:
    """Parse a body, also one that holds what orjson refuses but a phone may send: lone surrogates, huge numbers.

    Raises BadMessage when it is not JSON, or nested deeper than any JSON reader here goes.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant, parse_float=_float, parse_int=_int)
    except (ValueError, RecursionError):
        raise BadMessage("body", "not-json") from None


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are not JSON


def _float(digits: str) -> float | int:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        return TOO_BIG if value > 0 else -TOO_BIG
    return value


def _int(digits: str) -> float | int:
    """Beyond 64 bits a float, as orjson reads it: what a change holds must not hang on what is sent beside it."""
    value = int(digits) if len(digits) <= 20 else None
    return value if value is not None and -(2**63) <= value < 2**64 else _float(digits)


def plain(value: Any, depth: int) -> Any:
    """The same JSON with 17.0 written as 17, so that equal JSON has equal bytes.

    depth: how deep in the body `value` lies. Raises BadMessage below `MAX_NESTING`. Gives `value` itself if it may.
    """
    kind = type(value)
    if kind is float:
        return int(value) if value.is_integer() and abs(value) <= MAX_SEQ else value
    if kind is dict:
        if depth > MAX_NESTING:
            raise BadMessage("body", "nested-too-deep")
        for key, inner in value.items():
            if type(inner) in _NESTED:
                value[key] = plain(inner, depth + 1)
    elif kind is list:
        if depth > MAX_NESTING:
            raise BadMessage("body", "nested-too-deep")
        for index, inner in enumerate(value):
            if type(inner) in _NESTED:
                value[index] = plain(inner, depth + 1)
    return value


def load_sync(body: bytes) -> Asked:
    """Read a sync request. Raises BadMessage when it is none (section 3, promise 5): nothing is stored then."""
    asked = plain(read_json(body), 1)
    if type(asked) is not dict:
        raise BadMessage("body", "not-an-object")
    changes = asked.get("changes")
    if type(changes) is not list:
        raise BadMessage("changes", "not-a-list")
    for change in changes:
        if type(change) is not dict or not _is_seq(change.get("seq")):
            raise BadMessage("changes", "bad-seq")
    changes.sort(key=_seq_of)
    sent_at, epoch, status = asked.get("sent_at"), asked.get("epoch"), asked.get("status")
    return Asked(
        changes,
        _time(sent_at),
        epoch if type(epoch) is str else None,
        _cursors(asked.get("cursors")),
        _count(asked.get("limit"), "limit"),
        _count(asked.get("lost_to"), "lost_to"),
        status if type(status) is dict else {},
    )


def _seq_of(change: Mapping[str, Any]) -> int:
    return change["seq"]


def _is_seq(value: object) -> bool:
    return type(value) is int and 1 <= value <= MAX_SEQ


def _time(value: object) -> int | None:
    """A phone whose clock can't even be read measures nothing; it must not be shut out for that."""
    if value is not None and type(value) is not str:
        raise BadMessage("sent_at", "bad-time")
    return to_ms(value)


def _count(value: object, field: str) -> int:
    if value is None:
        return 0
    if type(value) is not int or value > MAX_SEQ:
        raise BadMessage(field, "not-a-count")
    return max(value, 0)


def _cursors(value: object) -> Mapping[str, int]:
    if value is None:
        return {}
    if type(value) is not dict or not all(map(_is_whole, value.values())):
        raise BadMessage("cursors", "bad-cursors")
    return {name: int(at) for name, at in value.items()}


def _is_whole(value: object) -> bool:
    """A whole number; one beyond 64 bits was read as a float."""
    return type(value) is int or (type(value) is float and value.is_integer())
