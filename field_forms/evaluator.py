"""Works out the trees of `expression.py` over answers, as the phone does (`client/src/expression.ts`)."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from field_forms.expression import Tree
from field_forms.functions import (
    FUNCTIONS,
    Answers,
    Value,
    answer_text,
    divide,
    modulo,
    number_of,
    text_of,
    truth_of,
)

Path = tuple[str | int, ...]
Choice = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Env:
    """What an expression may look at.

    answers: by question name, groups nested, repeats as lists; of what is not relevant nothing, of what was left empty
    null. today: `YYYY-MM-DD`. now: RFC 3339 with the phone's own offset. lists: the choices of each list, as compiled.
    choice: the one that a filter looks at.
    """

    answers: Mapping[str, Any]
    today: str
    now: str
    lists: Mapping[str, Sequence[Choice]] = field(default_factory=dict)
    language: str = "id"
    choice: Choice | None = None


def evaluate(tree: Tree, env: Env, at: Path = ()) -> str | float | bool:
    """The value of a tree for the question at `at`, such as `("heirs", 0, "nik")`; answers as their string."""
    value = _value(tree, env, at)
    return text_of(value) if isinstance(value, Answers) else value


def is_true(tree: Tree, env: Env, at: Path = ()) -> bool:
    return truth_of(_value(tree, env, at))


def choices(tree: Tree | None, name: str, env: Env, at: Path = ()) -> list[Choice]:
    """The choices of a list that a filter lets through, in their order."""
    found = env.lists.get(name, ())
    return list(found) if tree is None else [one for one in found if is_true(tree, replace(env, choice=one), at)]


def _value(tree: Tree, env: Env, at: Path) -> Value:
    kind = tree[0]
    if kind in ("num", "str"):
        return float(tree[1]) if kind == "num" else tree[1]
    if kind == "ref":
        return _answers(env.answers, at, tree[1], tree[2])
    if kind == "self":
        return _answers(env.answers, at, 0, at)
    if kind == "col":
        return _column(env.choice, tree[1], env)
    if kind == "lookup":
        return _column(next(iter(_found(tree[1], tree[2], env, at)), None), tree[3], env)
    if kind == "call":
        return _called(tree[1], tree[2:], env, at)
    if kind == "neg":
        return -number_of(_value(tree[1], env, at))
    if kind in ("or", "and"):
        decided = truth_of(_value(tree[1], env, at))
        return decided if decided == (kind == "or") else truth_of(_value(tree[2], env, at))
    first, second = _value(tree[1], env, at), _value(tree[2], env, at)
    if kind in _COMPARED:
        return _compare(kind, first, second)
    return _RECKONED[kind](number_of(first), number_of(second))


_RECKONED: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "div": divide,
    "mod": modulo,
}
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _compare(kind: str, first: Value, second: Value) -> bool:
    """True when it holds for any answer of a set, as in XPath; a set without answers counts as one that is empty."""
    if isinstance(first, bool) or isinstance(second, bool):  # beside a boolean a set is one too
        first, second = (truth_of(one) if isinstance(one, Answers) else one for one in (first, second))
    return any(_compare_one(kind, a, b) for a in _members(first) for b in _members(second))


def _members(value: Value) -> list[Value]:
    return [answer_text(one) for one in value] or [""] if isinstance(value, Answers) else [value]


def _compare_one(kind: str, a: Value, b: Value) -> bool:
    if kind in ("=", "!="):
        if isinstance(a, bool) or isinstance(b, bool):
            return _COMPARED[kind](truth_of(a), truth_of(b))
        if isinstance(a, str) and isinstance(b, str):
            return _COMPARED[kind](a, b)
    return _COMPARED[kind](number_of(a), number_of(b))


def _answers(answers: Mapping[str, Any], at: Path, up: int, names: Sequence[str | int]) -> Answers:
    """What a path leads to: from the root where `up` is 0, else so many elements above the question at `at`."""
    start: Path = () if up == 0 else _above(at, up)
    found: list[Any] = [answers]
    for step in (*start, *names):
        found = _rows(found) if isinstance(step, str) else found
        found = [inside for one in found for inside in _inside(one, step)]
    return Answers(_rows(found) if names and isinstance(names[-1], str) else found)


def _above(at: Path, up: int) -> Path:
    """`at` without its last `up` elements; a row's number is part of its repeat's element."""
    path = at
    for _ in range(up):
        path = path[:-2] if path and isinstance(path[-1], int) else path[:-1]
    return path


def _rows(found: list[Any]) -> list[Any]:
    """Where repeats were reached, their rows instead."""
    return [row for one in found for row in (one if _is_repeat(one) else [one])]


def _is_repeat(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _inside(value: Any, step: str | int) -> list[Any]:
    if isinstance(step, int):
        return [value[step]] if isinstance(value, list) and 0 <= step < len(value) else []
    return [value[step]] if isinstance(value, dict) and step in value else []


def _column(choice: Choice | None, column: str, env: Env) -> str:
    if choice is None:
        return ""
    value = choice.get(column)
    if column == "label" and isinstance(value, Mapping):
        value = value.get(env.language) or next(iter(value.values()), "")
    return answer_text(value)


def _found(name: str, condition: Tree, env: Env, at: Path) -> Any:
    return (one for one in env.lists.get(name, ()) if is_true(condition, replace(env, choice=one), at))


def _called(name: str, arguments: Sequence[Tree], env: Env, at: Path) -> Value:
    if name == "if":
        return _value(arguments[1 if truth_of(_value(arguments[0], env, at)) else 2], env, at)
    if name == "once":
        before = text_of(_answers(env.answers, at, 0, at))
        return before or _value(arguments[0], env, at)
    if name == "today":
        return env.today
    if name == "now":
        return env.now
    if name == "position":
        return _position(arguments[0][1], at)
    values = [_value(argument, env, at) for argument in arguments]
    if name == "jr:choice-name":
        return _choice_name(text_of(values[0]), text_of(values[1]), env)
    works = FUNCTIONS[name].works
    assert works is not None
    return works(*values)


def _position(up: int, at: Path) -> float:
    """The number of the row, from 1, that is `up` elements above; NaN where that is no row."""
    row = _above(at, up)
    return float(row[-1] + 1) if row and isinstance(row[-1], int) else math.nan


def _choice_name(value: str, name: str, env: Env) -> str:
    return _column(next((one for one in env.lists.get(name, ()) if one["value"] == value), None), "label", env)
