"""What is looked at when all rows of a form are read: its settings, where its expressions lead, whether it asks enough."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from field_forms.bad_form import BadForm
from field_forms.expression import Tree
from field_forms.lists import DYNAMIC, occupation_choices
from field_forms.sheet import Names, Sheet
from schemas.kinds import KINDS, Kind

Node = dict[str, Any]
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_EXPRESSIONS = ("relevant", "constraint", "calculate", "default", "required", "filter")


@dataclass(frozen=True)
class Whole:
    """A form whose rows are read. nodes: by path. choices: the lists it holds. asked: the kind's fields it asks for."""

    sheet: Sheet
    kind: Kind
    does: str
    nodes: Mapping[Names, Node]
    choices: dict[str, list[dict[str, Any]]]
    asked: set[str]

    def path_of(self, name: str) -> Names | None:
        return next((path for path in self.nodes if path[-1] == name), None)


# --- settings


def form_name(settings: Mapping[str, str]) -> str:
    name = settings.get("form_id") or settings.get("id_string") or ""
    if not NAME.fullmatch(name):
        raise BadForm(
            'settings: isi "form_id" dengan huruf kecil, angka dan _ saja, paling banyak 40.',
            'settings: give "form_id" small letters, digits and _ only, 40 at most.',
        )
    return name


def kind_of(settings: Mapping[str, str]) -> tuple[Kind, str]:
    kind = KINDS.get(settings.get("sambung_kind", ""))
    does = settings.get("sambung_does", "create")
    if kind is None or kind.desk_only:
        known = " | ".join(name for name, one in KINDS.items() if not one.desk_only)
        raise BadForm(f'settings: isi "sambung_kind" dengan {known}.', f'settings: give "sambung_kind" one of {known}.')
    if does not in ("create", "edit"):
        raise BadForm(
            'settings: isi "sambung_does" dengan create atau edit.', 'settings: give "sambung_does" create or edit.'
        )
    return kind, does


def title_of(settings: Mapping[str, str]) -> dict[str, str]:
    title = {"id": settings.get("form_title", ""), "en": settings.get("sambung_title_en", "")}
    if not all(title.values()):
        raise BadForm(
            'settings: isi "form_title" (Indonesia) dan "sambung_title_en" (Inggris).',
            'settings: fill in "form_title" (Indonesian) and "sambung_title_en" (English).',
        )
    return title


# --- expressions


def trees(node: Node) -> Iterator[Tree]:
    """Every expression of a node."""
    for member in _EXPRESSIONS:
        if isinstance(node.get(member), list):
            yield node[member]
    yield from node.get("values", {}).values()


def walk(tree: Tree) -> Iterator[Tree]:
    """A tree and all trees in it."""
    yield tree
    for part in tree[1:]:
        if isinstance(part, list) and tree[0] != "ref":
            yield from walk(part)


def looked_up(form: Whole) -> set[str]:
    """The lists that expressions look something up in."""
    parts = (part for node in form.nodes.values() for tree in trees(node) for part in walk(tree))
    return {part[1] for part in parts if part[0] == "lookup"}


def check(form: Whole) -> None:
    """Raises BadForm, naming the row where there is one."""
    for path, node in form.nodes.items():
        for tree in trees(node):
            _check_references(form, tree, path)
            for part in walk(tree):
                if part[0] == "lookup":
                    _check_lookup(form, part, path)
        if "filter" in node:
            _check_columns(form, node["filter"], node["list"], path)
    _check_circles(form)
    _check_creation(form)


def _check_references(form: Whole, tree: Tree, path: Names) -> None:
    """pyxform looks after `${name}`; a path written by hand may lead nowhere."""
    for target in _targets(tree, path):
        if target not in form.nodes:
            shown = "/".join(target) or ".."
            raise form.sheet.fault(
                path, f'"{shown}" tidak menunjuk pertanyaan apa pun.', f'"{shown}" leads to no question.'
            )


def _targets(tree: Tree, at: Names) -> Iterator[Names]:
    """The paths of all questions that a tree names."""
    for part in walk(tree):
        if part[0] == "ref" and (part[1] == 0 or part[2]):
            yield (*(at[: len(at) - part[1]] if part[1] else ()), *part[2])


def _check_lookup(form: Whole, tree: Tree, path: Names) -> None:
    _, name, condition, column = tree
    if name == "occupations":
        form.choices.setdefault(name, occupation_choices())
    if name not in form.choices and name not in DYNAMIC:
        raise form.sheet.fault(path, f'tidak ada daftar "{name}".', f'there is no list "{name}".')
    _check_columns(form, condition, name, path)
    _check_columns(form, ["col", column], name, path)


def _check_columns(form: Whole, tree: Tree, name: str, path: Names) -> None:
    known = DYNAMIC.get(name) or {column for choice in form.choices.get(name, ()) for column in choice}
    for part in walk(tree):
        if part[0] == "col" and part[1] not in known:
            says = f'daftar "{name}" tidak punya kolom "{part[1]}".', f'the list "{name}" has no column "{part[1]}".'
            raise form.sheet.fault(path, *says)


def _check_circles(form: Whole) -> None:
    """A relevance or a calculation that waits for itself never comes to an end on the phone."""
    reads = {path: set(_waits_for(node, path)) for path, node in form.nodes.items()}
    try:
        TopologicalSorter(reads).prepare()
    except CycleError as circle:
        # Pages are on the way round as well; the row that helps is that of an expression.
        round_ = sorted(circle.args[1], key=lambda path: form.sheet.rows[path])
        at = next(path for path in round_ if {"relevant", "calculate"} & form.nodes[path].keys())
        raise form.sheet.fault(
            at,
            "relevant atau calculation ini berputar kembali ke dirinya sendiri.",
            "this relevant or calculation leads back to itself.",
        ) from None


def _waits_for(node: Node, path: Names) -> Iterator[Names]:
    """What must be known before a question's relevance and calculation are."""
    if len(path) > 1:
        yield path[:-1]
    members = ("relevant",) if "trigger" in node else ("relevant", "calculate")
    for tree in (node[member] for member in members if member in node):
        yield from _targets(tree, path)
        if any(part == ["self"] for part in walk(tree)):
            yield path


# --- what the kind requires


def _check_creation(form: Whole) -> None:
    """A form that creates asks all that a record needs, so that no officer makes incomplete ones all day."""
    if form.does != "create":
        return
    if lacks := form.kind.lacking(dict.fromkeys(form.asked, "asked")):
        raise BadForm(
            f'Formulir ini tidak menanyakan isian wajib "{lacks[0]}" dari {form.kind.name}.',
            f'The form does not ask for "{lacks[0]}", which {form.kind.name} requires.',
        )
    if not form.path_of("village"):
        raise BadForm(
            'Beri satu pertanyaan atau hitungan bernama "village": desa tempat catatan baru disimpan.',
            'Give it a question or calculation named "village": the village that a new record belongs to.',
        )


def record_of(form: Whole) -> dict[str, Tree]:
    """How the id of a new record is made, for a kind that forms ids itself: `eligible:<village>:<month>`."""
    if form.does != "create" or not form.kind.has_fixed_ids:
        return {}
    village, month = form.path_of("village"), form.path_of("month")
    if not village or not month:
        raise BadForm('Beri pertanyaan bulan bernama "month".', 'Give it a question for the month named "month".')
    parts = ["ref", 0, list(village)], ["str", ":"], ["ref", 0, list(month)]
    return {"record": ["call", "concat", ["str", f"{form.kind.name}:"], *parts]}
