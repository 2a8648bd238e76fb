"""The rows of a sheet become the nodes of a form.

The XForm says where every `${name}` leads; pyxform's tree says the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from field_forms.checks import NAME, Node, Whole, check, form_name, kind_of, looked_up, record_of, title_of
from field_forms.choices import Lists
from field_forms.expression import BadExpression, Tree, parse, parse_filter
from field_forms.lists import DYNAMIC
from field_forms.placing import Place, Placing
from field_forms.sheet import LANGUAGES, Names, Sheet

ROOT = "data"
_TYPES = {
    "text": "text",
    "string": "text",
    "integer": "integer",
    "int": "integer",
    "decimal": "decimal",
    "date": "date",
    "select one": "select_one",
    "select all that apply": "select_multiple",
    "photo": "image",
    "image": "image",
    "geopoint": "geopoint",
    "note": "note",
    "calculate": "calculate",
    "group": "group",
    "repeat": "repeat",
}
_APPEARANCES = {
    "text": {"multiline", "numbers", "nik", "phone", "month"},
    "integer": {"rupiah", "thousands-sep"},
    "decimal": {"thousands-sep"},
    "date": {"month-year"},
    "select_one": {"minimal", "autocomplete", "quick"},
    "select_multiple": {"minimal", "autocomplete"},
    "image": {"signature"},
    "note": {"contribution", "consent"},
    "group": {"field-list"},
    "repeat": {"field-list"},
}
_MEANS_MONTH = {"month", "month-year"}
_REFERENCE = re.compile(r"\$\{\s*([^}]*?)\s*\}")


def compile_sheet(sheet: Sheet) -> dict[str, Any]:
    """The form that a sheet describes, without a version. Raises BadForm."""
    return _Compiler(sheet).whole()


class _Compiler:
    """One sheet on its way to one form."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.kind, self.does = kind_of(sheet.settings)
        self.by_name = {path[-1]: path for path in sheet.rows}
        self.lists = Lists(sheet)  # all of them first: an expression may ask the name of a choice that stands further down
        self.placing = Placing(sheet, self.kind, self.lists)
        self.repeats: set[Names] = set()
        self.nodes: dict[Names, Node] = {}

    def whole(self) -> dict[str, Any]:
        questions = self.children(self.sheet.told["children"], self.placing.top())
        form = Whole(self.sheet, self.kind, self.does, self.nodes, self.lists.choices, self.placing.asked)
        check(form)
        used = sorted(set(self.lists.of.values()) | looked_up(form))
        return {
            "name": form_name(self.sheet.settings),
            "kind": self.kind.name,
            "does": self.does,
            "title": title_of(self.sheet.settings),
            "languages": list(LANGUAGES),
            **record_of(form),
            "questions": questions,
            "choices": {one: form.choices[one] for one in used if one in form.choices},
            "dynamic": [one for one in used if one in DYNAMIC],
        }

    # --- nodes

    def children(self, children: list[dict[str, Any]], place: Place) -> list[Node]:
        return [
            self.node(told, place)
            for told in children
            if (*place.path, told["name"]) in self.sheet.rows or told["type"] not in ("calculate", "group")
        ]

    def node(self, told: dict[str, Any], place: Place) -> Node:
        path = (*place.path, told["name"])
        if not NAME.fullmatch(told["name"]):
            raise self.sheet.fault(
                path,
                "beri nama dengan huruf kecil, angka dan _ saja, paling banyak 40.",
                "give it a name of small letters, digits and _ only, 40 at most.",
            )
        node: Node = {"type": self.type_of(told, path), "name": told["name"]}
        self.check_extras(told, node, path)
        self.add_texts(node, told, path)
        if node["type"] in ("select_one", "select_multiple"):
            node["list"] = self.lists.of[told["name"]]
        self.add_expressions(node, told, path)
        self.placing.add_field(node, place, (told.get("bind") or {}).get("sambung:field", "").strip())
        if node["type"] in ("group", "repeat"):
            self.add_children(node, told, path, place)
        self.nodes[path] = node
        return node

    def type_of(self, told: dict[str, Any], path: Names) -> str:
        kind = _TYPES.get(told["type"])
        if kind is None:
            raise self.sheet.fault(
                path,
                f'tipe "{told["type"]}" tidak dikenal HP.',
                f'the phone has no questions of type "{told["type"]}".',
            )
        shown = set((told.get("control") or {}).get("appearance", "").split())
        if kind in ("text", "date") and shown & _MEANS_MONTH & _APPEARANCES[kind]:
            return "month"
        return kind

    def check_extras(self, told: dict[str, Any], node: Node, path: Names) -> None:
        """What changes what a question means, and the phone would not do."""
        control = told.get("control") or {}
        sheet_type = _TYPES[told["type"]]
        appearance = control.get("appearance", "").split()
        strange = [one for one in appearance if one not in _APPEARANCES.get(sheet_type, ())]
        if strange:
            raise self.sheet.fault(
                path,
                f'tampilan "{strange[0]}" tidak dikenal HP untuk tipe ini.',
                f'the phone has no appearance "{strange[0]}" for this type.',
            )
        if appearance:
            node["appearance"] = appearance
        if told.get("media") or "query" in told or told.get("intent"):
            raise self.sheet.fault(path, "hapus media dan query dari baris ini.", "remove media and query from this row.")
        self.add_parameters(node, told, path)
        if "jr:count" in control:
            node["most"] = self.times(path)

    def add_parameters(self, node: Node, told: dict[str, Any], path: Names) -> None:
        given = told.get("parameters") or {}
        names = given if isinstance(given, dict) else dict(part.split("=", 1) for part in given.split() if "=" in part)
        for name, value in names.items():
            if name != "max-pixels" or node["type"] != "image":
                says = f'parameter "{name}" tidak dikenal HP.', f'the phone has no parameter "{name}".'
                raise self.sheet.fault(path, *says)
            node["max_pixels"] = int(value)

    def times(self, path: Names) -> int:
        """A repeat's count, which pyxform moves to a calculation of its own before it."""
        count = self.sheet.binds.get((*path[:-1], f"{path[-1]}_count"), {}).get("calculate", "")
        if not re.fullmatch("[1-9][0-9]?", count.strip()):
            raise self.sheet.fault(
                path, "repeat_count harus angka bulat 1 sampai 99.", "repeat_count must be a whole number from 1 to 99."
            )
        return int(count)

    def add_children(self, node: Node, told: dict[str, Any], path: Names, place: Place) -> None:
        if node["type"] == "repeat":
            if place.in_repeat:
                raise self.sheet.fault(path, "HP tidak mengenal ulangan bertingkat.", "the phone has no nested repeats.")
            self.repeats.add(path)
        node["nodes"] = self.children(told.get("children", []), self.placing.inside(node, place))
        if not node["nodes"]:
            raise self.sheet.fault(path, "bagian ini kosong.", "there is nothing in it.")
        self.placing.check_parts(node, place)

    # --- texts

    def add_texts(self, node: Node, told: dict[str, Any], path: Names) -> None:
        bind = told.get("bind") or {}
        texts = {
            "label": (told.get("label"), "label"),
            "hint": (told.get("hint"), "hint"),
            "constraint_says": (bind.get("jr:constraintMsg"), "constraint_message"),
            "required_says": (bind.get("jr:requiredMsg"), "required_message"),
        }
        for name, (text, column) in texts.items():
            if text:
                node[name] = self.sheet.translated(text, column, path)
        is_page = "field-list" in node.get("appearance", ()) or node["type"] == "repeat"
        if "label" not in node and (is_page or node["type"] not in ("group", "calculate")):
            raise self.sheet.fault(path, "label belum ada.", "it has no label.")
        if told.get("type") == "repeat" and bind.get("constraint"):
            raise self.sheet.fault(path, "syarat pada ulangan tidak dikenal HP.", "the phone has no constraint on repeats.")
        shown = " ".join(text for name in texts for text in node.get(name, {}).values())
        values = {name: self.reference(name, path) for name in dict.fromkeys(_REFERENCE.findall(shown))}
        if values:
            node["values"] = values

    def reference(self, name: str, at: Names) -> Tree:
        """`${name}` from the question at a path: of the same row where both stand in one repeat."""
        target = self.by_name.get(name)
        if target is None:
            raise self.sheet.fault(at, f'tidak ada pertanyaan "{name}".', f'there is no question "{name}".')
        shared = 0
        while shared < min(len(target), len(at)) - 1 and target[shared] == at[shared]:
            shared += 1
        in_one_row = any(target[:length] in self.repeats for length in range(1, shared + 1))
        return ["ref", len(at) - shared, list(target[shared:])] if in_one_row else ["ref", 0, list(target)]

    # --- expressions

    def add_expressions(self, node: Node, told: dict[str, Any], path: Names) -> None:
        bind = self.sheet.binds.get(path, {})
        self.add_tree(node, "relevant", bind.get("relevant"), path)
        self.add_tree(node, "constraint", bind.get("constraint"), path)
        self.add_tree(node, "calculate", self.sheet.triggered.get(path) or bind.get("calculate"), path)
        if told.get("trigger"):
            names = _REFERENCE.findall(told["trigger"]) if isinstance(told["trigger"], str) else told["trigger"]
            node["trigger"] = list(names)
            if node["type"] == "calculate":
                raise self.sheet.fault(
                    path, "trigger hanya untuk pertanyaan yang terlihat.", "a trigger is for questions that are shown."
                )
        required = (bind.get("required") or "").strip()
        if required == "true()":
            node["required"] = True
        elif required and required != "false()":
            self.add_tree(node, "required", required, path)
        if bind.get("readonly") == "true()" and node["type"] not in ("note", "calculate"):
            node["readonly"] = True
        elif bind.get("readonly") not in (None, "true()", "false()"):
            raise self.sheet.fault(path, "read_only harus yes atau kosong.", "read_only must be yes or empty.")
        self.add_default(node, told, path)
        if condition := self.sheet.filters.get(path):
            node["filter"] = self.tree(condition, "choice_filter", path, parse_filter)
        if "default" in node and told.get("trigger"):
            raise self.sheet.fault(path, "pilih salah satu: default atau trigger.", "use either a default or a trigger.")

    def add_default(self, node: Node, told: dict[str, Any], path: Names) -> None:
        if path in self.sheet.defaults:
            self.add_tree(node, "default", self.sheet.defaults[path], path)
        elif told.get("default") not in (None, ""):
            text = str(told["default"]).strip()
            node["default"] = ["str", text]
            if node["type"] in ("integer", "decimal") and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
                number = float(text)
                node["default"] = ["num", int(number) if number.is_integer() else number]
        if "default" in node and node["type"] in ("image", "geopoint", "note", "group", "repeat"):
            raise self.sheet.fault(path, "nilai awal tidak dikenal HP di sini.", "the phone takes no default here.")

    def add_tree(self, node: Node, member: str, text: str | None, path: Names) -> None:
        if text and text.strip():
            columns = {"calculate": "calculation"}
            node[member] = self.tree(text, columns.get(member, member), path, self.parse)

    def tree(self, text: str, column: str, path: Names, parser: Callable[[str], Tree]) -> Tree:
        try:
            return parser(text)
        except BadExpression as bad:
            raise self.sheet.fault(path, f"{column}: {bad.indonesian}", f"{column}: {bad.english}") from None

    def parse(self, text: str) -> Tree:
        return parse(text, ROOT, lambda path: self.lists.of.get(path.rpartition("/")[2]))
