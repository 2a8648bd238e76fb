"""Where each answer goes: the field of a question, fixed when the form is published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from marshmallow.fields import Field

from field_forms.checks import NAME, Node
from field_forms.choices import Lists
from field_forms.fitting import Asked, Unfit, fit
from field_forms.sheet import Names, Sheet
from schemas.fields import Thing, Things
from schemas.kinds import Kind

Fields = Mapping[str, Field[Any]]


class Place(NamedTuple):
    """Where the compiler is: the path of what is around, whether that is in a repeat, and the fields that it holds.

    fields: None where whatever is asked stays under its own name (the rows of a list that a form adds).
    """

    path: Names
    in_repeat: bool
    fields: Fields | None
    is_top: bool


class Placing:
    """The fields of one form. asked: those of its kind that it asks for so far."""

    def __init__(self, sheet: Sheet, kind: Kind, lists: Lists) -> None:
        self.sheet, self.kind, self.lists = sheet, kind, lists
        self.asked: set[str] = set()

    def top(self) -> Place:
        return Place((), False, self.kind.schema.fields, True)

    def inside(self, node: Node, place: Place) -> Place:
        """Inside a group or a repeat that has its field."""
        within = place._replace(path=(*place.path, node["name"]), in_repeat=place.in_repeat or node["type"] == "repeat")
        if (parts := _parts(node, place)) is not None:
            return within._replace(fields=parts, is_top=False)
        return within._replace(fields=None, is_top=False) if node["type"] == "repeat" else within

    def add_field(self, node: Node, place: Place, given: str) -> None:
        """given: what the sheet names in `bind::sambung:field`. Raises BadForm."""
        path, name = (*place.path, node["name"]), given or node["name"]
        node["field"] = None
        if given == "-" or node["type"] == "note":
            return
        held = place.fields.get(name) if place.fields is not None else None
        if node["type"] == "group" and not isinstance(held, Thing):
            if not given:
                return
            held = None
        if held is None:
            node["field"] = self._own_field(node, place, given)
            return
        in_list = node.get("list")
        try:
            holds = fit(held, Asked(node["type"], in_list, self.lists.values(in_list)))
        except Unfit as bad:
            raise self.sheet.fault(path, bad.indonesian, bad.english) from None
        node["field"] = name
        if holds:
            node["as"] = holds
        if place.is_top:
            if name in self.asked:
                raise self.sheet.fault(path, f'isian "{name}" ditanya dua kali.', f'the field "{name}" is asked twice.')
            self.asked.add(name)

    def _own_field(self, node: Node, place: Place, given: str) -> str | None:
        """Where an answer goes for which the kind has no field."""
        name, path = node["name"], (*place.path, node["name"])
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
            return str(name)
        if not place.is_top:
            raise self.sheet.fault(
                path,
                f'bagian ini tidak punya isian "{name}"; taruh di luar grup, atau tulis - di bind::sambung:field.',
                f'this part has no field "{name}"; put it outside the group, or - in bind::sambung:field.',
            )
        return f"extra.{name}"

    def check_parts(self, node: Node, place: Place) -> None:
        """An object or a list asks for all parts that it can't be without. Raises BadForm."""
        asked = {one["field"] for one in _flat(node["nodes"])}
        lacks = [name for name, part in (_parts(node, place) or {}).items() if part.required and name not in asked]
        if lacks:
            path = (*place.path, node["name"])
            raise self.sheet.fault(path, f"tanyakan juga: {', '.join(lacks)}.", f"ask for {', '.join(lacks)} too.")


def _parts(node: Node, place: Place) -> Fields | None:
    """Of a group that is an object, or a repeat that is a list: the fields of that object, or of a row."""
    held = place.fields.get(node["field"]) if node["field"] and place.fields is not None else None
    if isinstance(held, Thing):
        return held.table.fields
    return held.thing.table.fields if isinstance(held, Things) else None


def _flat(nodes: list[Node]) -> Iterator[Node]:
    """Questions and lists, through groups that are only pages."""
    for node in nodes:
        if node["type"] == "group" and node["field"] is None:
            yield from _flat(node["nodes"])
        else:
            yield node
