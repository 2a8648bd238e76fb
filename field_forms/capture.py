"""Answers as the fields of a change, and back; and what is wrong with answers, said by the same trees as on the phone.

Twin of `client/src/form/capture.ts`, read against `schemas/vectors/capture.json`. Forms are as `publish.py` makes them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from field_forms.evaluator import Env, Path, choices, evaluate, is_true
from field_forms.functions import answer_text, days_in, number_in
from field_forms.lists import DYNAMIC
from schemas.change import canonical

Form = Mapping[str, Any]
Node = Mapping[str, Any]
Answers = dict[str, Any]
Fields = dict[str, Any]
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]+)?")
_SPACE = re.compile(r"[ \t\r\n]+")

EXCUSES = {"nik": "nik_reason"}
"""A NIK of another shape is taken only from a change that holds its reason too, whether that is new or not; and a reason
that is asked no more goes with the NIK that it was for."""


class Complaint(NamedTuple):
    """path: of the question, rows by their index. fault: `required`, `type` or `constraint`."""

    path: Path
    fault: str


# --- what is relevant, and what follows


def settle(form: Form, answers: Mapping[str, Any], env: Env) -> Answers:
    """The answers of relevant questions alone, null where left empty, with what is calculated from them.

    answers: all that was typed. env: its own answers are not looked at.
    """
    lists = {**form["choices"], **env.lists}
    found: Answers = dict(answers)
    # Each round reckons with the last; a chain of n calculations that stand in the wrong order takes n.
    for _ in range(_size(form["questions"]) + 2):
        before, found = found, _settled(form["questions"], answers, replace(env, answers=found, lists=lists), ())
        if found == before:
            break
    return found


def _size(nodes: Sequence[Node]) -> int:
    return sum(1 + _size(node.get("nodes", ())) for node in nodes)


def _settled(nodes: Sequence[Node], given: Mapping[str, Any], env: Env, at: Path) -> Answers:
    found: Answers = {}
    for node in nodes:
        name = node["name"]
        path = (*at, name)
        if node["type"] == "note" or ("relevant" in node and not is_true(node["relevant"], env, path)):
            continue
        if node["type"] == "group":
            found[name] = _settled(node["nodes"], _as_dict(given.get(name)), env, path)
        elif node["type"] == "repeat":
            found[name] = [
                _settled(node["nodes"], row, env, (*path, number)) for number, row in enumerate(_rows(given.get(name)))
            ]
        elif _follows(node):
            found[name] = made(node, evaluate(node["calculate"], env, path))
        else:
            found[name] = None if is_empty(given.get(name)) else given[name]
    return found


def _follows(node: Node) -> bool:
    """Whether its answer follows from others all the time; with a trigger it is a person's."""
    return "calculate" in node and "trigger" not in node


def made(node: Node, value: str | float | bool) -> Any:
    """What was worked out, as the answer of such a question; None where it can't be one."""
    if isinstance(value, float) and not isinstance(value, bool):
        if not math.isfinite(value):
            return None
        if node["type"] == "calculate":
            return _number(value)
    text = value if isinstance(value, str) else answer_text(value)
    if node["type"] == "select_multiple":
        return [word for word in _SPACE.split(text) if word] or None
    if node["type"] in ("integer", "decimal"):
        number = number_in(text)
        is_fit = math.isfinite(number) and (node["type"] == "decimal" or number.is_integer())
        return _number(number) if is_fit else None
    if node["type"] == "month" and len(text) == 10 and days_in(text) is not None:
        text = text[:7]
    return text or None


def is_empty(answer: Any) -> bool:
    return answer is None or answer == [] or (isinstance(answer, str) and not answer.strip())


def _as_dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _number(number: float) -> int | float:
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


# --- answers to fields


def new_fields(form: Form, answers: Mapping[str, Any], env: Env) -> Fields:
    """The fields of the change that creates a record; what was left empty or is not relevant is left out."""
    gathered = _gathered(form, form["questions"], settle(form, answers, env))
    return {field: value for field, value in gathered.items() if value is not None}


def changed_fields(form: Form, answers: Mapping[str, Any], opened: Mapping[str, Any], env: Env) -> Fields:
    """The fields of the change to an opened record: only what now differs, null for what was emptied.

    opened: the record's fields as the form was opened with. What the form could not show, and what it does not ask for
    now because it is not relevant, stays as it was.
    """
    shown = _gathered(form, form["questions"], _all(form["questions"], prefill(form, opened)), opened)
    now = _gathered(form, form["questions"], settle(form, answers, env), opened)
    change = {field: value for field, value in now.items() if canonical(value) != canonical(shown.get(field))}
    for field, reason in EXCUSES.items():
        if change.get(field) and (now.get(reason) or opened.get(reason)):
            change[reason] = now.get(reason)
    return change


def _all(nodes: Sequence[Node], answers: Mapping[str, Any]) -> Answers:
    """The same answers with every other question left empty, as if all were relevant."""
    return {
        node["name"]: _all(node["nodes"], _as_dict(answers.get(node["name"])))
        if node["type"] == "group"
        else answers.get(node["name"])
        for node in nodes
    }


def _gathered(
    form: Form, nodes: Sequence[Node], answers: Mapping[str, Any], opened: Mapping[str, Any] | None = None
) -> Fields:
    """Every field that is asked for here, null where nothing was answered. answers: of relevant questions alone."""
    found: Fields = {}
    opened = opened or {}
    for node in nodes:
        name, field = node["name"], node["field"]
        if name not in answers:
            continue
        answer = answers[name]
        if node["type"] == "group" and field is None:
            found |= _gathered(form, node["nodes"], _as_dict(answer), opened)
        elif field is None:
            continue
        elif node["type"] == "group":
            found[field] = _object(form, node, _as_dict(answer), _as_dict(opened.get(field)))
        elif node["type"] == "repeat":
            rows = (_object(form, node, row, {}) for row in _rows(answer))
            found[field] = [row for row in rows if row] or None
        else:
            found[field] = _value(form, node, answer, opened.get(field))
    return found


def _object(form: Form, node: Node, answers: Mapping[str, Any], opened: Mapping[str, Any]) -> Fields | None:
    """Its parts that were answered, and those that it had and the form does not ask for.

    None where nobody answered anything: a version or a time that is only calculated makes no consent.
    """
    parts = {name: value for name, value in _gathered(form, node["nodes"], answers).items() if value is not None}
    asked = dict(_fields_of(node["nodes"]))
    if all(asked[name] == "calculate" for name in parts):
        return None
    return {name: value for name, value in opened.items() if name not in asked} | parts


def _fields_of(nodes: Sequence[Node]) -> Iterator[tuple[str, str]]:
    """Each field that is asked for here, with the type of its question."""
    for node in nodes:
        if node["field"] is not None:
            yield node["field"], node["type"]
        elif node["type"] == "group":
            yield from _fields_of(node["nodes"])


def _value(form: Form, node: Node, answer: Any, opened: Any) -> Any:
    """One answer as its field holds it; None where it is empty or can't be read so."""
    if is_empty(answer):
        answer = None
    text = answer_text(answer).strip()
    holds = node.get("as")
    if holds == "number":
        number = number_in(text) if _NUMBER.fullmatch(text) else math.nan
        return _number(number) if math.isfinite(number) else None
    if holds == "boolean":
        return {"true": True, "false": False}.get(text)
    if holds == "list":
        return [word for word in _SPACE.split(text) if word] or None
    if node["type"] == "select_multiple":
        return _members(form, node, answer, opened)
    if node["type"] in ("integer", "decimal", "image", "geopoint"):
        return answer
    return text or None


def _members(form: Form, node: Node, answer: Any, opened: Any) -> list[str] | None:
    """The members that were chosen, in order; those that the record had and the form does not offer stay."""
    chosen = set(answer if isinstance(answer, list) else [])
    had = opened if isinstance(opened, list) else []
    return sorted(chosen | {one for one in had if isinstance(one, str) and not _offers(form, node, one)}) or None


def _offers(form: Form, node: Node, value: str) -> bool:
    """Whether the list has such a choice, whatever the filter says now; lists that the phone fills have any."""
    known = form["choices"].get(node["list"])
    return known is None or any(choice["value"] == value for choice in known)


# --- fields to answers


def prefill(form: Form, fields: Mapping[str, Any]) -> Answers:
    """The answers with which the form shows a record. What a question can't show is left out."""
    return _shown(form, form["questions"], fields)


def _shown(form: Form, nodes: Sequence[Node], fields: Mapping[str, Any]) -> Answers:
    found: Answers = {}
    for node in nodes:
        name, field = node["name"], node["field"]
        held = fields.get(field) if field is not None else None
        if node["type"] == "group":
            found[name] = _shown(form, node["nodes"], fields if field is None else _as_dict(held))
        elif node["type"] == "repeat":
            found[name] = [_shown(form, node["nodes"], row) for row in _rows(held)]
        elif held is not None and not is_empty(answer := _answer(form, node, held)):
            found[name] = answer
    return found


def _answer(form: Form, node: Node, held: Any) -> Any:
    kind = node["type"]
    if kind in ("image", "geopoint"):
        return held if isinstance(held, Mapping) else None
    if isinstance(held, Mapping):
        return None
    if kind in ("integer", "decimal"):
        return held if isinstance(held, int | float) and not isinstance(held, bool) else None
    if kind == "select_multiple":
        members = [one for one in held if isinstance(one, str)] if isinstance(held, list) else []
        return [one for one in members if _offers(form, node, one)]
    text = answer_text(held)
    return text if kind != "select_one" or _offers(form, node, text) else None


# --- what is wrong


def complaints(form: Form, answers: Mapping[str, Any], env: Env) -> list[Complaint]:
    """What the phone would have complained of, in the order of the form. What is not relevant is never wrong."""
    settled = settle(form, answers, env)
    whole = replace(env, answers=settled, lists={**form["choices"], **env.lists})
    return list(_faults(form["questions"], settled, whole, ()))


def _faults(nodes: Sequence[Node], answers: Mapping[str, Any], env: Env, at: Path) -> Iterator[Complaint]:
    for node in nodes:
        name, path = node["name"], (*at, node["name"])
        if name not in answers or node["type"] == "calculate":
            continue
        if node["type"] == "group":
            yield from _faults(node["nodes"], answers[name], env, path)
        elif node["type"] == "repeat":
            for number, row in enumerate(answers[name]):
                yield from _faults(node["nodes"], row, env, (*path, number))
        elif fault := _fault(node, answers[name], env, path):
            yield Complaint(path, fault)


def _fault(node: Node, answer: Any, env: Env, path: Path) -> str | None:
    if answer is None:
        required = node.get("required", False)
        return "required" if required is True or (required and is_true(required, env, path)) else None
    if not _fits(node, answer) or not _is_offered(node, answer, env, path):
        return "type"
    if "constraint" in node and not is_true(node["constraint"], env, path):
        return "constraint"
    return None


def _fits(node: Node, answer: Any) -> bool:
    """Whether an answer has the form that its type asks for."""
    kind = node["type"]
    if kind in ("integer", "decimal"):
        is_number = isinstance(answer, int | float) and not isinstance(answer, bool) and math.isfinite(answer)
        return is_number and (kind == "decimal" or (float(answer).is_integer() and abs(answer) < 2**53))
    if kind == "select_multiple":
        return isinstance(answer, list) and all(isinstance(one, str) for one in answer)
    if kind == "image":
        return isinstance(answer, Mapping) and isinstance(answer.get("sha256"), str)
    if kind == "geopoint":
        return isinstance(answer, Mapping) and all(
            isinstance(answer.get(part), int | float) and not isinstance(answer[part], bool)
            for part in ("lat", "lon", "accuracy")
        )
    if not isinstance(answer, str):
        return kind == "text" and isinstance(answer, int | float)
    if kind in ("date", "month"):
        return len(answer) == (10 if kind == "date" else 7) and days_in(answer) is not None
    return True


def _is_offered(node: Node, answer: Any, env: Env, path: Path) -> bool:
    """Whether every choice is one of those that can be made now; of what only the phone has a list we can't say."""
    if "list" not in node or node["list"] in DYNAMIC:
        return True
    offered = {choice["value"] for choice in choices(node.get("filter"), node["list"], env, path)}
    return set(answer if isinstance(answer, list) else [answer]) <= offered
