"""The rows of a sheet become the nodes of a form.

The XForm says where every `${name}` leads; pyxform's tree says the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from marshmallow.fields import Field

from field_forms.checks import LANGUAGES, NAME, Node, Whole, check, form_name, kind_of, looked_up, record_of, title_of
from field_forms.expression import BadExpression, Tree, parse, parse_filter
from field_forms.fitting import Asked, Unfit, fit
from field_forms.lists import DYNAMIC, occupation_choices
from field_forms.sheet import Names, Sheet
from schemas.fields import Thing, Things

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
_LANGUAGE = re.compile(r".*\(([A-Za-z-]+)\)\s*")
_REFERENCE = re.compile(r"\$\{\s*([^}]*?)\s*\}")


def compile_sheet(sheet: Sheet) -> dict[str, Any]:
    """The form that a sheet describes, without a version. Raises BadForm."""
    return _Compiler(sheet).whole()


class Place(NamedTuple):
    """Where the compiler is: the path of what is around, whether that is in a repeat, and the fields that it holds.

    fields: None where whatever is asked stays under its own name (the rows of a list that a form adds).
    """

    path: Names
    in_repeat: bool
    fields: Mapping[str, Field[Any]] | None
    is_top: bool


class _Compiler:
    """One sheet on its way to one form."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.kind, self.does = kind_of(sheet.settings)
        self.by_name = {path[-1]: path for path in sheet.rows}
        self.repeats: set[Names] = set()
        self.choices: dict[str, list[dict[str, Any]]] = {}
        self.list_of: dict[str, str] = {}
        self.asked: set[str] = set()
        self.nodes: dict[Names, Node] = {}

    def whole(self) -> dict[str, Any]:
        told = self.sheet.told["children"]
        # Lists first: an expression anywhere may ask the name of a choice that stands further down.
        self.find_lists(told, ())
        questions = self.children(told, Place((), False, self.kind.schema.fields, True))
        form = Whole(self.sheet, self.kind, self.does, self.nodes, self.choices, self.asked)
        check(form)
        used = sorted(set(self.list_of.values()) | looked_up(form))
        return {
            "name": form_name(self.sheet.settings),
            "kind": self.kind.name,
            "does": self.does,
            "title": title_of(self.sheet.settings),
            "languages": list(LANGUAGES),
            **record_of(form),
            "questions": questions,
            "choices": {one: self.choices[one] for one in used if one in self.choices},
            "dynamic": [one for one in used if one in DYNAMIC],
        }

    # --- nodes

    def find_lists(self, children: list[dict[str, Any]], above: Names) -> None:
        for told in children:
            path = (*above, told["name"])
            if told["type"] in ("group", "repeat"):
                self.find_lists(told.get("children", []), path)
            elif told.get("itemset") or told.get("list_name"):
                self.list_of[told["name"]] = self.list_name(told, path)

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
        self.add_texts(node, told, path, place)
        self.add_list(node, told, path)
        self.add_expressions(node, told, path)
        self.add_field(node, told, path, place)
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

    # --- texts

    def add_texts(self, node: Node, told: dict[str, Any], path: Names, place: Place) -> None:
        bind = told.get("bind") or {}
        texts = {
            "label": (told.get("label"), "label"),
            "hint": (told.get("hint"), "hint"),
            "constraint_says": (bind.get("jr:constraintMsg"), "constraint_message"),
            "required_says": (bind.get("jr:requiredMsg"), "required_message"),
        }
        for name, (text, column) in texts.items():
            if text:
                node[name] = self.in_languages(text, column, path)
        is_page = "field-list" in node.get("appearance", ()) or node["type"] == "repeat"
        if "label" not in node and (is_page or node["type"] not in ("group", "calculate")):
            raise self.sheet.fault(path, "label belum ada.", "it has no label.")
        if told.get("type") == "repeat" and bind.get("constraint"):
            raise self.sheet.fault(path, "syarat pada ulangan tidak dikenal HP.", "the phone has no constraint on repeats.")
        shown = " ".join(text for name in texts for text in node.get(name, {}).values())
        values = {name: self.reference(name, path) for name in dict.fromkeys(_REFERENCE.findall(shown))}
        if values:
            node["values"] = values

    def in_languages(self, text: Any, column: str, path: Names) -> dict[str, str]:
        by_language = {}
        for name, one in (text if isinstance(text, dict) else {}).items():
            found = _LANGUAGE.fullmatch(name)
            by_language[(found.group(1) if found else name).lower()] = str(one).strip()
        for language in LANGUAGES:
            if not by_language.get(language):
                raise self.sheet.fault(
                    path, f'"{column}" belum ada dalam bahasa "{language}".', f'"{column}" is missing in "{language}".'
                )
        return {language: by_language[language] for language in LANGUAGES}

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

    # --- lists

    def add_list(self, node: Node, told: dict[str, Any], path: Names) -> None:
        if node["type"] not in ("select_one", "select_multiple"):
            return
        node["list"] = self.list_of[told["name"]]

    def list_name(self, told: dict[str, Any], path: Names) -> str:
        """The name of a question's list, kept with its choices."""
        name = told.get("list_name") or told["itemset"]
        if name.endswith(".csv"):
            name = name[: -len(".csv")]
            if name == "occupations":
                self.choices[name] = occupation_choices()
            elif name not in DYNAMIC:
                raise self.sheet.fault(
                    path,
                    f'HP tidak punya daftar "{name}.csv"; yang ada: {", ".join(sorted([*DYNAMIC, "occupations"]))}.',
                    f'the phone has no list "{name}.csv"; there are: {", ".join(sorted([*DYNAMIC, "occupations"]))}.',
                )
            return name
        sheet_choices = self.sheet.told.get("choices", {}).get(name)
        if not sheet_choices or name in DYNAMIC or name == "occupations":
            raise self.sheet.fault(
                path,
                f'daftar "{name}" tidak bisa dipakai di sini; tulis pilihannya di lembar choices.',
                f'the list "{name}" can\'t be used here; write its choices in the sheet choices.',
            )
        if name not in self.choices:
            self.choices[name] = [self.choice(one, path) for one in sheet_choices]
        return name

    def choice(self, told: dict[str, Any], path: Names) -> dict[str, Any]:
        value = str(told["name"])
        if told.get("media"):
            raise self.sheet.fault(path, f'hapus media dari "{value}".', f'remove the media of "{value}".')
        columns = {
            name: str(one)
            for name, one in told.items()
            if name not in ("name", "label", "media", "list_name", "list name", "__row") and not isinstance(one, dict)
        }
        return {"value": value, "label": self.in_languages(told.get("label"), f"label ({value})", path), **columns}

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
        return parse(text, ROOT, lambda path: self.list_of.get(path.rpartition("/")[2]))

    # --- fields

    def add_field(self, node: Node, told: dict[str, Any], path: Names, place: Place) -> None:
        given = (told.get("bind") or {}).get("sambung:field", "").strip()
        name = given or node["name"]
        node["field"] = None
        if given == "-" or node["type"] == "note":
            return
        held = place.fields.get(name) if place.fields is not None else None
        if node["type"] == "group" and not isinstance(held, Thing):
            if not given:
                return
            held = None
        if held is None:
            node["field"] = self.own_field(node, path, place, given)
            return
        try:
            holds = fit(held, self.how_asked(node))
        except Unfit as bad:
            raise self.sheet.fault(path, bad.indonesian, bad.english) from None
        node["field"] = name
        if holds:
            node["as"] = holds
        if place.is_top:
            if name in self.asked:
                raise self.sheet.fault(path, f'isian "{name}" ditanya dua kali.', f'the field "{name}" is asked twice.')
            self.asked.add(name)

    def own_field(self, node: Node, path: Names, place: Place, given: str) -> str | None:
        """Where an answer goes for which the kind has no field."""
        if given and not (place.is_top and given.startswith("extra.") and NAME.fullmatch(given[len("extra.") :])):
            raise self.sheet.fault(
                path,
                f'tidak ada isian "{given}" untuk {self.kind.name}.',
                f'{self.kind.name} has no field "{given}" here.',
            )
        if given:
            return given
        if node["type"] == "calculate":
            return None
        if place.fields is None:
            return str(node["name"])
        if not place.is_top:
            raise self.sheet.fault(
                path,
                f'bagian ini tidak punya isian "{node["name"]}"; taruh di luar grup, atau tulis - di bind::sambung:field.',
                f'this part has no field "{node["name"]}"; put it outside the group, or - in bind::sambung:field.',
            )
        return f"extra.{node['name']}"

    def how_asked(self, node: Node) -> Asked:
        name = node.get("list")
        values = [choice["value"] for choice in self.choices[name]] if name in self.choices else None
        return Asked(node["type"], name, values)

    def add_children(self, node: Node, told: dict[str, Any], path: Names, place: Place) -> None:
        inside, in_repeat = place._replace(path=path), place.in_repeat
        if node["type"] == "repeat":
            if in_repeat:
                raise self.sheet.fault(path, "HP tidak mengenal ulangan bertingkat.", "the phone has no nested repeats.")
            self.repeats.add(path)
            inside = inside._replace(in_repeat=True)
        held = place.fields.get(node["field"]) if node["field"] and place.fields is not None else None
        if isinstance(held, Thing):
            inside = inside._replace(fields=held.table.fields, is_top=False)
        elif isinstance(held, Things):
            inside = inside._replace(fields=held.thing.table.fields, is_top=False)
        elif node["type"] == "repeat":
            inside = inside._replace(fields=None, is_top=False)
        node["nodes"] = self.children(told.get("children", []), inside)
        if not node["nodes"]:
            raise self.sheet.fault(path, "bagian ini kosong.", "there is nothing in it.")
        if isinstance(held, Thing | Things):
            self.check_parts(held, node, path)

    def check_parts(self, held: Thing | Things, node: Node, path: Names) -> None:
        table = held.table if isinstance(held, Thing) else held.thing.table
        parts = {one["field"] for one in _flat(node["nodes"])}
        lacks = [name for name, part in table.fields.items() if part.required and name not in parts]
        if lacks:
            raise self.sheet.fault(path, f"tanyakan juga: {', '.join(lacks)}.", f"ask for {', '.join(lacks)} too.")


def _flat(nodes: list[Node]) -> Iterator[Node]:
    """Questions and lists, through groups that are only pages."""
    for node in nodes:
        if node["type"] == "group" and node["field"] is None:
            yield from _flat(node["nodes"])
        else:
            yield node
